/* tests/test_graph_threads.c - a step with more threads than images: they share images, and nothing changes. */
#include "models/model.h"
#include "sim/loss.h"
#include "sim/scalar.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

struct crowd {
    char model[16], recipe[8], kernels[8]; /* no pointers: parameters cross processes */
    int bits, threads;
};

static struct crowd crowds[] = {
    {"resnet8", "cpt", "auto", 4, 7},      {"resnet8", "cpt", "ref", 4, 9},
    {"resnet8", "cpt", "auto", 12, 5},     {"resnet8", "cpt", "auto", 20, 7},
    {"resnet8", "float32", "auto", 0, 11}, {"mobilenetv2", "cpt", "auto", 5, 16},
};

enum { BATCH = 2, CLASSES = 5 };

/* One step, forward and backward; the graph is left with its gradients. */
static void step(struct graph *g, const struct crowd *t, int threads)
{
    static const int labels[BATCH] = {3, 1};
    const struct model_type *type;
    struct recipe recipe;
    struct plan plan = {.batch = BATCH,
                        .forward_bits_max = t->bits,
                        .backward_bits_max = t->bits,
                        .training = true,
                        .threads = threads};
    struct pass p = {.recipe = &recipe,
                     .n = BATCH,
                     .forward_bits = t->bits,
                     .backward_bits = t->bits,
                     .training = true,
                     .seed = 5};

    cr_assert_eq(recipe_find(&recipe, t->recipe), STATUS_OK);
    cr_assert_eq(kernels_find(&plan.kernels, t->kernels), STATUS_OK);
    cr_assert_eq(model_build(&type, g, t->model, (struct shape){11, 10, 3}, CLASSES, &recipe), STATUS_OK);
    cr_assert_eq(graph_plan(g, &plan), STATUS_OK);
    type->init(g, 7);
    for (size_t i = 0; i < shape_size(g->input) * BATCH; i++)
        g->in.data[i] = (float)scalar_normal((struct random_name){3, 0, 0}, i);
    graph_pass(&p, g);
    const struct tensor *const logits = graph_forward(g, &p);
    loss_cross_entropy(g->nodes[g->count - 1].dout.data, logits->data, labels, BATCH, CLASSES);
    graph_backward(g, &p);
}

ParameterizedTestParameters(graph_threads, more_threads_than_images_change_no_bit)
{
    return cr_make_param_array(struct crowd, crowds, sizeof crowds / sizeof crowds[0]);
}
ParameterizedTest(struct crowd *t, graph_threads, more_threads_than_images_change_no_bit)
{
    struct graph one, many;

    step(&one, t, 1);
    step(&many, t, t->threads);
    for (int i = 0; i < one.count; i++) {
        const struct layer *const a = one.nodes[i].layer, *const b = many.nodes[i].layer;
        cr_assert_eq(a->trace.clipped_activation, b->trace.clipped_activation, "%s", a->name);
        cr_assert_eq(a->trace.clipped_error, b->trace.clipped_error, "%s", a->name);
        for (int j = 0; j < a->param_count; j++)
            cr_assert_eq(memcmp(a->params[j].grad, b->params[j].grad, a->params[j].size * sizeof(float)), 0,
                         "gradient of %s.%s", a->name, a->params[j].name);
        for (int j = 0; j < a->buffer_count; j++)
            cr_assert_eq(memcmp(a->buffers[j].value, b->buffers[j].value, a->buffers[j].size * sizeof(float)),
                         0, "%s.%s", a->name, a->buffers[j].name);
    }
    graph_free(&one);
    graph_free(&many);
}
