/* experiments/record.c - opening, growing and closing the record of a run. See the schema in record.h. */
#include "experiments/provenance.h"
#include "experiments/record_inside.h"

#include "experiments/lock.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- columns ------------------------------------------------------------------------------------------ */

struct train_line {
    int64_t iter;
    int32_t epoch, cycle, images;
    double loss, accuracy, lr, phase, bitops, bitops_step, seconds, step_seconds;
    uint8_t forward_bits, backward_bits;
};

#define AT(field) offsetof(struct train_line, field)
static const struct store_column train_columns[] = {
    {"iter", STORE_I64, 0, AT(iter), "1", "iteration", "0-based", false, false},
    {"epoch", STORE_I32, 0, AT(epoch), "1", "epoch", "0-based, of this iteration", false, false},
    {"loss", STORE_F64, 0, AT(loss), "1", "training loss", "mean over the batch", false, false},
    {"acc", STORE_F64, 0, AT(accuracy), "1", "training accuracy", "fraction of the batch", false, false},
    {"lr", STORE_F64, 0, AT(lr), "1", "learning rate", NULL, false, false},
    {"bits_fw", STORE_U8, 0, AT(forward_bits), "bit", "forward bits",
     "of weights and activations; 0: float32", false, false},
    {"bits_bw", STORE_U8, 0, AT(backward_bits), "bit", "backward bits", "of errors; 0: float32", false,
     false},
    {"cycle", STORE_I32, 0, AT(cycle), "1", "precision cycle", "0-based", false, false},
    {"phase", STORE_F64, 0, AT(phase), "1", "phase of the cycle", "position in [0, 1)", false, false},
    {"images", STORE_I32, 0, AT(images), "1", "batch size", NULL, false, false},
    {"bitops", STORE_F64, 0, AT(bitops), "bit", "bit operations",
     "sum up to and with this iteration, in the convention of the CPT paper", true, false},
    {"bitops_step", STORE_F64, 0, AT(bitops_step), "bit", "bit operations per iteration", NULL, false, false},
    {"wall_s", STORE_F64, 0, AT(seconds), "s", "training time", "sum up to and with this iteration", true,
     true},
    {"step_s", STORE_F64, 0, AT(step_seconds), "s", "time per iteration", NULL, false, true},
};
enum { TRAIN_COLUMNS = sizeof train_columns / sizeof *train_columns };

struct event_line {
    int64_t iter;
    char time[PROVENANCE_TIME], kind[24], text[512];
};

static const struct store_column event_columns[] = {
    {"iter", STORE_I64, 0, offsetof(struct event_line, iter), "1", "iterations done", NULL, false, false},
    {"time_utc", STORE_TEXT, PROVENANCE_TIME, offsetof(struct event_line, time), "1", NULL, NULL, false,
     true},
    {"kind", STORE_TEXT, 24, offsetof(struct event_line, kind), "1", NULL, NULL, false, false},
    {"text", STORE_TEXT, 512, offsetof(struct event_line, text), "1", NULL, NULL, false, false},
};
enum { EVENT_COLUMNS = sizeof event_columns / sizeof *event_columns };

/* --- files and folders -------------------------------------------------------------------------------- */

static void run_file(char path[PATH_MAX], const char *dir, const char *name)
{
    snprintf(path, PATH_MAX, "%.4000s/%.64s", dir, name);
}

/* *made: the last one was not there before. */
static enum status make_folders(bool *made, const char *dir)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s", dir) >= PATH_MAX - 96 || *dir == '\0')
        return fail(STATUS_IO, "'%s' cannot name a run directory", dir);
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL) *slash = '\0';
        *made = mkdir(path, 0777) == 0;
        if (!*made && errno != EEXIST)
            return fail(STATUS_IO, "%s: cannot make the folder: %s", path, strerror(errno));
        if (slash == NULL) return STATUS_OK;
        *slash = '/';
    }
}

bool record_exists(const char *dir)
{
    char path[PATH_MAX];

    run_file(path, dir, RECORD_FILE);
    return access(path, F_OK) == 0;
}

bool record_writer(char *holder, size_t size, const char *dir)
{
    char path[PATH_MAX], text[LOCK_HOLDER_MAX];

    run_file(path, dir, "lock");
    const bool held = lock_held(text, path);
    snprintf(holder, size, "%s", text);
    return held;
}

/* Sentence for a record that is in the way. */
static enum status refuse(const char *path)
{
    struct store *s;
    char state[32] = "unreadable";
    int64_t done = 0;

