/* quant/block.c - shared scales. Source: OCP Microscaling Formats 1.0, section 6.3; NVIDIA's NVFP4.
 *
 * Known value: {957, 1} in mx:e4m3fn has floor(log2 957) - 8 = 1, X = 2: 957 / 2 saturates at 448, decoded
 * 896; by SCALE_CEIL X = 4 and 957 becomes 960.
 */
#include "quant/block.h"

#include <assert.h>
#include <math.h>

enum { E8M0_BIAS = 127, E8M0_NAN = 255, E4M3_NAN = 127 };

static const struct float_format nvfp4_scale = {4, 3, 7, FLAVOUR_FN, SUBNORMALS_ON};

bool block_is_family(enum family family)
{
    return family == FAMILY_BFP || family == FAMILY_MX || family == FAMILY_NVFP4;
}

size_t block_length(const struct format *f)
{
    if (!block_is_family(f->family)) return 1;
    return f->block.size == 0 ? SIZE_MAX : (size_t)f->block.size;
}

void block_scan_add(struct block_scan *s, struct number x)
{
    if (x.kind != NUMBER_FINITE)
        s->special = true;
    else if (number_compare_magnitude(x, s->largest) > 0)
        s->largest = x;
}

static int clamp(int value, int lo, int hi)
{
    return value < lo ? lo : value > hi ? hi : value;
}

static struct format element_format(const struct format *f)
{
    struct format e = *f;
    e.family = FAMILY_FLOAT;
    e.overflow = OVERFLOW_SAT;
    e.floating = f->block.element;
    return e;
}

static struct block_grid bfp_grid(const struct format *f, int exponent)
{
    const int half = 1 << (f->block.exponent_bits - 1);
    struct block_grid g = {.format = *f, .code = (uint32_t)(exponent + half)};

    g.format.family = FAMILY_FIXED;
    g.format.fixed = (struct fixed_format){FIXED_SIGNED, f->block.bits, 2, false};
    g.shift = exponent;
    return g;
}

/* Would rounding the largest magnitude, with either sign, leave -hi..hi? */
static bool bfp_overflows(struct block_grid g, struct number largest)
{
    g.format.overflow = OVERFLOW_SAT_SYM;
    if (rounding_is_stochastic(g.format.rounding)) g.format.rounding = ROUND_AWAY;
    largest.negative = false;
    const unsigned up = block_encode(&g, largest, 0).outcome;
    largest.negative = true;
    return (up | block_encode(&g, largest, 0).outcome) & OUTCOME_OVERFLOW;
}

static struct block_grid bfp_make(const struct format *f, struct block_scan scan)
{
    const int half = 1 << (f->block.exponent_bits - 1);
    const int exponent = scan.largest.m == 0 ? -half : clamp(number_exponent(scan.largest), -half, half - 1);
    const struct block_grid g = bfp_grid(f, exponent);

    if (f->block.rule == SCALE_FLOOR || scan.largest.m == 0 || exponent == half - 1) return g;
    return bfp_overflows(g, scan.largest) ? bfp_grid(f, exponent + 1) : g;
}

static struct block_grid mx_grid(const struct format *f, int exponent)
{
    return (struct block_grid){
        .format = element_format(f), .shift = exponent, .code = (uint32_t)(exponent + E8M0_BIAS)};
}

/* |value of the element nearest to x under scale 2^exponent - x|, both exact in binary64. */
static double mx_error(const struct format *f, struct number x, int exponent)
{
    struct block_grid g = mx_grid(f, exponent);
    g.format.rounding = ROUND_RND_CONV;
    const struct number y = block_decode(&g, block_encode(&g, x, 0).code);
    return fabs(number_to_double(y) - number_to_double(x));
}

static int mx_exponent(const struct format *f, struct number largest)
{
    const struct float_format *e = &f->block.element;
    const struct number top = element_float_decode(e, element_float_code_max(e));
    const int low = number_exponent(largest) - number_exponent(top);
    struct number reach = top; /* top or 3/2 top, moved by the exponent that is tried */

    largest.negative = false;
    switch (f->block.rule) {
    case SCALE_CEIL:
        reach.e += low;
        return low + (number_compare_magnitude(largest, reach) > 0);
    case SCALE_RNE: { /* of largest / top: in [2^(low-1), 2^(low+1)) */
        const int k = number_compare_magnitude(largest, (struct number){.m = top.m, .e = top.e + low}) >= 0
                          ? low
                          : low - 1;
        reach.m *= 3;
        reach.e += k - 1;
        const int side = number_compare_magnitude(largest, reach);
        return k + (side > 0 || (side == 0 && (k + E8M0_BIAS) % 2 != 0));
    }
    case SCALE_MIDMAX:
        if (low < -E8M0_BIAS || low >= E8M0_BIAS) return low; /* to be clamped */
        return low + (mx_error(f, largest, low + 1) < mx_error(f, largest, low));
    default:
        return low;
    }
}

