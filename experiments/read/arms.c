/* experiments/read/arms.c - reading the last numbers of every arm out of its record. */
#include "experiments/read/arms.h"
#include "experiments/read/runs.h"
#include "experiments/record/artifact.h"
#include "experiments/record/record.h"
#include "experiments/record/record_read.h"
#include "quant/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- one column, one number --------------------------------------------------------------------------- */

/* Smallest and largest of a column of widths; 0 0 while it is empty. */
static enum status range(int *least, int *most, struct store *s, enum record_column column)
{
    int64_t *bits, count;

    *least = *most = 0;
    TRY(record_read_integers(&bits, &count, s, column));
    for (int64_t i = 0; i < count; i++) {
        if (i == 0 || bits[i] < *least) *least = (int)bits[i];
        if (i == 0 || bits[i] > *most) *most = (int)bits[i];
    }
    free(bits);
    return STATUS_OK;
}

static enum status sum(int64_t *out, struct store *s, enum record_column column)
{
    int64_t *values, count;

    *out = 0;
    TRY(record_read_integers(&values, &count, s, column));
    for (int64_t i = 0; i < count; i++)
        *out += values[i];
    free(values);
    return STATUS_OK;
}

/* --- an arm ------------------------------------------------------------------------------------------- */

static void print_range(char out[8], int least, int most)
{
    if (least == most) {
        snprintf(out, 8, "%d", most);
    } else {
        snprintf(out, 8, "%d-%d", least, most);
    }
}

static enum status read_precision(struct arm *arm, struct store *s)
{
    char forward[8], backward[8];
    int least, most, back_least, back_most;

    TRY(range(&least, &most, s, RECORD_FORWARD_BITS));
    TRY(range(&back_least, &back_most, s, RECORD_BACKWARD_BITS));
    if (most == 0 && back_most == 0) {
        arm->kind = ARM_FLOAT32;
        snprintf(arm->precision, sizeof arm->precision, "float32");
        return STATUS_OK;
    }
    arm->kind = least == most && back_least == back_most ? ARM_STATIC : ARM_CYCLIC;
    print_range(forward, least, most);
    print_range(backward, back_least, back_most);
    snprintf(arm->precision, sizeof arm->precision, "%s/%s", forward, backward);
    return STATUS_OK;
}

/* The evaluations that speak for a run: at the schedule's maximum, or else the first that there are. */
static enum status choose_policy(struct arm *arm, struct store *s)
{
    struct store_names names;

    TRY(store_members(&names, s, RECORD_EVAL));
    arm->policy[0] = '\0';
    for (int i = 0; i < names.count; i++)
        if (i == 0 || strcmp(names.name[i], "max") == 0)
            snprintf(arm->policy, sizeof arm->policy, "%.60s", names.name[i]);
    store_names_free(&names);
    return STATUS_OK;
}

/* Of an evaluation, on the split that says most. */
static void choose_split(double *accuracy, struct arm *arm, const struct eval_line *last)
{
    static const enum split splits[RECORD_SPLITS] = {SPLIT_TEST, SPLIT_VALIDATION, SPLIT_TRAIN};

    *accuracy = NAN;
    for (int i = 0; i < RECORD_SPLITS && isnan(*accuracy); i++) {
        if (last->count[splits[i]] == 0) continue;
        arm->split = splits[i];
        *accuracy = last->accuracy[splits[i]];
    }
}

static enum status read_scores(struct arm *arm, struct store *s)
{
    struct eval_line last;
    bool found;

    arm->accuracy = arm->float32_accuracy = NAN;
    TRY(choose_policy(arm, s));
    if (arm->policy[0] == '\0') return STATUS_OK;
    TRY(record_read_evaluation(&last, &found, s, arm->policy));
    if (found) choose_split(&arm->accuracy, arm, &last);
    arm->bits = found ? last.bits : 0;
    if (!store_has(s, RECORD_EVAL "/fp32")) {
        if (arm->bits == 0) arm->float32_accuracy = arm->accuracy;
        return STATUS_OK;
    }
    TRY(record_read_evaluation(&last, &found, s, "fp32"));
    if (found) choose_split(&arm->float32_accuracy, arm, &last);
    return STATUS_OK;
}

/* What savings may be compared by: the length of the run, its model and its data. */
static enum status read_work(struct arm *arm, struct store *s)
{
    TRY(record_read_iterations(&arm->iterations, s));
    TRY(sum(&arm->images, s, RECORD_IMAGES));
    TRY(store_get_text(arm->model, sizeof arm->model, s, "", "model"));
    if (!store_has(s, RECORD_DATASET)) return STATUS_OK;
    return store_get_text(arm->data, sizeof arm->data, s, RECORD_DATASET, "name");
}

