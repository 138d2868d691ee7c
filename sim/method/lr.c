/* sim/method/lr.c - the table of learning-rate policies. */
#include "sim/method/lr.h"

#include "quant/try.h"
#include "sim/base/table.h"
#include "sim/base/scalar.h"

#include <string.h>

static double constant(const struct lr_spec *s, double r)
{
    (void)r;
    return s->initial;
}

static double piecewise(const struct lr_spec *s, double r)
{
    double power = 1;
    for (int i = 0; i < s->drop_count && r >= s->drops[i]; i++)
        power *= s->factor;
    return s->initial * power;
}

/* The corners of the published ramp, as fractions of the run. */
static const double ramp_begin = 0.5, ramp_end = 0.9;

static double linear(const struct lr_spec *s, double r)
{
    if (r <= ramp_begin) return s->initial;
    if (r > ramp_end) return s->initial * s->final_fraction;
    return s->initial * (1 - (1 - s->final_fraction) * (r - ramp_begin) / (ramp_end - ramp_begin));
}

static double cosine(const struct lr_spec *s, double r)
{
    const double low = s->initial * s->final_fraction;
    return low + 0.5 * (s->initial - low) * (1 + scalar_cospi(r));
}

#define PUBLISHED "Fu et al., ICLR 2021, published code for CIFAR"

static const struct lr_type types[] = {
    {"constant", "initial", "", constant},
    {"piecewise", "initial * factor^(number of drops <= r)", PUBLISHED, piecewise},
    {"linear", "initial to r = 1/2, then a line to initial * final_fraction at r = 9/10, then that",
     PUBLISHED, linear},
    {"cosine", "low + (initial - low) (1 + cos(pi r)) / 2, low = initial * final_fraction",
     "Loshchilov and Hutter, ICLR 2017; " PUBLISHED, cosine},
};

enum { COUNT = sizeof types / sizeof types[0] };

double lr_rate(const struct lr_spec *s, int64_t iteration, int64_t iterations)
{
    if (iteration < s->warmup) return s->initial * s->warmup_fraction;
    return s->type->rate(s, (double)iteration / (double)iterations);
}

const struct lr_type *lr_all(int *count)
{
    *count = COUNT;
    return types;
}

enum status lr_find(const struct lr_type **out, const char *name)
{
    size_t i;

    TRY(table_find(&i, "learning-rate policy", name, types, sizeof *types, COUNT));
    *out = &types[i];
    return STATUS_OK;
}