    if (store_open(&s, path, STORE_READ) == STATUS_OK) {
        if (store_get_text(state, sizeof state, s, "", "status") != STATUS_OK ||
            store_get_integer(&done, s, "", "last_iter") != STATUS_OK)
            snprintf(state, sizeof state, "unknown");
        store_close(&s);
    }
    return fail(STATUS_IO,
                "%s: there is a record already (%s, %" PRId64 " iterations); --resume goes on with it, "
                "--force replaces it, another --out leaves it alone",
                path, state, done);
}

/* Checkpoints of a replaced record; checkpoint.c also knows them by their run_id. */
static void remove_checkpoints(const char *dir)
{
    static const char *const names[] = {"ckpt/latest.h5", "ckpt/prev.h5"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        run_file(path, dir, names[i]);
        unlink(path);
    }
}

/* --- open --------------------------------------------------------------------------------------------- */

static enum status begin(struct record *r, const struct record_spec *spec)
{
    r->started = provenance_clock();
    r->epoch_length = spec->epoch_length;
    snprintf(r->dir, sizeof r->dir, "%s", spec->dir);
    run_file(r->lock_path, spec->dir, "lock");
    if (spec->config_sha256 != NULL) {
        snprintf(r->config_sha256, sizeof r->config_sha256, "%s", spec->config_sha256);
    } else {
        digest_text(r->config_sha256, spec->resolved ? spec->resolved : "");
    }
    return lock_take(&r->lock, r->lock_path, spec->dir);
}

static enum status write_config(struct store *s, const struct record_spec *spec)
{
    size_t size = 1;

    for (int i = 0; i < spec->override_count; i++)
        size += strlen(spec->overrides[i]) + 1;
    char *text = calloc(size, 1);
    if (text == NULL) return fail(STATUS_NOMEM, "%s: no memory for the overrides", store_path(s));
    for (int i = 0, at = 0; i < spec->override_count; i++)
        at += sprintf(text + at, "%s\n", spec->overrides[i]);
    const enum status status = store_write_text(s, "config/overrides", text);
    free(text);
    TRY(status);
    TRY(store_write_text(s, "config/user", spec->user ? spec->user : ""));
    return store_write_text(s, "config/resolved", spec->resolved ? spec->resolved : "");
}

static enum status write_head(struct record *r, const struct record_spec *spec)
{
    struct store *s = r->store;
    char utc[PROVENANCE_TIME], host[32] = "";

    provenance_time(utc);
    gethostname(host, sizeof host - 1);
    snprintf(r->run_id, sizeof r->run_id, "%.20s-%ld-%.31s", utc, (long)getpid(), host);
    TRY(store_set_text(s, "", "schema", RECORD_SCHEMA));
    TRY(store_set_text(s, "", "schema_version", RECORD_SCHEMA_VERSION));
    TRY(store_set_text(s, "", "title", spec->title ? spec->title : ""));
    TRY(store_set_text(s, "", "model", spec->model ? spec->model : ""));
    TRY(store_set_integer(s, "", "seed", (int64_t)spec->train->seed));
    TRY(store_set_integer(s, "", "iterations", spec->train->iterations));
    TRY(store_set_text(s, "", "config_sha256", r->config_sha256));
    TRY(store_set_text(s, "", "status", "running"));
    TRY(store_set_integer(s, "", "last_iter", 0));
    TRY(write_config(s, spec));
    TRY(provenance_write(s, spec));
    TRY(store_set_text(s, "provenance", "run_id", r->run_id));
    return store_set_text(s, "provenance", "created_utc", utc);
}

static enum status open_series(struct record *r, const struct record_spec *spec, bool fresh)
{
    TRY(store_series_open(&r->train, r->store, "train", train_columns, TRAIN_COLUMNS));
    TRY(store_series_open(&r->events, r->store, "provenance/events", event_columns, EVENT_COLUMNS));
    TRY(record_layers_open(r, spec->graph, fresh));
    TRY(store_group(r->store, "eval"));
    TRY(store_group(r->store, "summary"));
    return record_eval_open_all(r);
}

static enum status create(struct record *r, const struct record_spec *spec, bool replace)
{
    char path[PATH_MAX];

    TRY(begin(r, spec));
    run_file(path, spec->dir, RECORD_FILE);
    if (record_exists(spec->dir) && !replace) return refuse(path);
    TRY(store_open(&r->store, path, STORE_REPLACE));
    TRY(write_head(r, spec));
    TRY(open_series(r, spec, true));
    TRY(record_flush(r));
    remove_checkpoints(spec->dir);
    return STATUS_OK;
}

