/* sim/layers/layer.h - what a layer is: five functions over tensors that the graph owns.
 *
 * A layer knows shapes and arithmetic; bits come with each pass, memory from the graph, threads from the
 * kernels' callers. Tensors are float32 [n][h][w][c] and know the range of their values, because whoever
 * writes a tensor sees every element anyway.
 */
#ifndef SIM_LAYERS_LAYER_H
#define SIM_LAYERS_LAYER_H

#include "sim/base/arena.h"
#include "sim/kernels/kernels.h"
#include "sim/method/recipe.h"

#include <omp.h>

enum { LAYER_INPUTS = 2, LAYER_PARAMS = 2, LAYER_BUFFERS = 2, NAME_LENGTH = 48 };

/** Shape of one example: [h][w][c]. */
struct shape {
    int h, w, c;
};

static inline size_t shape_size(struct shape s)
{
    return (size_t)s.h * (size_t)s.w * (size_t)s.c;
}

struct layer;

/** A batch norm's output that was not written: its only reader makes each image's codes of it at once, in one
 * pass over y instead of two over the output (kernels.norm_encode). */
struct deferred {
    const float *y;             /* [n][h][w][c] */
    const float *scale, *shift; /* [c] */
    uint8_t *positive;          /* [n][mask_bytes], written on the way */
    size_t mask_bytes;
    bool relu;
    float ceiling;
};

/** A batch of examples and what its writer was asked to note about it. */
struct tensor {
    float *data; /* [n][h][w][c] */
    struct shape shape;
    bool wants_range;                /* a reader quantizes it: */
    struct range range;              /* of all values of the batch; set by the writer */
    const struct layer *coder;       /* its only reader, if that may make codes of it; else NULL */
    const struct deferred *deferred; /* NULL, or what this pass has instead of data; set by the writer */
    /* at: NULL, or [n][CONV_NOTES][c], about each image and channel, by the writer */
    struct conv_notes notes;
};

/** A trained tensor: float32 master values, gradient and momentum, all [size]. */
struct param {
    char name[NAME_LENGTH]; /* within the layer, e.g. "weight" */
    float *value, *grad, *momentum;
    size_t size;
    size_t row; /* of its innermost axis: blocks of a number format do not cross it */
};

/** A tensor that is updated but not trained: running statistics. Part of the state, [size]. */
struct buffer {
    char name[NAME_LENGTH];
    float *value;
    size_t size;
};

/** What follows a batch norm: nothing, max(z, 0), or min(max(z, 0), 6). */
enum activation { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_RELU6 };

/** What a layer computes. LAYER_OTHER: nothing that those who read facts know. */
enum layer_kind {
    LAYER_OTHER,
    LAYER_CONV,
    LAYER_LINEAR,
    LAYER_NORM, /* with the residual addition and the activation that are part of it */
    LAYER_AVERAGE_POOL,
    LAYER_MAX_POOL,
    LAYER_KINDS
};

/** What a layer tells about itself, for those who read graphs without running them: initial values, costs,
 * records. Members that a kind does not have are 0. */
struct layer_facts {
    enum layer_kind kind;
    struct shape in, out;
    double macs;                   /* multiply-accumulates of the forward product of one example */
    const struct conv_shape *conv; /* of a convolution, which owns it */
    bool residual;                 /* of a batch norm */
    enum activation activation;    /* likewise */
    int window_h, window_w;        /* of a pooling */
    int window_stride;
};

/** What the last pass saw in one quantized layer, for the record. */
struct layer_trace {
    struct range activation, error, weight;                     /* measured; weight: over all channels */
    uint64_t clipped_activation, clipped_error, clipped_weight; /* elements moved by the clamp */
    bool floored_activation, floored_error;                     /* the 1e-8 floor was the scale */
    int floored_channels;                                       /* of the weight */
};

/** Everything a pass over the graph needs to know beyond the tensors. */
struct pass {
    const struct kernels *kernels;
    const struct recipe *recipe;
    int n;             /* examples in this batch, <= the planned batch */
    int forward_bits;  /* of weights and activations; 0: float32 */
    int backward_bits; /* of errors; 0: float32 */
    bool training;     /* batch statistics and measured ranges, or running ones */
    uint64_t seed;
    uint32_t step;  /* names the randomness */
    void **scratch; /* [threads]: each thread's own */
    void *shared;   /* one for all threads, free between layers */
    int threads;
};

/** What drives and names the quantizers of a pass. */
static inline struct role_moment pass_moment(const struct pass *p)
{
    return (struct role_moment){p->forward_bits, p->backward_bits, p->seed, p->step, p->threads};
}

/** What memory a layer must be ready for. */
struct plan {
    const struct kernels *kernels;
    int batch;            /* largest number of examples */
    int forward_bits_max; /* largest widths that a pass may ask for; 0: float32 only */
    int backward_bits_max;
    const struct recipe *recipe; /* whose roles may keep decoded values; NULL: none do */
    bool training;
    int threads;
};

/* To add a layer: a file layer_NAME.c with its const struct layer_type, its init function in
 * sim/layers/layers.h, its gradient check in tests/sim/test_layers.c. Models call the init functions;
 * nothing else needs to know. */
struct layer_type {
    const char *name;
    /** Claim memory from `run` (called twice: measuring, placing); set scratch_bytes and shared_bytes. */
    void (*plan)(struct layer *l, const struct plan *p, struct arena *run);
    /** out from in[0..inputs-1], and what out wants noted. */
    void (*forward)(struct layer *l, struct tensor *out, struct tensor *const in[], const struct pass *p);
    /** din[i] (added to where add[i]; NULL: not wanted) and the params' gradients from dout. dout may be
     * destroyed. */
    void (*backward)(struct layer *l, struct tensor *const din[], const bool add[], struct tensor *dout,
                     struct tensor *const in[], const struct pass *p);
    /** Fill in `out`, which is zero but for its shapes. NULL: a layer of kind LAYER_OTHER. */
    void (*facts)(struct layer_facts *out, const struct layer *l);
};

struct layer {
    const struct layer_type *type;
    char name[NAME_LENGTH]; /* as in the published state dictionary, e.g. "group1_layer0.conv1" */
    struct shape in, out;
    int inputs;             /* 1 or 2 */
    bool keeps_input;       /* backward reads in[0]: the graph must not reuse its memory */
    bool quantized;         /* takes part in the precision schedule */
    bool may_defer;         /* out may be deferred: in[0] then lives until out's reader has run */
    bool takes_deferred;    /* in[0] may be deferred */
    bool notes_input;       /* in[0]'s writer, a convolution, must leave its notes (batch norm) */
    bool wants_error_range; /* backward quantizes dout */
    struct param params[LAYER_PARAMS];
    int param_count;
    struct buffer buffers[LAYER_BUFFERS];
    int buffer_count;
    size_t scratch_bytes; /* per thread */
    size_t shared_bytes;
    uint32_t id; /* names the layer's randomness; set by the graph */
    struct layer_trace trace;
};

struct layer_facts layer_facts_of(const struct layer *l);

#endif
