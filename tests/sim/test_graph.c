/* tests/sim/test_graph.c - placement by lifetime, gradients through a whole network, models' sizes. */
#include "energy/workload/workload.h"
#include "models/model.h"
#include "tests/fixtures/devices.h"
#include "sim/base/layout.h"
#include "sim/base/scalar.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>

Test(place, blocks_that_live_together_never_overlap)
{
    enum { N = 200 };
    struct block b[N];
    for (uint32_t seed = 0; seed < 20; seed++) {
        size_t sum = 0;
        for (uint32_t i = 0; i < N; i++) {
            const uint32_t r = random_bits32((struct random_name){seed, 0, 0}, i);
            b[i] = (struct block){.size = r % 5000, .first = (int)(r >> 16) % 100};
            b[i].last = b[i].first + (int)(r >> 24) % 40;
            sum += b[i].size + 64;
        }
        const size_t total = place_blocks(b, N);
        cr_assert_lt(total, sum);
        for (int i = 0; i < N; i++) {
            cr_assert_eq(b[i].offset % 64, 0);
            cr_assert_leq(b[i].offset + b[i].size, total);
            for (int j = 0; j < i; j++)
                if (b[i].first <= b[j].last && b[j].first <= b[i].last && b[i].size > 0 && b[j].size > 0)
                    cr_assert(b[i].offset + b[i].size <= b[j].offset ||
                                  b[j].offset + b[j].size <= b[i].offset,
                              "blocks %d and %d", i, j);
        }
    }
}

static void make(struct graph *g, struct recipe *recipe, const char *model, const char *recipe_name,
                 int batch, int bits)
{
    const struct model_type *type;
    struct memory_plan plan = {
        .batch = batch, .forward_bits_max = bits, .backward_bits_max = bits, .training = true};

    cr_assert_eq(recipe_find(recipe, recipe_name), STATUS_OK);
    recipe->stochastic_error = false;
    cr_assert_eq(model_build(&type, g, model, (struct shape){8, 8, 2}, 5, recipe), STATUS_OK);
    cr_assert_eq(device_open(&plan.device, &(struct machine){0}), STATUS_OK);
    cr_assert_eq(graph_plan(g, &plan), STATUS_OK);
    type->init(g, 7);
    for (size_t i = 0; i < shape_size(g->input) * (size_t)batch; i++)
        g->in.data[i] = (float)scalar_normal((struct random_name){3, 0, 0}, i);
}

static double forward(struct graph *g, const struct recipe *recipe, int n, int bits, bool backward)
{
    static const int labels[] = {0, 3, 1, 4, 2, 2};
    const struct pass p = {
        .device = g->plan.device, .recipe = recipe, .n = n, .widths = {bits, bits}, .training = true};

    graph_forward(g, &p);
    graph_loss(g, labels, n, true);
    const struct loss l = graph_loss_get(g);
    if (backward) graph_backward(g, &p);
    return l.mean;
}

/* Along the gradient itself the loss falls by |g|^2 h: one number that all layers must be right for. float32
 * forward passes leave noise of 1e-7, h = 2^-8 curvature of a few 1e-3. */
Test(graph, loss_falls_along_the_gradient_as_it_says)
{
    struct graph g;
    struct recipe recipe;
    double square = 0.0;
    make(&g, &recipe, "resnet8", "float32", 6, 0);
    forward(&g, &recipe, 6, 0, true);
    for (int i = 0; i < g.count; i++)
        for (int j = 0; j < g.nodes[i].layer->param_count; j++)
            for (size_t k = 0; k < g.nodes[i].layer->params[j].size; k++) {
                const double d = (double)g.nodes[i].layer->params[j].grad[k];
                square += d * d;
            }
    const double h = 0x1p-8 / sqrt(square);
    double loss[2];
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < g.count; i++)
            for (int j = 0; j < g.nodes[i].layer->param_count; j++) {
                struct param *p = &g.nodes[i].layer->params[j];
                for (size_t k = 0; k < p->size; k++)
                    p->value[k] += (float)((side == 0 ? h : -2.0 * h) * (double)p->grad[k]);
            }
        loss[side] = forward(&g, &recipe, 6, 0, false);
    }
    cr_assert_float_eq((loss[0] - loss[1]) / (2.0 * h * square), 1.0, 5e-3, "ratio %g",
                       (loss[0] - loss[1]) / (2.0 * h * square));
    graph_close(&g);
}

/* More bits are nearer to float32. Rounding noise flips ReLUs in proportion, and flips add in squares: the
 * distance falls as 2^(-bits/2), 4 for every 4 bits; at least 2 is asked. */
