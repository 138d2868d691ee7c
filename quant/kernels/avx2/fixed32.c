/* quant/kernels/avx2/fixed32.c - fixed point over float32 arrays. */
#ifdef __AVX2__
#include "quant/kernels/avx2/lanes_f32.h"
#include "quant/kernels/avx2/fixed_table.h"

quantizer_kernel *fixed_kernel_f32(enum rounding q, int overflow, bool guard)
{
    return fixed_kernels[q][overflow][guard];
}
#endif
