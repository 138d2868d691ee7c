/* tests/sim/test_role.c - a role's quantizer is the format's quantizer; a fast accumulator is the
 * accumulator. */
#include "quant/quantizer.h"
#include "sim/kernels/accumulate.h"
#include "tests/fixtures/devices.h"
#include "sim/roles/role.h"
#include "sim/roles/role_accumulator.h"
#include "sim/base/scalar.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 3001, ROW_MOST = 40 };

static float *made(size_t n, double scale)
{
    float *x = malloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(scale * scalar_normal((struct random_name){77, 1, 2}, i));
    return x;
}

static struct role_setting setting(enum role role, const char *text)
{
    struct role_setting s;
    cr_assert_eq(role_parse(&s, role, text), STATUS_OK, "%s", status_detail());
    return s;
}

/* A format at 8 bits, on rows of a length. */
struct example {
    char text[40];
    int row;
};

ParameterizedTestParameters(role, applies_the_format_and_nothing_else)
{
    static struct example rows[] = {
        {"fx:s8.2:rnd_conv:sat", 16},
        {"fx:s{bits}.2:sr8:wrap", 16},
        {"fp:e4m3fn:rne:sat", 3},
        {"fp:e5m2:sr8:sat", 37},
        {"fp:e4m{bits-5}fn:sr4:sat", 1},
        {"mx:e2m1:32:floor", 32},
        {"mx:e2m1:32:floor", 40},
        {"mx:e4m3fn:32:ceil:sr8", 16},
        {"mx:e2m1:all", 16},
        {"bfp:8:16", 24},
        {"bfp:{bits}:all", 16},
        {"nvfp4", 16},
        {"nvfp4:16:sr8", 20},
        {"affine:{bits}", 16},
        {"affine:5:rcp:sr16", 16},
        {"int:s{bits}:0.02", 16},
        {"pot:s:-6:1", 16},
        {"table:nf4", 16},
        {"posit:{bits}.1", 16},
    };
    return cr_make_param_array(struct example, rows, sizeof rows / sizeof rows[0]);
}

/* By hand: blocks in rows that begin anew, everything else over the whole tensor at once. */
static void by_hand(float *y, const float *x, const struct example *e, struct random_name name)
{
    char text[ROLE_TEXT];
    struct format f;
    struct quantizer p;
    const size_t row = (size_t)e->row;

    cr_assert_eq(role_expand(text, e->text, 8), STATUS_OK);
    cr_assert_eq(format_parse(&f, text), STATUS_OK, "%s", status_detail());
    cr_assert_eq(quantizer_make(&p, &f, CARRIER_FLOAT32), STATUS_OK);
    const size_t block = block_length(&p.format);
    quantizer_measure_f32(&p, x, ROWS * row);
    if (block == 1 || block == SIZE_MAX) {
        quantizer_apply_f32(&p, y, x, ROWS * row, (struct draw){name, 0}, NULL);
        return;
    }
    for (size_t r = 0; r < ROWS; r++) {
        const struct draw draw = {name, r * ((row + block - 1) / block * block)};
        quantizer_apply_f32(&p, y + r * row, x + r * row, row, draw, NULL);
    }
}

ParameterizedTest(struct example *e, role, applies_the_format_and_nothing_else)
{
    const size_t row = (size_t)e->row, n = ROWS * row;
    const struct random_name name = {5, random_stream(RANDOM_ACTIVATION, 3), 11};
    const struct role_setting s = setting(ROLE_ACTIVATION, e->text);
    float *x = made(n, 0.7), *want = malloc(n * sizeof *want), *got = malloc(n * sizeof *got);

    by_hand(want, x, e, name);
    for (int threads = 1; threads <= 3; threads++) {
        const struct role_moment now = {8, 2, 5, 11};
        const struct role_tensor t = {.rows = ROWS, .row = row, .id = 3};
        role_apply(got, x, &t, &s, ROLE_ACTIVATION, &now, "auto", threads);
        cr_assert(memcmp(got, want, n * sizeof *got) == 0, "%s on %d threads", e->text, threads);
    }
    cr_assert(memcmp(x, want, n * sizeof *x) != 0, "%s changes nothing", e->text);
    free(x);
    free(want);
    free(got);
}

