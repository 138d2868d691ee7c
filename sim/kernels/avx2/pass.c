/* sim/kernels/avx2/pass.c - ranges, quantizing and decoding in AVX2. */
#include "sim/kernels/avx2/pass.h"

#include "quant/kernels/avx2/philox.h"
#include "sim/kernels/avx2/range.h"
#include "sim/kernels/ref/ref.h"

struct range avx2_range(const float *x, size_t n)
{
    struct range_8 r[4] = {range_8_empty(), range_8_empty(), range_8_empty(), range_8_empty()};
    size_t i = 0;

    for (; i + 32 <= n; i += 32)
        UNROLL for (int j = 0; j < 4; j++) range_8_see(&r[j], _mm256_loadu_ps(x + i + 8 * j));
    const struct range most = range_8_close(range_8_join(range_8_join(r[0], r[1]), range_8_join(r[2], r[3])));
    return range_normal(affine_range_join(most, affine_range_of(x + i, n - i)));
}

/* --- noise
 * ------------------------------------------------------------------------------------------------- */

/* affine_noise of 16 bits in the low (half 0) or high (half 1) half of each lane; all steps are exact. */
INLINE __m256 noise_of(__m256i word, int half)
{
    const __m256i r = half ? _mm256_srli_epi32(word, 16) : _mm256_and_si256(word, _mm256_set1_epi32(0xFFFF));
    const __m256i odd = _mm256_or_si256(_mm256_slli_epi32(r, 1), _mm256_set1_epi32(1));
    return _mm256_sub_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(odd), _mm256_set1_ps(0x1p-17f)),
                         _mm256_set1_ps(0.5f));
}

/* --- codes ------------------------------------------------------------------------------------------- */

/* An affine map in vectors, and the count of clipped elements, negated. */
struct map_8 {
    __m256 offset, scale, top, above;
    __m256i clipped;
};

INLINE struct map_8 map_8_make(const struct affine *q)
{
    return (struct map_8){_mm256_set1_ps(0.0f - q->zero), _mm256_set1_ps(q->scale), _mm256_set1_ps(q->top),
                          _mm256_set1_ps(q->top + 0.5f), _mm256_setzero_si256()};
}

INLINE size_t map_8_clipped(const struct map_8 *m)
{
    int32_t clipped[8];
    size_t count = 0;

    store_i(clipped, m->clipped);
    for (int i = 0; i < 8; i++)
        count += (uint32_t)-clipped[i];
    return count;
}

/* affine_code of eight elements, with noise or (NULL) without. max and min pass their second operand on when
 * the first is NaN, as `?:`
 * does. */
INLINE __m256i code_8(struct map_8 *m, __m256 x, const __m256 *noise)
{
    const __m256 t = _mm256_div_ps(_mm256_add_ps(x, m->offset), m->scale);
    const __m256 clipped = _mm256_or_ps(_mm256_cmp_ps(t, _mm256_set1_ps(-0.5f), _CMP_LT_OQ),
                                        _mm256_cmp_ps(t, m->above, _CMP_GT_OQ));
    const __m256 low = _mm256_max_ps(noise ? _mm256_add_ps(t, *noise) : t, _mm256_setzero_ps());

    m->clipped = _mm256_add_epi32(m->clipped, _mm256_castps_si256(clipped));
    return _mm256_cvtps_epi32(_mm256_min_ps(low, m->top));
}

/* 32 codes of 32 bits in order to bytes or words. */
INLINE void store_codes(void *codes, size_t i, const __m256i code[4], bool bytes)
{
    const __m256i a = _mm256_packus_epi32(code[0], code[1]), b = _mm256_packus_epi32(code[2], code[3]);

    if (bytes) {
        const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        store_i((uint8_t *)codes + i, _mm256_permutevar8x32_epi32(_mm256_packus_epi16(a, b), order));
    } else {
        store_i((uint16_t *)codes + i, _mm256_permute4x64_epi64(a, 0xD8));
        store_i((uint16_t *)codes + i + 16, _mm256_permute4x64_epi64(b, 0xD8));
    }
}

/* 64 elements, whose noise comes from eight blocks. */
INLINE void encode_64(void *codes, const float *x, size_t i, struct map_8 *m, const struct philox_keys *keys,
                      const struct random_name *noise, uint64_t first, bool bytes)
{
    __m256i word[4], code[4];

    if (noise) philox_words(word, keys, *noise, (first + i) / 64 * 8);
    UNROLL for (int half = 0; half < 2; half++)
    {
        UNROLL for (int j = 0; j < 4; j++)
        {
            const float *const from = x + i + 32 * half + 8 * j;
            const __m256 u = noise ? noise_of(word[j], half) : _mm256_setzero_ps();
            fetch_ahead(from);
            code[j] = code_8(m, _mm256_loadu_ps(from), noise ? &u : NULL);
        }
        store_codes(codes, i + 32 * (size_t)half, code, bytes);
    }
}

