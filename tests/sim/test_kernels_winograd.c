/* tests/sim/test_kernels_winograd.c - backward-data by minimal filtering is the product that it stands for.
 *
 * That its rows agree bit for bit is in test_kernels.c, with every other product.
 */
#include "tests/fixtures/kernel_data.h"
#include "tests/fixtures/rigs.h"

struct filtered {
    int h, w, c, k, pad;
};

static const struct filtered cases[] = {
    {8, 8, 16, 16, 1}, {7, 7, 24, 20, 1}, {32, 32, 16, 16, 1}, {5, 9, 3, 5, 0},
    {6, 4, 17, 9, 2},  {3, 3, 1, 1, 0},   {1, 1, 40, 33, 1},   {16, 15, 64, 64, 1},
};

static struct conv_shape shape_of_case(const struct filtered *f)
{
    return conv_shape_make(f->h, f->w, f->c, f->k, 3, 1, f->pad, 1);
}

/* dx += the products in this row's way. */
static void run(float *dx, const struct kernels *k, const float *dy, const float *w,
                const struct conv_shape *s)
{
    void *const packed = claim(k->conv_packed_bytes(s)), *const scratch = claim(k->conv_scratch_bytes(s));

    k->conv_float_pack_data(packed, w, s, CONV_WHOLE);
    k->conv_float_data(k, &(struct conv_data_call){.dx = dx,
                                                   .add = true,
                                                   .dy = dy,
                                                   .packed = packed,
                                                   .shape = s,
                                                   .rows = conv_rows_all(s->h),
                                                   .scratch = scratch});
    free(packed), free(scratch);
}

/* want += the same in binary64, rounded (if not NULL) += in binary32 with fma, in the order of the direct
 * product. */
static void run_direct(double *want, float *rounded, const float *dy, const float *w,
                       const struct conv_shape *s)
{
    for (int p = 0; p < s->h * s->w; p++)
        for (int c = 0; c < s->c; c++) {
            double sum = 0;
            float sum32 = 0;
            for (int tap = 8; tap >= 0; tap--) {
                const int oy = p / s->w + s->pad - tap / 3, ox = p % s->w + s->pad - tap % 3;
                if (oy < 0 || oy >= s->oh || ox < 0 || ox >= s->ow) continue;
                for (int o = 0; o < s->k; o++) {
                    const float e = dy[((size_t)oy * s->ow + ox) * s->k + o];
                    const float v = w[((size_t)o * 9 + tap) * s->c + c];
                    sum += (double)e * v;
                    sum32 = fmaf(e, v, sum32);
                }
            }
            want[(size_t)p * s->c + c] += sum;
            if (rounded) rounded[(size_t)p * s->c + c] += sum32;
        }
}

/* Transformed weights are up to 27 quarters, transformed errors up to 28: 9 sums of 64 such products fit 24
 * bits, and nothing is rounded. */
static void expect_whole_numbers(const struct kernels *k, const struct filtered *f)
{
    const struct conv_shape s = shape_of_case(f);
    const size_t in = (size_t)s.h * s.w * s.c, out = (size_t)s.oh * s.ow * s.k,
                 weights = (size_t)9 * s.c * s.k;
    float *const dy = claim(out * sizeof *dy), *const w = claim(weights * sizeof *w);
    float *const dx = claim(in * sizeof *dx);
    double *const want = claim(in * sizeof *want);

    for (size_t i = 0; i < out; i++)
        dy[i] = (float)(i * 37 % 15) - 7;
    for (size_t i = 0; i < weights; i++)
        w[i] = (float)(i * 11 % 7) - 3;
    for (size_t i = 0; i < in; i++)
        want[i] = dx[i] = (float)(i % 5);
    run_direct(want, NULL, dy, w, &s);
    run(dx, k, dy, w, &s);
    for (size_t i = 0; i < in; i++)
        cr_assert_eq((double)dx[i], want[i], "%s, case %d: element %zu is %g, not %g", k->name,
                     (int)(f - cases), i, (double)dx[i], want[i]);
    free(dy), free(w), free(dx), free(want);
}

ROWS_TEST(kernels_winograd, whole_numbers_come_out_exactly_in_every_row)
{
    const struct kernels *const k = row_at(at);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_whole_numbers(k, &cases[i]);
}

/* A sum of k products at each of 16 points rounds less than one of 9 k products: measured 0.7 of its
 * error. */
Test(kernels_winograd, its_error_is_smaller_than_that_of_the_direct_order)
{
    const struct conv_shape s = conv_shape_make(16, 16, 32, 32, 3, 1, 1, 1);
    const size_t in = (size_t)s.h * s.w * s.c;
    float *const dy = reals_make((size_t)s.oh * s.ow * s.k, 1), *const w =
                                                                    reals_make((size_t)9 * s.c * s.k, 2);
    float *const dx = claim(in * sizeof *dx), *const direct = claim(in * sizeof *direct);
    double *const want = claim(in * sizeof *want);
    const struct kernels *k;

    cr_assert_eq(kernels_find(&k, "auto"), STATUS_OK);
    for (size_t i = 0; i < in; i++)
        dx[i] = direct[i] = 0, want[i] = 0;
    run(dx, k, dy, w, &s);
    run_direct(want, direct, dy, w, &s);
    cr_assert_lt(relative_error(dx, want, in), relative_error(direct, want, in));
    free(dy), free(w), free(dx), free(direct), free(want);
}

/* A run that diverges shows it. */
Test(kernels_winograd, an_infinite_error_does_not_vanish)
{
    const struct conv_shape s = conv_shape_make(4, 4, 8, 8, 3, 1, 1, 1);
    float dy[4 * 4 * 8] = {0}, w[9 * 8 * 8], dx[4 * 4 * 8] = {0};
    const struct kernels *k;

    cr_assert_eq(kernels_find(&k, "auto"), STATUS_OK);
    dy[(1 * 4 + 1) * 8 + 3] = INFINITY;
    for (int i = 0; i < 9 * 8 * 8; i++)
        w[i] = 1;
    run(dx, k, dy, w, &s);
    for (int c = 0; c < 8; c++)
        cr_assert(!isfinite(dx[(1 * 4 + 1) * 8 + c]));
}
