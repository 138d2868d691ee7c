/* tests/sim/test_roles.c - training with any number format in any role: the same bits everywhere, and the
 * right ones. */
#include "sim/layers/layers.h"
#include "sim/train/trainer.h"
#include "tests/fixtures/dataset_files.h"
#include "tests/fixtures/devices.h"
#include "tests/fixtures/role_rigs.h"

#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

/* --- a tiny run --- */

struct tiny {
    struct small small;
    struct train_spec spec;
    struct graph graph;
    struct trainer trainer;
};

static void tiny_build(struct graph *g, struct shape input, int classes)
{
    graph_init(g, input);
    int at = graph_add(g, layer_conv_new("conv1", input, 4, 3, 4, 1, 1, true), GRAPH_INPUT, GRAPH_INPUT);
    at = graph_add(g, layer_norm_new("bn1", graph_shape(g, at), false, true), at, GRAPH_INPUT);
    at = graph_add(g, layer_conv_new("conv2", graph_shape(g, at), 6, 3, 2, 1, 2, true), at, GRAPH_INPUT);
    at = graph_add(g, layer_norm_new("bn2", graph_shape(g, at), false, true), at, GRAPH_INPUT);
    at = graph_add(g, layer_pool_new("pool", graph_shape(g, at)), at, GRAPH_INPUT);
    graph_add(g, layer_linear_new("fc", graph_shape(g, at), classes), at, GRAPH_INPUT);
}

/* Parameters by name: normal weights, unit scales. */
static void tiny_init(struct graph *g)
{
    for (int i = 0; i < g->count; i++)
        for (int j = 0; j < g->nodes[i].layer->param_count; j++) {
            struct param *p = &g->nodes[i].layer->params[j];
            rig_fill(p->value, p->size, (uint32_t)(100 * i + j), 0.3);
        }
}

/* setting: the text of one role; "" leaves it to the recipe. */
static void tiny_open(struct tiny *t, enum role role, const char *setting, const char *kernels, int threads)
{
    *t = (struct tiny){.spec = {.seed = 5, .iterations = 8, .batch = 3, .pad = 0}};
    small_open(&t->small, "fashion-mnist", NULL);
    must(recipe_find(&t->spec.recipe, "cpt"));
    if (setting[0] != '\0') must(role_parse(&t->spec.recipe.role[role], role, setting));
    must(schedule_find(&t->spec.forward.type, "cosine"));
    must(schedule_find(&t->spec.backward.type, "static"));
    must(lr_find(&t->spec.lr.type, "constant"));
    must(optimizer_find(&t->spec.optimizer.type, "sgd"));
    t->spec.forward = (struct schedule_spec){t->spec.forward.type, 4, 8, 2, REMAINDER_STRETCH};
    t->spec.backward = (struct schedule_spec){t->spec.backward.type, 8, 8, 1, REMAINDER_STRETCH};
    t->spec.lr.initial = 0.05;
    t->spec.optimizer.momentum = 0.9;
    tiny_build(&t->graph, t->small.set.shape, t->small.set.classes);
    must(trainer_open(&t->trainer, &t->spec, device_new(kernels, threads), &t->graph, &t->small.set));
    tiny_init(&t->graph);
}

static void tiny_close(struct tiny *t)
{
    trainer_close(&t->trainer);
    graph_close(&t->graph);
    small_close(&t->small);
}

static void tiny_run(char hash[65], struct tiny *t, int64_t until)
{
    while (t->trainer.at < until) {
        struct step_row row;
        must(trainer_step(&t->trainer, &row));
    }
    trainer_hash(hash, &t->trainer);
}

static void tiny_hash(char hash[65], enum role role, const char *setting, const char *kernels, int threads)
{
    struct tiny t;
    tiny_open(&t, role, setting, kernels, threads);
    tiny_run(hash, &t, 2);
    tiny_close(&t);
}

/* --- the same everywhere --- */

/* A format of each family; `sums`: elementwise, so that an accumulator can have it; `driven`: of any
 * width. */
struct family_row {
    char text[40];
    bool sums, driven;
};

