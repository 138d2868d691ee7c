/* experiments/whatif/whatif_sweep.h - the cost of a run at all combinations of some values of its options
 * and knobs.
 *
 *     bits=3:8,4:8,8                words of the option --bits
 *     dram.bits_per_cycle=48:384:48 a range of numbers: from, to, step
 *     array.rows=log:4:64:5         five numbers from 4 to 64, each the same factor above the one before
 *
 * Points are in the order of the keys as given, the last one fastest. Each is what `cptsim cost` says of it:
 * mapped anew, unless `same_mapping` keeps, for knobs that are only prices, the mapping at their old values.
 */
#ifndef EXPERIMENTS_WHATIF_WHATIF_SWEEP_H
#define EXPERIMENTS_WHATIF_WHATIF_SWEEP_H

#include "experiments/whatif/pareto.h"
#include "experiments/whatif/whatif_axis.h"

/** To add a number: here, its row in whatif_goals.c, its value in whatif_sweep.c. */
enum sweep_number {
    SWEEP_GBITOPS,
    SWEEP_ENERGY,
    SWEEP_LATENCY,
    SWEEP_DRAM,
    SWEEP_SAVING,
    SWEEP_ENERGY_SAVING,
    SWEEP_LATENCY_SAVING,
    SWEEP_KWH,
    SWEEP_KG,
    SWEEP_PRICE,
    SWEEP_NUMBERS
};

struct sweep_row {
    double number[SWEEP_NUMBERS]; /* NaN where the point is impossible */
    char *reason;                 /* why it is; NULL: it is not */
    bool pareto;
};

/** What is best in a front: least or most of some numbers. */
struct sweep_goals {
    enum sweep_number number[PARETO_GOALS];
    bool most[PARETO_GOALS];
    int count;
};

/** Name of a number's column, and of an axis. */
const char *sweep_number_name(enum sweep_number n);
const char *sweep_number_title(enum sweep_number n);

/** Change options as a point has them. */
STATUS_MUST_CHECK enum status sweep_apply(struct cost_options *o, struct sweep_words *memory,
                                          const struct sweep *s, int point);

/**
 * Price all points; the same rows for any number of threads. A value that its key never takes fails; a
 * combination that cannot be, on this hardware, has a reason in its row. Free with sweep_rows_free.
 */
STATUS_MUST_CHECK enum status sweep_price(struct sweep_row **rows, const struct sweep *s,
                                          const struct cost_options *base);
void sweep_rows_free(struct sweep_row *rows, int count);

/** Read "energy_j,latency_s" or, against a number's own direction, "gbitops:least". NULL: the usual front,
 * least energy and latency for most bit operations, which stand in for accuracy. */
STATUS_MUST_CHECK enum status sweep_goals_read(struct sweep_goals *out, const char *text);

/** Set `pareto` of each row. */
STATUS_MUST_CHECK enum status sweep_front(struct sweep_row *rows, int count, const struct sweep_goals *g);

#endif
