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
    bool decoded;          /* in it the operands were decoded values, because a role asks for it */
    bool decodes;          /* x_saved has room for them */
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
    return c->forward_bits > 0 && c->forward_bits <= AFFINE_CODE_BITS && !c->decoded;
}

/** Bytes of one saved element at these bits. */
static inline size_t conv_saved_bytes(int bits, bool decodes)
{
    return bits > AFFINE_CODE_BITS || decodes ? sizeof(float) : code_bytes(bits);
}

/** The setting of a role while this pass quantizes; the recipe's own way in a float32 pass. */
static inline const struct role_setting *conv_role(const struct conv *c, enum role role, const struct pass *p)
{
    static const struct role_setting own = {.way = ROLE_RECIPE};
    return c->forward_bits > 0 ? &p->recipe->role[role] : &own;
}

/* --- operands in number formats: layer_conv_role.c --- */

/** w_decoded: the weights by the role's setting, which is not the recipe's own. */
void conv_role_weights(struct conv *c, const struct pass *p);

/** x_saved: the batch by the role's setting, which is not the recipe's own. */
void conv_role_input(struct conv *c, const struct tensor *in, const struct pass *p);

/** The error in place, by the role's setting, which is not the recipe's own. */
void conv_role_error(struct conv *c, struct tensor *dout, const struct pass *p);

/* --- products in modelled accumulators: layer_conv_sum.c --- */

/** Bytes of scratch per thread that they need. */
size_t conv_sum_bytes(const struct conv *c, int batch);

/** out from x[n][h][w][c] and w_decoded; out->sums too if `sums`. */
void conv_sum_forward(struct conv *c, struct tensor *out, bool sums, const float *x, const struct pass *p);

/** din from the error e[n][oh][ow][k] and w_decoded; added to it if `add`. */
void conv_sum_data(struct conv *c, struct tensor *din, bool add, const float *e, const struct pass *p);

/** The weight gradient from x and e. */
void conv_sum_weights(struct conv *c, const float *x, const float *e, const struct pass *p);

/** Bytes of scratch per thread: the kernels' own, one decoded image of input and of error, one filter's
 * codes. */
size_t conv_thread_bytes(const struct conv *c, const struct plan *p);

/** Bytes of shared scratch that backward needs: error codes, per-thread sums, correction sums. */
size_t conv_backward_bytes(const struct conv *c, const struct plan *p);

/** layer_type.backward of the convolution. */
void conv_backward(struct layer *l, struct tensor *const din[], const bool add[], struct tensor *dout,
                   struct tensor *const in[], const struct pass *p);

#endif
