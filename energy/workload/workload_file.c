/* energy/workload/workload_file.c - layer shapes from a table: networks that cannot be trained here, too.
 *
 * Every mistake is answered with file, line, column and what would be right.
 */
#include "energy/workload/lines.h"
#include "energy/workload/workload.h"
#include "quant/try.h"
#include "sim/base/table.h"
#include "sim/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a row of the file holds. */
struct line {
    char layer[NAME_LENGTH];
    int64_t count, k, o, s, ic, oc, batch, groups, quantized, from_input;
};

/* To add a column: a field above, its row here. */
static const struct column {
    const char *name;
    size_t offset; /* of a number; the name of the layer comes first */
    bool required;
    int64_t standard, least, most;
} columns[] = {
    {"layer", offsetof(struct line, layer), true, 0, 0, 0},
    {"count", offsetof(struct line, count), false, 1, 1, INT64_MAX},
    {"K", offsetof(struct line, k), true, 0, 1, INT64_MAX},
    {"O", offsetof(struct line, o), true, 0, 1, INT64_MAX},
    {"S", offsetof(struct line, s), false, 1, 1, INT64_MAX},
    {"IC", offsetof(struct line, ic), true, 0, 1, INT64_MAX},
    {"OC", offsetof(struct line, oc), true, 0, 1, INT64_MAX},
    {"B", offsetof(struct line, batch), false, 1, 1, INT64_MAX},
    {"groups", offsetof(struct line, groups), false, 1, 1, INT64_MAX},
    {"quantized", offsetof(struct line, quantized), false, 1, 0, 1},
    {"from_input", offsetof(struct line, from_input), false, 0, 0, 1},
};

enum { COLUMNS = sizeof columns / sizeof columns[0], NAME = 0 };

struct reader {
    struct lines lines;
    size_t order[LINES_COLUMNS]; /* which column the i-th field is */
};

static enum status read_heading(struct reader *r)
{
    bool found[COLUMNS] = {false};

    TRY(lines_heading(&r->lines, "layer,count,K,O,S,IC,OC"));
    for (int i = 0; i < r->lines.columns; i++) {
        if (!table_has(&r->order[i], r->lines.name[i], columns, sizeof *columns, COLUMNS))
            return lines_unknown(&r->lines, i, columns, sizeof *columns, COLUMNS);
        found[r->order[i]] = true;
    }
    for (int c = 0; c < COLUMNS; c++)
        if (columns[c].required && !found[c])
            return status_fail(STATUS_INPUT, "%s:%d: no column '%s'; layer, K, O, IC and OC must be there",
                               r->lines.path, r->lines.number, columns[c].name);
    return STATUS_OK;
}

static enum status read_number(int64_t *out, const struct reader *r, int field, const char *text)
{
    const struct column *c = &columns[r->order[field]];
    int64_t value;

    if (text_whole(&value, text) != TEXT_NUMBER || value < c->least || value > c->most)
        return status_fail(STATUS_INPUT,
                           "%s:%d: column %d (%s): '%s' is not a whole number from %" PRId64 "%s",
                           r->lines.path, r->lines.number, field + 1, c->name, text, c->least,
                           c->most == 1 ? " to 1" : " on");
    *out = value;
    return STATUS_OK;
}

static enum status read_fields(struct line *out, struct reader *r)
{
    char *fields[LINES_COLUMNS], place[512];

    TRY(lines_row(fields, &r->lines));
    snprintf(place, sizeof place, "%s:%d: layer", r->lines.path, r->lines.number);
    for (int c = 1; c < COLUMNS; c++)
        *(int64_t *)((char *)out + columns[c].offset) = columns[c].standard;
    for (int i = 0; i < r->lines.columns; i++) {
        const struct column *c = &columns[r->order[i]];
        if (r->order[i] == NAME)
            TRY(text_copy(out->layer, sizeof out->layer, place, fields[i], strlen(fields[i])));
        else
            TRY(read_number((int64_t *)((char *)out + c->offset), r, i, fields[i]));
    }
    return STATUS_OK;
}

static enum status read_layer(struct workload_layer *out, struct reader *r)
{
    struct line l = {0};
    char where[512];

    TRY(read_fields(&l, r));
    *out = workload_layer_make(l.layer, l.count, l.k, l.o, l.s, l.ic, l.oc, l.groups);
    out->quantized = l.quantized != 0;
    out->from_input = l.from_input != 0;
    snprintf(where, sizeof where, "%s:%d", r->lines.path, r->lines.number);
    return workload_check(out, where);
}

static enum status read_all(struct workload *out, struct reader *r)
{
    TRY(read_heading(r));
    while (lines_next(&r->lines)) {
        void *more = realloc(out->layers, (size_t)(out->count + 1) * sizeof *out->layers);
        if (more == NULL) return status_fail(STATUS_NOMEM, "out of memory");
        out->layers = more;
        TRY(read_layer(&out->layers[out->count], r));
        out->count++;
    }
    if (out->count == 0) return status_fail(STATUS_INPUT, "%s: has a heading but no layer", r->lines.path);
    return STATUS_OK;
}

/* "layers/vgg16.tsv": vgg16 */
static enum status name_of_path(char *name, size_t size, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');

    const size_t length = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    return text_copy(name, size, "the name of a file of layers", base, length);
}

enum status workload_read(struct workload *out, const char *path)
{
    struct reader r = {0};

    *out = (struct workload){0};
    TRY(lines_open(&r.lines, path));
    enum status s = name_of_path(out->name, sizeof out->name, path);
    if (s == STATUS_OK) s = read_all(out, &r);
    s = lines_close(&r.lines, s);
    if (s != STATUS_OK) workload_free(out);
    return s;
}
