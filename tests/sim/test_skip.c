/* tests/sim/test_skip.c - claims about passes that leave residual blocks out: they are passes of the network
 * without these blocks, bit for bit. */
#include "models/blocks.h"
#include "sim/layers/params.h"
#include "sim/train/update.h"
#include "tests/fixtures/devices.h"
#include "tests/fixtures/folder.h"

#include <criterion/parameterized.h>
#include <math.h>
#include <signal.h>

enum { BATCH = 5, H = 6, W = 5, C = 3, WIDTH = 4, CLASSES = 4, NODES = 32 };

static struct recipe recipe;
static const int labels[BATCH] = {0, 3, 1, 2, 2};

static int block(struct graph *g, int from, const char *name, int width, int stride)
{
    return block_basic(g, from,
                       &(struct residual_block){
                           .name = name, .width = width, .stride = stride, .shortcut = {"shortcut", "bn3"}},
                       &recipe);
}

/* Stem, blocks a, b, c (narrower, with a convolution in its shortcut) and d, of which some are not there. */
static void make(struct graph *g, const char *blocks, const char *recipe_name, int threads)
{
    must(recipe_find(&recipe, recipe_name));
    recipe.stochastic_error = false; /* the layers have other numbers in the smaller network */
    graph_init(g, (struct shape){H, W, C});
    const struct conv_norm stem = {.names = {"conv1", "bn1"},
                                   .filters = WIDTH,
                                   .kernel = 3,
                                   .activation = ACTIVATION_RELU,
                                   .place = CONV_STEM};
    int at = block_conv_norm(g, GRAPH_INPUT, NULL, &stem, &recipe);
    for (; *blocks; blocks++) {
        const char name[2] = {*blocks, '\0'};
        at = block(g, at, name, *blocks < 'c' ? WIDTH : 2 * WIDTH, *blocks == 'c' ? 2 : 1);
    }
    at = graph_add(g, layer_pool_new("pool", graph_shape(g, at)), at, GRAPH_INPUT);
    graph_add(g, layer_linear_new("fc", graph_shape(g, at), CLASSES), at, GRAPH_INPUT);
    cr_assert(g->count <= NODES);
    must(graph_plan(g, &(struct memory_plan){.device = device_made("auto", threads),
                                             .batch = BATCH,
                                             .forward_bits_max = 8,
                                             .backward_bits_max = 8,
                                             .recipe = &recipe,
                                             .training = true,
                                             .states = 1}));
}

/* Values that depend on the layer's name alone, so that two networks have the same. */
static void fill(struct graph *g)
{
    float images[BATCH * H * W * C];

    for (struct state_at at = state_begin(g); at.value; state_next(&at)) {
        const bool running = at.kind == STATE_BUFFER, scale = strncmp(at.layer->name, "bn", 2) == 0;
        uint32_t stream = 1;
        for (const char *c = at.layer->name; *c; c++)
            stream = stream * 31 + (uint32_t)*c;
        for (size_t i = 0; i < at.size; i++)
            at.value[i] =
                (float)random_bits32((struct random_name){7, stream, (uint32_t)at.slot}, (uint32_t)i) /
                    4294967296.0f -
                (running || scale ? 0.0f : 0.45f);
    }
    for (uint32_t i = 0; i < BATCH * H * W * C; i++)
        images[i] = (float)random_bits32((struct random_name){9, 0, 0}, i) / 4294967296.0f - 0.4f;
    graph_put(g, images, BATCH);
}

static int node_named(const struct graph *g, const char *name)
{
    for (int i = 0; i < g->count; i++)
        if (strcmp(g->nodes[i].layer->name, name) == 0) return i;
    cr_assert_fail("no layer %s", name);
    return -1;
}

/* The norm that ends a block. */
static int block_end(const struct graph *g, char block)
{
    return node_named(g, (const char[]){block, '.', 'b', 'n', '2', '\0'});
}

static double train(struct graph *g, const enum skip *skips, int bits)
{
    struct optimizer_spec sgd = {.momentum = 0.9, .weight_decay = 1e-2};
    const struct pass p = {.device = g->plan.device,
                           .recipe = &recipe,
                           .n = BATCH,
                           .widths = {bits, bits},
                           .skips = skips,
                           .training = true};

    must(optimizer_find(&sgd.type, "sgd"));
    graph_forward(g, &p);
    graph_loss(g, labels, BATCH, true);
    graph_backward(g, &p);
    update_params(g, &sgd, 0.1, &p);
    return graph_loss_get(g).mean;
}

/* Everything of g's state is as in `other`, but layers that `other` does not have are as `before`. */
static void expect_state(const struct graph *g, const struct graph *other, const struct graph *before)
{
    for (struct state_at at = state_begin(g), was = state_begin(before); at.value;
         state_next(&at), state_next(&was)) {
        const float *want = was.value;
        for (struct state_at o = state_begin(other); o.value; state_next(&o))
            if (strcmp(o.layer->name, at.layer->name) == 0 && strcmp(o.name, at.name) == 0 &&
                o.kind == at.kind)
                want = o.value;
        cr_assert_eq(memcmp(at.value, want, at.size * sizeof *want), 0, "%s.%s", at.layer->name, at.name);
    }
}

