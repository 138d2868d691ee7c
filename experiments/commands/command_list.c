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

#include <stdio.h>
#include <string.h>

/* One row of any table: what to write, what it means, where it is from. */
struct list_row {
    const char *name;
    char meaning[512], source[640];
};

/* A table. To add one: its row function, its row in lists[]. */
struct list {
    const char *name, *heading;
    bool (*row)(struct list_row *out, int i); /* false after the last */
};

static bool data_row(struct list_row *out, int i)
{
    int count;
    const struct dataset_row *d = dataset_all(&count);
    char dir[512];

    if (i >= count) return false;
    out->name = d[i].name;
    snprintf(out->meaning, sizeof out->meaning, "%s, %d classes, as %d x %d x %d", d[i].title, d[i].classes,
             d[i].shape.h, d[i].shape.w, d[i].shape.c);
    if (dataset_found(dir, d[i].name, "")) {
        snprintf(out->source, sizeof out->source, "found in %s", dir);
    } else {
        snprintf(out->source, sizeof out->source, "not found in %s: %s", dir, d[i].install);
    }
    return true;
}

static bool model_row(struct list_row *out, int i)
{
    int count;
    const struct model_type *m = model_all(&count);

    if (i >= count) return false;
    out->name = m[i].names;
    snprintf(out->meaning, sizeof out->meaning, "%s", m[i].title);
    snprintf(out->source, sizeof out->source, "%s", m[i].source);
    return true;
}

static bool recipe_row(struct list_row *out, int i)
{
    int count;
    const struct recipe *r = recipe_all(&count);

    if (i >= count) return false;
    out->name = r[i].name;
    if (r[i].quantize) {
        snprintf(out->meaning, sizeof out->meaning,
                 "weights, activations and errors quantized, errors %s; first layer %s, shortcuts %s, last "
                 "layer not",
                 r[i].stochastic_error ? "stochastically" : "to nearest", r[i].quantize_first ? "too" : "not",
                 r[i].quantize_shortcut ? "too" : "not");
    } else {
        snprintf(out->meaning, sizeof out->meaning, "nothing quantized");
    }
    snprintf(out->source, sizeof out->source, "%s", r[i].source);
    return true;
}

static bool role_list_row(struct list_row *out, int i)
{
    static const char *const widths[] = {"no {bits}", "{bits}: the forward width",
                                         "{bits}: the backward width"};
    int count;
    const struct role_row *r = role_all(&count);

    if (i >= count) return false;
    out->name = r[i].name;
    snprintf(out->meaning, sizeof out->meaning, "%s", r[i].meaning);
    snprintf(out->source, sizeof out->source, "%s", widths[r[i].width]);
    return true;
}

static bool schedule_row(struct list_row *out, int i)
{
    int count;
    const struct schedule_type *s = schedule_all(&count);

    if (i >= count) return false;
    out->name = s[i].name;
    snprintf(out->meaning, sizeof out->meaning, "%s", s[i].formula);
    snprintf(out->source, sizeof out->source, "%s", s[i].source);
    return true;
}

static bool rate_row(struct list_row *out, int i)
{
    int count;
    const struct lr_type *l = lr_all(&count);

    if (i >= count) return false;
    out->name = l[i].name;
    snprintf(out->meaning, sizeof out->meaning, "%s", l[i].formula);
    snprintf(out->source, sizeof out->source, "%s", l[i].source);
    return true;
}

static bool optimizer_row(struct list_row *out, int i)
{
    int count;
    const struct optimizer_type *o = optimizer_all(&count);

    if (i >= count) return false;
    out->name = o[i].name;
    snprintf(out->meaning, sizeof out->meaning, "%s", o[i].formula);
    snprintf(out->source, sizeof out->source, "%s", o[i].source);
    return true;
}

static bool kernels_row(struct list_row *out, int i)
{
    int count;
    const struct kernels *const *k = kernels_all(&count);

    if (i >= count) return false;
    out->name = k[i]->name;
    snprintf(out->meaning, sizeof out->meaning, "needs %s", k[i]->needs);
    snprintf(out->source, sizeof out->source, "%s",
             k[i]->available() ? "this CPU has it" : "not on this CPU");
    return true;
}

static bool format_row(struct list_row *out, int i)
{
    int count;
    const struct format_row *f = format_all(&count);

    if (i >= count) return false;
    out->name = f[i].grammar;
    snprintf(out->meaning, sizeof out->meaning, "%s", f[i].meaning);
    snprintf(out->source, sizeof out->source, "%s", f[i].source);
    return true;
}

