/* sim/kernels/ref/winograd.c - backward-data of 3x3 filters by minimal filtering: the definition.
 *
 * Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, CVPR 2016, section 4.1: F(2x2, 3x3)
 * computes a tile of 2x2 outputs from a patch of 4x4 inputs with 16 products instead of 36,
 *
 *   Y = A' [(G g G') . (B' d B)] A,      summed over the reduction (here the filters o) within the brackets,
 *
 * with g the filter as backward-data sees it, rotated by half a turn, and d the patch of errors. G holds
 * 1 and 1/2, A and B hold 0, 1 and -1: no coefficient is rounded, though sums of two or three are. An
 * infinite or NaN error spreads over the tiles of 2x2 that it touches. Each of the transforms works on
 * columns first, then on rows, in the order written below.
 */
#include "sim/kernels/ref/ref.h"

#include <string.h>

enum { POINTS = 16 };

/* y[0..3] of x[0], x[step], x[2 step]: one column or row of G g G'. */
static void filter_1d(float *y, int y_step, const float *x, int x_step)
{
    const float ends = x[0] + x[2 * x_step], middle = x[x_step];

    y[0] = x[0];
    y[y_step] = 0.5f * (ends + middle);
    y[2 * y_step] = 0.5f * (ends - middle);
    y[3 * y_step] = x[2 * x_step];
}

/* One column or row of B' d B. */
static void patch_1d(float *y, int y_step, const float *x, int x_step)
{
    const float a = x[0], b = x[x_step], c = x[2 * x_step], d = x[3 * x_step];

    y[0] = a - c;
    y[y_step] = b + c;
    y[2 * y_step] = c - b;
    y[3 * y_step] = b - d;
}

/* One column or row of A' m A. */
static void output_1d(float *y, int y_step, const float *x, int x_step)
{
    const float a = x[0], b = x[x_step], c = x[2 * x_step], d = x[3 * x_step];

    y[0] = (a + b) + c;
    y[y_step] = (b - c) - d;
}

void winograd_filter(float u[16], const float *w, ptrdiff_t step)
{
    float g[9], columns[12];

    for (int i = 0; i < 9; i++)
        g[i] = w[(8 - i) * step];
    for (int x = 0; x < 3; x++)
        filter_1d(columns + x, 3, g + x, 3);
    for (int y = 0; y < 4; y++)
        filter_1d(u + 4 * y, 1, columns + 3 * y, 1);
}

/* The 4x4 patch of tile (ty, tx) in channel o, transformed. */
static void transform_patch(float v[POINTS], const float *dy, const struct conv_shape *s, int ty, int tx,
                            int o)
{
    float d[POINTS], columns[POINTS];

    for (int i = 0; i < POINTS; i++) {
        const int oy = 2 * ty + s->pad - 2 + i / 4, ox = 2 * tx + s->pad - 2 + i % 4;
        const bool inside = oy >= 0 && oy < s->oh && ox >= 0 && ox < s->ow;
        d[i] = inside ? dy[((size_t)oy * s->ow + ox) * s->k + o] : 0.0f;
    }
    for (int x = 0; x < 4; x++)
        patch_1d(columns + x, 4, d + x, 4);
    for (int y = 0; y < 4; y++)
        patch_1d(v + 4 * y, 1, columns + 4 * y, 1);
}

/* Channel c of tile (ty, tx) from its products, into dx as far as that goes. */
static void store_tile(float *dx, bool add, const float *products, const struct conv_shape *s, int ty, int tx,
                       int c)
{
    float m[POINTS], columns[8], out[4];

    for (int i = 0; i < POINTS; i++)
        m[i] = products[(size_t)i * s->c + c];
    for (int x = 0; x < 4; x++)
        output_1d(columns + x, 4, m + x, 4);
    for (int y = 0; y < 2; y++)
        output_1d(out + 2 * y, 1, columns + 4 * y, 1);
    for (int i = 0; i < 4; i++) {
        const int iy = 2 * ty + i / 2, ix = 2 * tx + i % 2;
        if (iy >= s->h || ix >= s->w) continue;
        float *const at = &dx[((size_t)iy * s->w + ix) * s->c + c];
        *at = add ? *at + out[i] : out[i];
    }
}

size_t ref_winograd_packed_bytes(const struct conv_shape *s)
{
    return (size_t)POINTS * s->k * s->c * sizeof(float);
}

size_t ref_winograd_scratch_bytes(const struct conv_shape *s)
{
    return (size_t)POINTS * s->c * sizeof(float);
}

/* [k][16 points][c] */
void ref_winograd_pack(void *packed, const float *w, const struct conv_shape *s, struct conv_part part)
{
    float *const out = packed;

    for (int o = conv_part_begin(part, s->k); o < conv_part_end(part, s->k); o++)
        for (int c = 0; c < s->c; c++) {
            float u[POINTS];
            winograd_filter(u, w + (size_t)o * 9 * s->c + c, s->c);
            for (int i = 0; i < POINTS; i++)
                out[((size_t)o * POINTS + i) * s->c + c] = u[i];
        }
}

void ref_winograd_data(const struct conv_data_call *call)
{
    const struct conv_shape *const s = call->shape;
    const int columns = (s->w + 1) / 2, end = call->rows.first + call->rows.count;
    float *const products = call->scratch;

    for (int t = call->rows.first / 2 * columns; t < (end + 1) / 2 * columns; t++) {
        memset(products, 0, ref_winograd_scratch_bytes(s));
        for (int o = 0; o < s->k; o++) {
            float v[POINTS];
            transform_patch(v, call->dy, s, t / columns, t % columns, o);
            for (int i = 0; i < POINTS; i++)
                ref_add_multiple(products + (size_t)i * s->c, v[i],
                                 (const float *)call->packed + ((size_t)o * POINTS + i) * s->c, s->c);
        }
        for (int c = 0; c < s->c; c++)
            store_tile(call->dx, call->add, products, s, t / columns, t % columns, c);
    }
}
