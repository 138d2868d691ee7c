/* sim/layers/layer_conv.h - the insides of the quantized convolution, for layer_conv*.c only.
 *
 * Notation: q are codes, s scales, z zeros; X = sx qx + zx per tensor, W[o] = sw[o] qw + zw[o] per output
 * channel, E = se qe + ze per tensor. Weight and error codes are centered, q' = q - 2^(b-1), so that they fit
 * signed bytes; their zeros move along: z' = z + s 2^(b-1), in double.
 */
#ifndef SIM_LAYERS_LAYER_CONV_H
#define SIM_LAYERS_LAYER_CONV_H

#include "sim/layers/layer_parts.h"

struct conv {
    struct layer base;
    struct conv_shape s;
    size_t in_size, out_size; /* per image */
    size_t filter;            /* weights of one output channel */

    /* saved from forward for backward */
    void *x_saved;         /* codes [n][h][w][c] of 1 or 2 bytes, or the decoded float32 above 16 bits */
    struct affine x;       /* of x_saved */
    int forward_bits;      /* of the last forward pass; 0: float32, nothing is saved */
    bool x_coded, w_coded; /* in it x_saved, the weights were codes */
    bool w_shared;         /* the weights' codes have one map for all filters */
    bool decodes;     /* x_saved has room for decoded values of few bits, because a role may ask for them */
    int16_t *w_codes; /* [k][kernel][kernel][c/groups], centered */
    bool flips;       /* a role may ask for backward-data in integers: */
    int16_t *flipped; /* w_codes as it reads them */
    float *w_decoded; /* the same, values; points to the master weights when forward_bits is 0 */
    float *w_values;  /* memory of w_decoded */
    void *packed;     /* weights in the kernels' order */
    double *alpha, *beta;  /* [k]; if it flips [c], too */
    double *gamma;         /* [oh*ow][k]; if it flips [h*w][c], too */
    struct affine *w;      /* [k] */
    struct range *w_range; /* [k] */
};

static inline struct conv *conv_of(struct layer *l)
{
    return (struct conv *)l;
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

/** May operands be codes? Not where the accumulator's role asks for values. */
static inline bool conv_takes_codes(const struct conv *c, const struct pass *p)
{
    return conv_role(c, ROLE_ACCUMULATOR, p)->way == ROLE_RECIPE;
}

/** The pieces into which a pass cuts each image so that products keep all threads busy: one, unless there are
 * fewer images than threads. Piece i of `rows` rows begins at an even one. Each piece borders the whole image
 * anew. */
static inline int conv_pieces(const struct pass *p, int rows)
{
    const int wanted = p->n < p->threads ? (p->threads + p->n - 1) / p->n : 1, most = (rows + 1) / 2;
    return wanted < most ? wanted : most;
}

static inline struct conv_rows conv_piece(int i, int pieces, int rows)
{
    const int pairs = (rows + 1) / 2, first = 2 * (pairs * i / pieces), end = 2 * (pairs * (i + 1) / pieces);
    return (struct conv_rows){first, (end < rows ? end : rows) - first};
}

/** What a batch norm reads about one image y[oh][ow][k]. */
void conv_note_image(struct conv_notes notes, const float *y, const struct conv_shape *s);

/** Note a whole batch behind a product that was computed in pieces, which noted nothing. */
void conv_note_images(const struct conv *c, const struct tensor *out, const struct pass *p);

/** What is noted of image n for a batch norm; running statistics need nothing. */
static inline struct conv_notes conv_notes_of(const struct tensor *out, int n, const struct pass *p)
{
    const bool wanted = out->notes.at && p->training;
    double *at = wanted ? out->notes.at + (size_t)n * CONV_NOTES * (size_t)out->shape.c : NULL;
    return (struct conv_notes){at, out->notes.ends};
}

/* --- the integer products forward and to the input: layer_conv_int.c --- */

/** Centered codes of one filter's weights under c->w[o]; they stand in this thread's scratch as well, as
 * encode left them. Returns the clipped count. */
size_t conv_encode_filter(struct conv *c, int o, const struct pass *p, const float *w);

/** Encode image n under c->x. Returns the clipped count. */
size_t conv_encode_image(struct conv *c, const struct tensor *in, int n, const struct pass *p);

/** out from coded weights and a coded input, which is encoded here if `encodes`. Returns the clipped
 * count. */
uint64_t conv_int_forward(struct conv *c, struct tensor *out, const struct tensor *in, bool encodes,
                          const struct pass *p);

/** din from error codes under the map e and weights of one shared map; added to it if `add`. For c->flips. */
void conv_int_data(struct conv *c, struct tensor *din, bool add, const void *e_codes, const struct affine *e,
                   const struct pass *p);

/** Packed bytes, and bytes of the kernels' scratch at the head of a thread's. */
size_t conv_packed_bytes(const struct conv *c, const struct kernels *k);
size_t conv_kernel_bytes(const struct conv *c, const struct kernels *k);

/* --- operands in number formats: layer_conv_role.c --- */

/** The weights by the role's setting, which is not the recipe's own: w_decoded, and codes if it is a grid. */
void conv_role_weights(struct conv *c, const struct pass *p);

/** x_saved: the batch by the role's setting, which is not the recipe's own; codes if it is a grid. */
void conv_role_input(struct conv *c, const struct tensor *in, const struct pass *p);

/** The error by the role's setting, which is not the recipe's own. True if it is a grid: codes, and *map;
 * otherwise values in place. */
bool conv_role_error(struct affine *map, void *codes, struct conv *c, struct tensor *dout,
                     const struct pass *p);

/* --- products in modelled accumulators: layer_conv_sum.c --- */

/** Bytes of scratch per thread that they need. */
size_t conv_sum_bytes(const struct conv *c, int batch);

/** out from x[n][h][w][c] and w_decoded. */
void conv_sum_forward(struct conv *c, struct tensor *out, const float *x, const struct pass *p);

/** din from the error e[n][oh][ow][k] and w_decoded; added to it if `add`. */
void conv_sum_data(struct conv *c, struct tensor *din, bool add, const float *e, const struct pass *p);

/** The weight gradient from x and e. */
void conv_sum_weights(struct conv *c, const float *x, const float *e, const struct pass *p);

/* --- backward: layer_conv_back.c --- */

/** This thread's room for one image of the input, behind the kernels' scratch. */
float *conv_thread_image(const struct conv *c, const struct pass *p);

/** Input of image n as the forward product saw it: values, or codes decoded into this thread's scratch. */
const float *conv_input_values(const struct conv *c, const struct tensor *in, int n, const struct pass *p);

/** Bytes of scratch per thread: the kernels' own, one decoded image of input and of error, one filter's
 * codes. */
size_t conv_thread_bytes(const struct conv *c, const struct plan *p);

/** Bytes of shared scratch that backward needs: error codes, per-thread sums, correction sums. */
size_t conv_backward_bytes(const struct conv *c, const struct plan *p);

/** layer_type.backward of the convolution. */
void conv_backward(struct layer *l, struct tensor *const din[], const bool add[], struct tensor *dout,
                   struct tensor *const in[], const struct pass *p);

#endif
