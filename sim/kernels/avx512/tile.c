/* sim/kernels/avx512/tile.c - forward tiles in AVX-512 with VNNI: 12 outputs x 16 filters, 12 accumulators.
 *
 * One vector is a whole block of 16 filters, so that packed weights and woven errors look as for AVX2.
 * vpdpbusd adds four products u8 x s8, vpdpwssd two s16 x s16, straight into 32 bits and without saturation:
 * 8-bit codes need no flushing, `flush` counts for the 64-bit path alone.
 */
#include "sim/kernels/avx2/batch.h"
#include "sim/kernels/avx512/simd.h"
#include "sim/kernels/avx512/tile.h"

enum { OUTPUTS = 12 };

/* Elements [j, end) of a segment: bytes in fours or words in twos, which both are one 32-bit lane of
 * weights. */
INLINE const char *steps_int(__m512i acc[], const char *const q[], ptrdiff_t j, ptrdiff_t end, const char *w,
                             bool bytes, int n)
{
    for (; j < end; j += 4, w += 64) {
        const __m512i weights = _mm512_loadu_si512(w);
        UNROLL for (int p = 0; p < n; p++)
        {
            const __m512i codes = broadcast_16(q[p] + j);
            acc[p] = bytes ? _mm512_dpbusd_epi32(acc[p], codes, weights)
                           : _mm512_dpwssd_epi32(acc[p], codes, weights);
            PIN(acc[p]);
        }
    }
    return w;
}

INLINE void tile_int(int32_t sums[][TILE_LANES], const ptrdiff_t x[], const struct tile_job *job, bool bytes,
                     int n)
{
    const ptrdiff_t size = bytes ? 1 : 2;
    const char *q[OUTPUTS], *w = job->weights;
    __m512i acc[OUTPUTS];

    UNROLL for (int p = 0; p < n; p++)
    {
        q[p] = (const char *)job->source + size * x[p];
        acc[p] = _mm512_setzero_si512();
    }
    for (int row = 0; row < job->rows; row++) {
        w = steps_int(acc, q, 0, size * job->segment, w, bytes, n);
        UNROLL for (int p = 0; p < n; p++) q[p] += size * job->pitch;
    }
    UNROLL for (int p = 0; p < n; p++) _mm512_storeu_si512(sums[p], acc[p]);
}

/* wide += the products of one plane, `flush` pairs at a time. */
INLINE void add_plane_i16_64(int64_t wide[][TILE_LANES], const int16_t *plane, const ptrdiff_t x[],
                             const struct tile_job *job, int n)
{
    const ptrdiff_t segment = 2 * (ptrdiff_t)job->segment, most = 4 * (ptrdiff_t)job->flush; /* bytes */
    const char *q[OUTPUTS], *w = job->weights;
    __m512i acc[OUTPUTS];

    UNROLL for (int p = 0; p < n; p++) q[p] = (const char *)(plane + x[p]);
    for (int row = 0; row < job->rows; row++) {
        for (ptrdiff_t j = 0, end; j < segment; j = end) {
            end = segment - j < most ? segment : j + most;
            UNROLL for (int p = 0; p < n; p++) acc[p] = _mm512_setzero_si512();
            w = steps_int(acc, q, j, end, w, false, n);
            UNROLL for (int p = 0; p < n; p++) widen_add_16(wide[p], acc[p]);
        }
        UNROLL for (int p = 0; p < n; p++) q[p] += 2 * job->pitch;
    }
}

INLINE void tile_i16_64(int64_t sums[][TILE_LANES], const ptrdiff_t x[], const struct tile_job *job, int n)
{
    memset(sums, 0, n * sizeof sums[0]);
    add_plane_i16_64(sums, job->source, x, job, n);
    if (!job->low) return;
    for (int p = 0; p < n; p++)
        for (int lane = 0; lane < TILE_LANES; lane++)
            sums[p][lane] *= 2;
    add_plane_i16_64(sums, (const int16_t *)job->source + job->low, x, job, n);
}

INLINE void tile_f32(float sums[][TILE_LANES], const ptrdiff_t x[], const struct tile_job *job, int n)
{
    const float *q[OUTPUTS], *w = job->weights;
    __m512 acc[OUTPUTS];

    UNROLL for (int p = 0; p < n; p++)
    {
        q[p] = (const float *)job->source + x[p];
        acc[p] = _mm512_setzero_ps();
    }
    for (int row = 0; row < job->rows; row++) {
        for (ptrdiff_t j = 0; j < job->segment; j++, w += TILE_LANES) {
            const __m512 weights = _mm512_loadu_ps(w);
            UNROLL for (int p = 0; p < n; p++) acc[p] =
                _mm512_fmadd_ps(_mm512_set1_ps(q[p][j]), weights, acc[p]);
        }
        UNROLL for (int p = 0; p < n; p++) q[p] += job->pitch;
    }
    UNROLL for (int p = 0; p < n; p++) _mm512_storeu_ps(sums[p], acc[p]);
}

/* --- all outputs of a job ---------------------------------------------------------------------------- */

/* What a tile computes, and in which form its sums wait for the epilogue. */
enum kind { I8, I16, I16_64, F32 };

/* One tile of n outputs. Kind and n are constants: one case is compiled, its loops over outputs unrolled into
 * registers. */
INLINE void tile(struct batch *b, struct cursor *at, const struct tile_job *job, enum kind kind, int n)
{
    ptrdiff_t x[OUTPUTS];

    next_outputs(at, x, b->y + b->count, job, n);
    switch (kind) {
    case I8:
    case I16:
        tile_int(b->sums.narrow + b->count, x, job, kind == I8, n);
        break;
    case I16_64:
        tile_i16_64(b->sums.wide + b->count, x, job, n);
        break;
    case F32:
        tile_f32(b->sums.real + b->count, x, job, n);
        break;
    }
    b->count += n;
}

/* The job is copied, so that the compiler sees that stores through y cannot change it. */
INLINE void forward(const struct tile_job *from, enum kind kind)
{
    const struct tile_job copy = *from, *const job = &copy;
    struct cursor at = {0, 0, 0};
    struct batch b;

    for (b.first = 0; b.first < job->pixels; b.first += b.count) {
        const int left = job->pixels - b.first, whole = left < BATCH ? left / OUTPUTS * OUTPUTS : BATCH;
        b.count = 0;
        while (b.count < whole)
            tile(&b, &at, job, kind, OUTPUTS);
        if (left - b.count < OUTPUTS) {
            const int rest = left - b.count;
            if (rest & 8) tile(&b, &at, job, kind, 8);
            if (rest & 4) tile(&b, &at, job, kind, 4);
            if (rest & 2) tile(&b, &at, job, kind, 2);
            if (rest & 1) tile(&b, &at, job, kind, 1);
        }
        if (kind == F32)
            finish_float(&b, job);
        else
            finish_int(&b, job, kind == I16_64);
    }
}

void avx512_forward_i8(const struct tile_job *job)
{
    forward(job, I8);
}

void avx512_forward_i16(const struct tile_job *job)
{
    forward(job, I16);
}

void avx512_forward_i16_64(const struct tile_job *job)
{
    forward(job, I16_64);
}

void avx512_forward_f32(const struct tile_job *job)
{
    forward(job, F32);
}
