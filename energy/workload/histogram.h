/* energy/workload/histogram.h - how many iterations of a run have which widths: all that a cost needs of
 * a run. */
#ifndef ENERGY_WORKLOAD_HISTOGRAM_H
#define ENERGY_WORKLOAD_HISTOGRAM_H

#include "energy/workload/workload.h"
#include "sim/method/schedule.h"

/** Zero-initialize; free with histogram_free. Rows are in the order in which they were first met. */
struct histogram {
    struct histogram_row {
        struct operands *layer; /* [layers], in the workload's order */
        int layers;             /* 1: all layers alike */
        int64_t images;         /* of one iteration */
        int64_t iterations;
    } * rows;
    int count;
};

/** Widths of one of the workload's layers. */
static inline struct operands histogram_operands(const struct histogram_row *r, int layer)
{
    return r->layer[r->layers == 1 ? 0 : layer];
}

/** A schedule of `iterations` iterations of `images` each; `out` is filled anew. */
STATUS_MUST_CHECK enum status histogram_of_schedules(struct histogram *out, int64_t iterations,
                                                     int64_t images, const struct schedule_spec *forward,
                                                     const struct schedule_spec *backward);

/** Count `iterations` more of (bits, images), all layers alike: what a record's rows add up to. */
STATUS_MUST_CHECK enum status histogram_add(struct histogram *h, struct operands bits, int64_t images,
                                            int64_t iterations);

/** The same where each of `layers` layers has widths of its own. */
STATUS_MUST_CHECK enum status histogram_add_layers(struct histogram *h, const struct operands *layer,
                                                   int layers, int64_t images, int64_t iterations);

void histogram_free(struct histogram *h);

#endif
