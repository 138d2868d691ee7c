/* models/resnet_cifar.c - ResNet-(6n+2) with basic blocks; names follow the published state dictionary.
 *
 * Source: He et al., CVPR 2016, section 4.2; the CPT code's variant has 1x1 projections (option B) and
 * quantizes stem and projections. Forward MACs at 32x32x3, 100 classes: ResNet-38 83,286,272; ResNet-74
 * 168,220,928.
 */
#include "models/resnet_cifar.h"

#include "models/blocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS = 3, WIDTH = 16, DEPTH_MAX = 1202 };

/* One depth 6n+2 is also the name of a network for large images, which is what its users mean. */
static bool is_bottleneck_name(long depth)
{
    return depth == 50;
}

/* The sentence for a depth that this family does not have. */
static enum status depth_refuse(const char *name, struct shape input)
{
    return status_fail(
        STATUS_INPUT,
        "model '%s': for images of %d x %d the depth must be 6n+2, such as 8, 14, 20, 38, 74, 110, 152 or "
        "164 (at most %d); resnet18, 34, 50 and 101 are networks for large images, such as --data imagenet",
        name, input.h, input.w, DEPTH_MAX);
}

enum status resnet_cifar_build(struct graph *g, const char *name, struct shape input, int classes,
                               const struct recipe *recipe)
{
    char *end;
    const char *digits = name + strlen("resnet");
    const long depth = strtol(digits, &end, 10);

    if (*digits < '0' || *digits > '9' || *end || depth < 8 || depth > DEPTH_MAX || (depth - 2) % 6 != 0 ||
        is_bottleneck_name(depth))
        return depth_refuse(name, input);
    if (input.h < 4 || input.w < 4)
        return status_fail(STATUS_INPUT, "model '%s': images of %d x %d are too small, 4 x 4 is the least",
                           name, input.h, input.w);

    const struct conv_norm stem = {.names = {"conv1", "bn1"},
                                   .filters = WIDTH,
                                   .kernel = 3,
                                   .activation = ACTIVATION_RELU,
                                   .place = CONV_STEM};
    int at = block_conv_norm(g, GRAPH_INPUT, NULL, &stem, recipe);
    for (int group = 0; group < GROUPS; group++)
        for (int i = 0; i < (depth - 2) / 6; i++) {
            char block[40];
            snprintf(block, sizeof block, "group%d_layer%d", group + 1, i);
            at = block_basic(g, at,
                             &(struct residual_block){.name = block,
                                                      .width = WIDTH << group,
                                                      .stride = group > 0 && i == 0 ? 2 : 1,
                                                      .shortcut = {"downsample", "bn3"}},
                             recipe);
        }
    at = graph_add(g, layer_pool_new("avgpool", graph_shape(g, at)), at, GRAPH_INPUT);
    graph_add(g, layer_linear_new("fc", graph_shape(g, at), classes), at, GRAPH_INPUT);
    return STATUS_OK;
}
