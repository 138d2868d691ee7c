/* quant/kernels/avx2/floatwide.c - bfloat16 and its like over float32 arrays: eight exponent bits, fewer
 * mantissa bits.
 *
 * Codes of the target are codes of float32 without their last s bits, subnormals and infinity included, so
 * that rounding is one integer addition and a mask, and overflow the carry into the exponent of infinity.
 */
#ifdef __AVX2__
#include "quant/kernels/avx2/lanes_f32.h"
#include "quant/kernels/kernel.h"

struct wide_lanes {
    __m256i keep;             /* mask of the bits that stay */
    __m256i rest, half, unit; /* 2^s - 1, 2^(s-1), 2^s */
    __m256i max;
    __m128i shift;
};

LANES_INLINE struct wide_lanes wide_lanes_of(const struct quantizer *p)
{
    const int s = LANES_MANTISSA - p->constants.mantissa_bits;
    return (struct wide_lanes){.keep = _mm256_set1_epi32(-(1 << s)),
                               .rest = _mm256_set1_epi32((1 << s) - 1),
                               .half = _mm256_set1_epi32(1 << (s - 1)),
                               .unit = _mm256_set1_epi32(1 << s),
                               .max = _mm256_castps_si256(lanes_set(p->constants.high)),
                               .shift = _mm_cvtsi32_si128(s)};
}

/* What to add to the magnitude's code before it is cut; `negative` is all ones for negative x. */
LANES_INLINE __m256i wide_addend(__m256i a, __m256i negative, const struct wide_lanes *k, enum rounding q)
{
    const __m256i one = _mm256_set1_epi32(1), below = _mm256_sub_epi32(k->half, one);
    const __m256i odd = _mm256_and_si256(_mm256_srl_epi32(a, k->shift), one);

    switch (q) {
    case ROUND_TRN_ZERO:
        return _mm256_setzero_si256();
    case ROUND_AWAY:
        return k->rest;
    case ROUND_CEIL:
        return _mm256_andnot_si256(negative, k->rest);
    case ROUND_TRN:
        return _mm256_and_si256(negative, k->rest);
    case ROUND_RND_INF:
        return k->half;
    case ROUND_RND_ZERO:
        return below;
    case ROUND_RND:
        return _mm256_add_epi32(k->half, negative);
    case ROUND_RND_MIN_INF:
        return _mm256_sub_epi32(below, negative);
    case ROUND_RND_CONV_ODD:
        return _mm256_sub_epi32(k->half, odd);
    case ROUND_ODD: /* an even code moves up if anything is cut */
        return _mm256_andnot_si256(_mm256_cmpeq_epi32(odd, one), k->rest);
    default:
        return _mm256_add_epi32(below, odd);
    }
}

LANES_INLINE void wide_loop(const struct quantizer *p, void *y, const void *x, size_t n, enum rounding q,
                            bool inf)
{
    const struct wide_lanes k = wide_lanes_of(p);
    const lanes nan = lanes_set(p->constants.nan);

#pragma GCC unroll 4
    for (size_t i = 0; i < n; i += LANES) {
        lanes_fetch(x, i);
        const lanes v = lanes_load(x, i);
        const __m256i a = _mm256_castps_si256(lanes_unless(lanes_sign_bit(), v));
        const __m256i negative = _mm256_srai_epi32(_mm256_castps_si256(v), 31);
        __m256i r = _mm256_and_si256(_mm256_add_epi32(a, wide_addend(a, negative, &k, q)), k.keep);
        if (!inf) r = _mm256_min_epi32(r, k.max);
        const lanes signed_r = lanes_or(_mm256_castsi256_ps(r), lanes_and(v, lanes_sign_bit()));
        lanes_store(y, i, lanes_blend(signed_r, nan, lanes_is_nan(v)));
    }
}

#define WIDE_KERNEL(q)                                                                                       \
    static void wide_##q##_sat(const struct quantizer *p, void *y, const void *x, size_t n,                  \
                               struct draw draw)                                                             \
    {                                                                                                        \
        (void)draw;                                                                                          \
        wide_loop(p, y, x, n, ROUND_##q, false);                                                             \
    }                                                                                                        \
    static void wide_##q##_inf(const struct quantizer *p, void *y, const void *x, size_t n,                  \
                               struct draw draw)                                                             \
    {                                                                                                        \
        (void)draw;                                                                                          \
        wide_loop(p, y, x, n, ROUND_##q, true);                                                              \
    }

FLOAT_ROUNDING_LIST(WIDE_KERNEL)

quantizer_kernel *floatwide_kernel(enum rounding q, bool inf)
{
    static quantizer_kernel *const kernels[ROUNDING_COUNT][2] = {
#define X(q) [ROUND_##q] = {wide_##q##_sat, wide_##q##_inf},
        FLOAT_ROUNDING_LIST(X)
#undef X
    };
    return kernels[q][inf];
}
#endif
