/* sim/layers.h - the layers there are. Each function makes one; the graph that it is added to owns it. */
#ifndef SIM_LAYERS_H
#define SIM_LAYERS_H

#include "sim/layer.h"

enum { KERNEL_MAX = 16 }; /* largest kernel of a convolution */

/** Convolution without bias; quantized: weights and input at the forward bits, errors at the backward bits.
 */
struct layer *layer_conv_new(const char *name, struct shape in, int filters, int kernel, int stride, int pad,
                             int groups, bool quantized);

/** Batch norm, then in[1] added if `residual`, then ReLU if `relu`; input must come from a convolution. */
struct layer *layer_norm_new(const char *name, struct shape in, bool residual, bool relu);

/** Average over all pixels: [h][w][c] to [1][1][c]. */
struct layer *layer_pool_new(const char *name, struct shape in);

/** Fully connected with bias, float32: [1][1][c] to [1][1][outputs]. */
struct layer *layer_linear_new(const char *name, struct shape in, int outputs);

/** The conv_shape of a convolution layer, NULL for other layers. For cost models and benches. */
const struct conv_shape *layer_conv_shape(const struct layer *l);

#endif
