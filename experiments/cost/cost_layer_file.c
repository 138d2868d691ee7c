/* experiments/cost/cost_layer_file.c - rows of a file to layers, costs to rows of a table. */
#include "experiments/cost/cost_layer_file.h"

#include "energy/workload/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 96, COPIED = -1 };

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

struct reader {
    struct lines lines;
    char *heading; /* cut into fields */
    char separator;
    const char *name[FIELDS_MAX + CELLS_MAX + 1]; /* columns of the output, NULL at the end */
    int param[FIELDS_MAX];                        /* of the i-th field; COPIED: none */
    int fields;
    bool has_results;
};

static enum status read_heading(struct reader *r)
{
    char *fields[FIELDS_MAX + 1];
    enum layer_param p;

    if (!lines_next(&r->lines))
        return fail(STATUS_INPUT, "%s: is empty; want a line of names such as K,O,S,IC,OC first",
                    r->lines.path);
    r->separator = lines_delimiter(r->lines.text);
    r->heading = strdup(r->lines.text);
    if (r->heading == NULL) return fail(STATUS_NOMEM, "no memory for a line");
    r->fields = lines_cut(fields, FIELDS_MAX, r->heading, r->separator);
    if (r->fields > FIELDS_MAX)
        return fail(STATUS_INPUT, "%s:%d: more than %d columns", r->lines.path, r->lines.number, FIELDS_MAX);
    for (int i = 0; i < r->fields; i++) {
        r->name[i] = fields[i];
        r->param[i] = layer_param_find(&p, fields[i]) == STATUS_OK ? (int)p : COPIED;
        for (int j = 0; j < i; j++)
            if (strcmp(fields[i], fields[j]) == 0)
                return fail(STATUS_INPUT, "%s:%d: column '%s' is there twice", r->lines.path, r->lines.number,
                            fields[i]);
    }
    return STATUS_OK;
}

static enum status read_row(struct cost_layer *l, char *fields[FIELDS_MAX + 1], struct reader *r,
                            const struct cost_layer *base)
{
    const int count = lines_cut(fields, FIELDS_MAX, r->lines.text, r->separator);

    *l = *base;
    if (count != r->fields)
        return fail(STATUS_INPUT, "%s:%d: %d fields under %d names", r->lines.path, r->lines.number, count,
                    r->fields);
    for (int i = 0; i < count; i++) {
        if (r->param[i] == COPIED) continue;
        const enum status s = cost_layer_set(l, (enum layer_param)r->param[i], fields[i]);
        if (s != STATUS_OK) return fail(s, "%s:%d: %s", r->lines.path, r->lines.number, status_detail());
    }
    return STATUS_OK;
}

/* Does the file have columns of results? If not, all that there are come after its own. */
static void complete_heading(struct reader *r, const struct cells *cells)
{
    int at = r->fields;

    for (int i = 0; i < r->fields; i++)
        if (r->param[i] == COPIED && cells_find(cells, r->name[i]) >= 0) r->has_results = true;
    for (int i = 0; i < cells->count && !r->has_results; i++) {
        bool known = false;
        for (int j = 0; j < r->fields; j++)
            known = known || strcmp(r->name[j], cells->cell[i].name) == 0;
        if (!known) r->name[at++] = cells->cell[i].name;
    }
    r->name[at] = NULL;
}

static void print_row(struct printout *t, const struct reader *r, const struct cells *cells,
                      char *const fields[FIELDS_MAX + 1])
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
    char *fields[FIELDS_MAX + 1];
    struct cells cells;
    struct cost_layer l;
    struct printout t = {0};

    TRY(read_heading(r));
    while (lines_next(&r->lines)) {
        TRY(read_row(&l, fields, r, base));
        const enum status s = cost_layer_price(&cells, &l);
        if (s != STATUS_OK) return fail(s, "%s:%d: %s", r->lines.path, r->lines.number, status_detail());
        if (t.out == NULL) {
            complete_heading(r, &cells);
            t = csv ? printout_open_csv(stdout, r->name) : printout_open(stdout, json, r->name);
        }
        print_row(&t, r, &cells, fields);
    }
    return t.out != NULL ? STATUS_OK : fail(STATUS_INPUT, "%s: has names but no layer", r->lines.path);
}

enum status cost_layer_file(const struct cost_layer *base, const char *path, bool json, bool csv)
{
    struct reader r = {0};

    TRY(lines_open(&r.lines, path));
    const enum status s = lines_close(&r.lines, price_rows(&r, base, json, csv));
    free(r.heading);
    return s;
}
