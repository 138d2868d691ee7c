/* experiments/whatif/whatif_show.h - answers to what-if questions, printed and drawn. */
#ifndef EXPERIMENTS_WHATIF_WHATIF_SHOW_H
#define EXPERIMENTS_WHATIF_WHATIF_SHOW_H

#include "experiments/whatif/whatif_options.h"

/** A question as it was asked. */
struct whatif_show {
    const struct whatif_options *options;
    const struct cost_options *cost;
    enum cost_form form;
};

/* To add a question: its function here and in a file of its own, its option in whatif_options.c, its line in
 * whatif_answer.c, its script plots/cost_NAME.gp. */
STATUS_MUST_CHECK enum status whatif_show_sweep(const struct whatif_show *s);
STATUS_MUST_CHECK enum status whatif_show_elasticity(const struct whatif_show *s);
STATUS_MUST_CHECK enum status whatif_show_break_even(const struct whatif_show *s);
STATUS_MUST_CHECK enum status whatif_show_monte_carlo(const struct whatif_show *s);
STATUS_MUST_CHECK enum status whatif_show_carbon(const struct whatif_show *s);

/** The table of an answer on stdout, in the form that was asked for. */
struct printout whatif_table(const struct whatif_show *s, const char *const *columns);

/** A number, or an empty cell (null) where there is none. */
void whatif_number(struct printout *t, double value);

/** The one case that the options mean; STATUS_USAGE for several records. Free with cost_case_free and
 * free. */
STATUS_MUST_CHECK enum status whatif_case(struct cost_case **out, const struct cost_options *cost);

/** Draw plots/cost_NAME.gp from the data files that are in DIR/data by now; prints on stderr what was
 * drawn. */
STATUS_MUST_CHECK enum status whatif_draw(const struct whatif_show *s, const char *name);

/** Titles of a figure's axes, as its script reads them. */
STATUS_MUST_CHECK enum status whatif_write_axes(const struct whatif_show *s, const char *name, const char *x,
                                                const char *y);

#endif
