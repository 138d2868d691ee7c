/* experiments/record/checkpoint.h - the complete state of a run after some iteration:
 * RUNDIR/ckpt/latest.h5 and prev.h5.
 *
 *     /            attributes schema "cptsim-checkpoint", schema_version, iter, seed, loss, config_sha256,
 *                  payload_sha256
 *     /model/NAME, /optim/NAME, /buffers/NAME
 *                  float32: values, momenta, running statistics; NAME is LAYER.TENSOR
 *     /schedule/number [2][8], count [2][4]
 *                  what the forward and the backward schedule remember (struct schedule_state)
 *     /method/number [8], count [4]
 *                  what the method remembers (struct method_state)
 *     /masks/NAME  where a method has masks
 *     /carried/NAME  where layers carry state from batch to batch
 *     /provenance  attributes run_id, created_utc
 *
 * Version 1.0 has no /schedule, 1.1 no /method and what follows: they are read where nothing of it is needed.
 * Everything else that a run needs is a pure function of (configuration, seed, iteration): learning rate, the
 * order of the data, every random number. So training on from a checkpoint gives the bits of one
 * that never stopped.
 */
#ifndef EXPERIMENTS_RECORD_CHECKPOINT_H
#define EXPERIMENTS_RECORD_CHECKPOINT_H

#include "experiments/record/record.h"

#include <limits.h>

#define CHECKPOINT_SCHEMA "cptsim-checkpoint"

/* Files of a run directory: the newest checkpoint and the one before it, and what is written aside on the
 * way. */
#define CHECKPOINT_FOLDER     "ckpt"
#define CHECKPOINT_LATEST     CHECKPOINT_FOLDER "/latest.h5"
#define CHECKPOINT_PREV       CHECKPOINT_FOLDER "/prev.h5"
#define CHECKPOINT_NEXT       CHECKPOINT_FOLDER "/next.h5"
#define CHECKPOINT_PREV_ASIDE CHECKPOINT_PREV ".tmp"

enum { CHECKPOINTS = 2 };

/** The checkpoints that a run directory may have, the newest first. */
extern const char *const checkpoint_files[CHECKPOINTS];

/** Where a state came from. */
struct checkpoint_source {
    int64_t iteration; /* iterations done; 0 if nothing was loaded */
    bool loaded;       /* false: there is no checkpoint yet, start from the beginning */
    char run_id[96];   /* of the record that it was written beside */
    char path[PATH_MAX];
    char note[1024]; /* a sentence for the user and the record: "from .../latest.h5 at iteration 400", or why
                        the latest one could not be used */
};

/**
 * Save the state of t and flush r first, so that the record is never behind its checkpoint: record what
 * belongs to this iteration (its row, layers, evaluation) before. The new file is complete and on disk before
 * it becomes latest.h5; the old latest.h5 becomes prev.h5. A failure leaves both as they were.
 */
STATUS_MUST_CHECK enum status checkpoint_save(struct record *r, const struct trainer *t);

/**
 * Load the newest good checkpoint of r's run into t: parameters, momenta, buffers, masks, t->at, t->loss,
 * t->schedule, t->method.
 *
 * A damaged latest.h5 is passed over for prev.h5 (the note says so); files of an earlier, replaced record in
 * the same directory do not belong to this run. No checkpoint at all is fine: out->loaded is false. If
 * there are checkpoints but none is good: STATUS_INPUT, t unchanged.
 */
STATUS_MUST_CHECK enum status checkpoint_load(struct checkpoint_source *out, struct trainer *t,
                                              const struct record *r);

/**
 * Load one checkpoint file, or the newest good one of a run directory, into a graph of the same model, for
 * `eval` and analyses: nothing but the tensors' names and sizes and the digest must fit.
 */
STATUS_MUST_CHECK enum status checkpoint_read(struct checkpoint_source *out, struct graph *g,
                                              const char *path);

/** Check a file's schema and digest without a model; fills *iteration and config_sha256 (may be NULL). */
STATUS_MUST_CHECK enum status checkpoint_verify(int64_t *iteration, char config_sha256[65], const char *path);

#endif
