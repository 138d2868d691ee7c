/* tests/experiments/test_roles_config.c - roles in experiment files: what is refused and where, what the
 * hash holds. */
#include "experiments/config/config.h"
#include "quant/try.h"
#include "tests/fixtures/folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

static enum status resolve(struct config *c, const char *text)
{
    struct config_file *f = NULL;
    TRY(config_parse(&f, text, strlen(text), "x.yaml"));
    const enum status s = config_resolve(c, f, 0, NULL, 0);
    config_close(f);
    return s;
}

struct refusal {
    char text[96], sentence[96];
};

ParameterizedTestParameters(roles_config, refuses_with_place_and_remedy)
{
    static struct refusal rows[] = {
        {"roles: {wieght: float32}\n",
         "x.yaml:1:9: unknown key 'roles.wieght'; did you mean 'roles.weight'?"},
        {"roles:\n  weight: fp:e4m3fm\n", "x.yaml:2:11: roles.weight: format 'fp:e4m3fm': unknown flavour"},
        {"roles:\n  weight: posit:{bits}.1\nforward: {bits: 3:17}\n",
         "x.yaml:2:11: roles.weight: 'posit:{bits}.1' at 17 bits"},
        {"roles:\n  weight: posit:{bits}.1\nevaluate: {bits: 17}\n",
         "x.yaml:2:11: roles.weight: 'posit:{bits}.1' at 17 bits"},
        {"roles:\n  error: posit:{bits}.1\nbackward: {bits: 17}\n",
         "x.yaml:2:10: roles.error: 'posit:{bits}.1' at 17 bits"},
        {"roles:\n  momentum: posit:{bits}.1\n", "roles.momentum: 'posit:{bits}.1' has {bits}"},
        {"recipe: float32\nroles: {weight: fp:e5m2}\n",
         "x.yaml:2:17: roles.weight: the recipe 'float32' quantizes no layer"},
        {"recipe: float32\nroles: {gradient: \"fx:s{bits}.2\"}\n", "where backward.bits is float32"},
        {"backward: {bits: float32}\nroles: {error: fp:e5m2}\n", "where backward.bits is float32; want"},
        {"name: x\narms:\n  - name: a\n    roles: {accumulator: nvfp4}\n",
         "x.yaml:4:26: roles.accumulator: inner sum of the accumulator"},
    };
    return cr_make_param_array(struct refusal, rows, sizeof rows / sizeof rows[0]);
}
ParameterizedTest(struct refusal *r, roles_config, refuses_with_place_and_remedy)
{
    struct config c;
    expect_failure(resolve(&c, r->text), STATUS_INPUT, r->sentence);
}

static void hash_of(char hash[DIGEST_SIZE], const char *text)
{
    struct config c;
    must(resolve(&c, text));
    config_hash(hash, &c);
}

/* Runs that began before there were roles go on: an old hash, taken then. */
Test(roles_config, defaults_do_not_enter_the_hash_of_a_configuration)
{
    char plain[DIGEST_SIZE], said[DIGEST_SIZE], other[DIGEST_SIZE], same[DIGEST_SIZE];

    hash_of(plain, "name: x\n");
    hash_of(said, "name: x\nroles: {weight: recipe, master: recipe}\n");
    hash_of(other, "name: x\nroles: {weight: fp:e4m3fn}\n");
    hash_of(same, "name: x\nroles:\n  weight: fp:e4m3fn:rne:sat\n");
    cr_assert(eq(str, plain, "8663fddc65031663520c6e015dc0a0c86bbe8497c511bd793ecd5bc22e9e3eb7"));
    cr_assert(eq(str, said, plain));
    cr_assert(ne(str, other, plain));
    cr_assert(eq(str, same, other));
}

Test(roles_config, one_line_names_the_roles_that_are_not_the_recipes_own)
{
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"name: x\n", ""},
        {"roles: {weight: recipe}\n", ""},
        {"roles: {gradient: float32}\n", "gradient=float32"},
        {"roles: {weight: fp:e4m3, error: fp:e5m2:sr8:sat}\n", "weight=fp:e4m3fn error=fp:e5m2:sr8"},
        {"roles: {weight: fp:e4m3fn:rne:inf}\n", "weight=fp:e4m3fn:rne:inf"},
        {"roles: {weight: fp:e4m3fn:rz}\n", "weight=fp:e4m3fn:rz"},
        {"roles:\n  weight: fx:s{bits}.2:rnd_conv:sat\n  accumulator: exact/8/fp:fp16\n",
         "weight=fx:s{bits}.2:rnd_conv:sat accumulator=exact/8/fp:fp16"},
    };
    char line[CONFIG_ROLES];
    struct config c;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        must(resolve(&c, cases[i].text));
        config_roles(line, &c);
        cr_expect(eq(str, line, (char *)cases[i].line));
    }
}

Test(roles_config, the_resolved_form_reads_back)
{
    static const char text[] =
        "roles:\n  weight: fx:s{bits}.2:rnd_conv:sat\n  accumulator: exact/8/fp:fp16\n";
    struct config c, again;

    must(resolve(&c, text));
    char *once = config_text(&c);
    must(resolve(&again, once));
    char *twice = config_text(&again);
    cr_assert(eq(str, once, twice));
    cr_assert(
        eq(str, (char *)role_print(&again.train.recipe.role[ROLE_WEIGHT]), "fx:s{bits}.2:rnd_conv:sat"));
    free(once);
    free(twice);
}
