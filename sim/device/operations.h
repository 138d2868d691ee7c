/* sim/device/operations.h - the arguments of operations on whole batches, outputs first.
 *
 * Pointers marked [device] lie in a device's memory; everything else is plain numbers on the host. What an
 * operation does is said here; what its bits are, by the CPU's (sim/device/cpu) and by `ref` (sim/kernels).
 */
#ifndef SIM_DEVICE_OPERATIONS_H
#define SIM_DEVICE_OPERATIONS_H

#include "quant/affine.h"
#include "quant/quantizer.h"
#include "quant/random.h"
#include "sim/base/shape.h"
#include "sim/kernels/kernels.h"

/* --- what operations share --------------------------------------------------------------------- */

/** What the last pass saw in one quantized layer, for the record. Lives on the device. */
struct layer_trace {
    struct range activation, error, weight;                     /* measured; weight: over all channels */
    uint64_t clipped_activation, clipped_error, clipped_weight; /* elements moved by the clamp */
    bool floored_activation, floored_error;                     /* the recipe's floor was the scale */
    int floored_channels;                                       /* of the weight */
};

/** A batch norm's output that was not written: its only reader makes each image's codes of it at once, in one
 * pass over y instead of two over the output (kernels.norm_encode). Pointers [device]. */
struct deferred {
    const float *y;             /* [n][h][w][c] */
    const float *scale, *shift; /* [c] */
    uint8_t *positive;          /* [n][mask_bytes], written on the way */
    size_t mask_bytes;
    bool relu;
    float ceiling; /* INFINITY: none */
};

/** The published quantizer's settings, without the range. */
struct affine_rule {
    int bits;
    enum division division;
    float floor;
};

/* --- range, quantizing --------------------------------------------------------------------------- */

/** *out covers x[n][each]; a zero bound is +0. */
struct range_op {
    struct range *out; /* [device] */
    const float *x;    /* [device] */
    int n;
    size_t each;
};

/**
 * y = Q(x), or codes = Q(x) on the grid of `map`, over rows of a tensor (blocks of a format begin anew in each
 * row). Formats that look at the whole tensor measure it, from *known where that is given.
 */
struct quantize_op {
    float *y;           /* [device][rows][row]; may be x; not with codes */
    void *codes;        /* [device] NULL, or 1 or 2 bytes each by code_bytes(map.bits) */
    uint64_t *overflow; /* [device] NULL, or how many elements overflowed; 0 for formats that scale to fit */
    const float *x;     /* [device] */
    size_t rows, row;
    const struct range *known; /* [device] NULL, or the range of x */
    struct quantizer quantizer;
    struct affine map;      /* codes: the grid, */
    struct affine *map_out; /* [device] which is told here */
    struct random_name random;
};

/** What is told of an operand that a role quantizes: its range, nothing clipped or floored yet. */
struct trace_weights_op {
    struct layer_trace *trace; /* [device] */
    const float *value;        /* [device][size]: measured here */
    size_t size;
};

struct trace_range_op {
    struct layer_trace *trace; /* [device] */
    const struct range *range; /* [device] */
};

/* --- convolution --------------------------------------------------------------------------------- */

/** What a convolution asks of the device's scratch: told before device_settle. */
struct conv_needs {
    struct conv_shape shape;
    int batch;
    bool training;
    bool flips;       /* conv_int_data */
    bool accumulates; /* conv_sum_* */
};

/** A convolution's weights in the forms that its products read. All [device]. */
struct conv_weights {
    int16_t *codes;       /* [k][kernel][kernel][c/groups], centered */
    int16_t *flipped;     /* NULL, or codes as conv_int_data reads them */
    float *values;        /* decoded */
    struct affine *map;   /* [k]; all the same where `shared` */
    struct range *range;  /* [k] of the master weights */
    void *packed;         /* in the order of the device's product */
    double *alpha, *beta; /* [k]; if it flips [c], too: coefficients of the epilogue */
    double *gamma;        /* [oh*ow][k]; if it flips [h*w][c], too */
};

/** Codes or values of a batch, with the map of the codes. All [device]. */
struct conv_operand {
    void *data;         /* codes of code_bytes(bits), or float32 if bits is 0 */
    struct affine *map; /* of the codes */
    int bits;           /* of the codes; 0: values */
};

/** Per filter range, map, decoded values; up to AFFINE_CODE_BITS also centered codes. Fills the trace. */
struct conv_weights_op {
    struct conv_weights w;
    struct layer_trace *trace; /* [device] */
    const float *value;        /* [device] master weights */
    const struct conv_shape *shape;
    struct affine_rule rule;
};

