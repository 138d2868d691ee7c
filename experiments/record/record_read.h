/* experiments/record/record_read.h - what a record says, column by column, as C types: for all who read
 * one. Old records open as new ones do; a column that they have not is a failure with its name. */
#ifndef EXPERIMENTS_RECORD_RECORD_READ_H
#define EXPERIMENTS_RECORD_RECORD_READ_H

#include "experiments/record/artifact.h"
#include "experiments/record/record_columns.h"

/** Iterations recorded. */
STATUS_MUST_CHECK enum status record_read_iterations(int64_t *out, struct store *s);

/** A column of /train, one value an iteration, in new memory that the caller frees. STATUS_INPUT: it has more or
 * fewer. */
STATUS_MUST_CHECK enum status record_read_integers(int64_t **out, int64_t *count, struct store *s,
                                                   enum record_column column);
STATUS_MUST_CHECK enum status record_read_numbers(double **out, int64_t *count, struct store *s,
                                                  enum record_column column);

/** The same as it is stored, for artifact_cell; give it to artifact_unload. */
STATUS_MUST_CHECK enum status record_read_stored(struct artifact_column *out, int64_t *count, struct store *s,
                                                 enum record_column column);

/** Its last value; NaN before the first iteration. */
STATUS_MUST_CHECK enum status record_read_last(double *out, struct store *s, enum record_column column);

/** What 0-based `iteration` was trained at. */
STATUS_MUST_CHECK enum status record_read_bits(int *forward_bits, int *backward_bits, struct store *s,
                                               int64_t iteration);

/** What every layer ran at, where the record has it: else *found is false. */
struct record_layer_widths {
    bool found;
    int64_t iterations;
    int layers;                   /* nodes of the network */
    char (*name)[STORE_NAME_MAX]; /* [layers] */
    struct widths *layer;         /* [iterations][layers] */
};
STATUS_MUST_CHECK enum status record_read_widths(struct record_layer_widths *out, struct store *s);
void record_release_widths(struct record_layer_widths *w);

/** All evaluations under a policy, in order, in new memory that the caller frees; *count may be 0. */
STATUS_MUST_CHECK enum status record_read_evaluations(struct eval_line **out, int64_t *count, struct store *s,
                                                      const char *policy);

/** The last one. *found: is there one? */
STATUS_MUST_CHECK enum status record_read_evaluation(struct eval_line *out, bool *found, struct store *s,
                                                     const char *policy);

#endif
