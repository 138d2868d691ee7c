/* sim/kernels/avx2/norm.c - batch norm with ReLU and residual in AVX2, eight channels at a time.
 *
 * Channel counts that are not a multiple of 8 go to ref: no network here has them behind a convolution of
 * weight.
 */
#include "sim/kernels/avx2/pass.h"

#include "sim/kernels/avx2/range.h"
#include "sim/kernels/ref/ref.h"

INLINE struct range norm_forward_8(float *a, uint8_t *positive, const float *y, const float *residual,
                                   const float *scale, const float *shift, size_t pixels, int c, bool relu)
{
    const __m256 zero = _mm256_setzero_ps();
    struct range_8 r = range_8_empty();

    for (size_t p = 0; p < pixels; p++)
        for (int j = 0; j < c; j += 8) {
            const size_t i = p * c + j;
            fetch_ahead(y + i);
            fetch_ahead(a + i);
            if (residual) fetch_ahead(residual + i);
            __m256 z = _mm256_fmadd_ps(_mm256_loadu_ps(y + i), _mm256_loadu_ps(scale + j),
                                       _mm256_loadu_ps(shift + j));
            if (residual) z = _mm256_add_ps(z, _mm256_loadu_ps(residual + i));
            positive[i / 8] = (uint8_t)_mm256_movemask_ps(_mm256_cmp_ps(z, zero, _CMP_GT_OQ));
            if (relu) z = _mm256_andnot_ps(_mm256_cmp_ps(z, zero, _CMP_LE_OQ), z);
            _mm256_storeu_ps(a + i, z);
            range_8_see(&r, z);
        }
    return range_8_close(r);
}

struct range avx2_norm_forward(float *a, uint8_t *positive, const float *y, const float *residual,
                               const float *scale, const float *shift, size_t pixels, int c, bool relu)
{
    if (c % 8 != 0) return ref_norm_forward(a, positive, y, residual, scale, shift, pixels, c, relu);
    if (relu && residual) return norm_forward_8(a, positive, y, residual, scale, shift, pixels, c, true);
    if (relu) return norm_forward_8(a, positive, y, NULL, scale, shift, pixels, c, true);
    if (residual) return norm_forward_8(a, positive, y, residual, scale, shift, pixels, c, false);
    return norm_forward_8(a, positive, y, NULL, scale, shift, pixels, c, false);
}

/* The errors of eight elements behind the ReLU: their bits are one byte of `positive`. */
INLINE __m256 masked_8(const float *dy, const uint8_t *positive, size_t i)
{
    const __m256 d = _mm256_loadu_ps(dy + i);
    if (!positive) return d;

    const __m256i lane_bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i set = _mm256_and_si256(_mm256_set1_epi32(positive[i / 8]), lane_bit);
    return _mm256_and_ps(d, _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, lane_bit)));
}

/* `vectors` groups of eight channels from `from` on: their sums stay in registers over all pixels. */
INLINE void norm_sums_8(double *sums, const float *dy, const uint8_t *positive, const float *y,
                        const float *mean, size_t pixels, int c, int from, int vectors)
{
    __m256d sum[4], product[4];

    UNROLL for (int v = 0; v < 2 * vectors; v++) sum[v] = product[v] = _mm256_setzero_pd();
    for (size_t p = 0; p < pixels; p++)
        UNROLL for (int v = 0; v < vectors; v++)
        {
            const size_t i = p * c + from + 8 * v;
            fetch_ahead(dy + i);
            fetch_ahead(y + i);
            const __m256 d = masked_8(dy, positive, i);
            const __m256 centered =
                _mm256_sub_ps(_mm256_loadu_ps(y + i), _mm256_loadu_ps(mean + from + 8 * v));
            UNROLL for (int h = 0; h < 2; h++)
            {
                const __m256d wide = doubles_of(d, h);
                sum[2 * v + h] = _mm256_add_pd(sum[2 * v + h], wide);
                product[2 * v + h] = _mm256_fmadd_pd(wide, doubles_of(centered, h), product[2 * v + h]);
            }
        }
    UNROLL for (int v = 0; v < 2 * vectors; v++)
    {
        _mm256_storeu_pd(sums + from + 4 * v, sum[v]);
        _mm256_storeu_pd(sums + c + from + 4 * v, product[v]);
    }
}

void avx2_norm_sums(double *sums, const float *dy, const uint8_t *positive, const float *y, const float *mean,
                    size_t pixels, int c)
{
    int from = 0;

    if (c % 8 != 0) {
        ref_norm_sums(sums, dy, positive, y, mean, pixels, c);
        return;
    }
    for (; from + 16 <= c; from += 16)
        if (positive)
            norm_sums_8(sums, dy, positive, y, mean, pixels, c, from, 2);
        else
            norm_sums_8(sums, dy, NULL, y, mean, pixels, c, from, 2);
    if (from < c) norm_sums_8(sums, dy, positive, y, mean, pixels, c, from, 1);
}

INLINE struct range norm_backward_8(float *dx, float *dresidual, bool add, const float *dy,
                                    const uint8_t *positive, const float *y, const float *mean,
                                    const float *ka, const float *kb, const float *kc, size_t pixels, int c)
{
    struct range_8 r = range_8_empty();

    for (size_t p = 0; p < pixels; p++)
        for (int j = 0; j < c; j += 8) {
            const size_t i = p * c + j;
            fetch_ahead(dy + i);
            fetch_ahead(y + i);
            fetch_ahead(dx + i);
            if (dresidual) fetch_ahead(dresidual + i);
            const __m256 d = masked_8(dy, positive, i);
            const __m256 centered = _mm256_sub_ps(_mm256_loadu_ps(y + i), _mm256_loadu_ps(mean + j));
            const __m256 inner = _mm256_fmadd_ps(_mm256_loadu_ps(kb + j), centered, _mm256_loadu_ps(kc + j));
            const __m256 v = _mm256_fmadd_ps(_mm256_loadu_ps(ka + j), d, inner);
            if (dresidual)
                _mm256_storeu_ps(dresidual + i, add ? _mm256_add_ps(_mm256_loadu_ps(dresidual + i), d) : d);
            _mm256_storeu_ps(dx + i, v);
            range_8_see(&r, v);
        }
    return range_8_close(r);
}

struct range avx2_norm_backward(float *dx, float *dresidual, bool add, const float *dy,
                                const uint8_t *positive, const float *y, const float *mean, const float *ka,
                                const float *kb, const float *kc, size_t pixels, int c)
{
    if (c % 8 != 0)
        return ref_norm_backward(dx, dresidual, add, dy, positive, y, mean, ka, kb, kc, pixels, c);
    if (positive && !dresidual)
        return norm_backward_8(dx, NULL, false, dy, positive, y, mean, ka, kb, kc, pixels, c);
    return norm_backward_8(dx, dresidual, add, dy, positive, y, mean, ka, kb, kc, pixels, c);
}