/** Centered codes of w.values, which are on the grid of `map`, the same for all filters. */
struct conv_weights_grid_op {
    struct conv_weights w;
    const struct conv_shape *shape;
    struct affine map;
};

/**
 * The activation's map. Training: of *range, which also feeds the running zero and width; otherwise of those.
 * Fills trace->activation and floored_activation.
 */
struct conv_input_map_op {
    struct affine *map;        /* [device] */
    float *zero, *width;       /* [device] running */
    struct layer_trace *trace; /* [device] */
    const struct range *range; /* [device] of the batch; read when training */
    bool training;
    double momentum; /* weight of the old running value */
    struct affine_rule rule;
};

/** x (or a deferred norm's output) to codes under x.map, or above AFFINE_CODE_BITS to decoded values. */
struct conv_input_op {
    struct conv_operand x;
    uint64_t *clipped;               /* [device] */
    const float *in;                 /* [device][n][h][w][c] */
    const struct deferred *deferred; /* NULL, or instead of `in` */
    const struct conv_shape *shape;
    int n;
    int bits; /* of the map */
};

/** The three forward products. What is noted: sums for a batch norm. */
struct conv_forward_op {
    float *y;            /* [device][n][oh][ow][k] */
    double *notes;       /* [device] NULL, or [n][CONV_NOTES][k] */
    bool note_ends;      /* smallest and largest, too */
    struct range *range; /* [device] NULL, or of y */
    struct conv_weights w;
    const float *w_values;              /* [device] the float products' weights: w.values or the masters */
    int w_bits;                         /* of w.codes */
    struct conv_operand x;              /* data: codes (int), or codes or values (float, sum) */
    const struct conv_input_op *encode; /* NULL, or what makes x.data on the way */
    const struct conv_shape *shape;
    int n;
};

/** The error's map of *range, and codes; above AFFINE_CODE_BITS, or where `values` are asked for, decoded values
 * in place. Fills the trace. */
struct conv_error_op {
    struct conv_operand e;
    float *error;              /* [device][n][oh][ow][k]; receives the values above AFFINE_CODE_BITS */
    struct layer_trace *trace; /* [device] */
    const struct range *range; /* [device] of the error */
    const struct conv_shape *shape;
    int n;
    struct affine_rule rule;
    bool values;
    bool stochastic;
    struct random_name random;
};

/** Gradient of the weights; e.bits 0: the error's values stand in e.data. */
struct conv_backward_weights_op {
    float *grad; /* [device] */
    struct conv_operand x, e;
    const struct conv_shape *shape;
    int n;
};

/** Gradient of the input. */
struct conv_backward_data_op {
    float *dx; /* [device][n][h][w][c] */
    bool add;
    struct range *range; /* [device] NULL, or of dx */
    struct conv_weights w;
    const float *w_values; /* [device] */
    int w_bits;            /* conv_int_data: of w.codes, which have one map */
    struct conv_operand e;
    const struct conv_shape *shape;
    int n;
};

struct accumulator;

/** A modelled accumulator for the sums of conv_sum_*; random bits are named by (seed, use, step, layer). */
struct conv_sums {
    const struct accumulator *accumulator;
    uint64_t seed;
    uint32_t step, layer;
};

/* --- products of two activations ----------------------------------------------------------------- */

/**
 * A matrix product of each example: out[n][i][j] = scale * sum over k of a[n][i][k] b[n][j][k]. A transposed
 * operand is stored [n][k][i], or [n][k][j]; so the two gradients are products as well:
 *
 *     da[n][i][k] = scale * sum over j of dout[n][i][j] b[n][j][k]     b transposed
 *     db[n][j][k] = scale * sum over i of dout[n][i][j] a[n][i][k]     both transposed
 *
 * Where both operands are codes the sums are exact, sa sb S + sa zb A + za sb B + za zb K with integers S, A, B,
 * in double from left to right; otherwise values (codes decoded) go through float32 fused multiply-adds in the
 * order of k, from 0. Then scale, in double, one rounding to float32, and where `add` is set one addition.
 */
struct product_op {
    float *out; /* [device][n][rows][columns] */
    bool add;
    struct range *range; /* [device] NULL, or of out */
    struct conv_operand a, b;
    bool a_transposed, b_transposed;
    int n, rows, columns, length; /* examples, i, j, k */
    double scale;
};

