/* energy/backends/loopnest/loopnest_nested.h - inside of the loop-nest model: what each loop of a mapping
 * does on a layer. */
#ifndef ENERGY_BACKENDS_LOOPNEST_LOOPNEST_NESTED_H
#define ENERGY_BACKENDS_LOOPNEST_LOOPNEST_NESTED_H

#include "energy/backends/loopnest/loopnest.h"

struct nested {
    const struct loopnest_problem *problem;
    const struct loopnest_architecture *arch;
    const struct loopnest_mapping *mapping;
    double trips[LOOPNEST_LOOPS];      /* on average, partial tiles counted as they are */
    int64_t inside[LOOPNEST_LOOPS];    /* extent of the loop's dimension within one of its trips */
    double average_in[LOOPNEST_LOOPS]; /* the same, on average */
};

/** STATUS_INPUT: extents or stride below 1, multiply-accumulates beyond 2^53. */
STATUS_MUST_CHECK enum status nested_check(const struct loopnest_problem *p);

/** Fill trips, inside and average_in. STATUS_INPUT: loops that do not cover the layer. */
STATUS_MUST_CHECK enum status nested_measure(struct nested *n);

/** Steps of the array over all temporal loops: the fullest instance's. */
double nested_steps(const struct nested *n);

/** Instances of `level` in use, on average. */
double nested_instances(const struct nested *n, int level);

/** Words brought into one instance of `level` over the whole layer; of outputs: words that leave it. */
double nested_refilled(const struct nested *n, int level, enum loopnest_tensor t);

/** Different outputs that one instance of `level` ever holds. */
double nested_outputs(const struct nested *n, int level);

#endif
