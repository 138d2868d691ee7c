/* sim/method/schedule.h - precision schedules: bits = f(iteration, epoch, layer, statistics).
 *
 * To add a schedule: its function and its row in schedule.c, its theory in tests/sim/test_schedule.c. A
 * schedule is a
 * controller: it may read what the run measured (struct schedule_point), and keeps no state of its own.
 */
#ifndef SIM_METHOD_SCHEDULE_H
#define SIM_METHOD_SCHEDULE_H

#include "quant/status.h"

#include <stdint.h>

/** Iterations and elements are numbered by 32 bits wherever randomness is named; it also keeps iteration *
 * cycles in 63 bits. */
#define SCHEDULE_ITERATIONS_MOST ((int64_t)1 << 32)

/** What to do with iterations that the cycles do not divide. */
enum remainder {
    REMAINDER_STRETCH, /* cycles as even as integers allow; the last iteration is at the top */
    REMAINDER_LEFTOVER /* as published: cycles of floor(T/N), the rest opens one more at the bottom */
};

struct schedule_type;

struct schedule_spec {
    const struct schedule_type *type;
    int bits_min, bits_max; /* 2..32, or 0 0: float32 */
    int cycles;             /* >= 1 */
    enum remainder remainder;
};

/** Where a run stands: what a schedule may look at. */
struct schedule_point {
    int64_t iteration, iterations; /* 0-based; total */
    int64_t epoch;
    int layer;   /* -1: one width for all layers */
    double loss; /* of the previous iteration; NaN before the first */
};

struct schedule_type {
    const char *name, *formula, *source;
    double (*bits)(const struct schedule_spec *s, const struct schedule_point *p); /* before rounding */
};

/** Bits at a point: rint (to even) of the schedule's formula. */
int schedule_bits(const struct schedule_spec *s, const struct schedule_point *p);

/** Cycle number and position in it, u in [0, 1] (1 only where a cycle is stretched): also what the record
 * stores. */
double schedule_phase(int64_t *cycle, const struct schedule_spec *s, const struct schedule_point *p);

/** Row by name; fails with the nearest known name. */
MUST_CHECK enum status schedule_find(const struct schedule_type **out, const char *name);

/** Check ranges (bits 2..32, min <= max, 1 <= cycles <= iterations); `where` begins the sentence, e.g.
 * "forward". */
MUST_CHECK enum status schedule_check(const struct schedule_spec *s, int64_t iterations, const char *where);

/** All rows; *count is set. */
const struct schedule_type *schedule_all(int *count);

#endif