static enum status read_arm(struct arm *arm, const struct artifact *a)
{
    struct store *s = a->store;

    TRY(store_get_text(arm->name, sizeof arm->name, s, "", "title"));
    TRY(artifact_status(arm->status, a));
    TRY(store_get_integer(&arm->planned, s, "", "iterations"));
    TRY(read_work(arm, s));
    TRY(read_precision(arm, s));
    artifact_roles(arm->roles, s);
    TRY(read_scores(arm, s));
    TRY(record_read_last(&arm->bitops, s, RECORD_BITOPS));
    arm->own_saving = NAN;
    if (store_has_attribute(s, RECORD_SUMMARY, "saving_vs_static"))
        TRY(store_get_number(&arm->own_saving, s, RECORD_SUMMARY, "saving_vs_static"));
    return record_read_last(&arm->seconds, s, RECORD_SECONDS);
}

/* One that cannot be read is noted: the others are shown without it. */
static enum status note_broken(struct arms *out, const char *dir, enum status status)
{
    if (out->broken_count == ARMS_MAX)
        return status_fail(STATUS_INPUT, "%s: more than %d runs cannot be read", dir, ARMS_MAX);
    struct arm_broken *b = &out->broken[out->broken_count++];
    b->status = status;
    snprintf(b->dir, sizeof b->dir, "%s", dir);
    snprintf(b->why, sizeof b->why, "%s", status_detail());
    return STATUS_OK;
}

static enum status add_arm(void *context, const char *dir, enum status trouble)
{
    struct arms *out = context;
    struct artifact a;

    if (trouble != STATUS_OK) return note_broken(out, dir, trouble);
    if (out->count == ARMS_MAX)
        return status_fail(STATUS_INPUT, "%s: more than %d runs; name a folder with fewer", dir, ARMS_MAX);
    struct arm *arm = &out->arm[out->count];
    *arm = (struct arm){0};
    enum status status = artifact_open_run(&a, dir);
    if (status == STATUS_OK) status = read_arm(arm, &a);
    snprintf(arm->dir, sizeof arm->dir, "%s", dir);
    artifact_close(&a);
    if (status != STATUS_OK) return note_broken(out, dir, status);
    out->count += arm->iterations > 0;
    return STATUS_OK;
}

/* --- all of them -------------------------------------------------------------------------------------- */

static int dearest_first(const void *left, const void *right)
{
    const struct arm *a = left, *b = right;
    const double dear_a = a->bitops / (double)a->iterations, dear_b = b->bitops / (double)b->iterations;

    if (dear_a != dear_b) return dear_a < dear_b ? 1 : -1;
    return strcmp(a->name, b->name);
}

enum status arms_read(struct arms *out, const char *path)
{
    out->count = out->broken_count = 0;
    out->reference = NULL;
    TRY(runs_visit(path, add_arm, out));
    if (out->count == 0) TRY(arms_whole(out));
    if (out->count == 0)
        return status_fail(STATUS_IO, "%s: holds no record with iterations in it, neither do its folders",
                           path);
    qsort(out->arm, (size_t)out->count, sizeof *out->arm, dearest_first);
    for (int i = out->count - 1; i >= 0; i--)
        if (out->arm[i].kind == ARM_STATIC) out->reference = &out->arm[i];
    return STATUS_OK;
}

enum status arms_whole(const struct arms *a)
{
    const struct arm_broken *first = &a->broken[0];

    if (a->broken_count == 0) return STATUS_OK;
    if (a->broken_count == 1) return status_fail(first->status, "%s", first->why);
    return status_fail(first->status, "%d runs cannot be read; the first: %s", a->broken_count, first->why);
}

const char *arm_split(const struct arm *arm)
{
    return isnan(arm->accuracy) ? "" : record_split_name(arm->split);
}

bool arm_comparable(const struct arms *a, const struct arm *arm)
{
    const struct arm *r = a->reference;
    return r != NULL && arm->iterations == r->iterations && arm->images == r->images &&
           strcmp(arm->model, r->model) == 0 && strcmp(arm->data, r->data) == 0;
}

static bool is_done(const struct arm *arm)
{
    return strcmp(arm->status, "done") == 0;
}

double arm_saving(const struct arms *a, const struct arm *arm)
{
    if (arm->kind == ARM_FLOAT32) return NAN;
    if (!arm_comparable(a, arm)) return is_done(arm) ? arm->own_saving : NAN;
    if (!is_done(arm) || !is_done(a->reference)) return NAN;
    return 1 - arm->bitops / a->reference->bitops;
}
