/* energy/prices/price.h - what each component costs on a piece of hardware: knobs and constants become
 * picojoules.
 *
 * Explicit knobs win over constants and are taken as they are; constants are scaled from the node at which
 * they were measured to the hardware's (energy/prices/node.h), memory on the chip by
 * energy/prices/sram.h, DRAM never.
 */
#ifndef ENERGY_PRICES_PRICE_H
#define ENERGY_PRICES_PRICE_H

#include "energy/prices/constants.h"
#include "energy/prices/counts.h"
#include "energy/hardware/hardware.h"

/** The price list of a checked hardware. */
void prices_make(struct prices *out, const struct hardware *h, const struct constants *k);

/**
 * Energy of an integer multiply of a x b bits, and of the accumulation that follows it, in units of
 * COST_MULTIPLY and COST_ADD, as array.mac_model has them:
 *
 *     quadratic    (a b / 64)^multiply_exponent, and (bits / 8)^add_exponent
 *     pe-fixed     a processing element of that width with its registers and 32-bit accumulator, the
 *                  polynomial of constants pe_fixed_*; the accumulation is part of it: 0
 *     bitfusion    the share of a fusion unit that is busy, 1 over the products it does at once; the
 *                  accumulation is part of it: 0
 *     bit-serial   the first operand in a bit-serial cycles: as quadratic with exponent 1, times an overhead
 *
 * Operands narrower than array.pmin cost as pmin, wider ones than pmax several passes of pmax. An 8 x 8-bit
 * multiply is one unit, but for bit-serial. add_equivalents with `bits` of the accumulator.
 */
double multiply_equivalents(const struct hardware *h, const struct constants *k, int a_bits, int b_bits);
double add_equivalents(const struct hardware *h, const struct constants *k, int bits);

/** Whether the two above read this constant, so that counts depend on it and not prices alone. */
bool price_weighs_widths(enum constant_name c);

#endif
