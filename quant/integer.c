/* quant/integer.c - affine integers. Known value: 0.3 in int:s8:0.1:2 is code 5: R(0.3 / 0.1) + 2. */
#include "quant/integer.h"

int64_t integer_low(const struct int_format *f)
{
    if (f->is_unsigned) return 0;
    return -(INT64_C(1) << (f->bits - 1)) + f->narrow;
}

int64_t integer_high(const struct int_format *f)
{
    return (INT64_C(1) << (f->is_unsigned ? f->bits : f->bits - 1)) - 1;
}

struct encoded integer_encode(const struct format *f, double x, uint32_t random)
{
    const struct int_format *g = &f->integer;
    const struct number real = number_of_double(x);
    struct format whole = *f; /* R alone: an integer of 62 bits, far beyond any code */

    if (real.kind == NUMBER_NAN) return (struct encoded){(uint64_t)g->zero, OUTCOME_NAN | OUTCOME_INEXACT};
    whole.family = FAMILY_FIXED;
    whole.overflow = OVERFLOW_SAT;
    whole.fixed = (struct fixed_format){FIXED_SIGNED, 62, 62, false};
    const struct encoded rounded = element_fixed_encode(&whole, number_of_double(x / g->scale), random);
    const int64_t m = (int64_t)rounded.code + g->zero;
    if (m < integer_low(g))
        return (struct encoded){(uint64_t)integer_low(g), OUTCOME_INEXACT | OUTCOME_OVERFLOW};
    if (m > integer_high(g))
        return (struct encoded){(uint64_t)integer_high(g), OUTCOME_INEXACT | OUTCOME_OVERFLOW};
    const bool vanished = m == g->zero && !number_is_zero(real);
    return (struct encoded){(uint64_t)m, rounded.outcome | (vanished ? OUTCOME_UNDERFLOW : 0)};
}

double integer_decode(const struct int_format *f, uint64_t code)
{
    return (double)((int64_t)code - f->zero) * f->scale;
}