Test(graph, quantized_gradient_tends_to_the_float_one)
{
    static const int widths[] = {6, 10, 14};
    double previous = INFINITY;
    for (int w = 0; w < 3; w++) {
        struct graph a, b;
        struct recipe ra, rb;
        double square = 0.0, norm = 0.0;
        make(&a, &ra, "resnet8", "float32", 6, 0);
        make(&b, &rb, "resnet8", "cpt", 6, widths[w]);
        forward(&a, &ra, 6, 0, true);
        forward(&b, &rb, 6, widths[w], true);
        const struct param *p = &a.nodes[0].layer->params[0], *q = &b.nodes[0].layer->params[0];
        for (size_t k = 0; k < p->size; k++) {
            square += pow((double)p->grad[k] - (double)q->grad[k], 2);
            norm += pow((double)p->grad[k], 2);
        }
        const double error = sqrt(square / norm);
        cr_expect_lt(error, previous / 2, "%d bits: %g", widths[w], error);
        previous = error;
        graph_close(&a);
        graph_close(&b);
    }
    cr_expect_lt(previous, 0.06);
}

struct depth_row {
    char name[16];
    double macs; /* 32x32x3, 100 classes; published */
};
static struct depth_row depth_rows[] = {
    {"resnet38", 83286272},   {"resnet74", 168220928},  {"resnet110", 253155584},
    {"resnet152", 352246016}, {"resnet164", 380557568},
};
ParameterizedTestParameters(model, macs_as_published)
{
    return cr_make_param_array(struct depth_row, depth_rows, sizeof depth_rows / sizeof *depth_rows);
}
ParameterizedTest(struct depth_row *d, model, macs_as_published)
{
    struct graph g;
    struct recipe recipe;
    const struct model_type *type;
    cr_assert_eq(recipe_find(&recipe, "cpt"), STATUS_OK);
    cr_assert_eq(model_build(&type, &g, d->name, (struct shape){32, 32, 3}, 100, &recipe), STATUS_OK);
    cr_assert_eq(work_of_graph(&g).macs, d->macs);
    graph_close(&g);
}

struct bad_row {
    char name[16], says[24];
};
static struct bad_row bad_rows[] = {
    {"resnet", "6n+2"},  {"resnet9", "6n+2"},  {"resnet-8", "did you mean 'resnet8'?"},
    {"resnet2", "6n+2"}, {"resnet8x", "6n+2"}, {"resnett20", "known:"},
    {"vgg16", "known:"}, {"", "known:"},       {"resnet999999", "6n+2"},
};
ParameterizedTestParameters(model, impossible_names_are_refused)
{
    return cr_make_param_array(struct bad_row, bad_rows, sizeof bad_rows / sizeof *bad_rows);
}
ParameterizedTest(struct bad_row *b, model, impossible_names_are_refused)
{
    struct graph g = {0};
    struct recipe recipe;
    const struct model_type *type;
    cr_assert_eq(recipe_find(&recipe, "cpt"), STATUS_OK);
    cr_assert_eq(model_build(&type, &g, b->name, (struct shape){32, 32, 3}, 10, &recipe), STATUS_INPUT);
    cr_assert_not_null(strstr(status_detail(), b->says), "%s", status_detail());
    graph_free(&g);
}

static struct loss loss_of(float *d, const float *z, const int *labels, int n, int classes)
{
    struct device *device = device_made(NULL, 2);
    double each[8];
    struct loss l;

    device->ops->loss(device, &(struct loss_op){&l, each, d, z, labels, n, classes});
    device_close(device);
    return l;
}

Test(loss, cross_entropy_of_equal_logits_is_log_classes)
{
    const float z[8] = {0};
    const int labels[2] = {1, 3};
    float d[8];
    const struct loss l = loss_of(d, z, labels, 2, 4);
    cr_assert_float_eq(l.mean, log(4.0), 1e-15);
    cr_assert_eq(l.correct, 0); /* the first of equals is 0 */
    cr_assert_float_eq(d[0], 0.125f, 1e-9);
    cr_assert_float_eq(d[1], -0.375f, 1e-9);
}

Test(loss, huge_logits_overflow_nothing)
{
    const float z[3] = {3e38f, -3e38f, 0.0f};
    const int labels[1] = {0};
    float d[3];
    const struct loss l = loss_of(d, z, labels, 1, 3);
    cr_assert_eq(l.mean, 0.0);
    cr_assert_eq(l.correct, 1);
    cr_assert(isfinite(d[0]) && isfinite(d[1]) && isfinite(d[2]));
}
