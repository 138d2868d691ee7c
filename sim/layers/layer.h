/* sim/layers/layer.h - what a layer is: a few functions over tensors that the graph owns.
 *
 * A layer knows shapes and its method: which operation of the device (sim/device/device.h) comes when. Widths
 * come with each pass, memory from the graph. It knows no thread, no instruction set and no cost, and it never
 * looks at what a pointer marked [device] points to. Tensors are float32 [n][h][w][c], or integers where the
 * input of a network is tokens.
 */
#ifndef SIM_LAYERS_LAYER_H
#define SIM_LAYERS_LAYER_H

#include "sim/base/arena.h"
#include "sim/base/shape.h"
#include "sim/device/device.h"
#include "sim/method/recipe.h"
#include "sim/method/widths.h"

/* The most that one layer may have. Nothing but memory depends on them: randomness is named apart. */
enum {
    LAYER_INPUTS = 4,
    LAYER_PARAMS = 8,
    LAYER_BUFFERS = 4,
    LAYER_CARRIES = 2,
    PARAM_STATES = 2,
    NAME_LENGTH = 48
};

struct layer;

/** A batch of examples and what its writer was asked to note about it. */
struct tensor {
    float *data;         /* [device][n][h][w][c] */
    int *tokens;         /* [device][n][h][w][c] instead, where a network reads integers */
    struct shape shape;  /* of one example */
    struct range *range; /* [device] of all values of the batch, set by the writer; NULL: nobody asks */
    double *notes;       /* [device][n][CONV_NOTES][c] about each image and channel, by the writer, or NULL */
    bool note_ends;      /* smallest and largest, too */
    const struct layer *coder;       /* its only reader, if that may make codes of it; else NULL */
    const struct deferred *deferred; /* NULL, or what this pass has instead of data; set by the writer */
};

/** A trained tensor: float32 master values, gradient, what the optimizer keeps; all [device][size]. */
struct param {
    char name[NAME_LENGTH]; /* within the layer, e.g. "weight" */
    float *value, *grad, *state[PARAM_STATES];
    float *mask; /* [device][size] NULL, or 0 where value and states are 0 and stay so; see params_mask */
    size_t size;
    size_t row; /* of its innermost axis: blocks of a number format do not cross it */
};

/** A tensor that is updated but not trained: running statistics. Part of the state, [device][size]. */
struct buffer {
    char name[NAME_LENGTH];
    float *value;
    size_t size;
};

/** Which of its states a layer goes on from: evaluations have their own and leave the training's alone. */
enum carry_use { CARRY_TRAINING, CARRY_EVALUATION, CARRY_USES };

/** What a layer carries from batch to batch of one epoch, or of one evaluation, beginning with zeros: example i of
 * a batch goes on from example i of the one before. Part of the state, [device][batch][size]. */
struct carry {
    char name[NAME_LENGTH];
    float *value[CARRY_USES]; /* [CARRY_TRAINING]: NULL unless planned for training */
    size_t size;              /* of one example */
};

/** What follows a batch norm: nothing, max(z, 0), or min(max(z, 0), 6). */
enum activation { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_RELU6 };

/** What a layer does. LAYER_OTHER: nothing that those who read facts know. */
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

/** What a layer does in a pass: see graph_skips. */
enum skip {
    SKIP_NOT,      /* it runs */
    SKIP_HANDS_ON, /* its second input stands for its output */
    SKIP_IDLE      /* nobody reads its output */
};

/** Everything a pass over the graph needs to know beyond the tensors. */
struct pass {
    struct device *device;
    const struct recipe *recipe;
    int n;                             /* examples in this batch, <= the planned batch */
    struct widths widths;              /* of every layer, */
    const struct widths *layer_widths; /* unless each has its own: [layers], by id */
    const enum skip *skips;            /* [layers], by id; NULL: all layers run */
    bool training;                     /* batch statistics and measured ranges, or running ones */
    uint64_t seed;
    uint32_t step; /* names the randomness */
};

