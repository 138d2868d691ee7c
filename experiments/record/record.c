/* experiments/record/record.c - growing, rewinding and closing the record of a run. See the schema in
 * record.h. */
#include "experiments/record/lock.h"
#include "experiments/record/provenance.h"
#include "experiments/record/record_inside.h"
#include "quant/try.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* --- columns ------------------------------------------------------------------------------------------ */

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
    char energy[STORE_NAME_MAX];

    record_train_path(energy, RECORD_ENERGY_J);
    r->priced = fresh ? spec->hardware.name != NULL : store_has(r->store, energy);
    TRY(store_series_open(&r->train, r->store, RECORD_TRAIN, record_train_columns,
                          record_train_count(r->priced)));
    TRY(store_series_open(&r->events, r->store, RECORD_EVENTS, event_columns, EVENT_COLUMNS));
    TRY(record_layers_open(r, spec->graph, fresh));
    TRY(record_widths_open(r, spec->train, spec->graph, fresh));
    TRY(store_group(r->store, RECORD_EVAL));
    TRY(store_group(r->store, RECORD_SUMMARY));
    return record_eval_open_all(r);
}

/* --- rewind ------------------------------------------------------------------------------------------- */

enum status record_rewind(struct record *r, int64_t iteration, const char *note)
{
    TRY(store_series_below(&r->next, r->train, iteration));
    if (r->next != iteration)
        return status_fail(STATUS_INPUT,
                           "%s: has %" PRId64 " iterations, but the checkpoint was made after %" PRId64
                           "; remove %s/ckpt to start again from the beginning",
                           store_path(r->store), r->next, iteration, r->dir);
    r->last = (struct train_line){0};
    if (iteration > 0) TRY(store_series_row(&r->last, r->train, iteration - 1));
    r->sum = (struct record_sums){.bitops = r->last.bitops,
                                  .seconds = r->last.seconds,
                                  .energy_j = r->last.energy_j,
                                  .latency_s = r->last.latency_s,
                                  .dram_bytes = r->last.dram_bytes};
    TRY(store_series_truncate(r->train, iteration));
    TRY(record_eval_rewind(r, iteration));
    TRY(record_layers_rewind(r, iteration));
    TRY(record_widths_rewind(r, iteration));
    return record_event(r, iteration, "resume", note);
}

/* --- grow --------------------------------------------------------------------------------------------- */

enum status record_row(struct record *r, const struct run_row *row)
{
    assert(row->step.iteration == r->next);
    r->sum.bitops += row->bitops;
    r->sum.seconds += row->step.seconds;
    r->sum.energy_j += row->energy_j;
    r->sum.latency_s += row->latency_s;
    r->sum.dram_bytes += row->dram_bytes;
    r->last = record_train_line(row, &r->sum);
    r->next++;
    TRY(store_series_append(r->train, &r->last));
    TRY(record_widths_row(r, &row->step));
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

    TRY(store_set_number(r->store, RECORD_SUMMARY, name, value));
    snprintf(key, sizeof key, "%.200s@units", name);
    return store_set_text(r->store, RECORD_SUMMARY, key, units);
}

enum status record_summary_text(struct record *r, const char *name, const char *text)
{
    return store_set_text(r->store, RECORD_SUMMARY, name, text);
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
    record_widths_free(&(*r)->widths);
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

int record_forward_bits(const struct record *r)
{
    return r->last.forward_bits;
}

double record_bitops(const struct record *r)
{
    return r->sum.bitops;
}

bool record_cost(double *energy_j, double *latency_s, double *dram_bytes, const struct record *r)
{
    *energy_j = r->sum.energy_j;
    *latency_s = r->sum.latency_s;
    *dram_bytes = r->sum.dram_bytes;
    return r->priced;
}

int64_t record_iterations(const struct record *r)
{
    return store_series_length(r->train);
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
