/* models/init.h - initial values of a planned graph, each a function of (seed, layer, element).
 *
 * All of them: batch norm 1 and 0, its running variance 1 and mean 0.
 */
#ifndef MODELS_INIT_H
#define MODELS_INIT_H

#include "sim/layers/graph.h"

/** The CPT code's for ResNets, after He et al., ICCV 2015, fan-out: convolution N(0, 2/(k k Cout)); linear
 * N(0, 2/(in out)), its bias U(+-1/sqrt(in)). */
void init_he(struct graph *g, uint64_t seed);

/** PyTorch's default, which the CPT code leaves to MobileNetV2: U(+-1/sqrt(fan-in)), the linear bias too. */
void init_uniform(struct graph *g, uint64_t seed);

/** Torchvision's for MobileNetV2: convolution N(0, 2/(k k Cout)), linear N(0, 0.01^2), its bias 0. */
void init_mobilenet(struct graph *g, uint64_t seed);

#endif
