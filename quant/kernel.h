/* quant/kernel.h - which SIMD kernel a plan gets. Internal to the library.
 *
 * A kernel equals the reference bit for bit; a plan without one uses the reference. To add a kernel: a finder
 * below that says which plans it serves and fills their constants, its row in kernel.c, its rows in
 * tests/test_kernel.c and tests/exhaustive_quant.c.
 */
#ifndef QUANT_KERNEL_H
#define QUANT_KERNEL_H

#include "quant/plan.h"

/** Set p->kernel, p->step and p->constants, if this processor and these formats have a kernel. */
void kernel_choose(struct plan *p);

#endif
