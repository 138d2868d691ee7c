/* sim/device/cpu/cpu_conv_int_weights.c - the weight gradient from codes, as exact integers.
 *
 * One scale per operand: with S = sum qe' qx over the batch and the in-bounds positions, X1 = sum qx, E1 =
 * sum qe', n positions, dW = se sx S + se zx E1 + ze' sx X1 + n ze' zx in double, one rounding to float32.
 * Source: Fu et al., ICLR 2021, published code.
 */
#include "sim/device/cpu/cpu_conv.h"
#include "sim/device/cpu/cpu_conv_zones.h"

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

/* What all members know of one gradient. */
struct gradient {
    const struct conv_backward_weights_op *op;
    struct conv_sums_memory b;
    struct conv_zones x, e;
    bool errors; /* are the errors' sums read? */
};

/* Sums of the codes of some images under each tap, on the way: the kernel has just read them. */
static void sum_codes(struct seat me, const struct gradient *g, int first, int images)
{
    const struct conv_operand *x = &g->op->x, *e = &g->op->e;
    const size_t in = conv_in_size(g->op->shape), out = conv_out_size(g->op->shape);

    for (size_t n = (size_t)first; n < (size_t)first + (size_t)images; n++) {
        conv_zones_add(g->b.x_zones + (size_t)me.index * conv_zones_size(&g->x), &g->x,
                       (struct codes){(const char *)x->data + n * in * code_bytes(x->bits), x->bits});
        if (g->errors)
            conv_zones_add(g->b.e_zones + (size_t)me.index * conv_zones_size(&g->e), &g->e,
                           (struct codes){(const char *)e->data + n * out * code_bytes(e->bits), e->bits});
    }
}

/* This member's exact sums over its images. */
static void sum_products(struct seat me, const struct cpu *c, const struct gradient *g)
{
    const struct conv_shape *s = g->op->shape;
    const size_t weights = conv_filter_size(s) * (size_t)s->k;
    const int eb = g->op->e.bits, xb = g->op->x.bits, n = g->op->n;
    const int images = images_of(me, n, conv_weights_images(xb, eb, s)), calls = (n + images - 1) / images;
    const int pieces = conv_pieces(me, n, s->oh); /* exact sums: rows may be added in any order */
    struct deal parts = team_deal(me, (size_t)calls * (size_t)pieces);
    int64_t *exact = g->b.exact + (size_t)me.index * weights;

    memset(exact, 0, weights * sizeof *exact);
    memset(g->b.x_zones + (size_t)me.index * conv_zones_size(&g->x), 0,
           conv_zones_size(&g->x) * sizeof *exact);
    memset(g->b.e_zones + (size_t)me.index * conv_zones_size(&g->e), 0,
           conv_zones_size(&g->e) * sizeof *exact);
    for (size_t i; team_next(&i, me, &parts);) {
        const int at = (int)(i / (size_t)pieces) * images, now = n - at < images ? n - at : images;
        const char *x = (const char *)g->op->x.data + (size_t)at * conv_in_size(s) * code_bytes(xb);
        const char *e = (const char *)g->op->e.data + (size_t)at * conv_out_size(s) * code_bytes(eb);
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
        if (i % (size_t)pieces == 0) sum_codes(me, g, at, now);
    }
}

/* X1 and E1 of one tap from all members' sums, and how many positions it sees. */
static void sum_tap(struct seat me, const struct gradient *g, int tap)
{
    const struct conv_shape *s = g->op->shape;
    const int ky = tap / s->kernel, kx = tap % s->kernel;
    int64_t *x = g->b.x_tap + (size_t)tap * (size_t)s->c, *e = g->b.e_tap + (size_t)tap * (size_t)s->k;

    memset(x, 0, (size_t)s->c * sizeof *x);
    memset(e, 0, (size_t)s->k * sizeof *e);
    for (size_t t = 0; t < (size_t)me.count; t++) {
        g->b.count[tap] = conv_zones_tap(x, &g->x, g->b.x_zones + t * conv_zones_size(&g->x), ky, kx);
        if (g->errors) conv_zones_tap(e, &g->e, g->b.e_zones + t * conv_zones_size(&g->e), ky, kx);
    }
    const int64_t center = ((int64_t)1 << (g->op->e.bits - 1)) * g->op->n * g->b.count[tap];
    for (int o = 0; g->errors && o < s->k; o++)
        e[o] -= center;
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
    const struct gradient g = {.op = op,
                               .b = conv_sums_memory(t->cpu, s),
                               .x = conv_input_zones(s),
                               .e = conv_output_zones(s),
                               .errors = op->x.map->zero != 0.0f};
    const struct share taps = team_share(me, (size_t)s->kernel * (size_t)s->kernel);

    sum_products(me, t->cpu, &g);
    team_barrier(me);
    for (size_t tap = taps.first; tap < taps.end; tap++)
        sum_tap(me, &g, (int)tap);
    team_barrier(me);
    finish(me, &g.b, op);
}

void cpu_conv_int_weights(struct device *d, const struct conv_backward_weights_op *op)
{
    cpu_run(d, weights_task, op, NULL);
}
