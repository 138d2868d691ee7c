/* sim/kernels/avx2/depthwise.c - depthwise convolution in AVX2: 16 channels of one output at a time.
 *
 * Codes are widened to 32-bit lanes on loading; their upper halves are 0, so that vpmaddwd is the exact
 * product of one 16-bit code and one 16-bit weight.
 */
#include "sim/kernels/avx2/simd.h"
#include "sim/kernels/avx2/tile.h"

#include <string.h>

/* Eight codes in 32-bit lanes. */
INLINE __m256i codes_8(const void *x, ptrdiff_t i, bool bytes)
{
    if (bytes) return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)((const uint8_t *)x + i)));
    return _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)((const uint16_t *)x + i)));
}

/* S and X of eight channels of one output. */
struct sums_8 {
    __m256i product, codes;
};

/* rows x taps is a constant for the frequent kernels, so that the loops unroll. */
INLINE struct sums_8 window_int(const void *x, ptrdiff_t at, const int32_t *w, const struct tile_job *job,
                                int rows, int taps, bool bytes)
{
    struct sums_8 s = {_mm256_setzero_si256(), _mm256_setzero_si256()};

    for (int row = 0; row < rows; row++, at += job->pitch)
        for (int tap = 0; tap < taps; tap++, w += TILE_LANES) {
            const __m256i v = codes_8(x, at + tap * job->tap, bytes);
            s.codes = _mm256_add_epi32(s.codes, v);
            s.product = _mm256_add_epi32(s.product, _mm256_madd_epi16(v, load_i(w)));
        }
    return s;
}

/* Factors and statistics of eight channels; where channels do not exist, zeros. */
struct lanes_8 {
    double alpha[8], beta[8], note[CONV_NOTES][8];
    int count;
};

static struct lanes_8 lanes_open(const struct tile_job *job, int lane)
{
    struct lanes_8 l = {.count = job->lanes - lane < 8 ? job->lanes - lane : 8};

    for (int i = 0; i < l.count; i++) {
        if (job->alpha) l.alpha[i] = job->alpha[lane + i];
        if (job->beta) l.beta[i] = job->beta[lane + i];
        for (int j = 0; job->notes.at && j < CONV_NOTES; j++)
            l.note[j][i] = job->notes.at[j * job->notes_pitch + lane + i];
    }
    return l;
}

static void lanes_close(const struct lanes_8 *l, const struct tile_job *job, int lane)
{
    for (int j = 0; job->notes.at && j < CONV_NOTES; j++)
        for (int i = 0; i < l->count; i++)
            job->notes.at[j * job->notes_pitch + lane + i] = l->note[j][i];
}

/* The value of four channels: half h of eight. */
INLINE __m128 value_4(struct sums_8 s, const struct lanes_8 *l, const double *gamma, int h)
{
    const __m128i product = h ? _mm256_extracti128_si256(s.product, 1) : _mm256_castsi256_si128(s.product);
    const __m128i codes = h ? _mm256_extracti128_si256(s.codes, 1) : _mm256_castsi256_si128(s.codes);
    const __m256d affine = _mm256_fmadd_pd(_mm256_loadu_pd(l->beta + 4 * h), _mm256_cvtepi32_pd(codes),
                                           _mm256_loadu_pd(gamma + 4 * h));

    return _mm256_cvtpd_ps(
        _mm256_fmadd_pd(_mm256_loadu_pd(l->alpha + 4 * h), _mm256_cvtepi32_pd(product), affine));
}

/* Eight values to where they belong, as far as their channels exist. */
INLINE void put_8(float *y, __m256 v, int count, bool add)
{
    float all[8];

    if (count == 8) {
        _mm256_storeu_ps(y, add ? _mm256_add_ps(_mm256_loadu_ps(y), v) : v);
        return;
    }
    _mm256_storeu_ps(all, v);
    for (int i = 0; i < count; i++)
        y[i] = add ? y[i] + all[i] : all[i];
}

