/* sim/method/lr.h - learning-rate policies: lr = f(iteration).
 *
 * To add a policy: its function of the run's fraction r and its row in lr.c, its theory in tests/sim/test_lr.c.
 */
#ifndef SIM_METHOD_LR_H
#define SIM_METHOD_LR_H

#include "quant/status.h"

#include <stdint.h>

enum { LR_DROPS = 8 };

struct lr_type;

struct lr_spec {
    const struct lr_type *type;
    double initial;         /* > 0 */
    double drops[LR_DROPS]; /* piecewise: fractions of the run, ascending, in (0, 1) */
    int drop_count;
    double factor;         /* piecewise: lr is multiplied by this at each drop */
    double final_fraction; /* linear, cosine: lr at the end over initial */
    int64_t warmup;        /* iterations at `initial * warmup_fraction` */
    double warmup_fraction;
};

struct lr_type {
    const char *name, *formula, *source;
    double (*rate)(const struct lr_spec *s, double r); /* r = iteration / iterations in [0, 1) */
};

/** Learning rate of 0-based `iteration` of `iterations`. */
double lr_rate(const struct lr_spec *s, int64_t iteration, int64_t iterations);

/** Row by name; fails with the nearest known name. */
STATUS_MUST_CHECK enum status lr_find(const struct lr_type **out, const char *name);

const struct lr_type *lr_all(int *count);

#endif
