/* sim/method/recipe.c - the table of recipes. */
#include "sim/method/recipe.h"

#include "quant/try.h"
#include "sim/base/table.h"

#include <string.h>

static const struct recipe recipes[] = {
    {.name = "cpt",
     .source = "Fu et al., ICLR 2021, published code for CIFAR",
     .quantize = true,
     .stochastic_error = true,
     .quantize_first = true,
     .quantize_shortcut = true,
     .division = DIVISION_IEEE,
     .floor = AFFINE_FLOOR,
     .range_momentum = 0.9},
    {.name = "cpt-imagenet",
     .source = "Fu et al., ICLR 2021, published code for ImageNet: float32 stem and shortcuts",
     .quantize = true,
     .stochastic_error = true,
     .quantize_first = false,
     .quantize_shortcut = false,
     .division = DIVISION_IEEE,
     .floor = AFFINE_FLOOR,
     .range_momentum = 0.9},
    {.name = "float32",
     .source = "IEEE binary32 everywhere: the baseline",
     .quantize = false,
     .stochastic_error = false,
     .quantize_first = false,
     .quantize_shortcut = false,
     .division = DIVISION_IEEE,
     .floor = AFFINE_FLOOR,
     .range_momentum = 0.9},
};

enum { COUNT = sizeof recipes / sizeof recipes[0] };

bool recipe_decodes(const struct recipe *r)
{
    return r->role[ROLE_WEIGHT].way != ROLE_RECIPE || r->role[ROLE_ACTIVATION].way != ROLE_RECIPE ||
           r->role[ROLE_ACCUMULATOR].way != ROLE_RECIPE;
}

bool recipe_codes_activations(const struct recipe *r)
{
    return r->role[ROLE_ACTIVATION].way == ROLE_RECIPE && r->role[ROLE_ACCUMULATOR].way == ROLE_RECIPE;
}

const struct recipe *recipe_all(int *count)
{
    *count = COUNT;
    return recipes;
}

enum status recipe_find(struct recipe *out, const char *name)
{
    size_t i;

    TRY(table_find(&i, "recipe", name, recipes, sizeof *recipes, COUNT));
    *out = recipes[i];
    return STATUS_OK;
}
