/* sim/device/cpu/cpu_conv_sum.c - a convolution's three products in a modelled accumulator: slow and exact.
 *
 * Images become matrices (im2col), and sim/kernels/accumulate.h multiplies those in binary64, which holds every
 * float32. Orders of the sums, which are part of the result: forward ky, kx, channel; backward to the input
 * oy, ox, filter; of the weights image, oy, ox; all ascending. Taps in the padding, or off the grid of a
 * stride, take part as operands of +0. The result is rounded to float32, to nearest.
 */
#include "sim/device/cpu/cpu_conv.h"

#include "sim/kernels/accumulate.h"

enum product { PRODUCT_FORWARD, PRODUCT_DATA, PRODUCT_WEIGHTS, PRODUCTS };

/* A thread's matrices for one call: c[m][n] = a[m][k] b[k][n]. */
struct matrices {
    double *a, *b, *c, *row;
    size_t m, n, k;
};

static size_t matrices_size(const struct matrices *x)
{
    return x->m * x->k + x->k * x->n + x->m * x->n + 2 * x->n;
}

static struct matrices matrices_of(const struct conv_shape *s, enum product product, int batch)
{
    const size_t taps = (size_t)s->kernel * (size_t)s->kernel, cg = (size_t)(s->c / s->groups);
    const size_t kg = (size_t)(s->k / s->groups), outputs = (size_t)s->oh * (size_t)s->ow;
    const struct matrices of[PRODUCTS] = {
        [PRODUCT_FORWARD] = {.m = outputs, .n = kg, .k = taps * cg},
        [PRODUCT_DATA] = {.m = (size_t)s->h * (size_t)s->w, .n = cg, .k = taps * kg},
        [PRODUCT_WEIGHTS] = {.m = kg, .n = cg, .k = (size_t)batch * outputs},
    };
    return of[product];
}

size_t conv_sum_bytes(const struct conv_shape *s, int batch)
{
    size_t most = 0;
    for (int product = 0; product < PRODUCTS; product++) {
        const struct matrices x = matrices_of(s, (enum product)product, batch);
        if (matrices_size(&x) > most) most = matrices_size(&x);
    }
    return most * sizeof(double) + 64;
}

/* One call's operation, seat and matrices. */
struct call {
    struct seat me;
    const struct cpu *cpu;
    const struct conv_sums *sums;
    const struct conv_shape *s;
    enum product product;
    int n; /* images of the batch */
};

/* This member's matrices, in its scratch. */
static struct matrices matrices_take(const struct call *c)
{
    struct matrices x = matrices_of(c->s, c->product, c->n);
    x.a = c->cpu->mine[c->me.index];
    x.b = x.a + x.m * x.k;
    x.c = x.b + x.k * x.n;
    x.row = x.c + x.m * x.n;
    return x;
}

/* The accumulator for call `number` of a product: each has random bits of its own. */
static void multiply(const struct matrices *x, const struct call *c, uint64_t number)
{
    const struct conv_sums *sums = c->sums;
    const struct random_name name = {
        sums->seed, random_stream(RANDOM_ACCUMULATOR, sums->layer * PRODUCTS + (uint32_t)c->product),
        sums->step};
    struct accumulator s = *sums->accumulator;
    uint32_t word[4];

    random_block(word, name, number);
    const uint64_t seed = (uint64_t)word[0] << 32 | word[1];
    s.inner.random = (struct random_name){seed, word[2], 0};
    s.outer.random = (struct random_name){seed, word[2], 1};
    accumulate_gemm(x->c, x->a, x->b, x->m, x->n, x->k, &s, x->row);
}

/* Copy n floats, or zeros if x is NULL; returns the end of the copy. */
static double *put(double *to, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = x != NULL ? (double)x[i] : 0.0;
    return to + n;
}

/* The group's channels of the input pixel that tap (ky, kx) of output (oy, ox) reads; NULL in the padding. */
static const float *input_at(const struct conv_shape *s, const float *x, int oy, int ox, int ky, int kx,
                             int group)
{
    const int iy = oy * s->stride + ky - s->pad, ix = ox * s->stride + kx - s->pad;

    if (iy < 0 || iy >= s->h || ix < 0 || ix >= s->w) return NULL;
    return x + ((size_t)iy * (size_t)s->w + (size_t)ix) * (size_t)s->c + (size_t)(group * (s->c / s->groups));
}

/* The group's filters of the output pixel whose tap (ky, kx) reads input (iy, ix); NULL if there is none. */
static const float *error_at(const struct conv_shape *s, const float *e, int iy, int ix, int ky, int kx,
                             int group)
{
    const int y = iy + s->pad - ky, x = ix + s->pad - kx;

    if (y < 0 || x < 0 || y % s->stride != 0 || x % s->stride != 0) return NULL;
    if (y / s->stride >= s->oh || x / s->stride >= s->ow) return NULL;
    return e + ((size_t)(y / s->stride) * (size_t)s->ow + (size_t)(x / s->stride)) * (size_t)s->k +
           (size_t)(group * (s->k / s->groups));
}

/* Weight [o][ky][kx][i] of a group's o-th filter. */
static double weight_at(const struct conv_shape *s, const float *w, int group, size_t o, size_t tap, size_t i)
{
    const size_t filter = (size_t)(group * (s->k / s->groups)) + o;
    return (double)w[filter * conv_filter_size(s) + tap * (size_t)(s->c / s->groups) + i];
}

/* --- forward --- */

