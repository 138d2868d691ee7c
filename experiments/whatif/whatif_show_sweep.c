/* experiments/whatif/whatif_show_sweep.c - a row for each point of a sweep; the front in a figure. */
#include "experiments/read/figures.h"
#include "experiments/whatif/whatif_show.h"
#include "experiments/whatif/whatif_sweep.h"
#include "quant/try.h"
#include "sim/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_WORD = 160 };

static enum status read_sweep(struct sweep *out, const struct whatif_options *o)
{
    out->same_mapping = o->same_mapping;
    for (int i = 0; i < o->sweeps.count; i++)
        TRY(sweep_add(out, o->sweeps.word[i]));
    return STATUS_OK;
}

/* Carbon's numbers are the last ones. */
static int numbers_shown(const struct whatif_show *s)
{
    return s->options->carbon ? SWEEP_NUMBERS : SWEEP_KWH;
}

/* As it was written; in JSON a number where it is one. */
static void print_value(struct printout *t, const char *text)
{
    char *end;
    const double number = strtod(text, &end);

    if (t->json && end != text && *end == '\0' && isfinite(number)) {
        printout_number(t, number, 10);
    } else {
        printout_text(t, text);
    }
}

static void print_rows(const struct whatif_show *s, const struct sweep *sweep, const struct sweep_row *rows)
{
    const char *columns[SWEEP_AXES + SWEEP_NUMBERS + 3];
    const int numbers = numbers_shown(s);
    int count = 0;

    for (int i = 0; i < sweep->axes; i++)
        columns[count++] = sweep->axis[i].name;
    for (int i = 0; i < numbers; i++)
        columns[count++] = sweep_number_name((enum sweep_number)i);
    columns[count++] = "pareto";
    columns[count++] = "reason";
    columns[count] = NULL;
    struct printout t = whatif_table(s, columns);
    for (int p = 0; p < sweep->points; p++) {
        for (int i = 0; i < sweep->axes; i++)
            print_value(&t, sweep_value(sweep, i, p));
        for (int i = 0; i < numbers; i++)
            whatif_number(&t, rows[p].number[i]);
        printout_integer(&t, rows[p].pareto);
        printout_text(&t, rows[p].reason);
    }
}

/* --- the figure --------------------------------------------------------------------------------------- */

/* The first two goals are its axes. */
static enum status write_points(const struct whatif_show *s, const struct sweep *sweep,
                                const struct sweep_row *rows, const struct sweep_goals *g)
{
    const enum sweep_number x = g->number[0], y = g->number[g->count > 1 ? 1 : 0];
    char path[PATH_MAX], name[256];
    FILE *out;

    TRY(figure_data_open(&out, path, s->options->figure, "cost_sweep.dat"));
    fprintf(out, "name\tx\ty\tpareto\n");
    for (int p = 0; p < sweep->points; p++) {
        if (rows[p].reason != NULL) continue;
        sweep_name(name, sizeof name, sweep, p);
        text_show(out, name, "");
        fprintf(out, "\t%.10g\t%.10g\t%d\n", rows[p].number[x], rows[p].number[y], rows[p].pareto);
    }
    TRY(figure_data_close(out, path));
    TRY(whatif_write_axes(s, "cost_sweep", sweep_number_title(x), sweep_number_title(y)));
    return whatif_draw(s, "cost_sweep");
}

/* --- all of it ---------------------------------------------------------------------------------------- */

static int count_possible(const struct sweep *sweep, const struct sweep_row *rows)
{
    int possible = 0;

    for (int p = 0; p < sweep->points; p++)
        possible += rows[p].reason == NULL;
    return possible;
}

static enum status show(const struct whatif_show *s, const struct sweep *sweep, struct sweep_row *rows)
{
    const int possible = count_possible(sweep, rows);
    struct sweep_goals goals;
    char name[256];

    TRY(sweep_goals_read(&goals, s->options->pareto));
    TRY(sweep_front(rows, sweep->points, &goals));
    print_rows(s, sweep, rows);
    if (possible < sweep->points)
        fprintf(stderr, "%d of %d points are impossible; the column 'reason' says why\n",
                sweep->points - possible, sweep->points);
    if (possible == 0) {
        sweep_name(name, sizeof name, sweep, 0);
        return status_fail(STATUS_INPUT, "--sweep: no point is possible; %s: %s", name, rows[0].reason);
    }
    return s->options->figure != NULL ? write_points(s, sweep, rows, &goals) : STATUS_OK;
}

/* The grid of --carbon PLACE, as a knob of the hardware. */
static enum status set_place(struct cost_options *cost, char word[PLACE_WORD], const struct whatif_options *o)
{
    if (o->places == NULL) return STATUS_OK;
    if (strchr(o->places, ',') != NULL)
        return status_fail(STATUS_USAGE,
                           "--carbon: one place with --sweep, whose rows have one grid; not '%s'", o->places);
    if (cost->hardware.set.count == COST_LIST_MAX)
        return status_fail(STATUS_USAGE, "--set is given more than %d times", COST_LIST_MAX - 1);
    static const char knob[] = "system.gco2_per_kwh=";
    memcpy(word, knob, sizeof knob);
    TRY(status_usage(text_copy(word + sizeof knob - 1, PLACE_WORD - sizeof knob + 1, "--carbon", o->places,
                               strlen(o->places))));
    cost->hardware.set.word[cost->hardware.set.count++] = word;
    return STATUS_OK;
}

enum status whatif_show_sweep(const struct whatif_show *s)
{
    struct sweep sweep = {0};
    struct sweep_goals goals;
    struct sweep_row *rows = NULL;
    struct cost_options cost = *s->cost;
    char place[PLACE_WORD];

    enum status status = sweep_goals_read(&goals, s->options->pareto); /* before the work */
    if (status == STATUS_OK) status = read_sweep(&sweep, s->options);
    if (status == STATUS_OK) status = set_place(&cost, place, s->options);
    if (status == STATUS_OK) status = sweep_price(&rows, &sweep, &cost);
    if (status == STATUS_OK) status = show(s, &sweep, rows);
    sweep_rows_free(rows, sweep.points);
    sweep_free(&sweep);
    return status;
}
