/* quant/kernels/avx2/float64.c - small floats over float64 arrays. */
#ifdef __AVX2__
#include "quant/kernels/avx2/lanes_f64.h"
#include "quant/kernels/avx2/float_table.h"

quantizer_kernel *float_kernel_f64(enum rounding q, bool inf, bool fnuz)
{
    return float_kernels[q][inf][fnuz];
}
#endif
