/* sim/layers/params.h - one walk over a graph's trained tensors, and sums of them.
 *
 * The order is the graph's: layers by node, each layer's parameters by number. Whatever visits parameters
 * (updates, checkpoints, digests, landscapes) goes this way.
 *
 *     for (struct param_at at = params_begin(g); at.param; params_next(&at))
 *         ... at.layer, at.param, at.id ...
 */
#ifndef SIM_LAYERS_PARAMS_H
#define SIM_LAYERS_PARAMS_H

#include "sim/layers/graph.h"

/** Where a walk stands. */
struct param_at {
    struct layer *layer;
    struct param *param; /* NULL behind the last one */
    uint32_t id; /* names its randomness: as long as the layer's number and its own in the layer stay */
    struct graph *graph; /* private, as what follows */
    int node, index;
};

struct param_at params_begin(struct graph *g);
void params_next(struct param_at *at);

/** Trained values in the graph. */
size_t params_size(struct graph *g);

/** out[params_size] = all values, in the order of the walk; and back. On the host. */
void params_copy(float *out, struct graph *g);
void params_set(struct graph *g, const float *values);

/** y[i] += a * x[i], one fma each; the sum of x[i] * y[i] in double, index order. Of vectors on the host. */
void params_axpy(float *y, float a, const float *x, size_t n);
double params_dot(const float *x, const float *y, size_t n);

#endif
