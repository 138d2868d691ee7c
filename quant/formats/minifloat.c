/* quant/formats/minifloat.c - small floats: any exponent and mantissa width, any bias, five meanings of
 * the top codes.
 *
 * The magnitude is a + rest units of 2^(e - m), e = max(floor(log2 |x|), emin), so that normal and subnormal
 * values are one case, and code = ((e - emin) << m) + a carries into the next binade by itself.
 * Source: IEEE 754-2019; OCP 8-bit floating point 1.0; OCP microscaling 1.0; FNUZ as of Graphcore and AMD.
 * Known value: 464 in e4m3fn ties between 448 and 480: 0x7e when saturating, NaN when not.
 */
#include "quant/element.h"

#include <assert.h>

bool element_float_has_nan(const struct float_format *f)
{
    return f->flavour != FLAVOUR_FINITE;
}

bool element_float_has_infinity(const struct float_format *f)
{
    return f->flavour == FLAVOUR_IEEE;
}

int element_float_exponent_min(const struct float_format *f)
{
    return f->flavour == FLAVOUR_E8M0 ? -f->bias : 1 - f->bias;
}

uint64_t element_float_code_max(const struct float_format *f)
{
    const uint64_t all = (UINT64_C(1) << (f->exponent_bits + f->mantissa_bits)) - 1;
    switch (f->flavour) {
    case FLAVOUR_IEEE:
        return all - (UINT64_C(1) << f->mantissa_bits);
    case FLAVOUR_FN:
    case FLAVOUR_E8M0:
        return all - 1;
    default:
        return all;
    }
}

static uint64_t float_code_infinity(const struct float_format *f)
{
    return element_float_code_max(f) + 1;
}

uint64_t element_float_code_nan(const struct float_format *f)
{
    switch (f->flavour) {
    case FLAVOUR_IEEE:
        return float_code_infinity(f) + (UINT64_C(1) << (f->mantissa_bits - 1));
    case FLAVOUR_FN:
    case FLAVOUR_E8M0:
        return element_float_code_max(f) + 1;
    case FLAVOUR_FNUZ:
        return UINT64_C(1) << (f->exponent_bits + f->mantissa_bits);
    default:
        return 0; /* nothing better: the caller counts it */
    }
}

static uint64_t float_sign(const struct float_format *f, bool negative)
{
    return f->flavour == FLAVOUR_E8M0 ? 0 : (uint64_t)negative << (f->exponent_bits + f->mantissa_bits);
}

/* The code of a magnitude beyond the largest. The directed roundings that point inward stop at the
 * largest. */
static uint64_t float_overflow(const struct format *f, bool negative, bool infinite)
{
    const enum rounding q = f->rounding;
    const bool inward = q == ROUND_TRN_ZERO || q == ROUND_ODD || (q == ROUND_CEIL && negative) ||
                        (q == ROUND_TRN && !negative);
    const uint64_t sign = float_sign(&f->floating, negative);

    if (f->overflow == OVERFLOW_SAT || (inward && !infinite))
        return sign | element_float_code_max(&f->floating);
    if (element_float_has_infinity(&f->floating)) return sign | float_code_infinity(&f->floating);
    return element_float_code_nan(&f->floating);
}

/* Magnitude code of x rounded as if the exponent range had no top, or one above the largest if it is past it.
 * `unit` is the exponent e that the last place belongs to. */
static uint64_t float_round(const struct format *f, struct number x, uint32_t random, int e, bool *inexact)
{
    const struct float_format *g = &f->floating;
    const int emin = element_float_exponent_min(g), shift = e - g->mantissa_bits - x.e;
    const uint64_t base = (uint64_t)(e - emin) << g->mantissa_bits;
    uint64_t a, rem = 0;

    if (shift <= 0)
        a = x.m << -shift;
    else {
        a = shift < 64 ? x.m >> shift : 0;
        rem = shift < 64 ? x.m & ((UINT64_C(1) << shift) - 1) : x.m;
    }
    if (g->flavour == FLAVOUR_E8M0) a -= 1; /* its code 0 is 2^emin, not 0 */
    const struct rounding_case c = {.rest = {rem, shift < 0 ? 0 : shift},
                                    .negative = x.negative,
                                    .odd = (base + a) & 1,
                                    .sign = SIGN_MAGNITUDE,
                                    .random_bits = f->random_bits,
                                    .random = random};
    const int step = rounding_step(f->rounding, &c);
    *inexact = rem != 0;
    return base + a + (uint64_t)(int64_t)step;
}

