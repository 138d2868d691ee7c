/* experiments/commands/command_list.c - `cptsim list`: every table of the program. The command line is
 * the manual. */
#include "experiments/commands/command.h"
#include "experiments/config/config.h"
#include "experiments/read/figures.h"
#include "experiments/config/hardware_file.h"
#include "experiments/print/printout.h"
#include "energy/backends/backends.h"
#include "energy/prices/carbon.h"
#include "energy/prices/dram.h"
#include "energy/hardware/presets.h"
#include "models/model.h"
#include "quant/format.h"
#include "quant/try.h"
#include "sim/base/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One row of any table: what to write, what it means, where it is from. */
struct list_row {
    const char *name, *meaning, *source;
    char words[2][640]; /* room for a meaning and a source that are put together */
};

static bool tell(struct list_row *out, const char *name, const char *meaning, const char *source)
{
    out->name = name;
    out->meaning = meaning;
    out->source = source;
    return true;
}

/* A table. To add one: its row function, its row in lists[]. */
struct list {
    const char *name, *heading;
    bool (*row)(struct list_row *out, int i); /* false after the last */
};

/* Room `i` of the row, filled as printf does. */
__attribute__((format(printf, 3, 4))) static const char *words(struct list_row *out, int i,
                                                               const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(out->words[i], sizeof out->words[i], format, args);
    va_end(args);
    return out->words[i];
}

static bool command_row(struct list_row *out, int i)
{
    static const char *const commands[][3] = {
#define X(name, usage, summary) {#name, #name " " usage, summary},
        COMMAND_LIST(X)
#undef X
    };

    if (i >= (int)(sizeof commands / sizeof commands[0])) return false;
    return tell(out, commands[i][0], commands[i][2], commands[i][1]);
}

static bool data_row(struct list_row *out, int i)
{
    int count;
    const struct dataset_row *d = dataset_all(&count);
    char dir[512];

    if (i >= count) return false;
    if (d[i].classes > 0)
        words(out, 0, "%s, %d classes, as %d x %d x %d", d[i].title, d[i].classes, d[i].shape.h, d[i].shape.w,
              d[i].shape.c);
    else
        words(out, 0, "%s", d[i].title);
    if (dataset_found(dir, d[i].name, ""))
        words(out, 1, "found in %s", dir);
    else
        words(out, 1, "not found in %s: %s", dir, d[i].install);
    return tell(out, d[i].name, out->words[0], out->words[1]);
}

static bool model_row(struct list_row *out, int i)
{
    int count;
    const struct model_type *m = model_all(&count);

    if (i >= count) return false;
    return tell(out, m[i].names, m[i].title, m[i].source);
}

static bool recipe_row(struct list_row *out, int i)
{
    int count;
    const struct recipe *r = recipe_all(&count);

    if (i >= count) return false;
    if (!r[i].quantize) return tell(out, r[i].name, "nothing quantized", r[i].source);
    words(
        out, 0,
        "weights, activations and errors quantized, errors %s; first layer %s, shortcuts %s, last layer not",
        r[i].stochastic_error ? "stochastically" : "to nearest", r[i].quantize_first ? "too" : "not",
        r[i].quantize_shortcut ? "too" : "not");
    return tell(out, r[i].name, out->words[0], r[i].source);
}

static bool role_list_row(struct list_row *out, int i)
{
    static const char *const widths[] = {"no {bits}", "{bits}: the forward width",
                                         "{bits}: the backward width"};
    int count;
    const struct role_row *r = role_all(&count);

    if (i >= count) return false;
    return tell(out, r[i].name, r[i].meaning, widths[r[i].width]);
}

static bool schedule_row(struct list_row *out, int i)
{
    int count;
    const struct schedule_type *s = schedule_all(&count);

    if (i >= count) return false;
    return tell(out, s[i].name, s[i].formula, s[i].source);
}

static bool rate_row(struct list_row *out, int i)
{
    int count;
    const struct lr_type *l = lr_all(&count);

    if (i >= count) return false;
    return tell(out, l[i].name, l[i].formula, l[i].source);
}

static bool optimizer_row(struct list_row *out, int i)
{
    int count;
    const struct optimizer_type *o = optimizer_all(&count);

    if (i >= count) return false;
    return tell(out, o[i].name, o[i].formula, o[i].source);
}

