/* tests/sim/test_scalar.c - the elementary functions against MPFR, and the moments of what is made of
 * them. */
#include "sim/base/scalar.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <math.h>
#include <mpfr.h>

enum { DRAWS = 20000, PRECISION = 200 };

typedef double function(double x);
typedef int oracle(mpfr_t y, const mpfr_t x, mpfr_rnd_t rounding);

static int oracle_cospi(mpfr_t y, const mpfr_t x, mpfr_rnd_t rounding)
{
    mpfr_t pi;
    mpfr_init2(pi, PRECISION);
    mpfr_const_pi(pi, rounding);
    mpfr_mul(pi, pi, x, rounding);
    const int inexact = mpfr_cos(y, pi, rounding);
    mpfr_clear(pi);
    return inexact;
}

/* Distance of f(x) from the true value, in units of the last place of that value. */
static double error_ulp(function *f, oracle *truth, double x)
{
    mpfr_t y;
    mpfr_init2(y, PRECISION);
    mpfr_set_d(y, x, MPFR_RNDN);
    truth(y, y, MPFR_RNDN);

    int exponent;
    frexp(mpfr_get_d(y, MPFR_RNDN), &exponent);
    if (exponent < -1021) exponent = -1021; /* subnormal results have fixed-point units */
    mpfr_sub_d(y, y, f(x), MPFR_RNDN);
    const double ulp = ldexp(fabs(mpfr_get_d(y, MPFR_RNDN)), 53 - exponent);
    mpfr_clear(y);
    return ulp;
}

/* The largest error over uniform draws from [lo, hi]. */
static double worst_ulp(function *f, oracle *truth, double lo, double hi)
{
    const struct random_name name = {.seed = 2385, .stream = random_stream(RANDOM_USER, 1)};
    double worst = 0;
    for (uint64_t i = 0; i < DRAWS; i++)
        worst = fmax(worst, error_ulp(f, truth, lo + (hi - lo) * scalar_uniform(name, i)));
    return worst;
}

Test(scalar, exp_is_within_two_ulp)
{
    cr_assert(le(dbl, worst_ulp(scalar_exp, mpfr_exp, -1, 1), 2));
    cr_assert(le(dbl, worst_ulp(scalar_exp, mpfr_exp, -708, 709.7), 2));
    cr_assert(le(dbl, worst_ulp(scalar_exp, mpfr_exp, -745, -708), 2)); /* subnormal results */
}

Test(scalar, log_is_within_two_ulp)
{
    cr_assert(le(dbl, worst_ulp(scalar_log, mpfr_log, 0, 1), 2));
    cr_assert(le(dbl, worst_ulp(scalar_log, mpfr_log, 0.999, 1.001), 2));
    cr_assert(le(dbl, worst_ulp(scalar_log, mpfr_log, 1, 1e300), 2));
    cr_assert(le(dbl, worst_ulp(scalar_log, mpfr_log, 0, 0x1p-1040), 2)); /* subnormal arguments */
}

Test(scalar, cos_is_within_two_ulp)
{
    cr_assert(le(dbl, worst_ulp(scalar_cos, mpfr_cos, -7, 7), 2));
    cr_assert(le(dbl, worst_ulp(scalar_cos, mpfr_cos, -1e6, 1e6), 2));
    cr_assert(
        le(dbl, worst_ulp(scalar_cos, mpfr_cos, 4.712388, 4.712389), 2)); /* about the zero at 3 pi / 2 */
}

Test(scalar, cospi_is_within_two_ulp)
{
    cr_assert(le(dbl, worst_ulp(scalar_cospi, oracle_cospi, -2, 2), 2));
    cr_assert(le(dbl, worst_ulp(scalar_cospi, oracle_cospi, 0.499, 0.501), 2));
    cr_assert(le(dbl, worst_ulp(scalar_cospi, oracle_cospi, 0, 1e9), 2));
}

Test(scalar, cospi_is_exact_at_halves)
{
    for (int i = -8; i <= 8; i++) {
        const double want[] = {1, 0, -1, 0};
        cr_assert(eq(dbl, scalar_cospi(i / 2.0), want[i & 3]), "cos(%d pi / 2)", i);
    }
}

Test(scalar, ends_of_the_range)
{
    cr_assert(eq(dbl, scalar_exp(0), 1));
    cr_assert(eq(dbl, scalar_exp(-INFINITY), 0));
    cr_assert(eq(dbl, scalar_exp(-746), 0));
    cr_assert(eq(dbl, scalar_exp(710), (double)INFINITY));
    cr_assert(isnan(scalar_exp(NAN)));
    cr_assert(lt(dbl, scalar_exp(709.78), (double)INFINITY));
    cr_assert(eq(dbl, scalar_log(1), 0));
}

/* The bits themselves: another compiler or CPU must give the same. */
Test(scalar, bits_are_the_same_everywhere)
{
    cr_assert(eq(dbl, scalar_exp(2.385), 0x1.5b7d70fc618bp+3));
    cr_assert(eq(dbl, scalar_log(2.385), 0x1.bd07aae981c39p-1));
    cr_assert(eq(dbl, scalar_cos(2.385), -0x1.7450d4c4932a8p-1));
    cr_assert(eq(dbl, scalar_cospi(2.385), 0x1.69f54f37f6656p-2));
    const struct random_name name = {.seed = 2385, .stream = 7, .step = 11};
    cr_assert(eq(dbl, scalar_normal(name, 5), -0x1.b2a12bf231114p+0));
    cr_assert(eq(dbl, scalar_uniform(name, 5), 0x1.c3c0dd56p-2));
}

Test(scalar, normal_has_the_moments_of_a_normal)
{
    enum { N = 200000 };
    const struct random_name name = {.seed = 1, .stream = random_stream(RANDOM_INIT, 3)};
    double sum = 0, square = 0, fourth = 0;

    for (uint64_t i = 0; i < N; i++) {
        const double z = scalar_normal(name, i);
        sum += z;
        square += z * z;
        fourth += z * z * z * z;
    }
    /* five standard deviations of each mean: sqrt(1/N), sqrt(2/N), sqrt(96/N) */
    cr_assert(lt(dbl, fabs(sum / N), 5 * sqrt(1.0 / N)));
    cr_assert(lt(dbl, fabs(square / N - 1), 5 * sqrt(2.0 / N)));
    cr_assert(lt(dbl, fabs(fourth / N - 3), 5 * sqrt(96.0 / N)));
}

Test(scalar, neighbouring_normals_are_uncorrelated)
{
    enum { N = 200000 };
    const struct random_name name = {.seed = 1, .stream = random_stream(RANDOM_INIT, 3)};
    double sum = 0;
    for (uint64_t i = 0; i < N; i++)
        sum += scalar_normal(name, i) * scalar_normal(name, i + 1);
    cr_assert(lt(dbl, fabs(sum / N), 5 * sqrt(1.0 / N)));
}

Test(scalar, uniform_stays_inside_and_fills_its_interval)
{
    enum { N = 100000 };
    const struct random_name name = {.seed = 5};
    double low = 1, high = 0, sum = 0;
    for (uint64_t i = 0; i < N; i++) {
        const double u = scalar_uniform(name, i);
        low = fmin(low, u);
        high = fmax(high, u);
        sum += u;
    }
    cr_assert(lt(dbl, 0, low));
    cr_assert(lt(dbl, high, 1));
    cr_assert(lt(dbl, low, 1e-3));
    cr_assert(lt(dbl, 1 - 1e-3, high));
    cr_assert(lt(dbl, fabs(sum / N - 0.5), 5 * sqrt(1.0 / 12 / N)));
}
