/* energy/prices/constants.c - the table of constants.
 *
 * Ranges are published ones where there are any. Where there are none: arithmetic and logic from half to
 * double, since two published 32-bit multipliers of one node (Horowitz 3.1 pJ, Aladdin 12.7 pJ) lie four
 * times apart; everything else says so in its source. To add a constant: its name in constants.h, its row
 * here, in the order of the names.
 */
#include "energy/prices/constants.h"

#include <stddef.h>
#include <string.h>

#define HOROWITZ "Horowitz, ISSCC 2014, 0.9 V"
#define JOUPPI   "Jouppi et al., ISCA 2021, table 2"
#define EYERISS  "Chen et al., JSSC 2017, as nn_dataflow prices it"
#define BITFUSION                                                                                            \
    "synthesis shipped with BitFusion's simulator (Sharma et al., ISCA 2018), power over 500 MHz"
#define FITTED   "through float16 and float32 of "
#define OWID     "Ember 2023, by Our World in Data; range: 15 %, a guess"
#define RECALLED "about the mean of 2023; range: 15 %, a guess"
#define STANDBY  "estimate from data sheets' standby and refresh currents; range: a third to threefold"

/* A number measured once, uncertain by the factor between two published multipliers. */
#define WITHIN_2(x)  (x) / 2, (x), (x)*2
#define WITHIN_15(x) (x) * 0.85, (x), (x)*1.15
#define EXACTLY(x)   (x), (x), (x)

