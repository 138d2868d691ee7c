/* experiments/commands/command_figures.c - cptsim figures: the figures of an experiment, from its records. */
#include "experiments/commands/command.h"
#include "experiments/read/figures.h"
#include "quant/try.h"
#include "sim/base/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_FORCE = 256 };

struct figures_options {
    struct path_options path;
    const char *out, *scripts, *only;
    bool force;
};

static const struct argp_option switches[] = {
    {"out", 'o', "DIR", 0, "where figures and their data go (figures)", 0},
    {"figure", 'f', "NAME", 0, "only this one, of `cptsim list figures`", 0},
    {"scripts", 's', "DIR", 0, "folder of gnuplot scripts (plots, beside the program)", 0},
    {"force", OPTION_FORCE, 0, 0, "replace the figures of other runs", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct figures_options *o = state->input;
    switch (key) {
    case 'o':
        o->out = arg;
        return 0;
    case 'f':
        o->only = arg;
        return 0;
    case 's':
        o->scripts = arg;
        return 0;
    case OPTION_FORCE:
        o->force = true;
        return 0;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->path;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&path_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    switches,
    parse,
    "RUNSDIR",
    "Draw the figures of the runs in a folder, at any depth, or of one run, with gnuplot: DIR/NAME.svg and DIR/NAME.png. "
    "What they show is in DIR/data as tab-separated text. Prints the figures' paths. Equal records give "
    "equal bytes. A folder is of one RUNSDIR: the same can be drawn again.\vExamples:\n"
    "  cptsim figures runs/demo\n"
    "  cptsim figures runs/demo --figure schedule --out paper\n"
    "  cptsim figures runs/quick --scripts my-plots\n",
    children,
    NULL,
    NULL};

static enum status check(const struct figures_options *o)
{
    int count;
    const struct figure *rows = figure_all(&count);
    size_t unused;

    TRY(path_check(&o->path, "figures", "folder of runs"));
    if (o->only == NULL) return STATUS_OK;
    return status_usage(table_find(&unused, "figure", o->only, rows, sizeof *rows, (size_t)count));
}

static bool has_evaluations(const struct arms *a)
{
    for (int i = 0; i < a->count; i++)
        if (!isnan(a->arm[i].accuracy)) return true;
    return false;
}

static enum status draw_all(const struct arms *a, const struct figures_options *o)
{
    const char *dir = o->out != NULL ? o->out : "figures";
    const char *scripts = o->scripts;
    char found[PATH_MAX];
    int count;
    const struct figure *row = figure_all(&count);

    if (scripts == NULL) {
        TRY(figures_find_scripts(found));
        scripts = found;
    }
    TRY(figures_claim(dir, o->path.path, o->force));
    TRY(figures_write_data(dir, a));
    for (int i = 0; i < count; i++) {
        if (o->only != NULL && strcmp(o->only, row[i].name) != 0) continue;
        if (row[i].from_evaluations && !has_evaluations(a)) {
            fprintf(stderr, "%s: left out, nothing has been evaluated yet\n", row[i].name);
            continue;
        }
        TRY(figure_draw(&row[i], dir, scripts));
        printf("%s/%s.svg\n%s/%s.png\n", dir, row[i].name, dir, row[i].name);
    }
    return STATUS_OK;
}

enum status command_figures(int argc, char **argv)
{
    struct figures_options o = {0};

    TRY(command_parse(&argp, argc, argv, &o));
    TRY(check(&o));
    struct arms *arms = malloc(sizeof *arms);
    if (arms == NULL) return status_fail(STATUS_NOMEM, "no memory for a list of runs");
    enum status status = arms_read(arms, o.path.path);
    if (status == STATUS_OK) status = draw_all(arms, &o);
    if (status == STATUS_OK) status = arms_whole(arms);
    free(arms);
    return status;
}
