/* energy/price.h - what each component costs on a piece of hardware: knobs and constants become picojoules.
 */
#ifndef ENERGY_PRICE_H
#define ENERGY_PRICE_H

#include "energy/constants.h"
#include "energy/counts.h"
#include "energy/hardware.h"

/** The price list. Explicit knobs win over constants; constants are scaled from their node to the hardware's.
 */
void prices_make(struct prices *out, const struct hardware *h, const struct constants *k);

/** Energy of an integer multiply of a x b bits in 8x8-bit multiplies under the hardware's mac_model, and of
 * the addition that follows it in 8-bit additions. */
double multiply_equivalents(const struct hardware *h, const struct constants *k, int a_bits, int b_bits);
double add_equivalents(const struct hardware *h, const struct constants *k, int bits);

#endif
