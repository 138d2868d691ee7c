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
    struct tensor in;  /* the batch, filled by graph_put; its range is measured by graph_forward */
    bool tokens;       /* the batch is integers */
    struct loss *loss; /* [device] of the last batch */
    double *losses;    /* [device][targets] */
    int *targets;      /* [device][targets]: one for each pixel of the last node's output */
    struct memory_plan plan;
    struct arena state; /* run lifetime: parameters, statistics, saved codes, ranges */
    struct arena step;  /* step lifetime: tensors placed by lifetime */
};

/** An empty graph for examples of shape `input`. */
void graph_init(struct graph *g, struct shape input);

/** Append a layer made by one of the layer_*_new functions (owned by g from now on); returns its node
 * index. */
int graph_add(struct graph *g, struct layer *l, int input0, int input1);

/** The same for any number of inputs: input[l->inputs]. */
int graph_add_inputs(struct graph *g, struct layer *l, const int input[]);

/** Shape of a node's output (or of the input). */
struct shape graph_shape(const struct graph *g, int node);

/** Place all memory on the plan's device, which must outlive the graph. */
STATUS_MUST_CHECK enum status graph_plan(struct graph *g, const struct memory_plan *p);

/** Targets of an example: one for each pixel of the logits. */
int graph_targets(const struct graph *g);

/** Give the network its batch: n examples of floats, or of integers where it reads tokens. */
void graph_put(struct graph *g, const void *input, int n);

/** The logits (or whatever the last node makes) of the last pass, on the host: out[n][its shape]. */
void graph_get(float *out, const struct graph *g, int n);

/** Bytes that graph_plan placed, the device's scratch included. */
size_t graph_bytes(const struct graph *g);

/**
 * Which layers a pass runs that skips some nodes: skips[count] for struct pass, from skip[count], by node. A node
 * may be skipped if its layer hands on (struct layer): it must have a second input of the shape of its output,
 * nobody may want notes of the output, and neither of the two may be left to its reader (tensor.coder); these
 * are the batch norms that end a residual block. Its second input then stands for its output, forward, and
 * takes all of its gradient, backward. Nodes of which nobody reads the output any more, those of the block
 * itself, are idle.
 */
void graph_skips(enum skip *skips, const struct graph *g, const bool *skip);

/** Run all layers on g->in (its first p->n examples); returns the last node's output (the logits). */
struct tensor *graph_forward(struct graph *g, const struct pass *p);

/**
 * Softmax cross entropy of the last pass against target[n][pixels of the logits]; the classes are the logits'
 * channels. gradient: also that of the mean, where backward begins. graph_loss_get waits for it.
 */
void graph_loss(struct graph *g, const int *target, int n, bool gradient);
struct loss graph_loss_get(const struct graph *g);

/** Gradients of all params, from the last node's dout (written by the loss). */
void graph_backward(struct graph *g, const struct pass *p);

/** One node's part of it; nodes come last to first. data = false: only its params' gradients, as often as
 * wanted. */
void graph_backward_node(struct graph *g, int node, bool data, const struct pass *p);

/** Begin anew with what layers carry from batch to batch: zeros. */
void graph_carry_drop(struct graph *g, enum carry_use use);

void graph_free(struct graph *g);

#endif
