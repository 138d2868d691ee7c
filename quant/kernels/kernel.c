/* quant/kernels/kernel.c - the kernels of each family, by what the processor has, with the constants they
 * need. */
#include "quant/kernels/kernel.h"

#if defined(__x86_64__)

/* 2^k, -1022 <= k <= 1023, from its bits. */
static double power_of_two(int k)
{
    const uint64_t bits = (uint64_t)(k + 1023) << 52;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* In integers if t 2^R fits 31 bits and x 2^(fl + R) loses nothing below, or if t fits and t itself loses
 * nothing. */
static quantizer_kernel *fixed_sr_choose(const struct format *f, int overflow)
{
    const int random = f->random_bits, lost = f->fixed.bits - f->fixed.integer_bits + random;
    if (overflow == 0 && random <= 16 && f->fixed.bits + random <= 30 && lost >= 0 && lost <= 126)
        return fixed_sr_kernel_small();
    if (overflow == 0 && random > 16 && f->fixed.bits <= 30 && f->fixed.bits >= f->fixed.integer_bits)
        return fixed_sr_kernel_carry();
    return fixed_sr_kernel_f32(overflow, random <= 16);
}

static void fixed_choose(struct quantizer *p)
{
    const struct fixed_format *f = &p->format.fixed;
    const bool narrow = p->carrier == CARRIER_FLOAT32;
    const int fl = f->bits - f->integer_bits, reach = narrow ? 126 : 1022;
    const int overflow = p->format.overflow == OVERFLOW_WRAP ? 2 : p->format.overflow == OVERFLOW_SAT_ZERO;

    if (f->sign == FIXED_SIGN_MAGNITUDE || f->keep_nan || fl < -reach || fl > reach) return;
    if (p->format.overflow > OVERFLOW_WRAP || p->format.saturated_bits > 0) return;
    if (p->format.rounding == ROUND_SR && narrow)
        p->kernel = fixed_sr_choose(&p->format, overflow);
    else if (narrow)
        p->kernel = fixed_kernel_f32(p->format.rounding, overflow, fl < 0);
    else
        p->kernel = fixed_kernel_f64(p->format.rounding, overflow, fl < 0);
    if (p->kernel == NULL) return;
    p->step = p->format.rounding == ROUND_SR ? 64 : narrow ? 8 : 4;
    struct quantizer_constants *c = &p->constants;
    c->up = power_of_two(fl);
    c->down = power_of_two(-fl);
    c->high = (double)element_fixed_high(f);
    c->low = p->format.overflow == OVERFLOW_SAT_SYM && f->sign == FIXED_SIGNED ? -c->high
                                                                               : (double)element_fixed_low(f);
    c->span = power_of_two(f->bits);
    c->lowest = c->low * c->down;
    c->highest = c->high * c->down;
}

static void float_constants(struct quantizer_constants *c, const struct format *f)
{
    const struct float_format *g = &f->floating;
    const struct number top = element_float_decode(g, element_float_code_max(g));
    const enum rounding q = f->rounding;
    const bool to_zero = q == ROUND_TRN_ZERO || q == ROUND_ODD;

    c->high = number_to_double(top);
    c->nan = element_float_has_nan(g) ? __builtin_nan("") : 0.0;
    c->infinite = element_float_has_infinity(g) ? __builtin_inf() : c->nan;
    c->over = to_zero || q == ROUND_TRN ? c->high : c->infinite;
    c->under = to_zero || q == ROUND_CEIL ? c->high : c->infinite;
    c->power_low = power_of_two(element_float_exponent_min(g));
    c->power_high = power_of_two(number_exponent(top) + 1);
    c->mantissa_bits = g->mantissa_bits;
    c->exponent_min = element_float_exponent_min(g);
    c->exponent_max = number_exponent(top);
    c->lowest = -c->high;
    c->highest = c->high;
}

/* The kernel for a float whose units and whose constant c (see float_lanes.h) are normal in the carrier. */
static quantizer_kernel *float_kernel(const struct format *f, bool narrow)
{
    const bool inf = f->overflow == OVERFLOW_INF, fnuz = f->floating.flavour == FLAVOUR_FNUZ;
    if (!narrow) return float_kernel_f64(f->rounding, inf, fnuz);
    const bool small = f->random_bits <= 16 && f->floating.mantissa_bits + f->random_bits <= 29;
    if (f->rounding == ROUND_SR && small) return float_sr_kernel_small(inf, fnuz);
    if (f->rounding == ROUND_SR) return fnuz ? NULL : float_sr_kernel_f32(false, inf, f->random_bits <= 16);
    return float_kernel_f32(f->rounding, inf, fnuz);
}

/* The kernel for the exponents of float32. */
static quantizer_kernel *float_kernel_wide(const struct format *f)
{
    const bool inf = f->overflow == OVERFLOW_INF;
    if (f->rounding == ROUND_SR) return float_sr_kernel_f32(true, inf, f->random_bits <= 16);
    return floatwide_kernel(f->rounding, inf);
}

static void float_choose(struct quantizer *p)
{
    const struct float_format *f = &p->format.floating;
    const bool narrow = p->carrier == CARRIER_FLOAT32, sr = p->format.rounding == ROUND_SR;
    const int mantissa = narrow ? 23 : 52, bias = narrow ? 127 : 1023;
    const int unit = element_float_exponent_min(f) - f->mantissa_bits;

    if (f->flavour == FLAVOUR_E8M0 || f->subnormals != SUBNORMALS_ON) return;
    if (f->mantissa_bits < 1 || f->mantissa_bits >= mantissa || f->exponent_bits < 1) return;
    const int emax = number_exponent(element_float_decode(f, element_float_code_max(f)));
    const bool by_sign = p->format.rounding == ROUND_CEIL || p->format.rounding == ROUND_TRN ||
                         p->format.rounding == ROUND_RND || p->format.rounding == ROUND_RND_MIN_INF;
    if (by_sign && f->mantissa_bits > mantissa - 2 && f->exponent_bits < 8) return; /* see float_by_sign */
    const bool fits = unit > (sr ? 32 - bias : -bias) && emax + 1 + mantissa - f->mantissa_bits <= bias;
    if (fits)
        p->kernel = float_kernel(&p->format, narrow);
    else if (narrow && f->exponent_bits == 8 && f->bias == 127 && f->flavour == FLAVOUR_IEEE)
        p->kernel = float_kernel_wide(&p->format);
    if (p->kernel == NULL) return;
    p->step = sr ? 64 : narrow ? 8 : 4;
    float_constants(&p->constants, &p->format);
}

enum { BLOCK_LEAST = 8, BLOCK_MOST = 64 };

static bool block_fits(const struct quantizer *p)
{
    const int size = p->format.block.size;
    return p->carrier == CARRIER_FLOAT32 && size >= BLOCK_LEAST && size <= BLOCK_MOST &&
           size % BLOCK_LEAST == 0;
}

static void mx_choose(struct quantizer *p)
{
    const struct block_format *b = &p->format.block;
    const struct format element = {.rounding = p->format.rounding, .floating = b->element};

    if (!block_fits(p) || b->ignore_special || b->rule > SCALE_CEIL || b->element.mantissa_bits < 1) return;
    p->kernel = block_kernel_f32(FAMILY_MX, p->format.rounding);
    if (p->kernel == NULL) return;
    p->step = b->size;
    float_constants(&p->constants, &element);
    const float top = (float)p->constants.high;
    uint32_t bits;
    memcpy(&bits, &top, sizeof bits);
    p->constants.top_fraction = bits & 0x7FFFFF;
}

static void bfp_choose(struct quantizer *p)
{
    const struct block_format *b = &p->format.block;

    if (!block_fits(p)) return;
    p->kernel = block_kernel_f32(FAMILY_BFP, p->format.rounding);
    if (p->kernel == NULL) return;
    p->step = b->size;
    p->constants.high = power_of_two(b->bits - 1) - 1;
    p->constants.low = p->format.overflow == OVERFLOW_SAT ? -power_of_two(b->bits - 1) : -p->constants.high;
    p->constants.up = p->constants.down = p->constants.span = 1; /* the block has its own */
}

void kernel_choose(struct quantizer *p)
{
    static void (*const choose[FAMILY_COUNT])(struct quantizer * p) = {[FAMILY_FIXED] = fixed_choose,
                                                                       [FAMILY_FLOAT] = float_choose,
                                                                       [FAMILY_MX] = mx_choose,
                                                                       [FAMILY_BFP] = bfp_choose};

    if (choose[p->format.family] == NULL || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return;
    choose[p->format.family](p);
}

#else

/* To add a processor: its kernels in files of their own, and its choice here. */
void kernel_choose(struct quantizer *p)
{
    (void)p;
}

#endif
