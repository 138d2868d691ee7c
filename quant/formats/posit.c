/* quant/formats/posit.c - posits: sign, regime, exponent, fraction in two's complement; nearest in the
 * space of codes.
 *
 * The value at which rounding turns from code c to c + 1 of n bits is the posit of n + 1 bits with code 2c +
 * 1: appending a bit to a code is how posits gain precision. So encoding is a search by decoding, all exact.
 * Nothing rounds to zero or NaR. Source: Posit Standard 2022, for which es = 2.
 * Known value: in 8 bits with es 2, 0x40 is 1, 0x48 is 2, 0x7f is 2^24.
 */
#include "quant/element.h"

/* The magnitude of a code 0 < c < 2^(n-1) of n bits. */
static struct number posit_magnitude(int n, int es, uint32_t c)
{
    int at = n - 2, run = 0; /* the bit under the eye; length of the regime */
    const uint32_t first = (c >> at) & 1;

    while (at >= 0 && ((c >> at) & 1) == first) {
        at--;
        run++;
    }
    const int regime = first ? run - 1 : -run;
    const int left = at > 0 ? at : 0; /* bits behind the regime's end */
    const uint32_t rest = c & ((UINT32_C(1) << left) - 1);
    const int fraction_bits = left > es ? left - es : 0;
    const uint32_t exponent = left >= es ? rest >> fraction_bits : rest << (es - left);
    const uint32_t fraction = rest & ((UINT32_C(1) << fraction_bits) - 1);

    return (struct number){.m = fraction | (UINT32_C(1) << fraction_bits),
                           .e = regime * (1 << es) + (int)exponent - fraction_bits};
}

struct number element_posit_decode(const struct posit_format *f, uint64_t code)
{
    const uint32_t sign = UINT32_C(1) << (f->bits - 1), mask = 2 * sign - 1;
    const uint32_t c = (uint32_t)code & mask;

    if (c == 0) return number_zero(false);
    if (c == sign) return (struct number){.kind = NUMBER_NAN};
    struct number x = posit_magnitude(f->bits, f->es, c & sign ? -c & mask : c);
    x.negative = c & sign;
    return x;
}

struct encoded element_posit_encode(const struct format *f, struct number x, uint32_t random)
{
    const int n = f->posit.bits, es = f->posit.es;
    const uint32_t sign = UINT32_C(1) << (n - 1);
    uint32_t low = 1, high = sign - 1; /* low: the largest code known to be <= |x|, or the smallest of all */

    (void)random;
    if (x.kind != NUMBER_FINITE)
        return (struct encoded){sign,
                                x.kind == NUMBER_NAN ? OUTCOME_NAN : OUTCOME_OVERFLOW | OUTCOME_INEXACT};
    if (x.m == 0) return (struct encoded){0, 0};
    while (low < high) {
        const uint32_t middle = low + (high - low + 1) / 2;
        if (number_compare_magnitude(x, posit_magnitude(n, es, middle)) >= 0)
            low = middle;
        else
            high = middle - 1;
    }
    const int exact = number_compare_magnitude(x, posit_magnitude(n, es, low));
    if (exact > 0 && low < sign - 1) {
        const int side = number_compare_magnitude(x, posit_magnitude(n + 1, es, 2 * low + 1));
        low += side > 0 || (side == 0 && (low & 1));
    }
    const bool outside = low == sign - 1 && number_compare_magnitude(x, posit_magnitude(n, es, low)) > 0;
    const uint32_t code = x.negative ? -low & (2 * sign - 1) : low;
    return (struct encoded){code, (exact != 0 ? OUTCOME_INEXACT : 0) | (outside ? OUTCOME_OVERFLOW : 0)};
}
