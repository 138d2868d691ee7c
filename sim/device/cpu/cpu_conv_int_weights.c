/* sim/device/cpu/cpu_conv_int_weights.c - the weight gradient from codes, as exact integers.
 *
 * One scale per operand: with S = sum qe' qx over the batch and the in-bounds positions, X1 = sum qx, E1 =
 * sum qe', n positions, dW = se sx S + se zx E1 + ze' sx X1 + n ze' zx in double, one rounding to float32.
 * Source: Fu et al., ICLR 2021, published code.
 */
#include "sim/device/cpu/cpu_conv.h"

#include <string.h>

/* Images of one call of the kernel: several calls a member, so that they can be dealt, but not so few images that
 * adding the sums to memory costs more than making them. */
static int images_of(struct seat me, int n, int most)
{
    enum { CALLS = 4, WORTH = 8 };
    const int even = n / me.count, dealt = n / (CALLS * me.count);
    const int wanted = dealt > WORTH ? dealt : even < WORTH ? even : WORTH;
    return wanted < 1 ? 1 : wanted < most ? wanted : most;
}

/* This member's exact sums over its images. */
static void sum_products(struct seat me, const struct cpu *c, const struct conv_sums_memory *b,
                         const struct conv_backward_weights_op *op)
{
    const struct conv_shape *s = op->shape;
    const size_t weights = conv_filter_size(s) * (size_t)s->k;
    const int eb = op->e.bits, xb = op->x.bits, n = op->n;
    const int images = images_of(me, n, conv_weights_images(xb, eb, s)), calls = (n + images - 1) / images;
    const int pieces = conv_pieces(me, n, s->oh); /* exact sums: rows may be added in any order */
    struct deal parts = team_deal(me, (size_t)calls * (size_t)pieces);
    int64_t *exact = b->exact + (size_t)me.index * weights;

    memset(exact, 0, weights * sizeof *exact);
    for (size_t i; team_next(&i, me, &parts);) {
        const int at = (int)(i / (size_t)pieces) * images, now = n - at < images ? n - at : images;
        const char *x = (const char *)op->x.data + (size_t)at * conv_in_size(s) * code_bytes(xb);
        const char *e = (const char *)op->e.data + (size_t)at * conv_out_size(s) * code_bytes(eb);
        const struct conv_int_weights_call call = {
            .acc = exact,
            .x = {x, xb},
            .e = {e, eb},
            .images = now,
            .shape = s,
            .rows = conv_piece((int)(i % (size_t)pieces), pieces, s->oh),
            .path = conv_path(xb, eb, (int64_t)now * s->oh * s->ow),
            .scratch = c->mine[me.index],
        };
        c->kernels->conv_int_weights(c->kernels, &call);
    }
}

enum { POSITIONS = 4096, IMAGES = 256 }; /* that are summed at once */

/* sum[i] += the codes at position i of n images: 16 bits hold 256 bytes, and take half as many vectors. */
static void add_bytes(uint32_t sum[POSITIONS], const uint8_t *x, size_t each, size_t size, int n)
{
    for (int image = 0; image < n; image += IMAGES) {
        const int end = image + IMAGES < n ? image + IMAGES : n;
        uint16_t part[POSITIONS];
        memset(part, 0, size * sizeof *part);
        for (int b = image; b < end; b++)
            for (size_t i = 0; i < size; i++)
                part[i] = (uint16_t)(part[i] + x[(size_t)b * each + i]);
        for (size_t i = 0; i < size; i++)
            sum[i] += part[i];
    }
}

static void add_words(uint32_t sum[POSITIONS], const uint16_t *x, size_t each, size_t size, int n)
{
    for (int b = 0; b < n; b++)
        for (size_t i = 0; i < size; i++)
            sum[i] += x[(size_t)b * each + i];
}

/* at[i] = sum over the batch of the codes at position i, less `center` each; this member's positions. Long runs,
 * because the next image's are far away: 256 bytes of each image took 3 % of a step. */
static void sum_positions(struct seat me, int64_t *at, const struct conv_operand *x, size_t each, int center,
                          int n)
{
    const struct share mine = team_share(me, (each + 63) / 64);
    const size_t end = mine.end * 64 < each ? mine.end * 64 : each;

    for (size_t first = mine.first * 64; first < end; first += POSITIONS) {
        const size_t size = end - first < POSITIONS ? end - first : POSITIONS;
        uint32_t sum[POSITIONS]; /* 65536 codes of 16 bits fit */
        memset(sum, 0, size * sizeof *sum);
        if (code_bytes(x->bits) == 1)
            add_bytes(sum, (const uint8_t *)x->data + first, each, size, n);
        else
            add_words(sum, (const uint16_t *)x->data + first, each, size, n);
        for (size_t i = 0; i < size; i++)
            at[first + i] = (int64_t)sum[i] - (int64_t)center * n;
    }
}

/* The input row (or column) that tap `k` of output `o` reads; -1 outside. */
static int tap_position(const struct conv_shape *s, int o, int k, int size)
{
    const int i = o * s->stride + k - s->pad;
    return i >= 0 && i < size ? i : -1;
}

