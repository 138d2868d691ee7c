/* quant/accumulator.c - sums in modelled accumulators, one output after the other. */
#include "quant/accumulator.h"

#include "quant/kernels/carrier.h"
#include "quant/element.h"
#include "quant/exact_sum.h"
#include "quant/try.h"

#include <assert.h>

static enum status stage_check(const struct stage *s, const char *name)
{
    struct format nearest = s->format;
    struct reason why;
    char text[FORMAT_TEXT];

    if (!s->rounds) return STATUS_OK;
    if (!element_is_family(s->format.family))
        return status_fail(
            STATUS_INPUT,
            "%s of the accumulator: '%s' is not an elementwise format; take fx, fp, pot, table or posit",
            name, format_print(text, &s->format));
    TRY(format_check(&s->format));
    why.text[0] = '\0';
    carrier_repair(&nearest, &why, CARRIER_FLOAT64);
    if (why.text[0] == '\0') return STATUS_OK;
    return status_fail(STATUS_INPUT, "%s of the accumulator: %s; the nearest that fits is '%s'", name,
                       why.text, format_print(text, &nearest));
}

enum status accumulator_check(const struct accumulator *s)
{
    TRY(stage_check(&s->product, "product"));
    TRY(stage_check(&s->inner, "inner sum"));
    TRY(stage_check(&s->outer, "outer sum"));
    if (s->order != SUM_CHUNKS && !s->inner.rounds)
        return status_fail(
            STATUS_INPUT,
            "an exact sum has no order: Kahan and pairwise sums need a format for the inner sum");
    return STATUS_OK;
}

static struct number stage_round(const struct stage *s, struct number x, uint64_t index,
                                 struct accumulator_report *report)
{
    if (!s->rounds) return x;
    const struct format *f = &s->format;
    const struct encoded e = element_encode(f, x, draw_bits(s->random, index, f->random_bits));
    if (report != NULL) {
        report->roundings++;
        report->inexact += (e.outcome & OUTCOME_INEXACT) != 0;
        report->overflow += (e.outcome & OUTCOME_OVERFLOW) != 0;
    }
    return element_decode(f, e.code);
}

/* a + b where either may have left the finite numbers. */
static struct number sum_of(struct number a, struct number b)
{
    if (a.kind == NUMBER_FINITE && b.kind == NUMBER_FINITE) return exact_sum_two(a, b);
    if (a.kind == NUMBER_NAN || b.kind == NUMBER_NAN) return (struct number){.kind = NUMBER_NAN};
    if (a.kind == b.kind && a.negative != b.negative) return (struct number){.kind = NUMBER_NAN};
    return a.kind == NUMBER_INFINITE ? a : b;
}

static struct number negated(struct number x)
{
    x.negative = !x.negative;
    return x;
}

/* The products of one output, and where its random bits begin. */
struct output {
    const struct accumulator *s;
    struct accumulator_report *report;
    const double *a, *b; /* a row, a column with stride */
    size_t k, stride, index;
};

static struct number product_at(const struct output *o, size_t i)
{
    const struct number p =
        exact_sum_product(number_of_double(o->a[i]), number_of_double(o->b[i * o->stride]));
    return stage_round(&o->s->product, p, o->index * o->k + i, o->report);
}

static struct number add_into_inner(const struct output *o, struct number sum, struct number x, size_t i)
{
    return stage_round(&o->s->inner, sum_of(sum, x), o->index * o->k + i, o->report);
}

/* Products begin .. end - 1 without any rounding of their sum, which is finite unless P overflowed. */
static struct number sum_exactly(struct exact_sum *sum, const struct output *o, size_t begin, size_t end)
{
    struct number special = number_zero(false);

    for (size_t i = begin; i < end; i++) {
        if (!o->s->product.rounds) {
            exact_sum_add_product(sum, number_of_double(o->a[i]), number_of_double(o->b[i * o->stride]));
            continue;
        }
        const struct number p = product_at(o, i);
        if (p.kind == NUMBER_FINITE)
            exact_sum_add(sum, p);
        else
            special = sum_of(special, p);
    }
    return special.kind == NUMBER_FINITE ? exact_sum_value(sum) : special;
}

