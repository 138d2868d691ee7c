/* experiments/record/checkpoint.c - saving, verifying and loading the complete state of a run. See
 * checkpoint.h. */
#include "experiments/record/checkpoint.h"
#include "experiments/record/checkpoint_memory.h"
#include "experiments/record/checkpoint_state.h"
#include "experiments/record/provenance.h"
#include "quant/try.h"
#include "sim/base/digest.h"
#include "experiments/store/store.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const checkpoint_files[CHECKPOINTS] = {CHECKPOINT_LATEST, CHECKPOINT_PREV};

/* --- the digest: head, then every tensor's path, size and bytes in the order of the file -------------- */

struct head {
    enum checkpoint_version version;
    int64_t iteration, seed;
    double loss;
    struct checkpoint_memory memory;
    char config_sha256[DIGEST_SIZE], payload_sha256[DIGEST_SIZE], run_id[96];
};

static void digest_head(struct digest *d, const struct head *h)
{
    digest_init(d);
    digest_add(d, &h->iteration, sizeof h->iteration);
    digest_add(d, &h->seed, sizeof h->seed);
    digest_add(d, &h->loss, sizeof h->loss);
    digest_add(d, h->config_sha256, strlen(h->config_sha256) + 1);
    checkpoint_memory_digest(d, &h->memory, h->version);
}

static void digest_tensor(struct digest *d, const char *path, const float *value, int64_t size)
{
    digest_add(d, path, strlen(path) + 1);
    digest_add(d, &size, sizeof size);
    digest_add(d, value, (size_t)size * sizeof *value);
}

static enum status digest_group(struct digest *d, struct store *s, const char *group)
{
    struct store_names names;
    enum status status = STATUS_OK;

    if (!store_has(s, group)) return STATUS_OK; /* a version without it */
    TRY(store_members(&names, s, group));
    for (int i = 0; i < names.count && status == STATUS_OK; i++) {
        char path[STORE_NAME_MAX + 16];
        struct store_info info;
        void *value;
        snprintf(path, sizeof path, "%s/%s", group, names.name[i]);
        status = store_load(&value, &info, STORE_F32, s, path);
        if (status != STATUS_OK) break;
        digest_tensor(d, path, value, info.count);
        free(value);
    }
    store_names_free(&names);
    return status;
}

/* --- save --------------------------------------------------------------------------------------------- */

static enum status write_head(struct store *s, const struct head *h)
{
    char utc[PROVENANCE_TIME];

    provenance_time(utc);
    TRY(store_set_text(s, "", "schema", CHECKPOINT_SCHEMA));
    TRY(store_set_text(s, "", "schema_version", checkpoint_versions[h->version]));
    TRY(store_set_integer(s, "", "iter", h->iteration));
    TRY(store_set_integer(s, "", "seed", h->seed));
    TRY(store_set_number(s, "", "loss", h->loss));
    TRY(store_set_text(s, "", "config_sha256", h->config_sha256));
    TRY(store_set_text(s, "", "payload_sha256", h->payload_sha256));
    TRY(checkpoint_memory_write(s, &h->memory));
    TRY(store_group(s, "provenance"));
    TRY(store_set_text(s, "provenance", "run_id", h->run_id));
    return store_set_text(s, "provenance", "created_utc", utc);
}

static enum status write_state(struct store *s, struct head *h, const struct checkpoint_state *state)
{
    struct digest d;

    digest_head(&d, h);
    for (int i = 0; i < CHECKPOINT_GROUPS; i++)
        TRY(store_group(s, checkpoint_groups[i]));
    for (int i = 0; i < state->count; i++) {
        const struct checkpoint_tensor *t = &state->tensor[i];
        TRY(store_write(s, t->path, checkpoint_state_get(state, t), STORE_F32, t->rank, t->dim));
        digest_tensor(&d, t->path, state->host, t->size);
    }
    digest_hex(h->payload_sha256, &d);
    TRY(write_head(s, h));
    return store_flush(s);
}

static void state_file(char path[PATH_MAX], const char *dir, const char *name)
{
    snprintf(path, PATH_MAX, "%.4000s/%.32s", dir, name);
}

/* latest.h5 -> prev.h5 by a second name, so that there is a latest.h5 at any moment; then next.h5 ->
 * latest.h5. */
static enum status rotate(const char *dir)
{
    char next[PATH_MAX], latest[PATH_MAX], prev[PATH_MAX], aside[PATH_MAX];

    state_file(next, dir, CHECKPOINT_NEXT);
    state_file(latest, dir, CHECKPOINT_LATEST);
    state_file(prev, dir, CHECKPOINT_PREV);
    state_file(aside, dir, CHECKPOINT_PREV_ASIDE);
    unlink(aside);
    const bool linked = link(latest, aside) == 0;
    if (linked ? rename(aside, prev) != 0 : errno != ENOENT && rename(latest, prev) != 0)
        return status_fail(STATUS_IO, "%s: cannot keep it as prev.h5: %s", latest, strerror(errno));
    unlink(aside); /* still there if both names were one file already */
    if (rename(next, latest) != 0)
        return status_fail(STATUS_IO, "%s: cannot be replaced: %s", latest, strerror(errno));
    return store_sync_folder(latest);
}

