/* sim/kernels/avx512/tile.c - tiles in AVX-512 with VNNI: 12 outputs (or taps) x 16 filters, 12 accumulators.
 *
 * One vector is a whole block of 16 filters, so that packed weights and woven errors look as for AVX2.
 * vpdpbusd adds four products u8 x s8, vpdpwssd two s16 x s16, straight into 32 bits and without saturation:
 * 8-bit codes need no flushing, `flush` counts for the 64-bit path alone.
 */
#include "sim/kernels/avx2/batch.h"
#include "sim/kernels/avx2/taps.h"
#include "sim/kernels/avx512/tile.h"

#include <string.h>

enum { OUTPUTS = 12 };

/* Keep an accumulator where it is: see ADD_I16 in avx2/simd.h. */
#define PIN(acc) __asm__("" : "+v"(acc))

/* Four bytes in every lane. */
INLINE __m512i broadcast_16(const void *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return _mm512_set1_epi32(v);
}

/* acc[0..15] += v, 64-bit sums of 32-bit lanes. */
INLINE void widen_add_16(int64_t *acc, __m512i v)
{
    widen_add(acc, _mm512_castsi512_si256(v));
    widen_add(acc + 8, _mm512_extracti64x4_epi64(v, 1));
}

/* --- forward ----------------------------------------------------------------------------------------- */

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

INLINE void tile_i8(int32_t sums[][TILE_LANES], const ptrdiff_t x[], const struct tile_job *job, int n)
{
    tile_int(sums, x, job, true, n);
}

INLINE void tile_i16(int32_t sums[][TILE_LANES], const ptrdiff_t x[], const struct tile_job *job, int n)
{
    tile_int(sums, x, job, false, n);
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

/* One tile of n outputs: n is a constant, so that the loops over outputs unroll into registers. */
#define TILE(n)                                                                                              \
    do {                                                                                                     \
        ptrdiff_t x[n];                                                                                      \
        next_outputs(&at, x, b.y + b.count, job, n);                                                         \
        COMPUTE(b.sums.FORM + b.count, x, job, n);                                                           \
        b.count += n;                                                                                        \
    } while (0)

/* The job is copied, so that the compiler sees that stores through y cannot change it. */
#define DEFINE_FORWARD(name)                                                                                 \
    void name(const struct tile_job *from)                                                                   \
    {                                                                                                        \
        const struct tile_job copy = *from, *const job = &copy;                                              \
        struct cursor at = {0, 0, 0};                                                                        \
        struct batch b;                                                                                      \
        for (b.first = 0; b.first < job->pixels; b.first += b.count) {                                       \
            const int left = job->pixels - b.first, whole = left < BATCH ? left / OUTPUTS * OUTPUTS : BATCH; \
            b.count = 0;                                                                                     \
            while (b.count < whole)                                                                          \
                TILE(12);                                                                                    \
            if (left - b.count < OUTPUTS) {                                                                  \
                const int rest = left - b.count;                                                             \
                if (rest & 8) TILE(8);                                                                       \
                if (rest & 4) TILE(4);                                                                       \
                if (rest & 2) TILE(2);                                                                       \
                if (rest & 1) TILE(1);                                                                       \
            }                                                                                                \
            FINISH;                                                                                          \
        }                                                                                                    \
    }

#define FORM    narrow
#define FINISH  finish_int(&b, job, false)
#define COMPUTE tile_i8
DEFINE_FORWARD(avx512_forward_i8)
#undef COMPUTE
#define COMPUTE tile_i16
DEFINE_FORWARD(avx512_forward_i16)
#undef COMPUTE
#undef FINISH
#undef FORM
#define FORM    wide
#define FINISH  finish_int(&b, job, true)
#define COMPUTE tile_i16_64
DEFINE_FORWARD(avx512_forward_i16_64)
#undef COMPUTE
#undef FINISH
#undef FORM
#define FORM    real
#define FINISH  finish_float(&b, job)
#define COMPUTE tile_f32
DEFINE_FORWARD(avx512_forward_f32)
#undef COMPUTE
#undef FINISH
#undef FORM
#undef TILE

/* --- backward weights -------------------------------------------------------------------------------- */

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

INLINE void taps_int(struct sums *sums, const struct weights_job *job, const struct spot *at, bool bytes,
                     int n)
{
    const ptrdiff_t size = bytes ? 1 : 2;
    const char *q[OUTPUTS], *e = (const char *)job->e + (ptrdiff_t)4 * at->filter;
    __m512i acc[OUTPUTS];

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

INLINE void taps_i8(struct sums *sums, const struct weights_job *job, const struct spot *at, int n)
{
    taps_int(sums, job, at, true, n);
}

INLINE void taps_i16(struct sums *sums, const struct weights_job *job, const struct spot *at, int n)
{
    taps_int(sums, job, at, false, n);
}

INLINE void taps_i16_64(struct sums *sums, const struct weights_job *job, const struct spot *at, int n)
{
    const char *q[OUTPUTS], *e = (const char *)job->e + (ptrdiff_t)4 * at->filter;
    __m512i acc[OUTPUTS];

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

INLINE void taps_f32(struct sums *sums, const struct weights_job *job, const struct spot *at, int n)
{
    const __mmask16 lanes = (__mmask16)((1u << at->lanes) - 1);
    const float *q[OUTPUTS], *e = (const float *)job->e + at->filter;
    __m512 acc[OUTPUTS];

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

#define TILE(n)                                                                                              \
    do {                                                                                                     \
        prefetch_acc(job, &at, n);                                                                           \
        COMPUTE(&sums, job, &at, n);                                                                         \
        FINISH(&sums, job, &at, n);                                                                          \
        at.column += n;                                                                                      \
    } while (0)

#define DEFINE_WEIGHTS(name)                                                                                 \
    void name(const struct weights_job *from)                                                                \
    {                                                                                                        \
        const struct weights_job copy = *from, *const job = &copy;                                           \
        struct sums sums;                                                                                    \
        for (int ky = 0; ky < job->kernel; ky++)                                                             \
            for (int filter = 0; filter < job->filters; filter += TILE_LANES) {                              \
                const int left = job->filters - filter;                                                      \
                struct spot at = {ky, 0, filter, left < TILE_LANES ? left : TILE_LANES};                     \
                while (job->columns - at.column >= OUTPUTS)                                                  \
                    TILE(12);                                                                                \
                if (job->columns - at.column >= 8) TILE(8);                                                  \
                if (job->columns - at.column >= 4) TILE(4);                                                  \
                if (job->columns - at.column >= 2) TILE(2);                                                  \
                if (job->columns - at.column >= 1) TILE(1);                                                  \
            }                                                                                                \
    }

#define FINISH  tap_sums_int
#define COMPUTE taps_i8
DEFINE_WEIGHTS(avx512_weights_i8)
#undef COMPUTE
#define COMPUTE taps_i16
DEFINE_WEIGHTS(avx512_weights_i16)
#undef COMPUTE
#undef FINISH
#define FINISH  tap_sums_wide
#define COMPUTE taps_i16_64
DEFINE_WEIGHTS(avx512_weights_i16_64)
#undef COMPUTE
#undef FINISH
#define FINISH  tap_sums_float
#define COMPUTE taps_f32
DEFINE_WEIGHTS(avx512_weights_f32)
