/* quant/block.h - blocks whose elements share a scale: block floating point, MX, NVFP4.
 *
 * A block is scanned for its largest magnitude; from it a grid is made: an elementwise format whose values
 * are moved by a power of two (bfp, mx) or stretched by a real scale (nvfp4). An element then goes through
 * its format. Block k of an array holds the elements k*n .. k*n+n-1 by their global index; the last block may
 * be shorter.
 */
#ifndef QUANT_BLOCK_H
#define QUANT_BLOCK_H

#include "quant/element.h"

#include <stddef.h>

/** What has been seen of a block. Zero-initialize. */
struct block_scan {
    struct number largest; /* of the finite magnitudes; its sign is meaningless */
    bool special;          /* NaN or infinity seen */
};

void block_scan_add(struct block_scan *s, struct number x);

struct block_grid {
    struct format format; /* of one element */
    int shift;            /* bfp, mx: value = element * 2^shift */
    bool stretched;       /* nvfp4: value = element * scale */
    double scale;         /* may be 0: the block holds zeros */
    uint32_t code;        /* of the scale: E8M0, biased exponent, E4M3 */
    bool nan;             /* mx, nvfp4: every element is NaN, as the code of the scale */
};

/**
 * The grid for a block. tensor_scale is the float32 scale of the array for nvfp4 (see block_nvfp4_tensor_scale),
 * ignored by the others.
 *
 * bfp  E = floor(log2 largest), clamped to the two's complement range of its bits; one unit is
 *      2^(E - wl + 2). SCALE_CEIL takes E + 1 if rounding the largest, with either sign, would leave the
 *      range of sat_sym; stochastic roundings count as rounding away. The scale code is E - Emin.
 * mx   X = 2^(floor(log2 largest) - emax) by SCALE_FLOOR; see enum scale_rule. The code is the exponent
 *      + 127.
 *
 * A block of mx or nvfp4 with a NaN or an infinity in it gets the NaN of its scale's format (OCP MX 1.0, 5.2: a scale
 * of NaN makes every element NaN), unless the format ignores them. bfp has no NaN: it ignores them.
 */
struct block_grid block_grid_make(const struct format *f, struct block_scan scan, float tensor_scale);

/** The same grid again, from the code of its scale. */
struct block_grid block_grid_of_code(const struct format *f, uint32_t code, float tensor_scale);

/** One element of a block, and back. */
struct encoded block_encode(const struct block_grid *g, struct number x, uint32_t random);
struct number block_decode(const struct block_grid *g, uint64_t code);

/** Scale of an array for nvfp4: largest / (448 * 6) in float32, 1 if that is 0. */
float block_nvfp4_tensor_scale(struct number largest);

bool block_is_family(enum family family);

/** Elements that share a scale: 1 for elementwise formats, SIZE_MAX if all of an array do. */
size_t block_length(const struct format *f);

#endif
