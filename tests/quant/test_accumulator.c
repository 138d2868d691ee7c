/* tests/quant/test_accumulator.c - sums in modelled accumulators against MPFR, the compiler's types and
 * definitions. */
#include "quant/accumulator.h"
#include "quant/element.h"
#include "quant/exact_sum.h"
#include "quant/gemm.h"
#include "tests/fixtures/hard_values.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <mpfr.h>
#include <stdio.h>

static struct stage stage_of(const char *text)
{
    struct stage s = {.rounds = true};
    cr_assert(eq(int, format_parse(&s.format, text), STATUS_OK), "%s", status_detail());
    return s;
}

static double uniform(uint64_t *state)
{
    return (double)(int64_t)hard_random(state) * 0x1p-63;
}

Test(accumulator, exact_sums_equal_mpfr)
{
    enum { K = 60 };
    uint64_t state = 12;
    mpfr_t sum, term;
    mpfr_init2(sum, 5000);
    mpfr_init2(term, 5000);
    for (int round = 0; round < 300; round++) {
        double a[K], b[K], c;
        mpfr_set_zero(sum, 1);
        for (int i = 0; i < K; i++) {
            a[i] = ldexp(uniform(&state), (int)(hard_random(&state) % 800) - 400);
            b[i] = ldexp(uniform(&state), (int)(hard_random(&state) % 800) - 400);
            if (i % 3 == 2) { /* cancel what came before, nearly */
                a[i] = -a[i - 1];
                b[i] = nextafter(b[i - 1], 0);
            }
            mpfr_set_d(term, a[i], MPFR_RNDN);
            mpfr_mul_d(term, term, b[i], MPFR_RNDN);
            mpfr_add(sum, sum, term, MPFR_RNDN);
        }
        accumulator_gemm(&c, a, b, 1, 1, K, &(struct accumulator){.chunk = 7}, NULL);
        cr_expect(eq(dbl, c, mpfr_get_d(sum, MPFR_RNDN)));
    }
    mpfr_clear(sum);
    mpfr_clear(term);
}

Test(accumulator, sums_of_two_are_rounded_once)
{
    /* 2^-11 + 2^-60 is above the tie between 1 and 1 + 2^-10 in binary16; by way of binary64 it would be the
     * tie */
    const double a[] = {1.0, 0x1p-11 + 0x1p-60}, b[] = {1.0, 1.0};
    struct accumulator s = {.chunk = 2, .inner = stage_of("fp:fp16:rne:inf")};
    double c;

    accumulator_gemm(&c, a, b, 1, 1, 2, &s, NULL);
    cr_expect(eq(dbl, c, 1.0 + 0x1p-10));
    const double d[] = {1.0, -0x1p-12 - 0x1p-60}; /* below the tie between 1 - 2^-11 and 1 */
    accumulator_gemm(&c, d, b, 1, 1, 2, &s, NULL);
    cr_expect(eq(dbl, c, 1.0 - 0x1p-11));
}

__extension__ typedef _Float16 half;

Test(accumulator, binary16_equals_the_compilers_half)
{
    enum { K = 40 };
    uint64_t state = 4;
    struct accumulator s = {
        .chunk = 8, .inner = stage_of("fp:fp16:rne:inf"), .outer = stage_of("fp:fp32:rne:inf")};
    struct accumulator_report report = {0};

    for (int round = 0; round < 200; round++) {
        double a[K], b[K], c;
        float outer = 0;
        half inner = 0;
        for (int i = 0; i < K; i++) {
            a[i] = (double)(int)(uniform(&state) * 64) / 8;
            b[i] = (double)(int)(uniform(&state) * 64) / 16;
            inner = (half)((double)inner + a[i] * b[i]); /* exact in binary64 */
            if (i % 8 != 7) continue;
            outer += (float)inner;
            inner = 0;
        }
        accumulator_gemm(&c, a, b, 1, 1, K, &s, &report);
        cr_expect(eq(dbl, c, (double)outer));
    }
    cr_expect(eq(u64, report.roundings, 200 * (K + K / 8)));
    cr_expect(lt(u64, 0, report.inexact));
}

/* Sums of products of a and b, k apart by n, in integers. */
static void fill_integers(int32_t *x, int n, int bits, uint64_t *state)
{
    for (int i = 0; i < n; i++)
        x[i] = (int32_t)((int64_t)hard_random(state) >> (64 - bits));
}

enum { M = 5, N = 6, K = 33 };

