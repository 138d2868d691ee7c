/* tests/quant/test_laws.c - laws of rounding that need no oracle, as theories over formats, roundings and
 * values. */
#include "quant/element.h"
#include "tests/fixtures/hard_values.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/theories.h>
#include <stdio.h>

/* Fixed point and floats, wide enough to saturate in both directions; index into the theories' data. */
static const char *const heads[] = {"fx:s8.4",  "fx:u6.2",   "fx:s5.-3",    "fx:m7.3",
                                    "fx:s16.1", "fp:e4m3fn", "fp:e5m2",     "fp:e2m1",
                                    "fp:fp16",  "fp:bf16",   "fp:e4m3fnuz", "fp:e3m0finite"};
enum { HEADS = sizeof heads / sizeof heads[0] };

static struct format format_at(int head, enum rounding q)
{
    char text[64];
    struct format f;
    snprintf(text, sizeof text, "%s:%s:sat", heads[head], rounding_row(q)->name);
    cr_assert(eq(int, format_parse(&f, text), STATUS_OK), "%s", status_detail());
    return f;
}

static double quantize(int head, enum rounding q, double x)
{
    const struct format f = format_at(head, q);
    return number_to_double(element_decode(&f, element_encode(&f, number_of_double(x), 0).code));
}

static bool is_signed(int head)
{
    return head != 1;
}

/* Over a symmetric range: two's complement has one value more below zero. */
static double quantize_symmetric(int head, enum rounding q, double x)
{
    struct format f = format_at(head, q);
    if (f.family == FAMILY_FIXED) f.overflow = OVERFLOW_SAT_SYM;
    return number_to_double(element_decode(&f, element_encode(&f, number_of_double(x), 0).code));
}

#define HEAD_POINTS DataPoints(int, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
#define ROUNDING_POINTS                                                                                      \
    DataPoints(int, ROUND_RND_CONV, ROUND_RND, ROUND_RND_MIN_INF, ROUND_RND_ZERO, ROUND_RND_INF,             \
               ROUND_RND_CONV_ODD, ROUND_TRN, ROUND_CEIL, ROUND_TRN_ZERO, ROUND_AWAY, ROUND_ODD)
#define VALUE_POINTS                                                                                         \
    DataPoints(double, 0.0, -0.0, 5e-324, -5e-324, 0x1p-30, 0.03125, -0.09375, 0.3, -0.5, 1.03125, -1.5,     \
               2.385, -2.5, 7.9375, -7.96875, 9.0, -460.0, 1e4, 1e300, -1e300)

TheoryDataPoints(laws, idempotent) = {HEAD_POINTS, ROUNDING_POINTS, VALUE_POINTS};
Theory((int head, int q, double x), laws, idempotent)
{
    const double y = quantize(head, (enum rounding)q, x);
    cr_assert(eq(dbl, quantize(head, (enum rounding)q, y), y), "%s", heads[head]);
}

TheoryDataPoints(laws, monotone) = {HEAD_POINTS, ROUNDING_POINTS, VALUE_POINTS, VALUE_POINTS};
Theory((int head, int q, double a, double b), laws, monotone)
{
    cr_assume(a <= b);
    cr_assert(le(dbl, quantize(head, (enum rounding)q, a), quantize(head, (enum rounding)q, b)), "%s",
              heads[head]);
}

/* Negation swaps the directed roundings and those whose ties look at the sign, and leaves the others
 * alone. */
static enum rounding mirrored(enum rounding q)
{
    switch (q) {
    case ROUND_TRN:
        return ROUND_CEIL;
    case ROUND_CEIL:
        return ROUND_TRN;
    case ROUND_RND:
        return ROUND_RND_MIN_INF;
    case ROUND_RND_MIN_INF:
        return ROUND_RND;
    default:
        return q;
    }
}

TheoryDataPoints(laws, negation_mirrors) = {HEAD_POINTS, ROUNDING_POINTS, VALUE_POINTS};
Theory((int head, int q, double x), laws, negation_mirrors)
{
    cr_assume(is_signed(head));
    const double y = quantize_symmetric(head, (enum rounding)q, x);
    const double z = quantize_symmetric(head, mirrored((enum rounding)q), -x);
    cr_assert(eq(dbl, -y, z), "%s of %a", heads[head], x);
}

TheoryDataPoints(laws, nearest_is_a_neighbour) = {HEAD_POINTS, ROUNDING_POINTS, VALUE_POINTS};
Theory((int head, int q, double x), laws, nearest_is_a_neighbour)
{
    const double down = quantize(head, ROUND_TRN, x), up = quantize(head, ROUND_CEIL, x);
    const double y = quantize(head, (enum rounding)q, x), near = quantize(head, ROUND_RND_CONV, x);
    cr_assert(y == down || y == up, "%s: %a is neither %a nor %a", heads[head], y, down, up);
    cr_assert(le(dbl, fabs(near - x), fabs(down - x)));
    cr_assert(le(dbl, fabs(near - x), fabs(up - x)));
    cr_assert(eq(dbl, fabs(quantize(head, ROUND_TRN_ZERO, x)), fmin(fabs(down), fabs(up))));
}

TheoryDataPoints(laws, powers_of_two_commute) = {ROUNDING_POINTS, VALUE_POINTS,
                                                 DataPoints(int, -9, -1, 3, 20)};
Theory((int q, double x, int k), laws, powers_of_two_commute)
{
    struct format f, g;
    char text[64];
    cr_assume(fabs(x) < 1e9 && (x == 0 || fabs(x) > 1e-9));
    snprintf(text, sizeof text, "fx:s9.4:%s:wrap", rounding_row((enum rounding)q)->name);
    cr_assert(eq(int, format_parse(&f, text), STATUS_OK));
    g = f;
    g.fixed.integer_bits += k;
    cr_assert(eq(u64, element_fixed_encode(&f, number_of_double(x), 0).code,
                 element_fixed_encode(&g, number_of_double(ldexp(x, k)), 0).code));
}

TheoryDataPoints(laws, stochastic_is_a_neighbour) = {
    HEAD_POINTS, DataPoints(int, ROUND_SR, ROUND_SR_MID, ROUND_SR_RNE, ROUND_SR_EQ), VALUE_POINTS,
    DataPoints(int, 0, 1, 77, 255)};
Theory((int head, int q, double x, int random), laws, stochastic_is_a_neighbour)
{
    const double down = quantize(head, ROUND_TRN, x), up = quantize(head, ROUND_CEIL, x);
    struct format f = format_at(head, (enum rounding)q);
    f.random_bits = 8;
    const double y =
        number_to_double(element_decode(&f, element_encode(&f, number_of_double(x), (uint32_t)random).code));
    cr_assert(y == down || y == up, "%s: %a is neither %a nor %a", heads[head], y, down, up);
}
