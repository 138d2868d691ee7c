/* models/mobilenet_v2.h - MobileNetV2, in the CPT code's version for small images and as published for
 * large. */
#ifndef MODELS_MOBILENET_V2_H
#define MODELS_MOBILENET_V2_H

#include "sim/layers/graph.h"

/** "mobilenetv2" for small images, as the CPT code has it. Fails for another name. */
STATUS_MUST_CHECK enum status mobilenet_v2_cifar_build(struct graph *g, const char *name, struct shape input,
                                                       int classes, const struct recipe *recipe);

/** "mobilenetv2" for large images: Sandler et al.'s width 1.0. Fails for another name, or below 32 x 32. */
STATUS_MUST_CHECK enum status mobilenet_v2_build(struct graph *g, const char *name, struct shape input,
                                                 int classes, const struct recipe *recipe);

#endif
