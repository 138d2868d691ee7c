/* quant/kernels/avx2/float32.c - small floats over float32 arrays, but for those with the exponents of
 * float32. */
#ifdef __AVX2__
#include "quant/kernels/avx2/lanes_f32.h"
#include "quant/kernels/avx2/float_table.h"

quantizer_kernel *float_kernel_f32(enum rounding q, bool inf, bool fnuz)
{
    return float_kernels[q][inf][fnuz];
}
#endif