Test(accumulator, fixed_point_equals_the_integer_accumulators)
{
    uint64_t state = 8;
    int32_t a[M * K], b[K * N];
    double da[M * K], db[K * N], c[M * N];
    int64_t want[M * N];

    for (int bits = 8; bits <= 20; bits += 3)
        for (int way = 0; way < 2; way++) {
            char text[48];
            snprintf(text, sizeof text, "fx:s%d.%d:trn:%s", bits, bits, way ? "sat" : "wrap");
            const struct accumulator s = {
                .chunk = way ? 0 : 4, .inner = stage_of(text), .outer = stage_of(text)};
            fill_integers(a, M * K, 7, &state);
            fill_integers(b, K * N, 7, &state);
            for (int i = 0; i < M * K; i++)
                da[i] = a[i];
            for (int i = 0; i < K * N; i++)
                db[i] = b[i];
            accumulator_gemm(c, da, db, M, N, K, &s, NULL);
            gemm_integer(want, a, b, M, N, K, bits, way ? GEMM_SATURATE : GEMM_WRAP, NULL);
            for (int i = 0; i < M * N; i++)
                cr_expect(eq(dbl, c[i], (double)want[i]), "%s", text);
        }
}

Test(accumulator, compensated_and_pairwise_sums_lose_less)
{
    enum { LONG = 2000 };
    static double a[LONG], b[LONG];
    double plain, kahan, pairwise, exact;
    struct accumulator s = {.inner = stage_of("fp:bf16:rne:inf")};

    for (int i = 0; i < LONG; i++)
        a[i] = 1.0, b[i] = 0.01;
    accumulator_gemm(&plain, a, b, 1, 1, LONG, &s, NULL);
    s.order = SUM_KAHAN;
    accumulator_gemm(&kahan, a, b, 1, 1, LONG, &s, NULL);
    s.order = SUM_PAIRWISE;
    accumulator_gemm(&pairwise, a, b, 1, 1, LONG, &s, NULL);
    accumulator_gemm(&exact, a, b, 1, 1, LONG, &(struct accumulator){.chunk = 0}, NULL);
    cr_expect(epsilon_eq(dbl, exact, 20.0, 1e-12));
    cr_expect(lt(dbl, plain, 5.0), "bfloat16 stops growing");
    cr_expect(lt(dbl, fabs(kahan - exact), 0.2));
    cr_expect(lt(dbl, fabs(pairwise - exact), 0.2));
}

Test(accumulator, stochastic_sums_depend_on_names_alone)
{
    uint64_t state = 2;
    double a[M * K], b[K * N], c[M * N], row[N];
    struct accumulator s = {
        .chunk = 4, .inner = stage_of("fp:e4m3fn:sr8:sat"), .outer = stage_of("fp:bf16:sr16:inf")};
    s.inner.random = (struct random_name){1, 2, 3};
    s.outer.random = (struct random_name){1, 3, 3};

    for (int i = 0; i < M * K; i++)
        a[i] = uniform(&state);
    for (int i = 0; i < K * N; i++)
        b[i] = uniform(&state);
    accumulator_gemm(c, a, b, M, N, K, &s, NULL);
    accumulator_gemm(row, a, b, 1, N, K, &s, NULL); /* the first row alone has the same indices */
    for (int j = 0; j < N; j++)
        cr_expect(eq(dbl, c[j], row[j]));
}

Test(accumulator, refuses_what_is_no_element)
{
    cr_expect(
        eq(int, accumulator_check(&(struct accumulator){.inner = stage_of("mx:e2m1:32")}), STATUS_INPUT));
    cr_expect(eq(int, accumulator_check(&(struct accumulator){.outer = stage_of("fx:s64.4")}), STATUS_INPUT));
    cr_expect(eq(int, accumulator_check(&(struct accumulator){.order = SUM_KAHAN}), STATUS_INPUT));
    cr_expect(eq(int, accumulator_check(&(struct accumulator){.inner = stage_of("fp:fp16")}), STATUS_OK));
}

__extension__ typedef __int128 wide;

Test(gemm, wrapping_is_the_exact_sum_modulo_the_width_for_any_blocking)
{
    uint64_t state = 77;
    int32_t a[M * K], b[K * N];
    int64_t c[M * N], first[M * N], second[M * N];

    for (int bits = 2; bits <= 64; bits += 1) {
        fill_integers(a, M * K, 31, &state);
        fill_integers(b, K * N, 31, &state);
        gemm_integer(c, a, b, M, N, K, bits, GEMM_WRAP, NULL);
        gemm_integer(first, a, b, M, N, K, bits, GEMM_WRAP, &(struct gemm_report){0});
        for (int i = 0; i < M; i++)
            for (int j = 0; j < N; j++) {
                wide sum = 0;
                for (int k = 0; k < K; k++)
                    sum += (wide)a[i * K + k] * b[k * N + j];
                const uint64_t mask = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
                cr_assert(eq(u64, (uint64_t)c[i * N + j] & mask, (uint64_t)sum & mask));
                cr_assert(eq(i64, c[i * N + j], first[i * N + j]));
            }
        for (int cut = 1; cut < K; cut += 10) { /* two blocks of k, added and wrapped */
            int32_t left[M * K], right[M * K];
            for (int i = 0; i < M * K; i++) {
                left[i] = i % K < cut ? a[i] : 0;
                right[i] = i % K < cut ? 0 : a[i];
            }
            gemm_integer(first, left, b, M, N, K, bits, GEMM_WRAP, NULL);
            gemm_integer(second, right, b, M, N, K, bits, GEMM_WRAP, NULL);
            for (int i = 0; i < M * N; i++) {
                const uint64_t sum = (uint64_t)first[i] + (uint64_t)second[i];
                cr_assert(eq(i64, (int64_t)(sum << (64 - bits)) >> (64 - bits), c[i]));
            }
        }
    }
}

