/* tests/quant/test_kernel.c - the SIMD kernels give the bits of the reference.
 * tests/bench/exhaustive_quant.c shows all inputs. */
#include "quant/quantizer.h"
#include "tests/fixtures/hard_values.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

enum { N = 6000 + 7 };

static float x32[N], y32[N], z32[N];
static double x64[N], y64[N], z64[N];

static void fill(void)
{
    uint64_t state = 20210503;
    for (int i = 0; i < N; i++) {
        x32[i] = hard_float(&state);
        x64[i] = hard_double(&state);
    }
}

static struct quantizer plan_of(const char *text, enum carrier carrier, enum quantizer_kernels kernels)
{
    struct format f;
    struct quantizer p;
    cr_assert(eq(int, format_parse(&f, text), STATUS_OK), "%s", status_detail());
    cr_assert(eq(int, quantizer_make_with(&p, &f, carrier, kernels), STATUS_OK), "%s", status_detail());
    return p;
}

/* Returns 1 if there was a kernel to compare. */
static int same_bits(const char *text, uint64_t first)
{
    const struct draw draw = {{.seed = 7, .stream = 3, .step = 1}, first};
    const struct quantizer p = plan_of(text, CARRIER_FLOAT32, KERNELS_BEST),
                           r = plan_of(text, CARRIER_FLOAT32, KERNELS_REF);
    const struct quantizer q = plan_of(text, CARRIER_FLOAT64, KERNELS_BEST),
                           s = plan_of(text, CARRIER_FLOAT64, KERNELS_REF);

    if (p.kernel != NULL) {
        quantizer_apply_f32(&p, y32, x32, N, draw, NULL);
        quantizer_apply_f32(&r, z32, x32, N, draw, NULL);
        for (int i = 0; i < N; i++)
            if (memcmp(&y32[i], &z32[i], sizeof y32[i]) != 0)
                cr_fatal("%s of %a: kernel %a, reference %a", text, (double)x32[i], (double)y32[i],
                         (double)z32[i]);
    }
    if (q.kernel != NULL) {
        quantizer_apply_f64(&q, y64, x64, N, draw, NULL);
        quantizer_apply_f64(&s, z64, x64, N, draw, NULL);
        for (int i = 0; i < N; i++)
            if (memcmp(&y64[i], &z64[i], sizeof y64[i]) != 0)
                cr_fatal("%s of %a: kernel %a, reference %a in float64", text, x64[i], y64[i], z64[i]);
    }
    return (p.kernel != NULL) + (q.kernel != NULL);
}

/* Formats without a kernel compare nothing; so does a CPU that has none, and its test has not passed. */
static void expect_compared(int compared, int least)
{
    if (!__builtin_cpu_supports("avx2")) cr_skip_test("this CPU lacks AVX2: the reference ran alone");
    cr_assert(ge(int, compared, least));
}

Test(kernel, fixed_point_equals_the_reference, .init = fill)
{
    static const char *const words[] = {"s8.4",  "s1.1",   "u8.4",   "s16.20", "u4.-7",
                                        "s24.1", "s12.40", "s3.-60", "u24.24"};
    static const char *const overflows[] = {"sat",   "sat_sym", "sat_zero",   "wrap",
                                            "wrap2", "wrap_sm", "numeric_std"};
    char text[64];
    int compared = 0;

    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
        for (int q = 0; q < ROUND_SR; q++)
            for (int o = 0; o < 4 + (w == 0) * 3; o++) {
                snprintf(text, sizeof text, "fx:%s:%s:%s", words[w], rounding_row((enum rounding)q)->name,
                         overflows[o]);
                compared += same_bits(text, 0);
            }
    expect_compared(compared, 700);
}

