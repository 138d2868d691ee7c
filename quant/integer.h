/* quant/integer.h - affine integers: code = clamp(R(x / s) + z), value = (code - z) s; s per array, channel
 * or group.
 *
 * x / s is the correctly rounded binary64 quotient, R rounds that, z is an integer added after rounding.
 * (m - z) s is one binary64 product, rounded once more where the array is float32.
 * Source: Jacob et al., CVPR 2018. The quantizer of Cyclic Precision Training is another: quant/affine.h.
 */
#ifndef QUANT_INTEGER_H
#define QUANT_INTEGER_H

#include "quant/element.h"

/** Smallest and largest code. */
int64_t integer_low(const struct int_format *f);
int64_t integer_high(const struct int_format *f);

/** The code of x as two's complement in 64 bits. Assumes the default floating-point environment
 * (quant/kernels/host.h). */
struct encoded integer_encode(const struct format *f, double x, uint32_t random);

/** The value of a code. */
double integer_decode(const struct int_format *f, uint64_t code);

#endif
