/* sim/layers/rig.h - one layer alone with its memory: for verification, gradient checks and benches. */
#ifndef SIM_LAYERS_RIG_H
#define SIM_LAYERS_RIG_H

#include "sim/layers/layers.h"

struct rig {
    struct layer *layer;
    struct tensor in[LAYER_INPUTS], din[LAYER_INPUTS], out, dout;
    struct recipe recipe;
    struct plan plan;
    struct pass pass;
    struct arena memory;
    void **scratch;
};

/** Take ownership of `layer` and give it memory for p->batch examples; p->threads 0 means all. */
MUST_CHECK enum status rig_open(struct rig *r, struct layer *layer, const struct plan *p,
                                const struct recipe *recipe);
void rig_close(struct rig *r);

/** Forward over the plan's batch from r->in, whose ranges and sums are measured here; result in r->out. */
void rig_forward(struct rig *r, bool training, int forward_bits, int backward_bits);

/** Backward from r->dout (its range is measured here): r->din and the gradients. r->dout may be destroyed. */
void rig_backward(struct rig *r);

#endif
