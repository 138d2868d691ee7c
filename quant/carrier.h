/* quant/carrier.h - which formats fit into arrays of float32 and float64. Internal to the library. */
#ifndef QUANT_CARRIER_H
#define QUANT_CARRIER_H

#include "quant/family.h"
#include "quant/plan.h"

/** Change f until the carrier holds each of its values; leaves the reason of the first change. */
void carrier_repair(struct format *f, struct reason *why, enum carrier carrier);

#endif
