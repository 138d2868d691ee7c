/* quant/formats/fixed.c - fixed point: rounding to an integer, then overflow, on integers only.
 *
 * Source: IEEE 1666-2011 (SystemC) chapter 7 for the roundings and overflows it names; APyTypes for the rest.
 * t = x 2^fl is the value in units of the last bit. m = t rounded; the code is m brought into wl bits.
 * Known value: -2.5 in s8.8 is -3 by trn, -2 by ceil, trn_zero, rnd and rnd_conv, -3 by rnd_inf.
 */
#include "quant/element.h"

#include <assert.h>

__extension__ typedef unsigned __int128 wide; /* two's complement of m, more bits than any code has */
__extension__ typedef __int128 signed_wide;

/* m = t after rounding. Only the low 128 bits are kept: wrapping asks for no more, and `far` says the
 * rest. */
struct rounded {
    wide low;
    bool negative;
    bool far; /* |m| >= 2^120: outside every format */
    bool inexact;
};

static struct rounded rounded_make(wide magnitude, struct number x, bool far, bool inexact)
{
    return (struct rounded){.low = x.negative ? -magnitude : magnitude,
                            .negative = x.negative && (magnitude != 0 || far),
                            .far = far,
                            .inexact = inexact};
}

/* t = m 2^k with k >= 0: an integer already, but JAM and TRN_MAG move integers too. */
static struct rounded scale_up(const struct format *f, struct number x, int k, struct rounding_case c)
{
    wide magnitude = k < 128 ? (wide)x.m << k : 0;
    const bool far = x.m != 0 && number_width(x.m) + k > 120;
    c.odd = magnitude & 1;
    const int step = rounding_step(f->rounding, &c);
    if (!far) magnitude += (wide)(signed_wide)step;
    return rounded_make(magnitude, x, far, step != 0);
}

static struct rounded scale_down(const struct format *f, struct number x, int shift, struct rounding_case c)
{
    const uint64_t a = shift < 64 ? x.m >> shift : 0;
    const uint64_t rem = shift < 64 ? x.m & ((UINT64_C(1) << shift) - 1) : x.m;
    c.rest = (struct rest){rem, shift};
    c.odd = a & 1;
    const int step = rounding_step(f->rounding, &c);
    return rounded_make((wide)a + (wide)(signed_wide)step, x, false, rem != 0 || step != 0);
}

static struct rounded fixed_round(const struct format *f, struct number x, uint32_t random)
{
    const int k = x.e + f->fixed.bits - f->fixed.integer_bits;
    const bool magnitude = f->fixed.sign == FIXED_SIGN_MAGNITUDE;
    if (x.m == 0 && !magnitude) x.negative = false; /* two's complement has one zero */
    const struct rounding_case c = {.negative = x.negative,
                                    .sign = magnitude ? SIGN_MAGNITUDE : SIGN_COMPLEMENT,
                                    .random_bits = f->random_bits,
                                    .random = random};
    return k >= 0 ? scale_up(f, x, k, c) : scale_down(f, x, -k, c);
}

