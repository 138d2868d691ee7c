/* energy/backends/backend.h - the interface of the cost models; energy/backends/backends.h has their table.
 */
#ifndef ENERGY_BACKENDS_BACKEND_H
#define ENERGY_BACKENDS_BACKEND_H

#include "energy/backends/roofline.h"
#include "energy/prices/counts.h"
#include "energy/prices/price.h"

struct backend {
    const char *name, *title, *source;
    bool operations_only; /* counts operations alone: nothing takes time or energy */
    bool times_itself;    /* has switches of its own for the seconds of leakage and background */
    /**
     * Count what one nest (all its instances) does on h. `p` is there for objectives that weigh energy; it
     * does not enter the counts otherwise. STATUS_INPUT where the nest does not fit: it says which buffer,
     * how many bytes it has and how many are needed.
     */
    enum status (*count)(struct counts *out, const struct nest *n, const struct hardware *h,
                         const struct prices *p);
};

/**
 * h's back end on a nest that nest_check has passed. Adds the seconds of the static components, which follow
 * from the cycles. STATUS_INPUT where the back end refuses, or beats the roofline: then it is wrong.
 */
STATUS_MUST_CHECK enum status backend_count(struct counts *out, const struct nest *n,
                                            const struct hardware *h, const struct prices *p);

/** The second half of it, for counts that come from elsewhere than the back end's search. */
STATUS_MUST_CHECK enum status backend_finish(struct counts *out, const struct nest *n,
                                             const struct hardware *h);

#endif
