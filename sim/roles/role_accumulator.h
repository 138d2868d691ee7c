/* sim/roles/role_accumulator.h - the accumulator's setting: in what a convolution's products are summed.
 *
 *     fp:fp16:rne:inf                    every sum, products in the written order, rounded to fp16
 *     fx:s32.16:trn:wrap                 a fixed-point register that wraps
 *     exact/64/fp:fp32:rne:inf           64 products exactly, then one rounding into a float32 register
 *     fp:fp16:rne:inf/64/fp:fp32:rne:inf 64 products in fp16, their sums in float32
 *     exact                              no rounding but the last one
 *
 * Products are exact. The result is rounded to float32.
 */
#ifndef SIM_ROLES_ROLE_ACCUMULATOR_H
#define SIM_ROLES_ROLE_ACCUMULATOR_H

#include "quant/accumulator.h"
#include "sim/roles/role.h"

/** Read a setting's text. STATUS_INPUT unless each format is elementwise and fits binary64. */
STATUS_MUST_CHECK enum status role_accumulator_parse(struct accumulator *out, const char *text);

/** Write it with all defaults, so that role_accumulator_parse gives it back. */
void role_accumulator_print(char text[static ROLE_TEXT], const struct accumulator *s);

#endif
