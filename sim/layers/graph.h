/* sim/layers/graph.h - a network: layers in topological order, their tensors placed in memory by lifetime.
 *
 * Node i reads the outputs of earlier nodes (or the batch, GRAPH_INPUT) and writes one tensor. The memory
 * plan lets tensors share addresses when their lifetimes over forward and backward do not meet.
 */
#ifndef SIM_LAYERS_GRAPH_H
#define SIM_LAYERS_GRAPH_H

#include "sim/layers/layer.h"

enum { GRAPH_INPUT = -1 };

struct node {
    struct layer *layer;
    int input[LAYER_INPUTS]; /* node index or GRAPH_INPUT */
    bool add[LAYER_INPUTS];  /* a later node writes that input's gradient first: add to it */
    struct tensor out, dout;
};

struct graph {
    struct node *nodes;
    int count, capacity;
    struct shape input;
    struct tensor in; /* the batch, filled by the trainer; its range is set by graph_forward */
    struct plan plan;
    struct arena state;   /* run lifetime: parameters, statistics, saved codes */
    struct arena step;    /* step lifetime: tensors placed by lifetime */
    struct arena scratch; /* scratch lifetime: shared, then one piece per thread */
    void *shared;
    void **scratch_of; /* [threads] */
};

/** An empty graph for examples of shape `input`. */
void graph_init(struct graph *g, struct shape input);

/** Append a layer made by one of the layer_*_new functions (owned by g from now on); returns its node
 * index. */
int graph_add(struct graph *g, struct layer *l, int input0, int input1);

/** Shape of a node's output (or of the input). */
struct shape graph_shape(const struct graph *g, int node);

/** Place all memory; p->threads 0 means all that OpenMP has. */
MUST_CHECK enum status graph_plan(struct graph *g, const struct plan *p);

/** Bytes that graph_plan placed. */
size_t graph_bytes(const struct graph *g);

/** Run all layers on g->in (its first p->n examples); returns the last node's output (the logits). */
struct tensor *graph_forward(struct graph *g, const struct pass *p);

/** Complete a pass: the graph's kernels, scratch and threads. The caller has set the rest. */
void graph_pass(struct pass *p, const struct graph *g);

/** Gradients of all params, from the last node's dout (written by the loss). */
void graph_backward(struct graph *g, const struct pass *p);

/** One node's part of it; nodes come last to first. data = false: only its params' gradients, as often as
 * wanted. */
void graph_backward_node(struct graph *g, int node, bool data, const struct pass *p);

void graph_free(struct graph *g);

#endif
