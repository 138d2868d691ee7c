/* sim/device/cpu/cpu_conv_int.c - a convolution's exact integer products: forward, and to the input where the
 * weights have one map.
 *
 * With S = sum qx qw' and X1 = sum qx over the in-bounds taps, both exact integers, and n of those taps,
 *   y = sx sw S + sx zw' X1 + zx (sw sum(qw') + n zw'),
 * three terms in double and one rounding to float32. To the input: the same of the error's codes with the
 * filters flipped (sim/kernels/flip.h). Of the weights: cpu_conv_int_weights.c.
 */
#include "sim/device/cpu/cpu_conv.h"

#include "sim/kernels/flip.h"

/* One product of codes: forward, or flipped. */
struct product {
    struct conv_shape s;
    struct affine x;        /* map of the codes */
    const struct affine *w; /* maps of the filters, */
    int w_step;             /* from one to the next: 1, or 0 if they share one */
    int w_bits;
    const int16_t *w_codes; /* [s.k][kernel][kernel][s.c/groups], centered */
    const struct conv_weights *memory;
    enum conv_path path;
};

static struct product product_make(const struct conv_shape *s, const struct affine *x,
                                   const struct conv_weights *w, const int16_t *w_codes, int w_bits,
                                   int w_step)
{
    const int64_t length = (int64_t)s->kernel * s->kernel * (s->c / s->groups);
    return (struct product){*s, *x, w->map, w_step, w_bits, w_codes, w, conv_path(x->bits, w_bits, length)};
}

/* sums[tap] = sum of a filter's centered codes over its channels. */
static void sum_taps(int64_t sums[], const int16_t *w, const struct conv_shape *s)
{
    const int cg = s->c / s->groups;
    for (int tap = 0; tap < s->kernel * s->kernel; tap++) {
        sums[tap] = 0;
        for (int i = 0; i < cg; i++)
            sums[tap] += w[tap * cg + i];
    }
}

/* gamma[p][o] = zx (sw[o] sum(qw') + n zw'[o]) over the in-bounds taps of output p. */
static void fill_gamma(double *gamma, const struct product *q, int o, double sw, double zw)
{
    const struct conv_shape *s = &q->s;
    int64_t tap_sum[KERNEL_MAX * KERNEL_MAX];

    sum_taps(tap_sum, q->w_codes + (size_t)o * conv_filter_size(s), s);
    for (int oy = 0; oy < s->oh; oy++)
        for (int ox = 0; ox < s->ow; ox++) {
            int64_t sum = 0, taps = 0;
            for (int ky = 0; ky < s->kernel; ky++)
                for (int kx = 0; kx < s->kernel; kx++) {
                    const int iy = oy * s->stride + ky - s->pad, ix = ox * s->stride + kx - s->pad;
                    if (iy < 0 || iy >= s->h || ix < 0 || ix >= s->w) continue;
                    /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): sum_taps fills kernel^2 of them */
                    sum += tap_sum[ky * s->kernel + kx];
                    taps += s->c / s->groups;
                }
            gamma[((size_t)oy * (size_t)s->ow + (size_t)ox) * (size_t)s->k + (size_t)o] =
                (double)q->x.zero * (sw * (double)sum + (double)taps * zw);
        }
}

/* The three factors of filter o's integer sums. */
static void coefficients(const struct product *q, int o)
{
    const struct affine *w = &q->w[o * q->w_step];
    const double sw = (double)w->scale, zw = (double)w->zero + sw * (double)(1 << (w->bits - 1));

    q->memory->alpha[o] = (double)q->x.scale * sw;
    q->memory->beta[o] = (double)q->x.scale * zw;
    if (q->x.zero != 0.0f)
        fill_gamma(q->memory->gamma, q, o, sw, zw);
    else
        q->memory->gamma[o] = 0.0;
}

/* Pack the weights and fill the coefficients, all members together. Ends in a barrier. */
static struct conv_epilogue prepare(struct seat me, const struct cpu *c, const struct product *q)
{
    const struct share filters = team_share(me, (size_t)q->s.k);

