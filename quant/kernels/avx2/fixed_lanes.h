/* quant/kernels/avx2/fixed_lanes.h - fixed point on lanes, of either width.
 *
 * t = x 2^fl is exact but for overflow, which becomes infinity, and underflow where fl < 0. Both are harmless
 * to saturation, to wrapping (all low bits are 0) and to rounding to nearest; the directed roundings get t's
 * lost tiny values back (`guard`). Each rounding of t is exact, and so is the product with 2^-fl.
 */
#include "quant/kernels/kernel.h"

/* 1 where the integer f is even. */
LANES_INLINE lanes fixed_even(lanes f)
{
    const lanes half = lanes_mul(f, lanes_set(0.5));
    return lanes_eq(half, lanes_floor(half));
}

LANES_INLINE lanes fixed_round(lanes t, enum rounding q)
{
    const lanes one = lanes_set(1.0), half = lanes_set(0.5), sign = lanes_and(t, lanes_sign_bit());
    const lanes a = lanes_unless(lanes_sign_bit(), t);
    lanes r;

    switch (q) {
    case ROUND_TRN:
        return lanes_floor(t);
    case ROUND_CEIL:
        return lanes_ceil(t);
    case ROUND_TRN_ZERO:
        return lanes_trunc(t);
    case ROUND_AWAY:
        return lanes_or(lanes_ceil(a), sign);
    case ROUND_RND: /* a tie that went down to even goes up */
        r = lanes_rint(t);
        return lanes_add(r, lanes_and(lanes_eq(lanes_sub(t, r), half), one));
    case ROUND_RND_MIN_INF:
        r = lanes_rint(t);
        return lanes_sub(r, lanes_and(lanes_eq(lanes_sub(r, t), half), one));
    case ROUND_RND_ZERO:
        r = lanes_rint(a);
        return lanes_or(lanes_sub(r, lanes_and(lanes_eq(lanes_sub(r, a), half), one)), sign);
    case ROUND_RND_INF:
        r = lanes_rint(a);
        return lanes_or(lanes_add(r, lanes_and(lanes_eq(lanes_sub(a, r), half), one)), sign);
    case ROUND_RND_CONV_ODD: { /* at a tie t - r is half the way to the odd neighbour */
        r = lanes_rint(t);
        const lanes d = lanes_sub(t, r), tie = lanes_eq(lanes_unless(lanes_sign_bit(), d), half);
        return lanes_add(r, lanes_and(tie, lanes_add(d, d)));
    }
    case ROUND_ODD:
        r = lanes_floor(t);
        return lanes_add(r, lanes_and(lanes_and(lanes_ne(r, t), fixed_even(r)), one));
    default:
        return lanes_rint(t);
    }
}

struct fixed_lanes {
    lanes up, down, low, high, span, inverse_span;
};

LANES_INLINE struct fixed_lanes fixed_lanes_of(const struct quantizer *p)
{
    const struct quantizer_constants *c = &p->constants;
    return (struct fixed_lanes){.up = lanes_set(c->up),
                                .down = lanes_set(c->down),
                                .low = lanes_set(c->low),
                                .high = lanes_set(c->high),
                                .span = lanes_set(c->span),
                                .inverse_span = lanes_set(1.0 / c->span)};
}

/* The value of the rounded integer r of input x, after overflow. NaN becomes 0, and so does -0. */
LANES_INLINE lanes fixed_finish(lanes r, lanes x, const struct fixed_lanes *c, enum overflow o)
{
    const lanes zero = lanes_set(0.0);
    lanes m;

    if (o == OVERFLOW_WRAP) { /* r - span floor(r / span), exact; infinity gives NaN */
        m = lanes_fnma(c->span, lanes_floor(lanes_mul(r, c->inverse_span)), r);
        m = lanes_sub(m, lanes_and(lanes_lt(c->high, m), c->span));
        x = m;
    } else if (o == OVERFLOW_SAT_ZERO) {
        const lanes outside = lanes_or(lanes_lt(r, c->low), lanes_lt(c->high, r));
        m = lanes_unless(outside, r);
    } else
        m = lanes_min(lanes_max(r, c->low), c->high);
    return lanes_and(lanes_fma(m, c->down, zero), lanes_is_number(x));
}