struct way {
    char without[4], blocks[8], recipe[8];
    int bits, threads;
};
static struct way ways[] = {
    {"a", "bcd", "float32", 0, 1}, {"b", "acd", "float32", 0, 2}, {"a", "bcd", "cpt", 6, 2},
    {"d", "abc", "cpt", 4, 3},     {"ab", "cd", "cpt", 8, 2},     {"abd", "c", "cpt", 5, 1},
};
ParameterizedTestParameters(skip, a_step_without_blocks_is_a_step_of_the_network_that_has_none)
{
    return cr_make_param_array(struct way, ways, sizeof ways / sizeof *ways);
}
ParameterizedTest(struct way *w, skip, a_step_without_blocks_is_a_step_of_the_network_that_has_none)
{
    struct graph whole, smaller, before;
    bool skip[NODES] = {false};
    enum skip skips[NODES];

    make(&whole, "abcd", w->recipe, w->threads);
    make(&before, "abcd", w->recipe, 1);
    make(&smaller, w->blocks, w->recipe, 1);
    fill(&whole);
    fill(&before);
    fill(&smaller);
    for (const char *c = w->without; *c; c++)
        skip[block_end(&whole, *c)] = true;
    graph_skips(skips, &whole, skip);
    for (int step = 0; step < 3; step++) {
        const double got = train(&whole, skips, w->bits), want = train(&smaller, NULL, w->bits);
        cr_assert(got == want, "step %d: %.17g, %.17g", step, got, want);
    }
    expect_state(&whole, &smaller, &before);
    graph_close(&whole);
    graph_close(&smaller);
    graph_close(&before);
}

Test(skip, the_inside_of_a_block_is_idle_and_nothing_else)
{
    struct graph g;
    bool skip[NODES] = {false};
    enum skip skips[NODES];

    make(&g, "abcd", "cpt", 1);
    skip[block_end(&g, 'b')] = skip[block_end(&g, 'c')] = true;
    graph_skips(skips, &g, skip);
    for (int i = 0; i < g.count; i++) {
        const char *name = g.nodes[i].layer->name;
        const bool of_c = name[0] == 'c' && name[1] == '.', of_b = name[0] == 'b' && name[1] == '.';
        const bool shortcut = strstr(name, "shortcut") || strstr(name, "bn3");
        const enum skip want = skip[i] ? SKIP_HANDS_ON : of_b || (of_c && !shortcut) ? SKIP_IDLE : SKIP_NOT;
        cr_assert_eq(skips[i], want, "%s: %d", name, (int)skips[i]);
    }
    graph_close(&g);
}

/* Block c changes the shape: its shortcut runs, and stands for the block. */
Test(skip, gradients_through_a_skipped_block_are_slopes_of_the_loss)
{
    struct graph g;
    bool skip[NODES] = {false};
    enum skip skips[NODES];
    const double h = 0x1p-8;

    make(&g, "abcd", "float32", 2);
    fill(&g);
    skip[block_end(&g, 'a')] = skip[block_end(&g, 'c')] = true;
    graph_skips(skips, &g, skip);
    const struct pass p = {
        .device = g.plan.device, .recipe = &recipe, .n = BATCH, .skips = skips, .training = true};
    graph_forward(&g, &p);
    graph_loss(&g, labels, BATCH, true);
    graph_backward(&g, &p);

    double square = 0, loss[2];
    for (struct param_at at = params_begin(&g); at.param; params_next(&at))
        if (pass_runs(&p, at.layer)) square += params_dot(at.param->grad, at.param->grad, at.param->size);
    for (int side = 0; side < 2; side++) {
        const double step = (side == 0 ? h : -2 * h) / sqrt(square);
        for (struct param_at at = params_begin(&g); at.param; params_next(&at))
            if (pass_runs(&p, at.layer))
                params_axpy(at.param->value, (float)step, at.param->grad, at.param->size);
        graph_forward(&g, &p);
        graph_loss(&g, labels, BATCH, false);
        loss[side] = graph_loss_get(&g).mean;
    }
    cr_assert_float_eq((loss[0] - loss[1]) / (2 * h * sqrt(square)), 1.0, 5e-3, "ratio %g",
                       (loss[0] - loss[1]) / (2 * h * sqrt(square)));
    graph_close(&g);
}

#ifndef NDEBUG
Test(skip, a_convolution_cannot_be_skipped, .signal = SIGABRT)
{
    struct graph g;
    bool skip[NODES] = {true};
    enum skip skips[NODES];

    make(&g, "ab", "cpt", 1);
    fclose(stderr); /* the assertion's sentence */
    graph_skips(skips, &g, skip);
}
#endif
