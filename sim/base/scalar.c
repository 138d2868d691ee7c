/* sim/base/scalar.c - exp, log, cos and the random numbers made of them, in +, -, *, / and sqrt of
 * binary64 only.
 *
 * Each of these operations is correctly rounded by IEEE 754, the order is the one written (no contraction, no
 * fma), and rint, frexp, ldexp are exact: so the results are the same bits wherever this compiles.
 * Polynomials are plain Taylor series on short intervals, long enough that what they leave out is far below
 * half a unit in the last place.
 */
#include "sim/base/scalar.h"

#include <math.h>

#define LN2_HIGH       0x1.62e42feep-1 /* the first 32 bits of ln 2: its product with an exponent is exact */
#define LN2_LOW        0x1.a39ef35793c76p-33 /* ln 2 - LN2_HIGH */
#define PI_HIGH        0x1.921fb54442d18p+1  /* pi to 53 bits */
#define PI_LOW         0x1.1a62633145c07p-53 /* pi - PI_HIGH */
#define HALF_PI_FIRST  0x1.921fb544p+0       /* pi/2 in pieces of 33, 33 and 53 bits */
#define HALF_PI_SECOND 0x1.0b4611a6p-34
#define HALF_PI_THIRD  0x1.3198a2e037073p-69

/* 1/k!; the factorials are exact in binary64, so each entry has one rounding */
static const double inverse_factorial[] = {1.0,
                                           1.0,
                                           1.0 / 2,
                                           1.0 / 6,
                                           1.0 / 24,
                                           1.0 / 120,
                                           1.0 / 720,
                                           1.0 / 5040,
                                           1.0 / 40320,
                                           1.0 / 362880,
                                           1.0 / 3628800,
                                           1.0 / 39916800,
                                           1.0 / 479001600,
                                           1.0 / 6227020800,
                                           1.0 / 87178291200,
                                           1.0 / 1307674368000,
                                           1.0 / 20922789888000,
                                           1.0 / 355687428096000};

/* c[0] + x (c[stride] + x (c[2 stride] + ...)) */
static double polynomial(double x, const double c[], int stride, int terms)
{
    double sum = c[stride * (terms - 1)];
    for (int i = terms - 2; i >= 0; i--)
        sum = sum * x + c[stride * i];
    return sum;
}

double scalar_exp(double x)
{
    if (isnan(x)) return x;
    if (x > 709.79) return INFINITY;
    if (x < -746) return 0;

    /* x = k ln 2 + r, |r| <= ln(2)/2; what rounding r loses comes back in `lost` */
    const double k = rint(x * 0x1.71547652b82fep+0);
    const double high = x - k * LN2_HIGH, low = k * LN2_LOW;
    const double r = high - low, lost = (high - r) - low;
    const double beyond_linear = r * r * polynomial(r, &inverse_factorial[2], 1, 13);
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
    const double rest = s * (half_square + z * polynomial(z, series, 1, TERMS));
    return k * LN2_HIGH - ((half_square - (rest + k * LN2_LOW)) - f);
}

/* sin(r + lost), |r| <= pi/4: r - r^3/3! + ... + r^17/17! */
static double sine(double r, double lost)
{
    const double z = -(r * r);
    return r + (r * z * polynomial(z, &inverse_factorial[3], 2, 8) + lost);
}

/* cos(r + lost), |r| <= pi/4: 1 - r^2/2! + ... + r^16/16! */
static double cosine(double r, double lost)
{
    const double z = -(r * r);
    return 1 + (z * polynomial(z, &inverse_factorial[2], 2, 8) - r * lost);
}

double scalar_cos(double x)
{
    /* x = k pi/2 + r + lost, |r| <= pi/4; the first two products are exact */
    const double k = rint(x * 0x1.45f306dc9c883p-1);
    const double high = (x - k * HALF_PI_FIRST) - k * HALF_PI_SECOND, low = k * HALF_PI_THIRD;
    const double r = high - low, lost = (high - r) - low;

    switch ((int64_t)k & 3) {
    case 0:
        return cosine(r, lost);
    case 1:
        return -sine(r, lost);
    case 2:
        return -cosine(r, lost);
    default:
        return sine(r, lost);
    }
}

double scalar_cospi(double x)
{
    const double turn = fabs(x - 2 * rint(0.5 * x)); /* [0, 1], exact */
    const double sign = turn > 0.5 ? -1 : 1;
    const double a = turn > 0.5 ? 1 - turn : turn; /* [0, 1/2], exact */
    const double b = 0.5 - a;

    return sign * (a <= 0.25 ? cosine(a * PI_HIGH, a * PI_LOW) : sine(b * PI_HIGH, b * PI_LOW));
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
