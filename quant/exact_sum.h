/* quant/exact_sum.h - sums and products without rounding, and their first 64 bits rounded to odd.
 *
 * A value rounded to odd keeps in its last bit whether anything was cut, so that rounding it once more, to at
 * most 61 bits, is rounding the exact value: no double rounding (Boldo and Melquiond, 2008).
 */
#ifndef QUANT_EXACT_SUM_H
#define QUANT_EXACT_SUM_H

#include "quant/number.h"

/** a b and a + b of finite numbers, rounded to odd in 64 bits. A zero sum is +0. */
struct number exact_sum_product(struct number a, struct number b);
struct number exact_sum_two(struct number a, struct number b);

/** Bits 2^-2240 to 2^2111 in two's complement: every sum of fewer than 2^60 products of binary64 numbers. */
enum { EXACT_LIMBS = 68, EXACT_BASE = -2240 };

/** Zero-initialize. Source: Kulisch, 1971. */
struct exact_sum {
    uint64_t limb[EXACT_LIMBS]; /* least significant first */
};

/** Add x; add a b. Both finite and from binary64. */
void exact_sum_add(struct exact_sum *s, struct number x);
void exact_sum_add_product(struct exact_sum *s, struct number a, struct number b);

/** The sum, rounded to odd in 64 bits. */
struct number exact_sum_value(const struct exact_sum *s);

#endif
