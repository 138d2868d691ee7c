/* quant/affine.h - the affine quantizer of Cyclic Precision Training: unsigned codes over a measured range.
 *
 * Source: Fu et al., ICLR 2021, published code (after Banner et al., NeurIPS 2018). For b bits, L = 2^b - 1:
 *
 *     s = max(range / L, 1e-8)         t = (x - zero) / s [+ u]
 *     code = rint(clamp(t, 0, L))      value = fl(fl(code * s) + zero)
 *
 * every operation one IEEE binary32 operation, rint to even, u uniform on (-1/2, 1/2) when stochastic.
 * `zero` is the range's minimum; it is not snapped to a code, so that real 0 is generally not representable.
 * The floor 1e-8 costs a tensor with a tiny range bits: 1e-6 at 8 bits has 100 levels, not 256.
 * Known value: {-0.7, -0.2, 0, 0.1, 0.33, 0.9} at 4 bits is {0, 5, 7, 8, 10, 15} with s = 0x1.b4e81ap-4
 * (ieee).
 */
#ifndef QUANT_AFFINE_H
#define QUANT_AFFINE_H

#include "quant/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How range / L is computed: one IEEE division, or range * fl(1/L) as the published code does on a GPU. */
enum division { DIVISION_IEEE, DIVISION_RCP };

#define AFFINE_FLOOR     1e-8f /* smallest scale, as published */
#define AFFINE_BITS_MIN  2     /* training accepts 2..32; the quantizer itself also 1 */
#define AFFINE_BITS_MAX  32
#define AFFINE_CODE_BITS 16 /* wider codes stay decoded float32: binary32 holds no more */

/** Smallest and largest value of a tensor. lo > hi means: no element seen yet; NaN: a NaN was seen. */
struct range {
    float lo, hi;
};

/** One affine map between codes and values. */
struct affine {
    float scale; /* > 0 */
    float zero;  /* value of code 0 */
    float top;   /* largest code, (float)(2^bits - 1) */
    int bits;
    bool floored; /* the scale is the floor, so fewer than `bits` bits are used */
};

/** The map for `bits` (1..32) over [zero, zero + width]; width >= 0. */
struct affine affine_make(float zero, float width, int bits, enum division division, float floor);

/** The map for a measured range: zero = lo, width = fl(hi - lo). */
struct affine affine_of_range(struct range r, int bits, enum division division, float floor);

/** Real-valued code of x before rounding, clamped to [0, top]; u is the noise (0: nearest). */
static inline float affine_code(const struct affine *q, float x, float u)
{
    const float t = (x + (0.0f - q->zero)) / q->scale + u;
    const float low = t > 0.0f ? t : 0.0f;
    return __builtin_rintf(low < q->top ? low : q->top);
}

/** Value of a code. */
static inline float affine_value(const struct affine *q, float code)
{
    return code * q->scale + q->zero; /* two roundings: compiled with -ffp-contract=off */
}

/** Noise for element i of a sequence: (2r + 1) / 2^17 - 1/2 for 16 random bits r, symmetric about 0. */
static inline float affine_noise(struct random_name name, uint64_t i)
{
    return (float)(2 * random_bits16(name, i) + 1) * 0x1p-17f - 0.5f;
}

/** Running statistic of a range: fl(fl(old m) + fl(now (1 - m))), 1 - m taken in double as published. */
static inline float affine_running(float old, float now, double momentum)
{
    return old * (float)momentum + now * (float)(1.0 - momentum);
}

/** Smallest and largest of x[n]; NaN if any element is NaN. */
struct range affine_range_of(const float *x, size_t n);

/** Union of two ranges. */
struct range affine_range_join(struct range a, struct range b);

#define AFFINE_RANGE_EMPTY ((struct range){__builtin_inff(), -__builtin_inff()})

/**
 * Quantize an array: y[i] = value(code(x[i])). y may be x.
 *
 * noise  NULL for nearest-even; else element i draws affine_noise(*noise, first + i), so that any split of an
 *        array gives the same bits.
 * Returns the number of elements that the clamp moved by more than rounding does (t outside [-1/2, top +
 * 1/2]).
 */
size_t affine_quantize(float *y, const float *x, size_t n, const struct affine *q,
                       const struct random_name *noise, uint64_t first);

#endif
