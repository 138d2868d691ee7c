/* sim/kernels/avx2/batch.h - what surrounds the tiles of one job: which outputs come next, and the epilogue.
 *
 * Shared by the AVX2 and AVX-512 tiles: doubles in fours are a bottleneck of neither.
 */
#ifndef SIM_KERNELS_AVX2_BATCH_H
#define SIM_KERNELS_AVX2_BATCH_H

#include "sim/kernels/avx2/simd.h"
#include "sim/kernels/tile/tile.h"

enum { BATCH = 48, TILE_MOST = 12 }; /* outputs: a multiple of every tile's, the most of a tile */

/* Outputs whose sums wait for the epilogue. It runs over many at once, because right behind a tile it would
 * wait for the tile's last products. */
struct batch {
    union { /* one row an output, in the narrowest form that its path has */
        int32_t narrow[BATCH + TILE_MOST][TILE_LANES];
        int64_t wide[BATCH + TILE_MOST][TILE_LANES];
        float real[BATCH + TILE_MOST][TILE_LANES];
    } sums;
    ptrdiff_t y[BATCH + TILE_MOST]; /* where they go, elements from job->y */
    int first, count;               /* outputs */
} __attribute__((aligned(64)));

/* --- where the next outputs are ---------------------------------------------------------------------- */

struct cursor {
    int column;     /* in the output row */
    ptrdiff_t x, y; /* elements from job->source, job->y */
};

/* The windows and places of the next n outputs. */
INLINE void next_outputs(struct cursor *at, ptrdiff_t x[], ptrdiff_t y[], const struct tile_job *job, int n)
{
    UNROLL for (int p = 0; p < n; p++)
    {
        x[p] = at->x;
        y[p] = at->y;
        _mm_prefetch((const char *)(job->y + at->y), _MM_HINT_T0); /* a batch before the epilogue writes it */
        at->x += job->across;
        at->y += job->y_across;
        if (++at->column == job->width) {
            at->column = 0;
            at->x += job->down - job->width * job->across;
            at->y += job->y_down - job->width * job->y_across;
        }
    }
}

/* --- epilogues: lanes in eights, then one by one ----------------------------------------------------- */

INLINE struct notes_8 notes_open(const struct tile_job *job, int lane, bool ends)
{
    if (job->notes.at) return notes_load(job->notes.at + lane, job->notes_pitch, ends);
    return (struct notes_8){0};
}

INLINE void notes_close(const struct notes_8 *s, const struct tile_job *job, int lane, bool ends)
{
    if (job->notes.at) notes_store(job->notes.at + lane, job->notes_pitch, s, ends);
}

INLINE __m256d four_sums(const struct batch *b, int p, int lane, bool wide)
{
    if (!wide) return _mm256_cvtepi32_pd(_mm_load_si128((const __m128i *)&b->sums.narrow[p][lane]));
    const int64_t *const s = &b->sums.wide[p][lane];
    return _mm256_setr_pd((double)s[0], (double)s[1], (double)s[2], (double)s[3]);
}

INLINE void finish_int_8(const struct batch *b, const struct tile_job *job, int lane, bool wide, bool ends)
{
    const __m256d alpha[2] = {_mm256_loadu_pd(job->alpha + lane), _mm256_loadu_pd(job->alpha + lane + 4)};
    const __m256d beta[2] = {_mm256_loadu_pd(job->beta + lane), _mm256_loadu_pd(job->beta + lane + 4)};
    const double *gamma = job->gamma + (ptrdiff_t)b->first * job->gamma_stride + lane;
    struct notes_8 s = notes_open(job, lane, ends);

    for (int p = 0; p < b->count; p++, gamma += job->gamma_stride) {
        const __m256d window = _mm256_broadcast_sd(job->window + b->first + p);
        float *const out = job->y + b->y[p] + lane;
        __m128 v[2];
        UNROLL for (int h = 0; h < 2; h++)
        {
            const __m256d affine = _mm256_fmadd_pd(beta[h], window, _mm256_loadu_pd(gamma + 4 * h));
            const __m256d exact = four_sums(b, p, lane + 4 * h, wide);
            v[h] = _mm256_cvtpd_ps(_mm256_fmadd_pd(alpha[h], exact, affine));
            _mm_storeu_ps(out + 4 * h, v[h]);
        }
        notes_add(&s, v[0], v[1], ends);
    }
    notes_close(&s, job, lane, ends);
}

INLINE void finish_int_1(const struct batch *b, const struct tile_job *job, int lane, bool wide)
{
    for (int p = 0; p < b->count; p++) {
        const double exact = wide ? (double)b->sums.wide[p][lane] : b->sums.narrow[p][lane];
        const double gamma = job->gamma[(ptrdiff_t)(b->first + p) * job->gamma_stride + lane];
        const double affine = __builtin_fma(job->beta[lane], job->window[b->first + p], gamma);
        const float v = (float)__builtin_fma(job->alpha[lane], exact, affine);
        job->y[b->y[p] + lane] = v;
        if (job->notes.at) conv_notes_add(job->notes, (int)job->notes_pitch, lane, v);
    }
}

INLINE void finish_int(const struct batch *b, const struct tile_job *job, bool wide)
{
    int lane = 0;

    for (; lane + 8 <= job->lanes; lane += 8)
        if (job->notes.ends)
            finish_int_8(b, job, lane, wide, true);
        else
            finish_int_8(b, job, lane, wide, false);
    for (; lane < job->lanes; lane++)
        finish_int_1(b, job, lane, wide);
}

INLINE void finish_float_8(const struct batch *b, const struct tile_job *job, int lane)
{
    struct notes_8 s = notes_open(job, lane, true);

    for (int p = 0; p < b->count; p++) {
        const __m256 v = _mm256_load_ps(&b->sums.real[p][lane]);
        float *const out = job->y + b->y[p] + lane;
        _mm256_storeu_ps(out, job->add ? _mm256_add_ps(_mm256_loadu_ps(out), v) : v);
        if (job->notes.at)
            notes_add(&s, _mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1), job->notes.ends);
    }
    notes_close(&s, job, lane, true);
}

INLINE void finish_float(const struct batch *b, const struct tile_job *job)
{
    int lane = 0;

    for (; lane + 8 <= job->lanes; lane += 8)
        finish_float_8(b, job, lane);
    for (; lane < job->lanes; lane++)
        for (int p = 0; p < b->count; p++) {
            float *const out = job->y + b->y[p] + lane;
            const float v = b->sums.real[p][lane];
            *out = job->add ? *out + v : v;
            if (job->notes.at) conv_notes_add(job->notes, (int)job->notes_pitch, lane, v);
        }
}

#endif
