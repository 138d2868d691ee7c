/* quant/kernels/avx2/lanes_f64.h - four binary64 lanes of AVX2: the same names as
 * quant/kernels/avx2/lanes_f32.h, where they are explained. */
#ifndef QUANT_KERNELS_AVX2_LANES_F64_H
#define QUANT_KERNELS_AVX2_LANES_F64_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef __m256d lanes;

enum { LANES = 4, LANES_MANTISSA = 52, LANES_BIAS = 1023 };

#define LANES_INLINE static inline __attribute__((always_inline, unused))

LANES_INLINE lanes lanes_load(const void *x, size_t i)
{
    return _mm256_loadu_pd((const double *)x + i);
}
/** Ask for what is read a kilobyte later: kernels of 20 operations fill the reorder window before they reach
 * it. */
LANES_INLINE void lanes_fetch(const void *x, size_t i)
{
    _mm_prefetch((const char *)((const double *)x + i) + 1024, _MM_HINT_T0);
}

LANES_INLINE void lanes_store(void *y, size_t i, lanes v)
{
    _mm256_storeu_pd((double *)y + i, v);
}
LANES_INLINE lanes lanes_set(double x)
{
    return _mm256_set1_pd(x);
}
LANES_INLINE lanes lanes_add(lanes a, lanes b)
{
    return _mm256_add_pd(a, b);
}
LANES_INLINE lanes lanes_sub(lanes a, lanes b)
{
    return _mm256_sub_pd(a, b);
}
LANES_INLINE lanes lanes_mul(lanes a, lanes b)
{
    return _mm256_mul_pd(a, b);
}
LANES_INLINE lanes lanes_fma(lanes a, lanes b, lanes c)
{
    return _mm256_fmadd_pd(a, b, c);
}

LANES_INLINE lanes lanes_fnma(lanes a, lanes b, lanes c)
{
    return _mm256_fnmadd_pd(a, b, c);
}

LANES_INLINE lanes lanes_min(lanes a, lanes b)
{
    return _mm256_min_pd(a, b);
}
LANES_INLINE lanes lanes_max(lanes a, lanes b)
{
    return _mm256_max_pd(a, b);
}
LANES_INLINE lanes lanes_and(lanes a, lanes b)
{
    return _mm256_and_pd(a, b);
}
LANES_INLINE lanes lanes_or(lanes a, lanes b)
{
    return _mm256_or_pd(a, b);
}

LANES_INLINE lanes lanes_unless(lanes a, lanes b)
{
    return _mm256_andnot_pd(a, b);
}

LANES_INLINE lanes lanes_blend(lanes a, lanes b, lanes mask)
{
    return _mm256_blendv_pd(a, b, mask);
}
LANES_INLINE lanes lanes_lt(lanes a, lanes b)
{
    return _mm256_cmp_pd(a, b, _CMP_LT_OQ);
}
LANES_INLINE lanes lanes_eq(lanes a, lanes b)
{
    return _mm256_cmp_pd(a, b, _CMP_EQ_OQ);
}
LANES_INLINE lanes lanes_ne(lanes a, lanes b)
{
    return _mm256_cmp_pd(a, b, _CMP_NEQ_OQ);
}
LANES_INLINE lanes lanes_is_nan(lanes a)
{
    return _mm256_cmp_pd(a, a, _CMP_UNORD_Q);
}
LANES_INLINE lanes lanes_is_number(lanes a)
{
    return _mm256_cmp_pd(a, a, _CMP_ORD_Q);
}
LANES_INLINE lanes lanes_rint(lanes a)
{
    return _mm256_round_pd(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
LANES_INLINE lanes lanes_floor(lanes a)
{
    return _mm256_round_pd(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
LANES_INLINE lanes lanes_ceil(lanes a)
{
    return _mm256_round_pd(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
}
LANES_INLINE lanes lanes_trunc(lanes a)
{
    return _mm256_round_pd(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}
LANES_INLINE lanes lanes_sign_bit(void)
{
    return _mm256_set1_pd(-0.0);
}

/* Exponents live in the upper words, and the lower ones of all operands are 0: 32-bit maxima do. */
LANES_INLINE lanes lanes_power(lanes a, lanes low, lanes high)
{
    const __m256i field = _mm256_and_si256(_mm256_castpd_si256(a), _mm256_set1_epi64x(0x7FF0000000000000));
    const __m256i raised = _mm256_max_epi32(field, _mm256_castpd_si256(low));
    return _mm256_castsi256_pd(_mm256_min_epi32(raised, _mm256_castpd_si256(high)));
}

LANES_INLINE lanes lanes_shift(int k)
{
    return _mm256_castsi256_pd(_mm256_set1_epi64x((int64_t)k * (INT64_C(1) << LANES_MANTISSA)));
}
LANES_INLINE lanes lanes_shifted(lanes a, lanes shift)
{
    return _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a), _mm256_castpd_si256(shift)));
}

LANES_INLINE lanes lanes_less_one(lanes a, lanes mask)
{
    return _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a), _mm256_castpd_si256(mask)));
}

LANES_INLINE lanes lanes_with_last_bit(lanes a, lanes mask)
{
    return lanes_or(a, lanes_and(mask, _mm256_castsi256_pd(_mm256_set1_epi64x(1))));
}

#endif
