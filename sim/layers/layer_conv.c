/* sim/layers/layer_conv.c - the convolution of the published CPT code: its operands, and which product takes
 * them.
 *
 *   Wq = Q_b(W; min/max of each output channel)
 *   Xq = Q_b(X; min/max of the whole batch when training, the running range otherwise)
 *   Y  = conv(Xq, Wq), where the padding is real 0, not the zero point
 *
 * Products of codes are exact integers, others float32 in one written order. Operands by their roles:
 * layer_conv_role.c. Backward: layer_conv_back.c. The arithmetic: sim/device/cpu/cpu_conv_*.c.
 */
#include "sim/layers/layer_conv.h"

#include "sim/kernels/flip.h"

#include <assert.h>

/* Bytes of one saved element at these bits. */
static size_t saved_bytes(int bits, bool decodes)
{
    return bits > AFFINE_CODE_BITS || decodes ? sizeof(float) : code_bytes(bits);
}

/* The weights in their forms; coefficients also for backward-data in integers, whose outputs are the input. */
static void claim_weights(struct conv *c, const struct conv_needs *needs, const struct memory_plan *p,
                          struct arena *run)
{
    const struct conv_shape *s = &c->shape;
    const size_t k = (size_t)s->k, weights = c->base.params[0].size;
    const size_t in = shape_size(c->base.in), out = shape_size(c->base.out);
    const size_t outputs = c->plan.flips && s->c > s->k ? (size_t)s->c : k;
    struct conv_weights *w = &c->weights;

    w->codes = arena_push(run, weights * sizeof *w->codes);
    w->flipped = arena_push(run, c->plan.flips ? weights * sizeof *w->flipped : 0);
    w->values = arena_push(run, weights * sizeof *w->values);
    w->map = arena_push(run, k * sizeof *w->map);
    w->range = arena_push(run, k * sizeof *w->range);
    w->alpha = arena_push(run, outputs * sizeof *w->alpha);
    w->beta = arena_push(run, outputs * sizeof *w->beta);
    w->gamma = arena_push(run, (c->plan.flips && in > out ? in : out) * sizeof *w->gamma);
    w->packed = arena_push(run, p->device->ops->conv_packed_bytes(p->device, needs));
}

/* Parameters, codes and coefficients, for the widest code that a pass may ask for. */
static void conv_plan(struct layer *l, const struct memory_plan *p, struct arena *run)
{
    struct conv *c = conv_of(l);
    const size_t batch = (size_t)p->batch, in = shape_size(l->in), out = shape_size(l->out);
    const bool decodes = l->quantized && p->recipe != NULL && recipe_decodes(p->recipe);

    layer_claim_state(l, p, run);
    c->plan = (struct conv_plan){
        .decodes = decodes,
        .flips = decodes && p->training && p->recipe->role[ROLE_WEIGHT].way == ROLE_FORMAT &&
                 flip_covers(&c->shape),
        .sums = decodes && p->recipe->role[ROLE_ACCUMULATOR].way == ROLE_FORMAT,
    };
    const struct conv_needs needs = {c->shape, p->batch, p->training, c->plan.flips, c->plan.sums};
    if (l->quantized && p->forward_bits_max > 0) {
        c->x_memory = arena_push(run, batch * in * saved_bytes(p->forward_bits_max, decodes));
        c->x_map = arena_push(run, sizeof *c->x_map);
        if (p->training) {
            l->shared_bytes = batch * out * sizeof(uint16_t); /* codes of the error */
            c->e_map = arena_push(run, sizeof *c->e_map);
        }
    }
    claim_weights(c, &needs, p, run);
    p->device->ops->conv_reserve(p->device, &needs);
}

static void take_weights(struct conv *c, const struct pass *p)
{
    const float *master = c->base.params[0].value;

    c->w_values = master;
    c->w_coded = c->w_shared = false;
    if (c->forward_bits == 0) return;
    if (conv_role(c, ROLE_WEIGHT, p)->way != ROLE_RECIPE) {
        conv_role_weights(c, p);
        return;
    }
    p->device->ops->conv_weights(p->device, &(struct conv_weights_op){
                                                .w = c->weights,
                                                .trace = c->base.trace,
                                                .value = master,
                                                .shape = &c->shape,
                                                .rule = conv_rule(p, c->forward_bits),
                                            });
    c->w_values = c->weights.values;
    c->w_bits = c->forward_bits;
    c->w_coded = conv_takes_codes(c, p) && c->forward_bits <= AFFINE_CODE_BITS;
}

bool layer_conv_makes_codes(const struct layer *l, const struct pass *p)
{
    const int bits = pass_widths(p, l).forward;
    return l->quantized && bits > 0 && bits <= AFFINE_CODE_BITS && recipe_codes_activations(p->recipe);
}