Test(kernel, small_floats_equal_the_reference, .init = fill)
{
    static const char *const names[] = {
        "e4m3fn", "e5m2",       "e4m3ieee",  "e4m3fnuz", "e5m2fnuz",  "e3m2",           "e2m3",
        "e2m1",   "bf16",       "fp16",      "tf32",     "fp24",      "e8m1",           "e8m22",
        "e7m3fn", "e1m6finite", "e4m3b40fn", "e6m1",     "e3m18ieee", "e5m10b-20finite"};
    char text[64];
    int compared = 0;

    for (size_t f = 0; f < sizeof names / sizeof names[0]; f++)
        for (int q = 0; q < ROUND_SR; q++)
            for (int inf = 0; inf < 2; inf++) {
                struct format ignored;
                snprintf(text, sizeof text, "fp:%s:%s:%s", names[f], rounding_row((enum rounding)q)->name,
                         inf ? "inf" : "sat");
                if (q == ROUND_JAM || q == ROUND_TRN_MAG || format_parse(&ignored, text) != STATUS_OK)
                    continue;
                compared += same_bits(text, 0);
            }
    expect_compared(compared, 600);
}

Test(kernel, stochastic_rounding_equals_the_reference, .init = fill)
{
    static const char *const heads[] = {
        "fx:s8.4:sr%d:sat",  "fx:u8.4:sr%d:sat_zero", "fx:s8.4:sr%d:wrap",    "fx:s16.40:sr%d:sat_sym",
        "fx:s24.1:sr%d:sat", "fp:e4m3fn:sr%d:sat",    "fp:e4m3fn:sr%d:inf",   "fp:e2m1:sr%d:sat",
        "fp:e5m2:sr%d:inf",  "fp:fp16:sr%d:inf",      "fp:bf16:sr%d:inf",     "fp:bf16:sr%d:sat",
        "fp:tf32:sr%d:sat",  "fp:e8m22:sr%d:inf",     "fp:e4m3fnuz:sr%d:inf", "fp:e7m14:sr%d:sat"};
    static const int bits[] = {1, 4, 8, 15, 16, 17, 23, 24, 25, 31, 32};
    char text[64];
    int compared = 0;

    for (size_t h = 0; h < sizeof heads / sizeof heads[0]; h++)
        for (size_t b = 0; b < sizeof bits / sizeof bits[0]; b++) {
            snprintf(text, sizeof text, heads[h], bits[b]);
            compared += same_bits(text, h % 3 == 0 ? 0 : (UINT64_C(1) << 38) + 29 * h);
        }
    expect_compared(compared, 160);
}

/* Blocks of like magnitudes, anywhere in the range of float32, some with specials. */
static void fill_blocks(void)
{
    uint64_t state = 5;
    fill();
    for (int i = 0; i < N; i++) {
        const int block = i / 32, exponent = block % 7 == 0   ? -140
                                             : block % 7 == 1 ? 125
                                                              : (block * 37) % 250 - 125;
        const float spread = ldexpf((float)(int)(hard_random(&state) % 4096) - 2048.0f, -11);
        if (block % 11 == 0)
            x32[i] = i % 2 ? 0.0f : -0.0f;
        else if (block % 13 != 0 || i % 5 != 0)
            x32[i] = ldexpf(spread, exponent + 1);
    }
}

Test(kernel, blocks_equal_the_reference, .init = fill_blocks)
{
    static const char *const heads[] = {"mx:e2m1:32:floor", "mx:e4m3fn:32:ceil",    "mx:e5m2:16:floor",
                                        "mx:e3m2:8:ceil",   "mx:e4m3fnuz:64:floor", "mx:e2m3:24:floor",
                                        "mx:e5m2:32:ceil",  "mx:e2m1:32:midmax",    "bfp:8:32:floor",
                                        "bfp:4:16:carry",   "bfp:12e5:8:floor",     "bfp:22:32:carry",
                                        "bfp:24:64:floor",  "bfp:2:32:carry"};
    static const char *const tails[] = {"rne", "rna", "rnd_zero", "rz", "ru"};
    char text[64];
    int compared = 0;

    for (size_t h = 0; h < sizeof heads / sizeof heads[0]; h++)
        for (size_t t = 0; t < sizeof tails / sizeof tails[0]; t++) {
            snprintf(text, sizeof text, "%s:%s%s", heads[h], tails[t],
                     heads[h][0] == 'b' && t % 2 ? ":sat" : "");
            compared += same_bits(text, 0);
        }
    expect_compared(compared, 50);
}