Test(role, infinities_are_measured_like_the_format_does)
{
    float x[64], got[64], want[64];
    struct example e = {"nvfp4", 64};
    struct format f;
    struct quantizer p;

    for (int i = 0; i < 64; i++)
        x[i] = i == 7 ? INFINITY : 0.1f * (float)i;
    cr_assert_eq(format_parse(&f, e.text), STATUS_OK);
    cr_assert_eq(quantizer_make(&p, &f, CARRIER_FLOAT32), STATUS_OK);
    quantizer_apply_f32(&p, want, x, 64, (struct draw){.first = 0}, NULL);
    const struct role_setting s = setting(ROLE_WEIGHT, e.text);
    const struct role_tensor t = {.rows = 1, .row = 64};
    role_apply(got, x, &t, &s, ROLE_WEIGHT, &(struct role_moment){.forward_bits = 8}, "auto", 2);
    cr_assert(memcmp(got, want, sizeof got) == 0);
}

Test(role, overflows_of_elementwise_formats_are_counted)
{
    float x[5] = {1, 100, -100, 0.5f, 3}, y[5];
    const struct role_setting s = setting(ROLE_WEIGHT, "fx:s8.4:rnd_conv:sat");
    const struct role_tensor t = {.rows = 1, .row = 5};

    cr_assert(eq(u64, role_apply(y, x, &t, &s, ROLE_WEIGHT, &(struct role_moment){0}, "auto", 1), 2));
}

Test(role, each_role_step_tensor_and_seed_has_random_bits_of_its_own)
{
    enum { N = 256 };
    float *x = made(N, 1.0), y[5][N];
    const struct role_setting s = setting(ROLE_MASTER, "fx:s6.3:sr16:sat");
    const struct role_tensor one = {.rows = 1, .row = N, .id = 1}, two = {.rows = 1, .row = N, .id = 2};

    role_apply(y[0], x, &one, &s, ROLE_MASTER, &(struct role_moment){.seed = 1}, "auto", 1);
    role_apply(y[1], x, &one, &s, ROLE_MOMENTUM, &(struct role_moment){.seed = 1}, "auto", 1);
    role_apply(y[2], x, &one, &s, ROLE_MASTER, &(struct role_moment){.seed = 1, .step = 1}, "auto", 1);
    role_apply(y[3], x, &two, &s, ROLE_MASTER, &(struct role_moment){.seed = 1}, "auto", 1);
    role_apply(y[4], x, &one, &s, ROLE_MASTER, &(struct role_moment){.seed = 2}, "auto", 1);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < i; j++)
            cr_assert(memcmp(y[i], y[j], sizeof y[i]) != 0, "%d and %d", i, j);
    free(x);
}

/* --- settings --- */

struct refusal {
    char role[12], text[40], sentence[80];
};