/* --- batch norm ---------------------------------------------------------------------------------- */

/** A batch norm's memory; all [device]. */
struct norm_memory {
    const float *weight, *bias;                 /* [c] */
    float *weight_grad, *bias_grad;             /* [c] */
    float *running_mean, *running_var;          /* [c] */
    double *inverse_std;                        /* [c] of the last training pass */
    float *mean, *scale, *shift, *ka, *kb, *kc; /* [c] */
    double *sums;                               /* [n][2][c] of backward */
    uint8_t *positive;                          /* [n][mask_bytes]: where z > 0, and below the ceiling */
};

struct norm_shape {
    size_t pixels; /* of one image */
    int c;
    size_t mask_bytes;
    bool relu;     /* an activation follows */
    float ceiling; /* INFINITY, or 6: ReLU6 */
};

struct norm_forward_op {
    float *out;          /* [device][n][pixels][c]; NULL: deferred, only statistics and range */
    struct range *range; /* [device] of the output; empty if deferred and not training */
    struct norm_memory m;
    const float *y;        /* [device] */
    const double *notes;   /* [device][n][CONV_NOTES][c] of y: read when training */
    const float *residual; /* [device] NULL: none */
    struct norm_shape shape;
    int n;
    bool training; /* statistics of the batch, which feed the running ones; or the running ones */
};

struct norm_backward_op {
    float *dy;           /* [device] */
    struct range *range; /* [device] of dy */
    float *dresidual;    /* [device] NULL: none, or not wanted */
    bool add_residual;
    struct range *dresidual_range; /* [device] NULL: not wanted */
    struct norm_memory m;
    const float *dout, *y; /* [device] */
    struct norm_shape shape;
    int n;
};

/* --- skipped layers ------------------------------------------------------------------------------ */

/** A tensor handed on unchanged: out = in, or out += in, one rounding each. */
struct hand_on_op {
    float *out; /* [device][n][each] */
    bool add;
    struct range *range; /* [device] NULL, or of out */
    const float *in;     /* [device][n][each] */
    int n;
    size_t each;
};

/* --- pooling, linear, loss, update --------------------------------------------------------------- */

/** Mean over pixels; backward: its gradient. */
struct pool_op {
    float *out;          /* [device] forward [n][c], backward [n][pixels][c] */
    bool add;            /* backward */
    struct range *range; /* [device] NULL, or of out */
    const float *in;     /* [device] forward [n][pixels][c], backward [n][c] */
    size_t pixels;
    int c, n;
};

struct window {
    int kernel, stride, pad;
};

/** Largest of each window; backward: its gradient, to where the largest came from. */
struct maxpool_op {
    float *out; /* [device] */
    bool add;   /* backward */
    struct range *range;
    uint8_t *tap; /* [device][n][oh][ow][c]: written forward, read backward */
    const float *in;
    struct shape big, small; /* of the layer's input and output */
    struct window window;
    int n;
};

/** y = W x + b; sums in double, in index order. */
struct linear_op {
    float *y, *dx; /* [device] forward; backward: NULL, or the gradient of x */
    bool add;
    struct range *range;    /* [device] NULL, or of y (forward), dx (backward) */
    float *dweight, *dbias; /* [device] backward */
    const float *weight, *bias, *x, *dy;
    size_t inputs, outputs;
    int n;
};

/** What a batch of logits says; on the device. */
struct loss {
    double mean;     /* cross entropy, natural logarithm, averaged over the batch */
    int64_t correct; /* examples whose largest logit (the first, if several) is the label */
};

struct loss_op {
    struct loss *out;    /* [device] */
    double *each;        /* [device][n] the examples' own */
    float *dlogits;      /* [device] NULL, or the gradient of the mean */
    const float *logits; /* [device][n][classes] */
    const int *labels;   /* [device][n] */
    int n, classes;
};

/** A parameter and what its optimizer keeps of it. All [device][size]. Where the mask is 0, value and states are
 * 0 behind each half, whatever the rule has made of them. */
struct update {
    float *value, *grad, *state[2];
    size_t size;
    const float *mask; /* NULL: nothing is masked */
};

/** One half of an optimizer: elementwise, over elements [first, end) of one parameter. */
struct update_rule {
    const char *name;
    void (*run)(const struct update *u, size_t first, size_t end, const void *spec, double lr);
};

struct update_op {
    const struct update *parameter; /* [count], on the host */
    int count;
    const struct update_rule *rule;
    const void *spec; /* the optimizer's own */
    double lr;
};

#endif
