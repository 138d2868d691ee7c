/* experiments/record/artifact.c - finding, recognizing and reading the files that this program wrote. */
#include "experiments/record/artifact.h"
#include "experiments/record/checkpoint.h"
#include "quant/try.h"

#include "sim/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- open --------------------------------------------------------------------------------------------- */

/* To add a kind: its schema here, its name in the enum. */
static const struct schema {
    const char *name;
    enum artifact_kind kind;
} schemas[] = {{RECORD_SCHEMA, ARTIFACT_RUN}, {CHECKPOINT_SCHEMA, ARTIFACT_CHECKPOINT}};

static enum artifact_kind recognize(struct artifact *a)
{
    char name[32], version[16];

    if (!store_has_attribute(a->store, "", "schema") ||
        store_get_text(name, sizeof name, a->store, "", "schema") != STATUS_OK)
        return ARTIFACT_OTHER;
    if (store_get_text(version, sizeof version, a->store, "", "schema_version") != STATUS_OK)
        version[0] = '\0';
    snprintf(a->schema, sizeof a->schema, "%s %s", name, version);
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++)
        if (strcmp(name, schemas[i].name) == 0) return schemas[i].kind;
    return ARTIFACT_OTHER;
}

/* A folder without a record: name the first run in its folders, if it has some. */
static enum status no_record(const char *path)
{
    struct dirent **entry;
    char run[PATH_MAX] = "";
    const int count = scandir(path, &entry, NULL, alphasort);

    if (count < 0) return status_fail(STATUS_IO, "%s: %s; want a run directory", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        char dir[PATH_MAX];
        snprintf(dir, sizeof dir, "%.3000s/%s", path, entry[i]->d_name);
        if (run[0] == '\0' && entry[i]->d_name[0] != '.' && record_exists(dir))
            snprintf(run, sizeof run, "%s", dir);
        free(entry[i]);
    }
    free(entry);
    if (run[0] == '\0')
        return status_fail(STATUS_IO, "%s: holds no record (%s); want a run directory", path, RECORD_FILE);
    return status_fail(STATUS_IO, "%s: holds no record (%s), but runs; want one of them, as in %s", path,
                       RECORD_FILE, run);
}

/* A record that cannot be opened: what is left of its run, and what can be done. */
static enum status damaged_record(enum status s, const char *dir)
{
    char sentence[512], path[PATH_MAX];
    int64_t iteration;

    snprintf(sentence, sizeof sentence, "%s", status_detail());
    for (int i = 0; i < CHECKPOINTS; i++) {
        snprintf(path, sizeof path, "%.4000s/%s", dir, checkpoint_files[i]);
        if (checkpoint_verify(&iteration, NULL, path) == STATUS_OK)
            return status_fail(
                s,
                "%s; %s (%" PRId64
                " iterations) is whole, but a run goes on only with both: put back a copy of %s that "
                "is no older, or begin again by train --force",
                sentence, checkpoint_files[i], iteration, RECORD_FILE);
    }
    return status_fail(s, "%s; put back a copy of it, or begin again by train --force", sentence);
}

/* The folder of a file. */
static void folder_of(char dir[PATH_MAX], const char *path)
{
    const char *slash = strrchr(path, '/');
    snprintf(dir, PATH_MAX, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
}

enum status artifact_open(struct artifact *a, const char *path)
{
    struct stat st;

    *a = (struct artifact){0};
    TRY(text_copy(a->path, sizeof a->path - sizeof "/" RECORD_FILE, NULL, path, strlen(path)));
    const bool is_dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    const size_t used = strlen(a->path);
    if (is_dir) snprintf(a->path + used, sizeof a->path - used, "/" RECORD_FILE);
    if (is_dir && !record_exists(path)) return no_record(path);
    const enum status s = store_open(&a->store, a->path, STORE_READ);
    folder_of(a->dir, a->path);
    const char *slash = strrchr(a->path, '/');
    if (s == STATUS_INPUT && strcmp(slash != NULL ? slash + 1 : a->path, RECORD_FILE) == 0)
        return damaged_record(s, a->dir);
    if (s == STATUS_INPUT || s == STATUS_IO)
        return status_fail(s, "%s; want a run directory or its %s", status_detail(), RECORD_FILE);
    TRY(s);
    a->kind = recognize(a);
    return STATUS_OK;
}

enum status artifact_open_run(struct artifact *a, const char *path)
{
    TRY(artifact_open(a, path));
    if (a->kind == ARTIFACT_RUN) return STATUS_OK;
    return status_fail(STATUS_INPUT, "%s: is not the record of a run; 'cptsim info' says what it is",
                       a->path);
}

void artifact_close(struct artifact *a)
{
    store_close(&a->store);
}

/* --- status ------------------------------------------------------------------------------------------- */

/* The lock decides: a process that is killed writes nothing more, and the kernel takes its lock away. */
enum status artifact_status(char out[ARTIFACT_STATUS], const struct artifact *a)
{
    char holder[128];
    const bool held = record_writer(holder, sizeof holder, a->dir);

    TRY(store_get_text(out, ARTIFACT_STATUS, a->store, "", "status"));
    if (held) snprintf(out, ARTIFACT_STATUS, "running");
    if (!held && strcmp(out, "running") == 0) snprintf(out, ARTIFACT_STATUS, "killed");
    return STATUS_OK;
}

/* --- configuration ------------------------------------------------------------------------------------ */

enum status artifact_config(struct config *c, struct store *s)
{
    struct config_file *file;
    char *text;

    TRY(store_load_text(&text, s, "config/resolved"));
    enum status status = config_parse(&file, text, strlen(text), store_path(s));
    free(text);
    TRY(status);
    status = config_resolve(c, file, 0, NULL, 0);
    config_close(file);
    return status;
}

void artifact_roles(char out[CONFIG_ROLES], struct store *s)
{
    struct config c;

    if (artifact_config(&c, s) == STATUS_OK) {
        config_roles(out, &c);
    } else {
        snprintf(out, CONFIG_ROLES, "unknown");
    }
}

/* --- values ------------------------------------------------------------------------------------------- */

enum status artifact_load(struct artifact_column *c, struct store *s, const char *path)
{
    *c = (struct artifact_column){0};
    TRY(store_look(&c->info, s, path));
    c->type = c->info.type == STORE_F16 ? STORE_F32 : c->info.type;
    if (c->info.kind == STORE_ABSENT)
        return status_fail(STATUS_INPUT, "%s: there is no '%s'", store_path(s), path);
    return store_load(&c->data, &c->info, c->type, s, path);
}

void artifact_unload(struct artifact_column *c)
{
    free(c->data);
    *c = (struct artifact_column){0};
}

size_t artifact_width(const struct artifact_column *c)
{
    switch (c->type) {
#define X(name, ctype, text)                                                                                 \
    case STORE_##name:                                                                                       \
        return sizeof(ctype);
        STORE_TYPE_LIST(X)
#undef X
    default:
        return c->info.width;
    }
}

static void print_float(char *out, float x)
{
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(out, ARTIFACT_CELL, "%.*g", digits, (double)x);
        if (isnan(x) || strtof(out, NULL) == x) return;
    }
}

