/* sim/kernels/avx512/weights.c - backward-weights tiles in AVX-512 with VNNI: 12 taps x 16 filters, summed over
 * the pixels of a band.
 *
 * As avx512/tile.c: no flushing of 8-bit codes.
 */
#include "sim/kernels/avx2/taps.h"
#include "sim/kernels/avx512/simd.h"
#include "sim/kernels/avx512/tile.h"

enum { TAPS = 12 };

/* `count` steps of a row; returns the errors behind them. Distances in bytes. */
INLINE const char *steps_weights(__m512i acc[], const char *const q[], ptrdiff_t x, ptrdiff_t x_step,
                                 int count, const char *e, ptrdiff_t e_step, bool bytes, int n)
{
    for (; count > 0; count--, x += x_step, e += e_step) {
        const __m512i errors = _mm512_loadu_si512(e);
        UNROLL for (int p = 0; p < n; p++)
        {
            const __m512i codes = broadcast_16(q[p] + x);
            acc[p] = bytes ? _mm512_dpbusd_epi32(acc[p], codes, errors)
                           : _mm512_dpwssd_epi32(acc[p], codes, errors);
            PIN(acc[p]);
        }
    }
    return e;
}

INLINE void tile_int(struct sums *sums, const struct weights_job *job, const struct spot *at, bool bytes,
                     int n)
{
    const ptrdiff_t size = bytes ? 1 : 2;
    const char *q[TAPS], *e = (const char *)job->e + (ptrdiff_t)4 * at->filter;
    __m512i acc[TAPS];

    UNROLL for (int p = 0; p < n; p++)
    {
        q[p] = (const char *)job->x + size * tap_offset(job, at, p);
        acc[p] = _mm512_setzero_si512();
    }
    for (int row = 0; row < job->rows; row++) {
        e = steps_weights(acc, q, 0, size * job->x_step, job->steps, e, size * job->e_step, bytes, n);
        UNROLL for (int p = 0; p < n; p++) q[p] += size * job->down;
    }
    UNROLL for (int p = 0; p < n; p++) _mm512_storeu_si512(sums->narrow[p], acc[p]);
}

INLINE void tile_i16_64(struct sums *sums, const struct weights_job *job, const struct spot *at, int n)
{
    const char *q[TAPS], *e = (const char *)job->e + (ptrdiff_t)4 * at->filter;
    __m512i acc[TAPS];

    memset(sums->wide, 0, n * sizeof sums->wide[0]);
    UNROLL for (int p = 0; p < n; p++) q[p] = (const char *)job->x + 2 * tap_offset(job, at, p);
    for (int row = 0; row < job->rows; row++) {
        for (int step = 0, now; step < job->steps; step += now) {
            now = job->steps - step < job->flush ? job->steps - step : job->flush;
            UNROLL for (int p = 0; p < n; p++) acc[p] = _mm512_setzero_si512();
            e = steps_weights(acc, q, 2 * step * job->x_step, 2 * job->x_step, now, e, 2 * job->e_step, false,
                              n);
            UNROLL for (int p = 0; p < n; p++) widen_add_16(sums->wide[p], acc[p]);
        }
        UNROLL for (int p = 0; p < n; p++) q[p] += 2 * job->down;
    }
}

INLINE void tile_f32(struct sums *sums, const struct weights_job *job, const struct spot *at, int n)
{
    const __mmask16 lanes = (__mmask16)((1u << at->lanes) - 1);
    const float *q[TAPS], *e = (const float *)job->e + at->filter;
    __m512 acc[TAPS];

    UNROLL for (int p = 0; p < n; p++)
    {
        const float *const partial = (const float *)job->partial + tap_index(job, at, p);
        q[p] = (const float *)job->x + tap_offset(job, at, p);
        acc[p] = job->first ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(lanes, partial);
    }
    for (int row = 0; row < job->rows; row++) {
        const ptrdiff_t end = job->steps * job->x_step;
        for (ptrdiff_t x = 0; x != end; x += job->x_step, e += job->e_step) {
            const __m512 errors = _mm512_loadu_ps(e);
            UNROLL for (int p = 0; p < n; p++) acc[p] =
                _mm512_fmadd_ps(_mm512_set1_ps(q[p][x]), errors, acc[p]);
        }
        UNROLL for (int p = 0; p < n; p++) q[p] += job->down;
    }
    UNROLL for (int p = 0; p < n; p++) _mm512_storeu_ps(sums->real[p], acc[p]);
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
    case I16:
        tile_int(&sums, job, at, kind == I8, n);
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
            if (job->columns - at.column >= 8) tile(&at, job, kind, 8);
            if (job->columns - at.column >= 4) tile(&at, job, kind, 4);
            if (job->columns - at.column >= 2) tile(&at, job, kind, 2);
            if (job->columns - at.column >= 1) tile(&at, job, kind, 1);
        }
}

void avx512_weights_i8(const struct weights_job *job)
{
    weights(job, I8);
}

void avx512_weights_i16(const struct weights_job *job)
{
    weights(job, I16);
}

void avx512_weights_i16_64(const struct weights_job *job)
{
    weights(job, I16_64);
}

void avx512_weights_f32(const struct weights_job *job)
{
    weights(job, F32);
}
