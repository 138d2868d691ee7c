/* quant/accumulator.h - matrix products in modelled accumulators: what a sum becomes when the hardware rounds
 * it.
 *
 * For each output, k ascending, in chunks of c products:
 *
 *     inner = 0;  inner = A(inner + P(a_k b_k)) over the chunk;  outer = B(outer + inner) after it
 *
 * P, A, B are any elementwise formats (fixed point with its overflow, floats, posits) or exact. c = 1 rounds
 * each product into B as a fused multiply-add does; A exact and c = 16 is a tensor core that sums 16 products
 * at once. Every sum is formed exactly before it is rounded, once. Integer accumulators have a faster way:
 * quant/gemm.h.
 */
#ifndef QUANT_ACCUMULATOR_H
#define QUANT_ACCUMULATOR_H

#include "quant/format.h"
#include "quant/random.h"

#include <stddef.h>

/** How the products of an output are added. */
enum sum_order {
    SUM_CHUNKS,  /* as above */
    SUM_KAHAN,   /* compensated, every operation rounded to A (Kahan, 1965) */
    SUM_PAIRWISE /* halves, every sum rounded to A; the first half takes the larger part */
};

/** A format for a value on its way, or none. */
struct stage {
    bool rounds;               /* false: exact, the rest is ignored */
    struct format format;      /* elementwise */
    struct random_name random; /* for a stochastic rounding */
};

struct accumulator {
    enum sum_order order;
    size_t chunk; /* c; 0: all products of an output */
    struct stage product, inner, outer;
};

/** Zero-initialize; calls add to it. */
struct accumulator_report {
    uint64_t roundings, inexact, overflow; /* over all stages */
};

/** STATUS_INPUT unless each stage is elementwise and fits binary64, and Kahan and pairwise sums have a
 * rounded A. */
STATUS_MUST_CHECK enum status accumulator_check(const struct accumulator *s);

/**
 * c[m][n] = a[m][k] b[k][n], row-major. Inputs are finite; an exact result is rounded to binary64, to
 * nearest.
 *
 * Stochastic stages draw, for output o = i n + j: P and A element o k + the index of the product, B element
 * o chunks + the index of the chunk: the same bits in any order and on any number of threads.
 * A sum that becomes NaN or infinite stays so.
 */
void accumulator_gemm(double *c, const double *a, const double *b, size_t m, size_t n, size_t k,
                      const struct accumulator *s, struct accumulator_report *report);

#endif
