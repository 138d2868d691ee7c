/* experiments/cost/cost_summary.h - a priced run as a page to read. */
#ifndef EXPERIMENTS_COST_COST_SUMMARY_H
#define EXPERIMENTS_COST_COST_SUMMARY_H

#include "experiments/cost/cost_run.h"

#include <stdio.h>

void cost_print_summary(FILE *out, const struct cost_case *c, const struct cost_pair *total,
                        const struct cost_pair phases[PHASES]);

#endif
