/* energy/backends/backend.h - the cost models behind one interface.
 *
 * To add a back end: a file with its count function and its source, a row in backend.c, its published numbers
 * as tests/test_NAME.c.
 */
#ifndef ENERGY_BACKENDS_BACKEND_H
#define ENERGY_BACKENDS_BACKEND_H

#include "energy/prices/counts.h"
#include "energy/hardware/hardware.h"
#include "energy/prices/price.h"
#include "energy/workload/workload.h"

struct backend {
    const char *name, *title, *source;
    bool operations_only; /* counts operations of no machine: nothing takes time or energy */
    bool times_itself;    /* has switches of its own for the seconds of leakage and background */
    /**
     * Count what one nest (all its instances) does on h. `p` is there for objectives that weigh energy; it
     * does not enter the counts otherwise. STATUS_INPUT where the nest does not fit: it says which buffer,
     * how many bytes it has and how many are needed.
     */
    enum status (*count)(struct counts *out, const struct nest *n, const struct hardware *h,
                         const struct prices *p);
};

/** All rows; *count is set. */
const struct backend *const *backend_all(int *count);

/** Back end by name; STATUS_INPUT with the nearest known one. */
MUST_CHECK enum status backend_find(const struct backend **out, const char *name);

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

/**
 * h's back end on a nest that nest_check has passed. Adds the seconds of the static components, which follow
 * from the cycles. STATUS_INPUT where the back end refuses, or beats the roofline: then it is wrong.
 */
MUST_CHECK enum status backend_count(struct counts *out, const struct nest *n, const struct hardware *h,
                                     const struct prices *p);

/** The second half of it, for counts that come from elsewhere than the back end's search. */
MUST_CHECK enum status backend_finish(struct counts *out, const struct nest *n, const struct hardware *h);

#endif
