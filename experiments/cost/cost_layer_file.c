/* experiments/cost/cost_layer_file.c - rows of a file to layers, costs to rows of a table. */
#include "experiments/cost/cost_layer_file.h"

#include "energy/workload/lines.h"
#include "quant/try.h"
#include "sim/base/table.h"

#include <stdlib.h>
#include <string.h>

enum { COPIED = -1 };

void cell_print(struct printout *t, const struct cell *c)
{
    if (t->json && c->kind == CELL_NUMBER) {
        printout_number(t, c->number, 12);
    } else if (t->json && c->kind == CELL_INTEGER) {
        printout_integer(t, strtoll(c->text, NULL, 10));
    } else {
        printout_text(t, c->text);
    }
}

/* Columns that say what a row is, and are copied. */
static const char *const labels[] = {"config", "network", "layer", "count", "phase", "source", "note"};

enum { LABELS = sizeof labels / sizeof *labels };

struct reader {
    struct lines lines;
    const char *name[LINES_COLUMNS + CELLS_MAX + 1]; /* columns of the output, NULL at the end */
    int param[LINES_COLUMNS];                        /* of the i-th field; COPIED: none */
    bool has_results;
};

static enum status read_heading(struct reader *r)
{
    enum layer_param p;

    TRY(lines_heading(&r->lines, "K,O,S,IC,OC"));
    for (int i = 0; i < r->lines.columns; i++) {
        r->name[i] = r->lines.name[i];
        r->param[i] = layer_param_find(&p, r->name[i]) == STATUS_OK ? (int)p : COPIED;
    }
    return STATUS_OK;
}

static enum status read_row(struct cost_layer *l, char *fields[LINES_COLUMNS], struct reader *r,
                            const struct cost_layer *base)
{
    *l = *base;
    TRY(lines_row(fields, &r->lines));
    for (int i = 0; i < r->lines.columns; i++) {
        if (r->param[i] == COPIED) continue;
        const enum status s = cost_layer_set(l, (enum layer_param)r->param[i], fields[i]);
        if (s != STATUS_OK)
            return status_fail(s, "%s:%d: %s", r->lines.path, r->lines.number, status_detail());
    }
    return STATUS_OK;
}

/* Every column is a parameter, a result, or a label: a misspelt parameter would be priced at its default. */
static enum status check_names(const struct reader *r, const struct cells *cells)
{
    const char *known[LAYER_PARAMS_COUNT + LABELS + CELLS_MAX];
    size_t row, count = 0;

    for (int i = 0; i < LAYER_PARAMS_COUNT; i++)
        known[count++] = layer_param_name((enum layer_param)i);
    for (int i = 0; i < LABELS; i++)
        known[count++] = labels[i];
    const size_t inputs = count;
    for (int i = 0; i < cells->count; i++)
        known[count++] = cells->cell[i].name;
    for (int i = 0; i < r->lines.columns; i++)
        if (r->param[i] == COPIED && !table_has(&row, r->name[i], known, sizeof *known, count))
            return lines_unknown(&r->lines, i, known, sizeof *known, inputs);
    return STATUS_OK;
}

/* The first row's cost says which results there are. */
static enum status price_row(struct cells *cells, const struct cost_layer *l, const struct reader *r,
                             bool first)
{
    *cells = (struct cells){0};
    if (first && cost_layer_check(l) != STATUS_OK) TRY(check_names(r, cells)); /* what it wants is misspelt */
    const enum status s = cost_layer_price(cells, l);
    if (s != STATUS_OK) return status_fail(s, "%s:%d: %s", r->lines.path, r->lines.number, status_detail());
    return first ? check_names(r, cells) : STATUS_OK;
}

/* Does the file have columns of results? If not, all that there are come after its own. */
static void complete_heading(struct reader *r, const struct cells *cells)
{
    int at = r->lines.columns;

    for (int i = 0; i < r->lines.columns; i++)
        if (r->param[i] == COPIED && cells_find(cells, r->name[i]) >= 0) r->has_results = true;
    for (int i = 0; i < cells->count && !r->has_results; i++) {
        bool known = false;
        for (int j = 0; j < r->lines.columns; j++)
            known = known || strcmp(r->name[j], cells->cell[i].name) == 0;
        if (!known) r->name[at++] = cells->cell[i].name;
    }
    r->name[at] = NULL;
}

static void print_row(struct printout *t, const struct reader *r, const struct cells *cells,
                      char *const fields[LINES_COLUMNS])
{
    for (int i = 0; r->name[i] != NULL; i++) {
        const int at = cells_find(cells, r->name[i]);
        if (at >= 0) {
            cell_print(t, &cells->cell[at]);
        } else {
            printout_text(t, fields[i]);
        }
    }
}

static enum status price_rows(struct reader *r, const struct cost_layer *base, bool json, bool csv)
{
    char *fields[LINES_COLUMNS];
    struct cells cells;
    struct cost_layer l;
    struct printout t = {0};

    TRY(read_heading(r));
    while (lines_next(&r->lines)) {
        TRY(read_row(&l, fields, r, base));
        TRY(price_row(&cells, &l, r, t.out == NULL));
        if (t.out == NULL) {
            complete_heading(r, &cells);
            t = csv ? printout_open_csv(stdout, r->name) : printout_open(stdout, json, r->name);
        }
        print_row(&t, r, &cells, fields);
    }
    return t.out != NULL ? STATUS_OK
                         : status_fail(STATUS_INPUT, "%s: has a heading but no layer", r->lines.path);
}

enum status cost_layer_file(const struct cost_layer *base, const char *path, bool json, bool csv)
{
    struct reader r = {0};

    TRY(lines_open(&r.lines, path));
    return lines_close(&r.lines, price_rows(&r, base, json, csv));
}
