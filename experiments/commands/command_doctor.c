/* experiments/commands/command_doctor.c - cptsim doctor: is a record or checkpoint whole, and what did a
 * kill leave? */
#include "experiments/record/record_read.h"
#include "experiments/record/artifact.h"
#include "experiments/record/checkpoint.h"
#include "experiments/commands/command.h"
#include "experiments/record/leftovers.h"
#include "experiments/record/record.h"
#include "experiments/print/printout.h"
#include "quant/try.h"
#include "sim/method/widths.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct doctor_options {
    struct path_options path;
    bool repair;
};

static const struct argp_option switches[] = {
    {"repair", 'r', 0, 0, "remove what a killed run left beside its record: a lock, files not finished", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct doctor_options *o = state->input;
    (void)arg;

    switch (key) {
    case 'r':
        o->repair = true;
        return 0;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->path;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&path_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    switches,
    parse,
    "FILE|RUNDIR",
    "Check a record or checkpoint: the file has the digest that it was written with, every value can be read, columns are of one "
    "length, no iteration is missing or repeated, checkpoints have the right digest and are not ahead of the "
    "record. One line for each check, 'ok' or 'BAD', and one 'left' for whatever a killed run left, which is "
    "harmless. Nothing is changed without --repair, and no value ever. Exit code 0 if all is well, 3 if not, "
    "4 if something cannot be read.\vExamples:\n"
    "  cptsim doctor runs/cpt\n"
    "  cptsim doctor runs/cpt --repair\n"
    "  cptsim doctor runs/cpt/ckpt/latest.h5\n",
    children,
    NULL,
    NULL};

struct doctor {
    struct artifact artifact;
    bool repair;
    int bad;
    enum status status; /* of the first bad check, and its sentence */
    char first[768];
};

__attribute__((format(printf, 2, 3))) static void tell(const char *word, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    printout_fact(stdout, word, format, args);
    va_end(args);
}

/* Prints the line of one check: fine if status is OK, else the sentence of its failure. */
static bool check(struct doctor *d, enum status status, const char *claim)
{
    if (status == STATUS_OK) {
        tell("ok", "%s", claim);
        return true;
    }
    tell("BAD", "%s: %s", claim, status_detail());
    if (d->bad++ > 0) return false;
    d->status = status;
    snprintf(d->first, sizeof d->first, "%s", status_detail());
    return false;
}

/* --- checks ------------------------------------------------------------------------------------------- */

static void whole_file(struct doctor *d)
{
    const struct artifact *a = &d->artifact;
    char claim[PATH_MAX + 64];
    bool has_digest;
    const enum status status = store_check_digest(&has_digest, a->store);

    snprintf(claim, sizeof claim, "%s is byte for byte as it was written", a->path);
    if (status != STATUS_OK || has_digest) {
        check(d, status, claim);
    } else {
        tell(
            "ok",
            "%s has no digest of its bytes: an older version wrote it, or another program changed it; damage "
            "outside of its columns is not seen",
            a->path);
    }
}

static enum status read_it(void *count, struct store *s, const char *path, const struct store_info *info)
{
    struct artifact_column c;

    if (info->kind != STORE_DATA || info->type == STORE_OTHER) return STATUS_OK;
    TRY(artifact_load(&c, s, path));
    artifact_unload(&c);
    ++*(int *)count;
    return STATUS_OK;
}

/** The members of a group that have one row per row of its first column. */
static enum status equal_lengths(struct store *s, const char *group)
{
    struct store_names names;
    struct store_info first = {0}, info;
    enum status status = STATUS_OK;

    TRY(store_members(&names, s, group));
    for (int i = 0; i < names.count && status == STATUS_OK; i++) {
        char path[2 * STORE_NAME_MAX];
        snprintf(path, sizeof path, "%s/%s", group, names.name[i]);
        status = store_look(&info, s, path);
        if (i == 0) first = info;
        if (status == STATUS_OK && info.dim[0] != first.dim[0])
            status = status_fail(STATUS_INPUT, "'%s' has %" PRId64 " rows, '%s' has %" PRId64, path,
                                 info.dim[0], names.name[0], first.dim[0]);
    }
    store_names_free(&names);
    return status;
}

static enum status eval_lengths(struct store *s)
{
    struct store_names names;
    enum status status = STATUS_OK;

    TRY(store_members(&names, s, RECORD_EVAL));
    for (int i = 0; i < names.count && status == STATUS_OK; i++) {
        char group[STORE_NAME_MAX + 8];
        snprintf(group, sizeof group, RECORD_EVAL "/%s", names.name[i]);
        status = equal_lengths(s, group);
    }
    store_names_free(&names);
    return status;
}

/* Iterations 0, 1, 2, ... up to the last one of train, without a gap and without a double row. */
static enum status every_iteration(struct store *s, const char *group)
{
    char path[STORE_NAME_MAX];
    struct store_info info;
    void *values;
    int64_t count;
    enum status status = STATUS_OK;

    snprintf(path, sizeof path, "%s/%s", group, record_train_columns[RECORD_ITERATION].name);
    TRY(record_read_iterations(&count, s));
    TRY(store_load(&values, &info, STORE_I64, s, path));
    if (info.count != count)
        status = status_fail(STATUS_INPUT, "'%s' has %" PRId64 " rows, train has %" PRId64, path, info.count,
                             count);
    const int64_t *iteration = values;
    for (int64_t i = 0; i < count && status == STATUS_OK; i++)
        if (iteration[i] != i)
            status = status_fail(STATUS_INPUT, "row %" PRId64 " of '%s' is %" PRId64, i, path, iteration[i]);
    free(values);
    return status;
}

/* For every iteration and layer, widths that a layer can run at. */
static enum status widths_of_layers(struct store *s)
{
    struct record_layer_widths w;
    enum status status = STATUS_OK;

    TRY(record_read_widths(&w, s));
    for (int64_t i = 0; i < w.iterations * w.layers && status == STATUS_OK; i++)
        if (!width_known(w.layer[i].forward) || !width_known(w.layer[i].backward))
            status = status_fail(STATUS_INPUT,
                                 "'%s' in iteration %" PRId64 " ran at %d/%d bits; there are 0 and %d to %d",
                                 w.name[i % w.layers], i / w.layers, w.layer[i].forward, w.layer[i].backward,
                                 WIDTH_LEAST, WIDTH_MOST);
    record_release_widths(&w);
    return status;
}

static enum status not_ahead(int64_t iteration, struct store *s, const char *path)
{
    int64_t end;

    TRY(record_read_iterations(&end, s));
    if (iteration <= end) return STATUS_OK;
    return status_fail(STATUS_INPUT, "%s is from iteration %" PRId64 ", the record ends at %" PRId64, path,
                       iteration, end);
}

/* --- a run, a checkpoint ------------------------------------------------------------------------------ */

static void checkpoint_path(char path[PATH_MAX], const char *dir, int i)
{
    snprintf(path, PATH_MAX, "%.4000s/%s", dir, checkpoint_files[i]);
}

enum { NOT_THERE = -1 };

/* The iteration of a checkpoint that is whole, or NOT_THERE. */
static int64_t examine_checkpoint(struct doctor *d, const char *path)
{
    char claim[PATH_MAX + 64];
    int64_t iteration = 0;

    snprintf(claim, sizeof claim, "%s has the digest it was written with", path);
    return check(d, checkpoint_verify(&iteration, NULL, path), claim) ? iteration : NOT_THERE;
}

/* A run that is going on flushes its record before it saves a checkpoint: a record that is opened after its checkpoints
 * were read is not behind them. */
static enum status examine_checkpoints(int64_t iteration[CHECKPOINTS], struct doctor *d)
{
    char path[PATH_MAX];
    struct artifact *a = &d->artifact;

    for (int i = 0; i < CHECKPOINTS; i++) {
        checkpoint_path(path, a->dir, i);
        iteration[i] = access(path, F_OK) == 0 ? examine_checkpoint(d, path) : NOT_THERE;
    }
    snprintf(path, sizeof path, "%s", a->path);
    artifact_close(a);
    return artifact_open_run(a, path);
}

static void compare_checkpoints(struct doctor *d, const int64_t iteration[CHECKPOINTS])
{
    char claim[PATH_MAX + 64], path[PATH_MAX];

    for (int i = 0; i < CHECKPOINTS; i++) {
        if (iteration[i] == NOT_THERE) continue;
        checkpoint_path(path, d->artifact.dir, i);
        snprintf(claim, sizeof claim, "%s is not ahead of the record", path);
        check(d, not_ahead(iteration[i], d->artifact.store, path), claim);
    }
}

static void examine_run(struct doctor *d)
{
    struct store *s = d->artifact.store;

    check(d, equal_lengths(s, RECORD_TRAIN), "the columns of train have one length");
    check(d, eval_lengths(s), "the columns of each evaluation have one length");
    check(d, equal_lengths(s, RECORD_EVENTS), "the columns of events have one length");
    check(d, every_iteration(s, RECORD_TRAIN), "train has every iteration once, in order");
    if (store_has(s, RECORD_WIDTHS)) {
        check(d, every_iteration(s, RECORD_WIDTHS), "widths has every iteration of train once, in order");
        check(d, widths_of_layers(s), "widths has possible bits for every iteration and layer");
    }
}

/* --- what a kill left --------------------------------------------------------------------------------- */

/* The record is not rewritten here: `train --resume` cuts it back to its checkpoint, and sets its status. */
static void tell_of_a_stopped_run(const struct artifact *a)
{
    char state[32];

    if (store_get_text(state, sizeof state, a->store, "", "status") == STATUS_OK &&
        strcmp(state, "running") == 0)
        tell("left",
             "%s says 'running', but no process writes it: `cptsim train EXPERIMENT.yaml --resume` goes on",
             a->path);
}

static enum status repair(const char *dir, const struct leftover *left, int count)
{
    TRY(leftovers_remove(dir));
    for (int i = 0; i < count; i++)
        tell("removed", "%s", left[i].path);
    return STATUS_OK;
}

static enum status examine_leftovers(const struct doctor *d)
{
    const char *dir = d->artifact.dir;
    struct leftover left[LEFTOVERS_MAX];
    char holder[128];

    if (record_writer(holder, sizeof holder, dir)) {
        if (d->repair)
            return status_fail(STATUS_IO, "%s: %s is writing it; wait for it or stop it, then repair", dir,
                               holder);
        tell("ok", "%s is being written by %s", dir, holder);
        return STATUS_OK;
    }
    tell_of_a_stopped_run(&d->artifact);
    const int count = leftovers_find(left, dir);
    for (int i = 0; i < count; i++)
        tell("left", "%s: %s%s", left[i].path, left[i].what, d->repair ? "" : "; --repair removes it");
    return d->repair && count > 0 ? repair(dir, left, count) : STATUS_OK;
}

/* --- all ---------------------------------------------------------------------------------------------- */

static enum status examine(struct doctor *d)
{
    const bool is_run = d->artifact.kind == ARTIFACT_RUN;
    int64_t iteration[CHECKPOINTS];
    int count = 0;

    if (is_run) TRY(examine_checkpoints(iteration, d));
    whole_file(d);
    check(d, artifact_walk(d->artifact.store, "", read_it, &count),
          "every value can be read, with its checksum");
    if (is_run) {
        examine_run(d);
        compare_checkpoints(d, iteration);
        return examine_leftovers(d);
    }
    (void)examine_checkpoint(d, d->artifact.path);
    return STATUS_OK;
}

enum status command_doctor(int argc, char **argv)
{
    struct doctor_options o = {0};
    struct doctor d = {0};

    TRY(command_parse(&argp, argc, argv, &o));
    TRY(path_check(&o.path, "doctor", "file or run directory"));
    TRY(artifact_open(&d.artifact, o.path.path));
    if (d.artifact.kind == ARTIFACT_OTHER) {
        const enum status status =
            status_fail(STATUS_INPUT, "%s: is neither a record nor a checkpoint", d.artifact.path);
        artifact_close(&d.artifact);
        return status;
    }
    if (o.repair && d.artifact.kind != ARTIFACT_RUN) {
        artifact_close(&d.artifact);
        return status_fail(STATUS_INPUT, "%s: is a checkpoint; --repair wants the directory of its run",
                           o.path.path);
    }
    d.repair = o.repair;
    const enum status status = examine(&d);
    artifact_close(&d.artifact);
    TRY(status);
    if (d.bad == 0) return STATUS_OK;
    return status_fail(d.status, "%s: %d %s failed; the first: %s", o.path.path, d.bad,
                       d.bad == 1 ? "check" : "checks", d.first);
}
