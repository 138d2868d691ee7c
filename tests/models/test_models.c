/* tests/models/test_models.c - the networks: sizes, names and refusals as published; blocks train and
 * differentiate. */
#include "energy/workload/workload.h"
#include "models/blocks.h"
#include "models/init.h"
#include "models/model.h"
#include "tests/fixtures/folder.h"
#include "tests/fixtures/kernel_rows.h"
#include "tests/fixtures/rigs.h"

#include <math.h>

static void build(struct graph *g, const char *name, int side, int classes, const char *recipe_name)
{
    const struct model_type *type;
    struct recipe recipe;

    must(recipe_find(&recipe, recipe_name));
    must(model_build(&type, g, name, (struct shape){side, side, 3}, classes, &recipe));
}

/* ---- sizes ---- */

struct size_row {
    char name[16];
    int side, classes;
    double macs;   /* of convolutions and the linear layer, one image */
    size_t params; /* all trained ones */
};

/* ImageNet's: torchvision's parameter counts. MobileNetV2 for CIFAR-10: the count of the code that CPT's is
 * from.
 */
static struct size_row size_rows[] = {
    {"resnet38", 32, 100, 83286272, 569972},        {"resnet74", 32, 100, 168220928, 1153268},
    {"resnet110", 32, 100, 253155584, 1736564},     {"resnet152", 32, 100, 352246016, 2417076},
    {"resnet164", 32, 100, 380557568, 2611508},     {"mobilenetv2", 32, 10, 91270144 - 90 * 1280, 2296922},
    {"mobilenetv2", 32, 100, 91270144, 2412212},    {"resnet18", 224, 1000, 1814073344, 11689512},
    {"resnet34", 224, 1000, 3663761408, 21797672},  {"resnet50", 224, 1000, 4089184256, 25557032},
    {"resnet101", 224, 1000, 7801405440, 44549160}, {"resnet152", 224, 1000, 11513626624, 60192808},
    {"mobilenetv2", 224, 1000, 300774272, 3504872},
};

ParameterizedTestParameters(models, macs_and_parameters_as_published)
{
    return cr_make_param_array(struct size_row, size_rows, sizeof size_rows / sizeof *size_rows);
}

ParameterizedTest(struct size_row *r, models, macs_and_parameters_as_published)
{
    struct graph g;
    size_t params = 0;

    build(&g, r->name, r->side, r->classes, "cpt");
    for (int i = 0; i < g.count; i++)
        for (int j = 0; j < g.nodes[i].layer->param_count; j++)
            params += g.nodes[i].layer->params[j].size;
    cr_expect_eq(work_of_graph(&g).macs, r->macs, "%s: %.0f MACs", r->name, work_of_graph(&g).macs);
    cr_expect_eq(params, r->params, "%s: %zu parameters", r->name, params);
    graph_free(&g);
}

/* ---- names ---- */

static const struct layer *layer_named(const struct graph *g, const char *name)
{
    for (int i = 0; i < g->count; i++)
        if (strcmp(g->nodes[i].layer->name, name) == 0) return g->nodes[i].layer;
    return NULL;
}

struct name_row {
    char name[16];
    int side, layers; /* all, pools too */
    char has[5][32], lacks[32];
};

static struct name_row name_rows[] = {
    {"resnet20",
     32,
     19 * 2 + 2 * 2 + 2,
     {"conv1", "group3_layer2.bn2", "group2_layer0.downsample", "group2_layer0.bn3", "fc"},
     "group1_layer0.downsample"},
    {"resnet18",
     224,
     17 * 2 + 3 * 2 + 3,
     {"maxpool", "group2_layer0.downsample.0", "group4_layer1.conv2", "group4_layer0.downsample.1", "fc"},
     "group1_layer0.downsample.0"},
    {"resnet50",
     224,
     49 * 2 + 4 * 2 + 3,
     {"maxpool", "group1_layer0.downsample.0", "group3_layer5.conv3", "group3_layer5.bn3", "fc"},
     "group1_layer1.downsample.0"},
    {"mobilenetv2",
     32,
     53 * 2 + 4 * 2 + 2,
     {"group1_layer0.conv1", "group2_layer0.bn4", "group5_layer0.shortcut", "conv2", "linear"},
     "group3_layer0.shortcut"},
    {"mobilenetv2",
     224,
     52 * 2 + 2,
     {"features.0.0", "features.1.conv.2", "features.17.conv.1.1", "features.18.1", "classifier.1"},
     "features.1.conv.3"},
};

