/* quant/kernels/avx2/philox.h - the random words of quant/random.h for eight blocks at once.
 *
 * The even and the odd blocks live in two vectors of 64-bit lanes of which only the lower halves count: then
 * a product's lower half needs no move and its upper half one shift.
 */
#ifndef QUANT_KERNELS_AVX2_PHILOX_H
#define QUANT_KERNELS_AVX2_PHILOX_H

#include "quant/quantizer.h"

#include <immintrin.h>

#define PHILOX_INLINE static inline __attribute__((always_inline))

/** Round keys, each in every lane. */
struct philox_keys {
    __m256i k0[10], k1[10];
};

PHILOX_INLINE struct philox_keys philox_keys_of(uint64_t seed)
{
    struct philox_keys keys;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);

    for (int i = 0; i < 10; i++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        keys.k0[i] = _mm256_set1_epi64x(k0);
        keys.k1[i] = _mm256_set1_epi64x(k1);
    }
    return keys;
}

/** Word w of blocks block .. block + 7, block a multiple of 8, in lanes 0 .. 7. */
PHILOX_INLINE void philox_words(__m256i word[4], const struct philox_keys *keys, struct random_name name,
                                uint64_t block)
{
    const __m256i m0 = _mm256_set1_epi64x(0xD2511F53), m1 = _mm256_set1_epi64x(0xCD9E8D57);
    const __m256i low = _mm256_set1_epi64x((uint32_t)block),
                  high = _mm256_set1_epi64x((uint32_t)(block >> 32));
    const __m256i stream = _mm256_set1_epi64x(name.stream), step = _mm256_set1_epi64x(name.step);
    __m256i c[2][4] = {{_mm256_add_epi64(low, _mm256_setr_epi64x(0, 2, 4, 6)), high, stream, step},
                       {_mm256_add_epi64(low, _mm256_setr_epi64x(1, 3, 5, 7)), high, stream, step}};

#pragma GCC unroll 10
    for (int i = 0; i < 10; i++)
        for (int half = 0; half < 2; half++) {
            __m256i *x = c[half];
            const __m256i p0 = _mm256_mul_epu32(x[0], m0), p1 = _mm256_mul_epu32(x[2], m1);
            const __m256i t1 = _mm256_xor_si256(x[1], keys->k0[i]), t3 = _mm256_xor_si256(x[3], keys->k1[i]);
            x[0] = _mm256_xor_si256(_mm256_srli_epi64(p1, 32), t1);
            x[1] = p1;
            x[2] = _mm256_xor_si256(_mm256_srli_epi64(p0, 32), t3);
            x[3] = p0;
        }
    for (int w = 0; w < 4; w++)
        word[w] = _mm256_blend_epi32(c[0][w], _mm256_slli_epi64(c[1][w], 32), 0xAA);
}

/** How the random bits of 64 consecutive elements, the first a multiple of 64, come out of words. */
struct draw_lanes {
    struct philox_keys keys;
    struct random_name name;
    __m128i discarded; /* 16 - R or 32 - R */
    bool halves;       /* R <= 16: two elements share a word */
};

PHILOX_INLINE struct draw_lanes draw_lanes_of(const struct quantizer *p, struct draw draw)
{
    const int bits = p->format.random_bits;
    return (struct draw_lanes){.keys = philox_keys_of(draw.name.seed),
                               .name = draw.name,
                               .discarded = _mm_cvtsi32_si128(bits <= 16 ? 16 - bits : 32 - bits),
                               .halves = bits <= 16};
}

/** R bits of the elements first + 8 j + lane in random[j], j < 8. */
PHILOX_INLINE void draw_lanes_64(__m256i random[8], const struct draw_lanes *d, bool halves, uint64_t first)
{
    if (halves) {
        __m256i word[4];
        philox_words(word, &d->keys, d->name, 8 * (first >> 6));
        for (int j = 0; j < 4; j++) {
            random[j] = _mm256_srl_epi32(_mm256_and_si256(word[j], _mm256_set1_epi32(0xFFFF)), d->discarded);
            random[j + 4] = _mm256_srl_epi32(_mm256_srli_epi32(word[j], 16), d->discarded);
        }
    } else {
        philox_words(random, &d->keys, d->name, 8 * (first >> 5));
        philox_words(random + 4, &d->keys, d->name, 8 * (first >> 5) + 8);
        for (int j = 0; j < 8; j++)
            random[j] = _mm256_srl_epi32(random[j], d->discarded);
    }
}

/** a > b as unsigned integers. */
PHILOX_INLINE __m256i above_u32(__m256i a, __m256i b)
{
    const __m256i top = _mm256_set1_epi32(INT32_MIN);
    return _mm256_cmpgt_epi32(_mm256_xor_si256(a, top), _mm256_xor_si256(b, top));
}

/** An integer 0 <= a < 2^32 in binary32 as one of 32 bits. */
PHILOX_INLINE __m256i integer_u32(__m256 a)
{
    const __m256 high =
        _mm256_round_ps(_mm256_mul_ps(a, _mm256_set1_ps(0x1p-16f)), _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
    const __m256 low = _mm256_fnmadd_ps(high, _mm256_set1_ps(0x1p16f), a);
    return _mm256_or_si256(_mm256_slli_epi32(_mm256_cvttps_epi32(high), 16), _mm256_cvttps_epi32(low));
}

#endif
