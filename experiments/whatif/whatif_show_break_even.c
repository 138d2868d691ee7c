/* experiments/whatif/whatif_show_break_even.c - where the energy saving reaches its target, or that it
 * does not. */
#include "experiments/read/figures.h"
#include "experiments/whatif/whatif.h"
#include "experiments/whatif/whatif_show.h"
#include "quant/try.h"

#include <math.h>
#include <stdlib.h>

static enum status read_question(struct break_even_question *q, const struct whatif_options *o,
                                 const struct hardware *h)
{
    char *end;

    TRY(break_even_read(q, o->break_even, h));
    if (o->target == NULL) return STATUS_OK;
    q->target = strtod(o->target, &end);
    if (end == o->target || *end != '\0' || !(q->target > -1000 && q->target < 100))
        return status_fail(STATUS_USAGE, "--target: '%s' is not a percentage below 100", o->target);
    return STATUS_OK;
}

/* The ends of the range that were possible. */
static void find_ends(const struct break_even_point **first, const struct break_even_point **last,
                      const struct break_even *b)
{
    *first = &b->curve[0];
    *last = &b->curve[BREAK_EVEN_CURVE - 1];
    while (isnan((*first)->saving) && *first < *last)
        ++*first;
    while (isnan((*last)->saving) && *first < *last)
        --*last;
}

static void print_row(struct printout *t, const char *knob, const char *what, double value, double saving,
                      double target)
{
    printout_text(t, knob);
    printout_text(t, what);
    printout_number(t, value, 10);
    whatif_number(t, saving);
    whatif_number(t, target);
}

static void print(const struct whatif_show *s, const struct break_even *b, const char *knob)
{
    static const char *const columns[] = {"knob",           "point", "value", "energy_saving_percent",
                                          "target_percent", NULL};
    const struct break_even_point *first, *last;
    struct printout t = whatif_table(s, columns);

    find_ends(&first, &last, b);
    print_row(&t, knob, "low", first->value, first->saving, b->target);
    for (int i = 0; i < b->roots; i++)
        print_row(&t, knob, b->root[i].is_jump ? "jump" : "break-even", b->root[i].value, b->root[i].saving,
                  b->target);
    print_row(&t, knob, "high", last->value, last->saving, b->target);
    if (b->roots == 0)
        fprintf(stderr,
                "no break-even for %s from %g to %g: the energy saving is %.4g %% at one end and %.4g %% at "
                "the other, and %s %.4g %% at all of %d values between\n",
                knob, first->value, last->value, first->saving, last->saving,
                first->saving < b->target ? "below" : "above", b->target, BREAK_EVEN_CURVE);
    for (int i = 0; i < BREAK_EVEN_CURVE; i++)
        if (b->curve[i].reason[0] != '\0')
            fprintf(stderr, "%s = %g is impossible: %s\n", knob, b->curve[i].value, b->curve[i].reason);
}

static enum status draw(const struct whatif_show *s, const struct break_even *b, const struct knob *k)
{
    char path[PATH_MAX], title[192];
    FILE *out;

    TRY(figure_data_open(&out, path, s->options->figure, "cost_break_even.dat"));
    fprintf(out, "value\tsaving\ttarget\n");
    for (int i = 0; i < BREAK_EVEN_CURVE; i++)
        if (!isnan(b->curve[i].saving))
            fprintf(out, "%.10g\t%.10g\t%.10g\n", b->curve[i].value, b->curve[i].saving, b->target);
    TRY(figure_data_close(out, path));
    TRY(figure_data_open(&out, path, s->options->figure, "cost_break_even.roots.dat"));
    fprintf(out, "value\tsaving\n");
    for (int i = 0; i < b->roots; i++)
        fprintf(out, "%.10g\t%.10g\n", b->root[i].value, b->root[i].saving);
    TRY(figure_data_close(out, path));
    snprintf(title, sizeof title, "%s%s%s%s", k->path, k->unit[0] ? " (" : "", k->unit,
             k->unit[0] ? ")" : "");
    TRY(whatif_write_axes(s, "cost_break_even", title,
                          s->options->target != NULL ? "target" : "saving of bit operations"));
    return whatif_draw(s, "cost_break_even");
}

static enum status show(const struct whatif_show *s, const struct cost_case *c, struct break_even *b)
{
    struct break_even_question q;

    TRY(read_question(&q, s->options, &c->hardware));
    TRY(whatif_break_even(b, c, &q));
    print(s, b, hardware_knob(q.knob)->path);
    return s->options->figure != NULL ? draw(s, b, hardware_knob(q.knob)) : STATUS_OK;
}

enum status whatif_show_break_even(const struct whatif_show *s)
{
    struct break_even *b;
    struct cost_case *c;

    TRY(whatif_case(&c, s->cost));
    b = malloc(sizeof *b);
    enum status status = STATUS_NOMEM;
    if (b != NULL) status = show(s, c, b);
    cost_case_free(c);
    free(c);
    if (b == NULL) return status_fail(STATUS_NOMEM, "no memory for a break-even point");
    free(b);
    return status;
}
