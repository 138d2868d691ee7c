/* sim/kernels/avx2/tile.c - forward tiles in AVX2: 6 outputs x 16 filters, 12 accumulators of 8 lanes.
 *
 * 12 accumulators + 2 weights + 1 broadcast + 1 product = 16 registers. Measured shapes near the peak from
 * the first cache are 6x2 and 5x2 vectors; 3x4 and 4x3 are slower. The last pixels of an image take tiles of
 * 4, 2, 1 outputs.
 */
#include "sim/kernels/avx2/batch.h"
#include "sim/kernels/avx2/tile.h"

#include <string.h>

enum { OUTPUTS = 6 };

/* In vectors: a memset of this size would become a slow string instruction. */
INLINE void clear_narrow(int32_t sums[][TILE_LANES], int n)
{
    UNROLL for (int p = 0; p < n; p++) UNROLL for (int h = 0; h < 2; h++)
        store_i(&sums[p][8 * h], _mm256_setzero_si256());
}

/* --- 8-bit codes: 16-bit sums ------------------------------------------------------------------------ */

/* Add a tile's 16-bit sums into its 32-bit ones and clear them. */
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

/* Elements [j, end) of a segment. */
INLINE const int8_t *steps_i8(__m256i acc[][2], const uint8_t *const q[], ptrdiff_t j, ptrdiff_t end,
                              const int8_t *w, int n)
{
    for (; j < end; j += 4, w += 64) {
        const __m256i w0 = load_i(w), w1 = load_i(w + 32);
        UNROLL for (int p = 0; p < n; p++)
        {
            const __m256i codes = broadcast_4(q[p] + j);
            ADD_I16(acc[p][0], _mm256_maddubs_epi16(codes, w0));
            ADD_I16(acc[p][1], _mm256_maddubs_epi16(codes, w1));
        }
    }
    return w;
}

INLINE void tile_i8(int32_t sums[][TILE_LANES], const ptrdiff_t x[], const struct tile_job *job, int n)
{
    const uint8_t *q[OUTPUTS];
    const int8_t *w = job->weights;
    __m256i acc[OUTPUTS][2];
    ptrdiff_t left = 4 * (ptrdiff_t)job->flush;

    clear_narrow(sums, n);
    UNROLL for (int p = 0; p < n; p++)
    {
        q[p] = (const uint8_t *)job->source + x[p];
        acc[p][0] = acc[p][1] = _mm256_setzero_si256();
    }
    for (int row = 0; row < job->rows; row++) {
        for (ptrdiff_t j = 0; j < job->segment;) {
            const ptrdiff_t end = job->segment - j < left ? job->segment : j + left;
            w = steps_i8(acc, q, j, end, w, n);
            left -= end - j;
            j = end;
            if (left == 0) {
                flush_i16(sums, acc, n);
                left = 4 * (ptrdiff_t)job->flush;
            }
        }
        UNROLL for (int p = 0; p < n; p++) q[p] += job->pitch;
    }
    flush_i16(sums, acc, n);
}

/* For codes so narrow, or sums so short, that 16 bits hold a whole output. */
INLINE void tile_i8_short(int32_t sums[][TILE_LANES], const ptrdiff_t x[], const struct tile_job *job, int n)
{
    const __m256i ones = _mm256_set1_epi16(1);
    const uint8_t *q[OUTPUTS];
    const int8_t *w = job->weights;
    __m256i acc[OUTPUTS][2];

    UNROLL for (int p = 0; p < n; p++)
    {
        q[p] = (const uint8_t *)job->source + x[p];
        acc[p][0] = acc[p][1] = _mm256_setzero_si256();
    }
    for (int row = 0; row < job->rows; row++) {
        w = steps_i8(acc, q, 0, job->segment, w, n);
        UNROLL for (int p = 0; p < n; p++) q[p] += job->pitch;
    }
    UNROLL for (int p = 0; p < n; p++) UNROLL for (int h = 0; h < 2; h++)
        store_i(&sums[p][8 * h], _mm256_madd_epi16(acc[p][h], ones));
}

