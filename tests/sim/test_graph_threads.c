/* tests/sim/test_graph_threads.c - a step with more threads than images: they share images, and nothing
 * changes. */
#include "models/model.h"
#include "sim/base/scalar.h"
#include "tests/fixtures/devices.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

struct crowd {
    char model[16], recipe[8], kernels[8]; /* no pointers: parameters cross processes */
    int bits, threads, n;
    bool training, grids; /* grids: weights and errors in fixed point, so that errors pass back in integers */
};

static struct crowd crowds[] = {
    {"resnet8", "cpt", "auto", 4, 7, 2, true, false},
    {"resnet8", "cpt", "ref", 4, 9, 2, true, false},
    {"resnet8", "cpt", "auto", 12, 5, 1, true, false},
    {"resnet8", "cpt", "auto", 20, 7, 2, true, false},
    {"resnet8", "float32", "auto", 0, 11, 2, true, false},
    {"mobilenetv2", "cpt", "auto", 5, 16, 2, true, false},
    {"resnet8", "cpt", "auto", 8, 7, 2, true, true},
    {"resnet8", "cpt", "auto", 6, 9, 1, false, false},
};

enum { BATCH = 2, CLASSES = 5 };

/* One step; the graph is left with its gradients, out[n][CLASSES] with its logits. */
static void step(struct graph *g, float *out, const struct crowd *t, int threads)
{
    static const int labels[BATCH] = {3, 1};
    const struct model_type *type;
    struct recipe recipe;
    const struct memory_plan plan = {.device = device_new(t->kernels, threads),
                                     .batch = BATCH,
                                     .forward_bits_max = t->bits,
                                     .backward_bits_max = t->bits,
                                     .training = t->training,
                                     .recipe = &recipe};
    const struct pass p = {.device = plan.device,
                           .recipe = &recipe,
                           .n = t->n,
                           .widths = {t->bits, t->bits},
                           .training = t->training,
                           .seed = 5};

    cr_assert_eq(recipe_find(&recipe, t->recipe), STATUS_OK);
    if (t->grids) {
        cr_assert_eq(role_parse(&recipe.role[ROLE_WEIGHT], ROLE_WEIGHT, "fx:s8.6"), STATUS_OK);
        cr_assert_eq(role_parse(&recipe.role[ROLE_ERROR], ROLE_ERROR, "fx:s8.7:sr8:sat"), STATUS_OK);
    }
    cr_assert_eq(model_build(&type, g, t->model, (struct shape){11, 10, 3}, CLASSES, &recipe), STATUS_OK);
    cr_assert_eq(graph_plan(g, &plan), STATUS_OK);
    type->init(g, 7);
    for (size_t i = 0; i < shape_size(g->input) * BATCH; i++)
        g->in.data[i] = (float)scalar_normal((struct random_name){3, 0, 0}, i);
    const struct tensor *const logits = graph_forward(g, &p);
    memcpy(out, logits->data, (size_t)t->n * CLASSES * sizeof *out);
    if (!t->training) return;
    graph_loss(g, labels, t->n, true);
    graph_backward(g, &p);
}

ParameterizedTestParameters(graph_threads, more_threads_than_images_change_no_bit)
{
    return cr_make_param_array(struct crowd, crowds, sizeof crowds / sizeof crowds[0]);
}
ParameterizedTest(struct crowd *t, graph_threads, more_threads_than_images_change_no_bit)
{
    struct graph one, many;
    float a_out[BATCH * CLASSES], b_out[BATCH * CLASSES];

    step(&one, a_out, t, 1);
    step(&many, b_out, t, t->threads);
    cr_assert_eq(memcmp(a_out, b_out, (size_t)t->n * CLASSES * sizeof *a_out), 0, "logits");
    for (int i = 0; i < one.count; i++) {
        const struct layer *const a = one.nodes[i].layer, *const b = many.nodes[i].layer;
        cr_assert_eq(a->trace->clipped_activation, b->trace->clipped_activation, "%s", a->name);
        cr_assert_eq(a->trace->clipped_error, b->trace->clipped_error, "%s", a->name);
        for (int j = 0; t->training && j < a->param_count; j++)
            cr_assert_eq(memcmp(a->params[j].grad, b->params[j].grad, a->params[j].size * sizeof(float)), 0,
                         "gradient of %s.%s", a->name, a->params[j].name);
        for (int j = 0; j < a->buffer_count; j++)
            cr_assert_eq(memcmp(a->buffers[j].value, b->buffers[j].value, a->buffers[j].size * sizeof(float)),
                         0, "%s.%s", a->name, a->buffers[j].name);
    }
    graph_close(&one);
    graph_close(&many);
}
