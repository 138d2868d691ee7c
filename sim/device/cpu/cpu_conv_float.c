/* sim/device/cpu/cpu_conv_float.c - a convolution's products over values: float32, formats, more than 16 bits,
 * and the gradient of the input where each filter has a scale of its own.
 *
 *   Y = conv(X, W)     dX = conv_transpose(E, W)     dW = correlate(X, E)
 *
 * dX sums over output channels, and each has its own weight scale: no common integer grid exists. It is one
 * written sequence over decoded values for every machine, for 3x3 filters of stride 1 by minimal filtering
 * (kernels.h). dW is summed in fixed groups of images, whatever the number of members.
 */
#include "sim/device/cpu/cpu_conv.h"

#include <string.h>

/* --- forward --- */

static void forward_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct conv_forward_op *op = t->op;
    const struct conv_shape *s = op->shape;
    const struct kernels *k = t->cpu->kernels;
    const struct conv_notes nothing = {0};
    const int pieces = conv_pieces(me, op->n, s->oh);
    float *room = conv_input_room(me, t->cpu, s);
    uint64_t clipped = 0;
    struct range r = AFFINE_RANGE_EMPTY;

    if (op->encode && pieces > 1) clipped += conv_encode_share(me, t->cpu, op->encode);
    k->conv_float_pack(op->w.packed, op->w_values, s, conv_part_of(me));
    team_barrier(me);
    struct deal parts = team_deal(me, (size_t)op->n * (size_t)pieces);
    for (size_t i; team_next(&i, me, &parts);) {
        const size_t n = i / (size_t)pieces;
        if (op->encode && pieces == 1) clipped += conv_encode_image(t->cpu, op->encode, n);
        const struct conv_forward_call call = {
            .y = op->y + n * conv_out_size(s),
            .notes = pieces == 1 ? conv_notes_of(op, n) : nothing,
            .x = conv_values(t->cpu, &op->x, n, conv_in_size(s), room),
            .packed = op->w.packed,
            .shape = s,
            .rows = conv_piece((int)(i % (size_t)pieces), pieces, s->oh),
            .scratch = t->cpu->mine[me.index],
        };
        k->conv_float_forward(k, &call);
        if (pieces == 1) r = affine_range_join(r, conv_range_image(t->cpu, op, n));
    }
    if (pieces > 1) r = conv_after_pieces(me, t->cpu, op);
    conv_tell(me, op, r, clipped);
}

void cpu_conv_float_forward(struct device *d, const struct conv_forward_op *op)
{
    cpu_run(d, forward_task, op, NULL);
}

/* --- of the weights --- */

/* One group of images: sums [kernel][kernel][c/groups][k]. */
static void sum_group(struct seat me, const struct cpu *c, double *sum,
                      const struct conv_backward_weights_op *op, int group)
{
    const struct conv_shape *s = op->shape;
    float *x_room = conv_input_room(me, c, s), *e_room = conv_error_room(me, c, s);
    struct conv_float_weights_call call = {.acc = sum, .shape = s, .scratch = c->mine[me.index]};

    memset(sum, 0, conv_filter_size(s) * (size_t)s->k * sizeof *sum);
    for (int n = op->n * group / CONV_IMAGE_GROUPS; n < op->n * (group + 1) / CONV_IMAGE_GROUPS; n++) {
        call.x = conv_values(c, &op->x, (size_t)n, conv_in_size(s), x_room);
        call.dy = conv_values(c, &op->e, (size_t)n, conv_out_size(s), e_room);
        c->kernels->conv_float_weights(c->kernels, &call);
    }
}

static void weights_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct conv_backward_weights_op *op = t->op;
    const struct conv_shape *s = op->shape;
    const size_t k = (size_t)s->k, filter = conv_filter_size(s), weights = filter * k;
    const double *real = conv_sums_memory(t->cpu, s).real;
    const struct share filters = team_share(me, k);
    struct deal groups = team_deal(me, CONV_IMAGE_GROUPS);

    for (size_t g; team_next(&g, me, &groups);)
        sum_group(me, t->cpu, conv_sums_memory(t->cpu, s).real + g * weights, op, (int)g);
    team_gather(me);
    for (size_t o = filters.first; o < filters.end; o++)
        for (size_t i = 0; i < filter; i++) {
            double sum = 0.0;
            for (size_t g = 0; g < CONV_IMAGE_GROUPS; g++)
                sum += real[g * weights + i * k + o];
            op->grad[o * filter + i] = (float)sum;
        }
}

void cpu_conv_float_weights(struct device *d, const struct conv_backward_weights_op *op)
{
    cpu_run(d, weights_task, op, NULL);
}

/* --- to the input --- */

static void data_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct conv_backward_data_op *op = t->op;
    const struct conv_shape *s = op->shape;
    const struct kernels *k = t->cpu->kernels;
    const int pieces = conv_pieces(me, op->n, s->h);
    struct deal parts = team_deal(me, (size_t)op->n * (size_t)pieces);
    float *room = conv_error_room(me, t->cpu, s);

    k->conv_float_pack_data(op->w.packed, op->w_values, s, conv_part_of(me));
    team_barrier(me);
    for (size_t i; team_next(&i, me, &parts);) {
        const size_t n = i / (size_t)pieces;
        const struct conv_data_call call = {
            .dx = op->dx + n * conv_in_size(s),
            .add = op->add,
            .dy = conv_values(t->cpu, &op->e, n, conv_out_size(s), room),
            .packed = op->w.packed,
            .shape = s,
            .rows = conv_piece((int)(i % (size_t)pieces), pieces, s->h),
            .scratch = t->cpu->mine[me.index],
        };
        k->conv_float_data(k, &call);
    }
    conv_range_dx(me, t->cpu, op);
}

void cpu_conv_float_data(struct device *d, const struct conv_backward_data_op *op)
{
    cpu_run(d, data_task, op, NULL);
}
