/* experiments/run/run.h - one run from its configuration to its record. */
#ifndef EXPERIMENTS_RUN_RUN_H
#define EXPERIMENTS_RUN_RUN_H

#include "experiments/run/session.h"

/** How a run is to be carried out; nothing here changes what it computes. */
struct run_options {
    struct machine machine;
    const char *dir;              /* of the record */
    bool resume;                  /* go on from the last checkpoint, if there is one */
    bool replace;                 /* throw an existing record away */
    bool quiet;                   /* no talk on stderr */
    const char *user_text;        /* the experiment file as written */
    const char *const *overrides; /* [override_count] "key=value" */
    int override_count;
    char *const *argv; /* NULL-terminated command line */
};

/** One accuracy at the end of a run. */
struct run_score {
    struct eval_point point;
    struct evaluation result;
};

struct run_result {
    struct run_score score[EVAL_POINTS];
    int score_count;
    int64_t iterations;        /* of the whole run */
    double bitops;             /* of the whole run, paper convention */
    double saving;             /* against static training at the largest widths, in [0, 1) */
    double seconds;            /* this process spent on it */
    int64_t peak_memory_bytes; /* placed for network, step and threads before the first step; none is added */
    int64_t max_rss_bytes;     /* largest resident set of this process: program, libraries and data as well */
    char state_sha256[DIGEST_SIZE];
};

/**
 * Train one configuration: every iteration, layer trace and evaluation goes into the record, checkpoints
 * beside it.
 *
 * STATUS_INTERRUPTED after a signal of stop.h, with a checkpoint of the last iteration; STATUS_DIVERGED if the
 * loss is not finite, with that iteration recorded. The result is filled only for STATUS_OK.
 */
STATUS_MUST_CHECK enum status run_train(struct run_result *result, const struct config *config,
                                        const struct run_options *options);

/**
 * Is the run in `dir` one of this configuration, and done? Then *out is what run_train gave when it ended
 * (its seconds since the record was open), out of the record, which stays as it is. False also if the
 * record cannot be read: run_train says why.
 */
bool run_finished(struct run_result *out, const struct config *config, const char *dir);

#endif
