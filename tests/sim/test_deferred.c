/* tests/sim/test_deferred.c - a batch norm's output that is not written, but quantized at once by its
 * reader, is the one that would have been written. */
#include "models/model.h"
#include "sim/base/scalar.h"
#include "tests/fixtures/devices.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct net {
    char model[16], kernels[8]; /* no pointers: parameters cross processes */
    int bits, threads, n;       /* n: images of the pass, at most BATCH */
    bool training;
};

static struct net nets[] = {
    {"resnet8", "ref", 4, 1, 4, true},   {"resnet8", "auto", 4, 2, 4, true},
    {"resnet8", "auto", 12, 1, 3, true}, {"mobilenetv2", "auto", 5, 2, 4, true},
    {"resnet8", "auto", 6, 1, 4, false}, {"mobilenetv2", "ref", 8, 1, 2, false},
    {"resnet8", "auto", 20, 1, 4, true}, {"mobilenetv2", "auto", 0, 2, 4, false},
    {"resnet8", "auto", 5, 3, 1, true},  {"mobilenetv2", "auto", 6, 7, 1, false},
};

enum { BATCH = 4, CLASSES = 5 };

static struct pass pass_of(const struct net *t, const struct graph *g, const struct recipe *r)
{
    return (struct pass){.device = g->plan.device,
                         .recipe = r,
                         .n = t->n,
                         .widths = {t->bits, t->bits},
                         .training = t->training,
                         .seed = 5};
}

static void open_net(struct graph *g, struct recipe *recipe, const struct net *t)
{
    const struct model_type *type;
    const struct memory_plan plan = {.device = device_new(t->kernels, t->threads),
                                     .batch = BATCH,
                                     .forward_bits_max = t->bits,
                                     .backward_bits_max = t->bits,
                                     .training = t->training};

    cr_assert_eq(recipe_find(recipe, "cpt"), STATUS_OK);
    cr_assert_eq(model_build(&type, g, t->model, (struct shape){8, 8, 3}, CLASSES, recipe), STATUS_OK);
    cr_assert_eq(graph_plan(g, &plan), STATUS_OK);
    type->init(g, 7);
    for (size_t i = 0; i < shape_size(g->input) * BATCH; i++)
        g->in.data[i] = (float)scalar_normal((struct random_name){3, 0, 0}, i);
}

/* One pass of each: `as_is` defers where it may, `written` nowhere. */
static void expect_same_pass(const struct net *t, struct graph *as_is, struct graph *written,
                             const struct recipe *recipe)
{
    static const int labels[BATCH] = {0, 3, 1, 4};
    const struct pass a = pass_of(t, as_is, recipe), b = pass_of(t, written, recipe);
    const struct tensor *const x = graph_forward(as_is, &a), *const y = graph_forward(written, &b);
    const int last = as_is->count - 1;

    cr_assert_eq(memcmp(x->data, y->data, (size_t)t->n * CLASSES * sizeof(float)), 0, "logits differ");
    for (int i = 0; i <= last; i++) {
        const struct layer_trace *const m = as_is->nodes[i].layer->trace, *const n =
                                                                              written->nodes[i].layer->trace;
        cr_assert_eq(m->clipped_activation, n->clipped_activation);
        cr_assert(m->activation.lo == n->activation.lo && m->activation.hi == n->activation.hi);
    }
    if (!t->training) return;
    graph_loss(as_is, labels, t->n, true);
    graph_loss(written, labels, t->n, true);
    graph_backward(as_is, &a);
    graph_backward(written, &b);
    for (int i = 0; i <= last; i++)
        for (int j = 0; j < as_is->nodes[i].layer->param_count; j++) {
            const struct param *const m = &as_is->nodes[i].layer->params[j], *const n =
                                                                                 &written->nodes[i]
                                                                                      .layer->params[j];
            cr_assert_eq(memcmp(m->grad, n->grad, m->size * sizeof(float)), 0, "gradient of %s.%s",
                         as_is->nodes[i].layer->name, m->name);
        }
}

