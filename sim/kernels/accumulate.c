/* sim/kernels/accumulate.c - modelled accumulators, a row of outputs at a time in binary64.
 *
 * A product of two float32 values is exact in binary64. A sum is exact, too, or its error is known (Knuth's
 * two-sum); then it is rounded to odd: of the two neighbours of the true sum the one whose last bit is 1. A
 * second rounding, to a format with at least two bits less, gives what one rounding of the true sum gives, in
 * every direction (Boldo, Melquiond, 2008). Where the format has more bits, or wraps, only exact sums are
 * taken. A row that meets any other is left to accumulator_gemm.
 */
#include "sim/kernels/accumulate.h"

#include "quant/quantizer.h"

#include <math.h>
#include <string.h>

/* Significant bits that a format may have for a sum that was rounded to odd. */
enum { ODD_BITS = 50 };

/* A stage with its plan. */
struct step {
    bool rounds;
    bool odd; /* sums may be rounded to odd before */
    struct quantizer plan;
};

/* Can the stage be a step: is it exact, or without randomness? */
static bool step_make(struct step *out, const struct stage *s)
{
    *out = (struct step){.rounds = s->rounds};
    if (!s->rounds) return true;
    if (s->format.random_bits > 0 || rounding_is_stochastic(s->format.rounding)) return false;
    const bool saturates = s->format.overflow <= OVERFLOW_SAT_ZERO;
    out->odd = s->format.family == FAMILY_FLOAT   ? s->format.floating.mantissa_bits < ODD_BITS
               : s->format.family == FAMILY_FIXED ? saturates && s->format.fixed.bits <= ODD_BITS
                                                  : false;
    return quantizer_make(&out->plan, &s->format, CARRIER_FLOAT64) == STATUS_OK;
}

/* The sum s of two numbers, whose error is e, rounded to odd. */
static double to_odd(double s, double e)
{
    uint64_t bits;

    memcpy(&bits, &s, sizeof bits);
    if ((bits & 1) == 0) bits += (e > 0) == (s > 0) ? 1 : (uint64_t)-1;
    memcpy(&s, &bits, sizeof s);
    return s;
}

/* sum[j] + x[j] into sum[j]; false: one was inexact where it must not be. */
static bool add(double *sum, const double *x, double factor, size_t n, bool odd)
{
    bool exact = true;

    for (size_t j = 0; j < n; j++) {
        const double a = sum[j], b = factor * x[j], s = a + b, back = s - a;
        const double e = (a - (s - back)) + (b - back);
        sum[j] = s;
        if (e == 0.0 || !isfinite(s)) continue;
        exact = false;
        sum[j] = to_odd(s, e);
    }
    return exact || odd;
}

static bool add_rounded(const struct step *step, double *sum, const double *x, double factor, size_t n)
{
    const struct draw none = {.first = 0};

    if (!add(sum, x, factor, n, step->odd)) return false;
    if (step->rounds) quantizer_apply_f64(&step->plan, sum, sum, n, none, NULL);
    return true;
}

/* One row of outputs; false: it met a sum that binary64 cannot vouch for. */
static bool row_sum(double *outer, double *inner, const double *a, const double *b, size_t n, size_t k,
                    size_t chunk, const struct step step[2])
{
    memset(outer, 0, n * sizeof *outer);
    for (size_t begin = 0; begin < k; begin += chunk) {
        const size_t end = k - begin < chunk ? k : begin + chunk;
        memset(inner, 0, n * sizeof *inner);
        for (size_t i = begin; i < end; i++)
            if (!add_rounded(&step[0], inner, b + i * n, a[i], n)) return false;
        if (!add_rounded(&step[1], outer, inner, 1.0, n)) return false;
    }
    return true;
}

static bool all_finite(const double *x, size_t n)
{
    double zero = 0.0;
    for (size_t i = 0; i < n; i++)
        zero += x[i] * 0.0; /* NaN for infinity and NaN */
    return zero == 0.0;
}

static void fill(double *x, double value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = value;
}

void accumulate_gemm(double *c, const double *a, const double *b, size_t m, size_t n, size_t k,
                     const struct accumulator *s, double *row)
{
    const size_t chunk = s->chunk == 0 || s->chunk > k ? k : s->chunk;
    struct step step[2];
    const bool fast = s->order == SUM_CHUNKS && !s->product.rounds && step_make(&step[0], &s->inner) &&
                      step_make(&step[1], &s->outer);

    if (!all_finite(a, m * k) || !all_finite(b, k * n)) {
        fill(c, (double)NAN, m * n);
        return;
    }
    if (!fast) {
        accumulator_gemm(c, a, b, m, n, k, s, NULL);
        return;
    }
    for (size_t i = 0; i < m; i++) {
        if (row_sum(row, row + n, a + i * k, b, n, k, chunk, step))
            memcpy(c + i * n, row, n * sizeof *c);
        else
            accumulator_gemm(c + i * n, a + i * k, b, 1, n, k, s, NULL);
    }
}
