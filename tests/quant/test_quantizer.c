/* tests/quant/test_quantizer.c - arrays: any split, any thread count, any state of the processor gives
 * the same bits; codes go out and come back; statistics are those of the definition. */
#include "quant/quantizer.h"
#include "tests/fixtures/hard_values.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fenv.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <xmmintrin.h>

enum { N = 4096 + 96 };

static float x32[N], y32[N], z32[N];
static double x64[N], y64[N], z64[N];

/* One of each family and kernel. */
static const char *const formats[] = {
    "fx:s8.4:rnd_conv:sat",
    "fx:s8.4:sr8:wrap",
    "fx:u12.3:sr32:sat_zero",
    "fx:m9.4:rnd:sat",
    "fx:s8.20:trn:sat",
    "fp:e4m3fn:rne:sat",
    "fp:e5m2:sr16:inf",
    "fp:bf16:sr8:inf",
    "fp:fp16:ru:inf",
    "fp:e2m1:sr24:sat",
    "fp:e8m0:rne:sat",
    "fp:e5m2:sr_mid7:sat:ftz",
    "bfp:8:32:carry:rne",
    "mx:e2m1:32:floor",
    "mx:e4m3fn:16:midmax:sr4",
    "nvfp4:16",
    "affine:8",
    "affine:4:rcp:sr",
    "int:s8:0.037:3",
    "int:u4:0.1:0:sr8",
    "pot:s:-8:3",
    "pot:s:-8:3:log:min",
    "table:nf4",
    "table:apot5:zero",
    "posit:16.1",
    "posit:8.2",
    "bfp:6:all:floor:sr16",
    "mx:e3m2:all:ceil",
};

enum { FORMATS = sizeof formats / sizeof formats[0] };

static void fill(void)
{
    uint64_t state = 99;
    for (int i = 0; i < N; i++) {
        do
            x32[i] = hard_float(&state);
        while (!(fabsf(x32[i]) < 1e30f)); /* ranges and blocks stay finite */
        x64[i] = (double)x32[i];
    }
}

static struct quantizer plan_of(const char *text, enum carrier carrier)
{
    struct format f;
    struct quantizer p;
    cr_assert(eq(int, format_parse(&f, text), STATUS_OK), "%s", status_detail());
    cr_assert(eq(int, quantizer_make(&p, &f, carrier), STATUS_OK), "%s", status_detail());
    return p;
}

static const struct draw draw = {{.seed = 11, .stream = 22, .step = 33}, 64 * 1000};

Test(plan, any_split_gives_the_same_bits, .init = fill)
{
    for (int f = 0; f < FORMATS; f++) {
        struct quantizer p = plan_of(formats[f], CARRIER_FLOAT32);
        const size_t block = block_length(&p.format), unit = block == SIZE_MAX ? 1 : block;
        quantizer_apply_f32(&p, y32, x32, N, draw, NULL);
        quantizer_measure_f32(&p, x32, N);
        for (size_t parts = 1; parts <= 7; parts += parts < 3 ? 1 : 2) {
            const size_t size = N / parts / unit * unit + (unit == 1 ? 3 : 0);
            for (size_t at = 0; at < N; at += size) {
                const struct draw here = {draw.name, draw.first + at};
                quantizer_apply_f32(&p, z32 + at, x32 + at, N - at < size ? N - at : size, here, NULL);
            }
            cr_expect(memcmp(y32, z32, sizeof y32) == 0, "%s in %zu parts", formats[f], parts);
        }
    }
}

Test(plan, threads_and_places_give_the_same_bits, .init = fill)
{
    for (int f = 0; f < FORMATS; f++) {
        struct quantizer p = plan_of(formats[f], CARRIER_FLOAT64);
        quantizer_apply_f64(&p, y64, x64, N, draw, NULL);
        quantizer_measure_f64(&p, x64, N);
        memcpy(z64, x64, sizeof z64);
#pragma omp parallel for num_threads(3)
        for (int at = 0; at < N; at += 32) {
            const struct draw here = {draw.name, draw.first + (uint64_t)at};
            quantizer_apply_f64(&p, z64 + at, z64 + at, 32, here, NULL); /* in place */
        }
        cr_expect(memcmp(y64, z64, sizeof y64) == 0, "%s", formats[f]);
    }
}