static bool kernels_row(struct list_row *out, int i)
{
    int count;
    const struct kernels *const *k = kernels_all(&count);

    if (i >= count) return false;
    return tell(out, k[i]->name, words(out, 0, "needs %s", k[i]->needs),
                k[i]->available() ? "this CPU has it" : "not on this CPU");
}

static bool format_row(struct list_row *out, int i)
{
    int count;
    const struct format_row *f = format_all(&count);

    if (i >= count) return false;
    return tell(out, f[i].grammar, f[i].meaning, f[i].source);
}

static bool key_row(struct list_row *out, int i)
{
    struct config_key k;

    if (!config_key(&k, i)) return false;
    return tell(out, k.path, k.meaning,
                words(out, 1, "%s; default %s", k.kind, k.standard[0] != '\0' ? k.standard : "empty"));
}

/* --- of energy --- */

static bool hardware_row(struct list_row *out, int i)
{
    int count;
    const struct preset *p = preset_all(&count);

    if (i >= count) return false;
    hardware_title(out->words[0], sizeof out->words[0], i);
    return tell(out, p[i].name, out->words[0], "");
}

static bool knob_row(struct list_row *out, int i)
{
    const struct knob *k = hardware_knob(i);

    if (k == NULL) return false;
    return tell(out, k->path, k->meaning,
                words(out, 1, "%s%s%s; default %s", k->kind, k->unit[0] != '\0' ? ", in " : "", k->unit,
                      k->standard));
}

static bool backend_row(struct list_row *out, int i)
{
    int count;
    const struct backend *const *b = backend_all(&count);

    if (i >= count) return false;
    return tell(out, b[i]->name, b[i]->title, b[i]->source);
}

static bool constant_row(struct list_row *out, int i)
{
    if (i >= CONSTANTS) return false;
    const struct constant *c = constant_of((enum constant_name)i);
    char node[24] = "";

    if (c->node_nm > 0) snprintf(node, sizeof node, " at %g nm", c->node_nm);
    words(out, 0, "%.4g %s%s, %.4g to %.4g", c->nominal, c->unit, node, c->low, c->high);
    return tell(out, c->name, out->words[0], c->source);
}

static bool dram_row(struct list_row *out, int i)
{
    int count;
    const struct dram_kind *d = dram_all(&count);

    if (i >= count) return false;
    if (d[i].pj_per_bit < CONSTANTS)
        words(out, 1, "%g pJ/bit, %g W/GB", constant_of(d[i].pj_per_bit)->nominal,
              constant_of(d[i].background_w_per_gb)->nominal);
    else
        words(out, 1, "%s", "");
    return tell(out, d[i].name, d[i].title, out->words[1]);
}

static bool place_row(struct list_row *out, int i)
{
    int count;
    const struct carbon_place *p = carbon_places(&count);

    if (i >= count) return false;
    const struct constant *c = constant_of(p[i].grams_per_kwh);
    return tell(out, p[i].name,
                words(out, 0, "%s%s%s: %g %s", p[i].title, p[i].iso[0] != '\0' ? ", " : "", p[i].iso,
                      c->nominal, c->unit),
                c->source);
}

static bool figure_row(struct list_row *out, int i)
{
    int count;
    const struct figure *f = figure_all(&count);

    if (i >= count) return false;
    return tell(out, f[i].name, f[i].meaning, "");
}

static const struct list lists[] = {
    {"commands", "what cptsim does (cptsim COMMAND --help)", command_row},
    {"data", "data sets (data.name)", data_row},
    {"models", "networks (model)", model_row},
    {"recipes", "recipes: what is quantized (recipe)", recipe_row},
    {"roles", "roles of numbers (roles.NAME: a number format, recipe or float32)", role_list_row},
    {"schedules", "precision schedules (forward.schedule, backward.schedule)", schedule_row},
    {"learning-rates", "learning-rate policies (learning_rate.policy); r is the fraction of the run",
     rate_row},
    {"optimizers", "optimizers (optimizer.name)", optimizer_row},
    {"kernels", "instruction sets (--kernels); all give the same bits", kernels_row},
    {"formats", "number formats (quantize, explain)", format_row},
    {"keys", "keys of an experiment file (--set KEY=VALUE)", key_row},
    {"hardware", "hardware to price a run on (--hardware NAME, or a file)", hardware_row},
    {"knobs", "knobs of hardware: keys of a hardware file, --set KNOB=VALUE", knob_row},
    {"backends", "cost models (array.backend)", backend_row},
    {"constants", "constants of the cost models: nominal, unit, node, range", constant_row},
    {"dram", "kinds of DRAM (dram.kind)", dram_row},
    {"figures", "figures of an experiment's runs (figures --figure NAME)", figure_row},
    {"places", "grids (system.gco2_per_kwh)", place_row},
};

