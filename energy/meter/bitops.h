/* energy/meter/bitops.h - bit operations of training, in the convention of the CPT paper and by true counts.
 *
 * A product of operands of b1 and b2 bits costs b1 * b2 bit operations. One iteration has three products:
 * forward W x A (b * b), backward-data W x E (b * bg), backward-weights A x E (b * bg); float32 counts as 32
 * bits.
 *
 *     paper: M * images * (b^2 + 2 b bg), M = MACs of one forward image + 2 * batch-norm output elements
 *
 * Source: Fu et al., ICLR 2021, figure on CIFAR-100; reverse-engineered: ResNet-38 at 8/8 bits over 64,000
 * iterations of batch 128 is 1.322e8 GBitOPs, ResNet-74 2.668e8; CPT 3-8/8 saves 36.67 %, 3-6/6 30.05 %.
 */
#ifndef ENERGY_METER_BITOPS_H
#define ENERGY_METER_BITOPS_H

#include "energy/workload/workload.h"
#include "sim/method/schedule.h"

/** M: multiply-accumulates and batch-norm operations of one forward image in the paper's convention. */
double bitops_paper_macs(const struct work *w);

/** Bit operations of a multiply-accumulate in each of the three products: b^2 + 2 b bg. */
double bitops_per_mac(int forward_bits, int backward_bits);

/** Bit operations of `images` examples in the paper's convention; bits 0 mean float32 (32). */
double bitops_paper(const struct work *w, double images, int forward_bits, int backward_bits);

/**
 * What is really computed: multiply-accumulates only, no backward-data product in the first layer, and layers
 * that stay float32 under any schedule (layer.quantized is false) at 32 bits.
 */
double bitops_true(const struct graph *g, double images, int forward_bits, int backward_bits);

/** Sum of bitops_paper over a whole run of `iterations` batches. */
double bitops_run(const struct work *w, int64_t iterations, int batch, const struct schedule_spec *forward,
                  const struct schedule_spec *backward);

/** Sum of bitops_true over a whole run of `iterations` batches. */
double bitops_true_run(const struct graph *g, int64_t iterations, int batch,
                       const struct schedule_spec *forward, const struct schedule_spec *backward);

#endif
