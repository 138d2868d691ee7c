/* experiments/record/record_open.c - beginning a record, or going on with one: folders, lock, head,
 * configuration. */
#include "experiments/record/checkpoint.h"
#include "experiments/record/lock.h"
#include "experiments/record/pinned.h"
#include "experiments/record/provenance.h"
#include "experiments/record/record_inside.h"
#include "quant/try.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- files and folders -------------------------------------------------------------------------------- */

static void run_file(char path[PATH_MAX], const char *dir, const char *name)
{
    snprintf(path, PATH_MAX, "%.4000s/%.64s", dir, name);
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* *made: the last one was not there before. */
static enum status make_folders(bool *made, const char *dir)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s", dir) >= PATH_MAX - 96 || *dir == '\0')
        return status_fail(STATUS_IO, "'%s' cannot name a run directory", dir);
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL) *slash = '\0';
        *made = mkdir(path, 0777) == 0;
        if (!*made && errno != EEXIST)
            return status_fail(STATUS_IO, "%s: cannot make the folder: %s", path, strerror(errno));
        if (!*made && !is_folder(path))
            return status_fail(STATUS_IO, "%s: is a file; want a folder for the run", path);
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

    run_file(path, dir, RECORD_LOCK);
    const bool held = lock_look(text, path) == LOCK_HELD;
    snprintf(holder, size, "%s", held ? text : "");
    return held;
}

/* How far a record is: "done, 400 iterations". */
static void record_state(char *out, size_t size, const char *path)
{
    struct store *s;
    char state[32];
    int64_t done;

    snprintf(out, size, "unreadable");
    if (store_open(&s, path, STORE_READ) != STATUS_OK) return;
    if (store_get_text(state, sizeof state, s, "", "status") == STATUS_OK &&
        store_get_integer(&done, s, "", "last_iter") == STATUS_OK)
        snprintf(out, size, "%s, %" PRId64 " iterations", state, done);
    store_close(&s);
}

/* Is there none? A sentence for one that is in the way. */
static enum status no_record(const char *dir)
{
    char path[PATH_MAX], state[64];

    if (!record_exists(dir)) return STATUS_OK;
    run_file(path, dir, RECORD_FILE);
    record_state(state, sizeof state, path);
    return status_fail(
        STATUS_IO,
        "%s: holds a record already (%s); --resume goes on with it if the experiment is the same, "
        "--force replaces it, --out puts the new one elsewhere",
        dir, state);
}

enum status record_place_free(const char *dir)
{
    char holder[LOCK_HOLDER_MAX];

    if (!record_writer(holder, sizeof holder, dir)) return no_record(dir);
    return status_fail(STATUS_IO, LOCK_REFUSAL, dir, holder);
}

/* Checkpoints of a replaced record; checkpoint.c also knows them by their run_id. */
static void remove_checkpoints(const char *dir)
{
    char path[PATH_MAX];

    for (int i = 0; i < CHECKPOINTS; i++) {
        run_file(path, dir, checkpoint_files[i]);
        unlink(path);
    }
}

/* --- open --------------------------------------------------------------------------------------------- */

static enum status begin(struct record *r, const struct record_spec *spec)
{
    r->started = provenance_clock();
    r->epoch_length = spec->epoch_length;
    snprintf(r->dir, sizeof r->dir, "%s", spec->dir);
    run_file(r->lock_path, spec->dir, RECORD_LOCK);
    if (spec->config.sha256 != NULL) {
        snprintf(r->config_sha256, sizeof r->config_sha256, "%s", spec->config.sha256);
    } else {
        digest_text(r->config_sha256, spec->config.resolved ? spec->config.resolved : "");
    }
    return lock_take(&r->lock, r->lock_path, spec->dir);
}

static enum status write_config(struct store *s, const struct record_spec *spec)
{
    size_t size = 1;

    for (int i = 0; i < spec->config.override_count; i++)
        size += strlen(spec->config.overrides[i]) + 1;
    char *text = calloc(size, 1);
    if (text == NULL) return status_fail(STATUS_NOMEM, "%s: no memory for the overrides", store_path(s));
    for (int i = 0, at = 0; i < spec->config.override_count; i++)
        at += sprintf(text + at, "%s\n", spec->config.overrides[i]);
    const enum status status = store_write_text(s, "config/overrides", text);
    free(text);
    TRY(status);
    if (spec->hardware.name != NULL) TRY(store_write_text(s, "config/hardware", spec->hardware.text));
    TRY(store_write_text(s, "config/user", spec->config.user ? spec->config.user : ""));
    return store_write_text(s, "config/resolved", spec->config.resolved ? spec->config.resolved : "");
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
    if (spec->hardware.name != NULL) {
        TRY(store_set_text(s, "", "hardware", spec->hardware.name));
        TRY(store_set_text(s, "", "hardware_sha256", spec->hardware.sha256));
    }
    TRY(store_set_text(s, "", "status", "running"));
    TRY(store_set_integer(s, "", "last_iter", 0));
    TRY(write_config(s, spec));
    TRY(provenance_write(s, &spec->provenance));
    TRY(store_set_text(s, "provenance", "run_id", r->run_id));
    return store_set_text(s, "provenance", "created_utc", utc);
}

static enum status create(struct record *r, const struct record_spec *spec, bool replace)
{
    char path[PATH_MAX];

