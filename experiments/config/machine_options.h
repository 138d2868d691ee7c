/* experiments/config/machine_options.h - --threads and --kernels, for every command that computes. */
#ifndef EXPERIMENTS_CONFIG_MACHINE_OPTIONS_H
#define EXPERIMENTS_CONFIG_MACHINE_OPTIONS_H

#include "quant/status.h"
#include "sim/base/machine.h"

#include <argp.h>
#include <stdbool.h>

/** What the two options said. */
struct machine_options {
    struct machine machine;
    bool wrong_threads;
};

/** STATUS_USAGE with a sentence of the command called `name` if an option is wrong. */
STATUS_MUST_CHECK enum status machine_check(const struct machine_options *o, const char *name);

/**
 * A child of a command's argp. The command hands over its struct machine_options with
 * `case ARGP_KEY_INIT: state->child_inputs[0] = ...`.
 */
extern const struct argp machine_argp;

#endif
