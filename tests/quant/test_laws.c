/* tests/quant/test_laws.c - laws of rounding that need no oracle, over all formats, roundings and values below. They
 * are loops and not Criterion's theories, which make several system calls a point. */
#include "quant/element.h"
#include "tests/fixtures/hard_values.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

/* Fixed point and floats, wide enough to saturate in both directions; known by their index. */
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

static const enum rounding roundings[] = {
    ROUND_RND_CONV, ROUND_RND,  ROUND_RND_MIN_INF, ROUND_RND_ZERO, ROUND_RND_INF, ROUND_RND_CONV_ODD,
    ROUND_TRN,      ROUND_CEIL, ROUND_TRN_ZERO,    ROUND_AWAY,     ROUND_ODD};
static const double values[] = {0.0,      -0.0, 5e-324,  -5e-324, 0x1p-30, 0.03125, -0.09375,
                                0.3,      -0.5, 1.03125, -1.5,    2.385,   -2.5,    7.9375,
                                -7.96875, 9.0,  -460.0,  1e4,     1e300,   -1e300};
enum { ROUNDINGS = sizeof roundings / sizeof roundings[0], VALUES = sizeof values / sizeof values[0] };

/* The law holds for every format, rounding and value. */
static void for_all(void (*law)(int head, enum rounding q, double x))
{
    for (int head = 0; head < HEADS; head++)
        for (int i = 0; i < ROUNDINGS; i++)
            for (int j = 0; j < VALUES; j++)
                law(head, roundings[i], values[j]);
}

static void is_idempotent(int head, enum rounding q, double x)
{
    const double y = quantize(head, q, x);
    cr_assert(eq(dbl, quantize(head, q, y), y), "%s:%s of %a", heads[head], rounding_row(q)->name, x);
}

Test(laws, idempotent)
{
    for_all(is_idempotent);
}

static void is_monotone(int head, enum rounding q, double a)
{
    const double y = quantize(head, q, a);

    for (int i = 0; i < VALUES; i++)
        if (a <= values[i])
            cr_assert(le(dbl, y, quantize(head, q, values[i])), "%s:%s of %a and %a", heads[head],
                      rounding_row(q)->name, a, values[i]);
}

Test(laws, monotone)
{
    for_all(is_monotone);
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

static void is_mirrored_by_negation(int head, enum rounding q, double x)
{
    if (!is_signed(head)) return;
    const double y = quantize_symmetric(head, q, x), z = quantize_symmetric(head, mirrored(q), -x);
    cr_assert(eq(dbl, -y, z), "%s:%s of %a", heads[head], rounding_row(q)->name, x);
}

Test(laws, negation_mirrors)
{
    for_all(is_mirrored_by_negation);
}

static void is_a_neighbour(int head, enum rounding q, double x)
{
    const double down = quantize(head, ROUND_TRN, x), up = quantize(head, ROUND_CEIL, x);
    const double y = quantize(head, q, x), near = quantize(head, ROUND_RND_CONV, x);
    cr_assert(y == down || y == up, "%s: %a is neither %a nor %a", heads[head], y, down, up);
    cr_assert(le(dbl, fabs(near - x), fabs(down - x)));
    cr_assert(le(dbl, fabs(near - x), fabs(up - x)));
    cr_assert(eq(dbl, fabs(quantize(head, ROUND_TRN_ZERO, x)), fmin(fabs(down), fabs(up))));
}

Test(laws, nearest_is_a_neighbour)
{
    for_all(is_a_neighbour);
}

static void scales_with(int k, enum rounding q, double x)
{
    struct format f, g;
    char text[64];

    snprintf(text, sizeof text, "fx:s9.4:%s:wrap", rounding_row(q)->name);
    cr_assert(eq(int, format_parse(&f, text), STATUS_OK));
    g = f;
    g.fixed.integer_bits += k;
    cr_assert(eq(u64, element_fixed_encode(&f, number_of_double(x), 0).code,
                 element_fixed_encode(&g, number_of_double(ldexp(x, k)), 0).code),
              "%s of %a by 2^%d", text, x, k);
}

Test(laws, powers_of_two_commute)
{
    static const int powers[] = {-9, -1, 3, 20};

    for (int i = 0; i < ROUNDINGS; i++)
        for (int j = 0; j < VALUES; j++)
            for (size_t p = 0; p < sizeof powers / sizeof powers[0]; p++)
                if (fabs(values[j]) < 1e9 && (values[j] == 0 || fabs(values[j]) > 1e-9))
                    scales_with(powers[p], roundings[i], values[j]);
}

static void is_a_neighbour_at_random(int head, enum rounding q, double x)
{
    static const uint32_t words[] = {0, 1, 77, 255};
    const double down = quantize(head, ROUND_TRN, x), up = quantize(head, ROUND_CEIL, x);
    struct format f = format_at(head, q);

    f.random_bits = 8;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const double y =
            number_to_double(element_decode(&f, element_encode(&f, number_of_double(x), words[i]).code));
        cr_assert(y == down || y == up, "%s: %a is neither %a nor %a", heads[head], y, down, up);
    }
}

Test(laws, stochastic_is_a_neighbour)
{
    static const enum rounding stochastic[] = {ROUND_SR, ROUND_SR_MID, ROUND_SR_RNE, ROUND_SR_EQ};

    for (int head = 0; head < HEADS; head++)
        for (size_t i = 0; i < sizeof stochastic / sizeof stochastic[0]; i++)
            for (int j = 0; j < VALUES; j++)
                is_a_neighbour_at_random(head, stochastic[i], values[j]);
}
