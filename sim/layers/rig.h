/* sim/layers/rig.h - one layer alone with its memory: for verification, gradient checks and benches. It runs on
 * the CPU, so that its tensors may be read and written in place. */
#ifndef SIM_LAYERS_RIG_H
#define SIM_LAYERS_RIG_H

#include "sim/layers/layers.h"

struct rig {
    struct layer *layer;
    struct tensor in[LAYER_INPUTS], din[LAYER_INPUTS], out, dout;
    struct recipe recipe;
    struct memory_plan plan;
    struct pass pass;
    struct device *device;
    struct arena memory;
};

/** Take ownership of `layer` and give it memory for p->batch examples; p->device is opened here. */
STATUS_MUST_CHECK enum status rig_open(struct rig *r, struct layer *layer, const struct machine *machine,
                                       const struct memory_plan *p, const struct recipe *recipe);
void rig_close(struct rig *r);

/** Forward over the plan's batch from r->in, whose ranges and sums are measured here; result in r->out. */
void rig_forward(struct rig *r, bool training, int forward_bits, int backward_bits);

/** Backward from r->dout (its range is measured here): r->din and the gradients. r->dout may be destroyed. */
void rig_backward(struct rig *r);

#endif
