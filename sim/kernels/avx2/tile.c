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

/* What a tile computes, and in which form its sums wait for the epilogue. */
enum kind { I8_SHORT, I8, I8_WIDENED, I16, I16_64, F32 };

/* One tile of n outputs. Kind and n are constants: one case is compiled, its loops over outputs unrolled into
 * registers. */
INLINE void tile(struct batch *b, struct cursor *at, const struct tile_job *job, enum kind kind, int n)
{
    ptrdiff_t x[OUTPUTS];

    next_outputs(at, x, b->y + b->count, job, n);
    switch (kind) {
    case I8_SHORT:
        tile_i8_short(b->sums.narrow + b->count, x, job, n);
        break;
    case I8:
        tile_i8(b->sums.narrow + b->count, x, job, n);
        break;
    case I8_WIDENED:
        tile_i8_widened(b->sums.narrow + b->count, x, job, n);
        break;
    case I16:
        tile_i16(b->sums.narrow + b->count, x, job, n);
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
            if ((left - b.count) & 4) tile(&b, &at, job, kind, 4);
            if ((left - b.count) & 2) tile(&b, &at, job, kind, 2);
            if ((left - b.count) & 1) tile(&b, &at, job, kind, 1);
        }
        if (kind == F32)
            finish_float(&b, job);
        else
            finish_int(&b, job, kind == I16_64);
    }
}

static void forward_i8_short(const struct tile_job *job)
{
    forward(job, I8_SHORT);
}

static void forward_i8_flushed(const struct tile_job *job)
{
    forward(job, I8);
}

static void forward_i8_widened(const struct tile_job *job)
{
    forward(job, I8_WIDENED);
}

void avx2_forward_i8(const struct tile_job *job)
{
    if (job->flush >= (ptrdiff_t)job->rows * job->segment / 4)
        forward_i8_short(job);
    else if (job->flush < WIDEN_BELOW)
        forward_i8_widened(job);
    else
        forward_i8_flushed(job);
}

void avx2_forward_i16(const struct tile_job *job)
{
    forward(job, I16);
}

void avx2_forward_i16_64(const struct tile_job *job)
{
    forward(job, I16_64);
}

void avx2_forward_f32(const struct tile_job *job)
{
    forward(job, F32);
}
