/* sim/layer_conv.h - the insides of the quantized convolution, for layer_conv.c and layer_conv_back.c only.
 *
 * Notation: q are codes, s scales, z zeros; X = sx qx + zx per tensor, W[o] = sw[o] qw + zw[o] per output
 * channel, E = se qe + ze per tensor. Weight and error codes are centered, q' = q - 2^(b-1), so that they fit
 * signed bytes; their zeros move along: z' = z + s 2^(b-1), in double.
 */
#ifndef SIM_LAYER_CONV_H
#define SIM_LAYER_CONV_H

#include "sim/layer_parts.h"

struct conv {
    struct layer base;
    struct conv_shape s;
    size_t in_size, out_size; /* per image */
    size_t filter;            /* weights of one output channel */

    /* saved from forward for backward */
    void *x_saved;         /* codes [n][h][w][c] of 1 or 2 bytes, or the decoded float32 above 16 bits */
    struct affine x;       /* of x_saved */
    int forward_bits;      /* of the last forward pass; 0: float32, nothing is saved */
    int16_t *w_codes;      /* [k][kernel][kernel][c/groups], centered */
    float *w_decoded;      /* the same, values; points to the master weights when forward_bits is 0 */
    float *w_values;       /* memory of w_decoded */
    void *packed;          /* weights in the kernels' order */
    double *alpha, *beta;  /* [k] */
    double *gamma;         /* [oh*ow][k] */
    struct affine *w;      /* [k] */
    struct range *w_range; /* [k] */
};

static inline struct conv *conv_of(struct layer *l)
{
    return (struct conv *)l;
}

/** True if the saved input is codes rather than decoded floats. */
static inline bool conv_saved_codes(const struct conv *c)
{
    return c->forward_bits > 0 && c->forward_bits <= AFFINE_CODE_BITS;
}

/** Bytes of one saved element at these bits. */
static inline size_t conv_saved_bytes(int bits)
{
    return bits > AFFINE_CODE_BITS ? sizeof(float) : code_bytes(bits);
}

/** Bytes of scratch per thread: the kernels' own, one decoded image of input and of error, one filter's
 * codes. */
size_t conv_thread_bytes(const struct conv *c, const struct plan *p);

/** Bytes of shared scratch that backward needs: error codes, per-thread sums, correction sums. */
size_t conv_backward_bytes(const struct conv *c, const struct plan *p);

/** layer_type.backward of the convolution. */
void conv_backward(struct layer *l, struct tensor *const din[], const bool add[], struct tensor *dout,
                   struct tensor *const in[], const struct pass *p);

#endif
