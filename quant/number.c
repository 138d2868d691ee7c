/* quant/number.c - exact numbers back into IEEE formats, and as text. */
#include "quant/number.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

/* m with the zeros at its end moved into the exponent: one representation for each value. */
static struct number number_normal(struct number x)
{
    if (x.m == 0) return number_zero(x.negative);
    const int zeros = __builtin_ctzll(x.m);
    x.m >>= zeros;
    x.e += zeros;
    return x;
}

static bool number_fits(struct number x, int exponent_bits, int fraction_bits)
{
    if (x.kind != NUMBER_FINITE || x.m == 0) return true;
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const struct number n = number_normal(x);
    return number_exponent(n) <= bias && n.e >= 1 - bias - fraction_bits &&
           number_width(n.m) <= fraction_bits + 1;
}

static uint64_t number_to_ieee(struct number x, int exponent_bits, int fraction_bits)
{
    const uint64_t top = (UINT64_C(1) << exponent_bits) - 1;
    const uint64_t sign = (uint64_t)x.negative << (exponent_bits + fraction_bits);
    const int bias = (int)(top >> 1);

    if (x.kind == NUMBER_NAN) return (top << fraction_bits) | (UINT64_C(1) << (fraction_bits - 1));
    if (x.kind == NUMBER_INFINITE) return sign | (top << fraction_bits);
    if (x.m == 0) return sign;
    assert(number_fits(x, exponent_bits, fraction_bits));
    const int exponent = number_exponent(x) < 1 - bias ? 1 - bias : number_exponent(x);
    const int shift = x.e - (exponent - fraction_bits);
    const uint64_t a = shift >= 0 ? x.m << shift : x.m >> -shift; /* exact: x fits */

    return sign | (((uint64_t)(exponent - (1 - bias)) << fraction_bits) + a);
}

float number_to_float(struct number x)
{
    const uint32_t bits = (uint32_t)number_to_ieee(x, 8, 23);
    float y;
    memcpy(&y, &bits, sizeof y);
    return y;
}

double number_to_double(struct number x)
{
    const uint64_t bits = number_to_ieee(x, 11, 52);
    double y;
    memcpy(&y, &bits, sizeof y);
    return y;
}

bool number_fits_double(struct number x)
{
    return number_fits(x, 11, 52);
}

double number_nearest_double(struct number x)
{
    if (number_fits_double(x)) return number_to_double(x);
    const double magnitude = ldexp((double)x.m, x.e);
    return x.negative ? -magnitude : magnitude;
}

int number_compare_magnitude(struct number a, struct number b)
{
    assert(a.kind != NUMBER_NAN && b.kind != NUMBER_NAN);
    if (a.kind == NUMBER_INFINITE || b.kind == NUMBER_INFINITE)
        return (a.kind == NUMBER_INFINITE) - (b.kind == NUMBER_INFINITE);
    if (a.m == 0 || b.m == 0) return (a.m != 0) - (b.m != 0);
    const int ea = number_exponent(a), eb = number_exponent(b);
    if (ea != eb) return ea < eb ? -1 : 1;
    const uint64_t ma = a.m << (64 - number_width(a.m)), mb = b.m << (64 - number_width(b.m));
    return (ma > mb) - (ma < mb);
}

int number_compare(struct number a, struct number b)
{
    const int size = number_compare_magnitude(a, b);
    if (number_is_zero(a) && number_is_zero(b)) return 0;
    if (number_is_zero(a)) return b.negative ? 1 : -1;
    if (number_is_zero(b)) return a.negative ? -1 : 1;
    if (a.negative != b.negative) return a.negative ? -1 : 1;
    return a.negative ? -size : size;
}

const char *number_print(char text[static NUMBER_TEXT], struct number x)
{
    if (number_fits_double(x)) {
        snprintf(text, NUMBER_TEXT, "%a", number_to_double(x));
        return text;
    }
    const uint64_t fraction = x.m << (65 - number_width(x.m)); /* what follows the leading one */
    char digits[17];
    snprintf(digits, sizeof digits, "%016llx", (unsigned long long)fraction);
    int last = 15;
    while (last > 0 && digits[last] == '0')
        digits[last--] = '\0';
    snprintf(text, NUMBER_TEXT, "%s0x1.%sp%+d", x.negative ? "-" : "", digits, number_exponent(x));
    return text;
}