/* |x| < 2^emin where subnormals are off: flushed, or rounded to 0 or 2^emin by the rest x / 2^emin. */
static uint64_t float_round_without_subnormals(const struct format *f, struct number x, uint32_t random)
{
    if (f->floating.subnormals == SUBNORMALS_FLUSHED) return 0;
    const struct rounding_case c = {.rest = {x.m, element_float_exponent_min(&f->floating) - x.e},
                                    .negative = x.negative,
                                    .sign = SIGN_MAGNITUDE,
                                    .random_bits = f->random_bits,
                                    .random = random};
    return rounding_step(f->rounding, &c) ? UINT64_C(1) << f->floating.mantissa_bits : 0;
}

static struct encoded float_encode_finite(const struct format *f, struct number x, uint32_t random)
{
    const struct float_format *g = &f->floating;
    const int emin = element_float_exponent_min(g), exponent = number_exponent(x);
    const bool tiny = exponent < emin;
    bool inexact = true, outside = false;
    uint64_t magnitude;

    if (exponent - emin > 1 << g->exponent_bits)
        outside = true, magnitude = 0;
    else if (tiny && g->flavour == FLAVOUR_E8M0)
        magnitude = 0;
    else if (tiny && g->subnormals != SUBNORMALS_ON)
        magnitude = float_round_without_subnormals(f, x, random);
    else
        magnitude = float_round(f, x, random, tiny ? emin : exponent, &inexact);
    outside = outside || magnitude > element_float_code_max(g);
    if (outside)
        return (struct encoded){float_overflow(f, x.negative, false), OUTCOME_INEXACT | OUTCOME_OVERFLOW};
    const bool zero = magnitude == 0 && g->flavour != FLAVOUR_E8M0;
    const bool signless = zero && g->flavour == FLAVOUR_FNUZ;
    return (struct encoded){signless ? 0 : float_sign(g, x.negative) | magnitude,
                            (inexact ? OUTCOME_INEXACT : 0) | (zero ? OUTCOME_UNDERFLOW : 0)};
}

struct encoded element_float_encode(const struct format *f, struct number x, uint32_t random)
{
    const struct float_format *g = &f->floating;
    const bool invalid = g->flavour == FLAVOUR_E8M0 && x.negative && !number_is_zero(x);

    if (x.kind == NUMBER_NAN || invalid)
        return (struct encoded){element_float_code_nan(g),
                                OUTCOME_NAN | (element_float_has_nan(g) && !invalid ? 0 : OUTCOME_INEXACT)};
    if (x.kind == NUMBER_INFINITE) {
        const bool exact = element_float_has_infinity(g) && f->overflow == OVERFLOW_INF;
        return (struct encoded){float_overflow(f, x.negative, true),
                                exact ? 0 : OUTCOME_INEXACT | OUTCOME_OVERFLOW};
    }
    if (x.m == 0) {
        const bool signless = g->flavour == FLAVOUR_FNUZ;
        return (struct encoded){signless ? 0 : float_sign(g, x.negative),
                                g->flavour == FLAVOUR_E8M0 ? OUTCOME_INEXACT : 0};
    }
    return float_encode_finite(f, x, random);
}

struct number element_float_decode(const struct float_format *f, uint64_t code)
{
    const int m = f->mantissa_bits, emin = element_float_exponent_min(f);
    const uint64_t magnitude = code & ((UINT64_C(1) << (f->exponent_bits + m)) - 1);
    const bool negative = f->flavour != FLAVOUR_E8M0 && (code >> (f->exponent_bits + m)) & 1;

    if (f->flavour == FLAVOUR_FNUZ && negative && magnitude == 0) return (struct number){.kind = NUMBER_NAN};
    if (magnitude > element_float_code_max(f)) {
        const bool infinite = element_float_has_infinity(f) && magnitude == float_code_infinity(f);
        return (struct number){.negative = negative && infinite,
                               .kind = infinite ? NUMBER_INFINITE : NUMBER_NAN};
    }
    if (f->flavour == FLAVOUR_E8M0) return (struct number){.m = 1, .e = emin + (int)magnitude};
    const int field = (int)(magnitude >> m);
    const uint64_t fraction = magnitude & ((UINT64_C(1) << m) - 1);
    return (struct number){.m = field ? fraction | (UINT64_C(1) << m) : fraction,
                           .e = (field ? field : 1) - 1 + emin - m,
                           .negative = negative};
}
