/* energy/backend.h - the cost models behind one interface.
 *
 * To add a back end: a file with its count function and its source, a row in backend.c, its published numbers
 * as tests/test_NAME.c.
 */
#ifndef ENERGY_BACKEND_H
#define ENERGY_BACKEND_H

#include "energy/counts.h"
#include "energy/hardware.h"
#include "energy/price.h"
#include "energy/workload.h"

struct backend {
    const char *name, *title, *source;
    /**
     * Count what one nest (all its instances) does on h. `p` is there for objectives that weigh energy; it
     * does not enter the counts otherwise. STATUS_INPUT where the nest does not fit: it says which buffer,
     * how many bytes it has and how many are needed.
     */
    enum status (*count)(struct counts *out, const struct nest *n, const struct hardware *h,
                         const struct prices *p);
};

const struct backend *backend_all(int *count);

/** Back end by name; STATUS_INPUT with the nearest known one. */
MUST_CHECK enum status backend_find(const struct backend **out, const char *name);

/**
 * Lower bound of the cycles of a nest: peak arithmetic at these widths, compulsory DRAM traffic (each operand
 * and result once). Every back end's cycles are at least this; backend_count asserts it.
 */
double roofline_cycles(const struct nest *n, const struct hardware *h);

/** h's back end on a checked nest, with the roofline as its floor. */
MUST_CHECK enum status backend_count(struct counts *out, const struct nest *n, const struct hardware *h,
                                     const struct prices *p);

#endif