/* A link to another folder would have us replace files there. */
static enum status make_folder(const char *path)
{
    struct stat st;

    if (mkdir(path, 0777) == 0) return STATUS_OK;
    if (errno != EEXIST)
        return status_fail(STATUS_IO, "%s: cannot make the folder: %s", path, strerror(errno));
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) return STATUS_OK;
    return status_fail(STATUS_IO, "%s: is a link or a file; want a folder for checkpoints, which is made",
                       path);
}

static enum status save(const char *path, struct head *h, const struct checkpoint_state *state)
{
    struct store *s;

    TRY(store_open(&s, path, STORE_REPLACE));
    const enum status status = write_state(s, h, state);
    store_close(&s);
    return status;
}

enum status checkpoint_save(struct record *r, const struct trainer *t)
{
    char path[PATH_MAX];
    struct checkpoint_state state;
    struct head h = {.version = CHECKPOINT_VERSIONS - 1,
                     .iteration = t->at,
                     .seed = (int64_t)t->spec->seed,
                     .loss = t->loss,
                     .memory.method = t->method};

    memcpy(h.memory.schedule, t->schedule, sizeof t->schedule);
    snprintf(h.config_sha256, sizeof h.config_sha256, "%s", record_config_sha256(r));
    snprintf(h.run_id, sizeof h.run_id, "%s", record_run_id(r));
    TRY(record_flush(r));
    state_file(path, record_dir(r), CHECKPOINT_FOLDER);
    TRY(make_folder(path));
    state_file(path, record_dir(r), CHECKPOINT_NEXT);
    TRY(checkpoint_state_open(&state, t->graph, true));
    const enum status status = save(path, &h, &state);
    checkpoint_state_close(&state);
    return status == STATUS_OK ? rotate(record_dir(r)) : status;
}

/* --- verify ------------------------------------------------------------------------------------------- */

static enum status read_head(struct head *h, struct store *s)
{
    char text[64];

    if (store_get_text(text, sizeof text, s, "", "schema") != STATUS_OK ||
        strcmp(text, CHECKPOINT_SCHEMA) != 0)
        return status_fail(STATUS_INPUT, "%s: is not a checkpoint (no schema '%s')", store_path(s),
                           CHECKPOINT_SCHEMA);
    TRY(store_get_text(text, sizeof text, s, "", "schema_version"));
    h->version = 0;
    while (h->version < CHECKPOINT_VERSIONS && strcmp(text, checkpoint_versions[h->version]) != 0)
        h->version++;
    if (h->version == CHECKPOINT_VERSIONS)
        return status_fail(STATUS_INPUT, "%s: has schema version %s; this program reads %s to %s",
                           store_path(s), text, checkpoint_versions[0],
                           checkpoint_versions[CHECKPOINT_VERSIONS - 1]);
    TRY(checkpoint_memory_read(&h->memory, s, h->version));
    TRY(store_get_integer(&h->iteration, s, "", "iter"));
    TRY(store_get_integer(&h->seed, s, "", "seed"));
    TRY(store_get_number(&h->loss, s, "", "loss"));
    TRY(store_get_text(h->config_sha256, sizeof h->config_sha256, s, "", "config_sha256"));
    TRY(store_get_text(h->payload_sha256, sizeof h->payload_sha256, s, "", "payload_sha256"));
    return store_get_text(h->run_id, sizeof h->run_id, s, "provenance", "run_id");
}

/* A fuzzer never meets the digest of what it has changed, a stranger can. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
static const bool any_digest = true;
#else
static const bool any_digest = false;
#endif

static enum status verify(struct head *h, struct store *s)
{
    struct digest d;
    char hex[DIGEST_SIZE];
    bool has_digest;

    TRY(store_check_digest(&has_digest, s));
    TRY(read_head(h, s));
    digest_head(&d, h);
    for (int i = 0; i < CHECKPOINT_GROUPS; i++)
        TRY(digest_group(&d, s, checkpoint_groups[i]));
    digest_hex(hex, &d);
    if (strcmp(hex, h->payload_sha256) != 0 && !any_digest)
        return status_fail(STATUS_INPUT,
                           "%s: is damaged: its contents have SHA-256 %.12s..., not %.12s... as when written",
                           store_path(s), hex, h->payload_sha256);
    return STATUS_OK;
}

enum status checkpoint_verify(int64_t *iteration, char config_sha256[65], const char *path)
{
    struct store *s;
    struct head h;

    TRY(store_open(&s, path, STORE_READ));
    const enum status status = verify(&h, s);
    store_close(&s);
    TRY(status);
    if (iteration != NULL) *iteration = h.iteration;
    if (config_sha256 != NULL) snprintf(config_sha256, DIGEST_SIZE, "%s", h.config_sha256);
    return STATUS_OK;
}

/* --- load --------------------------------------------------------------------------------------------- */

