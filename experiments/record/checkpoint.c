/* experiments/record/checkpoint.c - saving, verifying and loading the complete state of a run. See
 * checkpoint.h. */
#include "experiments/record/checkpoint.h"
#include "experiments/record/provenance.h"
#include "sim/base/digest.h"
#include "sim/layers/layers.h"
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

enum { STATE_PATH = 2 * NAME_LENGTH + 32 };

/* --- the state: every tensor with its name ------------------------------------------------------------ */

struct state_tensor {
    char path[STATE_PATH]; /* "model/conv1.weight" */
    float *value; /* [device] */
    int rank;
    int64_t dim[4], size;
};

struct state {
    struct state_tensor *tensor; /* [count], grouped as in `groups` */
    int count;
    struct device *device;
    float *host; /* room for the largest of them */
};

static const char *const groups[] = {"model", "optim", "buffers"};
enum { GROUPS = sizeof groups / sizeof *groups };

/* Known shapes are kept, for readers; the values are the same either way. */
static void set_shape(struct state_tensor *t, const struct layer *l, size_t size)
{
    const struct conv_shape *s = layer_facts_of(l).conv;

    t->size = t->dim[0] = (int64_t)size;
    t->rank = 1;
    if (s != NULL && size == (size_t)s->k * s->kernel * s->kernel * (s->c / s->groups)) {
        t->rank = 4;
        memcpy(t->dim, (int64_t[]){s->k, s->kernel, s->kernel, s->c / s->groups}, sizeof t->dim);
    } else if (size > (size_t)l->out.c && size == shape_size(l->in) * (size_t)l->out.c) {
        t->rank = 2;
        t->dim[0] = l->out.c;
        t->dim[1] = (int64_t)shape_size(l->in);
    }
}

static void add(struct state *s, const char *group, const struct layer *l, const char *name, float *value,
                size_t size)
{
    if (value == NULL) return; /* a graph planned for evaluation has no momenta */
    struct state_tensor *t = &s->tensor[s->count++];
    snprintf(t->path, sizeof t->path, "%s/%s.%s", group, l->name, name);
    t->value = value;
    set_shape(t, l, size);
}

/* The tensors of one layer that stand in a group; the optimizer's second state in one of its own. */
static void add_layer(struct state *s, int group, struct layer *l)
{
    for (int i = 0; group < 2 && i < l->param_count; i++) {
        struct param *p = &l->params[i];
        add(s, groups[group], l, p->name, group == 0 ? p->value : p->state[0], p->size);
        if (group == 1 && p->state[1] != NULL) {
            char name[NAME_LENGTH + 8];
            snprintf(name, sizeof name, "%s.second", p->name);
            add(s, groups[group], l, name, p->state[1], p->size);
        }
    }
    for (int i = 0; group == 2 && i < l->buffer_count; i++)
        add(s, groups[group], l, l->buffers[i].name, l->buffers[i].value, l->buffers[i].size);
}

static enum status state_open(struct state *s, const struct graph *g)
{
    int64_t largest = 1;

    *s = (struct state){.device = g->plan.device};
    s->tensor = calloc((size_t)g->count * (3 * LAYER_PARAMS + LAYER_BUFFERS) + 1, sizeof *s->tensor);
    if (s->tensor == NULL) return fail(STATUS_NOMEM, "no memory for the names of the state's tensors");
    for (int group = 0; group < GROUPS; group++)
        for (int i = 0; i < g->count; i++)
            add_layer(s, group, g->nodes[i].layer);
    for (int i = 0; i < s->count; i++)
        if (s->tensor[i].size > largest) largest = s->tensor[i].size;
    s->host = malloc((size_t)largest * sizeof *s->host);
    return s->host != NULL ? STATUS_OK : fail(STATUS_NOMEM, "no memory for a tensor of the state");
}

static void state_close(struct state *s)
{
    free(s->tensor);
    free(s->host);
    *s = (struct state){0};
}

/* --- the digest: head, then every tensor's path, size and bytes in the order of the file -------------- */

struct head {
    int64_t iteration, seed;
    double loss;
    char config_sha256[DIGEST_SIZE], payload_sha256[DIGEST_SIZE], run_id[96];
};

