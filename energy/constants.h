/* energy/constants.h - every physical constant of the cost models, with its range, unit, node and source.
 *
 * There is no constant anywhere else. A set of values is passed around rather than read from the table, so
 * that uncertainty and elasticity are the same computation with other numbers.
 */
#ifndef ENERGY_CONSTANTS_H
#define ENERGY_CONSTANTS_H

#include "quant/status.h"

/** To add a constant: here, and its row in constants.c. Names are those of the rows, in capitals. */
enum constant_name {
    /* arithmetic at 45 nm, pJ */
    INT8_MULTIPLY,
    INT8_ADD,
    FLOAT32_MULTIPLY,
    FLOAT32_ADD,
    /* ... constants.c's owner goes on here */
    CONSTANTS
};

struct constant {
    const char *name, *unit;
    double low, nominal, high;
    double node_nm; /* of the measurement; 0: of none */
    const char *source;
};

const struct constant *constant_of(enum constant_name c);

/** One value for each constant. */
struct constants {
    double value[CONSTANTS];
};

struct constants constants_nominal(void);
struct constants constants_low(void);
struct constants constants_high(void);

/** Number of a constant by its name; STATUS_INPUT with the nearest known one. */
MUST_CHECK enum status constant_find(enum constant_name *out, const char *name);

#endif
