/* experiments/record/record.c - growing, rewinding and closing the record of a run. See the schema in
 * record.h. */
#include "experiments/record/lock.h"
#include "experiments/record/provenance.h"
#include "experiments/record/record_inside.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* --- columns ------------------------------------------------------------------------------------------ */

struct train_line {
    int64_t iter;
    int32_t epoch, cycle, images;
    double loss, accuracy, lr, phase, bitops, bitops_step, seconds, step_seconds;
    double energy_j, energy_j_step, latency_s, latency_s_step, dram_bytes, dram_bytes_step;
    uint8_t forward_bits, backward_bits;
};

#define AT(field) offsetof(struct train_line, field)
static const struct store_column train_columns[] = {
    {"iter", STORE_I64, 0, AT(iter), "1", "iteration", "0-based", 0},
    {"epoch", STORE_I32, 0, AT(epoch), "1", "epoch", "0-based, of this iteration", 0},
    {"loss", STORE_F64, 0, AT(loss), "1", "training loss", "mean over the batch", 0},
    {"acc", STORE_F64, 0, AT(accuracy), "1", "training accuracy", "fraction of the batch", 0},
    {"lr", STORE_F64, 0, AT(lr), "1", "learning rate", NULL, 0},
    {"bits_fw", STORE_U8, 0, AT(forward_bits), "bit", "forward bits",
     "of weights and activations; 0: float32", 0},
    {"bits_bw", STORE_U8, 0, AT(backward_bits), "bit", "backward bits", "of errors; 0: float32", 0},
    {"cycle", STORE_I32, 0, AT(cycle), "1", "precision cycle", "0-based", 0},
    {"phase", STORE_F64, 0, AT(phase), "1", "phase of the cycle", "position in [0, 1)", 0},
    {"images", STORE_I32, 0, AT(images), "1", "batch size", NULL, 0},
    {"bitops", STORE_F64, 0, AT(bitops), "bit", "bit operations",
     "sum up to and with this iteration, in the convention of the CPT paper", STORE_CUMULATIVE},
    {"bitops_step", STORE_F64, 0, AT(bitops_step), "bit", "bit operations per iteration", NULL, 0},
    {"wall_s", STORE_F64, 0, AT(seconds), "s", "training time", "sum up to and with this iteration",
     STORE_CUMULATIVE | STORE_WALL_CLOCK},
    {"step_s", STORE_F64, 0, AT(step_seconds), "s", "time per iteration", NULL, STORE_WALL_CLOCK},
    /* Only where a run is priced; records of before have none of these. */
    {"energy_j", STORE_F64, 0, AT(energy_j), "J", "energy",
     "of the accelerator, sum up to and with this iteration", STORE_CUMULATIVE},
    {"energy_j_step", STORE_F64, 0, AT(energy_j_step), "J", "energy per iteration", NULL, 0},
    {"latency_s", STORE_F64, 0, AT(latency_s), "s", "time on the accelerator",
     "sum up to and with this iteration", STORE_CUMULATIVE},
    {"latency_s_step", STORE_F64, 0, AT(latency_s_step), "s", "time per iteration on the accelerator", NULL,
     0},
    {"dram_bytes", STORE_F64, 0, AT(dram_bytes), "byte", "DRAM traffic",
     "of the accelerator, sum up to and with this iteration", STORE_CUMULATIVE},
    {"dram_bytes_step", STORE_F64, 0, AT(dram_bytes_step), "byte", "DRAM traffic per iteration", NULL, 0},
};
enum { TRAIN_COLUMNS = sizeof train_columns / sizeof *train_columns, COST_COLUMNS = 6 };

struct event_line {
    int64_t iter;
    char time[PROVENANCE_TIME], kind[24], text[512];
};

static const struct store_column event_columns[] = {
    {"iter", STORE_I64, 0, offsetof(struct event_line, iter), "1", "iterations done", NULL, 0},
    {"time_utc", STORE_TEXT, PROVENANCE_TIME, offsetof(struct event_line, time), "1", NULL, NULL,
     STORE_WALL_CLOCK},
    {"kind", STORE_TEXT, 24, offsetof(struct event_line, kind), "1", NULL, NULL, 0},
    {"text", STORE_TEXT, 512, offsetof(struct event_line, text), "1", NULL, NULL, 0},
};
enum { EVENT_COLUMNS = sizeof event_columns / sizeof *event_columns };

enum status record_open_series(struct record *r, const struct record_spec *spec, bool fresh)
{
    r->priced = fresh ? spec->hardware != NULL : store_has(r->store, "train/energy_j");
    TRY(store_series_open(&r->train, r->store, "train", train_columns,
                          TRAIN_COLUMNS - (r->priced ? 0 : COST_COLUMNS)));
    TRY(store_series_open(&r->events, r->store, "provenance/events", event_columns, EVENT_COLUMNS));
    TRY(record_layers_open(r, spec->graph, fresh));
    TRY(store_group(r->store, "eval"));
    TRY(store_group(r->store, "summary"));
    return record_eval_open_all(r);
}

/* --- rewind ------------------------------------------------------------------------------------------- */

