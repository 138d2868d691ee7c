/* experiments/record/record.h - the record of one run: RUNDIR/run.h5, in the schema "cptsim-run" 1.0.
 *
 *     /            attributes schema, schema_version, title, seed, config_sha256, status, last_iter, hardware
 *     /config      resolved, user, overrides, hardware: texts as uint8[N]
 *     /provenance  everything that differs between equal runs: commit, flags, CPU, host, times, run_id,
 *                  kernels, memory; dataset; events/{iter, time_utc, kind, text}
 *     /train       a row per iteration: iter, epoch, loss, acc, lr, bits_fw, bits_bw, cycle, phase, bitops,
 *                  ...; where the run is priced: energy_j, latency_s, dram_bytes, each also as _step
 *     /eval/POLICY a row per evaluation: iter, epoch, bits, {train,val,test}_{loss,acc,n}; NaN where not
 *                  evaluated
 *     /layers      name, type, params, macs, is_quantized [L]; iter [K];
 *                  {weight,act,err}/{min,max,clip,floor} [K][L]
 *     /widths      only where a schedule gives layers different widths: name [N] of every node of the network,
 *                  iter [T], bits_fw and bits_bw [T][N]
 *     /summary     scalars as attributes
 *
 * One process writes a run: RUNDIR/lock is held while it does. Readers may open run.h5 at any time; they see
 * the run as of the last flush, and a kill at any moment loses only what came after it. Columns are plain
 * one-dimensional data sets, so that h5py reads f['train/loss'][:]. To add a column: record_columns.h.
 */
#ifndef EXPERIMENTS_RECORD_RECORD_H
#define EXPERIMENTS_RECORD_RECORD_H

#include "experiments/record/provenance.h"
#include "experiments/record/record_columns.h"

#define RECORD_SCHEMA         "cptsim-run"
#define RECORD_SCHEMA_VERSION "1.0"
#define RECORD_FILE           "run.h5"
#define RECORD_LOCK           "lock" /* held while a process writes the run */

struct record;

/** The configuration of a run. */
struct record_config {
    const char *resolved;         /* after defaults and overrides */
    const char *user;             /* the experiment file as written */
    const char *const *overrides; /* [override_count] "key=value" */
    int override_count;
    const char *sha256; /* config_hash(): names the run, and a checkpoint of another is refused. NULL: the
                           SHA-256 of `resolved` */
};

/** What prices a run; name NULL: nothing does. */
struct record_hardware {
    const char *name, *sha256;
    const char *text; /* its knobs, as a hardware file */
};

/** Who and what a run is. Texts are copied; NULL means "". */
struct record_spec {
    const char *dir;   /* run directory, made with its parents */
    const char *title; /* a label for people */
    const char *model; /* e.g. "resnet20" */
    struct record_config config;
    struct record_hardware hardware;
    struct provenance provenance;
    const struct train_spec *train;
    const struct graph *graph; /* its layers are described and traced */
    int64_t epoch_length;      /* iterations per epoch; 0: eval/POLICY/epoch stays 0 */
};

/** Does DIR hold a record? */
bool record_exists(const char *dir);

/** May a record be begun in DIR? STATUS_IO if there is one, or a process writes there: what can be done instead. */
STATUS_MUST_CHECK enum status record_place_free(const char *dir);

/**
 * Begin a record, status "running", on disk when this returns. An existing one is refused, or with `replace`
 * thrown away together with its checkpoints. STATUS_IO also if another process writes this run; the sentence
 * has its pid.
 */
STATUS_MUST_CHECK enum status record_open(struct record **out, const struct record_spec *spec, bool replace);

/**
 * Open an existing record to go on: the schema and the configuration's digest must fit. Then load the
 * checkpoint (experiments/record/checkpoint.h) and call record_rewind with its iteration.
 */
STATUS_MUST_CHECK enum status record_resume(struct record **out, const struct record_spec *spec);

/**
 * Cut every series back to what was known after `iteration` iterations, so that going on leaves no gap and no
 * double row: train and layers keep iter < iteration, eval keeps iter <= iteration. Adds the event "resume"
 * with `note`.
 */
STATUS_MUST_CHECK enum status record_rewind(struct record *r, int64_t iteration, const char *note);

enum { RECORD_FLUSH_SECONDS = 5 };

/**
 * Append one training iteration; iterations come in order. Flushes by itself every RECORD_FLUSH_SECONDS, or
 * more rarely if that takes more than a fiftieth of the time. A failure of this flush is not reported here:
 * the next record_flush or checkpoint_save meets the same trouble and says so, or finds it gone.
 */
STATUS_MUST_CHECK enum status record_row(struct record *r, const struct run_row *row);

/**
 * Record an evaluation after `iteration` iterations. `policy` names the group: "max", "current", "bits_08",
 * "fp32" (small letters, digits, _). Splits of the same iteration and bits share a row; a repeated one
 * replaces.
 */
STATUS_MUST_CHECK enum status record_evaluation(struct record *r, const struct evaluation *e,
                                                int64_t iteration, const char *policy);

/** Has the evaluation under `policy` after `iteration` iterations been recorded? */
bool record_evaluated(const struct record *r, const char *policy, int64_t iteration);

/** Record what the last pass (0-based `iteration`) saw in each layer of the graph given to record_open. */
STATUS_MUST_CHECK enum status record_layers(struct record *r, const struct graph *g, int64_t iteration);

/** Note something that happened: kind is a word such as "resume", "signal", "diverged". */
STATUS_MUST_CHECK enum status record_event(struct record *r, int64_t iteration, const char *kind,
                                           const char *text);

/** A scalar of /summary; units in UDUNITS spelling, "1" for none. */
STATUS_MUST_CHECK enum status record_summary_number(struct record *r, const char *name, double value,
                                                    const char *units);
STATUS_MUST_CHECK enum status record_summary_text(struct record *r, const char *name, const char *text);

/** Put everything on disk. After a failure the older file is intact and the run may go on and try again. */
STATUS_MUST_CHECK enum status record_flush(struct record *r);

/**
 * Flush with the final status: STATUS_OK "done", STATUS_DIVERGED "diverged", STATUS_INTERRUPTED
 * "interrupted", others "failed"; unlock, free; *r becomes NULL. A NULL *r is fine.
 */
STATUS_MUST_CHECK enum status record_close(struct record **r, enum status outcome);

/** Forward bits that the last recorded iteration was trained at; 0 before the first. */
int record_forward_bits(const struct record *r);

/** Bit operations of all recorded iterations. */
double record_bitops(const struct record *r);

/** What they cost on the run's hardware; false if the record is without. */
bool record_cost(double *energy_j, double *latency_s, double *dram_bytes, const struct record *r);

/** Iterations that the record has. */
int64_t record_iterations(const struct record *r);

/** What a checkpoint must agree with: run directory, SHA-256 of the configuration, this record's id. */
const char *record_dir(const struct record *r);
const char *record_config_sha256(const struct record *r);
const char *record_run_id(const struct record *r);

/** Is some process writing the run in `dir`? Then *holder says which: "process 4711 on node3". */
bool record_writer(char *holder, size_t size, const char *dir);

#endif
