/* quant/tally.c - sums of tallies and what is read from them. */
#include "quant/tally.h"

#include "quant/element.h"

#include <math.h>

void tally_element(struct tally *t, double before, double after, unsigned outcome)
{
    t->count++;
    t->overflow += (outcome & OUTCOME_OVERFLOW) != 0;
    t->underflow += (outcome & OUTCOME_UNDERFLOW) != 0;
    if (outcome & OUTCOME_NAN) {
        t->nan++;
        t->inexact += !isnan(after);
        return;
    }
    t->inexact += before != after;
    if (!isfinite(before) || !isfinite(after)) return;
    const double error = after - before;
    t->sum_error += error;
    t->sum_squared_error += error * error;
    t->sum_squares += before * before;
    if (fabs(error) > t->max_error) t->max_error = fabs(error);
}

void tally_add(struct tally *a, const struct tally *b)
{
    a->count += b->count;
    a->overflow += b->overflow;
    a->underflow += b->underflow;
    a->inexact += b->inexact;
    a->nan += b->nan;
    a->sum_error += b->sum_error;
    a->sum_squared_error += b->sum_squared_error;
    a->sum_squares += b->sum_squares;
    if (b->max_error > a->max_error) a->max_error = b->max_error;
}

double tally_mean_error(const struct tally *t)
{
    return t->count > 0 ? t->sum_error / (double)t->count : 0.0;
}

double tally_sqnr_db(const struct tally *t)
{
    if (t->sum_squared_error == 0) return INFINITY;
    return 10.0 * log10(t->sum_squares / t->sum_squared_error);
}
