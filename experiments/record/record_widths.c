/* experiments/record/record_widths.c - /widths: what every layer ran at, where a schedule gives layers
 * different widths. */
#include "experiments/record/record_inside.h"
#include "quant/try.h"

#include <stdlib.h>
#include <string.h>

/* A row is the iteration, then the forward and then the backward bits of every node. */
enum { FORWARD_AT = sizeof(int64_t), COLUMNS = 3 };

static enum status write_names(struct store *s, const struct graph *g)
{
    char(*name)[NAME_LENGTH] = calloc((size_t)g->count, sizeof *name);

    if (name == NULL) return status_fail(STATUS_NOMEM, "no memory for the names of %d layers", g->count);
    for (int i = 0; i < g->count; i++)
        memcpy(name[i], g->nodes[i].layer->name, NAME_LENGTH);
    const enum status status = store_write_strings(s, RECORD_WIDTHS "/name", name[0], NAME_LENGTH, g->count);
    free(name);
    return status;
}

enum status record_widths_open(struct record *r, const struct train_spec *t, const struct graph *g,
                               bool fresh)
{
    struct width_table *w = &r->widths;

    if (fresh ? !schedule_by_layer(&t->forward) && !schedule_by_layer(&t->backward)
              : !store_has(r->store, RECORD_WIDTHS))
        return STATUS_OK;
    const struct store_column columns[COLUMNS] = {
        {.name = "iter", .type = STORE_I64, .units = "1", .title = "iteration"},
        {.name = record_train_columns[RECORD_FORWARD_BITS].name,
         .type = STORE_U8,
         .width = g->count,
         .offset = FORWARD_AT,
         .units = "bit",
         .title = "forward bits of each layer",
         .description = "0: float32"},
        {.name = record_train_columns[RECORD_BACKWARD_BITS].name,
         .type = STORE_U8,
         .width = g->count,
         .offset = FORWARD_AT + (size_t)g->count,
         .units = "bit",
         .title = "backward bits of each layer",
         .description = "0: float32"},
    };
    w->count = g->count;
    w->row = calloc(1, FORWARD_AT + 2 * (size_t)g->count);
    if (w->row == NULL) return status_fail(STATUS_NOMEM, "no memory for the widths of %d layers", g->count);
    if (fresh) TRY(write_names(r->store, g));
    return store_series_open(&w->series, r->store, RECORD_WIDTHS, columns, COLUMNS);
}

enum status record_widths_row(struct record *r, const struct step_row *row)
{
    struct width_table *w = &r->widths;

    if (w->series == NULL) return STATUS_OK;
    memcpy(w->row, &row->iteration, sizeof row->iteration);
    for (int i = 0; i < w->count; i++) {
        w->row[FORWARD_AT + i] = (unsigned char)row->layer_widths[i].forward;
        w->row[FORWARD_AT + w->count + i] = (unsigned char)row->layer_widths[i].backward;
    }
    return store_series_append(w->series, w->row);
}

enum status record_widths_rewind(struct record *r, int64_t iteration)
{
    return r->widths.series != NULL ? store_series_truncate(r->widths.series, iteration) : STATUS_OK;
}

void record_widths_free(struct width_table *t)
{
    free(t->row);
}
