/* sim/kernels/avx2/winograd.c - minimal filtering in AVX2: transforms eight channels at a time, products in
 * tiles of 6 x 16 as in avx2/tile.c.
 */
#include "sim/kernels/avx2/simd.h"
#include "sim/kernels/tile/winograd.h"

#include "sim/kernels/avx2/tile.h"

enum { OUTPUTS = 6 };

/* --- patches ----------------------------------------------------------------------------------------- */

/* Row `point_y` of B' d B for eight channels, to four points' places. Each point takes only 2x2 elements of
 * the patch: loading them anew for each row is cheaper than keeping sixteen registers. */
INLINE void patch_row(float *out, ptrdiff_t point, const float *plus, const float *other, bool subtract,
                      int k)
{
    __m256 column[4];

    UNROLL for (int x = 0; x < 4; x++)
    {
        const __m256 a = _mm256_loadu_ps(plus + x * k), b = _mm256_loadu_ps(other + x * k);
        column[x] = subtract ? _mm256_sub_ps(a, b) : _mm256_add_ps(a, b);
    }
    _mm256_storeu_ps(out, _mm256_sub_ps(column[0], column[2]));
    _mm256_storeu_ps(out + point, _mm256_add_ps(column[1], column[2]));
    _mm256_storeu_ps(out + 2 * point, _mm256_sub_ps(column[2], column[1]));
    _mm256_storeu_ps(out + 3 * point, _mm256_sub_ps(column[1], column[3]));
}

/* errors[point][tile][k] of all tiles of the job. */
static void transform_errors(const struct winograd_job *job)
{
    const int columns = (job->w + 1) / 2, k = job->k;
    const ptrdiff_t point = winograd_errors(k), padded = (ptrdiff_t)round_up((size_t)k, 8),
                    pitch = job->pitch;

    for (int t = 0; t < job->count; t++) {
        const int tile = job->first + t;
        const float *d = job->dy + 2 * (tile / columns) * pitch + 2 * (ptrdiff_t)(tile % columns) * k;
        float *out = job->errors + t * padded;
        for (int o = 0; o < k; o += 8, d += 8, out += 8) {
            patch_row(out, point, d, d + 2 * pitch, true, k);
            patch_row(out + 4 * point, point, d + pitch, d + 2 * pitch, false, k);
            patch_row(out + 8 * point, point, d + 2 * pitch, d + pitch, true, k);
            patch_row(out + 12 * point, point, d + pitch, d + 3 * pitch, true, k);
        }
    }
}

/* --- products ---------------------------------------------------------------------------------------- */

/* products[n tiles][16] = errors[n tiles][k] x weights[k][16]. */
INLINE void multiply(float *products, const float *errors, ptrdiff_t padded, const float *weights, int k,
                     int n)
{
    __m256 acc[OUTPUTS][2];

    UNROLL for (int p = 0; p < n; p++) acc[p][0] = acc[p][1] = _mm256_setzero_ps();
    for (const float *const end = errors + k; errors < end; errors++, weights += TILE_LANES) {
        const __m256 w0 = _mm256_load_ps(weights), w1 = _mm256_load_ps(weights + 8);
        UNROLL for (int p = 0; p < n; p++)
        {
            const __m256 v = _mm256_broadcast_ss(errors + p * padded);
            acc[p][0] = _mm256_fmadd_ps(v, w0, acc[p][0]);
            acc[p][1] = _mm256_fmadd_ps(v, w1, acc[p][1]);
        }
    }
    UNROLL for (int p = 0; p < n; p++) UNROLL for (int h = 0; h < 2; h++)
        _mm256_store_ps(products + p * TILE_LANES + 8 * h, acc[p][h]);
}

/* One point, all tiles of the job. */
static void multiply_point(float *products, const float *errors, const float *weights, int k, int count)
{
    const ptrdiff_t padded = (ptrdiff_t)round_up((size_t)k, 8);
    int t = 0;

#define TILES(n)                                                                                             \
    do {                                                                                                     \
        multiply(products + t * TILE_LANES, errors + t * padded, padded, weights, k, n);                     \
        t += (n);                                                                                            \
    } while (0)
    while (count - t >= OUTPUTS)
        TILES(6);
    if ((count - t) & 4) TILES(4);
    if ((count - t) & 2) TILES(2);
    if ((count - t) & 1) TILES(1);
#undef TILES
}

