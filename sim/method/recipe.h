/* sim/method/recipe.h - a recipe: which layers are quantized, how, and what stays float32.
 *
 * To add a recipe: a row in recipe.c. In the published method weights and activations carry the forward bits,
 * errors (the gradients of layers' outputs) the backward bits; gradients, master weights and momentum stay
 * float32. Any role can be given any number format instead: sim/roles/role.h.
 */
#ifndef SIM_METHOD_RECIPE_H
#define SIM_METHOD_RECIPE_H

#include "quant/affine.h"
#include "quant/status.h"
#include "sim/roles/role.h"

#include <stdbool.h>

struct recipe {
    const char *name, *source;
    bool quantize;          /* false: everything float32 */
    bool stochastic_error;  /* Philox noise on errors; nearest otherwise */
    bool quantize_first;    /* the stem convolution too */
    bool quantize_shortcut; /* projection shortcuts too */
    enum division division;
    float floor;                          /* smallest scale */
    double range_momentum;                /* weight of the old value in the running activation range */
    struct role_setting role[ROLE_COUNT]; /* what else the roles are given; zero: the above */
};

/** Recipe by name; fails with the known names. */
STATUS_MUST_CHECK enum status recipe_find(struct recipe *out, const char *name);

/** Do the products of quantized layers run over decoded float32 values, because a role asks for them? */
bool recipe_decodes(const struct recipe *r);

/** Do they read activations as codes of the recipe's own quantizer, where those have at most 16 bits? */
bool recipe_codes_activations(const struct recipe *r);

/** All rows; *count is set. */
const struct recipe *recipe_all(int *count);

#endif
