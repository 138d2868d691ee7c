/* energy/meter/operations.h - what training does besides products: batch norm, ReLU, pooling, quantizers,
 * optimizer.
 *
 * Conventions. An operation is one binary32 multiplication or addition; comparisons, selections and roundings
 * count as additions, divisions and square roots as multiplications. Each tensor crosses the DRAM interface
 * once where it is read and once where it is written; what stands between is on the chip. Traffic of the
 * products themselves is the back ends'. Not counted: the loss (8 operations for each logit) and biases.
 *
 * Widths in DRAM: with storage `emulated` everything is float32, as in programs that emulate low precision;
 * with `true` weights and activations have the forward width, errors the backward width, and the rest those
 * of the training knobs (master_bits, state_bits, gradient_bits, norm_bits, output_bits). The products of the
 * back ends go by the same rule (hardware_stored_bits).
 *
 * mapping.fuse_norm: the batch norm is part of the convolution's epilogue and moves nothing of its own but
 * the residual. mapping.fuse_relu: the ReLU's mask is found again from its output rather than kept.
 */
#ifndef ENERGY_METER_OPERATIONS_H
#define ENERGY_METER_OPERATIONS_H

#include "energy/prices/counts.h"
#include "energy/hardware/hardware.h"
#include "energy/workload/workload.h"

struct operations {
    double multiplies, adds;
    double read_bits, written_bits; /* DRAM */
};

/** Of all instances of a layer in one of the last three phases, `images` examples; zero in other phases. */
struct operations operations_of(const struct workload_layer *l, enum phase p, int64_t images,
                                struct operands bits, const struct hardware *h);

/** As counts: a vector unit of one operation per column and cycle beside DRAM, whichever is slower. */
void operations_count(struct counts *out, const struct operations *o, const struct hardware *h);

#endif