static struct number sum_chunk(const struct output *o, size_t begin, size_t end)
{
    struct number inner = number_zero(false);

    if (!o->s->inner.rounds) {
        struct exact_sum sum = {{0}};
        return sum_exactly(&sum, o, begin, end);
    }
    for (size_t i = begin; i < end; i++)
        inner = add_into_inner(o, inner, product_at(o, i), i);
    return inner;
}

/* With no format for the outer sum, chunks that are exact too are one exact sum; rounded ones are added
 * exactly. */
static struct number sum_chunks(const struct output *o)
{
    const size_t k = o->k, chunk = o->s->chunk == 0 || o->s->chunk > k ? (k > 0 ? k : 1) : o->s->chunk;
    const size_t chunks = (k + chunk - 1) / chunk;
    struct exact_sum exact = {{0}};
    struct number outer = number_zero(false), special = number_zero(false);

    if (!o->s->outer.rounds && !o->s->inner.rounds) return sum_exactly(&exact, o, 0, k);
    for (size_t j = 0; j < chunks; j++) {
        const size_t end = (j + 1) * chunk < k ? (j + 1) * chunk : k;
        const struct number inner = sum_chunk(o, j * chunk, end);
        if (o->s->outer.rounds)
            outer = stage_round(&o->s->outer, sum_of(outer, inner), o->index * chunks + j, o->report);
        else if (inner.kind == NUMBER_FINITE)
            exact_sum_add(&exact, inner);
        else
            special = sum_of(special, inner);
    }
    if (o->s->outer.rounds) return outer;
    return special.kind == NUMBER_FINITE ? exact_sum_value(&exact) : special;
}

static struct number sum_kahan(const struct output *o)
{
    struct number sum = number_zero(false), lost = number_zero(false);

    for (size_t i = 0; i < o->k; i++) {
        const struct number y = add_into_inner(o, product_at(o, i), negated(lost), i);
        const struct number t = add_into_inner(o, sum, y, i);
        const struct number grown = add_into_inner(o, t, negated(sum), i);
        lost = add_into_inner(o, grown, negated(y), i);
        sum = t;
    }
    return stage_round(&o->s->outer, sum, o->index, o->report);
}

/* The sum of products begin .. end - 1; its last rounding draws the element of its last product. */
static struct number sum_pairwise(const struct output *o, size_t begin, size_t end)
{
    if (end - begin == 1) return add_into_inner(o, number_zero(false), product_at(o, begin), begin);
    const size_t middle = begin + (end - begin + 1) / 2;
    const struct number low = sum_pairwise(o, begin, middle), high = sum_pairwise(o, middle, end);
    return add_into_inner(o, low, high, end - 1);
}

static struct number sum_output(const struct output *o)
{
    switch (o->s->order) {
    case SUM_KAHAN:
        return sum_kahan(o);
    case SUM_PAIRWISE:
        if (o->k == 0) return number_zero(false);
        return stage_round(&o->s->outer, sum_pairwise(o, 0, o->k), o->index, o->report);
    default:
        return sum_chunks(o);
    }
}

void accumulator_gemm(double *c, const double *a, const double *b, size_t m, size_t n, size_t k,
                      const struct accumulator *s, struct accumulator_report *report)
{
    static const struct format binary64 = {.family = FAMILY_FLOAT,
                                           .overflow = OVERFLOW_INF,
                                           .floating = {11, 52, 1023, FLAVOUR_IEEE, SUBNORMALS_ON}};
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            const struct output o = {.s = s,
                                     .report = report,
                                     .a = a + i * k,
                                     .b = b + j,
                                     .k = k,
                                     .stride = n,
                                     .index = i * n + j};
            const struct number sum = sum_output(&o);
            c[i * n + j] = number_to_double(
                element_float_decode(&binary64.floating, element_float_encode(&binary64, sum, 0).code));
        }
}
