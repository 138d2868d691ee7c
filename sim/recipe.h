/* sim/recipe.h - a recipe: which roles are quantized, how, and what stays float32.
 *
 * To add a recipe: a row in recipe.c. Roles and their meaning: weight and activation carry the forward bits, error
 * (the gradient of a layer's output) the backward bits; gradient, master weight and momentum stay float32 in the
 * published method.
 */
#ifndef SIM_RECIPE_H
#define SIM_RECIPE_H

#include "quant/affine.h"
#include "quant/status.h"

#include <stdbool.h>

struct recipe {
    char name[16];
    char source[96];
    bool quantize;          /* false: everything float32 */
    bool stochastic_error;  /* Philox noise on errors; nearest otherwise */
    bool quantize_first;    /* the stem convolution too */
    bool quantize_shortcut; /* projection shortcuts too */
    bool quantize_linear;   /* the last linear layer too */
    enum division division;
    float floor;           /* smallest scale */
    double range_momentum; /* weight of the old value in the running activation range */
};

/** Recipe by name; fails with the known names. */
MUST_CHECK enum status recipe_find(struct recipe *out, const char *name);

/** All rows; *count is set. */
const struct recipe *recipe_all(int *count);

#endif
