/* quant/kernels/avx2/fixed32_sr.c - stochastic rounding of fixed point over float32 arrays: floor(t + r /
 * 2^R). */
#ifdef __AVX2__
#include "quant/kernels/avx2/lanes_f32.h"
#include "quant/kernels/avx2/fixed_lanes.h"
#include "quant/kernels/avx2/philox.h"

/* R <= 16: t = f + v, f = trunc(t), |v| < 1; floor(v 2^R) + r, cut at R bits, is the step from f. */
LANES_INLINE lanes fixed_sr_narrow(lanes t, __m256i random, lanes scale, __m128i bits)
{
    const lanes f = lanes_trunc(t), v = lanes_sub(t, f);
    const __m256i w = _mm256_cvtps_epi32(lanes_floor(lanes_mul(v, scale)));
    const __m256i step = _mm256_sra_epi32(_mm256_add_epi32(w, random), bits);
    return lanes_add(f, _mm256_cvtepi32_ps(step));
}

/* R > 16, on magnitudes: with d = |t| - trunc|t|, a positive t moves away from zero if floor(d 2^R) > 2^R - 1
 * - r, a negative one if ceil(d 2^R) > r. */
LANES_INLINE lanes fixed_sr_wide(lanes t, __m256i random, lanes scale, __m256i ones)
{
    const lanes sign = lanes_and(t, lanes_sign_bit()), a = lanes_unless(lanes_sign_bit(), t);
    const lanes f = lanes_trunc(a), d = lanes_mul(lanes_sub(a, f), scale);
    const __m256i part = integer_u32(lanes_unless(lanes_sign_bit(), lanes_floor(lanes_or(d, sign))));
    const __m256i negative = _mm256_srai_epi32(_mm256_castps_si256(t), 31);
    const __m256i bound = _mm256_xor_si256(random, _mm256_andnot_si256(negative, ones));
    const lanes step = lanes_and(_mm256_castsi256_ps(above_u32(part, bound)), lanes_set(1.0));
    return lanes_or(lanes_add(f, step), sign);
}

LANES_INLINE void fixed_sr_loop(const struct quantizer *p, void *y, const void *x, size_t n, struct draw draw,
                                enum overflow o, bool halves)
{
    const struct fixed_lanes c = fixed_lanes_of(p);
    const struct draw_lanes d = draw_lanes_of(p, draw);
    const int bits = p->format.random_bits;
    const lanes zero = lanes_set(0.0), scale = lanes_set((double)(UINT64_C(1) << bits));
    const lanes tiny =
        lanes_set(p->constants.up < 1.0 ? 0x1p-100 : 0.0); /* what the product with up has lost */
    const __m256i ones = _mm256_set1_epi32((int)(UINT32_MAX >> (32 - bits)));
    const __m128i count = _mm_cvtsi32_si128(bits);

    for (size_t i = 0; i < n; i += 64) {
        __m256i random[8];
        draw_lanes_64(random, &d, halves, draw.first + i);
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            const lanes v = lanes_load(x, i + 8 * (size_t)j);
            lanes t = lanes_mul(v, c.up);
            t = lanes_or(t, lanes_and(lanes_and(lanes_eq(t, zero), lanes_ne(v, zero)), tiny));
            const lanes r = halves ? fixed_sr_narrow(t, random[j], scale, count)
                                   : fixed_sr_wide(t, random[j], scale, ones);
            lanes_store(y, i + 8 * (size_t)j, fixed_finish(r, v, &c, o));
        }
    }
}

/* Few bits: t 2^R, clamped to the ends, is an integer of 31 bits, and the integer t 2^R + r cut at R bits is
 * the code. Beyond the ends rounding and saturation give the end whatever r is. */