/* For codes whose 16-bit sums hold fewer than WIDEN_BELOW pairs: every pair goes straight to 32 bits. */
enum { WIDEN_BELOW = 4 };

INLINE void tile_i8_widened(int32_t sums[][TILE_LANES], const ptrdiff_t x[], const struct tile_job *job,
                            int n)
{
    const __m256i ones = _mm256_set1_epi16(1);
    const uint8_t *q[OUTPUTS];
    const int8_t *w = job->weights;
    __m256i acc[OUTPUTS][2];

    UNROLL for (int p = 0; p < n; p++)
    {
        q[p] = (const uint8_t *)job->source + x[p];
        acc[p][0] = acc[p][1] = _mm256_setzero_si256();
    }
    for (int row = 0; row < job->rows; row++) {
        for (ptrdiff_t j = 0; j < job->segment; j += 4, w += 64) {
            UNROLL for (int p = 0; p < n; p++)
            {
                const __m256i codes = broadcast_4(q[p] + j);
                ADD_I32(acc[p][0], _mm256_madd_epi16(_mm256_maddubs_epi16(codes, load_i(w)), ones));
                ADD_I32(acc[p][1], _mm256_madd_epi16(_mm256_maddubs_epi16(codes, load_i(w + 32)), ones));
            }
        }
        UNROLL for (int p = 0; p < n; p++) q[p] += job->pitch;
    }
    UNROLL for (int p = 0; p < n; p++) UNROLL for (int h = 0; h < 2; h++) store_i(&sums[p][8 * h], acc[p][h]);
}

/* --- 16-bit codes: 32-bit sums ----------------------------------------------------------------------- */

INLINE const int16_t *steps_i16(__m256i acc[][2], const int16_t *const q[], ptrdiff_t j, ptrdiff_t end,
                                const int16_t *w, int n)
{
    for (; j < end; j += 2, w += 32) {
        const __m256i w0 = load_i(w), w1 = load_i(w + 16);
        UNROLL for (int p = 0; p < n; p++)
        {
            const __m256i codes = broadcast_4(q[p] + j);
            ADD_I32(acc[p][0], _mm256_madd_epi16(codes, w0));
            ADD_I32(acc[p][1], _mm256_madd_epi16(codes, w1));
        }
    }
    return w;
}

INLINE void tile_i16(int32_t sums[][TILE_LANES], const ptrdiff_t x[], const struct tile_job *job, int n)
{
    const int16_t *q[OUTPUTS];
    const int16_t *w = job->weights;
    __m256i acc[OUTPUTS][2];

    UNROLL for (int p = 0; p < n; p++)
    {
        q[p] = (const int16_t *)job->source + x[p];
        acc[p][0] = acc[p][1] = _mm256_setzero_si256();
    }
    for (int row = 0; row < job->rows; row++) {
        w = steps_i16(acc, q, 0, job->segment, w, n);
        UNROLL for (int p = 0; p < n; p++) q[p] += job->pitch;
    }
    UNROLL for (int p = 0; p < n; p++) UNROLL for (int h = 0; h < 2; h++) store_i(&sums[p][8 * h], acc[p][h]);
}

