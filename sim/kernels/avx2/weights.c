/* sim/kernels/avx2/weights.c - backward-weights tiles in AVX2: 6 taps x 16 filters, summed over the pixels of
 * a band.
 *
 * The same register block as forward (avx2/tile.c): one tap's element of x is broadcast against a
 * vector of errors. Steps advance by a fixed distance in both operands.
 */
#include "sim/kernels/avx2/taps.h"
#include "sim/kernels/avx2/tile.h"

#include <string.h>

enum { TAPS = 6 };

/* --- 8-bit codes ------------------------------------------------------------------------------------- */

INLINE void flush_i16(int32_t sums[][TILE_LANES], __m256i acc[][2], int n)
{
    const __m256i ones = _mm256_set1_epi16(1);

    UNROLL for (int p = 0; p < n; p++) UNROLL for (int h = 0; h < 2; h++)
    {
        __m256i *const sum = (__m256i *)&sums[p][8 * h];
        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(acc[p][h], ones));
        acc[p][h] = _mm256_setzero_si256();
    }
}

INLINE void tile_i8(struct sums *sums, const struct weights_job *job, const struct spot *at, int n)
{
    const uint8_t *q[TAPS];
    const int8_t *e = (const int8_t *)job->e + 4 * at->filter;
    __m256i acc[TAPS][2];
    int left = job->flush;

    UNROLL for (int p = 0; p < n; p++)
        UNROLL for (int h = 0; h < 2; h++) /* a memset would be a slow string instruction */
        store_i(&sums->narrow[p][8 * h], _mm256_setzero_si256());
    UNROLL for (int p = 0; p < n; p++)
    {
        q[p] = (const uint8_t *)job->x + tap_offset(job, at, p);
        acc[p][0] = acc[p][1] = _mm256_setzero_si256();
    }
    for (int row = 0; row < job->rows; row++) {
        ptrdiff_t x = 0;
        for (int todo = job->steps; todo > 0;) {
            const int now = todo < left ? todo : left;
            const ptrdiff_t end = x + now * job->x_step;
            for (; x != end; x += job->x_step, e += job->e_step) {
                const __m256i e0 = load_i(e), e1 = load_i(e + 32);
                UNROLL for (int p = 0; p < n; p++)
                {
                    const __m256i codes = broadcast_4(q[p] + x);
                    ADD_I16(acc[p][0], _mm256_maddubs_epi16(codes, e0));
                    ADD_I16(acc[p][1], _mm256_maddubs_epi16(codes, e1));
                }
            }
            todo -= now;
            left -= now;
            if (left == 0) {
                flush_i16(sums->narrow, acc, n);
                left = job->flush;
            }
        }
        UNROLL for (int p = 0; p < n; p++) q[p] += job->down;
    }
    flush_i16(sums->narrow, acc, n);
}

/* --- 16-bit codes ------------------------------------------------------------------------------------ */

/* `count` steps of a row; returns the errors behind them. */
INLINE const int16_t *steps_i16(__m256i acc[][2], const int16_t *const q[], ptrdiff_t x, int count,
                                const int16_t *e, const struct weights_job *job, int n)
{
    const ptrdiff_t end = x + count * job->x_step;

    for (; x != end; x += job->x_step, e += job->e_step) {
        const __m256i e0 = load_i(e), e1 = load_i(e + 16);
        UNROLL for (int p = 0; p < n; p++)
        {
            const __m256i codes = broadcast_4(q[p] + x);
            ADD_I32(acc[p][0], _mm256_madd_epi16(codes, e0));
            ADD_I32(acc[p][1], _mm256_madd_epi16(codes, e1));
        }
    }
    return e;
}

INLINE void tile_i16(struct sums *sums, const struct weights_job *job, const struct spot *at, int n)
{
    const int16_t *q[TAPS];
    const int16_t *e = (const int16_t *)job->e + 2 * at->filter;
    __m256i acc[TAPS][2];

    UNROLL for (int p = 0; p < n; p++)
    {
        q[p] = (const int16_t *)job->x + tap_offset(job, at, p);
        acc[p][0] = acc[p][1] = _mm256_setzero_si256();
    }
    for (int row = 0; row < job->rows; row++) {
        e = steps_i16(acc, q, 0, job->steps, e, job, n);
        UNROLL for (int p = 0; p < n; p++) q[p] += job->down;
    }
    UNROLL for (int p = 0; p < n; p++) UNROLL for (int h = 0; h < 2; h++)
        store_i(&sums->narrow[p][8 * h], acc[p][h]);
}

