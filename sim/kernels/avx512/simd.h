/* sim/kernels/avx512/simd.h - words shared by the AVX-512 kernels, besides those of avx2/simd.h. */
#ifndef SIM_KERNELS_AVX512_SIMD_H
#define SIM_KERNELS_AVX512_SIMD_H

#include "sim/kernels/avx2/simd.h"

#include <string.h>

/* Keep an accumulator where it is: see ADD_I16 in avx2/simd.h. */
#define PIN(acc) __asm__("" : "+v"(acc))

/* Four bytes in every lane. */
INLINE __m512i broadcast_16(const void *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return _mm512_set1_epi32(v);
}

/* acc[0..15] += v, 64-bit sums of 32-bit lanes. */
INLINE void widen_add_16(int64_t *acc, __m512i v)
{
    widen_add(acc, _mm512_castsi512_si256(v));
    widen_add(acc + 8, _mm512_extracti64x4_epi64(v, 1));
}

#endif
