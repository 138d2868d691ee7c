/* quant/kernels/avx2/float_lanes.h - small floats on lanes, of either width.
 *
 * c = 2^(e - m + M), M the carrier's mantissa bits, has its last place where the target has: |x| + c - c is
 * |x| rounded to nearest even in units of q = 2^(e - m), exactly, and the other roundings move it by q. e is
 * the exponent of x, not below emin, and not above emax + 1: beyond, all results overflow.
 */
#include "quant/kernels/kernel.h"

struct float_lanes {
    lanes power_low, power_high; /* 2^emin, 2^(emax + 1) */
    lanes to_c, to_q;            /* shifts from 2^e; to_c makes 3/2 2^(e - m + M) where float_by_sign */
    lanes max, over, under, infinite, nan;
};

/* Does q treat the signs differently? Then float_round takes and gives signed values, and c is 3/2 as large,
 * so that neither sign leaves its binade. */
LANES_INLINE bool float_by_sign(enum rounding q)
{
    return q == ROUND_CEIL || q == ROUND_TRN || q == ROUND_RND || q == ROUND_RND_MIN_INF;
}

/* Does q never round beyond the largest value? Then overflow is a matter of |x| alone. */
LANES_INLINE bool float_cuts(enum rounding q)
{
    return q == ROUND_TRN_ZERO || q == ROUND_ODD;
}

LANES_INLINE struct float_lanes float_lanes_of(const struct quantizer *p, enum rounding q)
{
    const struct quantizer_constants *c = &p->constants;
    const lanes to_c = lanes_shift(LANES_MANTISSA - c->mantissa_bits);
    const lanes half = lanes_unless(lanes_set(1.0), lanes_set(1.5)); /* the fraction of 3/2 */
    return (struct float_lanes){.power_low = lanes_set(c->power_low),
                                .power_high = lanes_set(c->power_high),
                                .to_c = float_by_sign(q) ? lanes_or(to_c, half) : to_c,
                                .to_q = lanes_shift(-c->mantissa_bits),
                                .max = lanes_set(c->high),
                                .over = lanes_set(c->over),
                                .under = lanes_set(c->under),
                                .infinite = lanes_set(c->infinite),
                                .nan = lanes_set(c->nan)};
}

/* v rounded: |x|, or x where float_by_sign(q). */
LANES_INLINE lanes float_round(lanes v, lanes power, const struct float_lanes *k, enum rounding q)
{
    const lanes unit = lanes_shifted(power, k->to_q), c = lanes_shifted(power, k->to_c);
    const lanes sum = lanes_add(v, c), r = lanes_sub(sum, c), d = lanes_sub(v, r), twice = lanes_add(d, d);
    const lanes minus = lanes_or(unit, lanes_sign_bit());
    const lanes tie_up = lanes_eq(twice, unit), tie_down = lanes_eq(twice, minus);
    const lanes up = lanes_lt(r, v), down = lanes_lt(v, r); /* where r is not v, the way to it */

    switch (q) {
    case ROUND_TRN_ZERO:
    case ROUND_TRN:
        return lanes_sub(r, lanes_and(down, unit));
    case ROUND_AWAY:
    case ROUND_CEIL:
        return lanes_add(r, lanes_and(up, unit));
    case ROUND_RND_INF:
    case ROUND_RND:
        return lanes_add(r, lanes_and(tie_up, unit));
    case ROUND_RND_ZERO:
    case ROUND_RND_MIN_INF:
        return lanes_sub(r, lanes_and(tie_down, unit));
    case ROUND_RND_CONV_ODD:
        return lanes_add(r, lanes_and(lanes_or(tie_up, tie_down), twice));
    case ROUND_ODD: /* the last bit of c + r counts units: cut, then set it if anything was cut */
        return lanes_sub(lanes_with_last_bit(lanes_less_one(sum, down), lanes_ne(r, v)), c);
    default:
        return r;
    }
}

/* |x| in front of a rounding that cuts: bounded, but infinities and NaN, which pass through it. */
LANES_INLINE lanes float_bounded(lanes a, const struct float_lanes *k)
{
    return lanes_blend(lanes_min(k->max, a), k->infinite, lanes_eq(a, lanes_set(__builtin_inf())));
}

/* Overflow, sign and special values: r is x rounded, |r| where the rounding works on magnitudes. What cuts
 * was bounded before, if infinities stay. */
LANES_INLINE lanes float_finish(lanes r, lanes x, const struct float_lanes *k, enum rounding q, bool inf,
                                bool has_minus_zero)
{
    const lanes sign = lanes_and(x, lanes_sign_bit());
    const lanes size = float_by_sign(q) ? lanes_unless(lanes_sign_bit(), r) : r;
    const bool sides = q == ROUND_CEIL || q == ROUND_TRN;
    lanes y = size;

    if (!inf)
        y = lanes_min(k->max, size); /* NaN stays */
    else if (!float_cuts(q)) {
        const lanes over = sides ? lanes_blend(k->over, k->under, x) : k->over;
        y = lanes_blend(size, over, lanes_lt(k->max, size));
        if (sides) y = lanes_blend(y, k->infinite, lanes_eq(size, lanes_set(__builtin_inf())));
    }
    y = lanes_or(y, sign);
    if (!has_minus_zero) y = lanes_add(y, lanes_set(0.0));
    return lanes_blend(y, k->nan, lanes_is_nan(y));
}
