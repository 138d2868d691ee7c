/* energy/workload/histogram.h - how many iterations of a run have which widths: all that a cost needs of
 * a run. */
#ifndef ENERGY_WORKLOAD_HISTOGRAM_H
#define ENERGY_WORKLOAD_HISTOGRAM_H

#include "energy/workload/workload.h"
#include "sim/method/schedule.h"

/** Zero-initialize; free with histogram_free. Rows are in the order in which they were first met. */
struct histogram {
    struct histogram_row {
        struct operands bits;
        int64_t images; /* of one iteration */
        int64_t iterations;
    } * rows;
    int count;
};

/** A schedule of `iterations` iterations of `images` each; `out` is filled anew. */
MUST_CHECK enum status histogram_of_schedules(struct histogram *out, int64_t iterations, int64_t images,
                                              const struct schedule_spec *forward,
                                              const struct schedule_spec *backward);

/** Count `iterations` more of (bits, images): what a record's rows add up to. */
MUST_CHECK enum status histogram_add(struct histogram *h, struct operands bits, int64_t images,
                                     int64_t iterations);

void histogram_free(struct histogram *h);

#endif
