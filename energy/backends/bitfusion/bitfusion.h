/* energy/backends/bitfusion/bitfusion.h - BitFusion: an array of fusion units that trade operand width
 * for parallelism.
 *
 * A layer is cut into tiles of batch (b), pixels (oh, ow), input channels (ic) and output channels (oc); the
 * kernel is never cut. Tile sizes are powers of two, capped at the dimension; oc goes in multiples of the
 * columns unless the layer is lowered by im2col. The loops over the tiles run in any of 120 orders. The
 * search returns the best of all of them, not a good one.
 *
 *     lanes   = rows * floor(pmax / max(input_bits, pmin)) * floor(pmax / max(weight_bits, pmin))
 *     compute = tiles * b oh ow * ceil(oc / columns) * taps * ceil(ic / lanes)
 *     cycles  = max(compute, ceil(middle / bandwidth)) + first load + last store
 *
 * Bits above pmax take ceil(bits / pmax) passes for each operand: one after the other (COMPOSE_TEMPORAL), or
 * side by side on as many rows (COMPOSE_SPATIAL); COMPOSE_FLOOR refuses them. Operands of float32 count as 32
 * bits: the array has no float unit.
 *
 * Sources: Sharma et al., ISCA 2018, and the simulator released with it, of which `compat` reproduces every
 * counter. Known value: ResNet-18, batch 16, 8/8 bits: 58,992,481 cycles (tests/energy/test_bitfusion.c).
 *
 * With training.storage emulated operands cross the DRAM interface as float32, in compat too, and buffers
 * hold the codes: no more is refetched, each bit that is costs 32 over its width.
 *
 * Artefacts of the released simulator, and the switches (struct hardware's bitfusion.*) that mend them:
 *
 *   output_once      Each output crosses the DRAM interface at least twice, as a 32-bit sum that is loaded
 *                    and stored, even where nothing is accumulated. Mended: a finished output is written
 *                    once, at training.output_bits; sums are written and read back only where the loop
 *                    over input channels runs outside of what the output buffer keeps.
 *
 *   input_broadcast  The input buffer is read for every multiply, as if each column fetched its own
 *                    operand. Mended: one read serves a row of columns, and each column that an operand
 *                    reaches is a hop of the network.
 *
 *   core_by_use      Every element costs a full cycle in every compute cycle, whatever it does, and
 *                    nothing while the array waits. Mended: a multiply costs the share of an element that
 *                    its bit bricks take, ceil(input_bits / pmin) ceil(weight_bits / pmin) of the
 *                    (pmax / pmin)^2; what is left of all cycles, waiting included, is idle.
 *
 *   unpadded_dram    Weights are padded to whole lanes, outputs to whole columns and last tiles to whole
 *                    tiles, in DRAM too: a 3-channel 3x3 layer at 2 bits moves 9.5 times its weights.
 *                    Mended: operands are moved, and kept in buffers, without padding.
 *
 *   first_tile       Computation waits until all that stays resident is loaded, and ends before any of it
 *                    is stored. Mended: it waits for the first tile, and only the last one is stored after.
 *
 *   leakage          Time is free. Mended: the search counts the seconds of the chip and the DRAM.
 *
 * Not of the search, and so elsewhere: what batch norm, quantizers and the optimizer cost
 * (training.products_only), and the price of a DRAM bit (dram.pj_per_bit; published comparisons gave
 * BitFusion 15 pJ and its rival 6).
 *
 * The objective is a knob of its own, mapping.objective. As released cycles come first, so that a faster
 * memory may buy few cycles with much energy. OBJECTIVE_ENERGY and OBJECTIVE_EDP weigh energy, and choose the
 * stationary operand of a tile by it. With `compat`, the objective is latency and all switches are off.
 *
 * Laws. Cycles never rise with bandwidth under OBJECTIVE_LATENCY. With all switches on and OBJECTIVE_ENERGY,
 * energy never falls when a width grows: a mapping (tile sizes, order, stationary operand) that fits at more
 * bits fits at fewer; in each one sizes, refetches, compute cycles, first load and last store are
 * non-decreasing in bits, hence also the sum of its counts at prices that are not negative (an idle element
 * at no more than a busy one), hence also the least of all. This does not hold without unpadded_dram, and is
 * not proven without first_tile: padding, and what is resident, may shrink. Twice the batch may be more than
 * twice the traffic: the batch is cut once, and what stayed resident may no longer fit.
 */
