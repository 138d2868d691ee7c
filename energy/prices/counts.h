/* energy/prices/counts.h - what happens on a piece of hardware, and what each happening is worth.
 *
 * A back end counts; a price list turns counts into joules. The two stay apart, so that a mapping that was
 * searched once can be priced a thousand times: for uncertainty, elasticity, break-even points.
 *
 *     energy = sum over components of count * price
 */
#ifndef ENERGY_PRICES_COUNTS_H
#define ENERGY_PRICES_COUNTS_H

#include "energy/prices/constants.h"

#include <stdint.h>

/** To add a component: here, its row in counts.c (name, unit, part), its price in price.c. */
enum component {
    COST_MULTIPLY, /* in 8x8-bit integer multiplies: of other widths as the hardware's mac_model has it */
    COST_ADD,      /* in 8-bit integer additions */
    COST_FLOAT_MULTIPLY, /* binary32 */
    COST_FLOAT_ADD,      /* binary32 */
    COST_CORE,     /* cycles of one processing element, busy or not: where the array has a price per cycle */
    COST_IDLE,     /* cycles of one processing element that has nothing to do */
    COST_REGISTER, /* bits read or written next to a processing element */
    COST_NETWORK,  /* bits moved by one hop between processing elements or to them */
    COST_WEIGHT_READ, /* bits of the weight buffer */
    COST_WEIGHT_WRITE,
    COST_INPUT_READ, /* bits of the input buffer */
    COST_INPUT_WRITE,
    COST_OUTPUT_READ, /* bits of the output buffer */
    COST_OUTPUT_WRITE,
    COST_GLOBAL_READ, /* bits of a buffer shared by the tensors */
    COST_GLOBAL_WRITE,
    COST_DRAM_READ, /* bits */
    COST_DRAM_WRITE,
    COST_LEAKAGE,    /* seconds of the chip being on */
    COST_BACKGROUND, /* seconds of the DRAM being on */
    COST_HOST,       /* seconds of the rest of the machine being on */
    COST_COMPONENTS
};

/** Where energy goes, for tables: several components make one part. */
enum part { PART_CORE, PART_REGISTER, PART_NETWORK, PART_BUFFER, PART_DRAM, PART_STATIC, PARTS };

struct component_row {
    const char *name, *unit;
    enum part part;
};

const struct component_row *component_of(enum component c);
const char *part_name(enum part p);

/** What a nest, a phase or a whole run did. Zero-initialize; doubles hold integers exactly below 2^53. */
struct counts {
    double macs;
    double bitops;       /* macs x operand widths */
    double cycles;       /* of the array's clock, stalls included */
    double stall_cycles; /* of them, waiting for memory */
    double of[COST_COMPONENTS];
};

/** Picojoules of one unit of each component, and the constants that they follow from: back ends weigh widths
 * by those (multiply_equivalents in energy/prices/price.h). */
struct prices {
    double pj[COST_COMPONENTS];
    struct constants constants;
};

/** a += times * b. */
void counts_add(struct counts *a, const struct counts *b, double times);

/** The static components: the seconds that c->cycles take. */
void counts_time(struct counts *c, double mhz);

/** Joules; by part: they sum to the total, always. */
double counts_energy(const struct counts *c, const struct prices *p);
void counts_parts(double joules[PARTS], const struct counts *c, const struct prices *p);

/** (bits read + bits written) / 8 */
double counts_dram_bytes(const struct counts *c);

#endif
