/* quant/kernels/avx2/lanes_f32.h - eight binary32 lanes of AVX2 under names that
 * quant/kernels/avx2/lanes_f64.h shares, so that a kernel is written once for both widths. */
#ifndef QUANT_KERNELS_AVX2_LANES_F32_H
#define QUANT_KERNELS_AVX2_LANES_F32_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef __m256 lanes;

enum { LANES = 8, LANES_MANTISSA = 23, LANES_BIAS = 127 };

#define LANES_INLINE static inline __attribute__((always_inline, unused))

LANES_INLINE lanes lanes_load(const void *x, size_t i)
{
    return _mm256_loadu_ps((const float *)x + i);
}
/** Ask for what is read a kilobyte later: kernels of 20 operations fill the reorder window before they reach
 * it. */
LANES_INLINE void lanes_fetch(const void *x, size_t i)
{
    _mm_prefetch((const char *)((const float *)x + i) + 1024, _MM_HINT_T0);
}

LANES_INLINE void lanes_store(void *y, size_t i, lanes v)
{
    _mm256_storeu_ps((float *)y + i, v);
}
LANES_INLINE lanes lanes_set(double x)
{
    return _mm256_set1_ps((float)x);
}
LANES_INLINE lanes lanes_add(lanes a, lanes b)
{
    return _mm256_add_ps(a, b);
}
LANES_INLINE lanes lanes_sub(lanes a, lanes b)
{
    return _mm256_sub_ps(a, b);
}
LANES_INLINE lanes lanes_mul(lanes a, lanes b)
{
    return _mm256_mul_ps(a, b);
}
/** a b + c and c - a b, rounded once. */
LANES_INLINE lanes lanes_fma(lanes a, lanes b, lanes c)
{
    return _mm256_fmadd_ps(a, b, c);
}

LANES_INLINE lanes lanes_fnma(lanes a, lanes b, lanes c)
{
    return _mm256_fnmadd_ps(a, b, c);
}

/** The second operand where one is NaN. */
LANES_INLINE lanes lanes_min(lanes a, lanes b)
{
    return _mm256_min_ps(a, b);
}
LANES_INLINE lanes lanes_max(lanes a, lanes b)
{
    return _mm256_max_ps(a, b);
}
LANES_INLINE lanes lanes_and(lanes a, lanes b)
{
    return _mm256_and_ps(a, b);
}
LANES_INLINE lanes lanes_or(lanes a, lanes b)
{
    return _mm256_or_ps(a, b);
}

/** b where the mask a is off. */
LANES_INLINE lanes lanes_unless(lanes a, lanes b)
{
    return _mm256_andnot_ps(a, b);
}

/** b where the mask is on, else a. */
LANES_INLINE lanes lanes_blend(lanes a, lanes b, lanes mask)
{
    return _mm256_blendv_ps(a, b, mask);
}
LANES_INLINE lanes lanes_lt(lanes a, lanes b)
{
    return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
}
LANES_INLINE lanes lanes_eq(lanes a, lanes b)
{
    return _mm256_cmp_ps(a, b, _CMP_EQ_OQ);
}
LANES_INLINE lanes lanes_ne(lanes a, lanes b)
{
    return _mm256_cmp_ps(a, b, _CMP_NEQ_OQ);
}
LANES_INLINE lanes lanes_is_nan(lanes a)
{
    return _mm256_cmp_ps(a, a, _CMP_UNORD_Q);
}
LANES_INLINE lanes lanes_is_number(lanes a)
{
    return _mm256_cmp_ps(a, a, _CMP_ORD_Q);
}
LANES_INLINE lanes lanes_rint(lanes a)
{
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
LANES_INLINE lanes lanes_floor(lanes a)
{
    return _mm256_round_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
LANES_INLINE lanes lanes_ceil(lanes a)
{
    return _mm256_round_ps(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
}
LANES_INLINE lanes lanes_trunc(lanes a)
{
    return _mm256_round_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}
LANES_INLINE lanes lanes_sign_bit(void)
{
    return _mm256_set1_ps(-0.0f);
}

/** Only the exponent field of a, between two powers of two: 2^max(e, low), 2^min(e, high). */
LANES_INLINE lanes lanes_power(lanes a, lanes low, lanes high)
{
    const __m256i field = _mm256_and_si256(_mm256_castps_si256(a), _mm256_set1_epi32(0x7F800000));
    const __m256i raised = _mm256_max_epi32(field, _mm256_castps_si256(low));
    return _mm256_castsi256_ps(_mm256_min_epi32(raised, _mm256_castps_si256(high)));
}

/** a 2^k for a power of two a and 2^k a that stays normal. `shift` is lanes_shift(k). */
LANES_INLINE lanes lanes_shift(int k)
{
    return _mm256_castsi256_ps(_mm256_set1_epi32(k * (1 << LANES_MANTISSA)));
}
LANES_INLINE lanes lanes_shifted(lanes a, lanes shift)
{
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), _mm256_castps_si256(shift)));
}

/** The code of a less one where the mask is on. */
LANES_INLINE lanes lanes_less_one(lanes a, lanes mask)
{
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), _mm256_castps_si256(mask)));
}

/** The code of a with its last bit set where the mask is on. */
LANES_INLINE lanes lanes_with_last_bit(lanes a, lanes mask)
{
    return lanes_or(a, lanes_and(mask, _mm256_castsi256_ps(_mm256_set1_epi32(1))));
}

#endif
