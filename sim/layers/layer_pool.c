/* sim/layers/layer_pool.c - global average pooling: [h][w][c] to [1][1][c]. */
#include "sim/layers/layer_parts.h"

static void pool_plan(struct layer *l, const struct memory_plan *p, struct arena *run)
{
    layer_claim_state(l, p, run);
}

static struct pool_op op_of(const struct layer *l, const struct tensor *out, const struct tensor *in,
                            const struct pass *p)
{
    return (struct pool_op){.out = out->data,
                            .range = out->range,
                            .in = in->data,
                            .pixels = (size_t)l->in.h * (size_t)l->in.w,
                            .c = l->in.c,
                            .n = p->n};
}

static void pool_forward(struct layer *l, struct tensor *out, struct tensor *const in[], const struct pass *p)
{
    const struct pool_op op = op_of(l, out, in[0], p);
    p->device->ops->pool_forward(p->device, &op);
}

static void pool_backward(struct layer *l, struct tensor *const din[], const bool add[], struct tensor *dout,
                          struct tensor *const in[], const struct pass *p)
{
    (void)in;
    if (!din[0]) return;
    struct pool_op op = op_of(l, din[0], dout, p);
    op.add = add[0];
    p->device->ops->pool_backward(p->device, &op);
}

static void pool_facts(struct layer_facts *out, const struct layer *l)
{
    out->kind = LAYER_AVERAGE_POOL;
    out->window_h = l->in.h;
    out->window_w = l->in.w;
    out->window_stride = 1;
}

static const struct layer_type pool_type = {"pool", pool_plan, pool_forward, pool_backward, pool_facts};

struct layer *layer_pool_new(const char *name, struct shape in)
{
    return layer_make(sizeof(struct layer), &pool_type, name, in, (struct shape){1, 1, in.c});
}