static void digest_head(struct digest *d, const struct head *h)
{
    digest_init(d);
    digest_add(d, &h->iteration, sizeof h->iteration);
    digest_add(d, &h->seed, sizeof h->seed);
    digest_add(d, &h->loss, sizeof h->loss);
    digest_add(d, h->config_sha256, strlen(h->config_sha256) + 1);
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
    TRY(store_set_text(s, "", "schema_version", CHECKPOINT_SCHEMA_VERSION));
    TRY(store_set_integer(s, "", "iter", h->iteration));
    TRY(store_set_integer(s, "", "seed", h->seed));
    TRY(store_set_number(s, "", "loss", h->loss));
    TRY(store_set_text(s, "", "config_sha256", h->config_sha256));
    TRY(store_set_text(s, "", "payload_sha256", h->payload_sha256));
    TRY(store_group(s, "provenance"));
    TRY(store_set_text(s, "provenance", "run_id", h->run_id));
    return store_set_text(s, "provenance", "created_utc", utc);
}

static enum status write_state(struct store *s, struct head *h, const struct state *state)
{
    struct digest d;

    digest_head(&d, h);
    for (int i = 0; i < GROUPS; i++)
        TRY(store_group(s, groups[i]));
    for (int i = 0; i < state->count; i++) {
        const struct state_tensor *t = &state->tensor[i];
        state->device->ops->get(state->device, state->host, t->value, (size_t)t->size * sizeof(float));
        TRY(store_write(s, t->path, state->host, STORE_F32, t->rank, t->dim));
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
        return fail(STATUS_IO, "%s: cannot keep it as prev.h5: %s", latest, strerror(errno));
    unlink(aside); /* still there if both names were one file already */
    if (rename(next, latest) != 0)
        return fail(STATUS_IO, "%s: cannot be replaced: %s", latest, strerror(errno));
    return store_sync_folder(latest);
}

static enum status save(const char *path, struct head *h, const struct state *state)
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
    struct state state;
    struct head h = {.iteration = t->at, .seed = (int64_t)t->spec->seed, .loss = t->loss};

    snprintf(h.config_sha256, sizeof h.config_sha256, "%s", record_config_sha256(r));
    snprintf(h.run_id, sizeof h.run_id, "%s", record_run_id(r));
    TRY(record_flush(r));
    state_file(path, record_dir(r), CHECKPOINT_FOLDER);
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return fail(STATUS_IO, "%s: cannot make the folder: %s", path, strerror(errno));
    state_file(path, record_dir(r), CHECKPOINT_NEXT);
    TRY(state_open(&state, t->graph));
    const enum status status = save(path, &h, &state);
    state_close(&state);
    return status == STATUS_OK ? rotate(record_dir(r)) : status;
}

/* --- verify ------------------------------------------------------------------------------------------- */

static enum status read_head(struct head *h, struct store *s)
{
    char text[64];

    if (store_get_text(text, sizeof text, s, "", "schema") != STATUS_OK ||
        strcmp(text, CHECKPOINT_SCHEMA) != 0)
        return fail(STATUS_INPUT, "%s: is not a checkpoint (no schema '%s')", store_path(s),
                    CHECKPOINT_SCHEMA);
    TRY(store_get_text(text, sizeof text, s, "", "schema_version"));
    if (strcmp(text, CHECKPOINT_SCHEMA_VERSION) != 0)
        return fail(STATUS_INPUT, "%s: has schema version %s; this program reads %s", store_path(s), text,
                    CHECKPOINT_SCHEMA_VERSION);
    TRY(store_get_integer(&h->iteration, s, "", "iter"));
    TRY(store_get_integer(&h->seed, s, "", "seed"));
    TRY(store_get_number(&h->loss, s, "", "loss"));
    TRY(store_get_text(h->config_sha256, sizeof h->config_sha256, s, "", "config_sha256"));
    TRY(store_get_text(h->payload_sha256, sizeof h->payload_sha256, s, "", "payload_sha256"));
    return store_get_text(h->run_id, sizeof h->run_id, s, "provenance", "run_id");
}

static enum status verify(struct head *h, struct store *s)
{
    struct digest d;
    char hex[DIGEST_SIZE];