static void fixed_sr_small(const struct quantizer *p, void *y, const void *x, size_t n, struct draw draw)
{
    const struct draw_lanes d = draw_lanes_of(p, draw);
    const int bits = p->format.random_bits;
    const double scale = (double)(1 << bits);
    const lanes up = lanes_set(p->constants.up * scale), down = lanes_set(p->constants.down);
    const lanes low = lanes_set(p->constants.low * scale), high = lanes_set(p->constants.high * scale);
    const __m128i count = _mm_cvtsi32_si128(bits);

    for (size_t i = 0; i < n; i += 64) {
        __m256i random[8];
        draw_lanes_64(random, &d, true, draw.first + i);
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            const lanes v = lanes_load(x, i + 8 * (size_t)j);
            const lanes t = lanes_floor(lanes_min(lanes_max(lanes_mul(v, up), low), high));
            const __m256i code = _mm256_sra_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(t), random[j]), count);
            const lanes value = lanes_mul(_mm256_cvtepi32_ps(code), down);
            lanes_store(y, i + 8 * (size_t)j, lanes_and(value, lanes_is_number(v)));
        }
    }
}

/* Saturation without underflow of t: t, clamped to the ends, is i + d with |d| <= 1/2, and the code i plus
 * the floor of (d 2^R + r) / 2^R: a carry out of the lower 32 bits of a sum, and the sign of d. Both terms of
 * the sum are moved up by 32 - R bits, so that the carry leaves them there; at d = 1/2 only these lower bits
 * are right. */
static void fixed_sr_carry(const struct quantizer *p, void *y, const void *x, size_t n, struct draw draw)
{
    const struct fixed_lanes c = fixed_lanes_of(p);
    const struct draw_lanes d = draw_lanes_of(p, draw);
    const int bits = p->format.random_bits;
    const lanes zero = lanes_set(0.0), scale = lanes_set((double)(UINT64_C(1) << bits));
    const __m128i left = _mm_cvtsi32_si128(32 - bits);
    const __m256i one = _mm256_set1_epi32(1);

    for (size_t i = 0; i < n; i += 64) {
        __m256i random[8];
        draw_lanes_64(random, &d, false, draw.first + i);
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            const lanes v = lanes_load(x, i + 8 * (size_t)j);
            const lanes t = lanes_min(lanes_max(lanes_fma(v, c.up, zero), c.low), c.high);
            const __m256i near = _mm256_cvtps_epi32(t), r = _mm256_sll_epi32(random[j], left);
            const lanes part = lanes_sub(t, _mm256_cvtepi32_ps(near));
            const __m256i w = _mm256_cvtps_epi32(lanes_floor(lanes_mul(part, scale)));
            const __m256i sum = _mm256_add_epi32(_mm256_sll_epi32(w, left), r);
            const __m256i no_carry = _mm256_cmpeq_epi32(_mm256_max_epu32(sum, r), sum);
            const __m256i below = _mm256_srai_epi32(_mm256_castps_si256(part), 31);
            const __m256i step = _mm256_add_epi32(_mm256_add_epi32(no_carry, below), one);
            const lanes value = lanes_mul(_mm256_cvtepi32_ps(_mm256_add_epi32(near, step)), c.down);
            lanes_store(y, i + 8 * (size_t)j, lanes_and(value, lanes_is_number(v)));
        }
    }
}

quantizer_kernel *fixed_sr_kernel_carry(void)
{
    return fixed_sr_carry;
}

quantizer_kernel *fixed_sr_kernel_small(void)
{
    return fixed_sr_small;
}

#define FIXED_SR_KERNEL(o)                                                                                   \
    static void fixed_sr16_##o(const struct quantizer *p, void *y, const void *x, size_t n,                  \
                               struct draw draw)                                                             \
    {                                                                                                        \
        fixed_sr_loop(p, y, x, n, draw, OVERFLOW_##o, true);                                                 \
    }                                                                                                        \
    static void fixed_sr32_##o(const struct quantizer *p, void *y, const void *x, size_t n,                  \
                               struct draw draw)                                                             \
    {                                                                                                        \
        fixed_sr_loop(p, y, x, n, draw, OVERFLOW_##o, false);                                                \
    }

FIXED_SR_KERNEL(SAT)
FIXED_SR_KERNEL(SAT_ZERO)
FIXED_SR_KERNEL(WRAP)

quantizer_kernel *fixed_sr_kernel_f32(int overflow, bool halves)
{
    static quantizer_kernel *const kernels[3][2] = {{fixed_sr32_SAT, fixed_sr16_SAT},
                                                    {fixed_sr32_SAT_ZERO, fixed_sr16_SAT_ZERO},
                                                    {fixed_sr32_WRAP, fixed_sr16_WRAP}};
    return kernels[overflow][halves];
}
#endif
