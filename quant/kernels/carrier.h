/* quant/kernels/carrier.h - which formats fit into arrays of float32 and float64. Internal to the library. */
#ifndef QUANT_KERNELS_CARRIER_H
#define QUANT_KERNELS_CARRIER_H

#include "quant/formats/family.h"
#include "quant/quantizer.h"

/** Change f until the carrier holds each of its values; leaves the reason of the first change. */
void carrier_repair(struct format *f, struct reason *why, enum carrier carrier);

#endif
