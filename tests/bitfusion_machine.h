/* tests/bitfusion_machine.h - the machine of BitFusion's golden rows: 16 rows, 32 columns or a multiple of
 * them.
 */
#ifndef TESTS_BITFUSION_MACHINE_H
#define TESTS_BITFUSION_MACHINE_H

#include "energy/bitfusion.h"

/* Picojoules of a 32-bit access to the published banks; input banks grow with the array. */
static inline struct prices bitfusion_prices(int64_t columns)
{
    const double read = columns == 32 ? 1.90318 : columns == 64 ? 3.42953 : columns == 128 ? 6.39163 : 9.9817;
    const double write = columns == 32    ? 3.63853
                         : columns == 64  ? 4.31011
                         : columns == 128 ? 5.56268
                                          : 8.4209;
    struct prices p = {.pj = {[COST_CORE] = 235.104 / 512,
                              [COST_WEIGHT_READ] = 0.683701 / 32,
                              [COST_WEIGHT_WRITE] = 0.925317 / 32,
                              [COST_INPUT_READ] = read / 32,
                              [COST_INPUT_WRITE] = write / 32,
                              [COST_OUTPUT_READ] = 1.06097 / 32,
                              [COST_OUTPUT_WRITE] = 2.33869 / 32,
                              [COST_DRAM_READ] = 15,
                              [COST_DRAM_WRITE] = 15}};
    /* Not of the released model: what its mends count. Idle at 0.3 of busy, 21 % of leakage, 0.15 pJ/bit a
     * hop. */
    p.pj[COST_IDLE] = 0.3 * p.pj[COST_CORE];
    p.pj[COST_NETWORK] = 0.15;
    p.pj[COST_LEAKAGE] = 30e-3 * 1e12;
    return p;
}

/* 64, 32 and 16 KiB for weights, inputs and outputs at 32 columns, double-buffered; as released. */
static inline struct bitfusion_machine bitfusion_machine(int64_t columns, int64_t bandwidth)
{
    const int64_t scale = columns / 32, usable = scale * 1024 * 8 / 2;
    return (struct bitfusion_machine){.rows = 16,
                                      .columns = columns,
                                      .pmax = 8,
                                      .pmin = 2,
                                      .sum_bits = 32,
                                      .compose = COMPOSE_TEMPORAL,
                                      .weight_room = 64 * usable,
                                      .input_room = 32 * usable,
                                      .output_room = 16 * usable,
                                      .bandwidth_bits = bandwidth,
                                      .bandwidth_cycles = 1,
                                      .seconds_per_cycle = 2e-9,
                                      .objective = OBJECTIVE_LATENCY,
                                      .dataflow = DATAFLOW_AUTO,
                                      .prices = bitfusion_prices(columns)};
}

static const struct bitfusion_mends all_mended = {.output_once = true,
                                                  .input_broadcast = true,
                                                  .core_by_use = true,
                                                  .unpadded_dram = true,
                                                  .first_tile = true,
                                                  .leakage = true};

#endif