/* X1 and E1 of one tap from the position sums, and how many positions it sees. */
static void sum_tap(const struct conv_sums_memory *b, const struct conv_shape *s, size_t tap, bool errors)
{
    const size_t ch = (size_t)s->c, k = (size_t)s->k;
    const int ky = (int)tap / s->kernel, kx = (int)tap % s->kernel;
    int64_t *x = b->x_tap + tap * ch, *e = b->e_tap + tap * k;

    memset(x, 0, ch * sizeof *x);
    memset(e, 0, k * sizeof *e);
    b->count[tap] = 0;
    for (int oy = 0; oy < s->oh; oy++)
        for (int ox = 0; ox < s->ow; ox++) {
            const int iy = tap_position(s, oy, ky, s->h), ix = tap_position(s, ox, kx, s->w);
            if (iy < 0 || ix < 0) continue;
            const int64_t *xa = b->x_at + ((size_t)iy * (size_t)s->w + (size_t)ix) * ch;
            const int64_t *ea = b->e_at + ((size_t)oy * (size_t)s->ow + (size_t)ox) * k;
            for (size_t i = 0; i < ch; i++)
                x[i] += xa[i];
            for (size_t i = 0; errors && i < k; i++)
                e[i] += ea[i];
            b->count[tap]++;
        }
}

/* The four factors of a gradient's integer sums. */
struct factors {
    double ee, ez, zs, zz;
};

static struct factors factors_of(const struct affine *x, const struct affine *e)
{
    const double ze = (double)e->zero + (double)e->scale * (double)((int64_t)1 << (e->bits - 1));
    return (struct factors){(double)e->scale * (double)x->scale, (double)e->scale * (double)x->zero,
                            ze * (double)x->scale, ze * (double)x->zero};
}

/* dW[o][row] of filters [first, first + count); row is a tap and a channel of the group. sum: of all members. */
static void finish_row(const struct conv_backward_weights_op *op, const struct conv_sums_memory *b,
                       const struct factors *f, size_t row, size_t first, size_t count, const int64_t *sum)
{
    const struct conv_shape *s = op->shape;
    const size_t cg = (size_t)(s->c / s->groups), kg = (size_t)(s->k / s->groups), tap = row / cg;
    const int64_t *e1 = b->e_tap + tap * (size_t)s->k + first;

    for (size_t i = 0; i < count; i++) {
        const size_t o = first + i;
        const int64_t x1 = b->x_tap[tap * (size_t)s->c + o / kg * cg + row % cg];
        op->grad[o * conv_filter_size(s) + row] =
            (float)(f->ee * (double)sum[i] +
                    (f->ez * (double)e1[i] + (f->zs * (double)x1 + f->zz * (double)(b->count[tap] * op->n))));
    }
}

/* dW from the exact sums [row][o] of all members. Each member's are read in long runs: they come from its cache. */
static void finish(struct seat me, const struct conv_sums_memory *b,
                   const struct conv_backward_weights_op *op)
{
    enum { RUN = 2048 };
    const struct factors f = factors_of(op->x.map, op->e.map);
    const size_t k = (size_t)op->shape->k, weights = conv_filter_size(op->shape) * k;
    const struct share mine = team_share(me, weights);

    for (size_t first = mine.first; first < mine.end; first += RUN) {
        const size_t size = mine.end - first < RUN ? mine.end - first : RUN;
        int64_t sum[RUN];
        memcpy(sum, b->exact + first, size * sizeof *sum);
        for (int t = 1; t < me.count; t++)
            for (size_t i = 0; i < size; i++)
                sum[i] += b->exact[(size_t)t * weights + first + i];
        for (size_t i = 0, run; i < size; i += run) {
            const size_t o = (first + i) % k;
            run = k - o < size - i ? k - o : size - i;
            finish_row(op, b, &f, (first + i) / k, o, run, sum + i);
        }
    }
}

static void weights_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct conv_backward_weights_op *op = t->op;
    const struct conv_shape *s = op->shape;
    const struct conv_sums_memory b = conv_sums_memory(t->cpu, s);
    const bool errors = op->x.map->zero != 0.0f; /* else nothing reads their sums */
    const struct share taps = team_share(me, (size_t)s->kernel * (size_t)s->kernel);

    sum_products(me, t->cpu, &b, op);
    sum_positions(me, b.x_at, &op->x, conv_in_size(s), 0, op->n);
    if (errors) sum_positions(me, b.e_at, &op->e, conv_out_size(s), 1 << (op->e.bits - 1), op->n);
    team_barrier(me);
    for (size_t tap = taps.first; tap < taps.end; tap++)
        sum_tap(&b, s, tap, errors);
    team_barrier(me);
    finish(me, &b, op);
}

void cpu_conv_int_weights(struct device *d, const struct conv_backward_weights_op *op)
{
    cpu_run(d, weights_task, op, NULL);
}
