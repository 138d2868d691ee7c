/* sim/kernels_simd_avx2.h - words shared by the AVX2 kernels. Compile with -mavx2 -mfma. */
#ifndef SIM_KERNELS_SIMD_AVX2_H
#define SIM_KERNELS_SIMD_AVX2_H

#include "sim/kernels.h"

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

/* acc += x, in place. In assembly, because gcc 12 given the intrinsic rotates the accumulators of an unrolled
 * loop through copies and spills: half the speed. */
#define ADD_I16(acc, x) __asm__("vpaddw %1, %0, %0" : "+x"(acc) : "x"(x))
#define ADD_I32(acc, x) __asm__("vpaddd %1, %0, %0" : "+x"(acc) : "x"(x))

/* Four bytes in every lane: one load, no trip through a general register. */
INLINE __m256i broadcast_4(const void *p)
{
    return _mm256_castps_si256(_mm256_broadcast_ss((const float *)p));
}

INLINE __m256i load_i(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

INLINE void store_i(void *p, __m256i v)
{
    _mm256_storeu_si256((__m256i *)p, v);
}

/* acc[0..7] += v, 64-bit sums of 32-bit lanes. */
INLINE void widen_add(int64_t *acc, __m256i v)
{
    const __m256i low = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(v));
    const __m256i high = _mm256_cvtepi32_epi64(_mm256_extracti128_si256(v, 1));
    store_i(acc, _mm256_add_epi64(load_i(acc), low));
    store_i(acc + 4, _mm256_add_epi64(load_i(acc + 4), high));
}

/* v's lanes as doubles: lanes 0..3 (half 0) or 4..7 (half 1). */
INLINE __m256d doubles_of(__m256 v, int half)
{
    return _mm256_cvtps_pd(half ? _mm256_extractf128_ps(v, 1) : _mm256_castps256_ps128(v));
}

/* What conv_notes_add keeps, of eight filters in registers. The square's product is exact: fma is the same as
 * an addition. min and max pass their second operand on when the first is NaN, as `?:` does. */
struct notes_8 {
    __m256d note[CONV_NOTES][2];
};

INLINE void notes_add(struct notes_8 *s, __m128 y, int h)
{
    const __m256d d = _mm256_cvtps_pd(y);

    s->note[CONV_NOTE_SUM][h] = _mm256_add_pd(s->note[CONV_NOTE_SUM][h], d);
    s->note[CONV_NOTE_SQUARE][h] = _mm256_fmadd_pd(d, d, s->note[CONV_NOTE_SQUARE][h]);
    s->note[CONV_NOTE_LEAST][h] = _mm256_min_pd(d, s->note[CONV_NOTE_LEAST][h]);
    s->note[CONV_NOTE_MOST][h] = _mm256_max_pd(d, s->note[CONV_NOTE_MOST][h]);
}

/* Ask for what a pass reads a kilobyte later. */
INLINE void fetch_ahead(const float *x)
{
    _mm_prefetch((const char *)x + 1024, _MM_HINT_T0);
}

#endif
