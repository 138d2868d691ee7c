/* experiments/record/record_inside.h - for the record*.c files only: what an open record holds. */
#ifndef EXPERIMENTS_RECORD_RECORD_INSIDE_H
#define EXPERIMENTS_RECORD_RECORD_INSIDE_H

#include "experiments/record/record.h"
#include "sim/base/digest.h"
#include "experiments/store/store.h"

#include <limits.h>

enum { RECORD_POLICIES_MAX = 48, RECORD_POLICY_NAME = 32 };

struct eval_group {
    char policy[RECORD_POLICY_NAME];
    struct store_series *series;
    struct eval_line last; /* of the series, if it is not empty */
};

/** /layers: one row holds every column's values of all layers, one after the other. */
struct layer_table {
    struct store_series *series;
    int count;          /* layers that are traced */
    int *node;          /* [count] their nodes in the graph */
    unsigned char *row; /* the row's memory */
};

/** /widths: one row holds the widths of all nodes of the graph. */
struct width_table {
    struct store_series *series; /* NULL: all layers are alike */
    int count;                   /* nodes */
    unsigned char *row;          /* the row's memory */
};

struct record {
    struct store *store;
    char dir[PATH_MAX], lock_path[PATH_MAX];
    int lock; /* -1: none */
    char config_sha256[DIGEST_SIZE], run_id[96];
    double started, flush_due; /* by provenance_clock */

    struct store_series *train, *events;
    int64_t next;           /* iteration of the next row */
    bool priced;            /* train has the columns of energy, latency and traffic */
    struct record_sums sum; /* over all rows */
    struct train_line last; /* row next - 1; zeros before the first */
    int64_t epoch_length;

    struct eval_group eval[RECORD_POLICIES_MAX];
    int eval_count;
    struct layer_table layers;
    struct width_table widths;
};

/** Open all series, making them if the record is fresh. */
STATUS_MUST_CHECK enum status record_open_series(struct record *r, const struct record_spec *spec,
                                                 bool fresh);

/** Close without flushing, unlock, free; *r becomes NULL. */
void record_discard(struct record **r);

/** Open /eval/POLICY series of an existing record. */
STATUS_MUST_CHECK enum status record_eval_open_all(struct record *r);

/** Keep evaluations after at most `iteration` iterations. */
STATUS_MUST_CHECK enum status record_eval_rewind(struct record *r, int64_t iteration);

/** Describe the graph's layers (if the record is new) and open their series. */
STATUS_MUST_CHECK enum status record_layers_open(struct record *r, const struct graph *g, bool fresh);
STATUS_MUST_CHECK enum status record_layers_rewind(struct record *r, int64_t iteration);
void record_layers_free(struct layer_table *t);

/** Open the series of widths, if the record is to have one or has one. */
STATUS_MUST_CHECK enum status record_widths_open(struct record *r, const struct train_spec *t,
                                                 const struct graph *g, bool fresh);
STATUS_MUST_CHECK enum status record_widths_row(struct record *r, const struct step_row *row);
STATUS_MUST_CHECK enum status record_widths_rewind(struct record *r, int64_t iteration);
void record_widths_free(struct width_table *t);

#endif