ParameterizedTestParameters(deferred, outputs_that_are_not_written_are_the_same)
{
    return cr_make_param_array(struct net, nets, sizeof nets / sizeof nets[0]);
}
ParameterizedTest(struct net *t, deferred, outputs_that_are_not_written_are_the_same)
{
    struct graph as_is, written;
    struct recipe recipe[2];
    int deferred = 0;

    open_net(&as_is, &recipe[0], t);
    open_net(&written, &recipe[1], t);
    for (int i = 0; i < written.count; i++)
        written.nodes[i].out.coder = NULL;
    expect_same_pass(t, &as_is, &written, recipe);
    for (int i = 0; i < as_is.count; i++) {
        deferred += as_is.nodes[i].out.deferred != NULL;
        cr_assert_null(written.nodes[i].out.deferred);
    }
    if (t->bits > 0 && t->bits <= AFFINE_CODE_BITS)
        cr_assert_lt(2, deferred);
    else
        cr_assert_eq(deferred, 0);
    graph_close(&as_is);
    graph_close(&written);
}

/* Pairs of one pass after the other: what one left behind does not reach the next. */
Test(deferred, a_float32_pass_behind_a_quantized_one_writes_its_outputs)
{
    struct net quantized = {"resnet8", "auto", 4, 1, 4, true}, plain = {"resnet8", "auto", 0, 1, 4, true};
    struct graph as_is, written;
    struct recipe recipe[2];

    open_net(&as_is, &recipe[0], &quantized);
    open_net(&written, &recipe[1], &quantized);
    for (int i = 0; i < written.count; i++)
        written.nodes[i].out.coder = NULL;
    expect_same_pass(&quantized, &as_is, &written, recipe);
    expect_same_pass(&plain, &as_is, &written, recipe);
    expect_same_pass(&quantized, &as_is, &written, recipe);
    graph_close(&as_is);
    graph_close(&written);
}

/* A gain beyond binary32 makes NaN of values inside of a range whose ends are none. */
Test(deferred, a_gain_that_is_not_finite_shows)
{
    const struct net t = {"resnet8", "auto", 4, 1, 4, true};
    struct graph g;
    struct recipe recipe;
    int seen = 0;

    open_net(&g, &recipe, &t);
    for (int i = 0; i < g.count; i++)
        if (g.nodes[i].out.coder) g.nodes[i].layer->params[0].value[0] = INFINITY;
    const struct pass p = pass_of(&t, &g, &recipe);
    graph_forward(&g, &p);
    for (int i = 0; i < g.count; i++)
        if (g.nodes[i].out.deferred) {
            cr_assert(isnan(g.nodes[i].out.range->lo) && isnan(g.nodes[i].out.range->hi));
            seen++;
        }
    cr_assert_lt(0, seen);
    graph_close(&g);
}

/* Formats and accumulators read values. */
Test(deferred, roles_of_activations_and_accumulators_get_written_outputs)
{
    static const struct {
        enum role role;
        const char *setting;
    } rows[] = {{ROLE_ACTIVATION, "fx:s8.4"}, {ROLE_ACCUMULATOR, "exact"}};
    const struct model_type *type;

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct recipe recipe;
        struct graph g;
        const struct memory_plan plan = {.device = device_new(NULL, 0),
                                         .batch = 2,
                                         .forward_bits_max = 8,
                                         .backward_bits_max = 8,
                                         .recipe = &recipe};
        cr_assert_eq(recipe_find(&recipe, "cpt"), STATUS_OK);
        cr_assert_eq(role_parse(&recipe.role[rows[r].role], rows[r].role, rows[r].setting), STATUS_OK);
        cr_assert_eq(model_build(&type, &g, "resnet8", (struct shape){8, 8, 3}, CLASSES, &recipe), STATUS_OK);
        cr_assert_eq(graph_plan(&g, &plan), STATUS_OK);
        for (int i = 0; i < g.count; i++)
            cr_assert_null(g.nodes[i].out.coder, "%s", rows[r].setting);
        graph_close(&g);
    }
}
