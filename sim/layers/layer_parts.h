/* sim/layers/layer_parts.h - for the layers and their graph only: what all layers share. */
#ifndef SIM_LAYERS_LAYER_PARTS_H
#define SIM_LAYERS_LAYER_PARTS_H

#include "sim/layers/layers.h"

/** A zeroed layer of `bytes` (struct layer comes first in it). Never fails. */
void *layer_make(size_t bytes, const struct layer_type *type, const char *name, struct shape in,
                 struct shape out);

void layer_add_param(struct layer *l, const char *name, size_t size);
void layer_add_buffer(struct layer *l, const char *name, size_t size);

/** State of `size` values an example that lives from batch to batch; see struct carry. */
void layer_add_carry(struct layer *l, const char *name, size_t size);

/**
 * [device][batch][size] of state i in this pass. Forward reads what the batch before left, and leaves what the
 * next one begins with; a backward that needs the former keeps its own copy.
 */
float *layer_carry(const struct layer *l, int i, const struct pass *p);

/** Memory for the layer's params (with gradients and optimizer states when training), buffers, carried state, trace. */
void layer_claim_state(struct layer *l, const struct memory_plan *p, struct arena *run);

/** Does this layer, in this pass, make codes of its input image by image, by the recipe's own quantizer? Only
 * convolutions do. */
bool layer_conv_makes_codes(const struct layer *l, const struct pass *p);

/** Measure t's range over p->n images of `each` floats, if somebody asks for it. */
void layer_range(const struct tensor *t, size_t each, const struct pass *p);

#endif
