/* quant/number.h - what every quantizer works on: (-1)^negative * m * 2^e, taken from the bits of a float.
 *
 * Conversions look at bits and never compute in floating point, so that the caller's rounding mode, flushing
 * of subnormals and compiler flags cannot change a result.
 */
#ifndef QUANT_NUMBER_H
#define QUANT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum number_kind { NUMBER_FINITE, NUMBER_INFINITE, NUMBER_NAN };

struct number {
    uint64_t m; /* 0 for zero; meaningless unless finite */
    int e;
    bool negative;
    enum number_kind kind;
};

/** Bits needed to write m: 0 for 0, 64 for the largest. */
static inline int number_width(uint64_t m)
{
    return m == 0 ? 0 : 64 - __builtin_clzll(m);
}

/** floor(log2 |x|) of a finite nonzero x. */
static inline int number_exponent(struct number x)
{
    return number_width(x.m) - 1 + x.e;
}

static inline bool number_is_zero(struct number x)
{
    return x.kind == NUMBER_FINITE && x.m == 0;
}

static inline struct number number_zero(bool negative)
{
    return (struct number){.negative = negative};
}

/** The value of an IEEE binary code with the given field widths; bias 2^(exponent_bits-1) - 1. */
static inline struct number number_of_ieee(uint64_t bits, int exponent_bits, int fraction_bits)
{
    const uint64_t fraction = bits & ((UINT64_C(1) << fraction_bits) - 1);
    const int top = (1 << exponent_bits) - 1, bias = top >> 1;
    const int field = (int)(bits >> fraction_bits) & top;
    const bool negative = (bits >> (exponent_bits + fraction_bits)) & 1;

    if (field == top)
        return (struct number){.negative = negative, .kind = fraction ? NUMBER_NAN : NUMBER_INFINITE};
    return (struct number){.m = field ? fraction | (UINT64_C(1) << fraction_bits) : fraction,
                           .e = (field ? field : 1) - bias - fraction_bits,
                           .negative = negative};
}

static inline struct number number_of_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return number_of_ieee(bits, 8, 23);
}

static inline struct number number_of_double(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return number_of_ieee(bits, 11, 52);
}

/** x in binary32, binary64; NaN becomes the quiet NaN without a sign. Asserts that x is representable. */
float number_to_float(struct number x);
double number_to_double(struct number x);

/** Is x a value of binary64? */
bool number_fits_double(struct number x);

/** The value of binary64 nearest to x, for statistics and for printing; exact if number_fits_double(x). */
double number_nearest_double(struct number x);

/** |a| < |b|, = or >: -1, 0, 1, exactly. Infinity is the largest; NaN is not allowed. */
int number_compare_magnitude(struct number a, struct number b);

/** a < b, a = b or a > b: -1, 0, 1, exactly; the zeros are equal, NaN is not allowed. */
int number_compare(struct number a, struct number b);

enum { NUMBER_TEXT = 40 };

/** Write x as a C99 hexadecimal float, as printf's %a does, but for all 64 bits of m. Returns text. */
const char *number_print(char text[static NUMBER_TEXT], struct number x);

#endif
