/* energy/prices/node.h - from the technology node of a measurement to the node of the hardware; 45 nm is 1.
 *
 *     anchors      through published measurements at 65, 45 and 7 nm, a component at a time: straight
 *                  lines in log energy over log nm, and the square of the voltage over the nominal one
 *     stillmaker   Stillmaker and Baas, Integration 2017, a V^2 + b V + c for each node. It overstates
 *                  the gain of logic to 7 nm by four to seven times against published tables of operations
 *     none         everything as it was measured
 *
 * There is no factor for all: logic, SRAM by size and DRAM age differently, and DRAM's price is one of the
 * interface, which no function here touches.
 */
#ifndef ENERGY_PRICES_NODE_H
#define ENERGY_PRICES_NODE_H

#include "energy/prices/constants.h"
#include "energy/hardware/hardware.h"

/** A polynomial of energy over supply voltage. */
struct stillmaker {
    double nm, a, b, c, nominal_v;
};

double stillmaker_polynomial(const struct stillmaker *s, double volt);

/** Energy at a node between 7 and 130 nm in the paper's own unit; between its nodes a line in logarithms. */
double stillmaker_energy(double nm, double volt);

/** Volt: of Horowitz's table at 45 nm (0.9), of Stillmaker and Baas elsewhere, interpolated between. */
double node_nominal_vdd(double nm);

/** h's supply, nominal where it is auto. */
double node_vdd(const struct hardware *h);

/** Energy of logic on h over that of the same logic at from_nm. */
double node_logic(const struct hardware *h, const struct constants *k, double from_nm);

/** Energy on h of a component that was measured at both 45 and 7 nm. */
double node_between(const struct hardware *h, const struct constants *k, enum constant_name at_45nm,
                    enum constant_name at_7nm);

#endif
