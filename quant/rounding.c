/* quant/rounding.c - the decision between two neighbours, for every rounding. */
#include "quant/rounding.h"

#include <assert.h>
#include <stddef.h>

const struct rounding_row *rounding_row(enum rounding q)
{
    static const struct rounding_row rows[] = {
#define X(name, fixed, floating, meaning) {fixed, floating, meaning},
        ROUNDING_LIST(X)
#undef X
    };
    assert(q < ROUNDING_COUNT);
    return &rows[q];
}

int rounding_half(struct rest rest)
{
    if (rest.shift > 64 || rest.shift == 0) return -1;
    const uint64_t half = UINT64_C(1) << (rest.shift - 1);
    return (rest.rem > half) - (rest.rem < half);
}

/* What is discarded when rest * 2^bits is cut to an integer. */
struct scaled {
    uint64_t whole;   /* floor(rest * 2^bits) */
    struct rest rest; /* the part below */
};

static struct scaled rest_scale(struct rest rest, int bits)
{
    if (rest.shift <= bits) return (struct scaled){rest.rem << (bits - rest.shift), {0, 0}};
    const int shift = rest.shift - bits;
    if (shift >= 64) return (struct scaled){0, {rest.rem, shift}};
    return (struct scaled){rest.rem >> shift, {rest.rem & ((UINT64_C(1) << shift) - 1), shift}};
}

/* Does the stochastic rounding q go up, that is to f + 1 of two's complement or to a + 1 of a magnitude?
 *
 * The fraction d is rest, or 1 - rest for a negative value in two's complement. In units of 2^-R a floor of
 * 1 - rest is 2^R minus the ceiling of rest; rounding to nearest even commutes with the reflection. */
static bool stochastic_up(enum rounding q, const struct rounding_case *c)
{
    const bool reflected = c->negative && c->sign == SIGN_COMPLEMENT;
    const int bits = q == ROUND_SR_MID ? c->random_bits + 1 : c->random_bits;
    const uint64_t random = q == ROUND_SR_MID ? 2 * (uint64_t)c->random + 1 : c->random;
    const uint64_t one = UINT64_C(1) << bits;

    if (q == ROUND_SR_EQ) return (c->random >> (c->random_bits - 1)) & 1;

    const struct scaled s = rest_scale(c->rest, bits);
    const bool inexact = s.rest.rem > 0;
    uint64_t d = reflected ? s.whole + inexact : s.whole;
    if (q == ROUND_SR_RNE) {
        const int half = inexact ? rounding_half(s.rest) : -1;
        d = s.whole + (half > 0 || (half == 0 && (s.whole & 1)));
    }
    return (reflected ? one - d : d) + random >= one;
}

static int stochastic_step(enum rounding q, const struct rounding_case *c)
{
    if (c->rest.rem == 0) return 0; /* exactly representable values never move */
    const bool up = stochastic_up(q, c);
    return c->negative && c->sign == SIGN_COMPLEMENT ? !up : up;
}

int rounding_step(enum rounding q, const struct rounding_case *c)
{
    const bool inexact = c->rest.rem > 0;
    const int half = inexact ? rounding_half(c->rest) : -1;

    switch (q) {
    case ROUND_RND_CONV:
        return half > 0 || (half == 0 && c->odd);
    case ROUND_RND:
        return half > 0 || (half == 0 && !c->negative);
    case ROUND_RND_MIN_INF:
        return half > 0 || (half == 0 && c->negative);
    case ROUND_RND_ZERO:
        return half > 0;
    case ROUND_RND_INF:
        return half >= 0;
    case ROUND_RND_CONV_ODD:
        return half > 0 || (half == 0 && !c->odd);
    case ROUND_TRN:
        return inexact && c->negative;
    case ROUND_CEIL:
        return inexact && !c->negative;
    case ROUND_TRN_ZERO:
        return 0;
    case ROUND_AWAY:
        return inexact;
    case ROUND_ODD:
        return inexact && !c->odd;
    case ROUND_JAM: /* f | 1: of an exact even negative value that is one nearer to zero */
        return c->odd ? 0 : (c->negative && !inexact && c->sign == SIGN_COMPLEMENT ? -1 : 1);
    case ROUND_TRN_MAG: /* f + 1 for negative values: truncation if inexact, else one nearer to zero */
        return c->negative && !inexact ? -1 : 0;
    case ROUND_SR:
    case ROUND_SR_MID:
    case ROUND_SR_RNE:
    case ROUND_SR_EQ:
        return stochastic_step(q, c);
    case ROUNDING_COUNT:
        break;
    }
    assert(false);
    return 0;
}
