/* models/resnet_cifar.c - ResNet-(6n+2) with basic blocks; names follow the published state dictionary.
 *
 * Source: He et al., CVPR 2016, section 4.2; the CPT code's variant has 1x1 projections (option B) and
 * quantizes stem and projections. Forward MACs at 32x32x3, 100 classes: ResNet-38 83,286,272; ResNet-74
 * 168,220,928.
 */
#include "models/resnet_cifar.h"

#include "sim/layers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS = 3, WIDTH = 16, DEPTH_MAX = 1202 };

/* conv - norm (- residual) (- ReLU); returns the norm's node. `residual` < -1: none. */
enum { NO_RESIDUAL = -2 };

static int conv_norm(struct graph *g, int from, const char *conv_name, const char *norm_name, int filters,
                     int kernel, int stride, int residual, bool relu, bool quantized)
{
    const struct shape in = graph_shape(g, from);
    const bool adds = residual != NO_RESIDUAL;
    const int c =
        graph_add(g, layer_conv_new(conv_name, in, filters, kernel, stride, kernel / 2, 1, quantized), from,
                  GRAPH_INPUT);

    return graph_add(g, layer_norm_new(norm_name, graph_shape(g, c), adds, relu), c,
                     adds ? residual : GRAPH_INPUT);
}

/* relu(norm(conv(relu(norm(conv(x))))) + shortcut(x)). */
static int basic_block(struct graph *g, int from, const char *block, int width, int stride,
                       const struct recipe *r)
{
    char conv[NAME_LENGTH], norm[NAME_LENGTH];
    int shortcut = from;

    snprintf(conv, sizeof conv, "%s.conv1", block);
    snprintf(norm, sizeof norm, "%s.bn1", block);
    const int inner = conv_norm(g, from, conv, norm, width, 3, stride, NO_RESIDUAL, true, r->quantize);
    if (stride != 1 || graph_shape(g, from).c != width) {
        snprintf(conv, sizeof conv, "%s.downsample", block);
        snprintf(norm, sizeof norm, "%s.bn3", block);
        shortcut = conv_norm(g, from, conv, norm, width, 1, stride, NO_RESIDUAL, false,
                             r->quantize && r->quantize_shortcut);
    }
    snprintf(conv, sizeof conv, "%s.conv2", block);
    snprintf(norm, sizeof norm, "%s.bn2", block);
    return conv_norm(g, inner, conv, norm, width, 3, 1, shortcut, true, r->quantize);
}

enum status resnet_cifar_build(struct graph *g, const char *name, struct shape input, int classes,
                               const struct recipe *recipe)
{
    char *end;
    const char *digits = name + strlen("resnet");
    const long depth = strtol(digits, &end, 10);

    if (*digits < '0' || *digits > '9' || *end || depth < 8 || depth > DEPTH_MAX || (depth - 2) % 6 != 0)
        return fail(
            STATUS_INPUT,
            "model '%s': the depth must be 6n+2, such as 8, 14, 20, 38, 74, 110, 152 or 164 (at most %d)",
            name, DEPTH_MAX);
    if (input.h < 4 || input.w < 4)
        return fail(STATUS_INPUT, "model '%s': images of %d x %d are too small, 4 x 4 is the least", name,
                    input.h, input.w);

    int at = conv_norm(g, GRAPH_INPUT, "conv1", "bn1", WIDTH, 3, 1, NO_RESIDUAL, true,
                       recipe->quantize && recipe->quantize_first);
    for (int group = 0; group < GROUPS; group++)
        for (int block = 0; block < (depth - 2) / 6; block++) {
            char prefix[32];
            snprintf(prefix, sizeof prefix, "group%d_layer%d", group + 1, block);
            at = basic_block(g, at, prefix, WIDTH << group, group > 0 && block == 0 ? 2 : 1, recipe);
        }
    at = graph_add(g, layer_pool_new("avgpool", graph_shape(g, at)), at, GRAPH_INPUT);
    graph_add(g, layer_linear_new("fc", graph_shape(g, at), classes), at, GRAPH_INPUT);
    return STATUS_OK;
}
