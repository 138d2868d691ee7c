/* tests/sim/test_kernels_flip.c - backward-data in integers, on flipped filters, equals the sum it stands
 * for. */
#include "sim/kernels/flip.h"
#include "tests/fixtures/kernel_data.h"

struct flip_case {
    int h, w, c, k, kernel, pad, groups, e_bits, w_bits;
};

static const struct flip_case cases[] = {
    {8, 8, 16, 16, 3, 1, 1, 8, 4},   {7, 5, 32, 16, 3, 1, 1, 8, 8},  {6, 6, 16, 24, 1, 0, 1, 8, 3},
    {5, 6, 3, 17, 5, 2, 1, 6, 6},    {6, 6, 5, 7, 3, 0, 1, 4, 8},    {6, 5, 12, 8, 3, 1, 4, 8, 4},
    {7, 7, 20, 20, 3, 1, 20, 8, 8},  {4, 4, 64, 64, 3, 1, 1, 12, 8}, {5, 5, 6, 6, 4, 2, 1, 8, 7},
    {3, 3, 16, 130, 3, 2, 1, 16, 9}, {9, 4, 33, 16, 3, 1, 1, 2, 2},
};

/* dX of one row of the table, [h][w][c], with alpha 1 and nothing else in the epilogue; and X: beta 1. */
static float *run_flipped(const struct kernels *k, const struct conv_shape *s, struct codes e,
                          const int16_t *w, int w_bits, double alpha, double beta)
{
    const struct conv_shape f = flip_shape(s);
    const int length = f.kernel * f.kernel * (f.c / f.groups);
    const enum conv_path path = conv_path(e.bits, w_bits, length);
    const size_t n = (size_t)f.k;
    int16_t *const flipped = claim(n * (size_t)length * sizeof *flipped);
    double *const factors = claim(3 * n * sizeof *factors);
    float *const dx = claim((size_t)f.oh * f.ow * n * sizeof *dx);
    void *const packed = claim(k->conv_packed_bytes(&f)), *const scratch = claim(k->conv_scratch_bytes(&f));

    for (size_t i = 0; i < n; i++)
        factors[i] = alpha, factors[n + i] = beta, factors[2 * n + i] = 0;
    flip_weights(flipped, w, s, CONV_WHOLE);
    k->conv_int_pack(packed, flipped, &f, path, CONV_WHOLE);
    const struct conv_epilogue epilogue = {factors, factors + n, factors + 2 * n, 0};
    k->conv_int_forward(k, &(struct conv_forward_call){.y = dx,
                                                       .codes = e,
                                                       .packed = packed,
                                                       .shape = &f,
                                                       .rows = conv_rows_all(f.oh),
                                                       .scratch = scratch,
                                                       .path = path,
                                                       .w_bits = w_bits,
                                                       .epilogue = &epilogue});
    free(flipped), free(factors), free(packed), free(scratch);
    return dx;
}

/* The definition: what the forward product of filter o at (oy, ox) took from x[iy][ix][c], it gives back. */
static void add_back(int64_t *products, int64_t *codes, const struct conv_shape *s, int64_t e,
                     const int16_t *w, int oy, int ox, int o)
{
    const int cg = s->c / s->groups, first = o / (s->k / s->groups) * cg;

    for (int ky = 0; ky < s->kernel; ky++)
        for (int kx = 0; kx < s->kernel; kx++)
            for (int c = 0; c < cg; c++) {
                const int iy = oy + ky - s->pad, ix = ox + kx - s->pad;
                if (iy < 0 || iy >= s->h || ix < 0 || ix >= s->w) continue;
                const size_t at = ((size_t)iy * s->w + ix) * s->c + first + c;
                products[at] += e * w[(((size_t)o * s->kernel + ky) * s->kernel + kx) * cg + c];
                codes[at] += e;
            }
}

static void expect_exact_sums(const struct kernels *k, const struct flip_case *g)
{
    const struct conv_shape s = conv_shape_make(g->h, g->w, g->c, g->k, g->kernel, 1, g->pad, g->groups);
    const size_t in = (size_t)s.h * s.w * s.c, weights = (size_t)s.k * s.kernel * s.kernel * (s.c / s.groups);
    const struct codes e = codes_make((size_t)s.oh * s.ow * s.k, g->e_bits, FILL_RANDOM, 3);
    int16_t *const w = weights_make(weights, g->w_bits, FILL_RANDOM);
    int64_t *const products = claim(in * sizeof *products), *const codes = claim(in * sizeof *codes);

    cr_assert(flip_covers(&s));
    memset(products, 0, in * sizeof *products);
    memset(codes, 0, in * sizeof *codes);
    for (int oy = 0; oy < s.oh; oy++)
        for (int ox = 0; ox < s.ow; ox++)
            for (int o = 0; o < s.k; o++)
                add_back(products, codes, &s, code_of(e, ((size_t)oy * s.ow + ox) * s.k + o), w, oy, ox, o);
    float *const dx = run_flipped(k, &s, e, w, g->w_bits, 1, 0);
    float *const sums = run_flipped(k, &s, e, w, g->w_bits, 0, 1);
    for (size_t i = 0; i < in; i++)
        cr_assert(dx[i] == (float)products[i] && sums[i] == (float)codes[i],
                  "%s, case %d, element %zu: %g not %ld", k->name, (int)(g - cases), i, (double)dx[i],
                  (long)products[i]);
    free(dx), free(sums);
    free(w), free(products), free(codes), free((void *)e.data);
}

ROWS_TEST(kernels_flip, backward_data_of_stride_1_is_the_exact_sum_in_every_row)
{
    const struct kernels *const k = row_at(at);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_exact_sums(k, &cases[i]);
}

Test(kernels_flip, strides_and_wide_padding_are_not_covered)
{
    const struct conv_shape strided = conv_shape_make(8, 8, 4, 4, 3, 2, 1, 1),
                            wide = conv_shape_make(8, 8, 4, 4, 1, 1, 1, 1);

    cr_assert(!flip_covers(&strided) && !flip_covers(&wide));
}

/* Flipping twice is no change: W'' = W. */
Test(kernels_flip, flipping_twice_gives_the_filters_back)
{
    const struct conv_shape s = conv_shape_make(6, 6, 12, 8, 3, 1, 1, 4), f = flip_shape(&s);
    enum { WEIGHTS = 8 * 9 * 3 };
    int16_t once[WEIGHTS], twice[WEIGHTS];
    int16_t *const w = weights_make(WEIGHTS, 8, FILL_RANDOM);

    flip_weights(once, w, &s, CONV_WHOLE);
    flip_weights(twice, once, &f, CONV_WHOLE);
    cr_assert(memcmp(twice, w, sizeof twice) == 0 && memcmp(once, w, sizeof once) != 0);
    free(w);
}
