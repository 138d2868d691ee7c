/* quant/float32_avx2.c - small floats over float32 arrays, but for those with the exponents of float32. */
#ifdef __AVX2__
#include "quant/lanes_f32.h"
#include "quant/float_table.h"

plan_kernel *float_kernel_f32(enum rounding q, bool inf, bool fnuz)
{
    return float_kernels[q][inf][fnuz];
}
#endif