static void fill_forward(const struct matrices *x, const struct conv_shape *s, const float *in,
                         const float *w, int group)
{
    const size_t cg = (size_t)(s->c / s->groups);
    double *a = x->a;

    for (int oy = 0; oy < s->oh; oy++)
        for (int ox = 0; ox < s->ow; ox++)
            for (int ky = 0; ky < s->kernel; ky++)
                for (int kx = 0; kx < s->kernel; kx++)
                    a = put(a, input_at(s, in, oy, ox, ky, kx, group), cg);
    for (size_t i = 0; i < x->k; i++)
        for (size_t o = 0; o < x->n; o++)
            x->b[i * x->n + o] = weight_at(s, w, group, o, i / cg, i % cg);
}

static void forward_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct conv_forward_op *op = t->op;
    const struct conv_shape *s = op->shape;
    const struct call c = {me, t->cpu, t->more, s, PRODUCT_FORWARD, op->n};
    const struct matrices m = matrices_take(&c);
    struct deal images = team_deal(me, (size_t)op->n);
    struct range r = AFFINE_RANGE_EMPTY;

    for (size_t n; team_next(&n, me, &images);) {
        float *y = op->y + n * conv_out_size(s);
        for (int g = 0; g < s->groups; g++) {
            fill_forward(&m, s, (const float *)op->x.data + n * conv_in_size(s), op->w_values, g);
            multiply(&m, &c, (uint64_t)n * (uint64_t)s->groups + (uint64_t)g);
            for (size_t i = 0; i < m.m * m.n; i++)
                y[i / m.n * (size_t)s->k + (size_t)g * m.n + i % m.n] = (float)m.c[i];
        }
        conv_note_image(conv_notes_of(op, n), y, s);
        r = affine_range_join(r, conv_range_image(t->cpu, op, n));
    }
    conv_tell(me, op, r, 0);
}

void cpu_conv_sum_forward(struct device *d, const struct conv_forward_op *op, const struct conv_sums *s)
{
    cpu_run(d, forward_task, op, s);
}

/* --- to the input --- */

static void fill_data(const struct matrices *x, const struct conv_shape *s, const float *e, const float *w,
                      int group)
{
    const size_t kg = (size_t)(s->k / s->groups), taps = (size_t)s->kernel * (size_t)s->kernel;
    double *a = x->a;

    for (int iy = 0; iy < s->h; iy++)
        for (int ix = 0; ix < s->w; ix++)
            for (int ky = s->kernel - 1; ky >= 0; ky--) /* oy ascending */
                for (int kx = s->kernel - 1; kx >= 0; kx--)
                    a = put(a, error_at(s, e, iy, ix, ky, kx, group), kg);
    for (size_t i = 0; i < x->k; i++)
        for (size_t j = 0; j < x->n; j++)
            x->b[i * x->n + j] = weight_at(s, w, group, i % kg, taps - 1 - i / kg, j);
}

static void data_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct conv_backward_data_op *op = t->op;
    const struct conv_shape *s = op->shape;
    const struct call c = {me, t->cpu, t->more, s, PRODUCT_DATA, op->n};
    const struct matrices m = matrices_take(&c);
    struct deal images = team_deal(me, (size_t)op->n);

    for (size_t n; team_next(&n, me, &images);)
        for (int g = 0; g < s->groups; g++) {
            fill_data(&m, s, (const float *)op->e.data + n * conv_out_size(s), op->w_values, g);
            multiply(&m, &c, (uint64_t)n * (uint64_t)s->groups + (uint64_t)g);
            for (size_t i = 0; i < m.m * m.n; i++) {
                float *dx = op->dx + n * conv_in_size(s) + i / m.n * (size_t)s->c + (size_t)g * m.n + i % m.n;
                *dx = op->add ? *dx + (float)m.c[i] : (float)m.c[i];
            }
        }
    conv_range_dx(me, t->cpu, op);
}

void cpu_conv_sum_data(struct device *d, const struct conv_backward_data_op *op, const struct conv_sums *s)
{
    cpu_run(d, data_task, op, s);
}

/* --- of the weights --- */

static void fill_weights(const struct matrices *m, const struct conv_backward_weights_op *op, int tap,
                         int group)
{
    const struct conv_shape *s = op->shape;
    const float *x = op->x.data, *e = op->e.data;
    double *b = m->b;

    for (size_t i = 0; i < m->k; i++)
        for (size_t o = 0; o < m->m; o++)
            m->a[o * m->k + i] = (double)e[i * (size_t)s->k + (size_t)group * m->m + o];
    for (int n = 0; n < op->n; n++)
        for (int oy = 0; oy < s->oh; oy++)
            for (int ox = 0; ox < s->ow; ox++) {
                const float *image = x + (size_t)n * conv_in_size(s);
                b = put(b, input_at(s, image, oy, ox, tap / s->kernel, tap % s->kernel, group), m->n);
            }
}

static void weights_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct conv_backward_weights_op *op = t->op;
    const struct conv_shape *s = op->shape;
    const struct call c = {me, t->cpu, t->more, s, PRODUCT_WEIGHTS, op->n};
    const struct matrices m = matrices_take(&c);
    const int taps = s->kernel * s->kernel;
    struct deal calls = team_deal(me, (size_t)taps * (size_t)s->groups);

    for (size_t call; team_next(&call, me, &calls);) {
        const int tap = (int)call % taps, group = (int)call / taps;
        fill_weights(&m, op, tap, group);
        multiply(&m, &c, call);
        for (size_t i = 0; i < m.m * m.n; i++)
            op->grad[((size_t)group * m.m + i / m.n) * conv_filter_size(s) + (size_t)tap * m.n + i % m.n] =
                (float)m.c[i];
    }
}

void cpu_conv_sum_weights(struct device *d, const struct conv_backward_weights_op *op,
                          const struct conv_sums *s)
{
    cpu_run(d, weights_task, op, s);
}
