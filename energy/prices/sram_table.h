/* energy/prices/sram_table.h - what CACTI 7 printed; private to sram.c and its tests. */
#ifndef ENERGY_PRICES_SRAM_TABLE_H
#define ENERGY_PRICES_SRAM_TABLE_H

#include "energy/prices/sram.h"

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
