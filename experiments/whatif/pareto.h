/* experiments/whatif/pareto.h - which of many points no other point beats. */
#ifndef EXPERIMENTS_WHATIF_PARETO_H
#define EXPERIMENTS_WHATIF_PARETO_H

#include "quant/status.h"

#include <stdbool.h>

enum { PARETO_GOALS = 4 };

/** One number for each goal; less is better. */
struct pareto_point {
    double goal[PARETO_GOALS];
};

/**
 * front[i]: no other point is at most as large in the first `goals` goals and smaller in one. Equal points
 * are on the front together; points with a NaN never are.
 */
STATUS_MUST_CHECK enum status pareto_front(bool *front, const struct pareto_point *points, int count,
                                           int goals);

#endif
