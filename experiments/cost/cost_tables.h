/* experiments/cost/cost_tables.h - what `cptsim cost` prints besides costs, and its part for one layer. */
#ifndef EXPERIMENTS_COST_COST_TABLES_H
#define EXPERIMENTS_COST_COST_TABLES_H

#include "experiments/cost/cost_options.h"

/** Every constant: low, nominal, high, unit, node, source. Tab-separated, JSON lines or comma-separated. */
STATUS_MUST_CHECK enum status cost_print_constants(bool json, bool csv);

/** Every knob of a piece of hardware: kind, range, unit, default, meaning. */
STATUS_MUST_CHECK enum status cost_print_knobs(bool json, bool csv);

/** A piece of hardware as a file that --hardware reads. */
STATUS_MUST_CHECK enum status cost_print_hardware(const struct hardware_options *o);

/** `cptsim cost layer`; argv[0] is "layer". */
STATUS_MUST_CHECK enum status command_cost_layer(int argc, char **argv);

#endif
