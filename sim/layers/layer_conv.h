/* sim/layers/layer_conv.h - the insides of the quantized convolution, for layer_conv*.c only. */
#ifndef SIM_LAYERS_LAYER_CONV_H
#define SIM_LAYERS_LAYER_CONV_H

#include "quant/accumulator.h"
#include "sim/layers/layer_parts.h"

/** What memory the plan asked for. */
struct conv_plan {
    bool decodes; /* operands may stay values of few bits, because a role asks for them */
    bool flips;   /* a role may ask for backward-data in integers */
    bool sums;    /* a role may ask for modelled accumulators */
};

struct conv {
    struct layer base;
    struct conv_shape shape;
    struct conv_plan plan;
    struct conv_weights weights;

    /* of the last forward pass, read by backward */
    struct conv_operand x;
    bool x_coded, w_coded; /* in it the input, the weights were codes */
    bool w_shared;         /* the weights' codes have one map for all filters */
    int w_bits;            /* of the weights' codes */
    int forward_bits;      /* 0: float32, nothing is saved */
    const float *w_values; /* [device] weights.values, or the masters where nothing quantizes them */

    void *x_memory;               /* [device] room for codes of the input, or values */
    struct affine *x_map, *e_map; /* [device] */
};

static inline struct conv *conv_of(struct layer *l)
{
    return (struct conv *)l;
}

/** The recipe's quantizer at these bits. */
static inline struct affine_rule conv_rule(const struct pass *p, int bits)
{
    return (struct affine_rule){bits, p->recipe->division, p->recipe->floor};
}

/* --- layer_conv_role.c: roles, and operands in number formats --- */

/** The setting of a role while this pass quantizes; the recipe's own way in a float32 pass. */
const struct role_setting *conv_role(const struct conv *c, enum role role, const struct pass *p);

/** May operands be codes? Not where the accumulator's role asks for values. */
static inline bool conv_takes_codes(const struct conv *c, const struct pass *p)
{
    return conv_role(c, ROLE_ACCUMULATOR, p)->way == ROLE_RECIPE;
}

/** The weights by the role's setting, which is not the recipe's own. */
void conv_role_weights(struct conv *c, const struct pass *p);

/** The batch by the role's setting, which is not the recipe's own: codes if it is a grid. */
void conv_role_input(struct conv *c, const struct tensor *in, const struct pass *p);

/** The error by the role's setting, which is not the recipe's own: codes if it is a grid; otherwise values in
 * place. */
struct conv_operand conv_role_error(struct conv *c, struct tensor *dout, const struct pass *p);

/** The accumulator's setting, for the operations that sum in it. */
struct conv_sums conv_role_sums(struct accumulator *memory, const struct conv *c, const struct pass *p);

/* --- layer_conv_back.c --- */

/** layer_type.backward of the convolution. */
void conv_backward(struct layer *l, struct tensor *const din[], const bool add[], struct tensor *dout,
                   struct tensor *const in[], const struct pass *p);

#endif
