/* experiments/whatif/whatif_show_elasticity.c - what one percent of each number does, the largest first. */
#include "experiments/read/figures.h"
#include "experiments/whatif/whatif.h"
#include "experiments/whatif/whatif_show.h"
#include "quant/try.h"

#include <stdlib.h>

static void print(const struct whatif_show *s, const struct elasticity *rows, int count)
{
    static const char *const columns[] = {
        "name", "kind", "value", "energy", "latency", "energy_saving_points", "mapping", NULL};
    struct printout t = whatif_table(s, columns);

    for (int i = 0; i < count; i++) {
        if (!s->options->all && !elasticity_matters(&rows[i])) continue;
        printout_text(&t, rows[i].name);
        printout_text(&t, rows[i].knob ? "knob" : "constant");
        whatif_number(&t, rows[i].value);
        printout_number(&t, rows[i].energy, 4);
        printout_number(&t, rows[i].latency, 4);
        printout_number(&t, rows[i].saving, 4);
        printout_text(&t, rows[i].in_steps ? "anew, in steps" : rows[i].recounted ? "anew" : "same");
    }
}

static enum status draw(const struct whatif_show *s, const struct elasticity *rows, int count)
{
    enum { BARS = 16 };
    char path[PATH_MAX];
    FILE *out;
    int bars = 0;

    TRY(figure_data_open(&out, path, s->options->figure, "cost_elasticity.dat"));
    fprintf(out, "name\tenergy\tsaving\n");
    for (int i = 0; i < count && bars < BARS; i++) {
        if (rows[i].energy == 0 && rows[i].saving == 0) continue;
        fprintf(out, "%s\t%.10g\t%.10g\n", rows[i].name, rows[i].energy, rows[i].saving);
        bars++;
    }
    TRY(figure_data_close(out, path));
    return whatif_draw(s, "cost_elasticity");
}

enum status whatif_show_elasticity(const struct whatif_show *s)
{
    struct cost_case *c;
    struct elasticity *rows;
    int count;

    TRY(whatif_case(&c, s->cost));
    enum status status = whatif_elasticity(&rows, &count, c);
    if (status == STATUS_OK) {
        print(s, rows, count);
        if (s->options->figure != NULL) status = draw(s, rows, count);
        free(rows);
    }
    cost_case_free(c);
    free(c);
    return status;
}
