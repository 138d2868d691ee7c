/* experiments/record/record_eval.c - evaluations: /eval/POLICY, where every accuracy stands beside the
 * bits it was taken at. */
#include "experiments/record/record_inside.h"
#include "quant/try.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status open_group(struct eval_group **out, struct record *r, const char *policy)
{
    char group[STORE_NAME_MAX];

    for (int i = 0; i < r->eval_count; i++) {
        *out = &r->eval[i];
        if (strcmp((*out)->policy, policy) == 0) return STATUS_OK;
    }
    if (r->eval_count == RECORD_POLICIES_MAX)
        return status_fail(STATUS_INPUT, "%s: more than %d ways to evaluate", store_path(r->store),
                           RECORD_POLICIES_MAX);
    *out = &r->eval[r->eval_count];
    snprintf((*out)->policy, sizeof(*out)->policy, "%s", policy);
    snprintf(group, sizeof group, RECORD_EVAL "/%s", policy);
    TRY(store_series_open(&(*out)->series, r->store, group, record_eval_columns, RECORD_EVAL_COLUMNS));
    r->eval_count++;
    return STATUS_OK;
}

enum status record_eval_open_all(struct record *r)
{
    struct store_names names;
    struct eval_group *group;
    enum status status = STATUS_OK;

    TRY(store_members(&names, r->store, RECORD_EVAL));
    for (int i = 0; i < names.count && status == STATUS_OK; i++)
        status = open_group(&group, r, names.name[i]);
    store_names_free(&names);
    return status;
}

enum status record_eval_rewind(struct record *r, int64_t iteration)
{
    for (int i = 0; i < r->eval_count; i++) {
        int64_t rows;
        TRY(store_series_below(&rows, r->eval[i].series, iteration + 1));
        TRY(store_series_truncate(r->eval[i].series, rows));
        /* A run killed after evaluating and before going on evaluates again: record_evaluation then
         * replaces. */
        if (rows > 0) TRY(store_series_row(&r->eval[i].last, r->eval[i].series, rows - 1));
    }
    return STATUS_OK;
}

static struct eval_line empty_line(const struct record *r, int64_t iteration, int bits)
{
    struct eval_line line = {.iteration = iteration, .bits = (uint8_t)bits};

    if (r->epoch_length > 0) line.epoch = (float)((double)iteration / (double)r->epoch_length);
    for (int i = 0; i < RECORD_SPLITS; i++)
        line.loss[i] = line.accuracy[i] = (double)NAN;
    return line;
}

static bool is_policy(const char *name)
{
    return *name != '\0' && strlen(name) < RECORD_POLICY_NAME &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

enum status record_evaluation(struct record *r, const struct evaluation *e, int64_t iteration,
                              const char *policy)
{
    struct eval_group *group;

    assert(is_policy(policy));
    TRY(open_group(&group, r, policy));
    struct eval_line *line = &group->last;
    const int64_t rows = store_series_length(group->series);
    if (rows > 0 && line->iteration == iteration && line->bits == e->bits) {
        TRY(store_series_truncate(group->series, rows - 1));
    } else {
        *line = empty_line(r, iteration, e->bits);
    }
    line->loss[e->split] = e->loss;
    line->accuracy[e->split] = e->accuracy;
    line->count[e->split] = e->count;
    return store_series_append(group->series, line);
}

bool record_evaluated(const struct record *r, const char *policy, int64_t iteration)
{
    for (int i = 0; i < r->eval_count; i++)
        if (strcmp(r->eval[i].policy, policy) == 0)
            return store_series_length(r->eval[i].series) > 0 && r->eval[i].last.iteration == iteration;
    return false;
}
