/* sim/device/cpu/cpu_conv_after.c - what goes behind every product: notes for a batch norm, ranges. */
#include "sim/device/cpu/cpu_conv.h"

void conv_note_image(struct conv_notes notes, const float *y, const struct conv_shape *s)
{
    if (!notes.at) return;
    conv_notes_clear(notes.at, s->k);
    for (int p = 0; p < s->oh * s->ow; p++, y += s->k)
        for (int o = 0; o < s->k; o++)
            conv_notes_add(notes, s->k, o, y[o]);
}

struct range conv_range_image(const struct cpu *c, const struct conv_forward_op *op, size_t n)
{
    const size_t each = conv_out_size(op->shape);
    return op->range ? c->kernels->range(op->y + n * each, each) : AFFINE_RANGE_EMPTY;
}

struct range conv_after_pieces(struct seat me, const struct cpu *c, const struct conv_forward_op *op)
{
    struct range r = AFFINE_RANGE_EMPTY;

    team_barrier(me); /* images are whole */
    struct deal images = team_deal(me, (size_t)op->n);
    for (size_t n; team_next(&n, me, &images);) {
        conv_note_image(conv_notes_of(op, n), op->y + n * conv_out_size(op->shape), op->shape);
        r = affine_range_join(r, conv_range_image(c, op, n));
    }
    return r;
}

void conv_tell(struct seat me, const struct conv_forward_op *op, struct range r, uint64_t clipped)
{
    if (op->range) cpu_tell(me, op->range, team_join(me, r));
    if (!op->encode) return;
    clipped = team_sum(me, clipped);
    if (me.index == 0) *op->encode->clipped = clipped;
}

void conv_range_dx(struct seat me, const struct cpu *c, const struct conv_backward_data_op *op)
{
    if (!op->range) return;
    cpu_tell(me, op->range, cpu_range(me, c, op->dx, op->n, conv_in_size(op->shape)));
}