#ifndef ENERGY_BACKENDS_BITFUSION_BITFUSION_H
#define ENERGY_BACKENDS_BITFUSION_BITFUSION_H

#include "energy/backends/backend.h"

#include <stddef.h>

/** A convolution for a batch, at given widths. All extents are >= 1. */
struct bitfusion_layer {
    int64_t batch, in_c, out_c, out_h, out_w, kernel_h, kernel_w, stride;
    bool im2col; /* as released: the layer that reads the network's input */
    int input_bits, weight_bits;
    int output_bits;  /* of a finished output in DRAM; only output_once reads it */
    int operand_bits; /* of an operand in DRAM; 0: its own width */
};

/** Switches by name, as above. All false: as released. */
struct bitfusion_mends {
    bool output_once, input_broadcast, core_by_use, unpadded_dram, first_tile, leakage;
};

/** The array, its buffers and its memory. */
struct bitfusion_machine {
    int64_t rows, columns;
    int pmax, pmin, sum_bits; /* widest and narrowest operand; an accumulator */
    enum hardware_compose compose;
    int64_t input_room, weight_room, output_room; /* bits of a buffer that tiles may fill: half, if double */
    int64_t bandwidth_bits, bandwidth_cycles;     /* so many bits in so many cycles; 192, 1 as published */
    double seconds_per_cycle;                     /* read with `leakage` */
    enum hardware_objective objective;
    enum hardware_dataflow dataflow; /* auto, or one stationary operand for all tiles: ws, os, is */
    struct bitfusion_mends mends;
    struct prices prices; /* decide ties under OBJECTIVE_LATENCY, and the mapping otherwise */
};

/** Bits, but for the cycles; core and idle are cycles of one element. */
struct bitfusion_counts {
    int64_t cycles, stall_cycles;
    int64_t input_read, input_write, weight_read, weight_write, output_read, output_write;
    int64_t dram_read, dram_write;
    int64_t hops; /* bits moved from column to column */
    double core, idle;
    double seconds; /* of being on, with `leakage` */
};

/** The loops over tiles, in alphabetical order. */
enum bitfusion_loop { BITFUSION_B, BITFUSION_IC, BITFUSION_OC, BITFUSION_OH, BITFUSION_OW, BITFUSION_LOOPS };

/** A mapping: how many tiles of what size, and the loops over them from the outermost to the innermost. */
struct bitfusion_mapping {
    int64_t tiles[BITFUSION_LOOPS], size[BITFUSION_LOOPS];
    unsigned char order[BITFUSION_LOOPS];
    enum hardware_dataflow stationary;
};

struct bitfusion_result {
    struct bitfusion_counts counts;
    double energy_pj; /* bitfusion_energy of them */
    struct bitfusion_mapping mapping;
};

/**
 * The best mapping of all: by the objective, then by energy (latency) or cycles (energy, edp), then the first
 * order in alphabetical order, then the smallest tiles. Mappings of which a counter would pass 2^63 - 1 are
 * not considered.
 *
 * STATUS_INPUT where a size is < 1, bits are outside 1..64 or refused by `compose`, no tile fits a buffer
 * (which, how much it needs), or no mapping's counters stay below 2^63. Deterministic.
 */
STATUS_MUST_CHECK enum status bitfusion_search(struct bitfusion_result *out, const struct bitfusion_layer *l,
                                               const struct bitfusion_machine *m);

/** Picojoules: each count times its price, in the order of enum component. */
double bitfusion_energy(const struct bitfusion_counts *c, const struct prices *p);

/** Add n times c to the components of a struct counts. */
void bitfusion_add(struct counts *out, const struct bitfusion_counts *c, double n);

/** "b=1x16|ow=55x1|oh=55x1|ic=1x3|oc=3x32" (tiles x size) and "b>ic>oc>oh>ow" (outermost first). */
void bitfusion_tiling(char *text, size_t size, const struct bitfusion_mapping *m);
void bitfusion_order(char *text, size_t size, const struct bitfusion_mapping *m);

/** What a nest and a description of hardware come down to; what the back end hands to the search. */
STATUS_MUST_CHECK enum status bitfusion_describe(struct bitfusion_layer *l, struct bitfusion_machine *m,
                                                 const struct nest *n, const struct hardware *h,
                                                 const struct prices *p);

/** The back end (energy/backends/backend.h): the search, times the nest's instances. */
STATUS_MUST_CHECK enum status bitfusion_count(struct counts *out, const struct nest *n,
                                              const struct hardware *h, const struct prices *p);

#endif
