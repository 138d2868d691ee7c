/* experiments/commands/command_export.c - cptsim export: the series of a record as text, for gnuplot,
 * spreadsheets, pipes. */
#include "experiments/record/record_read.h"
#include "experiments/record/artifact.h"
#include "experiments/commands/command.h"
#include "experiments/print/printout.h"
#include "quant/try.h"
#include "sim/base/table.h"
#include "sim/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 64 };

enum style { STYLE_TABS, STYLE_CSV, STYLE_JSON };

struct export_options {
    struct path_options path;
    const char *series, *columns;
    enum style style;
};

static const struct argp_option switches[] = {
    {"series", 's', "NAME", 0, "train (default), eval, layers, widths or events", 0},
    {"columns", 'c', "A,B,...", 0, "only these columns, in this order", 0},
    {"csv", 'C', 0, 0, "comma-separated instead of tab-separated", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct export_options *o = state->input;
    switch (key) {
    case 's':
        o->series = arg;
        return 0;
    case 'c':
        o->columns = arg;
        return 0;
    case 'C':
        o->style = STYLE_CSV;
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
    "Print a series of a record: a line of column names, then a line for each row. Numbers have the fewest "
    "digits that read back as the same bits. train has a row per iteration, eval one per evaluation and "
    "policy, layers one per traced iteration and layer, widths one per iteration and layer "
    "where a schedule gives layers different bits, events one per event. A run that goes on can be "
    "exported up to its last flush.\vExamples:\n"
    "  cptsim export runs/cpt --columns iter,loss,bits_fw > loss.dat\n"
    "  cptsim export runs/cpt --series eval --columns iter,bits,test_acc --csv\n"
    "  cptsim export runs/cpt --series layers -c iter,layer,act_max\n",
    children,
    NULL,
    NULL};

/* --- sheets: what is printed -------------------------------------------------------------------------- */

/** One printed column: a label, or values of a data set. */
struct sheet_column {
    char name[STORE_NAME_MAX];
    const char *label; /* not NULL: the same text in each row */
    bool by_layer;     /* row r holds iteration r / layers, layer r % layers: values [rows][layers] */
    bool by_name;      /* values [layers], the same for each iteration */
    struct artifact_column values;
};

/** Columns of one length. */
struct sheet {
    struct sheet_column column[COLUMNS_MAX];
    int count, layers; /* layers: 0 if rows are not split by layer */
    int64_t rows;
};

static enum status add_data(struct sheet *sheet, struct store *s, const char *group, const char *name)
{
    struct sheet_column *c = &sheet->column[sheet->count];
    char path[PATH_MAX];

    if (sheet->count == COLUMNS_MAX)
        return status_fail(STATUS_INPUT, "%s: too many columns in '%s'", store_path(s), group);
    snprintf(path, sizeof path, "%s/%s", group, name);
    snprintf(c->name, sizeof c->name, "%s", name);
    for (char *slash = c->name; (slash = strchr(slash, '/')) != NULL;)
        *slash = '_'; /* weight/min: weight_min */
    TRY(artifact_load(&c->values, s, path));
    sheet->count++;
    return STATUS_OK;
}

static void sheet_close(struct sheet *sheet)
{
    for (int i = 0; i < sheet->count; i++)
        artifact_unload(&sheet->column[i].values);
}

/* All data sets of a group, one row each. */
static enum status read_group(struct sheet *sheet, struct store *s, const char *group)
{
    struct store_names names;
    enum status status = STATUS_OK;

    TRY(store_members(&names, s, group));
    for (int i = 0; i < names.count && status == STATUS_OK; i++)
        status = add_data(sheet, s, group, names.name[i]);
    store_names_free(&names);
    TRY(status);
    sheet->rows = sheet->count > 0 ? sheet->column[sheet->count - 1].values.info.count : 0;
    for (int i = 0; i < sheet->count; i++)
        if (!sheet->column[i].label && sheet->column[i].values.info.count != sheet->rows)
            return status_fail(STATUS_INPUT, "%s: the columns of '%s' differ in length; see cptsim doctor",
                               store_path(s), group);
    return STATUS_OK;
}

/* --- which columns, in which order -------------------------------------------------------------------- */

static enum status no_column(const struct sheet *sheet, const char *name, size_t length)
{
    char *known = NULL;
    size_t size;
    FILE *const out = open_memstream(&known, &size);

    for (int i = 0; i < sheet->count && out != NULL; i++)
        fprintf(out, "%s%s", i > 0 ? ", " : "", sheet->column[i].name);
    if (out != NULL) fclose(out);
    const enum status s = status_fail(STATUS_USAGE, "no column '%.*s'; there are: %s", (int)length, name,
                                      known != NULL ? known : "");
    free(known);
    return s;
}

static enum status find_column(int *out, const struct sheet *sheet, const char *name, size_t length)
{
    for (int i = 0; i < sheet->count; i++) {
        const char *have = sheet->column[i].name;
        *out = i;
        if (strlen(have) == length && strncmp(have, name, length) == 0) return STATUS_OK;
    }
    return no_column(sheet, name, length);
}

/* Fills chosen[] from the comma-separated list, or with all columns. */
static enum status choose(int chosen[COLUMNS_MAX], int *count, const struct sheet *sheet, const char *list)
{
    *count = 0;
    for (int i = 0; list == NULL && i < sheet->count; i++)
        chosen[(*count)++] = i;
    while (list != NULL && *list != '\0') {
        const size_t length = strcspn(list, ",");
        if (*count == COLUMNS_MAX)
            return status_fail(STATUS_USAGE, "at most %d columns at once", COLUMNS_MAX);
        TRY(find_column(&chosen[*count], sheet, list, length));
        ++*count;
        list += length + (list[length] == ',');
    }
    return STATUS_OK;
}

/* --- print -------------------------------------------------------------------------------------------- */

static bool is_text(const struct sheet_column *c)
{
    return c->label != NULL || c->values.type == STORE_TEXT;
}

static void cell_text(char out[ARTIFACT_CELL], const struct sheet *sheet, const struct sheet_column *c,
                      int64_t row)
{
    int64_t index = row;

    if (c->label != NULL) {
        snprintf(out, ARTIFACT_CELL, "%s", c->label);
        return;
    }
    if (sheet->layers > 0 && c->by_name) index = row % sheet->layers;
    if (sheet->layers > 0 && !c->by_name && !c->by_layer) index = row / sheet->layers;
    artifact_cell(out, &c->values, index);
}

static void print_json_cell(const struct sheet_column *c, const char *text)
{
    printout_json_string(stdout, c->name);
    fputs(": ", stdout);
    if (is_text(c)) {
        printout_json_string(stdout, text);
    } else {
        fputs(strpbrk(text, "ni") != NULL ? "null" : text, stdout); /* JSON has no nan, no inf */
    }
}

static void print_row(const struct sheet *sheet, const int *chosen, int count, int64_t row, enum style style)
{
    static const char *const separators[] = {[STYLE_TABS] = "\t", [STYLE_CSV] = ",", [STYLE_JSON] = ", "};
    char text[ARTIFACT_CELL];

    if (style == STYLE_JSON) putchar('{');
    for (int i = 0; i < count; i++) {
        const struct sheet_column *c = &sheet->column[chosen[i]];
        if (i > 0) fputs(separators[style], stdout);
        cell_text(text, sheet, c, row);
        if (style == STYLE_JSON) print_json_cell(c, text);
        if (style == STYLE_CSV) printout_csv_string(stdout, text);
        if (style == STYLE_TABS) text_show(stdout, text, "");
    }
    puts(style == STYLE_JSON ? "}" : "");
}

static void print_header(const struct sheet *sheet, const int *chosen, int count, enum style style)
{
    for (int i = 0; i < count; i++) {
        if (i > 0) putchar(style == STYLE_CSV ? ',' : '\t');
        text_show(stdout, sheet->column[chosen[i]].name, "");
    }
    putchar('\n');
}

static enum status print_sheet(const struct sheet *sheet, const struct export_options *o, bool header)
{
    int chosen[COLUMNS_MAX], count;

    TRY(choose(chosen, &count, sheet, o->columns));
    if (header && o->style != STYLE_JSON) print_header(sheet, chosen, count, o->style);
    for (int64_t row = 0; row < sheet->rows; row++)
        print_row(sheet, chosen, count, row, o->style);
    return STATUS_OK;
}

/* --- the series --------------------------------------------------------------------------------------- */

static enum status export_group(struct sheet *sheet, struct store *s, const struct export_options *o,
                                const char *group)
{
    TRY(read_group(sheet, s, group));
    return print_sheet(sheet, o, true);
}

static enum status export_train(struct sheet *sheet, struct store *s, const struct export_options *o)
{
    return export_group(sheet, s, o, RECORD_TRAIN);
}

static enum status export_events(struct sheet *sheet, struct store *s, const struct export_options *o)
{
    return export_group(sheet, s, o, RECORD_EVENTS);
}

/* One policy after the other, under one header. */
static enum status export_eval(struct sheet *sheet, struct store *s, const struct export_options *o)
{
    struct store_names names;
    enum status status = STATUS_OK;

    TRY(store_members(&names, s, RECORD_EVAL));
    for (int i = 0; i < names.count && status == STATUS_OK; i++) {
        char group[STORE_NAME_MAX + 8];
        snprintf(group, sizeof group, RECORD_EVAL "/%s", names.name[i]);
        sheet_close(sheet);
        *sheet = (struct sheet){.column[0] = {.name = "policy", .label = names.name[i]}, .count = 1};
        status = read_group(sheet, s, group);
        if (status == STATUS_OK) status = print_sheet(sheet, o, i == 0);
    }
    store_names_free(&names);
    return status;
}

/* The first two columns: iterations, and beside each the names of all layers. */
static enum status begin_layers(struct sheet *sheet, struct store *s, const char *group)
{
    TRY(add_data(sheet, s, group, "iter"));
    TRY(add_data(sheet, s, group, "name"));
    snprintf(sheet->column[1].name, STORE_NAME_MAX, "layer");
    sheet->column[1].by_name = true;
    sheet->layers = (int)sheet->column[1].values.info.count;
    sheet->rows = sheet->column[0].values.info.count * sheet->layers;
    return STATUS_OK;
}

/* The columns [iterations][layers] of one kind: weight, act, err. */
static enum status add_kind(struct sheet *sheet, struct store *s, const char *kind)
{
    struct store_names names;
    char group[STORE_NAME_MAX + 8], name[2 * STORE_NAME_MAX + 2];
    enum status status = STATUS_OK;

    snprintf(group, sizeof group, RECORD_LAYERS "/%s", kind);
    TRY(store_members(&names, s, group));
    for (int i = 0; i < names.count && status == STATUS_OK; i++) {
        struct sheet_column *c = &sheet->column[sheet->count];
        snprintf(name, sizeof name, "%s/%s", kind, names.name[i]);
        status = add_data(sheet, s, RECORD_LAYERS, name);
        if (status != STATUS_OK) break;
        c->by_layer = true;
        if (c->values.info.count != sheet->rows)
            status =
                status_fail(STATUS_INPUT, "%s: 'layers/%s' has another number of rows than 'layers/iter'",
                            store_path(s), name);
    }
    store_names_free(&names);
    return status;
}

/* The columns [iterations] and [layers] are repeated beside those that are [iterations][layers]. */
static enum status export_layers(struct sheet *sheet, struct store *s, const struct export_options *o)
{
    struct store_names names;
    enum status status = STATUS_OK;

    TRY(begin_layers(sheet, s, RECORD_LAYERS));
    TRY(store_members(&names, s, RECORD_LAYERS));
    for (int i = 0; i < names.count && status == STATUS_OK; i++) {
        char path[STORE_NAME_MAX + 8];
        struct store_info info;
        snprintf(path, sizeof path, RECORD_LAYERS "/%s", names.name[i]);
        status = store_look(&info, s, path);
        if (status == STATUS_OK && info.kind == STORE_GROUP) status = add_kind(sheet, s, names.name[i]);
    }
    store_names_free(&names);
    return status == STATUS_OK ? print_sheet(sheet, o, true) : status;
}

/* Bits [iterations][layers], where a schedule gave layers different ones. */
static enum status export_widths(struct sheet *sheet, struct store *s, const struct export_options *o)
{
    if (!store_has(s, RECORD_WIDTHS))
        return status_fail(STATUS_INPUT, "%s: all layers ran at the same bits; they are in the series train",
                           store_path(s));
    TRY(begin_layers(sheet, s, RECORD_WIDTHS));
    for (int i = RECORD_FORWARD_BITS; i <= RECORD_BACKWARD_BITS; i++) {
        struct sheet_column *c = &sheet->column[sheet->count];
        TRY(add_data(sheet, s, RECORD_WIDTHS, record_train_columns[i].name));
        c->by_layer = true;
        if (c->values.info.count != sheet->rows)
            return status_fail(STATUS_INPUT, "%s: the columns of '%s' differ in length; see cptsim doctor",
                               store_path(s), RECORD_WIDTHS);
    }
    return print_sheet(sheet, o, true);
}

/* To add a series: its function and its row. */
static const struct series {
    const char *name;
    enum status (*print)(struct sheet *sheet, struct store *s, const struct export_options *o);
} series[] = {{"train", export_train},
              {"eval", export_eval},
              {"layers", export_layers},
              {"widths", export_widths},
              {"events", export_events}};

enum { SERIES = sizeof series / sizeof *series };

/* The first without a name. */
static enum status find_series(const struct series **out, const char *name)
{
    size_t i = 0;

    if (name != NULL) TRY(table_find(&i, "series", name, series, sizeof *series, SERIES));
    *out = &series[i];
    return STATUS_OK;
}

enum status command_export(int argc, char **argv)
{
    struct export_options o = {0};
    const struct series *row = NULL;
    struct artifact a;

    TRY(command_parse(&argp, argc, argv, &o));
    TRY(path_check(&o.path, "export", "file or run directory"));
    if (o.path.json && o.style == STYLE_CSV)
        return status_fail(STATUS_USAGE, "--csv and --json exclude each other");
    if (o.path.json) o.style = STYLE_JSON;
    TRY(status_usage(find_series(&row, o.series)));
    struct sheet *sheet = calloc(1, sizeof *sheet);
    if (sheet == NULL) return status_fail(STATUS_NOMEM, "no memory for a sheet of columns");
    enum status status = artifact_open_run(&a, o.path.path);
    if (status == STATUS_OK) status = row->print(sheet, a.store, &o);
    sheet_close(sheet);
    free(sheet);
    artifact_close(&a);
    return status;
}
