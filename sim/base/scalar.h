/* sim/base/scalar.h - elementary functions in fixed IEEE binary64 steps.
 *
 * libm's last bit differs between versions and CPUs; these give the same bits everywhere. Each is
 * within 2 units in the last place of the true value, asserted against MPFR in tests/sim/test_scalar.c.
 */
#ifndef SIM_BASE_SCALAR_H
#define SIM_BASE_SCALAR_H

#include "quant/random.h"

double scalar_exp(double x);   /* e^x; 0 below -745, infinity above 709.78 */
double scalar_log(double x);   /* natural logarithm, x > 0 and finite */
double scalar_cos(double x);   /* cos x, |x| < 1e6 */
double scalar_cospi(double x); /* cos(pi x); exact at multiples of 1/2 */

/** Element i of a standard normal sequence (Box-Muller on 2 x 32 bits). */
double scalar_normal(struct random_name name, uint64_t i);

/** Element i of a uniform sequence on (0, 1). */
double scalar_uniform(struct random_name name, uint64_t i);

#endif
