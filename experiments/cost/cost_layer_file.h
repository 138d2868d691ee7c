/* experiments/cost/cost_layer_file.h - many layers: a file with a column for each parameter, priced row
 * by row. */
#ifndef EXPERIMENTS_COST_COST_LAYER_FILE_H
#define EXPERIMENTS_COST_COST_LAYER_FILE_H

#include "experiments/cost/cost_layer.h"
#include "experiments/print/printout.h"

/** Print one cell as the next one of a table. */
void cell_print(struct printout *t, const struct cell *c);

/**
 * Price every row of a table (energy/workload/lines.h; "-": standard input) on the hardware of `base`, whose
 * parameters stand where the file has no column of that name, and print it as it is read.
 *
 * Columns that say what a row is (config, network, layer, count, phase, source, note) are copied; a name that
 * is neither one of these nor a parameter nor a result is refused. If the file has columns of results, the
 * output has the same columns in the same order with results as they are computed now: such a file can be
 * compared with itself. Otherwise all results follow.
 */
STATUS_MUST_CHECK enum status cost_layer_file(const struct cost_layer *base, const char *path, bool json,
                                              bool csv);

#endif
