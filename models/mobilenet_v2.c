/* models/mobilenet_v2.c - MobileNetV2 in two versions; names follow their published state dictionaries.
 *
 * Source: Sandler et al., CVPR 2018, table 2.
 *
 *                        small images (CPT code)                    large images (torchvision, width 1.0)
 *   stem, second stage   stride 1                                   stride 2
 *   activation           ReLU                                       ReLU6
 *   first block          expands, by 1                              has no expansion
 *   shortcut             1 x 1 where channels change at stride 1    identity only
 *   forward MACs         91,270,144 at 32x32x3, 100 classes         300,774,272 at 224x224x3, 1000 classes
 *
 * The CPT code gives the depthwise convolutions widths of their own, by names that it never defines; here
 * they follow the schedule as all others do, which reproduces the published GBitOPs. Torchvision's dropout of
 * 0.2 before the last layer is left out, as the CPT code does.
 */
#include "models/mobilenet_v2.h"

#include "models/blocks.h"
#include "quant/try.h"

#include <stdio.h>
#include <string.h>

enum { STAGES = 7, STEM_WIDTH = 32, HEAD_WIDTH = 1280, SIDE_MIN = 4, SIDE_MIN_LARGE = 32 };

/* `blocks` blocks, the first of `stride`; the second stage has the stem's. */
static const struct stage {
    int expansion, width, blocks, stride;
} stages[STAGES] = {
    {1, 16, 1, 1}, {6, 24, 2, 0}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
};

static const struct inverted_style cifar_style = {
    {"conv1", "bn1"}, {"conv2", "bn2"}, {"conv3", "bn3"}, {"shortcut", "bn4"}, ACTIVATION_RELU};
static const struct inverted_style first_style = {
    {NULL, NULL}, {"conv.0.0", "conv.0.1"}, {"conv.1", "conv.2"}, {NULL, NULL}, ACTIVATION_RELU6};
static const struct inverted_style large_style = {
    {"conv.0.0", "conv.0.1"}, {"conv.1.0", "conv.1.1"}, {"conv.2", "conv.3"}, {NULL, NULL}, ACTIVATION_RELU6};

/* What the two versions differ in. */
struct version {
    int stride; /* of the stem and of the second stage */
    struct pair_names stem, head;
    const char *linear;
    bool one_count; /* blocks are features.1, features.2 and so on instead of group1_layer0 */
    const struct inverted_style *first, *rest; /* of the blocks */
};

static const struct version small = {
    .stride = 1,
    .stem = {"conv1", "bn1"},
    .head = {"conv2", "bn2"},
    .linear = "linear",
    .first = &cifar_style,
    .rest = &cifar_style,
};
static const struct version large = {
    .stride = 2,
    .stem = {"features.0.0", "features.0.1"},
    .head = {"features.18.0", "features.18.1"},
    .linear = "classifier.1",
    .one_count = true,
    .first = &first_style,
    .rest = &large_style,
};

/* All blocks of all stages; returns the last one's node. */
static int add_stages(struct graph *g, int at, const struct version *v, const struct recipe *recipe)
{
    int count = 0;

    for (int s = 0; s < STAGES; s++)
        for (int i = 0; i < stages[s].blocks; i++) {
            char name[40];
            if (v->one_count)
                snprintf(name, sizeof name, "features.%d", count + 1);
            else
                snprintf(name, sizeof name, "group%d_layer%d", s + 1, i);
            const int stride = stages[s].stride ? stages[s].stride : v->stride;
            const struct inverted_block b = {.name = name,
                                             .width = stages[s].width,
                                             .expansion = stages[s].expansion,
                                             .stride = i == 0 ? stride : 1,
                                             .style = count++ == 0 ? v->first : v->rest};
            at = block_inverted(g, at, &b, recipe);
        }
    return at;
}

static void build(struct graph *g, const struct version *v, int classes, const struct recipe *recipe)
{
    const struct conv_norm stem = {.names = v->stem,
                                   .filters = STEM_WIDTH,
                                   .kernel = 3,
                                   .stride = v->stride,
                                   .activation = v->rest->activation,
                                   .place = CONV_STEM};
    const struct conv_norm head = {
        .names = v->head, .filters = HEAD_WIDTH, .kernel = 1, .activation = v->rest->activation};

    int at = block_conv_norm(g, GRAPH_INPUT, NULL, &stem, recipe);
    at = add_stages(g, at, v, recipe);
    at = block_conv_norm(g, at, NULL, &head, recipe);
    at = graph_add(g, layer_pool_new("avgpool", graph_shape(g, at)), at, GRAPH_INPUT);
    graph_add(g, layer_linear_new(v->linear, graph_shape(g, at), classes), at, GRAPH_INPUT);
}

static enum status check(const char *name, struct shape input, int side_min)
{
    if (strcmp(name, "mobilenetv2") != 0)
        return status_fail(STATUS_INPUT, "model '%s': of this family there is mobilenetv2, at width 1.0",
                           name);
    if (input.h < side_min || input.w < side_min)
        return status_fail(STATUS_INPUT, "model '%s': images of %d x %d are too small, %d x %d is the least",
                           name, input.h, input.w, side_min, side_min);
    return STATUS_OK;
}

enum status mobilenet_v2_cifar_build(struct graph *g, const char *name, struct shape input, int classes,
                                     const struct recipe *recipe)
{
    TRY(check(name, input, SIDE_MIN));
    build(g, &small, classes, recipe);
    return STATUS_OK;
}

enum status mobilenet_v2_build(struct graph *g, const char *name, struct shape input, int classes,
                               const struct recipe *recipe)
{
    TRY(check(name, input, SIDE_MIN_LARGE));
    build(g, &large, classes, recipe);
    return STATUS_OK;
}