/* What a checkpoint must have to be taken. */
struct wanted {
    const char *run_id;               /* NULL: of any run */
    bool begun;                       /* that run has iterations, which one of another run must not cost */
    const struct train_spec *resumed; /* the run that goes on from it; NULL: none does */
};

/* Nothing in the graph is touched before everything is known to be good. */
static enum status load_open(struct head *h, struct store *s, struct graph *g, const struct wanted *w)
{
    struct checkpoint_state state;

    TRY(verify(h, s));
    if (w->resumed != NULL) TRY(checkpoint_memory_fits(w->resumed, h->version, s));
    TRY(checkpoint_state_open(&state, g, w->resumed != NULL));
    enum status status = checkpoint_state_fits(s, &state);
    for (int i = 0; i < state.count && status == STATUS_OK; i++) {
        const struct checkpoint_tensor *t = &state.tensor[i];
        status = store_read(state.host, STORE_F32, t->size, s, t->path);
        if (status == STATUS_OK) checkpoint_state_put(&state, t);
    }
    checkpoint_state_close(&state);
    return status;
}

/* A checkpoint of another run is what a kill leaves of a replaced record, which has no iteration yet. Beside any other
 * record somebody has put it, and the run would begin again without a word. */
static enum status check_owner(bool *foreign, struct store *s, const struct wanted *w)
{
    char id[96];

    *foreign = w->run_id != NULL && store_get_text(id, sizeof id, s, "provenance", "run_id") == STATUS_OK &&
               strcmp(id, w->run_id) != 0;
    if (!*foreign || !w->begun) return STATUS_OK;
    return status_fail(
        STATUS_INPUT,
        "%s: belongs to another run (%s) than the record (%s); put back the record's own, or remove this one "
        "to begin again",
        store_path(s), id, w->run_id);
}

/* *absent: there is no such file, or it is of another run than the one wanted. */
static enum status load(struct head *h, bool *absent, struct graph *g, const char *path,
                        const struct wanted *w)
{
    struct store *s;

    *absent = access(path, F_OK) != 0;
    if (*absent) return STATUS_OK;
    TRY(store_open(&s, path, STORE_READ));
    enum status status = check_owner(absent, s, w);
    if (status == STATUS_OK && !*absent) status = load_open(h, s, g, w);
    store_close(&s);
    return status;
}

static enum status load_newest(struct checkpoint_source *out, struct head *h, struct graph *g,
                               const char *dir, const struct wanted *w)
{
    char path[PATH_MAX], trouble[512] = "";
    enum status first = STATUS_OK;

    *out = (struct checkpoint_source){0};
    for (int i = 0; i < CHECKPOINTS; i++) {
        bool absent;
        state_file(path, dir, checkpoint_files[i]);
        const enum status status = load(h, &absent, g, path, w);
        if (status == STATUS_OK && !absent) {
            *out = (struct checkpoint_source){.iteration = h->iteration, .loaded = true};
            snprintf(out->path, sizeof out->path, "%s", path);
            memcpy(out->run_id, h->run_id, sizeof out->run_id);
            snprintf(out->note, sizeof out->note, "%s%sfrom %.400s at iteration %" PRId64, trouble,
                     *trouble != '\0' ? "; going on " : "", path, h->iteration);
            return STATUS_OK;
        }
        if (status != STATUS_OK && first == STATUS_OK) {
            first = status;
            snprintf(trouble, sizeof trouble, "%.500s", status_detail());
        }
    }
    if (first != STATUS_OK) return status_fail(first, "%s; and there is no other good checkpoint", trouble);
    snprintf(out->note, sizeof out->note, "from the beginning: there is no checkpoint yet");
    return STATUS_OK;
}

enum status checkpoint_load(struct checkpoint_source *out, struct trainer *t, const struct record *r)
{
    const struct wanted wanted = {record_run_id(r), record_iterations(r) > 0, t->spec};
    struct head h = {0};

    TRY(load_newest(out, &h, t->graph, record_dir(r), &wanted));
    if (!out->loaded) return STATUS_OK;
    t->at = h.iteration;
    t->loss = h.loss;
    memcpy(t->schedule, h.memory.schedule, sizeof t->schedule);
    t->method = h.memory.method;
    return STATUS_OK;
}

enum status checkpoint_read(struct checkpoint_source *out, struct graph *g, const char *path)
{
    static const struct wanted any;
    struct stat st;
    struct head h = {0};
    bool absent;

    *out = (struct checkpoint_source){0};
    if (stat(path, &st) != 0) return status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode)) {
        TRY(load_newest(out, &h, g, path, &any));
        return out->loaded ? STATUS_OK
                           : status_fail(STATUS_IO, "%s: there is no checkpoint in its ckpt/", path);
    }
    TRY(load(&h, &absent, g, path, &any));
    *out = (struct checkpoint_source){.iteration = h.iteration, .loaded = true};
    snprintf(out->path, sizeof out->path, "%s", path);
    memcpy(out->run_id, h.run_id, sizeof out->run_id);
    snprintf(out->note, sizeof out->note, "from %.500s at iteration %" PRId64, path, h.iteration);
    return STATUS_OK;
}