static struct block_grid mx_make(const struct format *f, struct block_scan scan)
{
    if (scan.special && !f->block.ignore_special)
        return (struct block_grid){.format = element_format(f), .code = E8M0_NAN, .nan = true};
    if (scan.largest.m == 0) return mx_grid(f, -E8M0_BIAS);
    return mx_grid(f, clamp(mx_exponent(f, scan.largest), -E8M0_BIAS, E8M0_BIAS));
}

float block_nvfp4_tensor_scale(struct number largest)
{
    largest.negative = false;
    const float scale = (float)(number_to_double(largest) / (448.0 * 6.0));
    return scale > 0 ? scale : 1.0f;
}

static struct block_grid nvfp4_grid(const struct format *f, uint32_t code, float tensor_scale)
{
    const struct number s = element_float_decode(&nvfp4_scale, code);
    return (struct block_grid){.format = element_format(f),
                               .stretched = true,
                               .scale = number_to_double(s) * (double)tensor_scale,
                               .code = code};
}

/* The scale of a block is largest / (6 tensor_scale), one binary64 division, rounded to E4M3. */
static struct block_grid nvfp4_make(const struct format *f, struct block_scan scan, float tensor_scale)
{
    const struct format e4m3 = {.family = FAMILY_FLOAT, .floating = nvfp4_scale};

    if (scan.special) return (struct block_grid){.format = element_format(f), .code = E4M3_NAN, .nan = true};
    scan.largest.negative = false;
    const double wanted = number_to_double(scan.largest) / (6.0 * (double)tensor_scale);
    return nvfp4_grid(f, (uint32_t)element_float_encode(&e4m3, number_of_double(wanted), 0).code,
                      tensor_scale);
}

struct block_grid block_grid_make(const struct format *f, struct block_scan scan, float tensor_scale)
{
    assert(block_is_family(f->family));
    if (f->family == FAMILY_BFP) return bfp_make(f, scan);
    if (f->family == FAMILY_MX) return mx_make(f, scan);
    return nvfp4_make(f, scan, tensor_scale);
}

struct block_grid block_grid_of_code(const struct format *f, uint32_t code, float tensor_scale)
{
    assert(block_is_family(f->family));
    if (f->family == FAMILY_BFP) return bfp_grid(f, (int)code - (1 << (f->block.exponent_bits - 1)));
    const bool mx = f->family == FAMILY_MX;
    struct block_grid g = mx ? mx_grid(f, (int)code - E8M0_BIAS) : nvfp4_grid(f, code, tensor_scale);
    g.nan = code == (mx ? E8M0_NAN : E4M3_NAN);
    return g;
}

/* x / scale as the correctly rounded binary64 quotient; a block without a scale holds zeros. */
static struct number scaled_quotient(const struct block_grid *g, struct number x)
{
    if (x.kind != NUMBER_FINITE) return x;
    return g->scale > 0 ? number_of_double(number_to_double(x) / g->scale) : number_zero(x.negative);
}

struct encoded block_encode(const struct block_grid *g, struct number x, uint32_t random)
{
    if (g->nan) return (struct encoded){0, x.kind == NUMBER_NAN ? OUTCOME_NAN : OUTCOME_INEXACT};
    if (g->stretched)
        x = scaled_quotient(g, x);
    else
        x.e -= g->shift;
    return element_encode(&g->format, x, random);
}

struct number block_decode(const struct block_grid *g, uint64_t code)
{
    if (g->nan) return (struct number){.kind = NUMBER_NAN};
    struct number y = element_decode(&g->format, code);
    if (y.kind != NUMBER_FINITE) return y;
    if (g->stretched) return number_of_double(number_to_double(y) * g->scale);
    y.e += g->shift;
    return y;
}