/* gamma of output p, from a copy where eight would be read beyond its end. */
INLINE const double *gamma_at(double copy[8], const struct tile_job *job, int p, int lane, int count)
{
    const double *const gamma = job->gamma + (ptrdiff_t)p * job->gamma_stride + lane;
    if (count == 8) return gamma;
    memcpy(copy, gamma, count * sizeof *copy);
    return copy;
}

INLINE void depthwise_int_8(const struct tile_job *from, int lane, int rows, int taps, bool bytes)
{
    const struct tile_job copy = *from, *const job = &copy; /* stores through y cannot change it */
    const int32_t *const w = (const int32_t *)job->weights + lane;
    struct lanes_8 lanes = lanes_open(job, lane);
    struct notes_8 notes = notes_load(lanes.note[0], 8, true);
    double few[8] = {0};
    int p = 0;

    for (ptrdiff_t oy = 0; p < job->pixels; oy++)
        for (ptrdiff_t ox = 0; ox < job->width; ox++, p++) {
            const ptrdiff_t at = oy * job->down + ox * job->across + lane;
            const struct sums_8 s = window_int(job->source, at, w, job, rows, taps, bytes);
            const double *const gamma = gamma_at(few, job, p, lane, lanes.count);
            const __m256 v = _mm256_set_m128(value_4(s, &lanes, gamma, 1), value_4(s, &lanes, gamma, 0));
            put_8(job->y + oy * job->y_down + ox * job->y_across + lane, v, lanes.count, false);
            notes_add(&notes, _mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1), job->notes.ends);
        }
    notes_store(lanes.note[0], 8, &notes, true);
    lanes_close(&lanes, job, lane);
}

void avx2_depthwise_u8(const struct tile_job *job)
{
    for (int lane = 0; lane < job->lanes; lane += 8)
        if (job->rows == 3)
            depthwise_int_8(job, lane, 3, 3, true);
        else
            depthwise_int_8(job, lane, job->rows, job->segment, true);
}

void avx2_depthwise_s16(const struct tile_job *job)
{
    for (int lane = 0; lane < job->lanes; lane += 8)
        depthwise_int_8(job, lane, job->rows, job->segment, false);
}

INLINE void depthwise_f32_8(const struct tile_job *from, int lane, int rows, int taps)
{
    const struct tile_job copy = *from, *const job = &copy;
    struct lanes_8 lanes = lanes_open(job, lane);
    struct notes_8 notes = notes_load(lanes.note[0], 8, true);
    int p = 0;

    for (ptrdiff_t oy = 0; p < job->pixels; oy++)
        for (ptrdiff_t ox = 0; ox < job->width; ox++, p++) {
            const float *x = (const float *)job->source + oy * job->down + ox * job->across + lane;
            const float *w = (const float *)job->weights + lane;
            __m256 acc = _mm256_setzero_ps();
            for (int row = 0; row < rows; row++, x += job->pitch)
                for (int tap = 0; tap < taps; tap++, w += TILE_LANES)
                    acc = _mm256_fmadd_ps(_mm256_loadu_ps(x + tap * job->tap), _mm256_loadu_ps(w), acc);
            put_8(job->y + oy * job->y_down + ox * job->y_across + lane, acc, lanes.count, job->add);
            notes_add(&notes, _mm256_castps256_ps128(acc), _mm256_extractf128_ps(acc, 1), job->notes.ends);
        }
    notes_store(lanes.note[0], 8, &notes, true);
    lanes_close(&lanes, job, lane);
}

void avx2_depthwise_f32(const struct tile_job *job)
{
    for (int lane = 0; lane < job->lanes; lane += 8)
        if (job->rows == 3 && job->segment == 3)
            depthwise_f32_8(job, lane, 3, 3);
        else
            depthwise_f32_8(job, lane, job->rows, job->segment);
}

/* --- backward weights: operands as in avx2/weights.c, tap by tap ------------------------------- */

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