ParameterizedTestParameters(models, names_of_the_published_state_dictionary)
{
    return cr_make_param_array(struct name_row, name_rows, sizeof name_rows / sizeof *name_rows);
}

ParameterizedTest(struct name_row *r, models, names_of_the_published_state_dictionary)
{
    struct graph g;

    build(&g, r->name, r->side, 10, "cpt");
    cr_expect_eq(g.count, r->layers, "%s: %d layers", r->name, g.count);
    for (int i = 0; i < 5; i++)
        cr_expect(layer_named(&g, r->has[i]), "%s has no %s", r->name, r->has[i]);
    cr_expect_not(layer_named(&g, r->lacks), "%s has %s", r->name, r->lacks);
    for (int i = 0; i < g.count; i++)
        cr_expect_eq(layer_named(&g, g.nodes[i].layer->name), g.nodes[i].layer, "%s twice",
                     g.nodes[i].layer->name);
    graph_free(&g);
}

Test(models, a_bottleneck_has_its_stride_in_the_3x3)
{
    struct graph g;
    build(&g, "resnet50", 224, 1000, "cpt-imagenet");
    cr_assert_eq(layer_facts_of(layer_named(&g, "group2_layer0.conv1")).conv->stride, 1);
    cr_assert_eq(layer_facts_of(layer_named(&g, "group2_layer0.conv2")).conv->stride, 2);
    graph_free(&g);
}

Test(models, the_recipe_for_imagenet_leaves_stem_shortcuts_and_last_layer_in_float32)
{
    struct graph g;
    build(&g, "resnet50", 224, 1000, "cpt-imagenet");
    for (int i = 0; i < g.count; i++) {
        const struct layer *l = g.nodes[i].layer;
        const bool left = !strcmp(l->name, "conv1") || strstr(l->name, "downsample");
        if (layer_facts_of(l).conv) cr_assert_eq(l->quantized, !left, "%s", l->name);
    }
    cr_assert_not(layer_named(&g, "fc")->quantized);
    graph_free(&g);
}

struct refusal {
    char name[16];
    int side;
    char says[48];
};

static struct refusal refusals[] = {
    {"resnet18", 32, "--data imagenet"},  {"resnet34", 32, "--data imagenet"},
    {"resnet50", 32, "--data imagenet"},  {"resnet38", 224, "resnet18, 34, 50, 101 and 152"},
    {"resnet", 224, "resnet18"},          {"resnet018", 224, "resnet18"},
    {"resnet18x", 224, "resnet18"},       {"mobilenetv22", 32, "mobilenetv2, at width 1.0"},
    {"mobilenetv2", 3, "too small"},      {"mobilenet", 32, "known:"},
    {"mobilenetv21", 224, "mobilenetv2"},
};

ParameterizedTestParameters(models, what_there_is_not_is_refused_with_what_there_is)
{
    return cr_make_param_array(struct refusal, refusals, sizeof refusals / sizeof *refusals);
}

ParameterizedTest(struct refusal *r, models, what_there_is_not_is_refused_with_what_there_is)
{
    struct graph g = {0};
    const struct model_type *type;
    struct recipe recipe;

    must(recipe_find(&recipe, "cpt"));
    expect_failure(model_build(&type, &g, r->name, (struct shape){r->side, r->side, 3}, 10, &recipe),
                   STATUS_INPUT, r->says);
    graph_free(&g);
}

/* ---- blocks ---- */

enum { BATCH = 5, CLASSES = 3 };

static const struct inverted_style relu_style = {
    {"conv1", "bn1"}, {"conv2", "bn2"}, {"conv3", "bn3"}, {"shortcut", "bn4"}, ACTIVATION_RELU};
static const struct inverted_style relu6_style = {
    {"conv1", "bn1"}, {"conv2", "bn2"}, {"conv3", "bn3"}, {NULL, NULL}, ACTIVATION_RELU6};

/* A small network around one kind of block, twice: where the shape changes and where it does not. */
enum block_kind { BASIC, BOTTLENECK, INVERTED, INVERTED_6, POOLED, BLOCK_KINDS };