static enum status check_head(struct record *r)
{
    struct store *s = r->store;
    char text[96];

    if (store_get_text(text, sizeof text, s, "", "schema") != STATUS_OK || strcmp(text, RECORD_SCHEMA) != 0)
        return fail(STATUS_INPUT, "%s: is not the record of a run (no schema '%s')", store_path(s),
                    RECORD_SCHEMA);
    TRY(store_get_text(text, sizeof text, s, "", "schema_version"));
    if (strcmp(text, RECORD_SCHEMA_VERSION) != 0)
        return fail(STATUS_INPUT, "%s: has schema version %s; this program writes %s", store_path(s), text,
                    RECORD_SCHEMA_VERSION);
    TRY(store_get_text(text, sizeof text, s, "", "config_sha256"));
    if (strcmp(text, r->config_sha256) != 0)
        return fail(
            STATUS_INPUT,
            "%s: was made with another configuration (sha256 %.12s, now %.12s); undo the change or write "
            "elsewhere with --out; 'cptsim info' shows the old one",
            store_path(s), text, r->config_sha256);
    return store_get_text(r->run_id, sizeof r->run_id, s, "provenance", "run_id");
}

static enum status reopen(struct record *r, const struct record_spec *spec)
{
    char path[PATH_MAX];

    run_file(path, spec->dir, RECORD_FILE);
    if (!record_exists(spec->dir))
        return fail(STATUS_IO, "%s: there is no such record to go on with; start without --resume", path);
    TRY(begin(r, spec));
    TRY(store_open(&r->store, path, STORE_UPDATE));
    TRY(check_head(r));
    TRY(open_series(r, spec, false));
    TRY(provenance_write(r->store, spec));
    return store_set_text(r->store, "", "status", "running");
}

static enum status allocate(struct record **out, const char *dir)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL) return fail(STATUS_NOMEM, "%s: no memory for its record", dir);
    (*out)->lock = -1;
    return STATUS_OK;
}

static void discard(struct record **r)
{
    store_close(&(*r)->store);
    lock_release((*r)->lock, (*r)->lock_path);
    record_layers_free(&(*r)->layers);
    free(*r);
    *r = NULL;
}

enum status record_open(struct record **out, const struct record_spec *spec, bool replace)
{
    bool made;

    *out = NULL;
    TRY(make_folders(&made, spec->dir));
    TRY(allocate(out, spec->dir));
    const enum status status = create(*out, spec, replace);
    if (status != STATUS_OK) {
        discard(out);
        if (made) rmdir(spec->dir);
    }
    return status;
}

enum status record_resume(struct record **out, const struct record_spec *spec)
{
    TRY(allocate(out, spec->dir));
    const enum status status = reopen(*out, spec);
    if (status != STATUS_OK) discard(out);
    return status;
}

/* --- rewind ------------------------------------------------------------------------------------------- */

enum status record_rows_below(int64_t *rows, struct record *r, const char *path, int64_t limit)
{
    struct store_info info;
    void *iter;

    TRY(store_load(&iter, &info, STORE_I64, r->store, path));
    *rows = 0;
    while (*rows < info.count && ((const int64_t *)iter)[*rows] < limit)
        ++*rows;
    free(iter);
    return STATUS_OK;
}

enum status record_rewind(struct record *r, int64_t iteration, const char *note)
{
    TRY(record_rows_below(&r->next, r, "train/iter", iteration));
    if (r->next != iteration)
        return fail(STATUS_INPUT,
                    "%s: has %" PRId64 " iterations, but the checkpoint was made after %" PRId64
                    "; remove %s/ckpt to start again from the beginning",
                    store_path(r->store), r->next, iteration, r->dir);
    struct train_line last = {0};
    if (iteration > 0) TRY(store_series_row(&last, r->train, iteration - 1));
    r->bitops = last.bitops;
    r->seconds = last.seconds;
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

    TRY(store_set_integer(r->store, "", "last_iter", r->next));
    const enum status status = store_flush(r->store);
    const double now = provenance_clock(), pause = SHARE * (now - begun);
    r->flush_due = now + (pause > RECORD_FLUSH_SECONDS ? pause : RECORD_FLUSH_SECONDS);
    return status;
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
    discard(r);
    return status;
}

/* --- look --------------------------------------------------------------------------------------------- */

double record_bitops(const struct record *r)
{
    return r->bitops;
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
