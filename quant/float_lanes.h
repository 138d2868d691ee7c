/* quant/float_lanes.h - small floats on lanes, of either width.
 *
 * c = 2^(e - m + M), M the carrier's mantissa bits, has its last place where the target has: |x| + c - c is
 * |x| rounded to nearest even in units of q = 2^(e - m), exactly, and the other roundings move it by q. e is
 * the exponent of x, not below emin, and not above emax + 1: beyond, all results overflow.
 */
#include "quant/kernel.h"

struct float_lanes {
    lanes power_low, power_high; /* 2^emin, 2^(emax + 1) */
    lanes to_c, to_q;            /* shifts from 2^e */
    lanes max, over, under, infinite, nan;
    lanes zero; /* +0 turns -0 into +0 when added, -0 changes nothing */
};

LANES_INLINE struct float_lanes float_lanes_of(const struct plan *p)
{
    const struct plan_constants *c = &p->constants;
    return (struct float_lanes){.power_low = lanes_set(c->power_low),
                                .power_high = lanes_set(c->power_high),
                                .to_c = lanes_shift(LANES_MANTISSA - c->mantissa_bits),
                                .to_q = lanes_shift(-c->mantissa_bits),
                                .max = lanes_set(c->high),
                                .over = lanes_set(c->over),
                                .under = lanes_set(c->under),
                                .infinite = lanes_set(c->infinite),
                                .nan = lanes_set(c->nan),
                                .zero = lanes_set(c->zero)};
}

/* a = |x| rounded; `negative` is a mask. */
LANES_INLINE lanes float_round(lanes a, lanes negative, lanes power, const struct float_lanes *k,
                               enum rounding q)
{
    const lanes c = lanes_shifted(power, k->to_c), unit = lanes_shifted(power, k->to_q);
    const lanes r = lanes_sub(lanes_add(a, c), c);
    const lanes up = lanes_lt(r, a), down = lanes_lt(a, r); /* where r is not a, the way to it */
    const lanes d = lanes_sub(a, r), twice = lanes_add(d, d);
    const lanes minus = lanes_or(unit, lanes_sign_bit());
    const lanes tie_up = lanes_eq(twice, unit), tie_down = lanes_eq(twice, minus);

    switch (q) {
    case ROUND_TRN_ZERO:
        return lanes_sub(r, lanes_and(down, unit));
    case ROUND_AWAY:
        return lanes_add(r, lanes_and(up, unit));
    case ROUND_CEIL:
        return lanes_add(r, lanes_blend(lanes_and(up, unit), lanes_and(down, minus), negative));
    case ROUND_TRN:
        return lanes_add(r, lanes_blend(lanes_and(down, minus), lanes_and(up, unit), negative));
    case ROUND_RND_INF:
        return lanes_add(r, lanes_and(tie_up, unit));
    case ROUND_RND_ZERO:
        return lanes_sub(r, lanes_and(tie_down, unit));
    case ROUND_RND:
        return lanes_add(r, lanes_blend(lanes_and(tie_up, unit), lanes_and(tie_down, minus), negative));
    case ROUND_RND_MIN_INF:
        return lanes_add(r, lanes_blend(lanes_and(tie_down, minus), lanes_and(tie_up, unit), negative));
    case ROUND_RND_CONV_ODD:
        return lanes_add(r, lanes_and(lanes_or(tie_up, tie_down), twice));
    case ROUND_ODD: {
        const lanes cut = lanes_sub(r, lanes_and(down, unit));
        const lanes even = lanes_last_bit_is_zero(lanes_add(cut, c));
        return lanes_add(cut, lanes_and(lanes_and(even, lanes_ne(cut, a)), unit));
    }
    default:
        return r;
    }
}

/* Overflow, sign and special values of the rounded magnitude r of x. */
LANES_INLINE lanes float_finish(lanes r, lanes a, lanes x, const struct float_lanes *k, bool inf,
                                bool by_sign)
{
    const lanes sign = lanes_and(x, lanes_sign_bit());
    lanes y;

    if (inf) {
        const lanes over = by_sign ? lanes_blend(k->over, k->under, x) : k->over;
        y = lanes_blend(r, over, lanes_lt(k->max, r));
        y = lanes_blend(y, k->infinite, lanes_eq(a, lanes_set(__builtin_inf())));
    } else
        y = lanes_min(k->max, r); /* NaN stays */
    y = lanes_add(lanes_or(y, sign), k->zero);
    return lanes_blend(y, k->nan, lanes_is_nan(y));
}
