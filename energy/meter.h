/* energy/meter.h - a network on a piece of hardware: what an iteration costs at given widths.
 *
 *     struct meter *m;
 *     TRY(meter_open(&m, &workload, &hardware, &constants));
 *     TRY(meter_iteration(&cost, m, (struct widths){5, 8}, 128));
 *
 * Each distinct (layer shape, phase, widths, images) is counted once and remembered: a run of 64,000
 * iterations is a few hundred searches. The same meter serves a trainer that prices every step and a what-if
 * that prices none.
 */
#ifndef ENERGY_METER_H
#define ENERGY_METER_H

#include "energy/backend.h"
#include "sim/schedule.h"

struct meter;

/** What a training iteration, or a whole run, costs. Accelerator only, unless system knobs add the host. */
struct cost {
    struct counts counts;
    double energy_j, latency_s, dram_bytes;
};

/** The workload and the hardware are copied. */
MUST_CHECK enum status meter_open(struct meter **out, const struct workload *w, const struct hardware *h,
                                  const struct constants *k);
void meter_close(struct meter *m);

/** One layer's part of one phase of an iteration on `images` examples; zero where there is none. */
MUST_CHECK enum status meter_layer(struct cost *out, struct meter *m, int layer, enum phase p,
                                   struct widths bits, int64_t images);

/** All layers and phases. */
MUST_CHECK enum status meter_iteration(struct cost *out, struct meter *m, struct widths bits, int64_t images);

/** How many iterations of a run have which widths: what a schedule, or a record, comes down to. */
struct histogram {
    struct histogram_row {
        struct widths bits;
        int64_t images; /* of one iteration */
        int64_t iterations;
    } * rows;
    int count;
};

MUST_CHECK enum status histogram_of_schedules(struct histogram *out, int64_t iterations, int64_t images,
                                              const struct schedule_spec *forward,
                                              const struct schedule_spec *backward);
/** Count `iterations` more of (bits, images). */
MUST_CHECK enum status histogram_add(struct histogram *h, struct widths bits, int64_t images,
                                     int64_t iterations);
void histogram_free(struct histogram *h);

/** A whole run. */
MUST_CHECK enum status meter_run(struct cost *out, struct meter *m, const struct histogram *h);

/** The same counts at other prices: no search, no change of mapping. */
void cost_reprice(struct cost *c, const struct prices *p);

#endif
