/* tests/quant/test_special.c - NaN, infinities, signed zeros, blocks of equal values: the table of quant/README.md, by
 * arrays of both carriers, kernels and reference. */
#include "quant/quantizer.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <string.h>

enum { N = 4 };

#define INF INFINITY

struct special {
    char format[32];
    double x[N], y[N];
};

ParameterizedTestParameters(special, every_family_has_its_rule)
{
    static struct special rows[] = {
        /* NaN is 0 where there is none, or stays if asked for; an infinity overflows */
        {"fx:s8.4", {NAN, INF, -INF, -0.0}, {0, 7.9375, -8, 0}},
        {"fx:s8.4:rnd:sat_sym", {NAN, INF, -INF, 1}, {0, 7.9375, -7.9375, 1}},
        {"fx:s8.4:rnd:sat_zero", {NAN, INF, -INF, 1}, {0, 0, 0, 1}},
        {"fx:s8.4:rnd:wrap", {NAN, INF, -INF, 1}, {0, 0, 0, 1}},
        {"fx:s8.4:rnd:sat:nan", {NAN, INF, -INF, 1}, {NAN, 7.9375, -8, 1}},
        {"fx:u8.4", {NAN, INF, -INF, -0.0}, {0, 15.9375, 0, 0}},
        {"int:s8:0.5:3", {NAN, INF, -INF, -0.0}, {0, 62, -65.5, 0}},
        {"int:u8:1:5", {NAN, INF, -INF, 1}, {0, 250, -5, 1}},
        /* floats: as the flavour has codes for it */
        {"fp:e5m2", {NAN, INF, -INF, -0.0}, {NAN, 57344, -57344, -0.0}},
        {"fp:e5m2:rne:inf", {NAN, INF, -INF, -0.0}, {NAN, INF, -INF, -0.0}},
        {"fp:e4m3fn", {NAN, INF, -INF, -0.0}, {NAN, 448, -448, -0.0}},
        {"fp:e4m3fn:rne:inf", {NAN, INF, -INF, 1}, {NAN, NAN, NAN, 1}},
        {"fp:e4m3fnuz", {NAN, INF, -INF, -0.0}, {NAN, 240, -240, 0}},
        {"fp:e2m1", {NAN, INF, -INF, -0.0}, {0, 6, -6, -0.0}},
        {"fp:e8m0", {NAN, INF, -INF, 1}, {NAN, 0x1p127, NAN, 1}},
        /* blocks whose scale has a NaN: all of the block */
        {"mx:e2m1:4", {1, 2, 3, NAN}, {NAN, NAN, NAN, NAN}},
        {"mx:e2m1:4", {1, 2, 3, INF}, {NAN, NAN, NAN, NAN}},
        {"mx:e4m3fn:2", {1, NAN, 2, 3}, {NAN, NAN, 2, 3}},
        {"nvfp4:4", {1, 2, 3, NAN}, {NAN, NAN, NAN, NAN}},
        {"nvfp4:4", {1, 2, 3, INF}, {NAN, NAN, NAN, NAN}},
        {"nvfp4:1", {INF, NAN, -INF, 0}, {NAN, NAN, NAN, 0}},
        {"nvfp4:2", {1, NAN, 0, -0.0}, {NAN, NAN, 0, -0.0}},
        {"affine:8", {1, 2, 3, NAN}, {NAN, NAN, NAN, NAN}},
        {"affine:8", {1, 2, 3, INF}, {NAN, NAN, NAN, NAN}},
        /* blocks that ignore them: NaN is 0, an infinity the largest beside the finite ones */
        {"mx:e2m1:4:floor:rne:ignore", {1, 2, 3, NAN}, {1, 2, 3, 0}},
        {"mx:e2m1:4:floor:rne:ignore", {1, 2, -INF, INF}, {1, 2, -3, 3}},
        {"bfp:8:4", {1, 2, 3, NAN}, {1, 2, 3, 0}},
        {"bfp:8:4", {1, 2, -INF, INF}, {1, 2, -3.96875, 3.96875}},
        /* others without a NaN; posits have one for all that is not real */
        {"pot:s:-3:3", {NAN, INF, -INF, -0.0}, {0, 8, -8, 0}},
        {"pot:u:-3:3", {NAN, INF, -INF, -0.0}, {0, 8, 0, 0}},
        {"table:nf4", {NAN, INF, -INF, -0.0}, {0, 1, -1, 0}},
        {"table:binary", {INF, -INF, 1, -1}, {1, -1, 1, -1}},
        {"posit:8.1", {NAN, INF, -INF, -0.0}, {NAN, NAN, NAN, 0}},
        /* all zero, all equal */
        {"mx:e2m1:4", {0, 0, -0.0, 0}, {0, 0, -0.0, 0}},
        {"mx:e2m1:4", {5, 5, 5, 5}, {4, 4, 4, 4}},
        {"nvfp4:4", {0, 0, -0.0, 0}, {0, 0, -0.0, 0}},
        {"nvfp4:4", {2688, 2688, 2688, -2688}, {2688, 2688, 2688, -2688}},
        {"bfp:8:4", {0, 0, -0.0, 0}, {0, 0, 0, 0}},
        {"bfp:8:4", {5, 5, -5, 5}, {5, 5, -5, 5}},
        {"affine:8", {0, 0, -0.0, 0}, {0, 0, 0, 0}},
        {"affine:8", {5, 5, 5, 5}, {5, 5, 5, 5}},
        {"fx:s8.4", {0, -0.0, 0, 0}, {0, 0, 0, 0}},
    };
    return cr_make_param_array(struct special, rows, sizeof rows / sizeof rows[0]);
}

