/* energy/meter/meter.h - a network on a piece of hardware: what an iteration costs at given widths.
 *
 *     struct meter *m;
 *     TRY(meter_open(&m, &(struct meter_spec){&workload, &hardware, &constants, CONVENTION_TRUE}));
 *     TRY(meter_iteration(&cost, m, operands_of(5, 8), 128));
 *
 * Each distinct (layer shape, phase, widths, images) is counted once and remembered: a run of 64,000
 * iterations is a few hundred searches. The same meter serves a trainer that prices every step and a what-if
 * that prices none. One thread at a time may use a meter; it spreads new searches over all threads itself.
 */
#ifndef ENERGY_METER_METER_H
#define ENERGY_METER_METER_H

#include "energy/backends/backend.h"
#include "energy/workload/histogram.h"

struct meter;

/**
 * What is counted.
 *
 *            layers outside the schedule   first layer's backward-data   multiply-accumulates
 *     true   float32                       none                          those of the three products
 *     paper  at the scheduled widths       counted                       and 2 for each batch-norm output
 *
 * `paper` is the convention of the figures of CPT (energy/meter/bitops.h). Hardware is charged for the
 * products that there are: a batch norm's two operations and the first layer's backward-data are counted,
 * but cost nothing.
 */
enum convention { CONVENTION_TRUE, CONVENTION_PAPER, CONVENTIONS };

/** "true", "paper" */
const char *convention_name(enum convention c);
STATUS_MUST_CHECK enum status convention_find(enum convention *out, const char *name);

struct meter_spec {
    const struct workload *workload;
    const struct hardware *hardware;
    const struct constants *constants;
    enum convention convention;
};

/** What a training iteration, or a whole run, costs. Accelerator only, unless system knobs add the host. */
struct cost {
    struct counts counts;
    double energy_j, latency_s, dram_bytes;
};

/** Everything in `spec` is copied. */
STATUS_MUST_CHECK enum status meter_open(struct meter **out, const struct meter_spec *spec);
void meter_close(struct meter *m);

/** One layer's part (all its `count` instances) of one phase of an iteration on `images` examples; zero where
 * there is none. */
STATUS_MUST_CHECK enum status meter_layer(struct cost *out, struct meter *m, int layer, enum phase p,
                                          struct operands bits, int64_t images);

/** All layers and phases, all layers at the same widths; paper's bitops equal bitops_paper to the last
 * digit. */
STATUS_MUST_CHECK enum status meter_iteration(struct cost *out, struct meter *m, struct operands bits,
                                              int64_t images);

/** The same where each of the workload's layers has widths of its own. */
STATUS_MUST_CHECK enum status meter_iteration_layers(struct cost *out, struct meter *m,
                                                     const struct operands *layer, int64_t images);

/** A whole run; rows of the histogram are of the meter's workload. */
STATUS_MUST_CHECK enum status meter_run(struct cost *out, struct meter *m, const struct histogram *h);

/** a += times * b */
void cost_add(struct cost *a, const struct cost *b, double times);

/** The same counts at other prices: no search, no change of mapping. */
void cost_reprice(struct cost *c, const struct prices *p);

#endif