static int add_blocks(struct graph *g, int at, enum block_kind kind, const struct recipe *r)
{
    const struct residual_block down = {"a", 4, 2, {"down", "bn"}}, flat = {"b", 4, 1, {"down", "bn"}};
    const struct inverted_block up = {"a", 6, 2, 1, &relu_style}, same = {"b", 6, 3, 1, &relu_style};
    const struct inverted_block strided = {"c", 8, 2, 2, &relu_style}, six = {"d", 8, 3, 1, &relu6_style};

    switch (kind) {
    case BASIC:
        return block_basic(g, block_basic(g, at, &down, r), &flat, r);
    case BOTTLENECK:
        return block_bottleneck(g, block_bottleneck(g, at, &down, r), &flat, r);
    case INVERTED:
        at = block_inverted(g, block_inverted(g, at, &up, r), &same, r);
        return block_inverted(g, at, &strided, r);
    case INVERTED_6:
        return block_inverted(g, block_inverted(g, at, &strided, r), &six, r);
    default:
        at = graph_add(g, layer_maxpool_new("maxpool", graph_shape(g, at), 3, 2, 1), at, GRAPH_INPUT);
        return block_basic(g, at, &flat, r);
    }
}

/* Batch norms have weights of up to a few units, so that ReLU6 has something to cut. */
static void small_open(struct graph *g, struct recipe *recipe, enum block_kind kind, const char *kernels,
                       int threads)
{
    const struct conv_norm stem = {.names = {"conv1", "bn1"},
                                   .filters = 4,
                                   .kernel = 3,
                                   .activation = ACTIVATION_RELU,
                                   .place = CONV_STEM};
    struct memory_plan plan = {
        .batch = BATCH, .forward_bits_max = 8, .backward_bits_max = 8, .training = true};

    must(device_open(&plan.device, &(struct machine){.kernels = kernels, .threads = threads}));
    graph_init(g, (struct shape){7, 6, 3});
    int at = add_blocks(g, block_conv_norm(g, GRAPH_INPUT, NULL, &stem, recipe), kind, recipe);
    at = graph_add(g, layer_pool_new("avgpool", graph_shape(g, at)), at, GRAPH_INPUT);
    graph_add(g, layer_linear_new("fc", graph_shape(g, at), CLASSES), at, GRAPH_INPUT);
    must(graph_plan(g, &plan));
    init_he(g, 7);
    for (int i = 0; i < g->count; i++)
        if (strcmp(g->nodes[i].layer->type->name, "norm") == 0)
            for (int j = 0; j < 2; j++)
                rig_fill(g->nodes[i].layer->params[j].value, g->nodes[i].layer->params[j].size,
                         30 + (uint32_t)(2 * i + j), 3.0);
    rig_fill(g->in.data, shape_size(g->input) * BATCH, 3, 1.0);
}

static double small_pass(struct graph *g, const struct recipe *recipe, int bits, uint32_t step, bool backward)
{
    static const int labels[BATCH] = {0, 2, 1, 1, 2};
    const struct pass p = {.device = g->plan.device,
                           .recipe = recipe,
                           .n = BATCH,
                           .widths = {bits, bits},
                           .training = true,
                           .seed = 11,
                           .step = step};

    graph_forward(g, &p);
    graph_loss(g, labels, BATCH, true);
    const struct loss l = graph_loss_get(g);
    if (backward) graph_backward(g, &p);
    return l.mean;
}

static void descend(struct graph *g, float rate)
{
    for (int i = 0; i < g->count; i++)
        for (int j = 0; j < g->nodes[i].layer->param_count; j++) {
            struct param *p = &g->nodes[i].layer->params[j];
            for (size_t k = 0; k < p->size; k++)
                p->value[k] -= rate * p->grad[k];
        }
}

static uint64_t hash_of(const struct graph *g)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a over bytes */
    for (int i = 0; i < g->count; i++)
        for (int j = 0; j < g->nodes[i].layer->param_count; j++) {
            const struct param *p = &g->nodes[i].layer->params[j];
            for (size_t k = 0; k < p->size * sizeof(float); k++)
                h = (h ^ ((const uint8_t *)p->value)[k]) * 1099511628211u;
        }
    return h;
}