    c->kernels->conv_int_pack(q->memory->packed, q->w_codes, &q->s, q->path, conv_part_of(me));
    for (size_t o = filters.first; o < filters.end; o++)
        coefficients(q, (int)o);
    team_barrier(me);
    return (struct conv_epilogue){q->memory->alpha, q->memory->beta, q->memory->gamma,
                                  q->x.zero != 0.0f ? q->s.k : 0};
}

/* Rows of image n's product: the one place where the kernel is called. */
static void multiply(float *y, struct conv_notes notes, const struct product *q, const struct conv_operand *x,
                     size_t n, struct conv_rows rows, const struct conv_epilogue *e, struct seat me,
                     const struct cpu *c)
{
    const struct codes codes = {(const char *)x->data + n * conv_in_size(&q->s) * code_bytes(x->bits),
                                x->bits};
    const struct conv_forward_call call = {.y = y,
                                           .notes = notes,
                                           .codes = codes,
                                           .packed = q->memory->packed,
                                           .shape = &q->s,
                                           .rows = rows,
                                           .scratch = c->mine[me.index],
                                           .path = q->path,
                                           .w_bits = q->w_bits,
                                           .epilogue = e};

    c->kernels->conv_int_forward(c->kernels, &call);
}

/* --- forward --- */

static void forward_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct conv_forward_op *op = t->op;
    const struct conv_shape *s = op->shape;
    const struct product q = product_make(s, op->x.map, &op->w, op->w.codes, op->w_bits, 1);
    const struct conv_notes nothing = {0};
    const int pieces = conv_pieces(me, op->n, s->oh);
    uint64_t clipped = 0;
    struct range r = AFFINE_RANGE_EMPTY;

    if (op->encode && pieces > 1) clipped += conv_encode_share(me, t->cpu, op->encode);
    const struct conv_epilogue e = prepare(me, t->cpu, &q);
    struct deal parts = team_deal(me, (size_t)op->n * (size_t)pieces);
    for (size_t i; team_next(&i, me, &parts);) {
        const size_t n = i / (size_t)pieces;
        if (op->encode && pieces == 1) clipped += conv_encode_image(t->cpu, op->encode, n);
        multiply(op->y + n * conv_out_size(s), pieces == 1 ? conv_notes_of(op, n) : nothing, &q, &op->x, n,
                 conv_piece((int)(i % (size_t)pieces), pieces, s->oh), &e, me, t->cpu);
        if (pieces == 1) r = affine_range_join(r, conv_range_image(t->cpu, op, n));
    }
    if (pieces > 1) r = conv_after_pieces(me, t->cpu, op);
    conv_tell(me, op, r, clipped);
}

void cpu_conv_int_forward(struct device *d, const struct conv_forward_op *op)
{
    cpu_run(d, forward_task, op, NULL);
}

/* --- to the input --- */

static void data_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct conv_backward_data_op *op = t->op;
    const struct conv_shape f = flip_shape(op->shape);
    const struct product q = product_make(&f, op->e.map, &op->w, op->w.flipped, op->w_bits, 0);
    const int pieces = conv_pieces(me, op->n, f.oh);
    const size_t each = conv_out_size(&f), row = each / (size_t)f.oh;

    flip_weights(op->w.flipped, op->w.codes, op->shape, conv_part_of(me));
    team_barrier(me);
    const struct conv_epilogue e = prepare(me, t->cpu, &q);
    struct deal parts = team_deal(me, (size_t)op->n * (size_t)pieces);
    for (size_t i; team_next(&i, me, &parts);) {
        const size_t n = i / (size_t)pieces;
        const struct conv_rows rows = conv_piece((int)(i % (size_t)pieces), pieces, f.oh);
        float *x = op->dx + n * each, *y = op->add ? conv_input_room(me, t->cpu, op->shape) : x;
        multiply(y, (struct conv_notes){0}, &q, &op->e, n, rows, &e, me, t->cpu);
        for (size_t j = (size_t)rows.first * row; op->add && j < (size_t)(rows.first + rows.count) * row; j++)
            x[j] += y[j];
    }
    conv_range_dx(me, t->cpu, op);
}

void cpu_conv_int_data(struct device *d, const struct conv_backward_data_op *op)
{
    cpu_run(d, data_task, op, NULL);
}
