/* experiments/run/pricing.h - what a training run costs on the hardware that its experiment file names.
 *
 * The run only watches itself: no result depends on the hardware, which has no part in the configuration's
 * hash. Products are priced as they are computed (CONVENTION_TRUE), while `bitops` stays the paper's count.
 */
#ifndef EXPERIMENTS_RUN_PRICING_H
#define EXPERIMENTS_RUN_PRICING_H

#include "energy/meter/meter.h"
#include "experiments/config/config.h"
#include "experiments/record/record_columns.h"

enum { PRICING_REASON = 512 };

/** Zero-initialize; pricing_close frees. */
struct pricing {
    struct meter *meter; /* NULL: the run is not priced */
    struct hardware hardware;
    struct recipe recipe; /* whose roles say how wide operands are: experiments/cost/cost_roles.h */
    char *text;           /* the hardware's knobs, as a hardware file */
    char sha256[DIGEST_SIZE];
    char refusal[PRICING_REASON]; /* why a run that should be priced is not; "" otherwise */
};

/** Is there the hardware that a configuration names? */
STATUS_MUST_CHECK enum status pricing_check(const struct config *c);

/**
 * Load c->hardware and try the run's widest iteration on it. A hardware that cannot be read fails; one that
 * cannot compute the network (a buffer is too small, say) leaves its reason in `refusal`: that is no cause to
 * keep a run from training.
 */
STATUS_MUST_CHECK enum status pricing_open(struct pricing *p, const struct config *c, const struct graph *g);
void pricing_close(struct pricing *p);

/**
 * Fill in what the row's step costs: bit operations in the paper's convention, of the widths that the schedule
 * gave; energy, latency and DRAM bytes of the operands as the recipe's roles make them, zero where the run is
 * not priced.
 */
STATUS_MUST_CHECK enum status pricing_step(struct pricing *p, struct run_row *row, const struct graph *g);

/** The cost of the whole run at its largest widths throughout, `images` in the training set. */
STATUS_MUST_CHECK enum status pricing_static(struct cost *out, struct pricing *p, const struct train_spec *t,
                                             int64_t epoch_length, int64_t images);

#endif
