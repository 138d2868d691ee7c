/* experiments/config/config.h - an experiment file, resolved: every setting of one run, and where each
 * came from.
 *
 * A file is a tree of keys (`cptsim list keys` prints them all) and, under `arms`, several runs that each
 * change some of them. A setting is, in this order: what --set says, what the arm says, what the file says,
 * the default. The resolved form is again an experiment file: it is stored with every result, and its hash
 * identifies the run.
 */
#ifndef EXPERIMENTS_CONFIG_CONFIG_H
#define EXPERIMENTS_CONFIG_CONFIG_H

#include "sim/base/digest.h"
#include "sim/train/trainer.h"

#include <stdio.h>

enum {
    CONFIG_NAME = 64,
    CONFIG_HARDWARE = 256,
    CONFIG_ROLES = 2048,
    CONFIG_SOURCE = 512,
    EVAL_ITEMS = 40,
    EVAL_POINTS = 40
};
enum { CONFIG_KEYS = 256 }; /* at most; the table of keys has fewer */

/** A length of a run or of the time between two events. */
struct span {
    double amount; /* 0: never, or only at the end */
    enum span_unit { SPAN_ITERATIONS, SPAN_EPOCHS, SPAN_SECONDS } unit;
};

/** Widths to evaluate at that depend on the schedule; the others are bits, 0 for float32. */
enum { EVAL_MAX = -1, EVAL_CURRENT = -2, EVAL_ALL = -3 };

/** Widths to evaluate at, as the user named them. */
struct eval_bits {
    int item[EVAL_ITEMS];
    int count;
};

/** Who said what a key is. */
struct config_origin {
    enum { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_COMMAND } from;
    size_t line, column;  /* of its value in the file */
    const char *override; /* the "key=value" behind --set; NULL: another option */
};

/** One run. Iterations are known once the data set is: see config_settle. */
struct config {
    char name[CONFIG_NAME], arm[CONFIG_NAME]; /* arm: "" if the file has none */
    char model[CONFIG_NAME];
    char hardware[CONFIG_HARDWARE]; /* that prices the run: a name, a file, or "none" */
    struct dataset_spec data;
    struct train_spec train;
    struct span length;
    struct span evaluate_every;
    struct eval_bits evaluate_bits;
    enum split evaluate_split;
    struct span layers_every, checkpoint_every;
    char source[CONFIG_SOURCE]; /* the file, for messages */
    struct config_origin
        origin[CONFIG_KEYS]; /* of row i of the table of keys; overrides as long as the caller has them */
};

/** A file as read: its keys' texts, not yet merged. */
struct config_file;

/** Read an experiment file. Failures name file, line, column, the key and what would be right. */
STATUS_MUST_CHECK enum status config_open(struct config_file **f, const char *path);

/** The same from text, e.g. the resolved form of a record; `source` stands in messages where a path would. */
STATUS_MUST_CHECK enum status config_parse(struct config_file **f, const char *text, size_t length,
                                           const char *source);
void config_close(struct config_file *f);

/** Number of runs in the file: its arms, or 1. */
int config_arms(const struct config_file *f);

/** Number of the arm called `name`; STATUS_USAGE with the known names. */
STATUS_MUST_CHECK enum status config_find_arm(int *arm, const struct config_file *f, const char *name);

/**
 * Merge and check one arm. overrides[count] are "key=value" as after --set: what is wrong with one of them is
 * STATUS_USAGE, what is wrong in the file STATUS_INPUT.
 */
STATUS_MUST_CHECK enum status config_resolve(struct config *c, const struct config_file *f, int arm,
                                             const char *const *overrides, int count);

/**
 * What a failed check of some keys is: STATUS_USAGE instead of STATUS_INPUT if an override said one of
 * them, so that it is the command line's mistake. `paths`: keys and groups apart by spaces, as "length
 * forward". The sentence gets the place of that override before it, or else of the first of them that the file says.
 */
enum status config_fault(const struct config *c, enum status s, const char *paths);

/** Note that the command line has set the field of a key by another option than --set. */
void config_from_command_line(struct config *c, const char *path);

/** Turn the run's length into iterations, now that an epoch's length is known, and check what depends on
 * it. */
STATUS_MUST_CHECK enum status config_settle(struct config *c, int64_t epoch_length);

/** Iterations from one event to the next; 0: none (never, or told in seconds). */
int64_t span_iterations(const struct span *s, int64_t epoch_length);

/** One accuracy to measure: under which name, at how many bits (0: float32). */
struct eval_point {
    char policy[16]; /* "max", "current", "bits_08", "fp32" */
    int bits;
};

/** What to measure when the schedule stands at `current` bits, each name once; returns their number. */
int config_eval_points(struct eval_point points[EVAL_POINTS], const struct config *c, int current);

/** Read the same words as `evaluate: bits` ("max float32 8") from a command line. */
STATUS_MUST_CHECK enum status config_parse_eval_bits(struct eval_bits *out, const char *text);

/** Read "test", "validation" or "train". */
STATUS_MUST_CHECK enum status config_parse_split(enum split *out, const char *text);

/** "train", "validation" or "test". */
const char *config_split_name(enum split split);

/** Write the resolved form, every key with its value, as an experiment file. */
void config_print(FILE *out, const struct config *c);

/** The resolved form as text, to be freed; NULL if there is no memory. */
char *config_text(const struct config *c);

/**
 * SHA-256 of the resolved form without what only names, places or watches the run (name, arm, folders,
 * checkpoints) and without younger keys at their defaults: equal hashes have equal results, and a checkpoint
 * can only be resumed under the hash that it was written with.
 */
void config_hash(char hex[DIGEST_SIZE], const struct config *c);

/**
 * The roles that are given something else than the recipe does, in one line: "weight=fp:e4m3fn
 * error=fp:e5m2:sr8", formats without what is their default; "" if there are none.
 */
void config_roles(char out[CONFIG_ROLES], const struct config *c);

/** The file as its user wrote it. */
const char *config_user_text(const struct config_file *f);

/** One key of an experiment file, for `cptsim list keys`. */
struct config_key {
    const char *path, *kind, *standard, *meaning;
};

/** The i-th key, false after the last. */
bool config_key(struct config_key *out, int i);

#endif
