/* experiments/commands/command_diff.c - cptsim diff: are two records or checkpoints the same, bit for bit? */
#include "experiments/record/artifact.h"
#include "experiments/commands/command.h"
#include "experiments/print/printout.h"
#include "quant/try.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IGNORED_MAX = 16 };

struct diff_options {
    const char *path[2];
    const char *ignored[IGNORED_MAX];
    int paths, ignored_count;
    bool quiet;
};

static const struct argp_option switches[] = {
    {"ignore", 'i', "PATH", 0, "pass over a group or data set; may be given several times", 0},
    {"quiet", 'q', 0, 0, "print nothing, only exit with 0 or 1", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct diff_options *o = state->input;
    switch (key) {
    case 'i':
        if (o->ignored_count == IGNORED_MAX) argp_error(state, "at most %d times --ignore", IGNORED_MAX);
        o->ignored[o->ignored_count++] = arg + (*arg == '/');
        return 0;
    case 'q':
        o->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->paths < 2) o->path[o->paths] = arg;
        o->paths++;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    switches,
    parse,
    "A B",
    "Compare two records (files or run directories) or checkpoints, data set by data set and attribute by "
    "attribute, bit for bit: NaN equals the same NaN, -0 differs from 0. What may differ between equal runs "
    "is passed over: /provenance and the columns of wall-clock time. One line for each difference: path, "
    "first index, both values. Exit code 0: equal, 1: different.\vExamples:\n"
    "  cptsim diff runs/a runs/b\n"
    "  cptsim diff runs/a/ckpt/latest.h5 runs/b/ckpt/latest.h5\n"
    "  cptsim diff runs/seed1 runs/seed2 --ignore config --ignore layers\n",
    NULL,
    NULL,
    NULL};

struct diff {
    const struct diff_options *options;
    struct store *a, *b;
    int64_t data_sets, values, differences;
    char first[STORE_NAME_MAX]; /* path of the first difference */
};

__attribute__((format(printf, 3, 4))) static void differ(struct diff *d, const char *path, const char *format,
                                                         ...)
{
    va_list args;

    if (d->differences++ == 0) snprintf(d->first, sizeof d->first, "%.250s", *path != '\0' ? path : "/");
    if (d->options->quiet) return;
    va_start(args, format);
    printout_fact(stdout, *path != '\0' ? path : "/", format, args);
    va_end(args);
}

/* Is `path` the ignored one, or below it? */
static bool is_below(const char *path, const char *ignored)
{
    const size_t length = strlen(ignored);

    return strncmp(path, ignored, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static bool is_ignored(const struct diff *d, struct store *s, const char *path)
{
    if (is_below(path, "provenance") || store_has_attribute(s, path, "wall_clock")) return true;
    for (int i = 0; i < d->options->ignored_count; i++)
        if (is_below(path, d->options->ignored[i])) return true;
    return false;
}

/* --- attributes --------------------------------------------------------------------------------------- */

/* Those of one side; where both have one, it is compared when b is the other. */
static enum status compare_attributes(struct diff *d, const char *path, struct store *one,
                                      struct store *other)
{
    struct store_names names;
    enum status status = STATUS_OK;

    TRY(store_attributes(&names, one, path));
    for (int i = 0; i < names.count && status == STATUS_OK; i++) {
        const char *name = names.name[i];
        if (!store_has_attribute(other, path, name)) {
            differ(d, path, "attribute %s only in %s", name, d->options->path[one == d->b]);
            continue;
        }
        if (other == d->a) continue;
        char *value[2] = {NULL, NULL};
        status = store_show_attribute(&value[0], one, path, name);
        if (status == STATUS_OK) status = store_show_attribute(&value[1], other, path, name);
        if (status == STATUS_OK && strcmp(value[0], value[1]) != 0)
            differ(d, path, "attribute %s: %s != %s", name, value[0], value[1]);
        free(value[0]);
        free(value[1]);
    }
    store_names_free(&names);
    return status;
}

/* --- data sets ---------------------------------------------------------------------------------------- */

static void compare_values(struct diff *d, const char *path, const struct artifact_column *a,
                           const struct artifact_column *b)
{
    const size_t width = artifact_width(a);
    const int64_t rows = a->info.count < b->info.count ? a->info.count : b->info.count;
    int64_t first = -1, different = 0;
    char value[2][ARTIFACT_CELL];

    for (int64_t i = 0; i < rows; i++) {
        if (memcmp((char *)a->data + (size_t)i * width, (char *)b->data + (size_t)i * width, width) == 0)
            continue;
        if (different++ == 0) first = i;
    }
    d->values += rows;
    if (different == 0) return;
    artifact_cell(value[0], a, first);
    artifact_cell(value[1], b, first);
    differ(d, path, "[%" PRId64 "] %s != %s (%" PRId64 " of %" PRId64 " values differ)", first, value[0],
           value[1], different, rows);
}

static enum status compare_data(struct diff *d, const char *path)
{
    struct artifact_column a, b = {0};
    char shape[2][128];

    TRY(artifact_load(&a, d->a, path));
    const enum status status = artifact_load(&b, d->b, path);
    if (status == STATUS_OK) {
        const bool alike = a.type == b.type && a.info.width == b.info.width;
        artifact_describe(shape[0], sizeof shape[0], &a.info);
        artifact_describe(shape[1], sizeof shape[1], &b.info);
        d->data_sets++;
        if (strcmp(shape[0], shape[1]) != 0) differ(d, path, "%s != %s", shape[0], shape[1]);
        if (alike) compare_values(d, path, &a, &b);
    }
    artifact_unload(&a);
    artifact_unload(&b);
    return status;
}

static enum status visit_a(void *context, struct store *s, const char *path, const struct store_info *info)
{
    struct diff *d = context;
    struct store_info other;

    if (is_ignored(d, s, path)) return STATUS_OK;
    TRY(store_look(&other, d->b, path));
    if (other.kind != info->kind) {
        differ(d, path, other.kind == STORE_ABSENT ? "only in %s" : "a group on one side: %s",
               d->options->path[0]);
        return STATUS_OK;
    }
    TRY(compare_attributes(d, path, d->a, d->b));
    TRY(compare_attributes(d, path, d->b, d->a));
    return info->kind == STORE_DATA ? compare_data(d, path) : STATUS_OK;
}

static enum status visit_b(void *context, struct store *s, const char *path, const struct store_info *info)
{
    struct diff *d = context;

    (void)info;
    if (!is_ignored(d, s, path) && !store_has(d->a, path)) differ(d, path, "only in %s", d->options->path[1]);
    return STATUS_OK;
}

static enum status compare(struct diff *d)
{
    TRY(compare_attributes(d, "", d->a, d->b));
    TRY(compare_attributes(d, "", d->b, d->a));
    TRY(artifact_walk(d->a, "", visit_a, d));
    return artifact_walk(d->b, "", visit_b, d);
}

enum status command_diff(int argc, char **argv)
{
    struct diff_options o = {0};
    struct artifact a, b = {0};

    TRY(command_parse(&argp, argc, argv, &o));
    if (o.paths != 2)
        return status_fail(STATUS_USAGE, "diff takes two files or run directories; see cptsim diff --help");
    TRY(artifact_open(&a, o.path[0]));
    enum status status = artifact_open(&b, o.path[1]);
    struct diff d = {.options = &o, .a = a.store, .b = b.store};
    if (status == STATUS_OK) status = compare(&d);
    artifact_close(&a);
    artifact_close(&b);
    TRY(status);
    if (d.differences > 0)
        return status_fail(STATUS_MISMATCH, "%s and %s differ in %" PRId64 " places, the first is %s",
                           o.path[0], o.path[1], d.differences, d.first);
    if (!o.quiet) printf("equal: %" PRId64 " data sets, %" PRId64 " values\n", d.data_sets, d.values);
    return STATUS_OK;
}