INLINE void tile_i16_64(struct sums *sums, const struct weights_job *job, const struct spot *at, int n)
{
    const int16_t *q[TAPS];
    const int16_t *e = (const int16_t *)job->e + 2 * at->filter;
    __m256i acc[TAPS][2];

    memset(sums->wide, 0, n * sizeof sums->wide[0]);
    UNROLL for (int p = 0; p < n; p++) q[p] = (const int16_t *)job->x + tap_offset(job, at, p);
    for (int row = 0; row < job->rows; row++) {
        for (int step = 0, now; step < job->steps; step += now) {
            now = job->steps - step < job->flush ? job->steps - step : job->flush;
            UNROLL for (int p = 0; p < n; p++) acc[p][0] = acc[p][1] = _mm256_setzero_si256();
            e = steps_i16(acc, q, step * job->x_step, now, e, job, n);
            UNROLL for (int p = 0; p < n; p++) UNROLL for (int h = 0; h < 2; h++)
                widen_add(&sums->wide[p][8 * h], acc[p][h]);
        }
        UNROLL for (int p = 0; p < n; p++) q[p] += job->down;
    }
}

/* --- binary32: the partial sums go on where the last band stopped ------------------------------------ */

INLINE void tile_f32(struct sums *sums, const struct weights_job *job, const struct spot *at, int n)
{
    const float *q[TAPS];
    const float *e = (const float *)job->e + at->filter;
    __m256 acc[TAPS][2];

    UNROLL for (int p = 0; p < n; p++)
    {
        q[p] = (const float *)job->x + tap_offset(job, at, p);
        acc[p][0] = acc[p][1] = _mm256_setzero_ps();
    }
    if (!job->first) UNROLL for (int p = 0; p < n; p++)
        {
            const float *const partial = (const float *)job->partial + tap_index(job, at, p);
            if (at->lanes < TILE_LANES) memcpy(sums->real[p], partial, at->lanes * sizeof *partial);
            const float *const start = at->lanes < TILE_LANES ? sums->real[p] : partial;
            acc[p][0] = _mm256_loadu_ps(start);
            acc[p][1] = _mm256_loadu_ps(start + 8);
        }
    for (int row = 0; row < job->rows; row++) {
        const ptrdiff_t end = job->steps * job->x_step;
        for (ptrdiff_t x = 0; x != end; x += job->x_step, e += job->e_step) {
            const __m256 e0 = _mm256_loadu_ps(e), e1 = _mm256_loadu_ps(e + 8);
            UNROLL for (int p = 0; p < n; p++)
            {
                const __m256 v = _mm256_broadcast_ss(q[p] + x);
                acc[p][0] = _mm256_fmadd_ps(v, e0, acc[p][0]);
                acc[p][1] = _mm256_fmadd_ps(v, e1, acc[p][1]);
            }
        }
        UNROLL for (int p = 0; p < n; p++) q[p] += job->down;
    }
    UNROLL for (int p = 0; p < n; p++) UNROLL for (int h = 0; h < 2; h++)
        _mm256_store_ps(&sums->real[p][8 * h], acc[p][h]);
}

/* --- all taps and filters of a job ------------------------------------------------------------------- */

enum kind { I8, I16, I16_64, F32 };

/* One tile of n taps. Kind and n are constants: one case is compiled, its loops over taps unrolled into
 * registers. */
INLINE void tile(struct spot *at, const struct weights_job *job, enum kind kind, int n)
{
    struct sums sums;

    prefetch_acc(job, at, n);
    switch (kind) {
    case I8:
        tile_i8(&sums, job, at, n);
        tap_sums_int(&sums, job, at, n);
        break;
    case I16:
        tile_i16(&sums, job, at, n);
        tap_sums_int(&sums, job, at, n);
        break;
    case I16_64:
        tile_i16_64(&sums, job, at, n);
        tap_sums_wide(&sums, job, at, n);
        break;
    case F32:
        tile_f32(&sums, job, at, n);
        tap_sums_float(&sums, job, at, n);
        break;
    }
    at->column += n;
}

/* The job is copied, so that the compiler sees that stores of sums cannot change it. */
INLINE void weights(const struct weights_job *from, enum kind kind)
{
    const struct weights_job copy = *from, *const job = &copy;

    for (int ky = 0; ky < job->kernel; ky++)
        for (int filter = 0; filter < job->filters; filter += TILE_LANES) {
            const int left = job->filters - filter;
            struct spot at = {ky, 0, filter, left < TILE_LANES ? left : TILE_LANES};
            while (job->columns - at.column >= TAPS)
                tile(&at, job, kind, TAPS);
            if (job->columns - at.column >= 4) tile(&at, job, kind, 4);
            if (job->columns - at.column >= 2) tile(&at, job, kind, 2);
            if (job->columns - at.column >= 1) tile(&at, job, kind, 1);
        }
}

void avx2_weights_i8(const struct weights_job *job)
{
    weights(job, I8);
}

void avx2_weights_i16(const struct weights_job *job)
{
    weights(job, I16);
}

void avx2_weights_i16_64(const struct weights_job *job)
{
    weights(job, I16_64);
}

void avx2_weights_f32(const struct weights_job *job)
{
    weights(job, F32);
}
