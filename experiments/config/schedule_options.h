/* experiments/config/schedule_options.h - the options that say how precision moves over a run, for any
 * command. */
#ifndef EXPERIMENTS_CONFIG_SCHEDULE_OPTIONS_H
#define EXPERIMENTS_CONFIG_SCHEDULE_OPTIONS_H

#include "sim/method/schedule.h"

#include <argp.h>

/** The options' words as written; NULL: not given. */
struct schedule_options {
    const char *bits, *iterations, *cycles, *remainder;
};

/** An argp child: --bits, --iterations, --cycles, --remainder; its input is a struct schedule_options. */
extern const struct argp schedule_argp;

/** Read them into s and *iterations; those not given leave what is there. Failures name the option. */
STATUS_MUST_CHECK enum status schedule_options_read(struct schedule_spec *s, int64_t *iterations,
                                                    const struct schedule_options *o);

/** Read one option with the words and limits of a key whose path is the option: "--bits". NULL: not given. */
struct key;
STATUS_MUST_CHECK enum status option_read(void *field, const struct key *k, const char *text);

#endif