static void expect_same(double got, double want, const struct special *s, int i, const char *how)
{
    const bool same = isnan(want) ? isnan(got) : memcmp(&got, &want, sizeof want) == 0;

    cr_expect(same, "%s, %s: %g became %g, not %g", s->format, how, s->x[i], got, want);
}

ParameterizedTest(struct special *s, special, every_family_has_its_rule)
{
    const struct draw draw = {.first = 0};
    struct format f;

    cr_assert_eq(format_parse(&f, s->format), STATUS_OK, "%s", status_detail());
    for (int kernels = KERNELS_BEST; kernels <= KERNELS_REF; kernels++) {
        struct quantizer q32, q64;
        float x32[N], y32[N];
        double y64[N];
        cr_assert_eq(quantizer_make_with(&q32, &f, CARRIER_FLOAT32, (enum quantizer_kernels)kernels),
                     STATUS_OK);
        cr_assert_eq(quantizer_make_with(&q64, &f, CARRIER_FLOAT64, (enum quantizer_kernels)kernels),
                     STATUS_OK);
        for (int i = 0; i < N; i++)
            x32[i] = (float)s->x[i];
        quantizer_apply_f32(&q32, y32, x32, N, draw, NULL);
        quantizer_apply_f64(&q64, y64, s->x, N, draw, NULL);
        for (int i = 0; i < N; i++) {
            expect_same((double)y32[i], s->y[i], s, i, kernels == KERNELS_REF ? "float32, ref" : "float32");
            expect_same(y64[i], s->y[i], s, i, kernels == KERNELS_REF ? "float64, ref" : "float64");
        }
    }
}

/* A special value in an array's first block leaves the others as they are. */
Test(special, the_blocks_beside_it_are_as_without_it)
{
    static const char *const formats[] = {"mx:e4m3fn:32", "nvfp4:16", "bfp:8:16"};
    static float x[256], with[256], without[256];
    const struct draw draw = {.first = 0};

    for (size_t k = 0; k < sizeof formats / sizeof formats[0]; k++) {
        struct format f;
        struct quantizer q;
        cr_assert_eq(format_parse(&f, formats[k]), STATUS_OK);
        cr_assert_eq(quantizer_make(&q, &f, CARRIER_FLOAT32), STATUS_OK);
        for (int i = 0; i < 256; i++)
            x[i] = (float)((i * 37 % 101) - 50) / 7.0f;
        x[3] = 0.0f;
        quantizer_apply_f32(&q, without, x, 256, draw, NULL);
        x[3] = NAN;
        quantizer_apply_f32(&q, with, x, 256, draw, NULL);
        cr_expect(memcmp(with + 32, without + 32, 224 * sizeof *with) == 0, "%s", formats[k]);
    }
}
