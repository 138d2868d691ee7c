/* sim/layers/layer_conv_role.c - a convolution's operands in number formats: weights, input and error by
 * their roles; codes where the format is a grid.
 *
 * float32 leaves values alone; the input is copied all the same, because its memory is used again before
 * backward reads it.
 */
#include "sim/layers/layer_conv.h"

#include <string.h>

/* The map of a role's operand if it becomes codes. */
static bool becomes_codes(struct affine *map, const struct conv *c, enum role role, const struct pass *p)
{
    const struct role_moment now = pass_moment(p);
    return conv_takes_codes(c, p) && role_grid(map, conv_role(c, role, p), role, &now);
}

/* Codes of the values, which are on the grid of the map: nothing is lost, nothing clipped. */
static void encode_weights(struct conv *c, const struct affine *map, const struct pass *p)
{
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int o = 0; o < c->s.k; o++) {
        c->w[o] = *map;
        conv_encode_filter(c, o, p, c->w_values + (size_t)o * c->filter);
    }
}

void conv_role_weights(struct conv *c, const struct pass *p)
{
    const struct role_setting *s = conv_role(c, ROLE_WEIGHT, p);
    const struct param *w = &c->base.params[0];
    const struct role_moment now = pass_moment(p);
    struct layer_trace *trace = &c->base.trace;
    struct affine map;

    trace->weight = range_join(p->kernels->range(w->value, w->size), RANGE_EMPTY);
    trace->clipped_weight = 0;
    trace->floored_channels = 0;
    if (s->way != ROLE_FORMAT) return;
    const struct role_tensor t = {w->size / w->row, w->row, c->base.id, trace->weight, true};
    trace->clipped_weight = role_apply(c->w_values, w->value, &t, s, ROLE_WEIGHT, &now);
    c->w_decoded = c->w_values;
    c->w_coded = c->w_shared = becomes_codes(&map, c, ROLE_WEIGHT, p);
    if (c->w_coded) encode_weights(c, &map, p);
}

/* The p->n images of a tensor with `each` elements, of which `channels` make a row. */
static struct role_tensor images(const struct conv *c, const struct tensor *x, size_t each,
                                 const struct pass *p)
{
    const size_t channels = (size_t)x->shape.c;
    return (struct role_tensor){(size_t)p->n * each / channels, channels, c->base.id, x->range, true};
}

void conv_role_input(struct conv *c, const struct tensor *in, const struct pass *p)
{
    const struct role_setting *s = conv_role(c, ROLE_ACTIVATION, p);
    const struct role_tensor t = images(c, in, c->in_size, p);
    const struct role_moment now = pass_moment(p);
    struct layer_trace *trace = &c->base.trace;

    trace->activation = in->range;
    trace->clipped_activation = 0;
    trace->floored_activation = false;
    c->x_coded = becomes_codes(&c->x, c, ROLE_ACTIVATION, p);
    if (c->x_coded)
        trace->clipped_activation =
            role_encode(c->x_saved, in->data, &t, s, ROLE_ACTIVATION, &now, p->kernels);
    else if (s->way == ROLE_FORMAT)
        trace->clipped_activation = role_apply(c->x_saved, in->data, &t, s, ROLE_ACTIVATION, &now);
    else
        memcpy(c->x_saved, in->data, (size_t)p->n * c->in_size * sizeof(float));
}

bool conv_role_error(struct affine *map, void *codes, struct conv *c, struct tensor *dout,
                     const struct pass *p)
{
    const struct role_setting *s = conv_role(c, ROLE_ERROR, p);
    const struct role_tensor t = images(c, dout, c->out_size, p);
    const struct role_moment now = pass_moment(p);
    struct layer_trace *trace = &c->base.trace;

    trace->error = dout->range;
    trace->clipped_error = 0;
    trace->floored_error = false;
    const bool coded = becomes_codes(map, c, ROLE_ERROR, p);
    if (coded)
        trace->clipped_error = role_encode(codes, dout->data, &t, s, ROLE_ERROR, &now, p->kernels);
    else if (s->way == ROLE_FORMAT)
        trace->clipped_error = role_apply(dout->data, dout->data, &t, s, ROLE_ERROR, &now);
    return coded;
}
