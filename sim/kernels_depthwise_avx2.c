/* sim/kernels_depthwise_avx2.c - depthwise convolution in AVX2: 16 channels of one output at a time.
 *
 * Codes are widened to 32-bit lanes on loading; their upper halves are 0, so that vpmaddwd is the exact
 * product of one 16-bit code and one 16-bit weight.
 */
#include "sim/kernels_simd_avx2.h"
#include "sim/kernels_tile_avx2.h"

#include <string.h>

/* Eight codes in 32-bit lanes. */
INLINE __m256i codes_8(const void *x, ptrdiff_t i, bool bytes)
{
    if (bytes) return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)((const uint8_t *)x + i)));
    return _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)((const uint16_t *)x + i)));
}

/* S and X of 16 channels of one output. */
struct sums_16 {
    int32_t product[TILE_LANES], codes[TILE_LANES];
} __attribute__((aligned(64)));

INLINE void window_i32(struct sums_16 *sums, const void *x, ptrdiff_t at, const struct tile_job *job,
                       bool bytes)
{
    const int32_t *w = job->weights;
    __m256i product[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()},
            codes[2] = {product[0], product[0]};

    for (int row = 0; row < job->rows; row++, at += job->pitch)
        for (int tap = 0; tap < job->segment; tap++, w += TILE_LANES)
            UNROLL for (int h = 0; h < 2; h++)
            {
                const __m256i v = codes_8(x, at + tap * job->tap + 8 * h, bytes);
                codes[h] = _mm256_add_epi32(codes[h], v);
                product[h] = _mm256_add_epi32(product[h], _mm256_madd_epi16(v, load_i(w + 8 * h)));
            }
    UNROLL for (int h = 0; h < 2; h++)
    {
        store_i(sums->product + 8 * h, product[h]);
        store_i(sums->codes + 8 * h, codes[h]);
    }
}

/* Four channels of output p: the value, and its part of the statistics. */
INLINE void finish_int_4(const struct sums_16 *sums, float *y, const struct tile_job *job, int p, int lane)
{
    const __m256d product = _mm256_cvtepi32_pd(_mm_load_si128((const __m128i *)(sums->product + lane)));
    const __m256d codes = _mm256_cvtepi32_pd(_mm_load_si128((const __m128i *)(sums->codes + lane)));
    const double *const gamma = job->gamma + (ptrdiff_t)p * job->gamma_stride + lane;
    const __m256d affine = _mm256_fmadd_pd(_mm256_loadu_pd(job->beta + lane), codes, _mm256_loadu_pd(gamma));
    const __m128 v = _mm256_cvtpd_ps(_mm256_fmadd_pd(_mm256_loadu_pd(job->alpha + lane), product, affine));

    _mm_storeu_ps(y + lane, v);
    if (!job->sum) return;
    const __m256d d = _mm256_cvtps_pd(v);
    _mm256_storeu_pd(job->sum + lane, _mm256_add_pd(_mm256_loadu_pd(job->sum + lane), d));
    _mm256_storeu_pd(job->square + lane, _mm256_fmadd_pd(d, d, _mm256_loadu_pd(job->square + lane)));
}

INLINE void statistics_add_one(const struct tile_job *job, float y, int lane)
{
    if (!job->sum) return;
    job->sum[lane] += y;
    job->square[lane] += (double)y * y;
}

INLINE void finish_int(const struct sums_16 *sums, float *y, const struct tile_job *job, int p)
{
    int lane = 0;

    for (; lane + 4 <= job->lanes; lane += 4)
        finish_int_4(sums, y, job, p, lane);
    for (; lane < job->lanes; lane++) {
        const double gamma = job->gamma[(ptrdiff_t)p * job->gamma_stride + lane];
        const double affine = __builtin_fma(job->beta[lane], sums->codes[lane], gamma);
        y[lane] = (float)__builtin_fma(job->alpha[lane], sums->product[lane], affine);
        statistics_add_one(job, y[lane], lane);
    }
}

INLINE void depthwise_int(const struct tile_job *from, bool bytes)
{
    const struct tile_job copy = *from, *const job = &copy; /* stores through y cannot change it */
    struct sums_16 sums;

    for (int p = 0; p < job->pixels; p++) {
        const int oy = p / job->width, ox = p % job->width;
        window_i32(&sums, job->source, oy * job->down + ox * job->across, job, bytes);
        finish_int(&sums, job->y + oy * job->y_down + ox * job->y_across, job, p);
    }
}

