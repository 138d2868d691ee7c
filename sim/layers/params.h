/* sim/layers/params.h - one walk over a graph's trained tensors and one over its whole state; sums of them.
 *
 * The order is the graph's: layers by node, each layer's parameters by number. Whatever visits parameters
 * (updates, landscapes, gradients) or the state (checkpoints, digests) goes this way.
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
    const struct graph *graph; /* private, as what follows */
    int node, index;
};

struct param_at params_begin(const struct graph *g);
void params_next(struct param_at *at);

/** Trained values in the graph, and in one of its layers. */
size_t params_size(const struct graph *g);
size_t params_of_layer(const struct layer *l);

/** out[params_size] = all values, in the order of the walk; and back. On the host. */
void params_copy(float *out, const struct graph *g);
void params_set(struct graph *g, const float *values);

/** Mask a parameter of a graph planned with masks: mask[size] on the host is 0 where value and states become 0
 * and stay so, 1 elsewhere. In a number format that has no 0, a masked master is what the format makes of 0. */
void params_mask(const struct graph *g, struct param *p, const float *mask);

/** All masks 1. */
void params_unmask(const struct graph *g);

/** y[i] += a * x[i], one fma each; the sum of x[i] * y[i] in double, index order. Of vectors on the host. */
void params_axpy(float *y, float a, const float *x, size_t n);
double params_dot(const float *x, const float *y, size_t n);

/* --- the whole state ----------------------------------------------------------------------------- */

/** What a tensor of the state is. */
enum state_kind { STATE_VALUE, STATE_OPTIMIZER, STATE_BUFFER, STATE_MASK, STATE_CARRY, STATE_KINDS };

/**
 * Where a walk over the state stands. A layer's parameters come by number, each followed by what the optimizer
 * keeps of it and by its mask, then the layer's buffers and
 * what it carries while training. What the plan gave no memory is passed over.
 *
 *     for (struct state_at at = state_begin(g); at.value; state_next(&at))
 */
struct state_at {
    struct layer *layer;
    enum state_kind kind;
    int slot;         /* STATE_OPTIMIZER: which of the optimizer's */
    const char *name; /* of the parameter or the buffer */
    float *value;     /* [device][size]; NULL behind the last one */
    size_t size;
    const struct graph *graph; /* private, as what follows */
    int node, index;
};

struct state_at state_begin(const struct graph *g);
void state_next(struct state_at *at);

#endif
