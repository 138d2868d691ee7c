/* models/resnet_imagenet.h - the ResNets for large images: 18, 34, 50, 101 and 152 layers. */
#ifndef MODELS_RESNET_IMAGENET_H
#define MODELS_RESNET_IMAGENET_H

#include "sim/layers/graph.h"

/**
 * "resnet18", 34 (basic blocks), "resnet50", 101, 152 (bottlenecks): 7 x 7 stem of stride 2, 3 x 3 max pool
 * of stride 2, four groups of 64, 128, 256 and 512 channels. Fails for another name, or images below 32 x 32.
 */
STATUS_MUST_CHECK enum status resnet_imagenet_build(struct graph *g, const char *name, struct shape input,
                                                    int classes, const struct recipe *recipe);

#endif