void avx2_depthwise_u8(const struct tile_job *job)
{
    depthwise_int(job, true);
}

void avx2_depthwise_s16(const struct tile_job *job)
{
    depthwise_int(job, false);
}

void avx2_depthwise_f32(const struct tile_job *from)
{
    const struct tile_job copy = *from, *const job = &copy;

    for (int p = 0; p < job->pixels; p++) {
        const int oy = p / job->width, ox = p % job->width;
        const float *x = (const float *)job->source + oy * job->down + ox * job->across, *w = job->weights;
        float *const y = job->y + oy * job->y_down + ox * job->y_across;
        __m256 acc[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
        float sums[TILE_LANES];

        for (int row = 0; row < job->rows; row++, x += job->pitch)
            for (int tap = 0; tap < job->segment; tap++, w += TILE_LANES)
                UNROLL for (int h = 0; h < 2; h++) acc[h] = _mm256_fmadd_ps(
                    _mm256_loadu_ps(x + tap * job->tap + 8 * h), _mm256_loadu_ps(w + 8 * h), acc[h]);
        _mm256_storeu_ps(sums, acc[0]);
        _mm256_storeu_ps(sums + 8, acc[1]);
        for (int lane = 0; lane < job->lanes; lane++) {
            y[lane] = job->add ? y[lane] + sums[lane] : sums[lane];
            statistics_add_one(job, sums[lane], lane);
        }
    }
}

/* --- backward weights: operands as in kernels_weights_avx2.c, tap by tap ------------------------------- */

void avx2_depthwise_weights_i16(const struct weights_job *job)
{
    for (int tap = 0; tap < job->kernel * job->columns; tap++)
        for (int c = 0; c < job->filters; c += 8) {
            const int ky = tap / job->columns, lanes = job->filters - c < 8 ? job->filters - c : 8;
            const int16_t *x =
                (const int16_t *)job->x + ky * job->pitch + job->column[tap % job->columns] + 2 * c;
            const int16_t *e = (const int16_t *)job->e + 2 * c;
            int32_t *const partial = (int32_t *)job->partial + (ptrdiff_t)tap * job->k + c;
            int64_t *const acc = (int64_t *)job->acc + (ptrdiff_t)tap * job->k + c;
            __m256i sum = _mm256_setzero_si256();
            int32_t sums[8];

            for (int row = 0; row < job->rows; row++, x += job->down)
                for (ptrdiff_t step = 0; step < job->steps; step++, e += job->e_step)
                    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(load_i(x + step * job->x_step), load_i(e)));
            store_i(sums, sum);
            for (int lane = 0; lane < lanes; lane++) {
                if (!job->first) sums[lane] += partial[lane];
                if (job->last)
                    acc[lane] += sums[lane];
                else
                    partial[lane] = sums[lane];
            }
        }
}

/* 32 channels: four sums go on side by side, each in its order. */
void avx2_depthwise_weights_f32(const struct weights_job *job)
{
    for (int tap = 0; tap < job->kernel * job->columns; tap++)
        for (int c = 0; c < job->filters; c += 32) {
            const int ky = tap / job->columns, lanes = job->filters - c < 32 ? job->filters - c : 32;
            const float *x = (const float *)job->x + ky * job->pitch + job->column[tap % job->columns] + c;
            const float *e = (const float *)job->e + c;
            float *const partial = (float *)job->partial + (ptrdiff_t)tap * job->k + c;
            double *const acc = (double *)job->acc + (ptrdiff_t)tap * job->k + c;
            float sums[32] = {0};
            __m256 sum[4];

            if (!job->first) memcpy(sums, partial, lanes * sizeof *sums);
            UNROLL for (int v = 0; v < 4; v++) sum[v] = _mm256_loadu_ps(sums + 8 * v);
            for (int row = 0; row < job->rows; row++, x += job->down)
                for (ptrdiff_t step = 0; step < job->steps; step++, e += job->e_step)
                    UNROLL for (int v = 0; v < 4; v++) sum[v] = _mm256_fmadd_ps(
                        _mm256_loadu_ps(x + step * job->x_step + 8 * v), _mm256_loadu_ps(e + 8 * v), sum[v]);
            UNROLL for (int v = 0; v < 4; v++) _mm256_storeu_ps(sums + 8 * v, sum[v]);
            for (int lane = 0; lane < lanes; lane++)
                if (job->last)
                    acc[lane] += sums[lane];
                else
                    partial[lane] = sums[lane];
        }
}
