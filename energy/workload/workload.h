/* energy/workload/workload.h - what a network computes, as a cost model sees it: layers as loop nests,
 * nothing else.
 *
 * A workload comes from a graph of sim's layers or from a file of layer shapes, so that networks which cannot
 * be trained here (VGG-16, AlexNet, anything from a paper) can be priced too. It knows no bits and no
 * hardware.
 */
#ifndef ENERGY_WORKLOAD_WORKLOAD_H
#define ENERGY_WORKLOAD_WORKLOAD_H

#include "sim/layers/graph.h"

#include <stdint.h>

/** What a layer does. To add a kind: a row here, in workload.c's table, its operations in operations.c. */
enum workload_kind {
    WORKLOAD_CONV, /* convolution; depthwise where groups = in_c; linear where all extents are 1 */
    WORKLOAD_NORM, /* batch norm, with the residual addition and the ReLU that are part of it */
    WORKLOAD_POOL, /* average or maximum over kernel_h x kernel_w */
    WORKLOAD_KINDS
};

/** One layer for one example. Extents are >= 1; products of all of them stay below 2^63 (checked). */
struct workload_layer {
    char name[NAME_LENGTH];
    enum workload_kind kind;
    int64_t count; /* equal layers that this one stands for */
    int64_t in_c, out_c, in_h, in_w, out_h, out_w, kernel_h, kernel_w, groups;
    int64_t stride;
    bool from_input;     /* reads the network's input: there is no error to pass on */
    bool quantized;      /* takes part in the precision schedule, or a batch norm: is read by one that does */
    bool residual, relu; /* of a batch norm */
    bool maximum;        /* of a pooling; otherwise the average */
};

struct workload {
    char name[NAME_LENGTH];
    struct workload_layer *layers;
    int count;
};

/** The layers of a graph, in order. Freed with workload_free. */
STATUS_MUST_CHECK enum status workload_of_graph(struct workload *out, const struct graph *g,
                                                const char *name);

/**
 * Read a table (energy/workload/lines.h) with the columns layer,count,K,O,S,IC,OC (and optionally B: ignored,
 * groups, quantized, from_input) and a row for each convolution or linear layer (K = O = S = 1). Failures name
 * file, line and column.
 */
STATUS_MUST_CHECK enum status workload_read(struct workload *out, const char *path);

void workload_free(struct workload *w);

/** What the forward pass of one example does, all `count` instances; exact below 2^53. */
struct work {
    double macs;          /* multiply-accumulates */
    double norm_elements; /* that batch norms write */
};

struct work work_of_workload(const struct workload *w);

/** The same of a layer and of a graph, whether or not a cost model knows its kind. */
struct work work_of_layer(const struct layer *l);
struct work work_of_graph(const struct graph *g);

/** Trained values of a layer and its instances: weights, or a batch norm's two for each channel. */
double workload_params(const struct workload_layer *l);

/** Elements of a layer's input and output, one example, one instance. */
double workload_inputs(const struct workload_layer *l);
double workload_outputs(const struct workload_layer *l);

/** Convolution or linear layer of K x K taps, O x O pixels, stride S, as layer files have it. */
struct workload_layer workload_layer_make(const char *name, int64_t count, int64_t k, int64_t o, int64_t s,
                                          int64_t in_c, int64_t out_c, int64_t groups);

/** STATUS_INPUT if an extent is < 1, groups do not divide the channels or a product would pass 2^63. */
STATUS_MUST_CHECK enum status workload_check(const struct workload_layer *l, const char *where);

/* --- one product ------------------------------------------------------------------------------------- */

/** The products of a training iteration, and what is done besides them. */
enum phase {
    PHASE_FORWARD,
    PHASE_BACKWARD_DATA,    /* error x weight; none for a layer that reads the network's input */
    PHASE_BACKWARD_WEIGHTS, /* error x activation */
    PHASE_ELEMENTWISE,      /* batch norm, ReLU, additions, pooling, forward and backward */
    PHASE_QUANTIZE,         /* ranges, encoding of weights, activations, errors */
    PHASE_UPDATE,           /* the optimizer */
    PHASES
};

/** "forward", "backward-data", ... */
const char *phase_name(enum phase p);

/**
 * One multiply-accumulate nest: for b, oc, ic, oy, ox, ky, kx of ONE group.
 *
 * Operand a is what batch and pixels index (activation or error), operand w what output channels index. Bits
 * are 1..64; `float32` says that both are binary32 and the bits are 32.
 */
struct nest {
    int64_t batch, in_c, out_c, out_h, out_w, kernel_h, kernel_w, stride;
    int64_t instances; /* how often: layers that are alike times groups */
    int input_bits, weight_bits;
    bool from_input; /* the operand a is the network's input (BitFusion lowers it by im2col) */
    bool float32;
    bool gradient; /* results are gradients of weights, not outputs of a layer: see nest_result_bits */
};

/** Widths of a layer's operands in one iteration; 0 is float32. */
struct operands {
    int activation, weight, error;
};

/** As a schedule has them: weights and activations `forward`, errors `backward`. */
static inline struct operands operands_of(int forward, int backward)
{
    return (struct operands){.activation = forward, .weight = forward, .error = backward};
}

bool operands_equal(struct operands a, struct operands b);

/** Are these of [layers] layers all the same? */
bool operands_alike(const struct operands *layer, int layers);

/**
 * The nest of a convolution's phase (the first three of enum phase); false where the phase has no product.
 *
 *     forward           as the layer;                                                   activation x weight
 *     backward-data     IC and OC exchanged, same pixels, stride 1 (a lower bound where the layer is
 *                       strided, or `zero_inserted`: stride^2 times the pixels, as plain implementations
 *                       do);                                                            error x weight
 *     backward-weights  a linear layer: batch OC, inputs batch x pixels, outputs K^2 IC; error x activation
 */
bool workload_nest(struct nest *out, const struct workload_layer *l, enum phase p, int64_t batch,
                   struct operands bits, bool zero_inserted);

/** batch * in_c * out_c * pixels * taps * instances. */
double nest_macs(const struct nest *n);

/** STATUS_INPUT if an extent is < 1, bits are outside 1..64 or a count would pass 2^63. */
STATUS_MUST_CHECK enum status nest_check(const struct nest *n, const char *name);

#endif
