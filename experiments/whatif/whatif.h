/* experiments/whatif/whatif.h - questions about a priced run: what if a number were another one?
 *
 *     elasticity    what an answer changes by when a constant or a knob changes by one percent
 *     break-even    where in a knob's range the energy saving is as large as it should be
 *     Monte Carlo   what the constants' ranges leave of an answer, and of one answer beside another
 *     sweep         the answers at all combinations of some values: whatif_sweep.h
 *
 * Prices are linear in most constants. How a product's energy follows its widths (multiply_exponent,
 * add_exponent, bit_serial_overhead, the proportions of pe_fixed_*) is part of the counts: elasticities count
 * anew for these constants; draws keep the counts of the nominal ones and do not see it.
 *
 * An answer is a function of counts and prices. Where only prices change, counts stay: the mapping is the one
 * that was found at the nominal prices. Knobs that enter counts are counted anew, mapping and all. So are
 * break-even points, whatever the knob: what `cptsim cost` says at them is what was asked for.
 */
#ifndef EXPERIMENTS_WHATIF_WHATIF_H
#define EXPERIMENTS_WHATIF_WHATIF_H

#include "experiments/cost/cost_run.h"

/** Does a knob enter prices and nothing else, so that counts of a mapping stay as they are? */
bool whatif_is_price(const char *path);

/** Counts of a run, and of the same at its top widths. STATUS_INPUT for back ends that know no energy. */
struct whatif_counts {
    struct counts run, top;
};

STATUS_MUST_CHECK enum status whatif_count(struct whatif_counts *out, const struct cost_case *c);

/** Savings are percent of the run at its top widths. */
struct whatif_result {
    double energy_j, energy_saving, bitops_saving, latency_s;
};

/** These counts at the prices of a hardware and constants. */
struct whatif_result whatif_reprice(const struct whatif_counts *counts, const struct hardware *h,
                                    const struct constants *k);

/* --- elasticity --------------------------------------------------------------------------------------- */

/** Central differences over one percent up and down; zero where an answer does not depend on it. */
struct elasticity {
    const char *name;
    bool knob;      /* of the hardware; otherwise a constant */
    bool recounted; /* the mapping was searched again; otherwise the same counts were priced again */
    bool in_steps; /* of a recounted one: up and down differ, another mapping takes over within one percent */
    double value;
    double energy;  /* d ln(energy) / d ln(value): percent for a percent */
    double latency; /* the same of the latency */
    double saving;  /* points of the energy saving for a percent */
};

/** Of every constant and of every knob that is a real number, the largest of energy first. free() it. */
STATUS_MUST_CHECK enum status whatif_elasticity(struct elasticity **out, int *count,
                                                const struct cost_case *c);

/** Does it change any answer by more than rounding? */
bool elasticity_matters(const struct elasticity *e);

/* --- break-even --------------------------------------------------------------------------------------- */

enum { BREAK_EVEN_CURVE = 33 };

struct break_even_question {
    int knob;         /* a real one */
    double low, high; /* low < high */
    double target;    /* percent of energy to be saved; NaN: the saving of bit operations */
};

struct break_even {
    double target;
    struct break_even_point {
        double value, saving; /* saving NaN: impossible there */
        char reason[200];
    } curve[BREAK_EVEN_CURVE]; /* from low to high */
    struct break_even_root {
        double value, saving;
        bool is_jump; /* the saving passes the target without being equal to it: another mapping takes over */
    } root[BREAK_EVEN_CURVE];
    int roots;
};

/**
 * Every crossing that neighbours of the curve have between them, by bisection and inverse interpolation
 * (Brent's method). The curve is geometric where low is above 0. STATUS_INPUT if the whole curve is
 * impossible.
 */
STATUS_MUST_CHECK enum status whatif_break_even(struct break_even *out, const struct cost_case *c,
                                                const struct break_even_question *q);

/**
 * Read "knob" or "knob=low:high". Without a range: a hundredth to a hundred times of what it is, of an
 * automatic one 0.01 to 1000, within the knob's own limits. STATUS_USAGE for knobs that are not real numbers.
 */
STATUS_MUST_CHECK enum status break_even_read(struct break_even_question *out, const char *text,
                                              const struct hardware *h);

/* --- Monte Carlo -------------------------------------------------------------------------------------- */

struct constant_ranges {
    struct constants low, nominal, high;
};

/** Those of the table. */
struct constant_ranges constant_ranges_published(void);

/**
 * The constants of one sample: independent, each with a triangular density over its logarithm whose mode is
 * nominal, because published ranges are factors. A function of seed and sample alone.
 */
struct constants constants_draw(const struct constant_ranges *r, uint64_t seed, int sample);

/** The same for the prices that a hardware gives itself, within its tech.prices_within; knob by knob
 * alike. */
struct hardware hardware_draw(const struct hardware *h, uint64_t seed, int sample);

enum { MONTE_CARLO_CASES = 2, MONTE_CARLO_MOST = 10000000 };

/** What was drawn, case by case; the i-th samples of both have the same constants. */
struct monte_carlo {
    int samples, cases;
    struct monte_carlo_case {
        struct whatif_result nominal;
        double *energy_j, *energy_saving; /* [samples] */
    } of[MONTE_CARLO_CASES];
    double wins; /* share of the samples in which the first has the smaller energy, ties by half; NaN for one
                    case */
};

/** Zero-initialize `out`; free it with monte_carlo_free. */
STATUS_MUST_CHECK enum status whatif_monte_carlo(struct monte_carlo *out, const struct cost_case *const *c,
                                                 int cases, const struct constant_ranges *r, int samples,
                                                 uint64_t seed);
void monte_carlo_free(struct monte_carlo *m);

struct summary {
    double mean, low, median, high; /* low and high: quantiles 0.05 and 0.95 */
};

/** NaN if a sample is. */
STATUS_MUST_CHECK enum status monte_carlo_summary(struct summary *out, const double *value, int count);

#endif
