/* sim/method/widths.h - widths of operands in bits: 2 to 32, and 0, which is float32.
 *
 * 0 says that nothing is quantized; whoever counts bits, in memory or in a product, reads it as the 32 that a
 * float32 has.
 */
#ifndef SIM_METHOD_WIDTHS_H
#define SIM_METHOD_WIDTHS_H

#include <stdbool.h>
#include <stdint.h>

enum { WIDTH_FLOAT32 = 0, WIDTH_LEAST = 2, WIDTH_MOST = 32, FLOAT32_BITS = 32 };

/** What one layer runs at in a step. */
struct widths {
    int forward;  /* of weights and activations */
    int backward; /* of errors */
};

/** Is this 0 or from 2 to 32? */
bool width_known(int64_t bits);

/** The bits that a value of this width has: itself, or float32's 32. */
int widths_real(int bits);

#endif