ParameterizedTestParameters(roles, every_format_in_every_role_gives_the_same_bits_everywhere)
{
    static struct family_row rows[] = {
        {"fx:s10.3:rnd_conv:sat", true, false},
        {"fx:s10.3:sr8:sat", false, false},
        {"fx:s{bits}.2:rnd_conv:sat", false, true},
        {"fp:e4m3fn:rne:sat", true, false},
        {"fp:e5m2:sr8:sat", true, false},
        {"fp:bf16:rne:inf", true, false},
        {"bfp:8:16:floor:sr8", false, false},
        {"mx:e4m3fn:32", false, false},
        {"mx:e2m1:all", false, false},
        {"nvfp4", false, false},
        {"affine:6", false, false},
        {"affine:{bits}:ieee:sr16", false, true},
        {"int:s8:0.03", false, false},
        {"pot:s:-12:3", false, false},
        {"table:nf4", false, false},
        {"posit:10.1", true, false},
    };
    return cr_make_param_array(struct family_row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct family_row *r, roles, every_format_in_every_role_gives_the_same_bits_everywhere)
{
    char plain[65], one[65], other[65];
    int count;
    const struct role_row *rows = role_all(&count);

    tiny_hash(plain, ROLE_WEIGHT, "", "auto", 1);
    for (int i = 0; i < count; i++) {
        const enum role role = (enum role)i;
        if (role == ROLE_ACCUMULATOR && !r->sums) continue;
        if (r->driven && rows[i].width == ROLE_WIDTH_NONE) continue;
        tiny_hash(one, role, r->text, "auto", 1);
        cr_assert(ne(str, one, plain), "%s as %s changes nothing", r->text, rows[i].name);
        tiny_hash(other, role, r->text, "auto", 2);
        cr_assert(eq(str, one, other), "%s as %s on 2 threads", r->text, rows[i].name);
        tiny_hash(other, role, r->text, "ref", 3);
        cr_assert(eq(str, one, other), "%s as %s on 3 threads of ref", r->text, rows[i].name);
    }
}

/* --- the right bits --- */

ParameterizedTestParameters(roles, products_are_those_of_the_quantized_values)
{
    return cr_make_param_array(struct product_row, product_rows, sizeof product_rows / sizeof *product_rows);
}
ParameterizedTest(struct product_row *row, roles, products_are_those_of_the_quantized_values)
{
    static const char *const settings[ROLE_COUNT] = {[ROLE_WEIGHT] = "mx:e4m3fn:2",
                                                     [ROLE_ACTIVATION] = "fx:s{bits}.2:sr8:sat",
                                                     [ROLE_ERROR] = "fp:e5m2:sr4:sat"};
    struct rig a, b;

    rig_in_roles(&a, row, settings, "auto", 0);
    rig_make(&b, conv_of_row(row, false), 3, 0, "auto");
    const size_t in = rig_size(&b, &b.in[0]), out = rig_size(&b, &b.dout);
    struct param *w = &b.layer->params[0];
    by_role(w->value, w->size, (size_t)(row->c / row->groups), &a, ROLE_WEIGHT);
    by_role(b.in[0].data, in, (size_t)row->c, &a, ROLE_ACTIVATION);
    by_role(b.dout.data, out, (size_t)row->k, &a, ROLE_ERROR);
    rig_forward(&a, true, 5, 7);
    rig_forward(&b, true, 0, 0);
    expect_same(a.out.data, b.out.data, out, "output");
    memset(a.in[0].data, 0, in * sizeof(float)); /* the graph uses its memory again */
    rig_backward(&a);
    rig_backward(&b);
    expect_same(a.din[0].data, b.din[0].data, in, "gradient of the input");
    expect_same(a.layer->params[0].grad, w->grad, w->size, "gradient of the weights");
    rig_close(&a);
    rig_close(&b);
}

/* A float32 register that rounds each fused multiply-add is what the float32 kernels are, but where
 * backward-data is minimal filtering. */
ParameterizedTestParameters(roles, a_float32_accumulator_is_the_float32_product)
{
    return cr_make_param_array(struct product_row, product_rows, sizeof product_rows / sizeof *product_rows);
}
ParameterizedTest(struct product_row *row, roles, a_float32_accumulator_is_the_float32_product)
{
    static const char *const settings[2][ROLE_COUNT] = {{[ROLE_ACCUMULATOR] = "fp:fp32:rne:inf"},
                                                        {[ROLE_ACCUMULATOR] = "float32"}};
    struct rig r[2];

    for (int i = 0; i < 2; i++) {
        rig_in_roles(&r[i], row, settings[i], "auto", 0);
        rig_forward(&r[i], true, 8, 8);
        rig_backward(&r[i]);
    }
    expect_same(r[0].out.data, r[1].out.data, rig_size(&r[0], &r[0].out), "output");
    expect_same_data(&r[0], &r[1], row);
    for (int i = 0; i < 2; i++)
        rig_close(&r[i]);
}

/* Exact sums rounded once are what the integer paths compute, to the last bits of their corrections. */
ParameterizedTestParameters(roles, an_exact_accumulator_is_the_recipes_integer_product)
{
    return cr_make_param_array(struct product_row, product_rows, sizeof product_rows / sizeof *product_rows);
}
ParameterizedTest(struct product_row *row, roles, an_exact_accumulator_is_the_recipes_integer_product)
{
    static const char *const settings[2][ROLE_COUNT] = {{[ROLE_ACCUMULATOR] = "exact"}, {NULL}};
    struct rig r[2];

    for (int i = 0; i < 2; i++) {
        rig_in_roles(&r[i], row, settings[i], "auto", 0);
        rig_forward(&r[i], true, 8, 8);
        rig_backward(&r[i]);
    }
    const struct param *w = &r[0].layer->params[0];
    double want[2048];
    const size_t n = rig_size(&r[1], &r[1].out);
    cr_assert(n <= 2048 && w->size <= 2048);
    for (size_t i = 0; i < n; i++)
        want[i] = (double)r[1].out.data[i];
    cr_assert_lt(relative_error(r[0].out.data, want, n), 3e-7);
    for (size_t i = 0; i < w->size; i++)
        want[i] = (double)r[1].layer->params[0].grad[i];
    cr_assert_lt(relative_error(w->grad, want, w->size), 3e-7);
    for (int i = 0; i < 2; i++)
        rig_close(&r[i]);
}

/* The recipe's quantizer of errors, asked for by its string, is the recipe's quantizer. */
Test(roles, affine_by_its_string_is_the_recipes)
{
    static const char *const settings[2][ROLE_COUNT] = {
        {[ROLE_ACTIVATION] = "affine:{bits}", [ROLE_ERROR] = "affine:{bits}:ieee:sr16"},
        {[ROLE_ACCUMULATOR] = "float32"}};
    struct rig r[2];

    for (int i = 0; i < 2; i++) {
        rig_in_roles(&r[i], &product_rows[0], settings[i], "auto", 0);
        rig_forward(&r[i], true, 5, 7);
        rig_backward(&r[i]);
    }
    const struct param *w = &r[0].layer->params[0];
    expect_same(r[0].out.data, r[1].out.data, rig_size(&r[0], &r[0].out), "output");
    expect_same(r[0].din[0].data, r[1].din[0].data, rig_size(&r[0], &r[0].in[0]), "gradient of the input");
    expect_same(w->grad, r[1].layer->params[0].grad, w->size, "gradient of the weights");
    for (int i = 0; i < 2; i++)
        rig_close(&r[i]);
}

/* After a step every parameter and its momentum are values of their formats: quantizing again changes
 * none. */
Test(roles, masters_and_momenta_are_values_of_their_formats)
{
    struct tiny t;
    char hash[65];

    tiny_open(&t, ROLE_MASTER, "fx:s8.1:rnd_conv:sat", "auto", 2);
    must(role_parse(&t.spec.recipe.role[ROLE_MOMENTUM], ROLE_MOMENTUM, "fp:e5m2:rne:sat"));
    tiny_run(hash, &t, 2);
    for (int i = 0; i < t.graph.count; i++)
        for (int j = 0; j < t.graph.nodes[i].layer->param_count; j++) {
            const struct param *p = &t.graph.nodes[i].layer->params[j];
            const struct role_tensor tensor = {.rows = 1, .row = p->size};
            const struct role_moment now = {0};
            struct device *d = t.graph.plan.device;
            float *y = malloc(p->size * sizeof *y);
            role_apply(y, p->value, &tensor, &t.spec.recipe.role[ROLE_MASTER], ROLE_MASTER, &now, d);
            expect_same(y, p->value, p->size, p->name);
            role_apply(y, p->state[0], &tensor, &t.spec.recipe.role[ROLE_MOMENTUM], ROLE_MOMENTUM, &now, d);
            expect_same(y, p->state[0], p->size, p->name);
            free(y);
        }
    tiny_close(&t);
}

/* Parameters, momenta, statistics and the iteration are all that a run is: there is no generator to lose. */
Test(roles, a_run_with_stochastic_masters_goes_on_as_if_it_had_not_stopped)
{
    static const char text[] = "fp:bf16:sr16:inf";
    struct tiny whole, first, second;
    char want[65], got[65];

    tiny_open(&whole, ROLE_MASTER, text, "auto", 2);
    tiny_run(want, &whole, 5);
    tiny_open(&first, ROLE_MASTER, text, "auto", 1);
    tiny_run(got, &first, 3);
    tiny_open(&second, ROLE_MASTER, text, "auto", 3);
    for (int i = 0; i < first.graph.count; i++) {
        const struct layer *from = first.graph.nodes[i].layer, *to = second.graph.nodes[i].layer;
        for (int j = 0; j < from->param_count; j++) {
            memcpy(to->params[j].value, from->params[j].value, from->params[j].size * sizeof(float));
            memcpy(to->params[j].state[0], from->params[j].state[0], from->params[j].size * sizeof(float));
        }
        for (int j = 0; j < from->buffer_count; j++)
            memcpy(to->buffers[j].value, from->buffers[j].value, from->buffers[j].size * sizeof(float));
    }
    second.trainer.at = first.trainer.at;
    tiny_run(got, &second, 5);
    cr_assert(eq(str, got, want));
    tiny_close(&whole);
    tiny_close(&first);
    tiny_close(&second);
}

Test(roles, a_trainer_refuses_a_width_that_the_schedule_reaches)
{
    struct tiny t;
    struct graph again;

    tiny_open(&t, ROLE_WEIGHT, "posit:{bits+8}.1", "auto", 1); /* 4 to 8 bits: up to posit:16.1 */
    tiny_build(&again, t.small.set.shape, t.small.set.classes);
    t.spec.forward.bits_max = 9;
    trainer_close(&t.trainer);
    expect_failure(trainer_open(&t.trainer, &t.spec, t.graph.plan.device, &again, &t.small.set), STATUS_INPUT,
                   "role weight: 'posit:{bits+8}.1' at 9 bits");
    graph_free(&again);
    tiny_close(&t);
}
