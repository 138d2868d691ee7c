/* sim/kernels/avx2/weave.c - operands of backward-weights: neighbouring pixels woven channel by channel.
 *
 * Channels go 16 (bytes) or 8 (words) at a time. What a step writes too many, the next one overwrites.
 */
#include "sim/kernels/avx2/simd.h"
#include "sim/kernels/avx2/tile.h"

INLINE __m128i load_128(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

INLINE void store_128(void *p, __m128i v)
{
    _mm_storeu_si128((__m128i *)p, v);
}

INLINE void weave_bytes(uint8_t *out, const uint8_t *in, int steps, ptrdiff_t pitch, int c, int center)
{
    const __m128i middle = _mm_set1_epi8((char)center);

    for (; steps > 0; steps--, in += 4 * pitch, out += 4 * c)
        for (int i = 0; i < c; i += 16) {
            const __m128i p0 = load_128(in + i), p1 = load_128(in + pitch + i);
            const __m128i p2 = load_128(in + 2 * pitch + i), p3 = load_128(in + 3 * pitch + i);
            const __m128i low01 = _mm_unpacklo_epi8(p0, p1), high01 = _mm_unpackhi_epi8(p0, p1);
            const __m128i low23 = _mm_unpacklo_epi8(p2, p3), high23 = _mm_unpackhi_epi8(p2, p3);
            uint8_t *const to = out + 4 * i;
            store_128(to, _mm_sub_epi8(_mm_unpacklo_epi16(low01, low23), middle));
            store_128(to + 16, _mm_sub_epi8(_mm_unpackhi_epi16(low01, low23), middle));
            store_128(to + 32, _mm_sub_epi8(_mm_unpacklo_epi16(high01, high23), middle));
            store_128(to + 48, _mm_sub_epi8(_mm_unpackhi_epi16(high01, high23), middle));
        }
}

INLINE void weave_bytes_to_words(int16_t *out, const uint8_t *in, int steps, ptrdiff_t pitch, int c,
                                 int center)
{
    const __m256i middle = _mm256_set1_epi16((int16_t)center);

    for (; steps > 0; steps--, in += 2 * pitch, out += 2 * c)
        for (int i = 0; i < c; i += 16) {
            const __m128i p0 = load_128(in + i), p1 = load_128(in + pitch + i);
            const __m256i low = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(p0, p1));
            const __m256i high = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(p0, p1));
            store_i(out + 2 * i, _mm256_sub_epi16(low, middle));
            store_i(out + 2 * i + 16, _mm256_sub_epi16(high, middle));
        }
}

INLINE void weave_words(int16_t *out, const uint16_t *in, int steps, ptrdiff_t pitch, int c, int center)
{
    const __m128i middle = _mm_set1_epi16((int16_t)center);

    for (; steps > 0; steps--, in += 2 * pitch, out += 2 * c)
        for (int i = 0; i < c; i += 8) {
            const __m128i p0 = load_128(in + i), p1 = load_128(in + pitch + i);
            store_128(out + 2 * i, _mm_sub_epi16(_mm_unpacklo_epi16(p0, p1), middle));
            store_128(out + 2 * i + 8, _mm_sub_epi16(_mm_unpackhi_epi16(p0, p1), middle));
        }
}

/* The frequent channel count as a constant. */
#define DEFINE_WEAVE(name, weave, in_type, out_type)                                                         \
    void name(void *out, const void *in, int steps, ptrdiff_t pitch, int c, int center)                      \
    {                                                                                                        \
        if (c == 16)                                                                                         \
            weave((out_type *)out, (const in_type *)in, steps, pitch, 16, center);                           \
        else                                                                                                 \
            weave((out_type *)out, (const in_type *)in, steps, pitch, c, center);                            \
    }

DEFINE_WEAVE(avx2_weave_bytes, weave_bytes, uint8_t, uint8_t)
DEFINE_WEAVE(avx2_weave_bytes_to_words, weave_bytes_to_words, uint8_t, int16_t)
DEFINE_WEAVE(avx2_weave_words, weave_words, uint16_t, int16_t)
