/* energy/prices/constants.h - every physical constant of the cost models, with its range, unit, node and
 * source.
 *
 * There is no constant anywhere else, but for tables as published: CACTI (energy/prices/sram.h),
 * Stillmaker and Baas (node.h). A set of values is passed around rather than read from the table, so that
 * uncertainty and elasticity are the same computation with other numbers. `cptsim list constants` prints
 * the table.
 */
#ifndef ENERGY_PRICES_CONSTANTS_H
#define ENERGY_PRICES_CONSTANTS_H

#include "quant/status.h"

/** To add a constant: here, and its row in constants.c. Names are those of the rows, in capitals. */
enum constant_name {
    /* arithmetic, pJ an operation */
    INT8_MULTIPLY,
    INT32_MULTIPLY,
    INT8_ADD,
    INT16_ADD,
    INT32_ADD,
    FLOAT16_MULTIPLY,
    FLOAT16_ADD,
    FLOAT32_MULTIPLY,
    FLOAT32_ADD,
    INT8_MULTIPLY_7NM,
    INT32_MULTIPLY_7NM,
    INT8_ADD_7NM,
    INT32_ADD_7NM,
    BFLOAT16_MULTIPLY_7NM,
    BFLOAT16_ADD_7NM,
    FLOAT16_MULTIPLY_7NM,
    FLOAT16_ADD_7NM,
    FLOAT32_MULTIPLY_7NM,
    FLOAT32_ADD_7NM,

    /* how arithmetic grows with the width; see energy/prices/price.h */
    MULTIPLY_EXPONENT,
    ADD_EXPONENT,

    /* floats of m bits of mantissa, the hidden one included (float32 24, bfloat16 8, e4m3 4): a multiply is
     * square m^2 + base, an add slope m + base. What a back end of narrow floats would take; none does */
    FLOAT_MULTIPLY_SQUARE,
    FLOAT_MULTIPLY_BASE,
    FLOAT_ADD_SLOPE,
    FLOAT_ADD_BASE,
    FLOAT_MULTIPLY_SQUARE_7NM,
    FLOAT_MULTIPLY_BASE_7NM,
    FLOAT_ADD_SLOPE_7NM,
    FLOAT_ADD_BASE_7NM,

    /* elements by their width */
    PE_FIXED_BASE,
    PE_FIXED_SLOPE,
    PE_FIXED_SQUARE,
    FUSION_CORE,
    FUSION_CORE_16,
    BIT_SERIAL_OVERHEAD,

    /* memory on the chip */
    SRAM_SCALE,
    REGISTER,
    SCRATCHPAD,
    SCRATCHPAD_EXPONENT,
    ROUTER,
    WIRE,

    /* what is paid while nothing happens */
    SRAM_LEAKAGE_SCALE,
    SRAM_LOP_SHARE,
    LEAKAGE_DOUBLING,
    PE_LEAKAGE,

    /* other nodes, relative to 45 nm */
    LOGIC_65NM,
    LOGIC_7NM,
    SRAM_7NM_8KB,
    SRAM_7NM_32KB,
    SRAM_7NM_1MB,

    /* Eyeriss as measured, pJ for 16 bits; energy/hardware/eyeriss.yaml holds them as knobs */
    EYERISS_MAC,
    EYERISS_REGISTER,
    EYERISS_HOP,
    EYERISS_BUFFER,
    EYERISS_DRAM,
    EYERISS_STATIC,

    /* DRAM, pJ a bit and W a GB; rows of energy/prices/dram.h */
    DRAM_DDR3,
    DRAM_DDR4,
    DRAM_DDR3_SYSTEM,
    DRAM_LPDDR3,
    DRAM_LPDDR4,
    DRAM_GDDR5,
    DRAM_GDDR6,
    DRAM_HBM2,
    DRAM_HBM2_SYSTEM,
    DRAM_HMC,
    BACKGROUND_DDR,
    BACKGROUND_LPDDR,
    BACKGROUND_GDDR,
    BACKGROUND_HBM,

    /* from joules to kilograms and money; places are rows of energy/prices/carbon.h */
    PUE,
    PSU_EFFICIENCY,
    PRICE_PER_KWH,
    GRID_WORLD,
    GRID_AUSTRALIA,
    GRID_AUSTRIA,
    GRID_BELGIUM,
    GRID_BRAZIL,
    GRID_CANADA,
    GRID_CHINA,
    GRID_CZECHIA,
    GRID_FINLAND,
    GRID_FRANCE,
    GRID_GERMANY,
    GRID_INDIA,
    GRID_NORWAY,
    GRID_SWEDEN,
    GRID_UK,
    GRID_USA,
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

#endif
