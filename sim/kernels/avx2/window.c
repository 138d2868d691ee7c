/* sim/kernels/avx2/window.c - sums of codes under convolution windows: of pixels, of columns, of windows. */
#include "sim/kernels/avx2/simd.h"
#include "sim/kernels/avx2/tile.h"

/* Sum of one pixel, 16 and 8 codes at a time, the last ones masked (the image may be read 7 bytes too
 * far). */
INLINE int32_t pixel_sum_u8(const uint8_t *x, int c)
{
    __m128i sum = _mm_setzero_si128();
    int i = 0;

    for (; i + 16 <= c; i += 16)
        sum =
            _mm_add_epi64(sum, _mm_sad_epu8(_mm_loadu_si128((const __m128i *)(x + i)), _mm_setzero_si128()));
    sum = _mm_add_epi64(sum, _mm_srli_si128(sum, 8));
    for (; i < c; i += 8) {
        const uint64_t mask = c - i >= 8 ? UINT64_MAX : ((uint64_t)1 << 8 * (c - i)) - 1;
        const __m128i codes =
            _mm_and_si128(_mm_loadl_epi64((const __m128i *)(x + i)), _mm_cvtsi64_si128((int64_t)mask));
        sum = _mm_add_epi64(sum, _mm_sad_epu8(codes, _mm_setzero_si128()));
    }
    return _mm_cvtsi128_si32(sum);
}

INLINE int32_t pixel_sum_s16(const int16_t *x, int c)
{
    __m128i sum = _mm_setzero_si128();
    int32_t rest = 0;
    int i = 0;

    for (; i + 8 <= c; i += 8)
        sum =
            _mm_add_epi32(sum, _mm_madd_epi16(_mm_loadu_si128((const __m128i *)(x + i)), _mm_set1_epi16(1)));
    for (; i < c; i++)
        rest += x[i];
    sum = _mm_add_epi32(sum, _mm_srli_si128(sum, 8));
    sum = _mm_add_epi32(sum, _mm_srli_si128(sum, 4));
    return _mm_cvtsi128_si32(sum) + rest;
}

INLINE void pixel_sums(int32_t *sum, const void *codes, bool bytes, size_t pixels, int c)
{
    for (size_t p = 0; p < pixels; p++)
        sum[p] = bytes ? pixel_sum_u8((const uint8_t *)codes + p * c, c)
                       : pixel_sum_s16((const int16_t *)codes + p * c, c);
}

/* The frequent channel counts as constants. */
static void all_pixel_sums(int32_t *sum, const void *codes, bool bytes, size_t pixels, int c)
{
    if (bytes && c == 16)
        pixel_sums(sum, codes, true, pixels, 16);
    else if (!bytes && c == 16)
        pixel_sums(sum, codes, false, pixels, 16);
    else if (bytes)
        pixel_sums(sum, codes, true, pixels, c);
    else
        pixel_sums(sum, codes, false, pixels, c);
}

/* In eights: up to 7 elements too many are read from `room`, and written to `window` before the next row
 * is. */
void avx2_window_sums(double *window, int32_t *room, const void *codes, bool bytes,
                      const struct conv_shape *s)
{
    const int width = s->w + 2 * s->pad, height = s->h + 2 * s->pad, kernel = s->kernel, stride = s->stride;
    int32_t *const pixel = room, *const column = room + (ptrdiff_t)width * height;
    int32_t *const sum = column + width + 8;

    all_pixel_sums(pixel, codes, bytes, (size_t)width * height, s->c / s->groups);
    for (int oy = 0; oy < s->oh; oy++, window += s->ow) {
        const int32_t *const top = pixel + (ptrdiff_t)oy * stride * width;
        for (int x = 0; x < width; x += 8) {
            __m256i v = load_i(top + x);
            for (int ky = 1; ky < kernel; ky++)
                v = _mm256_add_epi32(v, load_i(top + ky * width + x));
            store_i(column + x, v);
        }
        for (int x = 0; x < width - kernel + 1; x += 8) {
            __m256i v = load_i(column + x);
            for (int kx = 1; kx < kernel; kx++)
                v = _mm256_add_epi32(v, load_i(column + x + kx));
            if (stride > 1) {
                store_i(sum + x, v);
                continue;
            }
            _mm256_storeu_pd(window + x, _mm256_cvtepi32_pd(_mm256_castsi256_si128(v)));
            _mm256_storeu_pd(window + x + 4, _mm256_cvtepi32_pd(_mm256_extracti128_si256(v, 1)));
        }
        for (int x = 0; stride > 1 && x < s->ow; x++)
            window[x] = sum[x * stride];
    }
}
