/* tests/sim/test_layers.c - gradients of every layer by central differences, and what each promises. */
#include "tests/fixtures/rigs.h"

#include <criterion/parameterized.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* L = sum of dout * out, in double. */
static double objective(struct rig *r, const float *error)
{
    double sum = 0.0;
    rig_forward(r, true, 0, 0);
    for (size_t i = 0; i < rig_size(r, &r->out); i++)
        sum += (double)error[i] * (double)r->out.data[i];
    return sum;
}

/* dL/dx[i] by central differences. The step 2^-7 leaves truncation of h^2 and rounding of 2^-24 / h: both
 * near 1e-5 of a gradient of 1; tolerance 2e-3 covers ReLU kinks that a step may cross. */
static void check_gradient(struct rig *r, const float *error, float *x, const float *grad, size_t n,
                           const char *what)
{
    const float h = 0x1p-10f;
    double *want = malloc(n * sizeof *want);
    float *got = malloc(n * sizeof *got);

    memcpy(got, grad, n * sizeof *got);
    for (size_t i = 0; i < n; i++) {
        const float old = x[i];
        x[i] = old + h;
        const double up = objective(r, error);
        x[i] = old - h;
        const double down = objective(r, error);
        x[i] = old;
        want[i] = (up - down) / (2.0 * (double)h);
    }
    cr_assert_lt(relative_error(got, want, n), 2e-3, "%s of %s: off by %g", what, r->layer->name,
                 relative_error(got, want, n));
    free(want);
    free(got);
}

/* Closes the rig. */
static void check_rig(struct rig *r)
{
    const struct layer *l = r->layer;
    const size_t n = rig_size(r, &r->dout);
    float *error = malloc(n * sizeof *error), *kept[LAYER_PARAMS], *din[LAYER_INPUTS];

    memcpy(error, r->dout.data, n * sizeof *error);
    rig_forward(r, true, 0, 0);
    rig_backward(r);
    for (int i = 0; i < l->inputs; i++) {
        din[i] = malloc(rig_size(r, &r->din[i]) * sizeof(float));
        memcpy(din[i], r->din[i].data, rig_size(r, &r->din[i]) * sizeof(float));
    }
    for (int i = 0; i < l->param_count; i++) {
        kept[i] = malloc(l->params[i].size * sizeof(float));
        memcpy(kept[i], l->params[i].grad, l->params[i].size * sizeof(float));
    }
    for (int i = 0; i < l->inputs; i++) {
        check_gradient(r, error, r->in[i].data, din[i], rig_size(r, &r->in[i]), "input gradient");
        free(din[i]);
    }
    for (int i = 0; i < l->param_count; i++) {
        check_gradient(r, error, l->params[i].value, kept[i], l->params[i].size, l->params[i].name);
        free(kept[i]);
    }
    free(error);
    rig_close(r);
}

static void check_layer(struct layer *l, int batch)
{
    struct rig r;
    rig_make(&r, l, batch, 0, "auto");
    check_rig(&r);
}

struct conv_row {
    char name[24];
    int h, w, c, k, kernel, stride, pad, groups;
};
static struct conv_row conv_rows[] = {
    {"3x3", 5, 6, 3, 5, 3, 1, 1, 1},        {"3x3 stride 2", 6, 5, 4, 3, 3, 2, 1, 1},
    {"1x1", 4, 4, 5, 3, 1, 1, 0, 1},        {"1x1 stride 2", 5, 6, 3, 4, 1, 2, 0, 1},
    {"5x5", 6, 6, 2, 3, 5, 1, 2, 1},        {"7x7 stride 2", 9, 8, 2, 2, 7, 2, 3, 1},
    {"two groups", 4, 5, 4, 6, 3, 1, 1, 2}, {"depthwise", 5, 5, 4, 4, 3, 1, 1, 4},
    {"no padding", 5, 5, 2, 3, 3, 1, 0, 1}, {"wide", 4, 4, 16, 18, 3, 1, 1, 1},
};

static struct layer *conv_of_row(const struct conv_row *c, bool quantized)
{
    return layer_conv_new(c->name, (struct shape){c->h, c->w, c->c}, c->k, c->kernel, c->stride, c->pad,
                          c->groups, quantized);
}

