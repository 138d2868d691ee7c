/* quant/kernels/avx2/float32_sr.c - stochastic rounding of small floats over float32 arrays: |x| / q plus
 * r / 2^R, cut. */
#ifdef __AVX2__
#include "quant/kernels/avx2/lanes_f32.h"
#include "quant/kernels/avx2/float_lanes.h"
#include "quant/kernels/avx2/philox.h"

struct sr_lanes {
    __m256i scale;       /* code of 2^R / q is this minus the code of q */
    __m256i ones;        /* 2^R - 1 */
    __m128i left, right; /* wide: the random bits aligned to the bits that are cut */
};

LANES_INLINE struct sr_lanes sr_lanes_of(const struct quantizer *p)
{
    const int bits = p->format.random_bits, cut = LANES_MANTISSA - p->constants.mantissa_bits;
    return (struct sr_lanes){
        .scale = _mm256_set1_epi32((int)((uint32_t)(2 * LANES_BIAS + bits) << LANES_MANTISSA)),
        .ones = _mm256_set1_epi32((int)(UINT32_MAX >> (32 - bits))),
        .left = _mm_cvtsi32_si128(bits < cut ? cut - bits : 0),
        .right = _mm_cvtsi32_si128(bits > cut ? bits - cut : 0)};
}

LANES_INLINE lanes float_sr(lanes a, lanes power, const struct float_lanes *k, const struct sr_lanes *s,
                            __m256i random, bool halves)
{
    const lanes c = lanes_shifted(power, k->to_c), unit = lanes_shifted(power, k->to_q);
    const lanes r = lanes_sub(lanes_add(a, c), c);
    const lanes cut = lanes_sub(r, lanes_and(lanes_lt(a, r), unit));
    const lanes scale = _mm256_castsi256_ps(_mm256_sub_epi32(s->scale, _mm256_castps_si256(unit)));
    const lanes d = lanes_mul(lanes_sub(a, cut), scale);
    __m256i up;

    if (halves)
        up = _mm256_cmpgt_epi32(_mm256_add_epi32(_mm256_cvttps_epi32(d), random), s->ones);
    else
        up = above_u32(integer_u32(lanes_floor(d)), _mm256_xor_si256(random, s->ones));
    return lanes_add(cut, lanes_and(_mm256_castsi256_ps(up), unit));
}

LANES_INLINE void float_sr_loop(const struct quantizer *p, void *y, const void *x, size_t n, struct draw draw,
                                bool inf, bool halves)
{
    const struct float_lanes k = float_lanes_of(p, ROUND_SR);
    const struct sr_lanes s = sr_lanes_of(p);
    const struct draw_lanes d = draw_lanes_of(p, draw);

    for (size_t i = 0; i < n; i += 64) {
        __m256i random[8];
        draw_lanes_64(random, &d, halves, draw.first + i);
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            const lanes v = lanes_load(x, i + 8 * (size_t)j), a = lanes_unless(lanes_sign_bit(), v);
            const lanes r = float_sr(a, lanes_power(a, k.power_low, k.power_high), &k, &s, random[j], halves);
            lanes_store(y, i + 8 * (size_t)j, float_finish(r, v, &k, ROUND_SR, inf, true));
        }
    }
}

/* Few bits: |x| 2^R / q is an integer of 31 bits, once |x| is not above the power of two that overflows. */
LANES_INLINE void float_sr_small(const struct quantizer *p, void *y, const void *x, size_t n,
                                 struct draw draw, bool inf, bool has_minus_zero)
{
    const struct float_lanes k = float_lanes_of(p, ROUND_SR);
    const struct sr_lanes s = sr_lanes_of(p);
    const struct draw_lanes d = draw_lanes_of(p, draw);
    const __m128i count = _mm_cvtsi32_si128(p->format.random_bits);

