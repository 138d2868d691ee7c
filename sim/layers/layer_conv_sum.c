/* sim/layers/layer_conv_sum.c - a convolution's three products in a modelled accumulator: slow and exact.
 *
 * Images become matrices (im2col), and sim/kernels/accumulate.h multiplies those in binary64, which holds every
 * float32. Orders of the sums, which are part of the result: forward ky, kx, channel; backward to the input
 * oy, ox, filter; of the weights image, oy, ox; all ascending. Taps in the padding, or off the grid of a
 * stride, take part as operands of +0. The result is rounded to float32, to nearest.
 */
#include "sim/layers/layer_conv.h"

#include "sim/kernels/accumulate.h"
#include "sim/roles/role_accumulator.h"

#include <stdlib.h>

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

static struct matrices matrices_of(const struct conv *c, enum product product, int batch)
{
    const struct conv_shape *s = &c->s;
    const size_t taps = (size_t)(s->kernel * s->kernel), cg = (size_t)(s->c / s->groups);
    const size_t kg = (size_t)(s->k / s->groups), outputs = (size_t)s->oh * (size_t)s->ow;
    const struct matrices of[PRODUCTS] = {
        [PRODUCT_FORWARD] = {.m = outputs, .n = kg, .k = taps * cg},
        [PRODUCT_DATA] = {.m = (size_t)s->h * (size_t)s->w, .n = cg, .k = taps * kg},
        [PRODUCT_WEIGHTS] = {.m = kg, .n = cg, .k = (size_t)batch * outputs},
    };
    return of[product];
}

size_t conv_sum_bytes(const struct conv *c, int batch)
{
    size_t most = 0;
    for (int product = 0; product < PRODUCTS; product++) {
        const struct matrices x = matrices_of(c, (enum product)product, batch);
        if (matrices_size(&x) > most) most = matrices_size(&x);
    }
    return most * sizeof(double) + 64;
}

/* This thread's matrices, in its scratch. */
static struct matrices matrices_take(const struct conv *c, enum product product, const struct pass *p)
{
    struct matrices x = matrices_of(c, product, p->n);
    x.a = p->scratch[omp_get_thread_num()];
    x.b = x.a + x.m * x.k;
    x.c = x.b + x.k * x.n;
    x.row = x.c + x.m * x.n;
    return x;
}

/* The setting's accumulator for call `number` of a product: each has random bits of its own. */
static struct accumulator accumulator_of(const struct conv *c, enum product product, uint64_t number,
                                         const struct pass *p)
{
    const struct random_name name = {
        p->seed, random_stream(RANDOM_ACCUMULATOR, c->base.id * PRODUCTS + (uint32_t)product), p->step};
    struct accumulator s;
    uint32_t word[4];

    if (role_accumulator_parse(&s, conv_role(c, ROLE_ACCUMULATOR, p)->text) != STATUS_OK)
        abort(); /* role_parse has accepted it */
    random_block(word, name, number);
    const uint64_t seed = (uint64_t)word[0] << 32 | word[1];
    s.inner.random = (struct random_name){seed, word[2], 0};
    s.outer.random = (struct random_name){seed, word[2], 1};
    return s;
}

static void multiply(const struct matrices *x, const struct conv *c, enum product product, uint64_t number,
                     const struct pass *p)
{
    const struct accumulator s = accumulator_of(c, product, number, p);
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
static const float *input_at(const struct conv *c, const float *x, int oy, int ox, int ky, int kx, int group)
{
    const struct conv_shape *s = &c->s;
    const int iy = oy * s->stride + ky - s->pad, ix = ox * s->stride + kx - s->pad;

    if (iy < 0 || iy >= s->h || ix < 0 || ix >= s->w) return NULL;
    return x + ((size_t)iy * (size_t)s->w + (size_t)ix) * (size_t)s->c + (size_t)(group * (s->c / s->groups));
}

/* The group's filters of the output pixel whose tap (ky, kx) reads input (iy, ix); NULL if there is none. */
static const float *error_at(const struct conv *c, const float *e, int iy, int ix, int ky, int kx, int group)
{
    const struct conv_shape *s = &c->s;
    const int y = iy + s->pad - ky, x = ix + s->pad - kx;

    if (y < 0 || x < 0 || y % s->stride != 0 || x % s->stride != 0) return NULL;
    if (y / s->stride >= s->oh || x / s->stride >= s->ow) return NULL;
    return e + ((size_t)(y / s->stride) * (size_t)s->ow + (size_t)(x / s->stride)) * (size_t)s->k +
           (size_t)(group * (s->k / s->groups));
}

/* Weight [o][ky][kx][i] of a group's o-th filter. */
static double weight_at(const struct conv *c, int group, size_t o, size_t tap, size_t i)
{
    const size_t filter = (size_t)(group * (c->s.k / c->s.groups)) + o;
    return (double)c->w_decoded[filter * c->filter + tap * (size_t)(c->s.c / c->s.groups) + i];
}

/* --- forward --- */

static void fill_forward(const struct matrices *x, const struct conv *c, const float *in, int group)
{
    const struct conv_shape *s = &c->s;
    const size_t cg = (size_t)(s->c / s->groups);
    double *a = x->a;

    for (int oy = 0; oy < s->oh; oy++)
        for (int ox = 0; ox < s->ow; ox++)
            for (int ky = 0; ky < s->kernel; ky++)
                for (int kx = 0; kx < s->kernel; kx++)
                    a = put(a, input_at(c, in, oy, ox, ky, kx, group), cg);
    for (size_t i = 0; i < x->k; i++)
        for (size_t o = 0; o < x->n; o++)
            x->b[i * x->n + o] = weight_at(c, group, o, i / cg, i % cg);
}

void conv_sum_forward(struct conv *c, struct tensor *out, const float *x, const struct pass *p)
{
    const struct conv_shape *s = &c->s;
    const size_t k = (size_t)s->k;

#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int n = 0; n < p->n; n++) {
        const struct matrices mine = matrices_take(c, PRODUCT_FORWARD, p);
        float *y = out->data + (size_t)n * c->out_size;
        for (int g = 0; g < s->groups; g++) {
            fill_forward(&mine, c, x + (size_t)n * c->in_size, g);
            multiply(&mine, c, PRODUCT_FORWARD, (uint64_t)n * (uint64_t)s->groups + (uint64_t)g, p);
            for (size_t i = 0; i < mine.m * mine.n; i++)
                y[i / mine.n * k + (size_t)g * mine.n + i % mine.n] = (float)mine.c[i];
        }
        conv_note_image(conv_notes_of(out, n, p), y, s);
    }
}