/* How far the loss falls in three steps; *hash of where they lead. */
static double train(uint64_t *hash, enum block_kind kind, const char *recipe_name, const char *kernels,
                    int threads)
{
    struct graph g;
    struct recipe recipe;
    double first = 0, last = 0;

    must(recipe_find(&recipe, recipe_name));
    small_open(&g, &recipe, kind, kernels, threads);
    for (uint32_t step = 0; step < 3; step++) {
        last = small_pass(&g, &recipe, recipe.quantize ? 8 : 0, step, true);
        if (step == 0) first = last;
        descend(&g, 0.01f);
    }
    *hash = hash_of(&g);
    graph_free(&g);
    return first - last;
}

struct training_row {
    int kind;
    char recipe[16];
};

static const struct training_row training_rows[] = {
    {BASIC, "cpt"},          {BOTTLENECK, "cpt"}, {INVERTED, "cpt"},       {INVERTED_6, "cpt"},
    {POOLED, "cpt"},         {BASIC, "float32"},  {BOTTLENECK, "float32"}, {INVERTED, "float32"},
    {INVERTED_6, "float32"}, {POOLED, "float32"},
};

ROWS_TEST(models, blocks_learn_with_the_same_bits_for_any_threads_and_kernels)
{
    const struct kernels *const k = row_at(at);

    for (size_t i = 0; i < sizeof training_rows / sizeof *training_rows; i++) {
        const struct training_row *const r = &training_rows[i];
        uint64_t want, got;
        cr_expect_gt(train(&want, r->kind, r->recipe, "ref", 1), 0.05, "the loss of row %zu does not fall",
                     i);
        for (int threads = 1; threads <= 3; threads++) {
            train(&got, r->kind, r->recipe, k->name, threads);
            cr_expect_eq(got, want, "row %zu, %s, %d threads", i, k->name, threads);
        }
    }
}

/* Slopes of the loss to both sides of one parameter. */
struct slopes {
    double below, above;
};

static struct slopes slopes_at(struct graph *g, const struct recipe *recipe, float *x, float h)
{
    const float old = *x;
    const double here = small_pass(g, recipe, 0, 0, false);
    *x = old + h;
    const double up = small_pass(g, recipe, 0, 0, false);
    *x = old - h;
    const double down = small_pass(g, recipe, 0, 0, false);
    *x = old;
    return (struct slopes){(here - down) / (double)h, (up - here) / (double)h};
}

ParameterizedTestParameters(models, gradient_of_a_block_by_central_differences)
{
    static int kinds[BLOCK_KINDS] = {BASIC, BOTTLENECK, INVERTED, INVERTED_6, POOLED};
    return cr_make_param_array(int, kinds, BLOCK_KINDS);
}

/* Norm-wise over all parameters where both sides have one slope. Where they do not, a step crosses a kink of
 * a ReLU or a tie of the pool, and there is no gradient to compare with; few places may be so. Rounding of
 * 2^-24 in float32 forward passes and curvature leave near 3e-3; a missing term would be off by tenths. */
ParameterizedTest(int *kind, models, gradient_of_a_block_by_central_differences)
{
    struct graph g;
    struct recipe recipe;
    double off = 0.0, norm = 0.0;
    int smooth = 0, all = 0;

    must(recipe_find(&recipe, "float32"));
    small_open(&g, &recipe, *kind, "auto", 1);
    small_pass(&g, &recipe, 0, 0, true);
    for (int i = 0; i < g.count; i++)
        for (int j = 0; j < g.nodes[i].layer->param_count; j++) {
            struct param *p = &g.nodes[i].layer->params[j];
            for (size_t k = 0; k < p->size; k++, all++) {
                const struct slopes s = slopes_at(&g, &recipe, &p->value[k], 0x1p-12f);
                if (fabs(s.above - s.below) > 0.01 + 0.01 * fabs(s.above + s.below)) continue;
                const double want = (s.below + s.above) / 2, got = (double)p->grad[k];
                smooth++;
                off += (got - want) * (got - want);
                norm += want * want;
            }
        }
    cr_expect_gt(smooth, 0.8 * all, "%d of %d", smooth, all);
    cr_assert_lt(sqrt(off / norm), 1e-2, "off by %g", sqrt(off / norm));
    graph_free(&g);
}
