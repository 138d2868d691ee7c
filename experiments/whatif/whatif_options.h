/* experiments/whatif/whatif_options.h - the options of `cptsim cost` that ask what if. */
#ifndef EXPERIMENTS_WHATIF_WHATIF_OPTIONS_H
#define EXPERIMENTS_WHATIF_WHATIF_OPTIONS_H

#include "experiments/cost/cost_options.h"
#include "experiments/cost/cost_print.h"

/** The options' words as written; NULL: not given. */
struct whatif_options {
    struct cost_words sweeps, versus;
    const char *pareto, *break_even, *target, *samples, *seed, *places, *figure, *scripts;
    bool same_mapping, elasticity, all, monte_carlo, carbon;
};

/** An argp child; its input is a struct whatif_options. */
extern const struct argp whatif_argp;

/** Is there a question among the options? */
bool whatif_is_asked(const struct whatif_options *o);

/** STATUS_USAGE for options of a question that is not asked, and for several questions. */
STATUS_MUST_CHECK enum status whatif_options_check(const struct whatif_options *o);

#endif
