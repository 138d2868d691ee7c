/* experiments/record/record_read.c - reading the columns of a record. */
#include "experiments/record/record_read.h"

#include "quant/try.h"
#include "sim/base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- /train ------------------------------------------------------------------------------------------- */

enum status record_read_iterations(int64_t *out, struct store *s)
{
    char path[STORE_NAME_MAX];
    struct store_info info;

    record_train_path(path, RECORD_ITERATION);
    TRY(store_look(&info, s, path));
    *out = info.count;
    return STATUS_OK;
}

/* The path of a column of /train that has one value an iteration. */
static enum status find(char path[STORE_NAME_MAX], int64_t *count, struct store *s, enum record_column column)
{
    struct store_info info;

    record_train_path(path, column);
    TRY(record_read_iterations(count, s));
    TRY(store_look(&info, s, path));
    if (info.kind == STORE_DATA && info.count != *count)
        return status_fail(STATUS_INPUT,
                           "%s: '%s' has %" PRId64 " rows in %" PRId64 " iterations; see cptsim doctor",
                           store_path(s), path, info.count, *count);
    return STATUS_OK;
}

static enum status load(void **out, int64_t *count, enum store_type type, struct store *s,
                        enum record_column column)
{
    char path[STORE_NAME_MAX];

    TRY(find(path, count, s, column));
    return store_load(out, NULL, type, s, path);
}

enum status record_read_stored(struct artifact_column *out, int64_t *count, struct store *s,
                               enum record_column column)
{
    char path[STORE_NAME_MAX];

    TRY(find(path, count, s, column));
    return artifact_load(out, s, path);
}

enum status record_read_integers(int64_t **out, int64_t *count, struct store *s, enum record_column column)
{
    void *values = NULL;

    *out = NULL;
    TRY(load(&values, count, STORE_I64, s, column));
    *out = values;
    return STATUS_OK;
}

enum status record_read_numbers(double **out, int64_t *count, struct store *s, enum record_column column)
{
    void *values = NULL;

    *out = NULL;
    TRY(load(&values, count, STORE_F64, s, column));
    *out = values;
    return STATUS_OK;
}

enum status record_read_last(double *out, struct store *s, enum record_column column)
{
    double *values;
    int64_t count;

    *out = (double)NAN;
    TRY(record_read_numbers(&values, &count, s, column));
    if (count > 0) *out = values[count - 1];
    free(values);
    return STATUS_OK;
}

static enum status integer_at(int *out, struct store *s, enum record_column column, int64_t iteration)
{
    int64_t *values, count;

    TRY(record_read_integers(&values, &count, s, column));
    const bool has = iteration >= 0 && iteration < count;
    if (has) *out = (int)values[iteration];
    free(values);
    if (has) return STATUS_OK;
    return status_fail(STATUS_INPUT,
                       "%s: has %" PRId64
                       " iterations, so it does not say at how many bits iteration %" PRId64 " was trained",
                       store_path(s), count, iteration);
}

enum status record_read_bits(int *forward_bits, int *backward_bits, struct store *s, int64_t iteration)
{
    TRY(integer_at(forward_bits, s, RECORD_FORWARD_BITS, iteration));
    return integer_at(backward_bits, s, RECORD_BACKWARD_BITS, iteration);
}

/* --- /widths ------------------------------------------------------------------------------------------ */

static enum status load_widths(struct record_layer_widths *w, struct store *s, enum record_column direction)
{
    char path[STORE_NAME_MAX];
    struct store_info info;
    void *values;

    snprintf(path, sizeof path, RECORD_WIDTHS "/%s", record_train_columns[direction].name);
    TRY(store_load(&values, &info, STORE_U8, s, path));
    const int64_t all = w->iterations * w->layers;
    for (int64_t i = 0; i < info.count && info.count == all; i++)
        *(direction == RECORD_FORWARD_BITS ? &w->layer[i].forward : &w->layer[i].backward) =
            ((const uint8_t *)values)[i];
    free(values);
    if (info.count == all) return STATUS_OK;
    return status_fail(STATUS_INPUT,
                       "%s: '%s' has %" PRId64 " values, not those of %" PRId64 " iterations of %d layers",
                       store_path(s), path, info.count, w->iterations, w->layers);
}