Test(gemm, saturating_equals_the_sequential_definition_and_proves_what_is_safe)
{
    uint64_t state = 31;
    int32_t a[M * K], b[K * N];
    int64_t c[M * N], unread[M * N];

    for (int bits = 10; bits <= 24; bits++) {
        struct gemm_report report = {0};
        uint64_t clamped = 0, safe = 0;
        const int64_t high = (INT64_C(1) << (bits - 1)) - 1;
        fill_integers(a, M * K, 8, &state);
        fill_integers(b, K * N, 8, &state);
        gemm_integer(c, a, b, M, N, K, bits, GEMM_SATURATE, &report);
        gemm_integer(unread, a, b, M, N, K, bits, GEMM_SATURATE, NULL);
        for (int i = 0; i < M * N; i++) {
            int64_t sum = 0;
            uint64_t bound = 0;
            for (int k = 0; k < K; k++) {
                const int64_t product = (int64_t)a[i / N * K + k] * b[k * N + i % N];
                bound += (uint64_t)llabs(product);
                sum += product;
                clamped += sum > high || sum < -high - 1;
                sum = sum > high ? high : sum < -high - 1 ? -high - 1 : sum;
            }
            if (bound > safe) safe = bound;
            cr_assert(eq(i64, c[i], sum), "%d bits", bits);
            cr_assert(eq(i64, unread[i], sum), "%d bits", bits);
        }
        cr_expect(eq(u64, report.overflow, clamped));
        cr_expect(eq(u64, report.outputs, M * N));
        cr_expect(eq(int, report.safe_bits, 65 - __builtin_clzll(safe)));
        cr_expect(bits < report.safe_bits || report.proven == M * N);
    }
}

struct known {
    int32_t x;
    int shift, want_lowp, want_single, want_even;
};

Test(gemm_requantize, ties_go_as_each_way_says)
{
    /* multiplier 2^30: x 2^(shift - 1) */
    static const struct known rows[] = {{5, 0, 3, 3, 2},     {-5, 0, -2, -2, -2},   {7, 0, 4, 4, 4},
                                        {10, -1, 3, 3, 2},   {-10, -1, -3, -2, -2}, {3, 1, 3, 3, 3},
                                        {-6, -1, -2, -1, -2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct requantizer r = {.multiplier = 1 << 30, .shift = rows[i].shift, .low = -128, .high = 127};
        int32_t y;
        r.way = REQUANTIZE_GEMMLOWP;
        gemm_requantize(&y, &rows[i].x, 1, &r);
        cr_expect(eq(int, y, rows[i].want_lowp), "%d", rows[i].x);
        r.way = REQUANTIZE_SINGLE;
        gemm_requantize(&y, &rows[i].x, 1, &r);
        cr_expect(eq(int, y, rows[i].want_single), "%d", rows[i].x);
        r.way = REQUANTIZE_EXACT;
        gemm_requantize(&y, &rows[i].x, 1, &r);
        cr_expect(eq(int, y, rows[i].want_even), "%d", rows[i].x);
    }
}

Test(gemm_requantize, equals_the_exact_product_and_clamps)
{
    uint64_t state = 5;
    for (int i = 0; i < 20000; i++) {
        struct requantizer r = {.rounding = ROUND_RND_CONV, .zero = 3, .low = -128, .high = 127};
        const double scale = ldexp(1 + fabs(uniform(&state)), -(int)(hard_random(&state) % 20));
        const int32_t x = (int32_t)((int64_t)hard_random(&state) >> (40 + hard_random(&state) % 20));
        int32_t y;
        cr_assert(eq(int, gemm_requantizer_scale(&r, scale), STATUS_OK));
        gemm_requantize(&y, &x, 1, &r);
        const long double exact = rintl(ldexpl((long double)x * r.multiplier, r.shift - 31)) + 3;
        cr_assert(eq(int, y, exact<-128 ? -128 : exact> 127 ? 127 : (int)exact));
        r.way = REQUANTIZE_SINGLE;
        gemm_requantize(&y, &x, 1, &r);
        const long double up = floorl(ldexpl((long double)x * r.multiplier, r.shift - 31) + 0.5L) + 3;
        cr_assert(eq(int, y, up<-128 ? -128 : up> 127 ? 127 : (int)up));
    }
    struct requantizer r = {.multiplier = 0};
    cr_expect(eq(int, gemm_requantizer_scale(&r, 0x1p-32), STATUS_INPUT));
    cr_expect(eq(int, gemm_requantizer_scale(&r, 1.0 - 0x1p-40), STATUS_OK));
    cr_expect(eq(int, r.multiplier, 1 << 30));
    cr_expect(eq(int, r.shift, 1));
}