static const struct constant table[CONSTANTS] = {
    [INT8_MULTIPLY] = {"int8_multiply", "pJ", WITHIN_2(0.2), 45, HOROWITZ},
    [INT32_MULTIPLY] = {"int32_multiply", "pJ", 1.55, 3.1, 12.68, 45,
                        HOROWITZ "; high: Aladdin's at 40 nm (Accelergy's table)"},
    [INT8_ADD] = {"int8_add", "pJ", WITHIN_2(0.03), 45, HOROWITZ},
    [INT16_ADD] = {"int16_add", "pJ", WITHIN_2(0.05), 45, HOROWITZ},
    [INT32_ADD] = {"int32_add", "pJ", 0.05, 0.1, 0.21, 45,
                   HOROWITZ "; high: Aladdin's at 40 nm (Accelergy's table)"},
    [FLOAT16_MULTIPLY] = {"float16_multiply", "pJ", WITHIN_2(1.1), 45, HOROWITZ},
    [FLOAT16_ADD] = {"float16_add", "pJ", WITHIN_2(0.4), 45, HOROWITZ},
    [FLOAT32_MULTIPLY] = {"float32_multiply", "pJ", WITHIN_2(3.7), 45, HOROWITZ},
    [FLOAT32_ADD] = {"float32_add", "pJ", WITHIN_2(0.9), 45, HOROWITZ},
    [INT8_MULTIPLY_7NM] = {"int8_multiply_7nm", "pJ", WITHIN_2(0.07), 7, JOUPPI},
    [INT32_MULTIPLY_7NM] = {"int32_multiply_7nm", "pJ", WITHIN_2(1.48), 7, JOUPPI},
    [INT8_ADD_7NM] = {"int8_add_7nm", "pJ", WITHIN_2(0.007), 7, JOUPPI},
    [INT32_ADD_7NM] = {"int32_add_7nm", "pJ", WITHIN_2(0.03), 7, JOUPPI},
    [BFLOAT16_MULTIPLY_7NM] = {"bfloat16_multiply_7nm", "pJ", WITHIN_2(0.21), 7, JOUPPI},
    [BFLOAT16_ADD_7NM] = {"bfloat16_add_7nm", "pJ", WITHIN_2(0.11), 7, JOUPPI},
    [FLOAT16_MULTIPLY_7NM] = {"float16_multiply_7nm", "pJ", WITHIN_2(0.34), 7, JOUPPI},
    [FLOAT16_ADD_7NM] = {"float16_add_7nm", "pJ", WITHIN_2(0.16), 7, JOUPPI},
    [FLOAT32_MULTIPLY_7NM] = {"float32_multiply_7nm", "pJ", WITHIN_2(1.31), 7, JOUPPI},
    [FLOAT32_ADD_7NM] = {"float32_add_7nm", "pJ", WITHIN_2(0.38), 7, JOUPPI},

    [MULTIPLY_EXPONENT] = {"multiply_exponent", "1", 0.99, 1, 1.1, 0,
                           "of (a b / 64); low: 8 to 32 bits of Horowitz, high: of Jouppi et al."},
    [ADD_EXPONENT] = {"add_exponent", "1", 0.87, 1, 1.05, 0,
                      "of (b / 8); low: 8 to 32 bits of Horowitz, high: of Jouppi et al."},
    [FLOAT_MULTIPLY_SQUARE] = {"float_multiply_square", "pJ/bit^2", WITHIN_2(0.005714), 45,
                               FITTED HOROWITZ "; mantissa bits with the hidden one"},
    [FLOAT_MULTIPLY_BASE] = {"float_multiply_base", "pJ", WITHIN_2(0.409), 45, FITTED HOROWITZ},
    [FLOAT_ADD_SLOPE] = {"float_add_slope", "pJ/bit", WITHIN_2(0.03846), 45, FITTED HOROWITZ},
    [FLOAT_ADD_BASE] = {"float_add_base", "pJ", EXACTLY(-0.023), 45,
                        FITTED HOROWITZ "; the slope has the range"},
    [FLOAT_MULTIPLY_SQUARE_7NM] = {"float_multiply_square_7nm", "pJ/bit^2", WITHIN_2(0.002132), 7,
                                   FITTED JOUPPI},
    [FLOAT_MULTIPLY_BASE_7NM] = {"float_multiply_base_7nm", "pJ", WITHIN_2(0.082), 7, FITTED JOUPPI},
    [FLOAT_ADD_SLOPE_7NM] = {"float_add_slope_7nm", "pJ/bit", WITHIN_2(0.01692), 7, FITTED JOUPPI},
    [FLOAT_ADD_BASE_7NM] = {"float_add_base_7nm", "pJ", EXACTLY(-0.026), 7,
                            FITTED JOUPPI "; the slope has the range"},
    [PE_FIXED_BASE] = {"pe_fixed_base", "pJ", WITHIN_2(0.0121), 45,
                       "fixed-width elements of 2 to 16 bits in a 4 x 4 array, within 0.3 %: " BITFUSION},
    [PE_FIXED_SLOPE] = {"pe_fixed_slope", "pJ/bit", WITHIN_2(0.01108), 45, "as pe_fixed_base"},
    [PE_FIXED_SQUARE] = {"pe_fixed_square", "pJ/bit^2", WITHIN_2(0.001612), 45, "as pe_fixed_base"},
    [FUSION_CORE] = {"fusion_core", "pJ/cycle", WITHIN_2(235.104 / 512), 45,
                     "one fusion unit of 2 to 8 bits, a 512th of 235.104 pJ: " BITFUSION},
    [FUSION_CORE_16] = {"fusion_core_16", "pJ/cycle", WITHIN_2(2.11), 45,
                        "one fusion unit of 2 to 16 bits: " BITFUSION},
    [BIT_SERIAL_OVERHEAD] =
        {"bit_serial_overhead", "1", 1, 1.92 / 1.57, 1.32, 0,
         "Judd et al., MICRO 2016: 1.92 times the speed at 1.57 times the efficiency; high: their area"},

    [SRAM_SCALE] =
        {"sram_scale", "x table", 0.6, 1, 1.7, 0,
         "of CACTI 7's energies; range: Horowitz's at 45 nm are 0.88 (1 MB) to 1.7 (8 KB) of them"},
    [REGISTER] = {"register", "pJ/bit", 0.005, 0.009, 0.025, 40,
                  "one register, Aladdin's table; high: Timeloop's 12-word scratchpad; low: a guess"},
    [SCRATCHPAD] = {"scratchpad", "pJ/bit", 0.03, 1.0 / 16, 0.2475, 65,
                    "512 bytes, " EYERISS "; high: Timeloop's 192 words of flip-flops; low: half"},
    [SCRATCHPAD_EXPONENT] = {"scratchpad_exponent", "1", 0.3, 0.5, 0.78, 0,
                             "of (bytes / 512); high: Accelergy's depth rule; nominal and low: guesses"},
    [ROUTER] = {"router", "pJ/bit", WITHIN_2(0.06), 45, "of one hop; a rule of thumb, half to double"},
    [WIRE] =
        {"wire", "pJ/bit/mm", 0.08, 0.15, 0.24, 0,
         "0.24 at 40 nm to 0.115 at 10 nm as published: the range covers the nodes, so it is not scaled"},

    [SRAM_LEAKAGE_SCALE] = {"sram_leakage_scale", "x table", WITHIN_2(1.0), 0,
                            "of CACTI 7's, itrs-hp at 360 K"},
    [SRAM_LOP_SHARE] =
        {"sram_lop_share", "1", 0.03, 2.69 / 59.4, 0.1, 0,
         "leakage of itrs-lop cells over that of itrs-hp, CACTI, 2.69 over 59.4 nW/bit; range: a guess"},
    [LEAKAGE_DOUBLING] = {"leakage_doubling", "K", 25, 55, 60, 0,
                          "heating that doubles leakage: CACTI's 45 nm itrs-hp leaks 3.5 times as much at "
                          "400 K as at 300 K; low: a guess"},
    [PE_LEAKAGE] = {"pe_leakage", "mW", WITHIN_2(0.95 / 16), 45,
                    "one fusion unit of 2 to 8 bits: " BITFUSION},

    [LOGIC_65NM] = {"logic_65nm", "x 45 nm", 1.24, 1.65, 2.2, 65,
                    "Stillmaker and Baas 2017 at nominal voltages; low: at 0.8 V; high: Eyeriss' "
                    "multiply-accumulate over Horowitz's"},
    [LOGIC_7NM] = {"logic_7nm", "x 45 nm", 0.05, 0.35, 0.48, 7,
                   "int8 multiply of " JOUPPI " over " HOROWITZ
                   "; low: Stillmaker and Baas, high: int32 multiply"},
    [SRAM_7NM_8KB] = {"sram_7nm_8kb", "x 45 nm", 0.27, 0.75, 1, 7,
                      JOUPPI " over " HOROWITZ "; low: CACTI's at 22 nm; high: no gain"},
    [SRAM_7NM_32KB] = {"sram_7nm_32kb", "x 45 nm", 0.27, 0.425, 0.6, 7,
                       JOUPPI " over " HOROWITZ "; low: CACTI's at 22 nm; high: a guess"},
    [SRAM_7NM_1MB] = {"sram_7nm_1mb", "x 45 nm", 0.1, 0.14, 0.29, 7,
                      JOUPPI " over " HOROWITZ "; high: CACTI's at 22 nm; low: a guess"},

    [EYERISS_MAC] = {"eyeriss_mac", "pJ/16 bit", WITHIN_2(2.0), 65, EYERISS},
    [EYERISS_REGISTER] = {"eyeriss_register", "pJ/16 bit", WITHIN_2(1.0), 65, EYERISS},
    [EYERISS_HOP] = {"eyeriss_hop", "pJ/16 bit", WITHIN_2(4.0), 65, EYERISS},
    [EYERISS_BUFFER] = {"eyeriss_buffer", "pJ/16 bit", WITHIN_2(15.0), 65, EYERISS},
    [EYERISS_DRAM] = {"eyeriss_dram", "pJ/16 bit", WITHIN_2(460.0), 0, EYERISS},
    [EYERISS_STATIC] = {"eyeriss_static", "mW", WITHIN_2(30.0), 65, EYERISS},

    [DRAM_DDR3] = {"dram_ddr3", "pJ/bit", 15, 20, 40, 0, "Horowitz, ISSCC 2014: 1300 to 2600 pJ for 64 bits"},
    [DRAM_DDR4] = {"dram_ddr4", "pJ/bit", 15, 19, 40, 0, "18 to 20 as commonly quoted; range: of DDR3"},
    [DRAM_DDR3_SYSTEM] = {"dram_ddr3_system", "pJ/bit", 20, 70, 70, 0,
                          "Accelergy's table, at low utilization"},
    [DRAM_LPDDR3] = {"dram_lpddr3", "pJ/bit", 6, 15, 40, 0,
                     "Gao et al., ASPLOS 2017 (TETRIS), and BitFusion's code; low: a comment in that code; "
                     "high: Accelergy's table"},
    [DRAM_LPDDR4] = {"dram_lpddr4", "pJ/bit", 4, 8, 12, 0, "Accelergy's table"},
    [DRAM_GDDR5] = {"dram_gddr5", "pJ/bit", 7, 14, 20, 0, "Accelergy's table; range: a guess"},
    [DRAM_GDDR6] = {"dram_gddr6", "pJ/bit", 5.5, 7, 14, 0,
                    JOUPPI ": 350 to 480 pJ for 64 bits; high: GDDR5's"},
    [DRAM_HBM2] = {"dram_hbm2", "pJ/bit", 3.9, 3.9, 7, 0,
                   "O'Connor et al., MICRO 2017; high: " JOUPPI ", 250 to 450 pJ for 64 bits"},
    [DRAM_HBM2_SYSTEM] = {"dram_hbm2_system", "pJ/bit", 9, 13.1, 18, 0,
                          "measured on an A100, all that a bit costs the system; range: a third"},
    [DRAM_HMC] = {"dram_hmc", "pJ/bit", 3.7, 4.2, 10.5, 0, "Accelergy's table; range: a guess"},
    [BACKGROUND_DDR] = {"background_ddr", "W/GB", 0.03, 0.1, 0.3, 0, STANDBY},
    [BACKGROUND_LPDDR] = {"background_lpddr", "W/GB", 0.01, 0.03, 0.09, 0, STANDBY},
    [BACKGROUND_GDDR] = {"background_gddr", "W/GB", 0.1, 0.3, 0.9, 0, STANDBY},
    [BACKGROUND_HBM] = {"background_hbm", "W/GB", 0.05, 0.15, 0.45, 0, STANDBY},

    [PUE] = {"pue", "1", 1.1, 1.58, 1.8, 0, "mean of the world's data centres; low: the largest operators'"},
    [PSU_EFFICIENCY] = {"psu_efficiency", "1", 0.8, 0.9, 0.96, 0, "80 PLUS: basic to titanium"},
    [PRICE_PER_KWH] = {"price_per_kwh", "USD/kWh", 0.05, 0.12, 0.4, 0,
                       "industry's prices; a default to replace"},
    [GRID_WORLD] = {"grid_world", "gCO2e/kWh", 30, 481, 713, 0,
                    "Ember 2023, by Our World in Data; range: Norway to India"},
    [GRID_AUSTRALIA] = {"grid_australia", "gCO2e/kWh", WITHIN_15(549.0), 0, OWID},
    [GRID_AUSTRIA] = {"grid_austria", "gCO2e/kWh", WITHIN_15(111.0), 0, OWID},
    [GRID_BELGIUM] = {"grid_belgium", "gCO2e/kWh", WITHIN_15(138.0), 0, OWID},
    [GRID_BRAZIL] = {"grid_brazil", "gCO2e/kWh", WITHIN_15(98.0), 0, OWID},
    [GRID_CANADA] = {"grid_canada", "gCO2e/kWh", WITHIN_15(170.0), 0, OWID},
    [GRID_CHINA] = {"grid_china", "gCO2e/kWh", WITHIN_15(582.0), 0, OWID},
    [GRID_CZECHIA] = {"grid_czechia", "gCO2e/kWh", WITHIN_15(450.0), 0, OWID},
    [GRID_FINLAND] = {"grid_finland", "gCO2e/kWh", WITHIN_15(79.0), 0, OWID},
    [GRID_FRANCE] = {"grid_france", "gCO2e/kWh", WITHIN_15(56.0), 0, OWID},
    [GRID_GERMANY] = {"grid_germany", "gCO2e/kWh", WITHIN_15(381.0), 0, OWID},
    [GRID_INDIA] = {"grid_india", "gCO2e/kWh", WITHIN_15(713.0), 0, OWID},
    [GRID_NORWAY] = {"grid_norway", "gCO2e/kWh", WITHIN_15(30.0), 0, OWID},
    [GRID_SWEDEN] = {"grid_sweden", "gCO2e/kWh", WITHIN_15(41.0), 0, RECALLED},
    [GRID_UK] = {"grid_uk", "gCO2e/kWh", WITHIN_15(238.0), 0, RECALLED},
    [GRID_USA] = {"grid_usa", "gCO2e/kWh", WITHIN_15(369.0), 0, RECALLED},
};

const struct constant *constant_of(enum constant_name c)
{
    return &table[c];
}

/* The numbers at `offset` in each row. */
static struct constants gather(size_t offset)
{
    struct constants k;

    for (int i = 0; i < CONSTANTS; i++)
        memcpy(&k.value[i], (const char *)&table[i] + offset, sizeof k.value[i]);
    return k;
}

struct constants constants_nominal(void)
{
    return gather(offsetof(struct constant, nominal));
}

struct constants constants_low(void)
{
    return gather(offsetof(struct constant, low));
}

struct constants constants_high(void)
{
    return gather(offsetof(struct constant, high));
}
