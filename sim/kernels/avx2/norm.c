/* sim/kernels/avx2/norm.c - batch norm with ReLU and residual in AVX2, eight channels at a time.
 *
 * Channel counts that are not a multiple of 8 go to ref: no network here has them behind a convolution of
 * weight.
 */
#include "sim/kernels/avx2/pass.h"

#include "sim/kernels/avx2/range.h"
#include "sim/kernels/ref/ref.h"

/* Calls come by value, so that what is constant in them is so in each copy of the loop. */
INLINE struct range norm_forward_8(struct norm_forward_call n)
{
    const __m256 zero = _mm256_setzero_ps();
    struct range_8 r = range_8_empty();

    for (size_t p = 0; p < n.pixels; p++)
        for (int j = 0; j < n.c; j += 8) {
            const size_t i = p * n.c + j;
            fetch_ahead(n.y + i);
            fetch_ahead(n.a + i);
            if (n.residual) fetch_ahead(n.residual + i);
            __m256 z = _mm256_fmadd_ps(_mm256_loadu_ps(n.y + i), _mm256_loadu_ps(n.scale + j),
                                       _mm256_loadu_ps(n.shift + j));
            if (n.residual) z = _mm256_add_ps(z, _mm256_loadu_ps(n.residual + i));
            n.positive[i / 8] = (uint8_t)_mm256_movemask_ps(_mm256_cmp_ps(z, zero, _CMP_GT_OQ));
            if (n.relu) z = _mm256_andnot_ps(_mm256_cmp_ps(z, zero, _CMP_LE_OQ), z);
            _mm256_storeu_ps(n.a + i, z);
            range_8_see(&r, z);
        }
    return range_8_close(r);
}

INLINE struct range norm_forward_added(struct norm_forward_call n)
{
    if (n.residual) return norm_forward_8(n);
    n.residual = NULL;
    return norm_forward_8(n);
}

struct range avx2_norm_forward(const struct norm_forward_call *call)
{
    struct norm_forward_call n = *call;

    if (n.c % 8 != 0) return ref_norm_forward(call);
    if (n.relu) {
        n.relu = true;
        return norm_forward_added(n);
    }
    n.relu = false;
    return norm_forward_added(n);
}

/* The errors of eight elements behind the ReLU: their bits are one byte of `positive`. */
INLINE __m256 masked_8(const struct norm_errors *e, size_t i)
{
    const __m256 d = _mm256_loadu_ps(e->dy + i);
    if (!e->positive) return d;

    const __m256i lane_bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i set = _mm256_and_si256(_mm256_set1_epi32(e->positive[i / 8]), lane_bit);
    return _mm256_and_ps(d, _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, lane_bit)));
}

/* `vectors` groups of eight channels from `from` on: their sums stay in registers over all pixels. */
INLINE void norm_sums_8(double *sums, struct norm_errors e, int from, int vectors)
{
    __m256d sum[4], product[4];

    UNROLL for (int v = 0; v < 2 * vectors; v++) sum[v] = product[v] = _mm256_setzero_pd();
    for (size_t p = 0; p < e.pixels; p++)
        UNROLL for (int v = 0; v < vectors; v++)
        {
            const size_t i = p * e.c + from + 8 * v;
            fetch_ahead(e.dy + i);
            fetch_ahead(e.y + i);
            const __m256 d = masked_8(&e, i);
            const __m256 centered =
                _mm256_sub_ps(_mm256_loadu_ps(e.y + i), _mm256_loadu_ps(e.mean + from + 8 * v));
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
        _mm256_storeu_pd(sums + e.c + from + 4 * v, product[v]);
    }
}

void avx2_norm_sums(double *sums, const struct norm_errors *e)
{
    struct norm_errors everywhere = *e;
    int from = 0;

    everywhere.positive = NULL;
    if (e->c % 8 != 0) {
        ref_norm_sums(sums, e);
        return;
    }
    for (; from + 16 <= e->c; from += 16)
        if (e->positive)
            norm_sums_8(sums, *e, from, 2);
        else
            norm_sums_8(sums, everywhere, from, 2);
    if (from < e->c) norm_sums_8(sums, *e, from, 1);
}

INLINE struct range norm_backward_8(struct norm_backward_call n)
{
    const struct norm_errors e = n.e;
    struct range_8 r = range_8_empty();

    for (size_t p = 0; p < e.pixels; p++)
        for (int j = 0; j < e.c; j += 8) {
            const size_t i = p * e.c + j;
            fetch_ahead(e.dy + i);
            fetch_ahead(e.y + i);
            fetch_ahead(n.dx + i);
            if (n.dresidual) fetch_ahead(n.dresidual + i);
            const __m256 d = masked_8(&e, i);
            const __m256 centered = _mm256_sub_ps(_mm256_loadu_ps(e.y + i), _mm256_loadu_ps(e.mean + j));
            const __m256 inner =
                _mm256_fmadd_ps(_mm256_loadu_ps(n.kb + j), centered, _mm256_loadu_ps(n.kc + j));
            const __m256 v = _mm256_fmadd_ps(_mm256_loadu_ps(n.ka + j), d, inner);
            if (n.dresidual)
                _mm256_storeu_ps(n.dresidual + i,
                                 n.add ? _mm256_add_ps(_mm256_loadu_ps(n.dresidual + i), d) : d);
            _mm256_storeu_ps(n.dx + i, v);
            range_8_see(&r, v);
        }
    return range_8_close(r);
}

struct range avx2_norm_backward(const struct norm_backward_call *call)
{
    struct norm_backward_call n = *call;

    if (n.e.c % 8 != 0) return ref_norm_backward(call);
    if (!n.e.positive || n.dresidual) return norm_backward_8(n);
    n.dresidual = NULL;
    return norm_backward_8(n);
}