ParameterizedTestParameters(layers, conv_gradients)
{
    return cr_make_param_array(struct conv_row, conv_rows, sizeof conv_rows / sizeof *conv_rows);
}
ParameterizedTest(struct conv_row *c, layers, conv_gradients)
{
    check_layer(conv_of_row(c, false), 2);
}

Test(layers, norm_gradients)
{
    check_layer(layer_norm_new("norm", (struct shape){3, 4, 5}, false, ACTIVATION_NONE), 3);
}

Test(layers, norm_relu_gradients)
{
    check_layer(layer_norm_new("norm relu", (struct shape){3, 3, 8}, false, ACTIVATION_RELU), 2);
}

Test(layers, norm_residual_relu_gradients)
{
    check_layer(layer_norm_new("norm residual relu", (struct shape){2, 3, 5}, true, ACTIVATION_RELU), 3);
}

Test(layers, pool_gradients)
{
    check_layer(layer_pool_new("pool", (struct shape){4, 3, 5}), 2);
}

Test(layers, norm_residual_gradients)
{
    check_layer(layer_norm_new("norm residual", (struct shape){2, 3, 5}, true, ACTIVATION_NONE), 3);
}

struct maxpool_row {
    int h, w, c, kernel, stride, pad;
};

ParameterizedTestParameters(layers, maxpool_gradients)
{
    static struct maxpool_row rows[] = {{6, 7, 3, 3, 2, 1}, {7, 6, 5, 3, 2, 0}, {4, 4, 2, 2, 2, 0},
                                        {5, 5, 3, 3, 1, 1}, {9, 8, 2, 5, 3, 2}, {3, 3, 4, 1, 2, 0}};
    return cr_make_param_array(struct maxpool_row, rows, sizeof rows / sizeof *rows);
}

/* On values that lie further apart than a difference's steps: 4093 is prime. */
ParameterizedTest(struct maxpool_row *m, layers, maxpool_gradients)
{
    const struct shape in = {m->h, m->w, m->c};
    struct rig r;
    rig_make(&r, layer_maxpool_new("maxpool", in, m->kernel, m->stride, m->pad), 3, 0, "auto");
    for (size_t i = 0; i < rig_size(&r, &r.in[0]); i++)
        r.in[0].data[i] = (float)(i * 1009 % 4093) / 256.0f;
    check_rig(&r);
}

Test(layers, linear_gradients)
{
    check_layer(layer_linear_new("linear", (struct shape){1, 1, 7}, 4), 3);
}

/* Bits of both operands of the three products. */
struct quantized_row {
    int conv, forward, backward;
};

/* Whatever the bits, the integer products equal the products of the decoded values: an oracle in double that
 * knows nothing of codes, centers or corrections. Tolerance: one rounding to float32 per output for the
 * integer paths (3e-7, norm-wise); float sums of up to 160 terms for backward-data and for more than 16 bits
 * (2e-6). */
