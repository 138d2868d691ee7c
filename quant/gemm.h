/* quant/gemm.h - integer matrix products in accumulators of a given width, and back to small integers.
 *
 * Wrapping is a ring homomorphism: sums are formed modulo 2^64 in any order and wrapped once. Saturation
 * depends on the order, k ascending, each sum clamped; where sum |a| |b| proves that nothing can saturate the
 * order does not matter and the sum is formed freely.
 */
#ifndef QUANT_GEMM_H
#define QUANT_GEMM_H

#include "quant/format.h"
#include "quant/rounding.h"

#include <stddef.h>
#include <stdint.h>

enum gemm_overflow { GEMM_WRAP, GEMM_SATURATE };

/** Zero-initialize; calls add to it. */
struct gemm_report {
    uint64_t outputs, proven; /* outputs; those that cannot overflow in any order */
    uint64_t overflow; /* wrap: outputs whose exact sum is outside; saturate: additions that were clamped */
    int safe_bits;     /* the smallest two's complement width in which no order of any sum overflows */
};

/**
 * c[m][n] = a[m][k] b[k][n], row-major, in two's complement of `bits` (2..64).
 *
 * |a|, |b| < 2^31 and k < 2^32. report may be NULL.
 */
void gemm_integer(int64_t *c, const int32_t *a, const int32_t *b, size_t m, size_t n, size_t k, int bits,
                  enum gemm_overflow overflow, struct gemm_report *report);

/** How an int32 sum times a real scale becomes a small integer. To add a way: its row here, its case in
 * gemm.c. */
enum gemm_requantize {
    REQUANTIZE_EXACT,    /* one rounding, by `rounding`, of the exact product */
    REQUANTIZE_GEMMLOWP, /* gemmlowp, TensorFlow Lite: doubling high product with ties up, then a shift with
                            ties away */
    REQUANTIZE_SINGLE    /* TensorFlow Lite's single rounding: ties up */
};

/** The scale is multiplier 2^(shift - 31); 2^30 <= multiplier < 2^31, -31 <= shift <= 30. */
struct requantizer {
    enum gemm_requantize way;
    enum rounding rounding; /* REQUANTIZE_EXACT; not stochastic */
    int32_t multiplier;
    int shift;
    int32_t zero, low, high; /* the result is clamp(R(x scale) + zero, low, high) */
};

/** Multiplier and shift nearest to scale, 2^-31 <= scale < 2^30. STATUS_INPUT outside. */
STATUS_MUST_CHECK enum status gemm_requantizer_scale(struct requantizer *r, double scale);

/** y[i] of x[i]. */
void gemm_requantize(int32_t *y, const int32_t *x, size_t n, const struct requantizer *r);

#endif
