/* sim/base/table.h - for tables of named rows: the nearest known name to one that is unknown. */
#ifndef SIM_BASE_TABLE_H
#define SIM_BASE_TABLE_H

#include "quant/status.h"

/** Number of the row that resembles `name` most; -1 if none does. row(i) is the i-th name, i in [0,
 * count). */
int names_nearest(const char *name, const char *(*row)(int i), int count);

/**
 * STATUS_INPUT with "unknown KIND 'NAME'; did you mean 'X'? known: a, b, c"; no question if no name is near.
 * row(i) is the i-th name, i in [0, count).
 */
enum status names_unknown(const char *kind, const char *name, const char *(*row)(int i), int count);

#endif
