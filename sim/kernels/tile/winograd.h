/* sim/kernels/tile/winograd.h - backward-data of 3x3 filters by minimal filtering, for the SIMD rows.
 *
 * The definition is in kernels.h (conv_float_data) and ref/winograd.c. Here an image is bordered once,
 * its tiles are taken some at a time, and an instruction set turns each such run of tiles into outputs: 16
 * small matrix products [tiles][k] x [k][16 channels], one for each of the 4x4 points.
 */
#ifndef SIM_KERNELS_TILE_WINOGRAD_H
#define SIM_KERNELS_TILE_WINOGRAD_H

#include "sim/kernels/tile/tile.h"

enum {
    WINOGRAD_POINTS = 16, /* 4x4 of a transformed tile */
    WINOGRAD_TILES = 18,  /* most of one job: up to 256 filters their transforms stay in the second cache */
};

/** A run of tiles of 2x2 inputs, all channels. Distances count floats. */
struct winograd_job {
    const float *dy;      /* bordered: the 4x4 patch of tile (0, 0) */
    ptrdiff_t pitch;      /* between its rows */
    int k;                /* its channels: 7 floats behind the last pixel may be read */
    const float *weights; /* [blocks of 16 channels][16 points][k][16] */
    float *dx;            /* [h][w][c] */
    int h, w, c;
    bool add;         /* dx += instead of dx = */
    int first, count; /* tiles, (w + 1) / 2 in a row; count <= WINOGRAD_TILES */
    float *errors;    /* scratch: [16 points][WINOGRAD_TILES][k], each point winograd_errors floats */
    float *products;  /* scratch: [16 points][WINOGRAD_TILES][16], each winograd_products floats */
};

/* Floats of one point. One more line of cache than needed: without it the sixteen points would fall onto the
 * same few sets. */
static inline ptrdiff_t winograd_errors(int k)
{
    return (ptrdiff_t)WINOGRAD_TILES * (ptrdiff_t)round_up((size_t)k, 8) + 16;
}

static inline ptrdiff_t winograd_products(void)
{
    return WINOGRAD_TILES * TILE_LANES + 16;
}

size_t winograd_packed_bytes(const struct conv_shape *s);
size_t winograd_scratch_bytes(const struct conv_shape *s);
void winograd_pack(void *packed, const float *w, const struct conv_shape *s, struct conv_part part);
void winograd_data(const struct tile_isa *isa, const struct conv_data_call *call);

#endif
