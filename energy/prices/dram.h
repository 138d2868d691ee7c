/* energy/prices/dram.h - kinds of DRAM: what a bit moved and a GB kept alive cost. */
#ifndef ENERGY_PRICES_DRAM_H
#define ENERGY_PRICES_DRAM_H

#include "energy/prices/constants.h"

/** To add a kind: a row in dram.c, its constants. */
struct dram_kind {
    const char *name, *title;
    enum constant_name pj_per_bit, background_w_per_gb; /* CONSTANTS: the hardware has to say */
};

const struct dram_kind *dram_all(int *count);

#endif
