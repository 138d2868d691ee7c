/* experiments/cost/cost_network.h - what is priced: a network of the program's own, or what a record
 * trained. */
#ifndef EXPERIMENTS_COST_COST_NETWORK_H
#define EXPERIMENTS_COST_COST_NETWORK_H

#include "experiments/cost/cost_run.h"

/** All that shapes a network. */
struct network {
    const char *model;
    struct shape shape;
    int classes;
    const struct recipe *recipe;
};

/** Shape and classes of a data set by its name; its files need not be there. Unknown ones: the nearest. */
STATUS_MUST_CHECK enum status network_data(struct network *n, const char *name);

/** Its layers. */
STATUS_MUST_CHECK enum status network_workload(struct workload *out, const struct network *n);

/** Network, iterations and labels of the record in `path` (a run directory or its file), into a case. */
STATUS_MUST_CHECK enum status cost_record_read(struct cost_case *c, const char *path);

/** "8", "3:8" or "float32" */
void cost_label_bits(char out[16], int least, int most);

#endif