enum status record_rewind(struct record *r, int64_t iteration, const char *note)
{
    TRY(store_series_below(&r->next, r->train, iteration));
    if (r->next != iteration)
        return fail(STATUS_INPUT,
                    "%s: has %" PRId64 " iterations, but the checkpoint was made after %" PRId64
                    "; remove %s/ckpt to start again from the beginning",
                    store_path(r->store), r->next, iteration, r->dir);
    struct train_line last = {0};
    if (iteration > 0) TRY(store_series_row(&last, r->train, iteration - 1));
    r->bitops = last.bitops;
    r->seconds = last.seconds;
    r->energy_j = last.energy_j;
    r->latency_s = last.latency_s;
    r->dram_bytes = last.dram_bytes;
    TRY(store_series_truncate(r->train, iteration));
    TRY(record_eval_rewind(r, iteration));
    TRY(record_layers_rewind(r, iteration));
    return record_event(r, iteration, "resume", note);
}

/* --- grow --------------------------------------------------------------------------------------------- */

enum status record_row(struct record *r, const struct step_row *row)
{
    assert(row->iteration == r->next);
    r->bitops += row->bitops;
    r->seconds += row->seconds;
    r->energy_j += row->energy_j;
    r->latency_s += row->latency_s;
    r->dram_bytes += row->dram_bytes;
    const struct train_line line = {
        .iter = row->iteration,
        .epoch = (int32_t)row->epoch,
        .cycle = (int32_t)row->cycle,
        .images = row->images,
        .loss = row->loss,
        .accuracy = row->accuracy,
        .lr = row->lr,
        .phase = row->phase,
        .bitops = r->bitops,
        .bitops_step = row->bitops,
        .seconds = r->seconds,
        .step_seconds = row->seconds,
        .energy_j = r->energy_j,
        .energy_j_step = row->energy_j,
        .latency_s = r->latency_s,
        .latency_s_step = row->latency_s,
        .dram_bytes = r->dram_bytes,
        .dram_bytes_step = row->dram_bytes,
        .forward_bits = (uint8_t)row->forward_bits,
        .backward_bits = (uint8_t)row->backward_bits,
    };
    r->next++;
    TRY(store_series_append(r->train, &line));
    if (provenance_clock() >= r->flush_due) (void)!record_flush(r);
    return STATUS_OK;
}

enum status record_event(struct record *r, int64_t iteration, const char *kind, const char *text)
{
    struct event_line line = {.iter = iteration};

    provenance_time(line.time);
    snprintf(line.kind, sizeof line.kind, "%s", kind);
    snprintf(line.text, sizeof line.text, "%s", text);
    return store_series_append(r->events, &line);
}

enum status record_summary_number(struct record *r, const char *name, double value, const char *units)
{
    char key[STORE_NAME_MAX];

    TRY(store_set_number(r->store, "summary", name, value));
    snprintf(key, sizeof key, "%.200s@units", name);
    return store_set_text(r->store, "summary", key, units);
}

enum status record_summary_text(struct record *r, const char *name, const char *text)
{
    return store_set_text(r->store, "summary", name, text);
}

/* --- flush, close ------------------------------------------------------------------------------------- */

enum status record_flush(struct record *r)
{
    enum { SHARE = 50 }; /* flushing takes at most one part in so many of the time */
    const double begun = provenance_clock();

    TRY(lock_check(r->lock, r->lock_path, r->dir));
    TRY(store_set_integer(r->store, "", "last_iter", r->next));
    const enum status status = store_flush(r->store);
    const double now = provenance_clock(), pause = SHARE * (now - begun);
    r->flush_due = now + (pause > RECORD_FLUSH_SECONDS ? pause : RECORD_FLUSH_SECONDS);
    return status;
}

void record_discard(struct record **r)
{
    store_close(&(*r)->store);
    lock_release((*r)->lock, (*r)->lock_path);
    record_layers_free(&(*r)->layers);
    free(*r);
    *r = NULL;
}

static const char *outcome_text(enum status outcome)
{
    switch (outcome) {
    case STATUS_OK:
        return "done";
    case STATUS_DIVERGED:
        return "diverged";
    case STATUS_INTERRUPTED:
        return "interrupted";
    default:
        return "failed";
    }
}

static enum status finish(struct record *r, enum status outcome)
{
    TRY(store_set_text(r->store, "", "status", outcome_text(outcome)));
    TRY(provenance_finish(r->store, r->started));
    return record_flush(r);
}

enum status record_close(struct record **r, enum status outcome)
{
    if (*r == NULL) return STATUS_OK;
    const enum status status = finish(*r, outcome);
    record_discard(r);
    return status;
}

/* --- look --------------------------------------------------------------------------------------------- */

double record_bitops(const struct record *r)
{
    return r->bitops;
}

bool record_cost(double *energy_j, double *latency_s, double *dram_bytes, const struct record *r)
{
    *energy_j = r->energy_j;
    *latency_s = r->latency_s;
    *dram_bytes = r->dram_bytes;
    return r->priced;
}

const char *record_dir(const struct record *r)
{
    return r->dir;
}

const char *record_config_sha256(const struct record *r)
{
    return r->config_sha256;
}

const char *record_run_id(const struct record *r)
{
    return r->run_id;
}
