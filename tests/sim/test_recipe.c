/* tests/sim/test_recipe.c - recipes say what the publications say. */
#include "sim/method/recipe.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string.h>

static struct recipe find(const char *name)
{
    struct recipe r;
    cr_assert(eq(int, recipe_find(&r, name), STATUS_OK));
    return r;
}

Test(recipe, cpt_is_the_published_cifar_code)
{
    const struct recipe r = find("cpt");
    cr_assert(r.quantize && r.stochastic_error && r.quantize_first && r.quantize_shortcut);
    cr_assert(eq(int, r.division, DIVISION_IEEE));
    cr_assert(eq(flt, r.floor, 1e-8f));
    cr_assert(eq(dbl, r.range_momentum, 0.9));
}

Test(recipe, cpt_imagenet_keeps_stem_and_shortcuts_in_float32)
{
    const struct recipe cifar = find("cpt"), imagenet = find("cpt-imagenet");
    cr_assert(imagenet.quantize && imagenet.stochastic_error);
    cr_assert(not(imagenet.quantize_first || imagenet.quantize_shortcut));
    cr_assert(eq(flt, imagenet.floor, cifar.floor));
    cr_assert(eq(dbl, imagenet.range_momentum, cifar.range_momentum));
}

Test(recipe, float32_quantizes_nothing)
{
    const struct recipe r = find("float32");
    cr_assert(not(r.quantize || r.quantize_first || r.quantize_shortcut));
}

Test(recipe, every_row_is_found_and_has_its_source)
{
    int count;
    const struct recipe *all = recipe_all(&count);
    for (int i = 0; i < count; i++) {
        const struct recipe r = find(all[i].name);
        cr_assert(eq(str, (char *)r.name, (char *)all[i].name));
        cr_assert(lt(sz, 0, strlen(r.source)));
    }
}

Test(recipe, unknown_name_answers_with_the_known_ones)
{
    struct recipe r;
    cr_assert(eq(int, recipe_find(&r, "float23"), STATUS_INPUT));
    cr_assert(eq(str, (char *)status_detail(),
                 "unknown recipe 'float23'; did you mean 'float32'? known: cpt, cpt-imagenet, float32"));
}