INLINE size_t encode_all(void *codes, const float *x, size_t begin, size_t end, const struct affine *q,
                         const struct random_name *noise, uint64_t first, bool bytes)
{
    const struct philox_keys keys = philox_keys_of(noise ? noise->seed : 0);
    struct map_8 m = map_8_make(q);

    for (size_t i = begin; i < end; i += 64)
        encode_64(codes, x, i, &m, &keys, noise, first, bytes);
    return map_8_clipped(&m);
}

/* ref for the elements before the first multiple of 64 of the sequence and behind the last. */
size_t avx2_encode(void *codes, const float *x, size_t n, const struct affine *q,
                   const struct random_name *noise, uint64_t first)
{
    const bool bytes = q->bits <= 8;
    const size_t to_block = noise ? (size_t)(-first % 64) : 0, begin = to_block < n ? to_block : n;
    const size_t end = begin + (n - begin) / 64 * 64;
    size_t clipped = ref_encode(codes, x, begin, q, noise, first);

    if (bytes && noise)
        clipped += encode_all(codes, x, begin, end, q, noise, first, true);
    else if (bytes)
        clipped += encode_all(codes, x, begin, end, q, NULL, first, true);
    else if (noise)
        clipped += encode_all(codes, x, begin, end, q, noise, first, false);
    else
        clipped += encode_all(codes, x, begin, end, q, NULL, first, false);
    return clipped +
           ref_encode((char *)codes + end * code_bytes(q->bits), x + end, n - end, q, noise, first + end);
}

/* Eight outputs of a batch norm behind their ReLU, element `at` and on; *positive as in norm_encode. */
INLINE __m256 normed_8(uint8_t *positive, const struct norm_encode_call *n, size_t at, int channel,
                       __m256 ceiling)
{
    const __m256 zero = _mm256_setzero_ps();
    const __m256 z = _mm256_fmadd_ps(_mm256_loadu_ps(n->y + at), _mm256_loadu_ps(n->scale + channel),
                                     _mm256_loadu_ps(n->shift + channel));
    const __m256 above = _mm256_cmp_ps(z, zero, _CMP_GT_OQ);
    const __m256 low = n->relu ? _mm256_andnot_ps(_mm256_cmp_ps(z, zero, _CMP_LE_OQ), z) : z;

    if (n->ceiling == __builtin_inff()) {
        *positive = (uint8_t)_mm256_movemask_ps(above);
        return low;
    }
    *positive = (uint8_t)_mm256_movemask_ps(_mm256_and_ps(above, _mm256_cmp_ps(z, ceiling, _CMP_LT_OQ)));
    return _mm256_min_ps(ceiling, low); /* a NaN passes: it is the second operand */
}

/* The first `count` elements. The call comes by value, so that what is constant in it is so in the loop. */
INLINE size_t norm_encode_32s(struct norm_encode_call n, size_t count, bool bytes)
{
    const __m256 ceiling = _mm256_set1_ps(n.ceiling);
    struct map_8 m = map_8_make(n.q);
    int channel = 0;

    for (size_t i = 0; i < count; i += 32) {
        __m256i code[4];
        UNROLL for (int j = 0; j < 4; j++)
        {
            const size_t at = i + 8 * j;
            fetch_ahead(n.y + at);
            code[j] = code_8(&m, normed_8(&n.positive[at / 8], &n, at, channel, ceiling), NULL);
            channel = channel + 8 == n.c ? 0 : channel + 8;
        }
        store_codes(n.codes, i, code, bytes);
    }
    return map_8_clipped(&m);
}

size_t avx2_norm_encode(const struct norm_encode_call *call)
{
    const size_t all = call->pixels * call->c, whole = call->c % 8 == 0 ? all / 32 * 32 : 0;
    struct norm_encode_call n = *call;
    size_t clipped;

    if (n.q->bits <= 8 && n.relu && n.ceiling == __builtin_inff()) {
        n.relu = true;
        n.ceiling = __builtin_inff();
        clipped = norm_encode_32s(n, whole, true);
    } else
        clipped = norm_encode_32s(n, whole, n.q->bits <= 8);
    return clipped + ref_norm_encode_part(call, whole, all);
}

void avx2_decode(float *x, struct codes codes, size_t n, const struct affine *q)
{
    const __m256 scale = _mm256_set1_ps(q->scale), zero = _mm256_set1_ps(q->zero);
    const bool bytes = codes.bits <= 8;
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        const __m256i code =
            bytes
                ? _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)((const uint8_t *)codes.data + i)))
                : _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)((const uint16_t *)codes.data + i)));
        _mm256_storeu_ps(x + i, _mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(code), scale), zero));
    }
    const struct codes rest = {(const char *)codes.data + i * code_bytes(codes.bits), codes.bits};
    ref_decode(x + i, rest, n - i, q);
}
