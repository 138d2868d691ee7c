/* sim/layers/layer_norm.c - batch norm, residual addition and ReLU in one layer: they are one pass over memory.
 *
 *   z = gamma (y - mean) / sqrt(var + eps) + beta  [+ residual],   a = max(z, 0)  [or min(max(z, 0), 6)]
 *
 * Batch statistics come from what the convolution noted while it wrote y. Without a residual, and read by one
 * quantized convolution alone, the output is not even written: its range follows from the noted ends of y, and
 * the reader makes codes straight from y. The arithmetic: sim/device/cpu/cpu_norm.c. Source: Ioffe and
 * Szegedy, ICML 2015, algorithms 1 and 2; defaults as published (PyTorch's).
 */
#include "sim/layers/layer_parts.h"

#include <assert.h>
#include <math.h>

enum { WEIGHT, BIAS, RUNNING_MEAN = 0, RUNNING_VAR };

struct norm {
    struct layer base;
    bool residual;
    enum activation activation;
    struct norm_shape shape;
    struct norm_memory memory;
    struct deferred deferred; /* the output of this pass, if it is not written */
};

static struct norm *norm_of(struct layer *l)
{
    return (struct norm *)l;
}

static void norm_plan(struct layer *l, const struct memory_plan *p, struct arena *run)
{
    struct norm *m = norm_of(l);
    const size_t c = (size_t)l->in.c, batch = (size_t)p->batch;
    struct norm_memory *y = &m->memory;
    float **const per_channel[] = {&y->mean, &y->scale, &y->shift, &y->ka, &y->kb, &y->kc};

    layer_claim_state(l, p, run);
    *y = (struct norm_memory){.weight = l->params[WEIGHT].value,
                              .bias = l->params[BIAS].value,
                              .weight_grad = l->params[WEIGHT].grad,
                              .bias_grad = l->params[BIAS].grad,
                              .running_mean = l->buffers[RUNNING_MEAN].value,
                              .running_var = l->buffers[RUNNING_VAR].value};
    y->positive = arena_push(run, batch * m->shape.mask_bytes);
    y->inverse_std = arena_push(run, c * sizeof(double));
    for (size_t i = 0; i < sizeof per_channel / sizeof *per_channel; i++)
        *per_channel[i] = arena_push(run, c * sizeof(float));
    if (p->training) y->sums = arena_push(run, batch * 2 * c * sizeof(double));
}

/* Leave the output to its reader. */
static void defer(struct norm *m, struct tensor *out, const struct tensor *in)
{
    m->deferred = (struct deferred){.y = in->data,
                                    .scale = m->memory.scale,
                                    .shift = m->memory.shift,
                                    .positive = m->memory.positive,
                                    .mask_bytes = m->shape.mask_bytes,
                                    .relu = m->shape.relu,
                                    .ceiling = m->shape.ceiling};
    out->deferred = &m->deferred;
}

static void norm_forward(struct layer *l, struct tensor *out, struct tensor *const in[], const struct pass *p)
{
    struct norm *m = norm_of(l);
    const bool deferred = out->coder && layer_conv_makes_codes(out->coder, p);

    out->deferred = NULL;
    if (deferred) defer(m, out, in[0]);
    p->device->ops->norm_forward(p->device, &(struct norm_forward_op){
                                                .out = deferred ? NULL : out->data,
                                                .range = out->range,
                                                .m = m->memory,
                                                .y = in[0]->data,
                                                .notes = in[0]->notes,
                                                .residual = m->residual ? in[1]->data : NULL,
                                                .shape = m->shape,
                                                .n = p->n,
                                                .training = p->training,
                                            });
}

static void norm_backward(struct layer *l, struct tensor *const din[], const bool add[], struct tensor *dout,
                          struct tensor *const in[], const struct pass *p)
{
    struct norm *m = norm_of(l);
    const bool residual = m->residual && din[1];

    assert(din[0] && !add[0]); /* in[0] comes from a convolution that nobody else reads */
    p->device->ops->norm_backward(p->device, &(struct norm_backward_op){
                                                 .dy = din[0]->data,
                                                 .range = din[0]->range,
                                                 .dresidual = residual ? din[1]->data : NULL,
                                                 .add_residual = residual && add[1],
                                                 .dresidual_range = residual ? din[1]->range : NULL,
                                                 .m = m->memory,
                                                 .dout = dout->data,
                                                 .y = in[0]->data,
                                                 .shape = m->shape,
                                                 .n = p->n,
                                             });
}

static void norm_facts(struct layer_facts *out, const struct layer *l)
{
    const struct norm *m = (const struct norm *)l;

    out->kind = LAYER_NORM;
    out->residual = m->residual;
    out->activation = m->activation;
}

static const struct layer_type norm_type = {"norm", norm_plan, norm_forward, norm_backward, norm_facts};

struct layer *layer_norm_new(const char *name, struct shape in, bool residual, enum activation activation)
{
    struct norm *m = layer_make(sizeof *m, &norm_type, name, in, in);
    const size_t c = (size_t)in.c;

    m->residual = residual;
    m->activation = activation;
    m->shape = (struct norm_shape){.pixels = (size_t)in.h * (size_t)in.w,
                                   .c = in.c,
                                   .mask_bytes = (shape_size(in) + 7) / 8,
                                   .relu = activation != ACTIVATION_NONE,
                                   .ceiling = activation == ACTIVATION_RELU6 ? 6.0f : INFINITY};
    layer_add_param(&m->base, "weight", c);
    layer_add_param(&m->base, "bias", c);
    layer_add_buffer(&m->base, "running_mean", c);
    layer_add_buffer(&m->base, "running_var", c);
    m->base.inputs = residual ? 2 : 1;
    m->base.keeps = 1;
    m->base.notes_input = true;
    m->base.may_defer = !residual;
    m->base.hands_on = residual;
    return &m->base;
}
