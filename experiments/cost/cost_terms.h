/* experiments/cost/cost_terms.h - words for what a cost is of. */
#ifndef EXPERIMENTS_COST_COST_TERMS_H
#define EXPERIMENTS_COST_COST_TERMS_H

#include "energy/hardware/hardware.h"

/** What a case's energy is of: "accelerator", or "accelerator and host". */
const char *cost_scope(const struct hardware *h);

/** What its mappings are best for: "latency", ... */
void cost_objective(char *out, size_t size, const struct hardware *h);

#endif