    TRY(read_head(h, s));
    digest_head(&d, h);
    for (int i = 0; i < GROUPS; i++)
        TRY(digest_group(&d, s, groups[i]));
    digest_hex(hex, &d);
    if (strcmp(hex, h->payload_sha256) != 0)
        return fail(STATUS_INPUT,
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

static enum status check_fit(struct store *s, const struct state *state)
{
    struct store_names names;
    struct store_info info;

    for (int i = 0; i < state->count; i++) {
        const struct state_tensor *t = &state->tensor[i];
        TRY(store_look(&info, s, t->path));
        if (info.kind != STORE_DATA || info.count != t->size)
            return fail(STATUS_INPUT,
                        "%s: has no '%s' of %" PRId64 " values: it was written for another model",
                        store_path(s), t->path, t->size);
    }
    TRY(store_members(&names, s, "model"));
    int wanted = 0;
    while (wanted < state->count && strncmp(state->tensor[wanted].path, "model/", 6) == 0)
        wanted++;
    const int found = names.count;
    store_names_free(&names);
    if (found == wanted) return STATUS_OK;
    return fail(STATUS_INPUT, "%s: has %d parameter tensors, this model %d: it was written for another one",
                store_path(s), found, wanted);
}

/* Nothing in the graph is touched before everything is known to be good. run_id NULL: any. */
static enum status load_open(struct head *h, struct store *s, struct graph *g)
{
    struct state state;

    TRY(verify(h, s));
    TRY(state_open(&state, g));
    enum status status = check_fit(s, &state);
    for (int i = 0; i < state.count && status == STATUS_OK; i++) {
        const struct state_tensor *t = &state.tensor[i];
        status = store_read(state.host, STORE_F32, t->size, s, t->path);
        if (status == STATUS_OK)
            state.device->ops->put(state.device, t->value, state.host, (size_t)t->size * sizeof(float));
    }
    state_close(&state);
    return status;
}

/* *absent: there is no such file, or it is of another record than run_id (NULL: of any). */
static enum status load(struct head *h, bool *absent, struct graph *g, const char *path, const char *run_id)
{
    struct store *s;
    char id[96];

    *absent = access(path, F_OK) != 0;
    if (*absent) return STATUS_OK;
    TRY(store_open(&s, path, STORE_READ));
    *absent = run_id != NULL && store_get_text(id, sizeof id, s, "provenance", "run_id") == STATUS_OK &&
              strcmp(id, run_id) != 0;
    const enum status status = *absent ? STATUS_OK : load_open(h, s, g);
    store_close(&s);
    return status;
}

static enum status load_newest(struct checkpoint_source *out, struct head *h, struct graph *g,
                               const char *dir, const char *run_id)
{
    char path[PATH_MAX], trouble[512] = "";
    enum status first = STATUS_OK;

    *out = (struct checkpoint_source){0};
    for (int i = 0; i < CHECKPOINTS; i++) {
        bool absent;
        state_file(path, dir, checkpoint_files[i]);
        const enum status status = load(h, &absent, g, path, run_id);
        if (status == STATUS_OK && !absent) {
            *out = (struct checkpoint_source){.iteration = h->iteration, .loaded = true};
            snprintf(out->path, sizeof out->path, "%.511s", path);
            snprintf(out->note, sizeof out->note, "%s%sfrom %.400s at iteration %" PRId64, trouble,
                     *trouble != '\0' ? "; going on " : "", path, h->iteration);
            return STATUS_OK;
        }
        if (status != STATUS_OK && first == STATUS_OK) {
            first = status;
            snprintf(trouble, sizeof trouble, "%.500s", status_detail());
        }
    }
    if (first != STATUS_OK) return fail(first, "%s; and there is no other good checkpoint", trouble);
    snprintf(out->note, sizeof out->note, "from the beginning: there is no checkpoint yet");
    return STATUS_OK;
}

enum status checkpoint_load(struct checkpoint_source *out, struct trainer *t, const struct record *r)
{
    struct head h;

    TRY(load_newest(out, &h, t->graph, record_dir(r), record_run_id(r)));
    if (!out->loaded) return STATUS_OK;
    t->at = h.iteration;
    t->loss = h.loss;
    return STATUS_OK;
}

enum status checkpoint_read(struct checkpoint_source *out, struct graph *g, const char *path)
{
    struct stat st;
    struct head h;
    bool absent;

    *out = (struct checkpoint_source){0};
    if (stat(path, &st) != 0) return fail(STATUS_IO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode)) {
        TRY(load_newest(out, &h, g, path, NULL));
        return out->loaded ? STATUS_OK : fail(STATUS_IO, "%s: there is no checkpoint in its ckpt/", path);
    }
    TRY(load(&h, &absent, g, path, NULL));
    *out = (struct checkpoint_source){.iteration = h.iteration, .loaded = true};
    snprintf(out->path, sizeof out->path, "%.511s", path);
    snprintf(out->note, sizeof out->note, "from %.500s at iteration %" PRId64, path, h.iteration);
    return STATUS_OK;
}
