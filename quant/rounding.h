/* quant/rounding.h - what every rounding does, written once.
 *
 * An exact value is a magnitude a + rest, a an integer, 0 <= rest < 1, and a sign. Rounding adds a step to a.
 * Fixed point is two's complement: its stochastic roundings, JAM and TRN_MAG look at floor(t) and t -
 * floor(t) of the signed value t; floats round their magnitude. Everything is integer arithmetic.
 *
 * To add a rounding: its row here, its line in rounding_step (rounding.c), its law in
 * tests/quant/test_fixed.c.
 *
 *    name           fixed string    float string    value of t = f + d, f = floor(t), 0 < d < 1 */
#ifndef QUANT_ROUNDING_H
#define QUANT_ROUNDING_H

#include <stdbool.h>
#include <stdint.h>

#define ROUNDING_LIST(X)                                                                                     \
    X(RND_CONV, "rnd_conv", "rne", "nearest, ties to even")                                                  \
    X(RND, "rnd", NULL, "nearest, ties toward +infinity")                                                    \
    X(RND_MIN_INF, "rnd_min_inf", NULL, "nearest, ties toward -infinity")                                    \
    X(RND_ZERO, "rnd_zero", NULL, "nearest, ties toward zero")                                               \
    X(RND_INF, "rnd_inf", "rna", "nearest, ties away from zero")                                             \
    X(RND_CONV_ODD, "rnd_conv_odd", NULL, "nearest, ties to odd")                                            \
    X(TRN, "trn", "rd", "down: f")                                                                           \
    X(CEIL, "ceil", "ru", "up: f + 1")                                                                       \
    X(TRN_ZERO, "trn_zero", "rz", "toward zero")                                                             \
    X(AWAY, "away", NULL, "away from zero")                                                                  \
    X(ODD, "odd", "ro", "the odd one of f and f + 1")                                                        \
    X(JAM, "jam", NULL, "f with its last bit set, exact values too (von Neumann; fixed point only)")         \
    X(TRN_MAG, "trn_mag", NULL, "f plus the sign bit, exact values too (fixed point only)")                  \
    X(SR, "sr", "sr", "stochastic: floor(t + r / 2^R), r of R random bits")                                  \
    X(SR_MID, "sr_mid", "sr_mid", "stochastic without bias: floor(t + (2r + 1) / 2^(R+1))")                  \
    X(SR_RNE, "sr_rne", "sr_rne", "stochastic on d rounded to R bits, ties to even")                         \
    X(SR_EQ, "sr_eq", "sr_eq", "up or down with equal chance")

enum rounding {
#define X(name, fixed, floating, meaning) ROUND_##name,
    ROUNDING_LIST(X)
#undef X
        ROUNDING_COUNT
};

struct rounding_row {
    const char *name;       /* in the strings of fixed point */
    const char *float_name; /* in the strings of floats; NULL: the same as name */
    const char *meaning;
};

/** The row of q. */
const struct rounding_row *rounding_row(enum rounding q);

static inline bool rounding_is_stochastic(enum rounding q)
{
    return q >= ROUND_SR;
}

/** rest = rem / 2^shift, in [0, 1); rem < 2^min(shift, 64). shift 0 is an exact value. */
struct rest {
    uint64_t rem;
    int shift;
};

/** How stochastic bits and directions are read: of the signed value (two's complement) or of its
 * magnitude. */
enum carrier_sign { SIGN_COMPLEMENT, SIGN_MAGNITUDE };

/** One decision to be made: which neighbour a value goes to. */
struct rounding_case {
    struct rest rest;
    bool negative;
    bool odd; /* parity of a (floats: of the code, which differs where there are no mantissa bits) */
    enum carrier_sign sign;
    int random_bits; /* R, 1..32 */
    uint32_t random; /* r < 2^R */
};

/** What to add to the magnitude: 0 or 1; JAM and TRN_MAG of an exact negative value may give -1. */
int rounding_step(enum rounding q, const struct rounding_case *c);

/** Sign of rest - 1/2: -1, 0, 1. */
int rounding_half(struct rest rest);

#endif