enum { LISTS = sizeof lists / sizeof lists[0] };

static void list_print(const struct list *l)
{
    struct list_row row;
    int width = 0;

    for (int i = 0; l->row(&row, i); i++)
        if ((int)strlen(row.name) > width) width = (int)strlen(row.name);
    printf("%s: %s\n", l->name, l->heading);
    for (int i = 0; l->row(&row, i); i++)
        printf("  %-*s  %s%s%s%s\n", width, row.name, row.meaning, row.source[0] != '\0' ? "  (" : "",
               row.source, row.source[0] != '\0' ? ")" : "");
}

static void list_print_json(const struct list *l)
{
    static const char *const columns[] = {"list", "name", "meaning", "source", NULL};
    struct printout table = printout_open(stdout, true, columns);
    struct list_row row;

    for (int i = 0; l->row(&row, i); i++) {
        printout_text(&table, l->name);
        printout_text(&table, row.name);
        printout_text(&table, row.meaning);
        printout_text(&table, row.source);
    }
}

/* For scripts, such as those that complete a command line. A row of networks has several names. */
static void list_print_names(const struct list *l)
{
    struct list_row row;

    for (int i = 0; l->row(&row, i); i++) {
        for (const char *c = row.name; *c != '\0'; c++)
            if (c[0] != ',') putchar(c[0] == ' ' ? '\n' : c[0]);
        putchar('\n');
    }
}

/* --- the command --- */

struct list_options {
    const char *kind;
    bool json, names, too_many;
};

static const struct argp_option options[] = {{"json", 'j', NULL, 0, "one JSON object a line", 0},
                                             {"names", 'n', NULL, 0, "the names alone, one a line", 0},
                                             {0}};

static const char doc[] = "Print what there is to choose from: one table, or all of them.\vExamples:\n"
                          "  cptsim list data             found or not, where, what to install\n"
                          "  cptsim list keys             every key of an experiment file\n"
                          "  cptsim list kernels --names  for a loop of the shell\n"
                          "  cptsim list --json";

/* The tables, in the words of --help. Freed by argp. */
static char *help_with_tables(int key, const char *text, void *input)
{
    char *out = NULL;
    size_t size;

    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC || text == NULL) return (char *)text;
    FILE *const f = open_memstream(&out, &size);
    if (f == NULL) return (char *)text;
    fprintf(f, "%s\n\nTables: ", text);
    for (size_t i = 0; i < LISTS; i++)
        fprintf(f, "%s%s", lists[i].name, i + 1 < LISTS ? ", " : ".");
    return fclose(f) == 0 ? out : (char *)text;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct list_options *o = state->input;

    switch (key) {
    case 'j':
        o->json = true;
        break;
    case 'n':
        o->names = true;
        break;
    case ARGP_KEY_ARG:
        o->too_many = o->kind != NULL;
        o->kind = arg;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

enum status command_list(int argc, char **argv)
{
    const struct argp argp = {options, parse, "[KIND]", doc, NULL, help_with_tables, NULL};
    struct list_options o = {0};
    size_t first = 0, end = LISTS;

    TRY(command_parse(&argp, argc, argv, &o));
    if (o.json && o.names) return status_fail(STATUS_USAGE, "list: --json and --names; want one of them");
    if (o.too_many) return status_fail(STATUS_USAGE, "list: more than one kind; want one, or none for all");
    if (o.kind != NULL) {
        TRY(status_usage(table_find(&first, "list", o.kind, lists, sizeof *lists, LISTS)));
        end = first + 1;
    }
    for (size_t i = first; i < end; i++) {
        if (i > first && !o.json && !o.names) putchar('\n');
        (o.json ? list_print_json : o.names ? list_print_names : list_print)(&lists[i]);
    }
    return STATUS_OK;
}
