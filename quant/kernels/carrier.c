/* quant/kernels/carrier.c - a format fits a carrier that represents each of its values exactly. */
#include "quant/kernels/carrier.h"

static const struct {
    const char *name;
    int significand, exponent_max, exponent_low; /* bits; exponents of the largest and the smallest value */
} limits[] = {
    [CARRIER_FLOAT32] = {"float32", 24, 127, -149},
    [CARRIER_FLOAT64] = {"float64", 53, 1023, -1074},
};

static void fixed_fit(struct format *f, struct reason *why, enum carrier c)
{
    struct fixed_format *x = &f->fixed;
    const int low = limits[c].exponent_low, high = limits[c].exponent_max;

    if (x->bits > limits[c].significand) {
        reason_set(why, "a %s array holds words of at most %d bits", limits[c].name, limits[c].significand);
        x->bits = limits[c].significand;
    }
    if (x->integer_bits - x->bits < low || x->integer_bits > high) {
        reason_set(why, "a %s array holds units from 2^%d and values below 2^%d", limits[c].name, low, high);
        x->integer_bits = x->integer_bits > high ? high : low + x->bits;
    }
    const int most = x->sign == FIXED_SIGN_MAGNITUDE ? x->bits - 1 : x->bits;
    if (f->saturated_bits > most) f->saturated_bits = most;
}

static void float_fit(struct format *f, struct reason *why, enum carrier c)
{
    struct float_format *x = &f->floating;
    const int top = number_exponent(element_float_decode(x, element_float_code_max(x)));
    const int low = element_float_exponent_min(x) - x->mantissa_bits;

    if (x->mantissa_bits < limits[c].significand && low >= limits[c].exponent_low &&
        top <= limits[c].exponent_max)
        return;
    reason_set(why, "a %s array holds %d mantissa bits and exponents from %d to %d", limits[c].name,
               limits[c].significand - 1, limits[c].exponent_low, limits[c].exponent_max);
    const int mantissa =
        x->mantissa_bits < limits[c].significand ? x->mantissa_bits : limits[c].significand - 1;
    *x = (struct float_format){c == CARRIER_FLOAT32 ? 8 : 11, mantissa > 0 ? mantissa : 1,
                               limits[c].exponent_max, FLAVOUR_IEEE, x->subnormals};
}

static void pot_fit(struct format *f, struct reason *why, enum carrier c)
{
    reason_clamp(why, &f->pot.emin, limits[c].exponent_low, limits[c].exponent_max,
                 "in this array, smallest exponent");
    reason_clamp(why, &f->pot.emax, f->pot.emin, limits[c].exponent_max, "in this array, largest exponent");
}

static void posit_fit(struct format *f, struct reason *why, enum carrier c)
{
    while ((f->posit.bits - 2) << f->posit.es > limits[c].exponent_max) {
        reason_set(why, "a %s array holds values below 2^%d", limits[c].name, limits[c].exponent_max + 1);
        f->posit.es--;
    }
}

void carrier_repair(struct format *f, struct reason *why, enum carrier carrier)
{
    static void (*const fit[FAMILY_COUNT])(struct format * f, struct reason * why,
                                           enum carrier c) = {[FAMILY_FIXED] = fixed_fit,
                                                              [FAMILY_FLOAT] = float_fit,
                                                              [FAMILY_POT] = pot_fit,
                                                              [FAMILY_POSIT] = posit_fit};

    if (fit[f->family] != NULL) fit[f->family](f, why, carrier);
}