    TRY(begin(r, spec));
    if (!replace) TRY(no_record(spec->dir));
    run_file(path, spec->dir, RECORD_FILE);
    TRY(store_open(&r->store, path, STORE_REPLACE));
    TRY(write_head(r, spec));
    TRY(record_open_series(r, spec, true));
    TRY(record_flush(r));
    remove_checkpoints(spec->dir);
    return STATUS_OK;
}

/* The settings that differ from a text of the record; that it is another one is known. */
static void what_differs(char out[PINNED_DIFFERENCES], struct store *s, const char *path, const char *now)
{
    char *then;

    out[0] = '\0';
    if (now == NULL || !store_has(s, path) || store_load_text(&then, s, path) != STATUS_OK) return;
    pinned_differences(out, then, now);
    free(then);
}

/* A sum over two hardwares would be the cost of neither. */
static enum status check_hardware(struct store *s, const struct record_spec *spec)
{
    char name[64], hash[DIGEST_SIZE], differs[PINNED_DIFFERENCES];

    if (!store_has_attribute(s, "", "hardware_sha256")) return STATUS_OK; /* older than that, or not priced */
    TRY(store_get_text(name, sizeof name, s, "", "hardware"));
    TRY(store_get_text(hash, sizeof hash, s, "", "hardware_sha256"));
    if (spec->hardware.name != NULL && strcmp(hash, spec->hardware.sha256) == 0) return STATUS_OK;
    what_differs(differs, s, "config/hardware", spec->hardware.name != NULL ? spec->hardware.text : NULL);
    return status_fail(STATUS_INPUT,
                       "%s: is priced on hardware '%s'%s%s%s, not on %s; go on with the same, and price "
                       "the finished run on others",
                       store_path(s), name, differs[0] != '\0' ? " (" : "", differs,
                       differs[0] != '\0' ? ")" : "", spec->hardware.name != NULL ? "this one" : "none");
}

static enum status check_config(struct record *r, const struct record_spec *spec)
{
    char then[96], differs[PINNED_DIFFERENCES];

    TRY(store_get_text(then, sizeof then, r->store, "", "config_sha256"));
    if (strcmp(then, r->config_sha256) == 0) return STATUS_OK;
    what_differs(differs, r->store, "config/resolved", spec->config.resolved);
    if (differs[0] == '\0')
        snprintf(differs, sizeof differs, "sha256 %.12s, now %.12s", then, r->config_sha256);
    return status_fail(STATUS_INPUT,
                       "%s: was made with another configuration (%s); undo the change or write elsewhere "
                       "with --out; 'cptsim info' shows the old one",
                       store_path(r->store), differs);
}

static enum status check_head(struct record *r, const struct record_spec *spec)
{
    struct store *s = r->store;
    char text[96];

    if (store_get_text(text, sizeof text, s, "", "schema") != STATUS_OK || strcmp(text, RECORD_SCHEMA) != 0)
        return status_fail(STATUS_INPUT, "%s: is not the record of a run (no schema '%s')", store_path(s),
                           RECORD_SCHEMA);
    TRY(store_get_text(text, sizeof text, s, "", "schema_version"));
    if (strcmp(text, RECORD_SCHEMA_VERSION) != 0)
        return status_fail(STATUS_INPUT, "%s: has schema version %s; this program writes %s", store_path(s),
                           text, RECORD_SCHEMA_VERSION);
    TRY(check_config(r, spec));
    return store_get_text(r->run_id, sizeof r->run_id, s, "provenance", "run_id");
}

static enum status reopen(struct record *r, const struct record_spec *spec)
{
    char path[PATH_MAX];
    bool has_digest;

    run_file(path, spec->dir, RECORD_FILE);
    if (!record_exists(spec->dir))
        return status_fail(STATUS_IO, "%s: there is no such record to go on with; start without --resume",
                           path);
    TRY(begin(r, spec));
    TRY(store_open(&r->store, path, STORE_UPDATE));
    TRY(store_check_digest(&has_digest,
                           r->store)); /* the next flush would make damage look as if it were written */
    TRY(check_head(r, spec));
    TRY(check_hardware(r->store, spec));
    if (spec->provenance.data != NULL) TRY(pinned_data_check(r->store, spec->provenance.data));
    TRY(record_open_series(r, spec, false));
    TRY(provenance_write(r->store, &spec->provenance));
    return store_set_text(r->store, "", "status", "running");
}

/* NULL without memory. */
static struct record *record_new(void)
{
    struct record *r = calloc(1, sizeof *r);

    if (r != NULL) r->lock = -1;
    return r;
}

enum status record_open(struct record **out, const struct record_spec *spec, bool replace)
{
    bool made = false;

    *out = NULL;
    TRY(make_folders(&made, spec->dir));
    *out = record_new();
    if (*out == NULL) return status_fail(STATUS_NOMEM, "%s: no memory for its record", spec->dir);
    const enum status status = create(*out, spec, replace);
    if (status != STATUS_OK) {
        record_discard(out);
        if (made) rmdir(spec->dir);
    }
    return status;
}

enum status record_resume(struct record **out, const struct record_spec *spec)
{
    *out = record_new();
    if (*out == NULL) return status_fail(STATUS_NOMEM, "%s: no memory for its record", spec->dir);
    const enum status status = reopen(*out, spec);
    if (status != STATUS_OK) record_discard(out);
    return status;
}