static void print_double(char *out, double x)
{
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(out, ARTIFACT_CELL, "%.*g", digits, x);
        if (isnan(x) || strtod(out, NULL) == x) return;
    }
}

void artifact_cell(char out[ARTIFACT_CELL], const struct artifact_column *c, int64_t i)
{
    const void *data = c->data;

    switch (c->type) {
    case STORE_F32:
        print_float(out, ((const float *)data)[i]);
        return;
    case STORE_F64:
        print_double(out, ((const double *)data)[i]);
        return;
    case STORE_U8:
        snprintf(out, ARTIFACT_CELL, "%u", ((const uint8_t *)data)[i]);
        return;
    case STORE_I32:
        snprintf(out, ARTIFACT_CELL, "%" PRId32, ((const int32_t *)data)[i]);
        return;
    case STORE_U32:
        snprintf(out, ARTIFACT_CELL, "%" PRIu32, ((const uint32_t *)data)[i]);
        return;
    case STORE_I64:
        snprintf(out, ARTIFACT_CELL, "%" PRId64, ((const int64_t *)data)[i]);
        return;
    case STORE_U64:
        snprintf(out, ARTIFACT_CELL, "%" PRIu64, ((const uint64_t *)data)[i]);
        return;
    default:
        snprintf(out, ARTIFACT_CELL, "%.*s", (int)c->info.width,
                 (const char *)data + (size_t)i * c->info.width);
    }
}

void artifact_describe(char *out, size_t size, const struct store_info *info)
{
    static const char *const names[] = {
#define X(name, ctype, text) [STORE_##name] = (text),
        STORE_TYPE_LIST(X)
#undef X
            [STORE_F16] = "float16",
        [STORE_TEXT] = "text",
        [STORE_OTHER] = "other",
    };
    size_t at = (size_t)snprintf(out, size, "%s", info->kind == STORE_GROUP ? "group" : names[info->type]);

    for (int i = 0; info->kind == STORE_DATA && i < info->rank && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s[%" PRId64 "]", i == 0 ? " " : "", info->dim[i]);
}

/* --- walk --------------------------------------------------------------------------------------------- */

/* A record has groups in groups in groups, and some dozens of them. More are of a file that was made to have no end: a
 * group may contain itself. */
enum { WALK_DEPTH = 8, WALK_GROUPS = 256 };

struct walk {
    struct store *store;
    artifact_visitor *visit;
    void *context;
    int depth, groups;
};

static enum status walk_group(struct walk *w, const char *path);

static enum status walk_child(struct walk *w, const char *path, const char *name)
{
    char child[WALK_DEPTH * (STORE_NAME_MAX + 1)];
    struct store_info info;

    snprintf(child, sizeof child, "%s%s%s", path, *path != '\0' ? "/" : "", name);
    TRY(store_look(&info, w->store, child));
    TRY(w->visit(w->context, w->store, child, &info));
    return info.kind == STORE_GROUP ? walk_group(w, child) : STATUS_OK;
}

static enum status walk_group(struct walk *w, const char *path)
{
    struct store_names names;
    enum status status = STATUS_OK;

    if (w->depth == WALK_DEPTH || w->groups == WALK_GROUPS)
        return status_fail(
            STATUS_INPUT,
            "%s: '%s': more than %d groups, or more than %d in each other; does one contain itself?",
            store_path(w->store), path, WALK_GROUPS, WALK_DEPTH);
    TRY(store_members(&names, w->store, path));
    w->depth++;
    w->groups++;
    for (int i = 0; i < names.count && status == STATUS_OK; i++)
        status = walk_child(w, path, names.name[i]);
    w->depth--;
    store_names_free(&names);
    return status;
}

enum status artifact_walk(struct store *s, const char *path, artifact_visitor *visit, void *context)
{
    return walk_group(&(struct walk){.store = s, .visit = visit, .context = context}, path);
}
