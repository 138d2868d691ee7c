/* energy/prices/dram.c - the table of DRAM kinds, and the knob that names one. Their energy is a matter of the
 * interface, not of the logic's node: nothing here is scaled.
 */
#include "energy/prices/dram.h"

#include "energy/hardware/hardware_knobs.h"
#include "quant/try.h"
#include "sim/base/table.h"

#include <math.h>
#include <stdio.h>

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

enum { COUNT = sizeof kinds / sizeof kinds[0] };

const struct dram_kind *dram_all(int *count)
{
    *count = COUNT;
    return kinds;
}

/* --- the knob dram.kind --- */

static enum status dram_parse(void *field, const struct knob_row *row, const char *text)
{
    size_t i;
    (void)row;

    TRY(table_find(&i, "DRAM", text, kinds, sizeof *kinds, COUNT));
    *(int *)field = (int)i;
    return STATUS_OK;
}

static void dram_print(char *text, size_t size, const void *field, const struct knob_row *row)
{
    (void)row;
    snprintf(text, size, "%s", kinds[*(const int *)field].name);
}

static enum status dram_check(const struct hardware *h)
{
    const struct dram_kind *kind = &kinds[h->dram.kind];

    if (kind->pj_per_bit == CONSTANTS && isnan(h->dram.pj_per_bit))
        return status_fail(
            STATUS_INPUT,
            "dram.pj_per_bit is auto and dram.kind is %s; want a number, or a kind of `cptsim list dram`",
            kind->name);
    if (kind->background_w_per_gb == CONSTANTS && isnan(h->dram.background_w))
        return status_fail(STATUS_INPUT,
                           "dram.background_w is auto and dram.kind is %s; want a number, 0 for none",
                           kind->name);
    return STATUS_OK;
}

const struct knob_kind knob_dram = {.parse = dram_parse, .print = dram_print, .check = dram_check};