ParameterizedTestParameters(role, refuses_with_the_reason)
{
    static struct refusal rows[] = {
        {"weight", "fp:e4m3fm", "the nearest is 'fn'"},
        {"weight", "fx:s30.2", "a float32 array holds words of at most 24 bits"},
        {"weight", "fx:s{bit}.2", "has a brace that is none of {bits}, {bits+N} and {bits-N}"},
        {"weight", "fx:s{bits.2", "has a brace that is none of"},
        {"weight", "fx:s{bits+}.2", "has a brace that is none of"},
        {"weight", "fx:s{bits-123}.2", "has a brace that is none of"},
        {"weight", "recipes", "recipe and float32 are possible, too"},
        {"master", "fx:s{bits}.2", "no schedule drives this role's width"},
        {"accumulator", "mx:e2m1", "is not an elementwise format"},
        {"accumulator", "fp:fp16/x/fp:fp32", "has no chunk; want FORMAT/CHUNK/FORMAT"},
        {"accumulator", "fp:fp16/0/fp:fp32", "has no chunk; want FORMAT/CHUNK/FORMAT"},
        {"accumulator", "fp:fp16/8", "has no chunk; want FORMAT/CHUNK/FORMAT"},
    };
    return cr_make_param_array(struct refusal, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct refusal *r, role, refuses_with_the_reason)
{
    int count;
    const struct role_row *rows = role_all(&count);
    struct role_setting s;

    for (int i = 0; i < count; i++)
        if (strcmp(rows[i].name, r->role) == 0)
            cr_assert(eq(int, role_parse(&s, (enum role)i, r->text), STATUS_INPUT), "%s", r->text);
    cr_assert(strstr(status_detail(), r->sentence) != NULL, "%s", status_detail());
}

Test(role, a_driven_width_is_checked_wherever_the_schedule_goes)
{
    const struct role_setting s = setting(ROLE_WEIGHT, "posit:{bits+4}.1");

    cr_assert(eq(int, role_check(&s, ROLE_WEIGHT, 3, 12), STATUS_OK));
    cr_assert(eq(int, role_check(&s, ROLE_WEIGHT, 3, 13), STATUS_INPUT));
    cr_assert(strstr(status_detail(), "'posit:{bits+4}.1' at 13 bits") != NULL, "%s", status_detail());
    cr_assert(strstr(status_detail(), "the nearest valid one is 'posit:16.1'") != NULL, "%s",
              status_detail());
}

Test(role, a_setting_is_written_with_all_its_defaults)
{
    const struct role_setting a = setting(ROLE_WEIGHT, "fp:e4m3fn"), b = setting(ROLE_WEIGHT, "float32");
    const struct role_setting c = setting(ROLE_ACCUMULATOR, "exact/16/fp:fp16:sr");
    const struct role_setting again = setting(ROLE_ACCUMULATOR, role_print(&c));

    cr_assert(eq(str, (char *)role_print(&a), "fp:e4m3fn:rne:sat"));
    cr_assert(eq(str, (char *)role_print(&b), "float32"));
    cr_assert(eq(str, (char *)role_print(&c), "exact/16/fp:fp16:sr16:sat"));
    cr_assert(eq(str, (char *)role_print(&again), (char *)role_print(&c)));
}

/* --- accumulators --- */

/* An accumulator; bits of the operands' significands: more make sums that binary64 does not hold. */
struct sum_row {
    char text[40];
    int significand;
};

ParameterizedTestParameters(role, fast_sums_are_the_accumulators)
{
    static struct sum_row rows[] = {
        {"fp:fp16:rne:inf", 24},
        {"fp:fp16:rne:inf", 4},
        {"fp:bf16:rz:sat", 24},
        {"fp:e4m3fn:rne:sat", 24},
        {"fp:fp32:rne:inf", 24},
        {"fx:s16.4:rnd_conv:sat", 24},
        {"fx:s12.2:trn:wrap", 24},
        {"fx:s12.2:trn:wrap", 4},
        {"exact", 24},
        {"exact/5/fp:fp16:rne:inf", 4},
        {"exact/5/fp:fp16:rd:inf", 24},
        {"fp:fp16:odd:inf/7/fp:fp32", 24},
        {"fx:s8.2:jam:sat", 24},
        {"posit:16.1", 24},
        {"fp:fp16:sr8:inf", 24},
        {"pot:s:-9:4", 24},
        {"fp:fp32:rne/3/exact", 24},
    };
    return cr_make_param_array(struct sum_row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct sum_row *r, role, fast_sums_are_the_accumulators)
{
    enum { M = 9, N = 7, K = 33 };
    double a[M * K], b[K * N], want[M * N], got[M * N], row[2 * N];
    struct accumulator s;
    float *x = made(M * K + K * N, 1.0);

    for (int i = 0; i < M * K + K * N; i++) {
        const int exponent = (int)(x[i] * 7);
        const float cut =
            ldexpf(rintf(ldexpf(frexpf(x[i], &(int){0}), r->significand)), exponent - r->significand);
        *(i < M * K ? &a[i] : &b[i - M * K]) = i % 11 == 0 ? 0.0 : (double)cut;
    }
    cr_assert_eq(role_accumulator_parse(&s, r->text), STATUS_OK, "%s", status_detail());
    accumulator_gemm(want, a, b, M, N, K, &s, NULL);
    accumulate_gemm(got, a, b, M, N, K, &s, row);
    for (int i = 0; i < M * N; i++)
        cr_assert(memcmp(&got[i], &want[i], sizeof got[i]) == 0, "%s: %a, not %a", r->text, got[i], want[i]);
    free(x);
}

Test(role, an_operand_that_is_not_finite_shows_in_every_sum)
{
    const double a[2] = {1, INFINITY}, b[2] = {1, 0};
    double c[1], row[2];
    struct accumulator s;

    cr_assert_eq(role_accumulator_parse(&s, "fx:s8.4:trn:sat"), STATUS_OK);
    accumulate_gemm(c, a, b, 1, 1, 2, &s, row);
    cr_assert(isnan(c[0]));
}
