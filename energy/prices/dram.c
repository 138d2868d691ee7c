/* energy/prices/dram.c - the table of DRAM kinds. Their energy is a matter of the interface, not of the
 * logic's
 * node: nothing here is scaled.
 */
#include "energy/prices/dram.h"

static const struct dram_kind kinds[] = {
    {"ddr3", "DDR3, the device", DRAM_DDR3, BACKGROUND_DDR},
    {"ddr4", "DDR4, the device", DRAM_DDR4, BACKGROUND_DDR},
    {"ddr3-system", "DDR3, all that a bit costs a system at low utilization", DRAM_DDR3_SYSTEM,
     BACKGROUND_DDR},
    {"lpddr3", "LPDDR2 and LPDDR3", DRAM_LPDDR3, BACKGROUND_LPDDR},
    {"lpddr4", "LPDDR4", DRAM_LPDDR4, BACKGROUND_LPDDR},
    {"gddr5", "GDDR5", DRAM_GDDR5, BACKGROUND_GDDR},
    {"gddr6", "GDDR6", DRAM_GDDR6, BACKGROUND_GDDR},
    {"hbm2", "HBM2, the stack", DRAM_HBM2, BACKGROUND_HBM},
    {"hbm2-system", "HBM2, all that a bit costs an A100", DRAM_HBM2_SYSTEM, BACKGROUND_HBM},
    {"hmc", "hybrid memory cube", DRAM_HMC, BACKGROUND_HBM},
    {"custom", "as dram.pj_per_bit and dram.background_w say", CONSTANTS, CONSTANTS},
};

const struct dram_kind *dram_all(int *count)
{
    *count = sizeof kinds / sizeof kinds[0];
    return kinds;
}
