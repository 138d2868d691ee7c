/* tests/sim/test_seams.c - layers that this file defines, in networks that the graph has never seen: three inputs
 * and three parameters, tokens for input, several targets an example. Graph and update need no line for them. */
#include "sim/layers/layer_parts.h"
#include "sim/train/update.h"
#include "tests/fixtures/devices.h"

#include <criterion/criterion.h>

#include <math.h>

enum { BATCH = 4, H = 2, W = 3, C = 5, WORDS = 7, TARGETS = BATCH * H * W };

/* --- y = a x0 + b x1 + c x2, per channel. CPU memory is host memory: the test layers use it in place. --- */

static void parts_plan(struct layer *l, const struct memory_plan *p, struct arena *run)
{
    layer_claim_state(l, p, run);
}

static void mix_forward(struct layer *l, struct tensor *out, struct tensor *const in[], const struct pass *p)
{
    const size_t size = shape_size(l->out) * (size_t)p->n;
    for (size_t i = 0; i < size; i++) {
        out->data[i] = 0;
        for (int j = 0; j < 3; j++)
            out->data[i] += l->params[j].value[i % C] * in[j]->data[i];
    }
    layer_range(out, shape_size(l->out), p);
}

static void mix_backward(struct layer *l, struct tensor *const din[], const bool add[], struct tensor *dout,
                         struct tensor *const in[], const struct pass *p)
{
    const size_t size = shape_size(l->out) * (size_t)p->n;
    for (int j = 0; j < 3; j++) {
        for (size_t k = 0; k < C; k++)
            l->params[j].grad[k] = 0;
        for (size_t i = 0; i < size; i++) {
            l->params[j].grad[i % C] += dout->data[i] * in[j]->data[i];
            if (!din[j]) continue;
            const float d = dout->data[i] * l->params[j].value[i % C];
            din[j]->data[i] = add[j] ? din[j]->data[i] + d : d;
        }
        if (din[j]) layer_range(din[j], shape_size(l->out), p);
    }
}

static const struct layer_type mix_type = {"mix", parts_plan, mix_forward, mix_backward, NULL};

static struct layer *mix_new(const char *name)
{
    const struct shape s = {H, W, C};
    struct layer *l = layer_make(sizeof *l, &mix_type, name, s, s);
    l->inputs = 3;
    l->keeps = 7;
    layer_add_param(l, "a", C);
    layer_add_param(l, "b", C);
    layer_add_param(l, "c", C);
    return l;
}

/* --- rows of a table by tokens --- */

static void rows_forward(struct layer *l, struct tensor *out, struct tensor *const in[], const struct pass *p)
{
    for (size_t i = 0; i < (size_t)p->n * H * W; i++)
        for (size_t k = 0; k < C; k++)
            out->data[i * C + k] = l->params[0].value[(size_t)in[0]->tokens[i] * C + k];
    layer_range(out, shape_size(l->out), p);
}

static void rows_backward(struct layer *l, struct tensor *const din[], const bool add[], struct tensor *dout,
                          struct tensor *const in[], const struct pass *p)
{
    (void)add;
    cr_assert(din[0] == NULL, "nobody wants a gradient of tokens");
    for (size_t i = 0; i < l->params[0].size; i++)
        l->params[0].grad[i] = 0;
    for (size_t i = 0; i < (size_t)p->n * H * W; i++)
        for (size_t k = 0; k < C; k++)
            l->params[0].grad[(size_t)in[0]->tokens[i] * C + k] += dout->data[i * C + k];
}

static const struct layer_type rows_type = {"rows", parts_plan, rows_forward, rows_backward, NULL};

static struct layer *rows_new(void)
{
    struct layer *l =
        layer_make(sizeof *l, &rows_type, "rows", (struct shape){H, W, 1}, (struct shape){H, W, C});
    l->keeps = 1;
    layer_add_param(l, "table", (size_t)WORDS * C);
    return l;
}

/* --- the network: three mixtures of the first node's values, and a mixture of these --- */

static struct recipe recipe;
static int targets[TARGETS];

