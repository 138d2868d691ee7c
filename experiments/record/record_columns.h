/* experiments/record/record_columns.h - the columns of a record, each named once: the writer fills its
 * lines by these lists, and readers (record_read.h) name a column by its enum.
 *
 * To add a column of /train: one line in RECORD_TRAIN_LIST, or in RECORD_COST_LIST if only priced runs have
 * it. To add one of /eval/POLICY: a field in struct eval_line, its name in the enum, its row in the table of
 * record_columns.c.
 */
#ifndef EXPERIMENTS_RECORD_RECORD_COLUMNS_H
#define EXPERIMENTS_RECORD_RECORD_COLUMNS_H

#include "experiments/store/store.h"
#include "sim/train/trainer.h"

/* Groups of a record. */
#define RECORD_TRAIN   "train"
#define RECORD_EVAL    "eval"
#define RECORD_LAYERS  "layers"
#define RECORD_WIDTHS  "widths"
#define RECORD_EVENTS  "provenance/events"
#define RECORD_DATASET "provenance/dataset"
#define RECORD_SUMMARY "summary"

/** One training iteration and what it cost. */
struct run_row {
    struct step_row step;
    double bitops;                          /* in the convention of the CPT paper */
    double energy_j, latency_s, dram_bytes; /* on the run's hardware; 0 where it is not priced */
};

/** Sums over all rows so far. */
struct record_sums {
    double bitops, seconds, energy_j, latency_s, dram_bytes;
};

/* --- /train: a line per iteration --------------------------------------------------------------------- */

/* X(NAME, field, C type, name in the file, value, units, title, description, traits). The value is made of
 * `row`, a struct run_row, and of `sum`, the struct record_sums up to and with it. */
// clang-format off
#define RECORD_TRAIN_LIST(X)                                                                                  \
    X(ITERATION, iteration, int64_t, "iter", row->step.iteration, "1", "iteration", "0-based", 0)             \
    X(EPOCH, epoch, int32_t, "epoch", row->step.epoch, "1", "epoch", "0-based, of this iteration", 0)         \
    X(LOSS, loss, double, "loss", row->step.loss, "1", "training loss", "mean over the batch", 0)             \
    X(ACCURACY, accuracy, double, "acc", row->step.accuracy, "1", "training accuracy",                        \
      "fraction of the batch", 0)                                                                             \
    X(LR, lr, double, "lr", row->step.lr, "1", "learning rate", NULL, 0)                                      \
    X(FORWARD_BITS, forward_bits, uint8_t, "bits_fw", row->step.forward_bits, "bit", "forward bits",          \
      "of weights and activations; 0: float32", 0)                                                            \
    X(BACKWARD_BITS, backward_bits, uint8_t, "bits_bw", row->step.backward_bits, "bit", "backward bits",      \
      "of errors; 0: float32", 0)                                                                             \
    X(CYCLE, cycle, int32_t, "cycle", row->step.cycle, "1", "precision cycle", "0-based", 0)                  \
    X(PHASE, phase, double, "phase", row->step.phase, "1", "phase of the cycle", "position in [0, 1)", 0)     \
    X(IMAGES, images, int32_t, "images", row->step.images, "1", "batch size", NULL, 0)                        \
    X(BITOPS, bitops, double, "bitops", sum->bitops, "bit", "bit operations",                                 \
      "sum up to and with this iteration, in the convention of the CPT paper", STORE_CUMULATIVE)              \
    X(BITOPS_STEP, bitops_step, double, "bitops_step", row->bitops, "bit", "bit operations per iteration",    \
      NULL, 0)                                                                                                \
    X(SECONDS, seconds, double, "wall_s", sum->seconds, "s", "training time",                                 \
      "sum up to and with this iteration", STORE_CUMULATIVE | STORE_WALL_CLOCK)                               \
    X(SECONDS_STEP, seconds_step, double, "step_s", row->step.seconds, "s", "time per iteration", NULL,       \
      STORE_WALL_CLOCK)

/* Only where a run is priced. */
#define RECORD_COST_LIST(X)                                                                                   \
    X(ENERGY_J, energy_j, double, "energy_j", sum->energy_j, "J", "energy",                                   \
      "of the accelerator, sum up to and with this iteration", STORE_CUMULATIVE)                              \
    X(ENERGY_J_STEP, energy_j_step, double, "energy_j_step", row->energy_j, "J", "energy per iteration",      \
      NULL, 0)                                                                                                \
    X(LATENCY_S, latency_s, double, "latency_s", sum->latency_s, "s", "time on the accelerator",              \
      "sum up to and with this iteration", STORE_CUMULATIVE)                                                  \
    X(LATENCY_S_STEP, latency_s_step, double, "latency_s_step", row->latency_s, "s",                          \
      "time per iteration on the accelerator", NULL, 0)                                                       \
    X(DRAM_BYTES, dram_bytes, double, "dram_bytes", sum->dram_bytes, "byte", "DRAM traffic",                  \
      "of the accelerator, sum up to and with this iteration", STORE_CUMULATIVE)                              \
    X(DRAM_BYTES_STEP, dram_bytes_step, double, "dram_bytes_step", row->dram_bytes, "byte",                   \
      "DRAM traffic per iteration", NULL, 0)
// clang-format on

enum record_column {
#define X(NAME, field, ctype, name, value, units, title, description, traits) RECORD_##NAME,
    RECORD_TRAIN_LIST(X) RECORD_COST_LIST(X)
#undef X
        RECORD_COLUMNS
};

struct train_line {
#define X(NAME, field, ctype, name, value, units, title, description, traits) ctype field;
    RECORD_TRAIN_LIST(X) RECORD_COST_LIST(X)
#undef X
};

/** In the order of the enum; those of costs are the last ones. */
extern const struct store_column record_train_columns[RECORD_COLUMNS];

/** Columns that a record has. */
int record_train_count(bool priced);

/** The line of a row. */
struct train_line record_train_line(const struct run_row *row, const struct record_sums *sum);

/* --- /eval/POLICY: a line per evaluation -------------------------------------------------------------- */

enum { RECORD_SPLITS = 3 };

struct eval_line {
    int64_t iteration; /* iterations done */
    float epoch;
    uint8_t bits;                                        /* 0: float32 */
    double loss[RECORD_SPLITS], accuracy[RECORD_SPLITS]; /* by enum split; NaN: was not evaluated */
    int64_t count[RECORD_SPLITS];                        /* images evaluated */
};

enum record_score { RECORD_SCORE_LOSS, RECORD_SCORE_ACCURACY, RECORD_SCORE_COUNT, RECORD_SCORES };

/* The first three, then the scores of each split: record_eval_score. */
enum {
    RECORD_EVAL_ITERATION,
    RECORD_EVAL_EPOCH,
    RECORD_EVAL_BITS,
    RECORD_EVAL_SCORES,
    RECORD_EVAL_COLUMNS = RECORD_EVAL_SCORES + RECORD_SPLITS * RECORD_SCORES
};

extern const struct store_column record_eval_columns[RECORD_EVAL_COLUMNS];

/** Column of a split's score. */
int record_eval_score(enum split split, enum record_score score);

/** How a record calls a split: "train", "val" or "test". */
const char *record_split_name(enum split split);

/* --- paths -------------------------------------------------------------------------------------------- */

/** Where a column is: "train/bits_fw"; "eval/max/test_acc", for a column of record_eval_columns. */
void record_train_path(char path[STORE_NAME_MAX], enum record_column column);
void record_eval_path(char path[STORE_NAME_MAX], const char *policy, int column);

#endif
