/* sim/layers/layer_linear.c - the classifier: y = W x + b in float32 storage, every sum in double. It is a
 * thousandth of a network's work. */
#include "sim/layers/layer_parts.h"

enum { WEIGHT, BIAS };

static void linear_plan(struct layer *l, const struct memory_plan *p, struct arena *run)
{
    layer_claim_state(l, p, run);
}

static struct linear_op op_of(const struct layer *l, const struct tensor *in, const struct pass *p)
{
    return (struct linear_op){.weight = l->params[WEIGHT].value,
                              .bias = l->params[BIAS].value,
                              .x = in->data,
                              .inputs = shape_size(l->in),
                              .outputs = (size_t)l->out.c,
                              .n = p->n};
}

static void linear_forward(struct layer *l, struct tensor *out, struct tensor *const in[],
                           const struct pass *p)
{
    struct linear_op op = op_of(l, in[0], p);
    op.y = out->data;
    op.range = out->range;
    p->device->ops->linear_forward(p->device, &op);
}

static void linear_backward(struct layer *l, struct tensor *const din[], const bool add[],
                            struct tensor *dout, struct tensor *const in[], const struct pass *p)
{
    struct linear_op op = op_of(l, in[0], p);

    op.dy = dout->data;
    op.dweight = l->params[WEIGHT].grad;
    op.dbias = l->params[BIAS].grad;
    if (din[0]) {
        op.dx = din[0]->data;
        op.add = add[0];
        op.range = din[0]->range;
    }
    p->device->ops->linear_backward(p->device, &op);
}

static void linear_facts(struct layer_facts *out, const struct layer *l)
{
    out->kind = LAYER_LINEAR;
    out->macs = (double)l->params[WEIGHT].size;
}

static const struct layer_type linear_type = {"linear", linear_plan, linear_forward, linear_backward,
                                              linear_facts};

struct layer *layer_linear_new(const char *name, struct shape in, int outputs)
{
    struct layer *l = layer_make(sizeof *l, &linear_type, name, in, (struct shape){1, 1, outputs});
    layer_add_param(l, "weight", shape_size(in) * (size_t)outputs);
    l->params[WEIGHT].row = shape_size(in);
    layer_add_param(l, "bias", (size_t)outputs);
    l->keeps = 1;
    return l;
}
