/* energy/backends/bitfusion/bitfusion_inside.h - what the files of the BitFusion search share: a layer on
 * a machine, one tiling. */
#ifndef ENERGY_BACKENDS_BITFUSION_BITFUSION_INSIDE_H
#define ENERGY_BACKENDS_BITFUSION_BITFUSION_INSIDE_H

#include "energy/backends/bitfusion/bitfusion.h"

enum operand { OPERAND_INPUT, OPERAND_WEIGHT, OPERAND_OUTPUT, OPERANDS };

enum { BITFUSION_SIZES = 64 }; /* powers of two up to any int64_t */

/** One tile size of each dimension, and what depends on it alone. */
struct bitfusion_batch {
    int64_t size, tiles;
};
struct bitfusion_pixels {
    int64_t width, height, tiles_w, tiles_h;
    int64_t pixels, inputs; /* of a tile: outputs, and inputs of one channel with their halo (or im2col) */
    int64_t all_inputs;     /* of the layer, halos counted in each tile, last tiles at their true size */
};
struct bitfusion_inputs {
    int64_t size, tiles;
    int64_t rows;  /* of weights in the buffer, padded to lanes */
    int64_t steps; /* cycles that a pixel takes for all taps and these channels */
    int64_t slots; /* lanes x steps: what the array spends on them */
};
struct bitfusion_outputs {
    int64_t size, tiles;
    int64_t groups; /* of columns */
};

/** A layer on a machine, before any choice. */
struct bitfusion_plan {
    const struct bitfusion_layer *layer;
    const struct bitfusion_machine *machine;
    int64_t taps, lanes, passes;
    int64_t room[OPERANDS];
    double elements, busy; /* of the array; element cycles that the multiplies need by their bricks */
    int batches, pixelses, inputses, outputses;
    struct bitfusion_batch batch[BITFUSION_SIZES];
    struct bitfusion_pixels pixels[BITFUSION_SIZES];
    struct bitfusion_inputs inputs[BITFUSION_SIZES];
    struct bitfusion_outputs outputs[BITFUSION_SIZES];
};

/** One tiling: all that does not depend on the order of the loops. In bits. */
struct bitfusion_tile {
    int64_t size[BITFUSION_LOOPS], tiles[BITFUSION_LOOPS];
    int64_t load[OPERANDS];  /* of one tile */
    int64_t whole[OPERANDS]; /* DRAM traffic if nothing is fetched twice */
    int64_t finished;        /* outputs written at their own width */
    int64_t compute;         /* cycles */
    int64_t reads[OPERANDS]; /* of buffers by the array; sums are written as often as read */
    int64_t hops;
    enum hardware_dataflow stationary;
};

/** Products and sums of non-negative numbers that stop at INT64_MAX, which says "too much". */
static inline int64_t times(int64_t a, int64_t b)
{
    int64_t y;
    return __builtin_mul_overflow(a, b, &y) ? INT64_MAX : y;
}

static inline int64_t plus(int64_t a, int64_t b)
{
    int64_t y;
    return __builtin_add_overflow(a, b, &y) ? INT64_MAX : y;
}

static inline int64_t ceil_div(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

/** Cycles that bits take to or from DRAM: ceil(bits * cycles / bandwidth) without a large product. */
static inline int64_t transfer(const struct bitfusion_machine *m, int64_t bits)
{
    const int64_t whole = bits / m->bandwidth_bits, rest = bits % m->bandwidth_bits;
    if (m->bandwidth_cycles == 1) return whole + (rest != 0);
    return plus(times(whole, m->bandwidth_cycles), ceil_div(rest * m->bandwidth_cycles, m->bandwidth_bits));
}

/** Check the layer and the machine and list the tile sizes. STATUS_INPUT as bitfusion_search has it. */
STATUS_MUST_CHECK enum status bitfusion_plan_make(struct bitfusion_plan *out, const struct bitfusion_layer *l,
                                                  const struct bitfusion_machine *m);

/** The tiling of the i-th sizes; false if a tile does not fit its buffer. */
bool bitfusion_tile_make(struct bitfusion_tile *out, const struct bitfusion_plan *p,
                         const struct bitfusion_batch *b, const struct bitfusion_pixels *o,
                         const struct bitfusion_inputs *ic, const struct bitfusion_outputs *oc);

#endif
