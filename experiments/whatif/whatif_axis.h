/* experiments/whatif/whatif_axis.h - the keys of a sweep, and options with some of them changed. */
#ifndef EXPERIMENTS_WHATIF_WHATIF_AXIS_H
#define EXPERIMENTS_WHATIF_WHATIF_AXIS_H

#include "experiments/cost/cost_options.h"

enum { SWEEP_AXES = 8, SWEEP_POINTS = 100000 };

struct sweep_key;

/** One key and its values. */
struct sweep_axis {
    char name[64];
    const struct sweep_key *key; /* an option; NULL: a knob */
    char (*value)[64];
    int count;
};

struct sweep {
    struct sweep_axis axis[SWEEP_AXES];
    int axes, points;
    bool same_mapping;
};

/** What a key changes of a case: points that differ in schedules only share their searches. */
enum sweep_part { SWEEP_NETWORK, SWEEP_SCHEDULE, SWEEP_MACHINE };

/** An option of the run. To add one: its row in whatif_axis.c. */
struct sweep_key {
    const char *name;
    enum sweep_part part;
    size_t word; /* offset of its word in struct cost_options */
};

enum sweep_part sweep_part(const struct sweep_axis *a);

/** Add "key=values"; zero-initialize `s`, free it with sweep_free. Mistakes are STATUS_USAGE and name the
 * key. */
STATUS_MUST_CHECK enum status sweep_add(struct sweep *s, const char *text);

void sweep_free(struct sweep *s);

/** The value of an axis at a point. */
const char *sweep_value(const struct sweep *s, int axis, int point);

/** "bits=3:8 array.rows=16" */
void sweep_name(char *text, size_t size, const struct sweep *s, int point);

/** Number of an axis' value at a point. */
int sweep_digit(const struct sweep *s, int axis, int point);

/** Keeps the words "knob=value" that changed options point to. Zero-initialize. */
struct sweep_words {
    char word[SWEEP_AXES][160];
    int count;
};

/** Change options by one value of an axis. */
STATUS_MUST_CHECK enum status sweep_set(struct cost_options *o, struct sweep_words *memory,
                                        const struct sweep_axis *a, const char *value);

#endif
