/* models/blocks.c - convolution with batch norm, and the three residual blocks that the networks repeat. */
#include "models/blocks.h"

#include <assert.h>
#include <stdio.h>

static void name_join(char out[NAME_LENGTH], const char *block, const char *name)
{
    const int length =
        block ? snprintf(out, NAME_LENGTH, "%s.%s", block, name) : snprintf(out, NAME_LENGTH, "%s", name);
    assert(length < NAME_LENGTH);
    (void)length;
}

static bool is_quantized(enum conv_place place, const struct recipe *r)
{
    const bool wanted[] = {
        [CONV_BODY] = true, [CONV_STEM] = r->quantize_first, [CONV_SHORTCUT] = r->quantize_shortcut};
    return r->quantize && wanted[place];
}

int block_conv_norm(struct graph *g, int from, const char *block, const struct conv_norm *c,
                    const struct recipe *recipe)
{
    char conv[NAME_LENGTH], norm[NAME_LENGTH];

    name_join(conv, block, c->names.conv);
    name_join(norm, block, c->names.norm);
    const int y =
        graph_add(g,
                  layer_conv_new(conv, graph_shape(g, from), c->filters, c->kernel, c->stride ? c->stride : 1,
                                 c->kernel / 2, c->groups ? c->groups : 1, is_quantized(c->place, recipe)),
                  from, GRAPH_INPUT);
    return graph_add(g, layer_norm_new(norm, graph_shape(g, y), c->adds, c->activation), y,
                     c->adds ? c->residual : GRAPH_INPUT);
}

/* What the block's last sum adds: its input, or a projection to `channels` at the block's stride. */
static int shortcut_of(struct graph *g, int from, const struct residual_block *b, int channels,
                       const struct recipe *recipe)
{
    if (b->stride == 1 && graph_shape(g, from).c == channels) return from;
    return block_conv_norm(g, from, b->name,
                           &(struct conv_norm){.names = b->shortcut,
                                               .filters = channels,
                                               .kernel = 1,
                                               .stride = b->stride,
                                               .place = CONV_SHORTCUT},
                           recipe);
}

int block_basic(struct graph *g, int from, const struct residual_block *b, const struct recipe *recipe)
{
    const struct conv_norm first = {.names = {"conv1", "bn1"},
                                    .filters = b->width,
                                    .kernel = 3,
                                    .stride = b->stride,
                                    .activation = ACTIVATION_RELU};
    struct conv_norm second = {.names = {"conv2", "bn2"},
                               .filters = b->width,
                               .kernel = 3,
                               .activation = ACTIVATION_RELU,
                               .adds = true};

    const int inner = block_conv_norm(g, from, b->name, &first, recipe);
    second.residual = shortcut_of(g, from, b, b->width, recipe);
    return block_conv_norm(g, inner, b->name, &second, recipe);
}

int block_bottleneck(struct graph *g, int from, const struct residual_block *b, const struct recipe *recipe)
{
    const int channels = BOTTLENECK_EXPANSION * b->width;
    const struct conv_norm reduce = {
        .names = {"conv1", "bn1"}, .filters = b->width, .kernel = 1, .activation = ACTIVATION_RELU};
    const struct conv_norm middle = {.names = {"conv2", "bn2"},
                                     .filters = b->width,
                                     .kernel = 3,
                                     .stride = b->stride,
                                     .activation = ACTIVATION_RELU};
    struct conv_norm expand = {.names = {"conv3", "bn3"},
                               .filters = channels,
                               .kernel = 1,
                               .activation = ACTIVATION_RELU,
                               .adds = true};

    int at = block_conv_norm(g, from, b->name, &reduce, recipe);
    at = block_conv_norm(g, at, b->name, &middle, recipe);
    expand.residual = shortcut_of(g, from, b, channels, recipe);
    return block_conv_norm(g, at, b->name, &expand, recipe);
}

/* Has the block a shortcut? Then project->residual is what it adds. */
static bool inverted_shortcut(struct graph *g, int from, struct conv_norm *project,
                              const struct inverted_block *b, const struct recipe *recipe)
{
    const struct conv_norm projection = {
        .names = b->style->shortcut, .filters = b->width, .kernel = 1, .place = CONV_SHORTCUT};

    if (b->stride != 1) return false;
    if (graph_shape(g, from).c == b->width)
        project->residual = from;
    else if (b->style->shortcut.conv)
        project->residual = block_conv_norm(g, from, b->name, &projection, recipe);
    else
        return false;
    return true;
}

int block_inverted(struct graph *g, int from, const struct inverted_block *b, const struct recipe *recipe)
{
    const struct inverted_style *style = b->style;
    const int inner = b->expansion * graph_shape(g, from).c;
    const struct conv_norm expand = {
        .names = style->expand, .filters = inner, .kernel = 1, .activation = style->activation};
    const struct conv_norm depthwise = {.names = style->depthwise,
                                        .filters = inner,
                                        .kernel = 3,
                                        .stride = b->stride,
                                        .groups = inner,
                                        .activation = style->activation};
    struct conv_norm project = {.names = style->project, .filters = b->width, .kernel = 1};

    int at = style->expand.conv ? block_conv_norm(g, from, b->name, &expand, recipe) : from;
    at = block_conv_norm(g, at, b->name, &depthwise, recipe);
    project.adds = inverted_shortcut(g, from, &project, b, recipe);
    return block_conv_norm(g, at, b->name, &project, recipe);
}
