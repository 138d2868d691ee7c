/* energy/prices/sram.h - energy, leakage and area of memory on the chip, by capacity, port and node.
 *
 * Source: CACTI 7, 236 arrays of 128 B to 4 MB, ports of 4 to 32 B, 65 to 22 nm, itrs-hp cells at 360 K and
 * nominal supply (sram_table.c). What stands in the table is returned as it is. Between its rows values lie
 * on lines in logarithms, of capacity, width of the port and node. Beyond them:
 *
 *     capacity     along the power law of sram_fit
 *     port         as the nearest width: energy per bit hardly changes
 *     node         as the nearest node; energy/prices/price.h scales on from there
 *     other ports  than one of reading and one of writing, at other nodes than 45 nm: in the same ratio to
 *                  those as at 45 nm
 */
#ifndef ENERGY_PRICES_SRAM_H
#define ENERGY_PRICES_SRAM_H

#include "energy/prices/sram_table.h"

enum { SRAM_LEAST_NM = 22, SRAM_MOST_NM = 65 };

/** By the table. bytes and port_bytes above 0. */
struct sram sram_of_table(double bytes, double port_bytes, enum hardware_ports ports, double node_nm);

/**
 * By power laws e = k (bytes / 1024)^p through the 45 nm arrays of one port for reading and one for writing,
 * times the node's factor at 64 KB; leakage and area are linear. Smooth, where the table has steps; up to 60
 * % off below 1 KB, 20 % in the mean.
 */
struct sram sram_fit(double bytes, double port_bytes, double node_nm);

#endif
