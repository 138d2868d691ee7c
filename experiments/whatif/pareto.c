/* experiments/whatif/pareto.c - a front by sorting: only points before it in lexicographic order can beat
 * a point. */
#include "experiments/whatif/pareto.h"

#include <math.h>
#include <stdlib.h>

struct ranked {
    const struct pareto_point *point;
    int number, goals;
};

static int compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    for (int g = 0; g < x->goals; g++)
        if (x->point->goal[g] != y->point->goal[g]) return x->point->goal[g] < y->point->goal[g] ? -1 : 1;
    return x->number - y->number;
}

static bool beats(const struct pareto_point *a, const struct pareto_point *b, int goals)
{
    bool better = false;

    for (int g = 0; g < goals; g++) {
        if (a->goal[g] > b->goal[g]) return false;
        better = better || a->goal[g] < b->goal[g];
    }
    return better;
}

static bool is_number(const struct pareto_point *p, int goals)
{
    for (int g = 0; g < goals; g++)
        if (isnan(p->goal[g])) return false;
    return true;
}

enum status pareto_front(bool *front, const struct pareto_point *points, int count, int goals)
{
    struct ranked *order = malloc((size_t)count * sizeof *order + 1);
    int ranked = 0, unbeaten = 0; /* the first ones of `order` become the front */

    if (order == NULL) return status_fail(STATUS_NOMEM, "no memory to compare %d points", count);
    for (int i = 0; i < count; i++) {
        front[i] = false;
        if (is_number(&points[i], goals)) order[ranked++] = (struct ranked){&points[i], i, goals};
    }
    qsort(order, (size_t)ranked, sizeof *order, compare);
    for (int i = 0; i < ranked; i++) {
        const struct ranked candidate = order[i];
        bool beaten = false;
        for (int f = 0; f < unbeaten && !beaten; f++)
            beaten = beats(order[f].point, candidate.point, goals);
        if (beaten) continue;
        front[candidate.number] = true;
        order[unbeaten++] = candidate;
    }
    free(order);
    return STATUS_OK;
}
