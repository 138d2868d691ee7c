/* experiments/whatif/whatif_axis.h - the keys of a sweep, and options with some of them changed. */
#ifndef EXPERIMENTS_WHATIF_WHATIF_AXIS_H
#define EXPERIMENTS_WHATIF_WHATIF_AXIS_H

#include "experiments/whatif/whatif_sweep.h"

/** What a key changes of a case: points that differ in schedules only share their searches. */
enum sweep_part { SWEEP_NETWORK, SWEEP_SCHEDULE, SWEEP_MACHINE };

/** An option of the run. To add one: its row in whatif_axis.c. */
struct sweep_key {
    const char *name;
    enum sweep_part part;
    size_t word; /* offset of its word in struct cost_options */
};

enum sweep_part sweep_part(const struct sweep_axis *a);

/** Number of an axis' value at a point. */
int sweep_digit(const struct sweep *s, int axis, int point);

/** Change options by one value of an axis. */
MUST_CHECK enum status sweep_set(struct cost_options *o, struct sweep_words *memory,
                                 const struct sweep_axis *a, const char *value);

#endif
