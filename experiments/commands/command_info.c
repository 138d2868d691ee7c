/* experiments/commands/command_info.c - cptsim info: what a file is, how far its run is, what it reached,
 * how it was made. */
#include "experiments/record/record_read.h"
#include "experiments/record/artifact.h"
#include "experiments/record/checkpoint.h"
#include "experiments/commands/command.h"
#include "experiments/print/properties.h"
#include "experiments/print/printout.h"
#include "quant/try.h"
#include "sim/base/text.h"
#include "sim/kernels/kernels.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct info_options {
    struct path_options path;
    bool cpu, config, tree;
};

static const struct argp_option switches[] = {
    {"config", 'c', 0, 0, "print only the configuration, resolved: an experiment file that repeats the run",
     0},
    {"tree", 't', 0, 0, "print only the groups and data sets, with types and sizes", 0},
    {"cpu", 'p', 0, 0, "print the kernels that this program has, and which this CPU runs; takes no file", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct info_options *o = state->input;
    (void)arg;
    switch (key) {
    case 'c':
        o->config = true;
        return 0;
    case 't':
        o->tree = true;
        return 0;
    case 'p':
        o->cpu = true;
        return 0;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->path;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&path_json_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    switches,
    parse,
    "FILE|RUNDIR",
    "Say what a record or checkpoint is: status and progress of the run, the last accuracies with the bits "
    "that they were measured at, the cost, the digests, how it was made. A checkpoint is also verified. Of "
    "other HDF5 files the contents are listed.\vExamples:\n"
    "  cptsim info runs/cpt\n"
    "  cptsim info runs/cpt --config > again.yaml\n"
    "  cptsim info runs/cpt/ckpt/latest.h5\n"
    "  cptsim info shared/reference.h5 --tree\n"
    "  cptsim info --cpu\n",
    children,
    NULL,
    NULL};

/* --- a run -------------------------------------------------------------------------------------------- */

/* The command that goes on with a run: an arm's folder is made by train itself. */
static void resume_command(char *out, size_t size, struct artifact *a)
{
    struct config c;
    const char *slash = strrchr(a->dir, '/');
    const bool is_arm = artifact_config(&c, a->store) == STATUS_OK && c.arm[0] != '\0' && slash != NULL &&
                        strcmp(slash + 1, c.arm) == 0;

    snprintf(out, size, "cptsim train EXPERIMENT.yaml --out %.*s%s%s --resume",
             (int)(is_arm ? slash - a->dir : (ptrdiff_t)strlen(a->dir)), a->dir, is_arm ? " --arm " : "",
             is_arm ? c.arm : "");
}

static enum status add_status(struct properties *p, struct artifact *a)
{
    char state[ARTIFACT_STATUS], holder[128], command[PATH_MAX + 128];

    TRY(artifact_status(state, a));
    if (record_writer(holder, sizeof holder, a->dir)) {
        properties_text(p, "status", "running (%s)", holder);
    } else if (strcmp(state, "killed") == 0 || strcmp(state, "interrupted") == 0) {
        resume_command(command, sizeof command, a);
        properties_text(p, "status", "%s; '%s' goes on", state, command);
    } else {
        properties_text(p, "status", "%s", state);
    }
    return STATUS_OK;
}

static void add_integer(struct properties *p, const char *name, int64_t value)
{
    char digits[32];

    snprintf(digits, sizeof digits, "%" PRId64, value);
    properties_digits(p, name, digits);
}

static enum status add_progress(struct properties *p, struct store *s)
{
    int64_t done, all;
    int64_t rows;
    double bitops;
    struct artifact_column loss;
    char cell[ARTIFACT_CELL];

    TRY(store_get_integer(&done, s, "", "last_iter"));
    TRY(store_get_integer(&all, s, "", "iterations"));
    if (p->json) {
        add_integer(p, "iterations", done);
        add_integer(p, "planned_iterations", all);
    } else {
        properties_text(p, "iterations", "%" PRId64 " of %" PRId64, done, all);
    }
    TRY(record_read_iterations(&rows, s));
    if (rows == 0) return STATUS_OK;
    TRY(record_read_stored(&loss, &rows, s, RECORD_LOSS));
    artifact_cell(cell, &loss, rows - 1);
    properties_digits(p, "training loss", cell);
    artifact_unload(&loss);
    TRY(record_read_last(&bitops, s, RECORD_BITOPS));
    properties_number(p, "GBitOPs", bitops / 1e9, 5);
    return STATUS_OK;
}

/* One accuracy, measured on `count` images after `iter` iterations. */
struct score {
    const char *split, *policy;
    int64_t iter, bits, count;
    double accuracy;
};

static void add_score(struct properties *p, const struct score *s)
{
    char key[128], width[32] = "float32";

    if (s->bits > 0) snprintf(width, sizeof width, "%" PRId64 " bits", s->bits);
    snprintf(key, sizeof key, "%s accuracy, %s (%.40s)", s->split, width, s->policy);
    properties_number(p, key, s->accuracy, 6);
    if (p->json) {
        snprintf(key, sizeof key, "%s images, %s (%.40s)", s->split, width, s->policy);
        add_integer(p, key, s->count);
        snprintf(key, sizeof key, "%s iterations, %s (%.40s)", s->split, width, s->policy);
        add_integer(p, key, s->iter);
    } else {
        snprintf(key, sizeof key, "  evaluated (%.40s, %s)", s->policy, width);
        properties_text(p, key, "%" PRId64 " images after %" PRId64 " iterations", s->count, s->iter);
    }
}

/* Scores of each split under one policy in its last rows: those of the last iteration evaluated. */
static enum status add_accuracy(struct properties *p, struct store *s, const char *policy)
{
    static const enum split splits[RECORD_SPLITS] = {SPLIT_TEST, SPLIT_VALIDATION, SPLIT_TRAIN};
    struct eval_line *line;
    int64_t count;

    TRY(record_read_evaluations(&line, &count, s, policy));
    for (int k = 0; k < RECORD_SPLITS; k++) {
        const enum split split = splits[k];
        for (int64_t i = 0; i < count; i++)
            if (line[i].iteration == line[count - 1].iteration && line[i].count[split] != 0)
                add_score(p, &(struct score){record_split_name(split), policy, line[i].iteration,
                                             line[i].bits, line[i].count[split], line[i].accuracy[split]});
    }
    free(line);
    return STATUS_OK;
}

static enum status add_accuracies(struct properties *p, struct store *s)
{
    struct store_names policies;
    enum status status = STATUS_OK;

    TRY(store_members(&policies, s, RECORD_EVAL));
    for (int i = 0; i < policies.count && status == STATUS_OK; i++)
        status = add_accuracy(p, s, policies.name[i]);
    store_names_free(&policies);
    return status;
}

/* Every attribute of a group. */
static enum status add_attributes(struct properties *p, struct store *s, const char *path)
{
    struct store_names names;
    enum status status = STATUS_OK;

    if (!store_has(s, path)) return STATUS_OK;
    TRY(store_attributes(&names, s, path));
    for (int i = 0; i < names.count && status == STATUS_OK; i++) {
        char *value, key[STORE_NAME_MAX + 8];
        if (strchr(names.name[i], '@') != NULL) continue;
        status = store_show_attribute(&value, s, path, names.name[i]);
        if (status != STATUS_OK) break;
        const char *group = strrchr(path, '/');
        snprintf(key, sizeof key, "%s %s", group != NULL ? group + 1 : path, names.name[i]);
        if (store_get_number(&(double){0}, s, path, names.name[i]) == STATUS_OK) {
            properties_digits(p, key, value);
        } else {
            properties_text(p, key, "%s", value);
        }
        free(value);
    }
    store_names_free(&names);
    return status;
}

static void add_checkpoint(struct properties *p, const char *dir, const char *name)
{
    char path[PATH_MAX];
    int64_t iteration;

    snprintf(path, sizeof path, "%.4000s/%s", dir, name);
    const enum status status = checkpoint_verify(&iteration, NULL, path);
    if (status == STATUS_OK)
        properties_text(p, name, "after %" PRId64 " iterations, its digest is right", iteration);
    if (status == STATUS_INPUT) properties_text(p, name, "%s", status_detail());
}

static enum status describe_run(struct properties *p, struct artifact *a)
{
    struct store *s = a->store;
    char text[128], roles[CONFIG_ROLES];
    int64_t seed;

    properties_text(p, "file", "%s", a->path);
    properties_text(p, "what", "record of a run (%s)", a->schema);
    TRY(add_status(p, a));
    TRY(store_get_text(text, sizeof text, s, "", "title"));
    properties_text(p, "title", "%s", text);
    TRY(store_get_text(text, sizeof text, s, "", "model"));
    properties_text(p, "model", "%s", text);
    TRY(store_get_integer(&seed, s, "", "seed"));
    snprintf(text, sizeof text, "%" PRIu64, (uint64_t)seed);
    properties_digits(p, "seed", text);
    artifact_roles(roles, s);
    properties_text(p, "roles", "%s", roles[0] != '\0' || p->json ? roles : "-");
    TRY(add_progress(p, s));
    TRY(add_accuracies(p, s));
    TRY(add_attributes(p, s, RECORD_SUMMARY));
    for (int i = 0; i < CHECKPOINTS; i++)
        add_checkpoint(p, a->dir, checkpoint_files[i]);
    TRY(store_get_text(text, sizeof text, s, "", "config_sha256"));
    properties_text(p, "config sha256", "%s", text);
    TRY(add_attributes(p, s, "provenance"));
    return add_attributes(p, s, "provenance/dataset");
}

/* --- a checkpoint ------------------------------------------------------------------------------------- */

static void add_tensors(struct properties *p, const char *group, int tensors, int64_t values)
{
    char key[64];

    if (!p->json) {
        properties_text(p, group, "%d tensors, %" PRId64 " values", tensors, values);
        return;
    }
    snprintf(key, sizeof key, "%s tensors", group);
    add_integer(p, key, tensors);
    snprintf(key, sizeof key, "%s values", group);
    add_integer(p, key, values);
}

static enum status describe_checkpoint(struct properties *p, struct artifact *a)
{
    static const char *const groups[] = {"model", "optim", "buffers"};
    int64_t iteration;
    char config[65];

    TRY(checkpoint_verify(&iteration, config, a->path));
    properties_text(p, "file", "%s", a->path);
    properties_text(p, "what", "checkpoint (%s), its digest is right", a->schema);
    add_integer(p, "iterations", iteration);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct store_names names;
        int64_t values = 0;
        TRY(store_members(&names, a->store, groups[i]));
        for (int k = 0; k < names.count; k++) {
            char path[STORE_NAME_MAX + 16];
            struct store_info info = {0};
            snprintf(path, sizeof path, "%s/%s", groups[i], names.name[k]);
            if (store_look(&info, a->store, path) == STATUS_OK) values += info.count;
        }
        add_tensors(p, groups[i], names.count, values);
        store_names_free(&names);
    }
    properties_text(p, "config sha256", "%s", config);
    return add_attributes(p, a->store, "provenance");
}

/* --- parts and other things --------------------------------------------------------------------------- */

static enum status print_entry(void *context, struct store *s, const char *path,
                               const struct store_info *info)
{
    char shape[128];

    (void)s;
    artifact_describe(shape, sizeof shape, info);
    printout_text(context, path);
    printout_text(context, shape);
    return STATUS_OK;
}

static enum status print_tree(struct store *s, bool json)
{
    static const char *const columns[] = {"path", "contents", NULL};
    struct printout t = printout_open(stdout, json, columns);

    return artifact_walk(s, "", print_entry, &t);
}

static enum status print_config(struct artifact *a)
{
    char *text;

    if (a->kind != ARTIFACT_RUN)
        return status_fail(STATUS_INPUT, "%s: is not the record of a run: it has no --config", a->path);
    TRY(store_load_text(&text, a->store, "config/resolved"));
    text_show(stdout, text, "\n");
    free(text);
    return STATUS_OK;
}

static enum status print_kernels(bool json)
{
    static const char *const columns[] = {"kernels", "needs", "available", "chosen", NULL};
    const struct kernels *chosen;
    struct printout t = printout_open(stdout, json, columns);
    int count;
    const struct kernels *const *row = kernels_all(&count);

    TRY(kernels_find(&chosen, NULL));
    for (int i = 0; i < count; i++) {
        printout_text(&t, row[i]->name);
        printout_text(&t, row[i]->needs);
        printout_text(&t, row[i]->available() ? "yes" : "no");
        printout_text(&t, row[i] == chosen ? "yes" : "no");
    }
    return STATUS_OK;
}

static enum status describe(struct artifact *a, const struct info_options *o)
{
    if (o->config) return print_config(a);
    if (o->tree) return print_tree(a->store, o->path.json);
    if (a->kind == ARTIFACT_OTHER) {
        text_show(stderr, a->path, "");
        fputs(": an HDF5 file that this program did not write; its contents:\n", stderr);
        return print_tree(a->store, o->path.json);
    }
    struct properties p = properties_open(stdout, o->path.json);
    const enum status status = a->kind == ARTIFACT_RUN ? describe_run(&p, a) : describe_checkpoint(&p, a);
    properties_close(&p);
    return status;
}

enum status command_info(int argc, char **argv)
{
    struct info_options o = {0};
    struct artifact a;

    TRY(command_parse(&argp, argc, argv, &o));
    if (o.path.paths != !o.cpu)
        return status_fail(STATUS_USAGE,
                           "info takes one file or run directory, or --cpu; see cptsim info --help");
    if (o.cpu) return print_kernels(o.path.json);
    enum status status = artifact_open(&a, o.path.path);
    if (status == STATUS_OK) status = describe(&a, &o);
    artifact_close(&a);
    return status;
}
