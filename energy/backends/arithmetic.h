/* energy/backends/arithmetic.h - what the elements of an array do, whatever feeds them: shared by array
 * back ends.
 *
 * Products and accumulations are counted in units of energy/prices/price.h. Elements that idle cost a
 * share of a busy one; where the hardware gives a price per element and cycle (array.core_pj), e.g. of a
 * clock network, that is charged for all elements in all cycles instead.
 */
#ifndef ENERGY_BACKENDS_ARITHMETIC_H
#define ENERGY_BACKENDS_ARITHMETIC_H

#include "energy/backends/roofline.h"
#include "energy/prices/price.h"

/** STATUS_INPUT where operands are wider than an element and the hardware says not to put elements
 * together. */
STATUS_MUST_CHECK enum status arithmetic_check(const struct nest *n, const struct hardware *h);

/** Multiply-accumulates of these widths that one element finishes in a cycle; below 1: it takes several. */
double arithmetic_throughput(const struct hardware *h, int input_bits, int weight_bits);

/** Add products, accumulations, idle and priced cycles of a nest (all instances) that takes c->cycles. Widths
 * weigh by the constants of `p`. */
void arithmetic_count(struct counts *c, const struct nest *n, const struct hardware *h,
                      const struct prices *p);

/** Bits that a buffer can use for one working set. */
double arithmetic_usable_bits(const struct hardware_buffer *b);

/** Whether a is better than b by the hardware's objective; ties go by energy, then cycles. */
bool arithmetic_better(const struct counts *a, const struct counts *b, const struct hardware *h,
                       const struct prices *p);

#endif
