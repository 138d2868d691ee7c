/* sim/kernels/avx2/simd.h - words shared by the AVX2 kernels. Compile with -mavx2 -mfma. */
#ifndef SIM_KERNELS_AVX2_SIMD_H
#define SIM_KERNELS_AVX2_SIMD_H

#include "sim/kernels/kernels.h"

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

/* Eight doubles that are floats, as such. */
INLINE __m256 floats_of(__m256d low, __m256d high)
{
    return _mm256_set_m128(_mm256_cvtpd_ps(high), _mm256_cvtpd_ps(low));
}

/* What conv_notes_add keeps, of eight filters in registers. The square's product is exact: fma is the same as
 * an addition. min and max pass their second operand on when the first is NaN, as `?:` does. */
struct notes_8 {
    __m256d sum[2], square[2];
    __m256 least, most;
};

INLINE void notes_add(struct notes_8 *s, __m128 low, __m128 high, bool ends)
{
    const __m256 y = _mm256_set_m128(high, low);

    UNROLL for (int h = 0; h < 2; h++)
    {
        const __m256d d = _mm256_cvtps_pd(h ? high : low);
        s->sum[h] = _mm256_add_pd(s->sum[h], d);
        s->square[h] = _mm256_fmadd_pd(d, d, s->square[h]);
    }
    if (!ends) return;
    s->least = _mm256_min_ps(y, s->least);
    s->most = _mm256_max_ps(y, s->most);
}

/* From and to rows of notes, `pitch` doubles apart. */
INLINE struct notes_8 notes_load(const double *notes, ptrdiff_t pitch, bool ends)
{
    const double *const least = notes + CONV_NOTE_LEAST * pitch, *const most = notes + CONV_NOTE_MOST * pitch;
    struct notes_8 s = {.least = _mm256_setzero_ps(), .most = _mm256_setzero_ps()};

    UNROLL for (int h = 0; h < 2; h++)
    {
        s.sum[h] = _mm256_loadu_pd(notes + CONV_NOTE_SUM * pitch + 4 * h);
        s.square[h] = _mm256_loadu_pd(notes + CONV_NOTE_SQUARE * pitch + 4 * h);
    }
    if (!ends) return s;
    s.least = floats_of(_mm256_loadu_pd(least), _mm256_loadu_pd(least + 4));
    s.most = floats_of(_mm256_loadu_pd(most), _mm256_loadu_pd(most + 4));
    return s;
}

INLINE void notes_store(double *notes, ptrdiff_t pitch, const struct notes_8 *s, bool ends)
{
    UNROLL for (int h = 0; h < 2; h++)
    {
        _mm256_storeu_pd(notes + CONV_NOTE_SUM * pitch + 4 * h, s->sum[h]);
        _mm256_storeu_pd(notes + CONV_NOTE_SQUARE * pitch + 4 * h, s->square[h]);
        if (!ends) continue;
        _mm256_storeu_pd(notes + CONV_NOTE_LEAST * pitch + 4 * h, doubles_of(s->least, h));
        _mm256_storeu_pd(notes + CONV_NOTE_MOST * pitch + 4 * h, doubles_of(s->most, h));
    }
}

/* Ask for what a pass reads a kilobyte later. */
INLINE void fetch_ahead(const float *x)
{
    _mm_prefetch((const char *)x + 1024, _MM_HINT_T0);
}

#endif
