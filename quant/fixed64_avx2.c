/* quant/fixed64_avx2.c - fixed point over float64 arrays. */
#ifdef __AVX2__
#include "quant/lanes_f64.h"
#include "quant/fixed_table.h"

plan_kernel *fixed_kernel_f64(enum rounding q, int overflow, bool guard)
{
    return fixed_kernels[q][overflow][guard];
}
#endif