/** What memory a layer must be ready for. */
struct memory_plan {
    struct device *device;
    int batch;            /* largest number of examples */
    int forward_bits_max; /* largest widths that a pass may ask for; 0: float32 only */
    int backward_bits_max;
    const struct recipe *recipe; /* whose roles may keep decoded values; NULL: none do */
    bool training;
    int states; /* of each parameter, as its optimizer asks; PARAM_STATES at most */
    bool masks; /* parameters have masks */
};

/* To add a layer: a file layer_NAME.c with its const struct layer_type, its init function in
 * sim/layers/layers.h, its gradient check in tests/sim/test_layers.c. Models call the init functions. If what it
 * tells of itself is of no kind there is (enum layer_kind), the kind: in the tables of models/init.c how its
 * parameters begin, in the takers of energy/workload/workload.c what it costs. */
struct layer_type {
    const char *name;
    /** Claim memory from `run` (called twice: measuring, placing); tell the device what it must be ready for. */
    void (*plan)(struct layer *l, const struct memory_plan *p, struct arena *run);
    /** out from in[0..inputs-1], and what out wants noted. */
    void (*forward)(struct layer *l, struct tensor *out, struct tensor *const in[], const struct pass *p);
    /** din[i] (added to where add[i]; NULL: not wanted) and the params' gradients from dout, which may be
     * destroyed. */
    void (*backward)(struct layer *l, struct tensor *const din[], const bool add[], struct tensor *dout,
                     struct tensor *const in[], const struct pass *p);
    /** Fill in `out`, which is zero but for its shapes. NULL: a layer of kind LAYER_OTHER. */
    void (*facts)(struct layer_facts *out, const struct layer *l);
};

struct layer {
    const struct layer_type *type;
    char name[NAME_LENGTH]; /* as in the published state dictionary, e.g. "group1_layer0.conv1" */
    struct shape in, out;   /* in: of the first input; the others have the shape of the output */
    int inputs;
    unsigned keeps;         /* bit j: backward reads in[j], so the graph must not reuse its memory */
    bool quantized;         /* takes part in the precision schedule */
    bool may_defer;         /* out may be deferred: in[0] then lives until out's reader has run */
    bool takes_deferred;    /* in[0] may be deferred */
    bool notes_input;       /* in[0]'s writer, a convolution, must leave its notes (batch norm) */
    bool wants_error_range; /* backward quantizes dout */
    bool hands_on; /* may be skipped: in[1], a residual of the shape of out, then stands for out, unchanged */
    struct param params[LAYER_PARAMS];
    int param_count;
    struct buffer buffers[LAYER_BUFFERS];
    int buffer_count;
    struct carry carries[LAYER_CARRIES];
    int carry_count;
    size_t shared_bytes;       /* that it needs while it runs; set by plan, */
    void *shared;              /* [device] one block for all layers, free between them */
    uint32_t id;               /* names the layer's randomness; set by the graph */
    struct layer_trace *trace; /* [device] of the last pass */
};

/** The widths of this layer in this pass. */
static inline struct widths pass_widths(const struct pass *p, const struct layer *l)
{
    return p->layer_widths ? p->layer_widths[l->id] : p->widths;
}

/** What drives and names the quantizers of this layer in this pass. */
static inline struct role_moment pass_moment(const struct pass *p, const struct layer *l)
{
    const struct widths w = pass_widths(p, l);
    return (struct role_moment){w.forward, w.backward, p->seed, p->step};
}

/** Does this layer run in this pass? One that does not keeps its parameters and buffers as they are. */
static inline bool pass_runs(const struct pass *p, const struct layer *l)
{
    return p->skips == NULL || p->skips[l->id] == SKIP_NOT;
}

struct layer_facts layer_facts_of(const struct layer *l);

#endif