    for (size_t i = 0; i < n; i += 64) {
        __m256i random[8];
        draw_lanes_64(random, &d, true, draw.first + i);
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            const lanes v = lanes_load(x, i + 8 * (size_t)j);
            const lanes a = lanes_min(lanes_unless(lanes_sign_bit(), v), k.power_high);
            const lanes unit = lanes_shifted(lanes_power(a, k.power_low, k.power_high), k.to_q);
            const lanes scale = _mm256_castsi256_ps(_mm256_sub_epi32(s.scale, _mm256_castps_si256(unit)));
            const __m256i t = _mm256_add_epi32(_mm256_cvttps_epi32(lanes_mul(a, scale)), random[j]);
            const lanes r = lanes_mul(_mm256_cvtepi32_ps(_mm256_srl_epi32(t, count)), unit);
            lanes_store(y, i + 8 * (size_t)j,
                        float_finish(lanes_or(r, lanes_is_nan(v)), v, &k, ROUND_SR, inf, has_minus_zero));
        }
    }
}

/* The exponents of float32: see quant/kernels/avx2/floatwide.c. */
LANES_INLINE void wide_sr_loop(const struct quantizer *p, void *y, const void *x, size_t n, struct draw draw,
                               bool inf, bool halves)
{
    const struct sr_lanes s = sr_lanes_of(p);
    const struct draw_lanes d = draw_lanes_of(p, draw);
    const __m256i keep = _mm256_set1_epi32(-(1 << (LANES_MANTISSA - p->constants.mantissa_bits)));
    const __m256i max = _mm256_castps_si256(lanes_set(p->constants.high));
    const lanes nan = lanes_set(p->constants.nan);

    for (size_t i = 0; i < n; i += 64) {
        __m256i random[8];
        draw_lanes_64(random, &d, halves, draw.first + i);
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            const lanes v = lanes_load(x, i + 8 * (size_t)j);
            const __m256i a = _mm256_castps_si256(lanes_unless(lanes_sign_bit(), v));
            const __m256i aligned = _mm256_sll_epi32(_mm256_srl_epi32(random[j], s.right), s.left);
            __m256i r = _mm256_and_si256(_mm256_add_epi32(a, aligned), keep);
            if (!inf) r = _mm256_min_epi32(r, max);
            const lanes signed_r = lanes_or(_mm256_castsi256_ps(r), lanes_and(v, lanes_sign_bit()));
            lanes_store(y, i + 8 * (size_t)j, lanes_blend(signed_r, nan, lanes_is_nan(v)));
        }
    }
}

#define FLOAT_SR_KERNEL(kind, suffix, inf, halves)                                                           \
    static void kind##_sr_##suffix(const struct quantizer *p, void *y, const void *x, size_t n,              \
                                   struct draw draw)                                                         \
    {                                                                                                        \
        kind##_sr_loop(p, y, x, n, draw, inf, halves);                                                       \
    }
#define FLOAT_SR_KERNELS(kind)                                                                               \
    FLOAT_SR_KERNEL(kind, sat32, false, false)                                                               \
    FLOAT_SR_KERNEL(kind, sat16, false, true)                                                                \
    FLOAT_SR_KERNEL(kind, inf32, true, false) FLOAT_SR_KERNEL(kind, inf16, true, true)

FLOAT_SR_KERNELS(float)
FLOAT_SR_KERNELS(wide)

#define FLOAT_SR_SMALL(name, inf, has_minus_zero)                                                            \
    static void float_sr_small_##name(const struct quantizer *p, void *y, const void *x, size_t n,           \
                                      struct draw draw)                                                      \
    {                                                                                                        \
        float_sr_small(p, y, x, n, draw, inf, has_minus_zero);                                               \
    }

FLOAT_SR_SMALL(sat, false, true)
FLOAT_SR_SMALL(sat_fnuz, false, false)
FLOAT_SR_SMALL(inf, true, true)
FLOAT_SR_SMALL(inf_fnuz, true, false)

quantizer_kernel *float_sr_kernel_small(bool inf, bool fnuz)
{
    static quantizer_kernel *const kernels[2][2] = {{float_sr_small_sat, float_sr_small_sat_fnuz},
                                                    {float_sr_small_inf, float_sr_small_inf_fnuz}};
    return kernels[inf][fnuz];
}

quantizer_kernel *float_sr_kernel_f32(bool wide, bool inf, bool halves)
{
    static quantizer_kernel *const kernels[2][2][2] = {
        {{float_sr_sat32, float_sr_sat16}, {float_sr_inf32, float_sr_inf16}},
        {{wide_sr_sat32, wide_sr_sat16}, {wide_sr_inf32, wide_sr_inf16}},
    };
    return kernels[wide][inf][halves];
}
#endif
