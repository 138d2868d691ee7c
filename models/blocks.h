/* models/blocks.h - what the networks are made of: convolution with batch norm, and the three residual
 * blocks.
 *
 * Each function appends layers to g behind node `from` and returns the node whose output is the block's.
 * Names are those of the published state dictionaries, block.name + "." + the layer's own.
 */
#ifndef MODELS_BLOCKS_H
#define MODELS_BLOCKS_H

#include "sim/layers/graph.h"
#include "sim/layers/layers.h"

/** Names of a convolution and of the batch norm behind it, within their block; NULL: there is none. */
struct pair_names {
    const char *conv, *norm;
};

/** Convolutions that a recipe may leave in float32, apart from the rest. */
enum conv_place { CONV_BODY, CONV_STEM, CONV_SHORTCUT };

/** Convolution, batch norm, then `residual` added if `adds`, then the activation; padding kernel / 2. */
struct conv_norm {
    struct pair_names names;
    int filters, kernel;
    int stride, groups; /* 0: 1 */
    enum activation activation;
    bool adds;
    int residual; /* a node */
    enum conv_place place;
};

/** `block` is the name that comes first, NULL for none. */
int block_conv_norm(struct graph *g, int from, const char *block, const struct conv_norm *c,
                    const struct recipe *recipe);

/** A residual block; the shortcut is a strided 1 x 1 convolution with batch norm where the shape changes. */
struct residual_block {
    const char *name; /* e.g. "group1_layer0" */
    int width;        /* of its 3 x 3 convolutions */
    int stride;       /* of the first of them */
    struct pair_names shortcut;
};

enum { BOTTLENECK_EXPANSION = 4 };

/** 3 x 3, 3 x 3; `width` channels out. Source: He et al., CVPR 2016, figure 5, left. */
int block_basic(struct graph *g, int from, const struct residual_block *b, const struct recipe *recipe);

/** 1 x 1, 3 x 3, 1 x 1; 4 `width` channels out, the stride in the 3 x 3. Source: the same, right. */
int block_bottleneck(struct graph *g, int from, const struct residual_block *b, const struct recipe *recipe);

/** What versions of the inverted residual differ in. */
struct inverted_style {
    struct pair_names expand; /* NULL: the block has no expansion */
    struct pair_names depthwise, project;
    struct pair_names shortcut; /* NULL: no shortcut where the number of channels changes */
    enum activation activation;
};

struct inverted_block {
    const char *name;
    int width;     /* channels out */
    int expansion; /* times the channels in: width of the depthwise convolution */
    int stride;    /* of the depthwise convolution; a shortcut needs 1 */
    const struct inverted_style *style;
};

/** 1 x 1 up, depthwise 3 x 3, 1 x 1 down without activation. Source: Sandler et al., CVPR 2018, section
 * 3.3. */
int block_inverted(struct graph *g, int from, const struct inverted_block *b, const struct recipe *recipe);

#endif