static void make(struct graph *g, bool tokens)
{
    struct memory_plan plan = {
        .batch = BATCH, .training = true, .states = 1, .device = device_made("ref", 2)};
    int first = GRAPH_INPUT, middle[3];
    float values[256];
    int words[TARGETS];

    cr_assert_eq(recipe_find(&recipe, "cpt"), STATUS_OK, "%s", status_detail());
    plan.recipe = &recipe;
    graph_init(g, (struct shape){H, W, tokens ? 1 : C});
    g->tokens = tokens;
    if (tokens) first = graph_add_inputs(g, rows_new(), (const int[]){GRAPH_INPUT});
    for (int i = 0; i < 3; i++)
        middle[i] = graph_add_inputs(g, mix_new((const char *[]){"m0", "m1", "m2"}[i]),
                                     (const int[]){first, first, first});
    graph_add_inputs(g, mix_new("last"), middle);
    cr_assert_eq(graph_plan(g, &plan), STATUS_OK, "%s", status_detail());

    for (size_t i = 0; i < 256; i++)
        values[i] = (float)random_bits32((struct random_name){1, 0, 0}, (uint32_t)i) / 4294967296.0f - 0.3f;
    cr_assert(params_size(g) <= 256);
    params_set(g, values);
    for (uint32_t i = 0; i < TARGETS; i++) {
        targets[i] = (int)(random_bits32((struct random_name){2, 0, 0}, i) % C);
        words[i] = (int)(random_bits32((struct random_name){3, 0, 0}, i) % WORDS);
    }
    graph_put(g, tokens ? (const void *)words : (const void *)values, BATCH);
}

static struct pass pass_of(const struct graph *g)
{
    return (struct pass){.device = g->plan.device, .recipe = &recipe, .n = BATCH, .training = true};
}

static double loss_of(struct graph *g, bool gradient)
{
    const struct pass p = pass_of(g);
    graph_forward(g, &p);
    graph_loss(g, targets, BATCH, gradient);
    const double loss = graph_loss_get(g).mean;
    if (gradient) graph_backward(g, &p);
    return loss;
}

static void check_gradients(struct graph *g)
{
    const float h = 1.0f / 128;
    loss_of(g, true);
    for (struct param_at at = params_begin(g); at.param; params_next(&at))
        for (size_t i = 0; i < at.param->size; i++) {
            float *value = &at.param->value[i];
            const float was = *value;
            *value = was + h;
            const double above = loss_of(g, false);
            *value = was - h;
            const double below = loss_of(g, false);
            *value = was;
            const double slope = (above - below) / (2 * (double)h);
            cr_assert(fabs(slope - (double)at.param->grad[i]) < 1e-4, "%s.%s[%zu]: %g, %g", at.layer->name,
                      at.param->name, i, slope, (double)at.param->grad[i]);
        }
}

Test(seams, a_new_layer_of_three_inputs_and_three_parameters_has_right_gradients)
{
    struct graph g;
    make(&g, false);
    check_gradients(&g);
    graph_close(&g);
}

Test(seams, tokens_reach_the_layer_that_looks_rows_up)
{
    struct graph g;
    make(&g, true);
    check_gradients(&g);
    graph_close(&g);
}

Test(seams, each_pixel_of_the_logits_has_its_target)
{
    struct graph g;
    float logits[TARGETS * C];
    double sum = 0;
    make(&g, false);
    const double loss = loss_of(&g, false);
    graph_get(logits, &g, BATCH);
    for (int i = 0; i < TARGETS; i++) {
        double all = 0;
        for (int k = 0; k < C; k++)
            all += exp((double)logits[i * C + k]);
        sum += log(all) - (double)logits[i * C + targets[i]];
    }
    cr_assert(fabs(loss - sum / TARGETS) < 1e-6, "%g, %g", loss, sum / TARGETS);
    graph_close(&g);
}

/* In small steps plain descent lowers the loss by rate * |gradient|^2 each. Here |gradient|^2 is 0.01: ten steps of
 * 0.02 lower 1.548 by 0.0021, no more. */
Test(seams, update_params_trains_a_new_layer_as_its_gradient_says)
{
    struct graph g;
    struct optimizer_spec sgd = {.momentum = 0};
    const double rate = 0.02;
    make(&g, false);
    const struct pass p = pass_of(&g);
    cr_assert_eq(optimizer_find(&sgd.type, "sgd"), STATUS_OK);
    const double first = loss_of(&g, true);
    double expected = 0, before = first;
    for (int step = 0; step < 10; step++) {
        double square = 0;
        for (struct param_at at = params_begin(&g); at.param; params_next(&at))
            square += params_dot(at.param->grad, at.param->grad, at.param->size);
        update_params(&g, &sgd, rate, &p);
        const double after = loss_of(&g, true);
        cr_assert(after < before);
        expected += rate * square;
        before = after;
    }
    cr_assert(fabs((first - before) / expected - 1) < 0.02, "fell by %g, the gradients say %g",
              first - before, expected);
    graph_close(&g);
}