/* wide += the products of one plane, `flush` pairs at a time. */
INLINE void add_plane_i16_64(int64_t wide[][TILE_LANES], const int16_t *plane, const ptrdiff_t x[],
                             const struct tile_job *job, int n)
{
    const int16_t *q[OUTPUTS];
    const int16_t *w = job->weights;
    __m256i acc[OUTPUTS][2];

    UNROLL for (int p = 0; p < n; p++) q[p] = plane + x[p];
    for (int row = 0; row < job->rows; row++) {
        for (ptrdiff_t j = 0, end; j < job->segment; j = end) {
            end = job->segment - j < 2 * (ptrdiff_t)job->flush ? job->segment : j + 2 * (ptrdiff_t)job->flush;
            UNROLL for (int p = 0; p < n; p++) acc[p][0] = acc[p][1] = _mm256_setzero_si256();
            w = steps_i16(acc, q, j, end, w, n);
            UNROLL for (int p = 0; p < n; p++) UNROLL for (int h = 0; h < 2; h++)
                widen_add(&wide[p][8 * h], acc[p][h]);
        }
        UNROLL for (int p = 0; p < n; p++) q[p] += job->pitch;
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

/* --- binary32 ---------------------------------------------------------------------------------------- */

INLINE void tile_f32(float sums[][TILE_LANES], const ptrdiff_t x[], const struct tile_job *job, int n)
{
    const float *q[OUTPUTS];
    const float *w = job->weights;
    __m256 acc[OUTPUTS][2];

    UNROLL for (int p = 0; p < n; p++)
    {
        q[p] = (const float *)job->source + x[p];
        acc[p][0] = acc[p][1] = _mm256_setzero_ps();
    }
    for (int row = 0; row < job->rows; row++) {
        for (ptrdiff_t j = 0; j < job->segment; j++, w += 16) {
            const __m256 w0 = _mm256_loadu_ps(w), w1 = _mm256_loadu_ps(w + 8);
            UNROLL for (int p = 0; p < n; p++)
            {
                const __m256 v = _mm256_broadcast_ss(q[p] + j);
                acc[p][0] = _mm256_fmadd_ps(v, w0, acc[p][0]);
                acc[p][1] = _mm256_fmadd_ps(v, w1, acc[p][1]);
            }
        }
        UNROLL for (int p = 0; p < n; p++) q[p] += job->pitch;
    }
    UNROLL for (int p = 0; p < n; p++) UNROLL for (int h = 0; h < 2; h++)
        _mm256_store_ps(&sums[p][8 * h], acc[p][h]);
}

/* --- all outputs of a job ---------------------------------------------------------------------------- */

/* One tile of n outputs; n is a constant, so that the loops over outputs unroll into registers. */
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
                TILE(6);                                                                                     \
            if (left - b.count < OUTPUTS) {                                                                  \
                if ((left - b.count) & 4) TILE(4);                                                           \
                if ((left - b.count) & 2) TILE(2);                                                           \
                if ((left - b.count) & 1) TILE(1);                                                           \
            }                                                                                                \
            FINISH;                                                                                          \
        }                                                                                                    \
    }

#define FORM    narrow
#define FINISH  finish_int(&b, job, false)
#define COMPUTE tile_i8_short
static DEFINE_FORWARD(forward_i8_short)
#undef COMPUTE
#define COMPUTE tile_i8
    static DEFINE_FORWARD(forward_i8_flushed)
#undef COMPUTE
#define COMPUTE tile_i8_widened
        static DEFINE_FORWARD(forward_i8_widened)
#undef COMPUTE
#define COMPUTE tile_i16
            DEFINE_FORWARD(avx2_forward_i16)
#undef COMPUTE
#undef FINISH
#undef FORM
#define FORM    wide
#define FINISH  finish_int(&b, job, true)
#define COMPUTE tile_i16_64
                DEFINE_FORWARD(avx2_forward_i16_64)
#undef COMPUTE
#undef FINISH
#undef FORM
#define FORM    real
#define FINISH  finish_float(&b, job)
#define COMPUTE tile_f32
                    DEFINE_FORWARD(avx2_forward_f32)

                        void avx2_forward_i8(const struct tile_job *job)
{
    if (job->flush >= (ptrdiff_t)job->rows * job->segment / 4)
        forward_i8_short(job);
    else if (job->flush < WIDEN_BELOW)
        forward_i8_widened(job);
    else
        forward_i8_flushed(job);
}
