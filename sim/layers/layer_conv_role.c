/* sim/layers/layer_conv_role.c - a convolution's operands in number formats: weights, input and error by their
 * roles; codes where the format is a grid.
 *
 * float32 leaves values alone; the input is copied all the same, because its memory is used again before
 * backward reads it.
 */
#include "sim/layers/layer_conv.h"

#include "sim/roles/role_accumulator.h"

#include <stdlib.h>

const struct role_setting *conv_role(const struct conv *c, enum role role, const struct pass *p)
{
    static const struct role_setting own = {.way = ROLE_RECIPE};
    return c->forward_bits > 0 ? &p->recipe->role[role] : &own;
}

/* The map of a role's operand if it becomes codes. */
static bool becomes_codes(struct affine *map, const struct conv *c, enum role role, const struct pass *p)
{
    const struct role_moment now = pass_moment(p, &c->base);
    return conv_takes_codes(c, p) && role_grid(map, conv_role(c, role, p), role, &now);
}

void conv_role_weights(struct conv *c, const struct pass *p)
{
    const struct role_setting *s = conv_role(c, ROLE_WEIGHT, p);
    const struct param *w = &c->base.params[0];
    const struct role_moment now = pass_moment(p, &c->base);
    struct layer_trace *trace = c->base.trace;
    struct device *d = p->device;
    struct affine map;

    d->ops->trace_weights(d, &(struct trace_weights_op){trace, w->value, w->size});
    if (s->way != ROLE_FORMAT) return;
    const struct role_tensor t = {w->size / w->row, w->row, c->base.id, &trace->weight};
    struct quantize_op op = role_quantize(&t, s, ROLE_WEIGHT, &now);
    op.y = c->weights.values;
    op.x = w->value;
    op.overflow = &trace->clipped_weight;
    d->ops->quantize(d, &op);
    c->w_values = c->weights.values;
    c->w_coded = c->w_shared = becomes_codes(&map, c, ROLE_WEIGHT, p);
    if (!c->w_coded) return;
    c->w_bits = map.bits;
    d->ops->conv_weights_grid(d, &(struct conv_weights_grid_op){c->weights, &c->shape, map});
}

/* An operand of the pass, from a tensor: codes in `codes`, values in `values`, or as it is. */
static struct conv_operand take_operand(void *codes, struct affine *code_map, float *values,
                                        uint64_t *overflow, const struct conv *c, const struct tensor *x,
                                        enum role role, const struct pass *p)
{
    const struct role_setting *s = conv_role(c, role, p);
    const size_t channels = (size_t)x->shape.c, rows = (size_t)p->n * shape_size(x->shape) / channels;
    const struct role_tensor t = {rows, channels, c->base.id, x->range};
    const struct role_moment now = pass_moment(p, &c->base);
    struct device *d = p->device;
    struct affine map;

    if (s->way != ROLE_FORMAT) {
        d->ops->copy(d, values, x->data, rows * channels * sizeof(float));
        return (struct conv_operand){.data = values};
    }
    struct quantize_op op = role_quantize(&t, s, role, &now);
    op.x = x->data;
    op.overflow = overflow;
    const bool coded = becomes_codes(&map, c, role, p);
    if (coded) {
        op.codes = codes;
        op.map = map;
        op.map_out = code_map;
    } else {
        op.y = values;
    }
    d->ops->quantize(d, &op);
    return coded ? (struct conv_operand){codes, code_map, map.bits} : (struct conv_operand){.data = values};
}

void conv_role_input(struct conv *c, const struct tensor *in, const struct pass *p)
{
    struct layer_trace *trace = c->base.trace;

    p->device->ops->trace_activation(p->device, &(struct trace_range_op){trace, in->range});
    c->x = take_operand(c->x_memory, c->x_map, c->x_memory, &trace->clipped_activation, c, in,
                        ROLE_ACTIVATION, p);
    c->x_coded = c->x.bits > 0;
}

struct conv_operand conv_role_error(struct conv *c, struct tensor *dout, const struct pass *p)
{
    struct layer_trace *trace = c->base.trace;

    p->device->ops->trace_error(p->device, &(struct trace_range_op){trace, dout->range});
    return take_operand(c->base.shared, c->e_map, dout->data, &trace->clipped_error, c, dout, ROLE_ERROR, p);
}

struct conv_sums conv_role_sums(struct accumulator *memory, const struct conv *c, const struct pass *p)
{
    if (role_accumulator_parse(memory, conv_role(c, ROLE_ACCUMULATOR, p)->text) != STATUS_OK)
        abort(); /* role_parse has accepted it */
    return (struct conv_sums){memory, p->seed, p->step, c->base.id};
}