Test(plan, rounding_mode_and_flushing_of_the_processor_do_not_matter, .init = fill)
{
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    enum { FLUSH = 0x8040 }; /* FTZ and DAZ */

    for (int f = 0; f < FORMATS; f++) {
        const struct quantizer p = plan_of(formats[f], CARRIER_FLOAT32),
                               q = plan_of(formats[f], CARRIER_FLOAT64);
        quantizer_apply_f32(&p, y32, x32, N, draw, NULL);
        quantizer_apply_f64(&q, y64, x64, N, draw, NULL);
        for (int m = 0; m < 3; m++) {
            const unsigned before = _mm_getcsr();
            fesetround(modes[m]);
            _mm_setcsr(_mm_getcsr() | FLUSH);
            quantizer_apply_f32(&p, z32, x32, N, draw, NULL);
            quantizer_apply_f64(&q, z64, x64, N, draw, NULL);
            const bool kept = (_mm_getcsr() & FLUSH) == FLUSH && fegetround() == modes[m];
            _mm_setcsr(before);
            fesetround(FE_TONEAREST);
            cr_expect(kept, "%s leaves the caller's environment as it was", formats[f]);
            cr_expect(memcmp(y32, z32, sizeof y32) == 0, "%s under mode %d", formats[f], m);
            cr_expect(memcmp(y64, z64, sizeof y64) == 0, "%s in float64 under mode %d", formats[f], m);
        }
    }
}

Test(plan, codes_decode_to_what_quantizing_gives, .init = fill)
{
    static uint64_t code[N];
    static uint32_t scale[N];

    for (int f = 0; f < FORMATS; f++) {
        struct quantizer p = plan_of(formats[f], CARRIER_FLOAT32);
        quantizer_measure_f32(&p, x32, N);
        quantizer_apply_f32(&p, y32, x32, N, draw, NULL);
        quantizer_encode_f32(&p, code, block_length(&p.format) == 1 ? NULL : scale, x32, N, draw, NULL);
        quantizer_decode_f32(&p, z32, code, scale, N);
        cr_expect(memcmp(y32, z32, sizeof y32) == 0, "%s", formats[f]);
    }
}

Test(plan, counting_changes_no_bit_and_counts_what_the_reference_counts, .init = fill)
{
    for (int f = 0; f < FORMATS; f++) {
        struct format g;
        struct quantizer p = plan_of(formats[f], CARRIER_FLOAT32), r;
        struct tally got = {0}, want = {0};
        cr_assert(eq(int, format_parse(&g, formats[f]), STATUS_OK));
        cr_assert(eq(int, quantizer_make_with(&r, &g, CARRIER_FLOAT32, KERNELS_REF), STATUS_OK));
        quantizer_apply_f32(&p, y32, x32, N, draw, NULL);
        quantizer_apply_f32(&p, z32, x32, N, draw, &got);
        cr_expect(memcmp(y32, z32, sizeof y32) == 0, "%s", formats[f]);
        quantizer_apply_f32(&r, z32, x32, N, draw, &want);
        cr_expect(memcmp(&got, &want, sizeof got) == 0, "%s: %llu overflows, %llu by the reference",
                  formats[f], (unsigned long long)got.overflow, (unsigned long long)want.overflow);
    }
}

Test(plan, tally_says_what_happened)
{
    const float x[] = {1.0f, 0.01f, 100.0f, 0.3f, -8.0f, 0.0f};
    float y[6];
    struct tally t = {0};
    const struct quantizer p = plan_of("fx:s8.4:rnd_conv:sat", CARRIER_FLOAT32);

    quantizer_apply_f32(&p, y, x, 6, (struct draw){.first = 0}, &t);
    cr_expect(eq(u64, t.count, 6));
    cr_expect(eq(u64, t.overflow, 1));
    cr_expect(eq(u64, t.underflow, 1));
    cr_expect(eq(u64, t.inexact, 3));
    cr_expect(eq(dbl, t.max_error, 100.0 - 127.0 / 16));
    cr_expect(epsilon_eq(dbl, tally_sqnr_db(&t), 10 * log10(t.sum_squares / t.sum_squared_error), 1e-12));
    struct tally twice = t;
    tally_add(&twice, &t);
    cr_expect(eq(u64, twice.count, 12));
    cr_expect(eq(dbl, tally_mean_error(&twice), tally_mean_error(&t)));
}