/* The input as this pass reads it, except that the recipe's codes are made by the product, image by image,
 * while each is in the cache: true, and *encode says how. */
static bool take_input(struct conv_input_op *encode, struct conv *c, const struct tensor *in,
                       const struct pass *p)
{
    struct device *d = p->device;

    c->x = (struct conv_operand){.data = in->data};
    c->x_coded = false;
    if (c->forward_bits == 0) return false;
    if (conv_role(c, ROLE_ACTIVATION, p)->way != ROLE_RECIPE) {
        conv_role_input(c, in, p);
        return false;
    }
    d->ops->conv_input_map(d, &(struct conv_input_map_op){
                                  .map = c->x_map,
                                  .zero = c->base.buffers[0].value,
                                  .width = c->base.buffers[1].value,
                                  .trace = c->base.trace,
                                  .range = in->range,
                                  .training = p->training,
                                  .momentum = p->recipe->range_momentum,
                                  .rule = conv_rule(p, c->forward_bits),
                              });
    c->x_coded = layer_conv_makes_codes(&c->base, p);
    c->x = (struct conv_operand){c->x_memory, c->x_map, c->x_coded ? c->forward_bits : 0};
    *encode = (struct conv_input_op){.x = c->x,
                                     .clipped = &c->base.trace->clipped_activation,
                                     .in = in->data,
                                     .deferred = in->deferred,
                                     .shape = &c->shape,
                                     .n = p->n,
                                     .bits = c->forward_bits};
    if (c->x_coded) return true;
    d->ops->conv_input(d, encode);
    return false;
}

static void conv_forward(struct layer *l, struct tensor *out, struct tensor *const in[], const struct pass *p)
{
    struct conv *c = conv_of(l);
    struct device *d = p->device;
    struct conv_input_op encode;
    struct accumulator accumulator;

    c->forward_bits = l->quantized ? pass_widths(p, l).forward : 0;
    assert(c->plan.decodes || c->forward_bits == 0 || !recipe_decodes(p->recipe));
    take_weights(c, p);
    const bool encodes = take_input(&encode, c, in[0], p);
    const struct conv_forward_op op = {.y = out->data,
                                       .notes = p->training ? out->notes : NULL, /* statistics are running */
                                       .note_ends = out->note_ends,
                                       .range = out->range,
                                       .w = c->weights,
                                       .w_values = c->w_values,
                                       .w_bits = c->w_bits,
                                       .x = c->x,
                                       .encode = encodes ? &encode : NULL,
                                       .shape = &c->shape,
                                       .n = p->n};
    if (conv_role(c, ROLE_ACCUMULATOR, p)->way == ROLE_FORMAT) {
        const struct conv_sums sums = conv_role_sums(&accumulator, c, p);
        d->ops->conv_sum_forward(d, &op, &sums);
    } else if (c->x_coded && c->w_coded) {
        d->ops->conv_int_forward(d, &op);
    } else {
        d->ops->conv_float_forward(d, &op);
    }
}

static void conv_facts(struct layer_facts *out, const struct layer *l)
{
    const struct conv *c = (const struct conv *)l;

    out->kind = LAYER_CONV;
    out->conv = &c->shape;
    out->macs = (double)shape_size(l->out) * (double)l->params[0].size / (double)c->shape.k;
}

static const struct layer_type conv_type = {"conv", conv_plan, conv_forward, conv_backward, conv_facts};

struct layer *layer_conv_new(const char *name, struct shape in, int filters, int kernel, int stride, int pad,
                             int groups, bool quantized)
{
    const struct conv_shape s = conv_shape_make(in.h, in.w, in.c, filters, kernel, stride, pad, groups);
    struct conv *c = layer_make(sizeof *c, &conv_type, name, in, (struct shape){s.oh, s.ow, filters});
    const size_t filter = (size_t)kernel * (size_t)kernel * (size_t)(in.c / groups);

    assert(kernel <= KERNEL_MAX && in.c % groups == 0 && filters % groups == 0 && s.oh > 0 && s.ow > 0);
    c->shape = s;
    layer_add_param(&c->base, "weight", filter * (size_t)filters);
    c->base.params[0].row = (size_t)(in.c / groups);
    if (quantized) {
        layer_add_buffer(&c->base, "quantize_input.running_zero_point", 1);
        layer_add_buffer(&c->base, "quantize_input.running_range", 1);
    }
    c->base.quantized = quantized;
    c->base.takes_deferred = quantized;
    c->base.wants_error_range = quantized;
    c->base.keeps = !quantized;
    return &c->base;
}
