/* models/resnet_imagenet.c - ResNet-18 to -152 for 224 x 224 images; names as in the published state
 * dictionary.
 *
 * Source: He et al., CVPR 2016, table 1. As in the CPT code, which has 18, 34 and 50, a bottleneck's stride
 * is in its 3 x 3 convolution, and groups are called group1_layer0 and so on. Forward MACs at 224x224x3, 1000
 * classes: 1,814,073,344; 3,663,761,408; 4,089,184,256; 7,801,405,440; 11,513,626,624.
 */
#include "models/resnet_imagenet.h"

#include "models/blocks.h"

#include <stdio.h>
#include <string.h>

enum { GROUPS = 4, WIDTH = 64, SIDE_MIN = 32 }; /* the last group sees a 32nd of each side */

/* To add a depth: its row. */
static const struct depth {
    const char *name;
    int (*block)(struct graph *g, int from, const struct residual_block *b, const struct recipe *recipe);
    int blocks[GROUPS];
} depths[] = {
    {"resnet18", block_basic, {2, 2, 2, 2}},        {"resnet34", block_basic, {3, 4, 6, 3}},
    {"resnet50", block_bottleneck, {3, 4, 6, 3}},   {"resnet101", block_bottleneck, {3, 4, 23, 3}},
    {"resnet152", block_bottleneck, {3, 8, 36, 3}},
};

static const struct depth *depth_find(const char *name)
{
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++)
        if (strcmp(depths[i].name, name) == 0) return &depths[i];
    return NULL;
}

/* 7 x 7 convolution of stride 2, then the largest of each 3 x 3 at stride 2. */
static int stem(struct graph *g, const struct recipe *recipe)
{
    const struct conv_norm c = {.names = {"conv1", "bn1"},
                                .filters = WIDTH,
                                .kernel = 7,
                                .stride = 2,
                                .activation = ACTIVATION_RELU,
                                .place = CONV_STEM};
    const int at = block_conv_norm(g, GRAPH_INPUT, NULL, &c, recipe);

    return graph_add(g, layer_maxpool_new("maxpool", graph_shape(g, at), 3, 2, 1), at, GRAPH_INPUT);
}

enum status resnet_imagenet_build(struct graph *g, const char *name, struct shape input, int classes,
                                  const struct recipe *recipe)
{
    const struct depth *d = depth_find(name);

    if (!d)
        return status_fail(
            STATUS_INPUT,
            "model '%s': for images of %d x %d there are resnet18, 34, 50, 101 and 152; depths of "
            "6n+2 with basic blocks, such as resnet38, are for small images",
            name, input.h, input.w);
    if (input.h < SIDE_MIN || input.w < SIDE_MIN)
        return status_fail(STATUS_INPUT, "model '%s': images of %d x %d are too small, %d x %d is the least",
                           name, input.h, input.w, SIDE_MIN, SIDE_MIN);

    int at = stem(g, recipe);
    for (int group = 0; group < GROUPS; group++)
        for (int i = 0; i < d->blocks[group]; i++) {
            char block[40];
            snprintf(block, sizeof block, "group%d_layer%d", group + 1, i);
            at = d->block(g, at,
                          &(struct residual_block){.name = block,
                                                   .width = WIDTH << group,
                                                   .stride = group > 0 && i == 0 ? 2 : 1,
                                                   .shortcut = {"downsample.0", "downsample.1"}},
                          recipe);
        }
    at = graph_add(g, layer_pool_new("avgpool", graph_shape(g, at)), at, GRAPH_INPUT);
    graph_add(g, layer_linear_new("fc", graph_shape(g, at), classes), at, GRAPH_INPUT);
    return STATUS_OK;
}