static enum status load_names(struct record_layer_widths *w, struct store *s)
{
    struct store_info info;
    void *texts;

    TRY(store_load(&texts, &info, STORE_TEXT, s, RECORD_WIDTHS "/name"));
    w->layers = (int)info.count;
    w->name = calloc((size_t)info.count + 1, sizeof *w->name);
    enum status status =
        w->name != NULL ? STATUS_OK : status_fail(STATUS_NOMEM, "no memory for %d names", w->layers);
    for (int i = 0; i < w->layers && status == STATUS_OK; i++) {
        const char *text = (const char *)texts + (size_t)i * info.width;
        status =
            text_copy(w->name[i], sizeof *w->name, RECORD_WIDTHS "/name", text, strnlen(text, info.width));
    }
    free(texts);
    return status;
}

static enum status load_all_widths(struct record_layer_widths *w, struct store *s)
{
    TRY(record_read_iterations(&w->iterations, s));
    TRY(load_names(w, s));
    w->layer = calloc((size_t)w->iterations * (size_t)w->layers + 1, sizeof *w->layer);
    if (w->layer == NULL) return status_fail(STATUS_NOMEM, "%s: no memory for its widths", store_path(s));
    TRY(load_widths(w, s, RECORD_FORWARD_BITS));
    return load_widths(w, s, RECORD_BACKWARD_BITS);
}

enum status record_read_widths(struct record_layer_widths *out, struct store *s)
{
    *out = (struct record_layer_widths){.found = store_has(s, RECORD_WIDTHS)};
    const enum status status = out->found ? load_all_widths(out, s) : STATUS_OK;
    if (status != STATUS_OK) record_release_widths(out);
    return status;
}

void record_release_widths(struct record_layer_widths *w)
{
    free(w->name);
    free(w->layer);
    *w = (struct record_layer_widths){0};
}

/* --- /eval/POLICY ------------------------------------------------------------------------------------- */

/* One column into its place in each line. The first column makes the lines. */
static enum status read_column(struct eval_line **lines, int64_t *count, struct store *s, const char *policy,
                               int column)
{
    const struct store_column *c = &record_eval_columns[column];
    const size_t bytes = store_type_bytes(c->type, 0);
    char path[STORE_NAME_MAX];
    struct store_info info;
    void *values;

    record_eval_path(path, policy, column);
    TRY(store_load(&values, &info, c->type, s, path));
    if (column == 0) {
        *count = info.count;
        *lines = calloc((size_t)info.count + 1, sizeof **lines);
    }
    enum status status = STATUS_OK;
    if (*lines == NULL) {
        status =
            status_fail(STATUS_NOMEM, "%s: no memory for %" PRId64 " evaluations", store_path(s), *count);
    } else if (info.count != *count) {
        status = status_fail(STATUS_INPUT, "%s: '%s' has %" PRId64 " rows, the columns beside it %" PRId64,
                             store_path(s), path, info.count, *count);
    }
    for (int64_t i = 0; i < *count && status == STATUS_OK; i++)
        memcpy((char *)(*lines + i) + c->offset, (const char *)values + (size_t)i * bytes, bytes);
    free(values);
    return status;
}

enum status record_read_evaluations(struct eval_line **out, int64_t *count, struct store *s,
                                    const char *policy)
{
    enum status status = STATUS_OK;

    *out = NULL;
    *count = 0;
    for (int i = 0; i < RECORD_EVAL_COLUMNS && status == STATUS_OK; i++)
        status = read_column(out, count, s, policy, i);
    if (status == STATUS_OK) return STATUS_OK;
    free(*out);
    *out = NULL;
    return status;
}

enum status record_read_evaluation(struct eval_line *out, bool *found, struct store *s, const char *policy)
{
    struct eval_line *lines;
    int64_t count;

    *found = false;
    TRY(record_read_evaluations(&lines, &count, s, policy));
    *found = count > 0;
    if (*found) *out = lines[count - 1];
    free(lines);
    return STATUS_OK;
}
