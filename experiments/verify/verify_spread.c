/* experiments/verify/verify_spread.c - how far the published code is from itself: the tolerances of quantized
 * training.
 *
 * The reference is one run, in which float32 sums had one order. Where values are quantized, another order moves the
 * ends of a range by a float32 step, some elements are rounded the other way, and after nine layers gradients differ
 * by half, although nothing is wrong: see README.md. So a vector may be as far from the reference as the reference's
 * own code is from it, twice over, since of all orders only four were tried.
 */
#include "experiments/verify/verify.h"

#include "energy/workload/lines.h"
#include "quant/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double WITHIN = 2.0;   /* spreads */
static const double FLOAT32 = 1e-5; /* sums in another order, where nothing is rounded */
static const char ENDING[] = ".h5";
static const char BESIDE[] = "_spread.csv";

enum { VECTOR, SPREAD, COLUMNS };

static enum status read_heading(struct lines *l)
{
    static const char *const names[COLUMNS] = {"vector", "spread"};

    TRY(lines_heading(l, "vector,spread"));
    for (int i = 0; i < COLUMNS; i++)
        if (l->columns != COLUMNS || strcmp(l->name[i], names[i]) != 0)
            return status_fail(STATUS_INPUT, "%s:%d: the columns must be vector,spread", l->path, l->number);
    return STATUS_OK;
}

/* "/train/NAME/losses[3]" without its number: a vector that the file has. */
static enum status check_vector(const struct verify *v, const struct lines *l, const char *text)
{
    struct store_info info;
    char path[TENSOR_PATH];
    const size_t length = strcspn(text, "[");

    if (text[0] == '/' && length < sizeof path) {
        memcpy(path, text, length);
        path[length] = '\0';
        TRY(store_look(&info, v->file, path + 1));
        if (info.kind == STORE_DATA) return STATUS_OK;
    }
    return status_fail(STATUS_INPUT, "%s:%d: '%s' is no vector of %s", l->path, l->number, text,
                       store_path(v->file));
}

static enum status read_row(struct verify *v, struct lines *l)
{
    char *field[LINES_COLUMNS], *end;

    TRY(lines_row(field, l));
    TRY(check_vector(v, l, field[VECTOR]));
    const double spread = strtod(field[SPREAD], &end);
    if (end == field[SPREAD] || *end != '\0' || !(spread >= 0) || !isfinite(spread))
        return status_fail(STATUS_INPUT, "%s:%d: '%s' is not a spread: a number from 0 on", l->path,
                           l->number, field[SPREAD]);
    void *more = realloc(v->spread, (size_t)(v->spreads + 1) * sizeof *v->spread);
    char *vector = strdup(field[VECTOR]);
    if (more != NULL) v->spread = more;
    if (more == NULL || vector == NULL) {
        free(vector);
        return status_fail(STATUS_NOMEM, "no memory for the rows of %s", l->path);
    }
    v->spread[v->spreads++] = (struct verify_spread){vector, spread};
    return STATUS_OK;
}

static enum status read_rows(struct verify *v, struct lines *l)
{
    TRY(read_heading(l));
    while (lines_next(l))
        TRY(read_row(v, l));
    return STATUS_OK;
}

enum status verify_spread_read(struct verify *v)
{
    const char *reference = store_path(v->file);
    const size_t length = strlen(reference), ending = sizeof ENDING - 1;
    const bool ends = length > ending && strcmp(reference + length - ending, ENDING) == 0;
    const size_t stem = ends ? length - ending : length;
    struct lines l;

    if (v->spread_path != NULL) return STATUS_OK;
    v->spread_path = malloc(stem + sizeof BESIDE);
    if (v->spread_path == NULL) return status_fail(STATUS_NOMEM, "no memory for the path of a spread");
    memcpy(v->spread_path, reference, stem);
    memcpy(v->spread_path + stem, BESIDE, sizeof BESIDE);
    const enum status s = lines_open(&l, v->spread_path);
    if (s != STATUS_OK)
        return status_fail(
            s,
            "%s; it says how far the published code is from %s when sums run in another order, "
            "and tests/golden/cpt_reference.py writes it",
            status_detail(), reference);
    return lines_close(&l, read_rows(v, &l));
}

enum status verify_spread_of(double *tolerance, const struct verify *v, const char *path)
{
    for (int i = 0; i < v->spreads; i++)
        if (strcmp(v->spread[i].vector + 1, path) == 0) {
            *tolerance = fmax(FLOAT32, WITHIN * v->spread[i].spread);
            return STATUS_OK;
        }
    return status_fail(STATUS_INPUT, "%s: has no row for /%s", v->spread_path, path);
}

void verify_spread_free(struct verify *v)
{
    for (int i = 0; i < v->spreads; i++)
        free(v->spread[i].vector);
    free(v->spread);
    free(v->spread_path);
    v->spread = NULL;
    v->spread_path = NULL;
    v->spreads = 0;
}