/* --- outputs ----------------------------------------------------------------------------------------- */

/* A' m A for eight channels of one tile. */
INLINE void output_8(__m256 out[2][2], const float *m, ptrdiff_t point)
{
    __m256 column[2][4];

    UNROLL for (int x = 0; x < 4; x++)
    {
        const __m256 a = _mm256_load_ps(m + x * point), b = _mm256_load_ps(m + (4 + x) * point);
        const __m256 c = _mm256_load_ps(m + (8 + x) * point), d = _mm256_load_ps(m + (12 + x) * point);
        column[0][x] = _mm256_add_ps(_mm256_add_ps(a, b), c);
        column[1][x] = _mm256_sub_ps(_mm256_sub_ps(b, c), d);
    }
    UNROLL for (int y = 0; y < 2; y++)
    {
        out[y][0] = _mm256_add_ps(_mm256_add_ps(column[y][0], column[y][1]), column[y][2]);
        out[y][1] = _mm256_sub_ps(_mm256_sub_ps(column[y][1], column[y][2]), column[y][3]);
    }
}

/* Eight channels, of which `lanes` exist, to the pixels of a tile that exist. */
static void store_part(float *at, const struct winograd_job *job, __m256 out[2][2], int rows, int columns,
                       int lanes)
{
    for (int i = 0; i < 4; i++) {
        float value[8], *const pixel = at + (i / 2 * (ptrdiff_t)job->w + i % 2) * job->c;
        if (i / 2 >= rows || i % 2 >= columns) continue;
        _mm256_storeu_ps(value, out[i / 2][i % 2]);
        for (int lane = 0; lane < lanes; lane++)
            pixel[lane] = job->add ? pixel[lane] + value[lane] : value[lane];
    }
}

INLINE void store_whole(float *at, const struct winograd_job *job, __m256 out[2][2])
{
    UNROLL for (int i = 0; i < 4; i++)
    {
        float *const pixel = at + (i / 2 * (ptrdiff_t)job->w + i % 2) * job->c;
        const __m256 v = out[i / 2][i % 2];
        _mm256_storeu_ps(pixel, job->add ? _mm256_add_ps(_mm256_loadu_ps(pixel), v) : v);
    }
}

/* Channels [c, c + 16) of all tiles of the job. */
static void store_outputs(const struct winograd_job *job, int c)
{
    const int across = (job->w + 1) / 2;
    const ptrdiff_t point = winograd_products();

    for (int t = 0; t < job->count; t++) {
        const int y = 2 * ((job->first + t) / across), x = 2 * ((job->first + t) % across);
        const int rows = job->h - y, columns = job->w - x;
        float *const at = job->dx + ((ptrdiff_t)y * job->w + x) * job->c;
        for (int h = 0; h < TILE_LANES && c + h < job->c; h += 8) {
            __m256 out[2][2];
            output_8(out, job->products + t * TILE_LANES + h, point);
            if (rows >= 2 && columns >= 2 && c + h + 8 <= job->c)
                store_whole(at + c + h, job, out);
            else
                store_part(at + c + h, job, out, rows, columns, job->c - c - h < 8 ? job->c - c - h : 8);
        }
    }
}

void avx2_winograd(const struct winograd_job *job)
{
    transform_errors(job);
    for (int b = 0; b < blocks_of(job->c); b++) {
        const float *const weights = job->weights + (ptrdiff_t)b * WINOGRAD_POINTS * job->k * TILE_LANES;
        for (int i = 0; i < WINOGRAD_POINTS; i++)
            multiply_point(job->products + i * winograd_products(), job->errors + i * winograd_errors(job->k),
                           weights + (ptrdiff_t)i * job->k * TILE_LANES, job->k, job->count);
        store_outputs(job, b * TILE_LANES);
    }
}
