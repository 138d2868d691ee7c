/* sim/kernels/avx2/taps.h - what surrounds the tiles of backward-weights: where a tile's taps are, and go.
 *
 * Shared by the AVX2 and AVX-512 tiles.
 */
#ifndef SIM_KERNELS_AVX2_TAPS_H
#define SIM_KERNELS_AVX2_TAPS_H

#include "sim/kernels/avx2/simd.h"
#include "sim/kernels/tile/tile.h"

enum { TAPS_MOST = 12 }; /* of a tile */

struct sums {
    union {
        int32_t narrow[TAPS_MOST][TILE_LANES];
        int64_t wide[TAPS_MOST][TILE_LANES];
        float real[TAPS_MOST][TILE_LANES];
    };
} __attribute__((aligned(64)));

/* Which taps and filters a tile works on. */
struct spot {
    int ky, column; /* first tap */
    int filter;     /* first filter of the group */
    int lanes;      /* filters that exist */
};

INLINE ptrdiff_t tap_index(const struct weights_job *job, const struct spot *at, int p)
{
    return ((ptrdiff_t)at->ky * job->columns + at->column + p) * job->k + at->filter;
}

INLINE ptrdiff_t tap_offset(const struct weights_job *job, const struct spot *at, int p)
{
    return at->ky * job->pitch + job->column[at->column + p];
}

/* --- sums on their way out --------------------------------------------------------------------------- */

/* 32-bit sums wait in `partial` between the bands of an image, and go to the 64-bit ones with its last
 * band. */
INLINE void tap_sums_int_16(const int32_t *sum, int32_t *partial, int64_t *acc, const struct weights_job *job)
{
    UNROLL for (int h = 0; h < TILE_LANES; h += 8)
    {
        __m256i v = load_i(sum + h);
        if (!job->first) v = _mm256_add_epi32(v, load_i(partial + h));
        if (job->last)
            widen_add(acc + h, v);
        else
            store_i(partial + h, v);
    }
}

INLINE void tap_sums_int(const struct sums *sums, const struct weights_job *job, const struct spot *at, int n)
{
    UNROLL for (int p = 0; p < n; p++)
    {
        const ptrdiff_t i = tap_index(job, at, p);
        int32_t *const partial = (int32_t *)job->partial + i;
        int64_t *const acc = (int64_t *)job->acc + i;

        if (at->lanes == TILE_LANES) {
            tap_sums_int_16(sums->narrow[p], partial, acc, job);
            continue;
        }
        for (int lane = 0; lane < at->lanes; lane++) {
            const int32_t v = sums->narrow[p][lane] + (job->first ? 0 : partial[lane]);
            if (job->last)
                acc[lane] += v;
            else
                partial[lane] = v;
        }
    }
}

INLINE void tap_sums_wide(const struct sums *sums, const struct weights_job *job, const struct spot *at,
                          int n)
{
    for (int p = 0; p < n; p++)
        for (int lane = 0; lane < at->lanes; lane++)
            ((int64_t *)job->acc)[tap_index(job, at, p) + lane] +=
                sums->wide[p][lane] * ((int64_t)1 << job->shift);
}

/* Likewise in binary32 and binary64. */
INLINE void tap_sums_float_16(const float *sum, float *partial, double *acc, bool last)
{
    UNROLL for (int h = 0; h < TILE_LANES; h += 8)
    {
        const __m256 v = _mm256_load_ps(sum + h);
        if (!last) {
            _mm256_storeu_ps(partial + h, v);
            continue;
        }
        _mm256_storeu_pd(acc + h, _mm256_add_pd(_mm256_loadu_pd(acc + h), doubles_of(v, 0)));
        _mm256_storeu_pd(acc + h + 4, _mm256_add_pd(_mm256_loadu_pd(acc + h + 4), doubles_of(v, 1)));
    }
}

INLINE void tap_sums_float(const struct sums *sums, const struct weights_job *job, const struct spot *at,
                           int n)
{
    for (int p = 0; p < n; p++) {
        const ptrdiff_t i = tap_index(job, at, p);
        float *const partial = (float *)job->partial + i;
        double *const acc = (double *)job->acc + i;

        if (at->lanes == TILE_LANES) {
            tap_sums_float_16(sums->real[p], partial, acc, job->last);
            continue;
        }
        for (int lane = 0; lane < at->lanes; lane++)
            if (job->last)
                acc[lane] += sums->real[p][lane];
            else
                partial[lane] = sums->real[p][lane];
    }
}

/* Fetch the 64-bit sums while the tile is computed: many channels keep them in the second cache. */
INLINE void prefetch_acc(const struct weights_job *job, const struct spot *at, int n)
{
    const char *const acc = job->acc;

    if (!job->last) return;
    UNROLL for (int p = 0; p < n; p++)
    {
        _mm_prefetch(acc + 8 * tap_index(job, at, p), _MM_HINT_T0);
        _mm_prefetch(acc + 8 * tap_index(job, at, p) + 64, _MM_HINT_T0);
    }
}

#endif
