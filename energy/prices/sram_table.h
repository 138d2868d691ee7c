/* energy/prices/sram_table.h - what CACTI 7 printed, for sram.c. */
#ifndef ENERGY_PRICES_SRAM_TABLE_H
#define ENERGY_PRICES_SRAM_TABLE_H

#include "energy/hardware/hardware.h"

/** One bank. */
struct sram {
    double read_pj_per_bit, write_pj_per_bit, leakage_mw, area_mm2;
};

/** One array: its node, ports, width of a port and capacity, and what it costs. */
struct sram_row {
    double node_nm;
    enum hardware_ports ports;
    double port_bytes, bytes;
    struct sram sram;
};

/** By node from large to small, then by ports, width and capacity, all from small to large. */
const struct sram_row *sram_rows(int *count);

#endif
