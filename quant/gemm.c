/* quant/gemm.c - integer matrix products and requantization.
 *
 * Known values: 5 * 2^30 2^-31 = 2.5 is 3 by gemmlowp, -2.5 is -2: its doubling product has ties up.
 */
#include "quant/gemm.h"

#include "quant/element.h"

#include <assert.h>
#include <math.h>

__extension__ typedef unsigned __int128 wide;
__extension__ typedef __int128 signed_wide;

static uint64_t magnitude(int32_t x)
{
    return x < 0 ? -(uint64_t)x : (uint64_t)x;
}

static int64_t wrapped(uint64_t sum, int bits)
{
    const int spare = 64 - bits;
    return (int64_t)(sum << spare) >> spare; /* gcc and clang shift the sign in */
}

/* Width of two's complement that holds -bound .. bound. */
static int bits_for(wide bound)
{
    const uint64_t high = (uint64_t)(bound >> 64);
    return 1 + (high != 0 ? 64 + number_width(high) : number_width((uint64_t)bound));
}

struct dot {
    signed_wide sum;
    wide bound; /* sum |a| |b| */
};

static struct dot dot_exact(const int32_t *a, const int32_t *b, size_t k, size_t stride)
{
    struct dot d = {0, 0};
    for (size_t i = 0; i < k; i++) {
        d.sum += (int64_t)a[i] * b[i * stride];
        d.bound += magnitude(a[i]) * magnitude(b[i * stride]);
    }
    return d;
}

/* Sequential sums, each clamped to low..high; counts the clamps. */
static int64_t dot_saturated(const int32_t *a, const int32_t *b, size_t k, size_t stride, int bits,
                             uint64_t *clamped)
{
    const signed_wide high = ((signed_wide)1 << (bits - 1)) - 1, low = -high - 1;
    signed_wide sum = 0;

    for (size_t i = 0; i < k; i++) {
        sum += (int64_t)a[i] * b[i * stride];
        *clamped += sum > high || sum < low;
        sum = sum > high ? high : sum < low ? low : sum;
    }
    return (int64_t)sum;
}

/* Sums modulo 2^64, row by row so that b is read along its rows. */
static void rows_modular(int64_t *c, const int32_t *a, const int32_t *b, size_t n, size_t k)
{
    for (size_t j = 0; j < n; j++)
        c[j] = 0;
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < n; j++)
            c[j] = (int64_t)((uint64_t)c[j] + (uint64_t)((int64_t)a[i] * b[i * n + j]));
}

static uint64_t largest(const int32_t *x, size_t n)
{
    uint64_t top = 0;
    for (size_t i = 0; i < n; i++)
        if (magnitude(x[i]) > top) top = magnitude(x[i]);
    return top;
}

/* One output whose safety is not proven for the whole matrix. */
static int64_t output_careful(const int32_t *a, const int32_t *b, size_t k, size_t stride, int bits,
                              enum gemm_overflow overflow, struct gemm_report *report)
{
    const wide high = ((wide)1 << (bits - 1)) - 1;
    const struct dot d = dot_exact(a, b, k, stride);
    const bool proven = d.bound <= high;

    report->outputs++;
    report->proven += proven;
    if (bits_for(d.bound) > report->safe_bits) report->safe_bits = bits_for(d.bound);
    if (proven) return (int64_t)d.sum;
    if (overflow == GEMM_SATURATE) return dot_saturated(a, b, k, stride, bits, &report->overflow);
    report->overflow += d.sum > (signed_wide)high || d.sum < -(signed_wide)high - 1;
    return wrapped((uint64_t)d.sum, bits);
}

void gemm_integer(int64_t *c, const int32_t *a, const int32_t *b, size_t m, size_t n, size_t k, int bits,
                  enum gemm_overflow overflow, struct gemm_report *report)
{
    assert(bits >= 2 && bits <= 64);
    const wide bound = (wide)largest(a, m * k) * largest(b, k * n) * k;
    const bool proven = bound <= ((wide)1 << (bits - 1)) - 1;
    struct gemm_report unread = {0};

    if (report == NULL && (proven || overflow == GEMM_WRAP)) {
        for (size_t i = 0; i < m; i++) {
            rows_modular(c + i * n, a + i * k, b, n, k);
            for (size_t j = 0; j < n; j++)
                c[i * n + j] = wrapped((uint64_t)c[i * n + j], bits);
        }
        return;
    }
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            c[i * n + j] =
                output_careful(a + i * k, b + j, k, n, bits, overflow, report != NULL ? report : &unread);
}

enum status gemm_requantizer_scale(struct requantizer *r, double scale)
{
    int exponent;

    if (!(scale >= 0x1p-31 && scale < 0x1p30))
        return status_fail(STATUS_INPUT, "scale %g of a requantization is not in 2^-31..2^30", scale);
    const double fraction = frexp(scale, &exponent);
    int64_t multiplier = (int64_t)(fraction * 0x1p31 + 0.5);
    if (multiplier == INT64_C(1) << 31) {
        multiplier /= 2;
        exponent++;
    }
    r->multiplier = (int32_t)multiplier;
    r->shift = exponent;
    return STATUS_OK;
}

static int64_t shift_ties_up(int64_t x, int bits)
{
    return bits == 0 ? x : (x + (INT64_C(1) << (bits - 1))) >> bits;
}

static int64_t shift_ties_away(int64_t x, int bits)
{
    return x < 0 ? -shift_ties_up(-x, bits) : shift_ties_up(x, bits);
}

/* The product of the int32 saturated x 2^left with the multiplier, doubled, its upper half with ties up. */
static int64_t requantize_gemmlowp(int32_t x, const struct requantizer *r)
{
    const int left = r->shift > 0 ? r->shift : 0, right = r->shift > 0 ? 0 : -r->shift;
    int64_t moved = (int64_t)x * (INT64_C(1) << left);
    moved = moved > INT32_MAX ? INT32_MAX : moved < INT32_MIN ? INT32_MIN : moved;
    return shift_ties_away(shift_ties_up(moved * r->multiplier, 31), right);
}

static int64_t requantize_exact(int32_t x, const struct requantizer *r)
{
    const struct format whole = {.rounding = r->rounding, .fixed = {FIXED_SIGNED, 63, 63, false}};
    const struct number product = {
        .m = magnitude(x) * (uint64_t)r->multiplier, .e = r->shift - 31, .negative = x < 0};
    return (int64_t)element_fixed_encode(&whole, product, 0).code;
}

void gemm_requantize(int32_t *y, const int32_t *x, size_t n, const struct requantizer *r)
{
    assert(!rounding_is_stochastic(r->rounding));
    for (size_t i = 0; i < n; i++) {
        int64_t v = 0;
        switch (r->way) {
        case REQUANTIZE_EXACT:
            v = requantize_exact(x[i], r);
            break;
        case REQUANTIZE_GEMMLOWP:
            v = requantize_gemmlowp(x[i], r);
            break;
        case REQUANTIZE_SINGLE:
            v = shift_ties_up((int64_t)x[i] * r->multiplier, 31 - r->shift);
            break;
        }
        v += r->zero;
        y[i] = (int32_t)(v < r->low ? r->low : v > r->high ? r->high : v);
    }
}
