/* experiments/whatif/whatif_show.c - what all answers share: their table, their case, their figure. */
#include "experiments/whatif/whatif_show.h"
#include "experiments/read/figures.h"
#include "quant/try.h"

#include <math.h>
#include <stdlib.h>

enum { DIGITS = 7 };

struct printout whatif_table(const struct whatif_show *s, const char *const *columns)
{
    return s->form == COST_CSV ? printout_open_csv(stdout, columns)
                               : printout_open(stdout, s->form == COST_JSON, columns);
}

void whatif_number(struct printout *t, double value)
{
    if (isnan(value)) {
        printout_text(t, NULL);
    } else {
        printout_number(t, value, DIGITS);
    }
}

enum status whatif_case(struct cost_case **out, const struct cost_options *cost)
{
    int cases;

    *out = NULL;
    TRY(cost_options_count(&cases, cost));
    if (cases != 1) return status_fail(STATUS_USAGE, "a what-if is of one run; want one --run");
    *out = malloc(sizeof **out);
    if (*out == NULL) return status_fail(STATUS_NOMEM, "no memory for a run");
    const enum status status = cost_options_case(*out, cost, 0);
    if (status != STATUS_OK) {
        free(*out);
        *out = NULL;
    }
    return status;
}

enum status whatif_draw(const struct whatif_show *s, const char *name)
{
    const char *dir = s->options->figure;
    const struct figure figure = {.name = name};
    const char *scripts = s->options->scripts;
    char found[PATH_MAX];

    if (scripts == NULL) {
        TRY(figures_find_scripts(found));
        scripts = found;
    }
    TRY(figure_draw(&figure, dir, scripts));
    fprintf(stderr, "%s/%s.svg\n%s/%s.png\n", dir, name, dir, name);
    return STATUS_OK;
}

enum status whatif_write_axes(const struct whatif_show *s, const char *name, const char *x, const char *y)
{
    char file[64], path[PATH_MAX];
    FILE *out;

    snprintf(file, sizeof file, "%s.axes.dat", name);
    TRY(figure_data_open(&out, path, s->options->figure, file));
    fprintf(out, "x\ty\n%s\t%s\n", x, y);
    return figure_data_close(out, path);
}
