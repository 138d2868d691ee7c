/* quant/affine.c - the affine quantizer of Cyclic Precision Training. The kernels equal it bit for bit. */
#include "quant/affine.h"

#include <assert.h>
#include <math.h>

struct affine affine_make(float zero, float width, int bits, enum division division, float floor)
{
    assert(bits >= 1 && bits <= AFFINE_BITS_MAX);
    const double levels = (double)(((uint64_t)1 << bits) - 1);
    const float top = (float)levels;
    const float scale = division == DIVISION_RCP ? width * (float)(1.0 / levels) : width / top;

    return (struct affine){.scale = scale < floor ? floor : scale,
                           .zero = zero,
                           .top = top,
                           .bits = bits,
                           .floored = scale < floor};
}

struct affine affine_of_range(struct range r, int bits, enum division division, float floor)
{
    return affine_make(r.lo, r.hi - r.lo, bits, division, floor);
}

struct range affine_range_join(struct range a, struct range b)
{
    if (isnan(a.lo) || isnan(b.lo)) return (struct range){NAN, NAN};
    const float lo = a.lo < b.lo ? a.lo : b.lo, hi = a.hi > b.hi ? a.hi : b.hi;
    return (struct range){lo + 0.0f, hi + 0.0f}; /* -0 becomes +0: the order of joins must not show */
}

struct range affine_range_of(const float *x, size_t n)
{
    struct range r = AFFINE_RANGE_EMPTY;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) return (struct range){NAN, NAN};
        if (x[i] < r.lo) r.lo = x[i];
        if (x[i] > r.hi) r.hi = x[i];
    }
    return r;
}

size_t affine_quantize(float *y, const float *x, size_t n, const struct affine *q,
                       const struct random_name *noise, uint64_t first)
{
    size_t clipped = 0;
    for (size_t i = 0; i < n; i++) {
        const float t = (x[i] + (0.0f - q->zero)) / q->scale;
        clipped += t < -0.5f || t > q->top + 0.5f;
        y[i] = affine_value(q, affine_code(q, x[i], noise ? affine_noise(*noise, first + i) : 0.0f));
    }
    return clipped;
}
