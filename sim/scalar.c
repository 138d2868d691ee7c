/* sim/scalar.c - exp, log, cospi and the random numbers made of them, in +, -, *, / and sqrt of binary64
 * only.
 *
 * Each of these operations is correctly rounded by IEEE 754, the order is the one written (no contraction, no
 * fma), and rint, frexp, ldexp are exact: so the results are the same bits wherever this compiles.
 * Polynomials are plain Taylor series on short intervals, long enough that what they leave out is far below
 * half a unit in the last place.
 */
#include "sim/scalar.h"

#include <math.h>

#define LN2_HIGH 0x1.62e42feep-1       /* the first 32 bits of ln 2: its product with an exponent is exact */
#define LN2_LOW  0x1.a39ef35793c76p-33 /* ln 2 - LN2_HIGH */
#define PI_HIGH  0x1.921fb54442d18p+1  /* pi to 53 bits */
#define PI_LOW   0x1.1a62633145c07p-53 /* pi - PI_HIGH */

/* c[0] + x (c[1] + x (c[2] + ...)) */
static double polynomial(double x, const double c[], int terms)
{
    double sum = c[terms - 1];
    for (int i = terms - 2; i >= 0; i--)
        sum = sum * x + c[i];
    return sum;
}

double scalar_exp(double x)
{
    static const double inverse_factorial[] = {/* 1/2!, 1/3!, ... 1/14! */
                                               0x1p-1,
                                               0x1.5555555555555p-3,
                                               0x1.5555555555555p-5,
                                               0x1.1111111111111p-7,
                                               0x1.6c16c16c16c17p-10,
                                               0x1.a01a01a01a01ap-13,
                                               0x1.a01a01a01a01ap-16,
                                               0x1.71de3a556c734p-19,
                                               0x1.27e4fb7789f5cp-22,
                                               0x1.ae64567f544e4p-26,
                                               0x1.1eed8eff8d898p-29,
                                               0x1.6124613a86d09p-33,
                                               0x1.93974a8c07c9dp-37};
    enum { TERMS = sizeof inverse_factorial / sizeof inverse_factorial[0] };

    if (isnan(x)) return x;
    if (x > 709.79) return INFINITY;
    if (x < -746) return 0;

    /* x = k ln 2 + r, |r| <= ln(2)/2; what rounding r loses comes back in `lost` */
    const double k = rint(x * 0x1.71547652b82fep+0);
    const double high = x - k * LN2_HIGH, low = k * LN2_LOW;
    const double r = high - low, lost = (high - r) - low;
    const double beyond_linear = r * r * polynomial(r, inverse_factorial, TERMS);
    return ldexp(1 + (r + (beyond_linear + lost)), (int)k);
}

double scalar_log(double x)
{
    static const double series[] = {
        /* 2/3, 2/5, ... 2/23: log((1+s)/(1-s)) = 2s + s (2/3 s^2 + 2/5 s^4 + ...) */
        2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13,
        2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23};
    enum { TERMS = sizeof series / sizeof series[0] };
    int k;
    double m = frexp(x, &k); /* [1/2, 1) */

    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2;
        k--;
    }
    /* m = 1 + f in [sqrt(1/2), sqrt(2)), s = f/(2+f); 2s = f - s f, f - s f = f - (f^2/2 - s f^2/2) */
    const double f = m - 1, s = f / (2 + f), half_square = 0.5 * f * f, z = s * s;
    const double rest = s * (half_square + z * polynomial(z, series, TERMS));
    return k * LN2_HIGH - ((half_square - (rest + k * LN2_LOW)) - f);
}

double scalar_cospi(double x)
{
    static const double even[] = {/* (-1)^n pi^2n / (2n)!, n = 1 .. 8 */
                                  -0x1.3bd3cc9be45dep+2,  0x1.03c1f081b5ac4p+2,  -0x1.55d3c7e3cbffap+0,
                                  0x1.e1f506891babbp-3,   -0x1.a6d1f2a204a8cp-6, 0x1.f9d38a3763cc3p-10,
                                  -0x1.b6e24f44b128fp-14, 0x1.20c62c2f2d7f5p-18};
    static const double odd[] = {/* (-1)^n pi^(2n+1) / (2n+1)!, n = 1 .. 7 */
                                 -0x1.4abbce625be53p+2, 0x1.466bc6775aae2p+1,  -0x1.32d2cce62bd86p-1,
                                 0x1.50783487ee782p-4,  -0x1.e3074fde8871fp-8, 0x1.e8f434d018d63p-12,
                                 -0x1.6fadb9f155744p-16};

    const double turn = fabs(x - 2 * rint(0.5 * x)); /* [0, 1], exact */
    const double sign = turn > 0.5 ? -1 : 1;
    const double a = turn > 0.5 ? 1 - turn : turn; /* [0, 1/2], exact */
    if (a <= 0.25) return sign * (1 + a * a * polynomial(a * a, even, sizeof even / sizeof even[0]));

    const double b = 0.5 - a, z = b * b; /* cos(pi a) = sin(pi b) */
    const double rest = b * (PI_LOW + z * polynomial(z, odd, sizeof odd / sizeof odd[0]));
    return sign * (b * PI_HIGH + rest);
}

double scalar_uniform(struct random_name name, uint64_t i)
{
    return (random_bits32(name, i) + 0.5) * 0x1p-32;
}

double scalar_normal(struct random_name name, uint64_t i)
{
    const double radius = sqrt(-2 * scalar_log(scalar_uniform(name, 2 * i)));
    return radius * scalar_cospi(2 * scalar_uniform(name, 2 * i + 1));
}