static double *oracle_operands(double *w, double *e, const struct rig *r, int forward, int backward)
{
    const struct layer *l = r->layer;
    const struct conv_shape *s = layer_facts_of(l).conv;
    const size_t n = rig_size(r, &r->in[0]), filter = l->params[0].size / (size_t)s->k;
    double *x = malloc(n * sizeof *x);
    float *y = malloc((n + l->params[0].size + rig_size(r, &r->dout)) * sizeof *y);

    struct affine q =
        affine_of_range(affine_range_of(r->in[0].data, n), forward, DIVISION_IEEE, AFFINE_FLOOR);
    affine_quantize(y, r->in[0].data, n, &q, NULL, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = (double)y[i];
    for (size_t o = 0; o < (size_t)s->k; o++) {
        const float *master = l->params[0].value + o * filter;
        q = affine_of_range(affine_range_of(master, filter), forward, DIVISION_IEEE, AFFINE_FLOOR);
        affine_quantize(y, master, filter, &q, NULL, 0);
        for (size_t i = 0; i < filter; i++)
            w[o * filter + i] = (double)y[i];
    }
    q = affine_of_range(affine_range_of(r->dout.data, rig_size(r, &r->dout)), backward, DIVISION_IEEE,
                        AFFINE_FLOOR);
    affine_quantize(y, r->dout.data, rig_size(r, &r->dout), &q, NULL, 0);
    for (size_t i = 0; i < rig_size(r, &r->dout); i++)
        e[i] = (double)y[i];
    free(y);
    return x;
}

/* y, dx and dw of one convolution in double, straight from the definition. */
static void oracle_products(double *y, double *dx, double *dw, const double *x, const double *w,
                            const double *e, const struct conv_shape *s, int batch)
{
    const int cg = s->c / s->groups, kg = s->k / s->groups;
    for (int n = 0; n < batch; n++)
        for (int oy = 0; oy < s->oh; oy++)
            for (int ox = 0; ox < s->ow; ox++)
                for (int o = 0; o < s->k; o++)
                    for (int ky = 0; ky < s->kernel; ky++)
                        for (int kx = 0; kx < s->kernel; kx++)
                            for (int i = 0; i < cg; i++) {
                                const int iy = oy * s->stride + ky - s->pad,
                                          ix = ox * s->stride + kx - s->pad;
                                if (iy < 0 || iy >= s->h || ix < 0 || ix >= s->w) continue;
                                const size_t xi =
                                    (((size_t)n * s->h + iy) * s->w + ix) * s->c + o / kg * cg + i;
                                const size_t yi = (((size_t)n * s->oh + oy) * s->ow + ox) * s->k + o;
                                const size_t wi = (((size_t)o * s->kernel + ky) * s->kernel + kx) * cg + i;
                                y[yi] += x[xi] * w[wi];
                                dx[xi] += e[yi] * w[wi];
                                dw[wi] += e[yi] * x[xi];
                            }
}

static struct quantized_row quantized_rows[] = {
    {0, 2, 2},   {0, 3, 8},  {0, 4, 8},   {0, 6, 6},   {0, 8, 8},   {0, 9, 8}, {0, 12, 12}, {0, 16, 16},
    {0, 8, 16},  {0, 17, 8}, {0, 8, 20},  {0, 24, 24}, {1, 3, 8},   {1, 8, 8}, {1, 12, 16}, {2, 4, 8},
    {2, 16, 16}, {3, 8, 8},  {3, 3, 6},   {4, 5, 8},   {4, 10, 10}, {5, 8, 8}, {5, 2, 4},   {6, 8, 8},
    {6, 14, 9},  {7, 8, 8},  {7, 16, 16}, {8, 7, 8},   {9, 8, 8},   {9, 4, 8}, {9, 16, 16},
};

ParameterizedTestParameters(layers, integer_products_equal_decoded_products)
{
    return cr_make_param_array(struct quantized_row, quantized_rows,
                               sizeof quantized_rows / sizeof *quantized_rows);
}
ParameterizedTest(struct quantized_row *q, layers, integer_products_equal_decoded_products)
{
    struct rig r;
    rig_make(&r, conv_of_row(&conv_rows[q->conv], true), 3,
             q->forward > q->backward ? q->forward : q->backward, "auto");
    const struct conv_shape *s = layer_facts_of(r.layer).conv;
    const size_t nx = rig_size(&r, &r.in[0]), ny = rig_size(&r, &r.dout), nw = r.layer->params[0].size;
    double *w = calloc(nw, sizeof *w), *e = calloc(ny, sizeof *e),
           *x = oracle_operands(w, e, &r, q->forward, q->backward);
    double *y = calloc(ny, sizeof *y), *dx = calloc(nx, sizeof *dx), *dw = calloc(nw, sizeof *dw);
    const bool wide = q->forward > AFFINE_CODE_BITS || q->backward > AFFINE_CODE_BITS;

    oracle_products(y, dx, dw, x, w, e, s, 3);
    rig_forward(&r, true, q->forward, q->backward);
    rig_backward(&r);
    cr_expect_lt(relative_error(r.out.data, y, ny), q->forward > AFFINE_CODE_BITS ? 2e-6 : 3e-7, "forward %g",
                 relative_error(r.out.data, y, ny));
    cr_expect_lt(relative_error(r.din[0].data, dx, nx), 2e-6, "data %g",
                 relative_error(r.din[0].data, dx, nx));
    cr_expect_lt(relative_error(r.layer->params[0].grad, dw, nw), wide ? 2e-6 : 3e-7, "weights %g",
                 relative_error(r.layer->params[0].grad, dw, nw));
    free(w), free(e), free(x), free(y), free(dx), free(dw);
    rig_close(&r);
}

/* The published example: 1x1, three channels to one, three pixels, 2 bits; every value exact in binary. */
Test(layers, layer_example_of_the_reference)
{
    struct rig r;
    const float x[] = {0, 0.4f, 2.6f, 3, 1, 2, 1.5f, 2.5f, 0}, w[] = {-1, 0.6f, 2}, e[] = {-1, 0.6f, 2};
    const float y[] = {6, 2, 0}, dx[] = {1, -1, -2, -1, 1, 2, -2, 2, 4}, dw[] = {7, 5, -1};

    for (int division = 0; division < 2; division++) {
        rig_make(&r, layer_conv_new("example", (struct shape){1, 3, 3}, 1, 1, 1, 0, 1, true), 1, 2, "auto");
        r.recipe.division = division;
        memcpy(r.in[0].data, x, sizeof x);
        memcpy(r.layer->params[0].value, w, sizeof w);
        memcpy(r.dout.data, e, sizeof e);
        rig_forward(&r, true, 2, 2);
        rig_backward(&r);
        cr_expect_arr_eq(r.out.data, y, sizeof y);
        cr_expect_arr_eq(r.din[0].data, dx, sizeof dx);
        cr_expect_arr_eq(r.layer->params[0].grad, dw, sizeof dw);
        rig_close(&r);
    }
}

Test(layers, layers_give_the_same_bits_for_any_number_of_threads)
{
    uint32_t first = 0;
    for (int threads = 1; threads <= 5; threads++) {
        struct rig r;
        omp_set_num_threads(threads);
        rig_make(&r, conv_of_row(&conv_rows[9], true), 7, 8, "auto");
        r.recipe.stochastic_error = true;
        rig_forward(&r, true, 8, 8);
        rig_backward(&r);
        uint32_t sum = 0;
        for (size_t i = 0; i < r.layer->params[0].size; i++) {
            uint32_t bits;
            memcpy(&bits, &r.layer->params[0].grad[i], sizeof bits);
            sum = sum * 31 + bits;
        }
        for (size_t i = 0; i < rig_size(&r, &r.din[0]); i++) {
            uint32_t bits;
            memcpy(&bits, &r.din[0].data[i], sizeof bits);
            sum = sum * 31 + bits;
        }
        if (threads == 1) first = sum;
        cr_expect_eq(sum, first, "%d threads", threads);
        rig_close(&r);
    }
}

Test(layers, stochastic_errors_are_unbiased_in_the_weight_gradient)
{
    struct rig r;
    double mean[25] = {0}, nearest[25];
    rig_make(&r, layer_conv_new("1x1", (struct shape){4, 4, 5}, 5, 1, 1, 0, 1, true), 2, 8, "auto");
    const size_t n = rig_size(&r, &r.dout);
    float *error = malloc(n * sizeof *error);

    memcpy(error, r.dout.data, n * sizeof *error);
    rig_forward(&r, true, 8, 16);
    rig_backward(&r);
    for (int i = 0; i < 25; i++)
        nearest[i] = (double)r.layer->params[0].grad[i];
    r.recipe.stochastic_error = true;
    for (uint32_t step = 0; step < 4000; step++) {
        memcpy(r.dout.data, error, n * sizeof *error);
        r.pass.step = step;
        rig_forward(&r, true, 8, 3);
        rig_backward(&r);
        for (int i = 0; i < 25; i++)
            mean[i] += (double)r.layer->params[0].grad[i] / 4000;
    }
    /* A step is range/7, about 0.7; 32 of them with |x| near 1 give a deviation near 1.7, of the mean
     * 0.03. */
    for (int i = 0; i < 25; i++)
        cr_expect_float_eq(mean[i], nearest[i], 0.2, "%g is not %g", mean[i], nearest[i]);
    free(error);
    rig_close(&r);
}
