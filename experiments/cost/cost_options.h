/* experiments/cost/cost_options.h - the options that say which run is to be priced on which hardware, for
 * `cost` and every what-if, and how they become a case.
 */
#ifndef EXPERIMENTS_COST_COST_OPTIONS_H
#define EXPERIMENTS_COST_COST_OPTIONS_H

#include "experiments/cost/cost_run.h"
#include "experiments/config/schedule_options.h"

enum { COST_LIST_MAX = 64 };

/** Words of an option that may be given several times. */
struct cost_words {
    const char *word[COST_LIST_MAX];
    int count;
};

/** One more; too many are a usage error, said by argp. */
void cost_words_add(struct cost_words *words, const char *word, struct argp_state *state);

/** The piece of hardware: a preset or a file, and what is changed in it. NULL: not given. */
struct hardware_options {
    const char *name, *backend;
    struct cost_words set; /* "knob=value" */
};

/** The options' words as written; NULL: not given. */
struct cost_options {
    struct schedule_options schedule;
    struct hardware_options hardware;
    const char *model, *layers, *data, *recipe, *type, *backward, *batch, *images, *convention;
    int models;             /* how often a model was named */
    struct cost_words runs; /* records to be priced */
    bool own;               /* something that only a run without a record has was given: see cost_options.c */
};

/** An argp child: --hardware, --backend, --set; its input is a struct hardware_options. */
extern const struct argp hardware_argp;

/** An argp child: MODEL and all options of a run, hardware's included; its input is a struct cost_options. */
extern const struct argp cost_argp;

/** The hardware that is meant, checked; what is not given is BitFusion's. */
STATUS_MUST_CHECK enum status hardware_options_read(struct hardware *out, const struct hardware_options *o);

/** The number of cases that the options mean: its records, or 1. Usage errors between options are found
 * here. */
STATUS_MUST_CHECK enum status cost_options_count(int *count, const struct cost_options *o);

/** The i-th case: a network that is trained by a schedule, or a record. Freed with cost_case_free. */
STATUS_MUST_CHECK enum status cost_options_case(struct cost_case *out, const struct cost_options *o, int i);

#endif