/* --- backward --- */

static void fill_data(const struct matrices *x, const struct conv *c, const float *e, int group)
{
    const struct conv_shape *s = &c->s;
    const size_t kg = (size_t)(s->k / s->groups), taps = (size_t)(s->kernel * s->kernel);
    double *a = x->a;

    for (int iy = 0; iy < s->h; iy++)
        for (int ix = 0; ix < s->w; ix++)
            for (int ky = s->kernel - 1; ky >= 0; ky--) /* oy ascending */
                for (int kx = s->kernel - 1; kx >= 0; kx--)
                    a = put(a, error_at(c, e, iy, ix, ky, kx, group), kg);
    for (size_t i = 0; i < x->k; i++)
        for (size_t j = 0; j < x->n; j++)
            x->b[i * x->n + j] = weight_at(c, group, i % kg, taps - 1 - i / kg, j);
}

void conv_sum_data(struct conv *c, struct tensor *din, bool add, const float *e, const struct pass *p)
{
    const struct conv_shape *s = &c->s;

#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int n = 0; n < p->n; n++) {
        const struct matrices mine = matrices_take(c, PRODUCT_DATA, p);
        for (int g = 0; g < s->groups; g++) {
            fill_data(&mine, c, e + (size_t)n * c->out_size, g);
            multiply(&mine, c, PRODUCT_DATA, (uint64_t)n * (uint64_t)s->groups + (uint64_t)g, p);
            for (size_t i = 0; i < mine.m * mine.n; i++) {
                float *dx = din->data + (size_t)n * c->in_size + i / mine.n * (size_t)s->c +
                            (size_t)g * mine.n + i % mine.n;
                *dx = add ? *dx + (float)mine.c[i] : (float)mine.c[i];
            }
        }
    }
    if (din->wants_range) din->range = range_over_images(din->data, c->in_size, p);
}

static void fill_weights(const struct matrices *m, const struct conv *c, const float *x, const float *e,
                         int tap, int group, const struct pass *p)
{
    const struct conv_shape *s = &c->s;
    double *b = m->b;

    for (size_t i = 0; i < m->k; i++)
        for (size_t o = 0; o < m->m; o++)
            m->a[o * m->k + i] = (double)e[i * (size_t)s->k + (size_t)group * m->m + o];
    for (int n = 0; n < p->n; n++)
        for (int oy = 0; oy < s->oh; oy++)
            for (int ox = 0; ox < s->ow; ox++)
                b = put(
                    b,
                    input_at(c, x + (size_t)n * c->in_size, oy, ox, tap / s->kernel, tap % s->kernel, group),
                    m->n);
}

void conv_sum_weights(struct conv *c, const float *x, const float *e, const struct pass *p)
{
    const struct conv_shape *s = &c->s;
    const int taps = s->kernel * s->kernel;
    float *grad = c->base.params[0].grad;

#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int call = 0; call < taps * s->groups; call++) {
        const int tap = call % taps, group = call / taps;
        const struct matrices mine = matrices_take(c, PRODUCT_WEIGHTS, p);
        fill_weights(&mine, c, x, e, tap, group, p);
        multiply(&mine, c, PRODUCT_WEIGHTS, (uint64_t)call, p);
        for (size_t i = 0; i < mine.m * mine.n; i++)
            grad[((size_t)group * mine.m + i / mine.n) * c->filter + (size_t)tap * mine.n + i % mine.n] =
                (float)mine.c[i];
    }
}
