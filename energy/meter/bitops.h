/* energy/meter/bitops.h - bit operations of training, in the convention of the CPT paper.
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

/** Operations that the paper counts for each element that a batch norm writes. */
enum { BITOPS_OF_NORM = 2 };

/** M: multiply-accumulates and batch-norm operations of one forward image in the paper's convention. */
double bitops_paper_macs(const struct work *w);

/** Bit operations of a multiply-accumulate in all three products: b^2 + 2 b bg where weights are as wide as
 * activations. */
double bitops_per_mac(struct operands bits);

/** Bit operations of `images` examples in the paper's convention; bits 0 mean float32 (32). */
double bitops_paper(const struct work *w, double images, int forward_bits, int backward_bits);

/** The same where each node of the graph has widths of its own. */
double bitops_paper_layers(const struct graph *g, double images, const struct operands *layer);

#endif
