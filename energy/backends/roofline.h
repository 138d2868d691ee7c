/* energy/backends/roofline.h - the least that a nest can cost on any back end. */
#ifndef ENERGY_BACKENDS_ROOFLINE_H
#define ENERGY_BACKENDS_ROOFLINE_H

#include "energy/hardware/hardware.h"
#include "energy/workload/workload.h"

/** Bits of a finished result as it leaves the array: training.output_bits, of weight gradients
 * gradient_bits. */
int nest_result_bits(const struct nest *n, const struct hardware *h);

/**
 * Lower bound of the cycles of a nest: peak arithmetic at these widths, compulsory DRAM traffic (each operand
 * and result once). No back end may be faster.
 */
double roofline_cycles(const struct nest *n, const struct hardware *h);

/**
 * Most multiply-accumulates that h finishes in a cycle, for operands of these widths: elements x for each
 * operand
 *
 *     bits > pmax                   1 / ceil(bits / pmax): passes, or as many elements
 *     mac_model bitfusion           floor(pmax / max(bits, pmin))
 *     mac_model bit-serial          pmax / max(bits, pmin), as Loom (Sharify et al., DAC 2018) has it
 *     quadratic, pe-fixed           1: narrow operands only cost less
 */
double roofline_macs_per_cycle(const struct hardware *h, int input_bits, int weight_bits);

/** Least that crosses the DRAM interface for all instances: operands and result once each. */
double roofline_dram_bits(const struct nest *n, const struct hardware *h);

#endif
