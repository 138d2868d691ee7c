/* models/resnet_cifar.h - the ResNet family for small images: 6n+2 layers of basic blocks. */
#ifndef MODELS_RESNET_CIFAR_H
#define MODELS_RESNET_CIFAR_H

#include "sim/layers/graph.h"

/**
 * "resnetD" with D = 6n+2, 8..164+: three groups of n basic blocks, 16, 32 and 64 channels at full, half and
 * quarter resolution; projection shortcuts where the shape changes. ResNet-164 is n = 27 basic blocks, as
 * CPT's published cost implies (He et al.'s 164 is a bottleneck network). Fails if D is not such a number, or
 * 50, which by that name is a network for large images.
 */
STATUS_MUST_CHECK enum status resnet_cifar_build(struct graph *g, const char *name, struct shape input,
                                                 int classes, const struct recipe *recipe);

#endif
