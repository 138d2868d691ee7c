/* energy/backends/systolic.h - a systolic array in closed form: folds, their pipeline, and what must come
 * from DRAM.
 *
 * A product of sr x t by t x sc (or, with a stationary operand, its transpositions) is cut into folds of the
 * R x C array; each fold fills the pipeline, streams t steps and drains:
 *
 *     cycles = (2 R + C + t - 2) ceil(sr / R) ceil(sc / C)
 *
 *     output stationary   sr = pixels            sc = filters   t = taps x channels
 *     weight stationary   sr = taps x channels   sc = filters   t = pixels
 *     input stationary    sr = taps x channels   sc = pixels    t = filters
 *
 * Buffers: a streamed operand is read once per fold, one word for each edge element; partial sums of the two
 * latter dataflows are written once per fold and read back but for the first. DRAM: an operand is fetched
 * again in every sweep of folds unless what the sweeps share fits its buffer; of the two orders of sweeps the
 * one that moves less is taken. Partial sums that do not fit go out and come back. The batch may be taken in
 * parts.
 *
 * Words in DRAM are the codes, or float32 with training.storage emulated; partial sums are accumulator_bits.
 *
 * The model computes in words: widths enter by the words' bits and by what an element finishes in a cycle.
 * The longer of pipeline and memory is the time.
 *
 * Source: Samajdar et al., SCALE-Sim: Systolic CNN Accelerator Simulator, arXiv:1811.02883 (its cycles and
 * words per fold); DRAM traffic is this project's.
 */
#ifndef ENERGY_BACKENDS_SYSTOLIC_H
#define ENERGY_BACKENDS_SYSTOLIC_H

#include "energy/backends/backend.h"

/** A layer on an array: extents mapped to rows and columns, and the steps of a fold. */
struct systolic_folds {
    double sr, sc, t; /* words */
    double row_folds, col_folds;
    double cycles;
    double utilization; /* 0..1, of all elements in all cycles */
};

/** Folds of one dataflow (WS, OS or IS) on h's array, t steps taking their time at the nest's widths. */
struct systolic_folds systolic_fold(const struct nest *n, const struct hardware *h, enum hardware_dataflow d);

/** Counts of one dataflow, the whole batch at once. */
void systolic_count(struct counts *out, const struct nest *n, const struct hardware *h,
                    enum hardware_dataflow d);

extern const struct backend systolic_backend;

#endif