static uint64_t low_bits(int n)
{
    return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

int64_t element_fixed_low(const struct fixed_format *f)
{
    if (f->sign == FIXED_UNSIGNED) return 0;
    const int64_t low = -(int64_t)low_bits(f->bits - 1) - 1;
    return f->sign == FIXED_SIGNED ? low : low + 1;
}

int64_t element_fixed_least(const struct format *f)
{
    const int64_t low = element_fixed_low(&f->fixed);
    const bool symmetric = f->overflow == OVERFLOW_SAT_SYM && low < 0;

    return symmetric ? -(int64_t)element_fixed_high(&f->fixed) : low;
}

uint64_t element_fixed_high(const struct fixed_format *f)
{
    return f->sign == FIXED_UNSIGNED ? low_bits(f->bits) : low_bits(f->bits - 1);
}

/* The low wl bits of m as the code of the format: sign-extended if it is signed. */
static uint64_t fixed_wrap(const struct fixed_format *f, uint64_t pattern)
{
    const uint64_t low = pattern & low_bits(f->bits);
    const bool negative = f->sign == FIXED_SIGNED && (low >> (f->bits - 1)) & 1;
    return negative ? low | ~low_bits(f->bits) : low;
}

/* WRAP with n > 0 on overflow: the top n bits become those of the saturated code. */
static uint64_t fixed_wrap_saturated(const struct fixed_format *f, struct rounded m, int n)
{
    const uint64_t kept = low_bits(f->bits - n);
    const uint64_t end = m.negative ? (uint64_t)element_fixed_low(f) : element_fixed_high(f);
    return fixed_wrap(f, ((uint64_t)m.low & kept) | (end & ~kept));
}

/* WRAP_SM on overflow (IEEE 1666-2011, 7.2.13.6): bits kept are inverted where the sign disagrees. */
static uint64_t fixed_wrap_sm(const struct fixed_format *f, struct rounded m, int n)
{
    const uint64_t low = (uint64_t)m.low & low_bits(f->bits);
    if (n == 0) {
        const bool deleted = (m.low >> f->bits) & 1;
        const bool sign = (low >> (f->bits - 1)) & 1;
        return fixed_wrap(f, sign != deleted ? ~low : low);
    }
    const uint64_t kept = low_bits(f->bits - n);
    const uint64_t end =
        (uint64_t)(m.negative ? (uint64_t)element_fixed_low(f) : element_fixed_high(f)) & ~kept;
    const bool before = (m.low >> (f->bits - n)) & 1, after = (end >> (f->bits - n)) & 1;
    return fixed_wrap(f, end | ((before != after ? ~low : low) & kept));
}

static bool fixed_is_outside(const struct fixed_format *f, struct rounded m, enum overflow o)
{
    const signed_wide value = (signed_wide)m.low, high = element_fixed_high(f);
    const signed_wide low = o == OVERFLOW_SAT_SYM && f->sign == FIXED_SIGNED ? -high : element_fixed_low(f);
    return m.far || value < low || value > high;
}

/* The code of an m that lies outside. */
static uint64_t fixed_overflow(const struct format *f, struct rounded m)
{
    const struct fixed_format *x = &f->fixed;
    switch (f->overflow) {
    case OVERFLOW_SAT:
        return m.negative ? (uint64_t)element_fixed_low(x) : element_fixed_high(x);
    case OVERFLOW_SAT_SYM:
        if (!m.negative) return element_fixed_high(x);
        return x->sign == FIXED_SIGNED ? -element_fixed_high(x) : (uint64_t)element_fixed_low(x);
    case OVERFLOW_SAT_ZERO:
        return 0;
    case OVERFLOW_WRAP:
        if (f->saturated_bits > 0) return fixed_wrap_saturated(x, m, f->saturated_bits);
        return fixed_wrap(x, (uint64_t)m.low);
    case OVERFLOW_WRAP_SM:
        return fixed_wrap_sm(x, m, f->saturated_bits);
    case OVERFLOW_NUMERIC_STD: {
        if (x->sign == FIXED_UNSIGNED) return fixed_wrap(x, (uint64_t)m.low);
        const uint64_t kept = (uint64_t)m.low & low_bits(x->bits - 1);
        return fixed_wrap(x, kept | ((uint64_t)m.negative << (x->bits - 1)));
    }
    default:
        assert(false);
        return 0;
    }
}

/* The magnitude of m under the same rules in wl - 1 bits without a sign, then the sign of x. */
static struct encoded sign_magnitude_encode(const struct format *f, struct rounded m, bool negative)
{
    const int bits = f->fixed.bits - 1;
    const uint64_t sign = (uint64_t)negative << bits;
    const struct format magnitude = {.rounding = f->rounding,
                                     .overflow = f->overflow,
                                     .saturated_bits = f->saturated_bits,
                                     .fixed = {.sign = FIXED_UNSIGNED, .bits = bits}};
    if (m.negative) m.low = -m.low;
    m.negative = false;
    const bool outside = bits == 0 ? m.low != 0 || m.far : fixed_is_outside(&magnitude.fixed, m, f->overflow);
    const unsigned outcome = (m.inexact ? OUTCOME_INEXACT : 0) | (outside ? OUTCOME_OVERFLOW : 0);

    if (!outside) return (struct encoded){sign | (uint64_t)m.low, outcome};
    return (struct encoded){bits == 0 ? sign : sign | fixed_overflow(&magnitude, m),
                            outcome | OUTCOME_INEXACT};
}

static struct encoded fixed_encode_finite(const struct format *f, struct number x, uint32_t random)
{
    const struct rounded m = fixed_round(f, x, random);

    if (f->fixed.sign == FIXED_SIGN_MAGNITUDE) return sign_magnitude_encode(f, m, x.negative);
    if (!fixed_is_outside(&f->fixed, m, f->overflow))
        return (struct encoded){(uint64_t)m.low, m.inexact ? OUTCOME_INEXACT : 0};
    return (struct encoded){fixed_overflow(f, m), OUTCOME_INEXACT | OUTCOME_OVERFLOW};
}

/* Infinity has no low bits: what saturates goes to its end, all else to zero. */
static struct encoded fixed_encode_infinity(const struct format *f, bool negative)
{
    const bool signed_zero = negative && f->fixed.sign == FIXED_SIGN_MAGNITUDE;
    const struct number far = {.m = 1, .e = 4096, .negative = negative};

    if (f->overflow == OVERFLOW_SAT || f->overflow == OVERFLOW_SAT_SYM) return fixed_encode_finite(f, far, 0);
    return (struct encoded){signed_zero ? UINT64_C(1) << (f->fixed.bits - 1) : 0,
                            OUTCOME_INEXACT | OUTCOME_OVERFLOW};
}

struct encoded element_fixed_encode(const struct format *f, struct number x, uint32_t random)
{
    if (x.kind == NUMBER_NAN) return (struct encoded){0, OUTCOME_NAN | OUTCOME_INEXACT};
    if (x.kind == NUMBER_INFINITE) return fixed_encode_infinity(f, x.negative);
    struct encoded y = fixed_encode_finite(f, x, random);
    const bool zero = number_is_zero(element_fixed_decode(f, y.code));
    if (zero && x.m != 0 && !(y.outcome & OUTCOME_OVERFLOW)) y.outcome |= OUTCOME_UNDERFLOW;
    return y;
}

struct number element_fixed_decode(const struct format *f, uint64_t code)
{
    const int e = f->fixed.integer_bits - f->fixed.bits;

    if (f->fixed.sign == FIXED_SIGN_MAGNITUDE)
        return (struct number){
            .m = code & low_bits(f->fixed.bits - 1), .e = e, .negative = (code >> (f->fixed.bits - 1)) & 1};
    const bool negative = f->fixed.sign == FIXED_SIGNED && (int64_t)code < 0;
    return (struct number){.m = negative ? -code : code, .e = e, .negative = negative};
}
