/* quant/kernels/kernel.h - which SIMD kernel a quantizer gets. Internal to the library.
 *
 * A kernel equals the reference bit for bit; a quantizer without one uses the reference. To add a kernel: its
 * file, its declaration below, the formats it serves and their constants in kernel.c, its rows in
 * tests/quant/test_kernel.c and tests/bench/exhaustive_quant.c.
 */
#ifndef QUANT_KERNELS_KERNEL_H
#define QUANT_KERNELS_KERNEL_H

#include "quant/quantizer.h"

/** Set p->kernel, p->step and p->constants, if this processor and this format have a kernel. */
void kernel_choose(struct quantizer *p);

/** Deterministic roundings of floats that have kernels. */
#define FLOAT_ROUNDING_LIST(X)                                                                               \
    X(RND_CONV)                                                                                              \
    X(RND) X(RND_MIN_INF) X(RND_ZERO) X(RND_INF) X(RND_CONV_ODD) X(TRN) X(CEIL) X(TRN_ZERO) X(AWAY) X(ODD)

/** overflow: 0 saturates, 1 gives zero, 2 wraps. guard: fl < 0. NULL where there is none. */
quantizer_kernel *fixed_kernel_f32(enum rounding q, int overflow, bool guard);
quantizer_kernel *fixed_kernel_f64(enum rounding q, int overflow, bool guard);

/** inf: overflow to infinity or NaN instead of saturating. wide: the exponents of float32. */
quantizer_kernel *float_kernel_f32(enum rounding q, bool inf, bool fnuz);
quantizer_kernel *float_kernel_f64(enum rounding q, bool inf, bool fnuz);
quantizer_kernel *floatwide_kernel(enum rounding q, bool inf);

/** Stochastic rounding (ROUND_SR); halves: R <= 16. They take 64 elements at once. */
quantizer_kernel *fixed_sr_kernel_f32(int overflow, bool halves);
quantizer_kernel *fixed_sr_kernel_small(void);                /* saturating, wl + R <= 30, fl + R >= 0 */
quantizer_kernel *fixed_sr_kernel_carry(void);                /* saturating, R > 16, wl <= 30, fl >= 0 */
quantizer_kernel *float_sr_kernel_small(bool inf, bool fnuz); /* m + R <= 29 */
quantizer_kernel *float_sr_kernel_f32(bool wide, bool inf, bool halves);

/** MX and block floating point; one step is a block. */
quantizer_kernel *block_kernel_f32(enum family family, enum rounding q);

#endif
