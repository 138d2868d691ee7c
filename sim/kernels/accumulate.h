/* sim/kernels/accumulate.h - quant/accumulator.h's products, faster where the roundings are deterministic.
 *
 * The values are those of accumulator_gemm, bit for bit, for operands that are finite float32 values. Another
 * operand makes every result of its call NaN, so that a run that diverges shows it.
 */
#ifndef SIM_KERNELS_ACCUMULATE_H
#define SIM_KERNELS_ACCUMULATE_H

#include "quant/accumulator.h"

/** c[m][n] = a[m][k] b[k][n], as accumulator_gemm defines it; row has room for 2 n numbers. */
void accumulate_gemm(double *c, const double *a, const double *b, size_t m, size_t n, size_t k,
                     const struct accumulator *s, double *row);

#endif