Test(plan, refuses_formats_that_the_array_does_not_hold)
{
    static const char *const refused[][2] = {
        {"fx:s25.4", "at most 24 bits; the nearest valid one is 'fx:s24.4:rnd_conv:sat'"},
        {"fx:s8.-150", "nearest valid one is 'fx:s8.-141"},
        {"fx:s8.200", "nearest valid one is 'fx:s8.127"},
        {"fp:fp64", "nearest valid one is 'fp:fp32:rne:sat'"},
        {"fp:e9m3", "a float32 array holds 23 mantissa bits"},
        {"pot:s:-200:3", "smallest exponent -200 is not in -149..127"},
        {"posit:16.4", "nearest valid one is 'posit:16.3'"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct format f;
        struct quantizer p;
        cr_assert(eq(int, format_parse(&f, refused[i][0]), STATUS_OK));
        cr_expect(eq(int, quantizer_make(&p, &f, CARRIER_FLOAT32), STATUS_INPUT), "%s", refused[i][0]);
        cr_expect(strstr(status_detail(), refused[i][1]) != NULL, "%s", status_detail());
        cr_expect(eq(int, quantizer_make(&p, &f, CARRIER_FLOAT64), STATUS_OK), "%s", refused[i][0]);
    }
}

Test(plan, published_quantizer_over_the_array_gives_its_known_codes)
{
    const float x[] = {-0.7f, -0.2f, 0, 0.1f, 0.33f, 0.9f};
    static const uint64_t want[] = {0, 5, 7, 8, 10, 15};
    uint64_t code[6];
    struct quantizer p = plan_of("affine:4", CARRIER_FLOAT32);

    quantizer_measure_f32(&p, x, 6);
    quantizer_encode_f32(&p, code, NULL, x, 6, (struct draw){.first = 0}, NULL);
    for (int i = 0; i < 6; i++)
        cr_expect(eq(u64, code[i], want[i]));
    cr_expect(eq(flt, p.whole.affine.scale, 0x1.b4e81ap-4f));
}

Test(plan, published_quantizer_equals_the_training_engines, .init = fill)
{
    struct quantizer p = plan_of("affine:6:rcp:sr", CARRIER_FLOAT32);
    quantizer_apply_f32(&p, y32, x32, N, draw, NULL);
    const struct affine a = affine_of_range(affine_range_of(x32, N), 6, DIVISION_RCP, AFFINE_FLOOR);
    affine_quantize(z32, x32, N, &a, &draw.name, draw.first);
    cr_assert(memcmp(y32, z32, sizeof y32) == 0);
}

Test(plan, nan_follows_the_rule_of_its_family)
{
    static const struct {
        char format[32];
        int stays;
    } rows[] = {{"fx:s8.4", 0},
                {"fx:s8.4:rne:sat:nan", 1},
                {"fp:e4m3fn", 1},
                {"fp:e2m1", 0},
                {"fp:bf16:sr8", 1},
                {"mx:e2m1:1", 1},
                {"mx:e2m1:1:floor:rne:ignore", 0},
                {"posit:8.2", 1},
                {"pot:s:-3:3", 0},
                {"table:nf4", 0},
                {"int:s8:1:0", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct quantizer p = plan_of(rows[i].format, CARRIER_FLOAT32);
        float y = 1.0f;
        const float nan = NAN;
        struct tally t = {0};
        quantizer_apply_f32(&p, &y, &nan, 1, (struct draw){.first = 0}, &t);
        cr_expect(rows[i].stays ? isnan(y) : y == 0, "%s gives %a", rows[i].format, (double)y);
        cr_expect(eq(u64, t.nan, 1));
    }
}