static bool key_row(struct list_row *out, int i)
{
    struct config_key k;

    if (!config_key(&k, i)) return false;
    out->name = k.path;
    snprintf(out->meaning, sizeof out->meaning, "%s", k.meaning);
    snprintf(out->source, sizeof out->source, "%s; default %s", k.kind,
             k.standard[0] != '\0' ? k.standard : "empty");
    return true;
}

/* --- of energy --- */

static bool hardware_row(struct list_row *out, int i)
{
    int count;
    const struct preset *p = preset_all(&count);

    if (i >= count) return false;
    out->name = p[i].name;
    hardware_title(out->meaning, sizeof out->meaning, i);
    out->source[0] = '\0';
    return true;
}

static bool knob_row(struct list_row *out, int i)
{
    const struct knob *k = hardware_knob(i);

    if (k == NULL) return false;
    out->name = k->path;
    snprintf(out->meaning, sizeof out->meaning, "%s", k->meaning);
    snprintf(out->source, sizeof out->source, "%s%s%s; default %s", k->kind,
             k->unit[0] != '\0' ? ", in " : "", k->unit, k->standard);
    return true;
}

static bool backend_row(struct list_row *out, int i)
{
    int count;
    const struct backend *const *b = backend_all(&count);

    if (i >= count) return false;
    out->name = b[i]->name;
    snprintf(out->meaning, sizeof out->meaning, "%s", b[i]->title);
    snprintf(out->source, sizeof out->source, "%s", b[i]->source);
    return true;
}

static bool constant_row(struct list_row *out, int i)
{
    if (i >= CONSTANTS) return false;
    const struct constant *c = constant_of((enum constant_name)i);
    char node[24] = "";

    if (c->node_nm > 0) snprintf(node, sizeof node, " at %g nm", c->node_nm);
    out->name = c->name;
    snprintf(out->meaning, sizeof out->meaning, "%.4g %s%s, %.4g to %.4g", c->nominal, c->unit, node, c->low,
             c->high);
    snprintf(out->source, sizeof out->source, "%s", c->source);
    return true;
}

static bool dram_row(struct list_row *out, int i)
{
    int count;
    const struct dram_kind *d = dram_all(&count);

    if (i >= count) return false;
    out->name = d[i].name;
    snprintf(out->meaning, sizeof out->meaning, "%s", d[i].title);
    out->source[0] = '\0';
    if (d[i].pj_per_bit < CONSTANTS)
        snprintf(out->source, sizeof out->source, "%g pJ/bit, %g W/GB", constant_of(d[i].pj_per_bit)->nominal,
                 constant_of(d[i].background_w_per_gb)->nominal);
    return true;
}

static bool place_row(struct list_row *out, int i)
{
    int count;
    const struct carbon_place *p = carbon_places(&count);

    if (i >= count) return false;
    const struct constant *c = constant_of(p[i].grams_per_kwh);
    out->name = p[i].name;
    snprintf(out->meaning, sizeof out->meaning, "%s: %g %s", p[i].title, c->nominal, c->unit);
    snprintf(out->source, sizeof out->source, "%s", c->source);
    return true;
}

static bool figure_row(struct list_row *out, int i)
{
    int count;
    const struct figure *f = figure_all(&count);

    if (i >= count) return false;
    out->name = f[i].name;
    snprintf(out->meaning, sizeof out->meaning, "%s", f[i].meaning);
    out->source[0] = '\0';
    return true;
}

static const struct list lists[] = {
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

/* --- the command --- */

struct list_options {
    const char *kind;
    bool json, too_many;
};

static const struct argp_option options[] = {{"json", 'j', NULL, 0, "one JSON object a line", 0}, {0}};

static const char doc[] =
    "Print what there is to choose from: one table, or all of them.\vExamples:\n"
    "  cptsim list data         found or not, where, what to install\n"
    "  cptsim list keys         every key of an experiment file\n"
    "  cptsim list --json\n\n"
    "Tables: data, models, recipes, roles, schedules, learning-rates, optimizers, kernels, formats, keys, "
    "hardware, knobs, backends, constants, dram, figures, places.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct list_options *o = state->input;

    switch (key) {
    case 'j':
        o->json = true;
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
    const struct argp argp = {options, parse, "[KIND]", doc, NULL, NULL, NULL};
    struct list_options o = {0};
    size_t first = 0, end = LISTS;

    TRY(command_parse(&argp, argc, argv, &o));
    if (o.too_many) return status_fail(STATUS_USAGE, "list: more than one kind; want one, or none for all");
    if (o.kind != NULL) {
        TRY(status_usage(table_find(&first, "list", o.kind, lists, sizeof *lists, LISTS)));
        end = first + 1;
    }
    for (size_t i = first; i < end; i++) {
        if (i > first && !o.json) putchar('\n');
        (o.json ? list_print_json : list_print)(&lists[i]);
    }
    return STATUS_OK;
}
