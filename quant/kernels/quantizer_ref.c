/* quant/kernels/quantizer_ref.c - the reference: exact numbers in, exact numbers out, no floating-point
 * arithmetic on values except where a format is defined by it (affine, int, nvfp4). */
#include "quant/kernels/quantizer_ref.h"

#include "quant/integer.h"

#include <assert.h>
#include <math.h>

struct number array_load(struct array a, size_t i)
{
    if (a.carrier == CARRIER_FLOAT32) return number_of_float(((const float *)a.data)[i]);
    return number_of_double(((const double *)a.data)[i]);
}

/* A scaled block may exceed binary32 at its very top: infinity, as a conversion would give. */
static struct number carried(enum carrier carrier, struct number y)
{
    if (carrier == CARRIER_FLOAT32 && y.kind == NUMBER_FINITE && y.m != 0 && number_exponent(y) > 127)
        y.kind = NUMBER_INFINITE;
    return y;
}

/* A value stretched by a real scale is rounded once more where the array is float32. */
static struct number stretched(enum carrier carrier, struct number y)
{
    return carrier == CARRIER_FLOAT32 ? number_of_float((float)number_to_double(y)) : y;
}

static void array_store(struct array a, size_t i, struct number y)
{
    if (a.carrier == CARRIER_FLOAT32)
        ((float *)a.data)[i] = number_to_float(y);
    else
        ((double *)a.data)[i] = number_to_double(y);
}

/* One way of coding elements, fixed for a block. */
struct coder {
    const struct quantizer *quantizer;
    struct block_grid grid;
    bool is_block;
};

static struct encoded coder_encode(const struct coder *c, struct number x, struct draw draw, size_t i)
{
    const struct format *f = &c->quantizer->format;
    const uint64_t at = draw.first + i;

    if (f->family == FAMILY_AFFINE) {
        const struct affine *a = &c->quantizer->whole.affine;
        const float value = x.kind == NUMBER_NAN ? NAN : (float)number_to_double(x);
        const float u = f->rounding == ROUND_SR ? affine_noise(draw.name, at) : 0.0f;
        const float t = (value + (0.0f - a->zero)) / a->scale;
        const unsigned nan = x.kind == NUMBER_NAN ? OUTCOME_NAN : 0;
        return (struct encoded){(uint64_t)affine_code(a, value, u),
                                nan | (t < -0.5f || t > a->top + 0.5f ? OUTCOME_OVERFLOW : 0)};
    }
    const uint32_t random = draw_bits(draw.name, at, f->random_bits);
    if (c->is_block) return block_encode(&c->grid, x, random);
    if (f->family == FAMILY_INT) return integer_encode(f, number_to_double(x), random);
    return element_encode(f, x, random);
}

static struct number coder_decode(const struct coder *c, uint64_t code)
{
    const struct format *f = &c->quantizer->format;
    const enum carrier carrier = c->quantizer->carrier;

    switch (f->family) {
    case FAMILY_AFFINE:
        return number_of_float(affine_value(&c->quantizer->whole.affine, (float)code));
    case FAMILY_INT:
        return stretched(carrier, number_of_double(integer_decode(&f->integer, code)));
    case FAMILY_NVFP4:
        return stretched(carrier, block_decode(&c->grid, code));
    case FAMILY_BFP:
    case FAMILY_MX:
        return carried(carrier, block_decode(&c->grid, code));
    default:
        return element_decode(f, code);
    }
}

/* Elements [begin, end) with one coder. */
static void code_range(const struct coder *c, struct array y, uint64_t *code, struct array x, size_t begin,
                       size_t end, struct draw draw, struct tally *tally)
{
    const bool keep_nan = c->quantizer->format.family == FAMILY_FIXED && c->quantizer->format.fixed.keep_nan;

    for (size_t i = begin; i < end; i++) {
        const struct number before = array_load(x, i);
        const struct encoded e = coder_encode(c, before, draw, i);
        struct number after = coder_decode(c, e.code);
        if (keep_nan && before.kind == NUMBER_NAN) after = before;
        if (code != NULL) code[i] = e.code;
        if (tally != NULL) tally_element(tally, number_to_double(before), number_to_double(after), e.outcome);
        if (y.data != NULL) array_store(y, i, after);
    }
}

static struct block_scan scan_range(struct array x, size_t begin, size_t end)
{
    struct block_scan scan = {.special = false};
    for (size_t i = begin; i < end; i++)
        block_scan_add(&scan, array_load(x, i));
    return scan;
}

void quantizer_ref(const struct quantizer *p, struct array y, uint64_t *code, uint32_t *scale, struct array x,
                   size_t n, struct draw draw, struct tally *tally)
{
    const size_t block = block_length(&p->format);
    struct coder c = {.quantizer = p, .is_block = block_is_family(p->format.family)};

    if (!c.is_block) {
        code_range(&c, y, code, x, 0, n, draw, tally);
        return;
    }
    assert(block == SIZE_MAX || draw.first % block == 0);
    for (size_t begin = 0; begin < n; begin += n - begin < block ? n - begin : block) {
        const size_t end = n - begin < block ? n : begin + block;
        const struct block_scan scan = block == SIZE_MAX ? p->whole.scan : scan_range(x, begin, end);
        c.grid = block_grid_make(&p->format, scan, p->whole.tensor_scale);
        if (scale != NULL) *scale++ = c.grid.code;
        code_range(&c, y, code, x, begin, end, draw, tally);
    }
}

void quantizer_ref_decode(const struct quantizer *p, struct array y, const uint64_t *code,
                          const uint32_t *scale, size_t n)
{
    const size_t block = block_length(&p->format);
    struct coder c = {.quantizer = p, .is_block = block_is_family(p->format.family)};

    for (size_t i = 0; i < n; i++) {
        if (c.is_block && (i == 0 || i % block == 0))
            c.grid = block_grid_of_code(&p->format, scale[i / block], p->whole.tensor_scale);
        array_store(y, i, coder_decode(&c, code[i]));
    }
}

void quantizer_ref_measure(struct quantizer *p, struct array x, size_t n)
{
    struct quantizer_whole *w = &p->whole;

    w->scan = scan_range(x, 0, n);
    w->tensor_scale = p->format.family == FAMILY_NVFP4 ? block_nvfp4_tensor_scale(w->scan.largest) : 1.0f;
    if (p->format.family == FAMILY_AFFINE) {
        struct range r = AFFINE_RANGE_EMPTY;
        for (size_t i = 0; i < n; i++) {
            const struct number value = array_load(x, i);
            const float f = value.kind == NUMBER_NAN ? NAN : (float)number_to_double(value);
            r = affine_range_join(r, (struct range){f, f});
        }
        if (n == 0) r = (struct range){0, 0};
        w->affine = affine_of_range(r, p->format.affine.bits, p->format.affine.division, AFFINE_FLOOR);
    }
    w->known = true;
}
