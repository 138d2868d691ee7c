/* sim/layers/layers.h - the layers there are. Each function makes one; the graph that it is added to owns
 * it. */
#ifndef SIM_LAYERS_LAYERS_H
#define SIM_LAYERS_LAYERS_H

#include "sim/layers/layer.h"

/** Convolution without bias; quantized: weights and input at the forward bits, errors at the backward
 * bits. */
struct layer *layer_conv_new(const char *name, struct shape in, int filters, int kernel, int stride, int pad,
                             int groups, bool quantized);

/** Batch norm, then in[1] added if `residual`, then the activation; input must come from a convolution. */
struct layer *layer_norm_new(const char *name, struct shape in, bool residual, enum activation activation);

/** Largest of each kernel x kernel window, of the values in bounds; 2 pad <= kernel. */
struct layer *layer_maxpool_new(const char *name, struct shape in, int kernel, int stride, int pad);

/** Average over all pixels: [h][w][c] to [1][1][c]. */
struct layer *layer_pool_new(const char *name, struct shape in);

/** Fully connected with bias, float32: [1][1][c] to [1][1][outputs]. */
struct layer *layer_linear_new(const char *name, struct shape in, int outputs);

#endif
