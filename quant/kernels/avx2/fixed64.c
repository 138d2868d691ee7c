/* quant/kernels/avx2/fixed64.c - fixed point over float64 arrays. */
#ifdef __AVX2__
#include "quant/kernels/avx2/lanes_f64.h"
#include "quant/kernels/avx2/fixed_table.h"

quantizer_kernel *fixed_kernel_f64(enum rounding q, int overflow, bool guard)
{
    return fixed_kernels[q][overflow][guard];
}
#endif
