/* sim/layers/graph_skip.h - what graph.c does at nodes that a pass skips. For graph.c only. */
#ifndef SIM_LAYERS_GRAPH_SKIP_H
#define SIM_LAYERS_GRAPH_SKIP_H

#include "sim/layers/graph.h"

/** Does a running node that comes earlier in backward write the gradient of node i's input j? skips: NULL, or as
 * in a pass. */
bool skip_adds(const struct graph *g, int i, int j, const enum skip *skips);

/** A node that does not run: hands its second input on, from `in` to its output, or its gradient back to `din`
 * (NULL: not wanted); nothing if it is idle. */
void skip_forward(struct graph *g, int i, const struct tensor *in, const struct pass *p);
void skip_backward(struct graph *g, int i, struct tensor *din, const struct pass *p);

#endif
