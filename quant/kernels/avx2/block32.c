/* quant/kernels/avx2/block32.c - MX and block floating point over float32 arrays, blocks of 8 to 64 elements.
 *
 * The scale is a power of two, so that an element on the block's grid is an element on a grid moved by its
 * exponent: the kernels of floats and of fixed point with constants of the block. Blocks with NaN, infinity
 * or exponents at the ends of float32 go to the reference.
 */
#ifdef __AVX2__
#include "quant/kernels/avx2/lanes_f32.h"
#include "quant/kernels/avx2/fixed_lanes.h"
#include "quant/kernels/avx2/float_lanes.h"
#include "quant/kernels/quantizer_ref.h"

enum { EXPONENT_INFINITY = 255 };

/* Code of the largest magnitude: ordered like the magnitudes, NaN above all. */
LANES_INLINE uint32_t block_largest(const float *x, size_t n)
{
    const __m256i magnitude = _mm256_set1_epi32(INT32_MAX);
    __m256i largest = _mm256_setzero_si256();

    for (size_t i = 0; i < n; i += LANES)
        largest =
            _mm256_max_epi32(largest, _mm256_and_si256(_mm256_castps_si256(lanes_load(x, i)), magnitude));
    __m128i m = _mm_max_epi32(_mm256_castsi256_si128(largest), _mm256_extracti128_si256(largest, 1));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4E));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0xB1));
    return (uint32_t)_mm_cvtsi128_si32(m);
}

static void block_by_reference(const struct quantizer *p, float *y, const float *x, size_t n)
{
    const struct draw draw = {.first = 0}; /* kernels of blocks round deterministically */
    quantizer_ref(p, (struct array){y, CARRIER_FLOAT32}, NULL, NULL,
                  (struct array){(void *)x, CARRIER_FLOAT32}, n, draw, NULL);
}

/* 2^k of float32, -126 <= k <= 127. */
LANES_INLINE lanes power(int k)
{
    return lanes_shift(k + LANES_BIAS);
}

/* Exponent of the scale: of the largest, less that of the largest element; one more if SCALE_CEIL must. */
static int mx_exponent(const struct quantizer *p, uint32_t largest)
{
    const int e = (int)(largest >> LANES_MANTISSA) - LANES_BIAS;
    const uint32_t fraction = largest & 0x7FFFFF;
    const bool clips = p->format.block.rule == SCALE_CEIL && fraction > p->constants.top_fraction;
    const int x = e - p->constants.exponent_max + clips;
    return x < -127 ? -127 : x > 127 ? 127 : x;
}

LANES_INLINE void mx_loop(const struct quantizer *p, void *out, const void *in, size_t n, enum rounding q)
{
    const struct quantizer_constants *c = &p->constants;
    const size_t block = (size_t)p->step;
    const bool has_minus_zero = p->format.block.element.flavour != FLAVOUR_FNUZ;
    struct float_lanes k = float_lanes_of(p, q);

    for (size_t at = 0; at < n; at += block) {
        const float *x = (const float *)in + at;
        float *y = (float *)out + at;
        const uint32_t largest = block_largest(x, block);
        const int e = (int)(largest >> LANES_MANTISSA), shift = mx_exponent(p, largest);
        const bool in_reach = shift + c->exponent_min - c->mantissa_bits > -LANES_BIAS &&
                              shift + c->exponent_max + 1 + LANES_MANTISSA - c->mantissa_bits <= LANES_BIAS;
        if (e == 0 || e == EXPONENT_INFINITY || !in_reach) {
            block_by_reference(p, y, x, block);
            continue;
        }
        k.power_low = power(shift + c->exponent_min);
        k.power_high = power(shift + c->exponent_max + 1);
        k.max = lanes_mul(lanes_set(c->high), power(shift > 126 ? 126 : shift));
        for (size_t i = 0; i < block; i += LANES) {
            const lanes v = lanes_load(x, i), a = lanes_unless(lanes_sign_bit(), v);
            const lanes r = float_round(a, lanes_power(a, k.power_low, k.power_high), &k, q);
            lanes_store(y, i, float_finish(r, v, &k, q, false, has_minus_zero));
        }
    }
}

/* Does rounding the largest, with either sign, leave -hi..hi? */
LANES_INLINE bool bfp_carries(lanes t, lanes high, enum rounding q)
{
    const lanes up = fixed_round(t, q), down = fixed_round(lanes_or(t, lanes_sign_bit()), q);
    const lanes outside = lanes_or(lanes_lt(high, up), lanes_lt(down, lanes_sub(lanes_set(0.0), high)));
    return _mm256_movemask_ps(outside) != 0;
}

LANES_INLINE void bfp_loop(const struct quantizer *p, void *out, const void *in, size_t n, enum rounding q)
{
    const struct block_format *b = &p->format.block;
    const size_t block = (size_t)p->step;
    const int half = 1 << (b->exponent_bits - 1);
    struct fixed_lanes c = fixed_lanes_of(p);

    for (size_t at = 0; at < n; at += block) {
        const float *x = (const float *)in + at;
        float *y = (float *)out + at;
        const uint32_t largest = block_largest(x, block);
        const int field = (int)(largest >> LANES_MANTISSA), e = field - LANES_BIAS;
        int exponent = e < -half ? -half : e > half - 1 ? half - 1 : e;
        int unit = exponent - b->bits + 2;
        if (field == 0 || field == EXPONENT_INFINITY || unit < -125 || unit > 125 || exponent < e) {
            block_by_reference(p, y, x, block);
            continue;
        }
        if (b->rule == SCALE_CEIL && exponent < half - 1) {
            const lanes t = lanes_mul(_mm256_castsi256_ps(_mm256_set1_epi32((int)largest)), power(-unit));
            unit += bfp_carries(t, c.high, q);
        }
        c.up = power(-unit);
        c.down = power(unit);
        for (size_t i = 0; i < block; i += LANES) {
            const lanes v = lanes_load(x, i);
            lanes_store(y, i, fixed_finish(fixed_round(lanes_mul(v, c.up), q), v, &c, OVERFLOW_SAT));
        }
    }
}

#define BLOCK_KERNEL(kind, q)                                                                                \
    static void kind##_##q(const struct quantizer *p, void *y, const void *x, size_t n, struct draw draw)    \
    {                                                                                                        \
        (void)draw;                                                                                          \
        kind##_loop(p, y, x, n, ROUND_##q);                                                                  \
    }
/* Roundings that need nothing of values lost in the product with the scale. */
#define BLOCK_ROUNDING_LIST(X) X(RND_CONV) X(RND_INF) X(RND_ZERO) X(TRN_ZERO)
#define X(q)                   BLOCK_KERNEL(mx, q) BLOCK_KERNEL(bfp, q)
BLOCK_ROUNDING_LIST(X)
#undef X

quantizer_kernel *block_kernel_f32(enum family family, enum rounding q)
{
    static quantizer_kernel *const kernels[2][ROUNDING_COUNT] = {
        {
#define X(q) [ROUND_##q] = bfp_##q,
            BLOCK_ROUNDING_LIST(X)
#undef X
        },
        {
#define X(q) [ROUND_##q] = mx_##q,
            BLOCK_ROUNDING_LIST(X)
#undef X
        },
    };
    return kernels[family == FAMILY_MX][q];
}
#endif
