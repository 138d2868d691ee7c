/* sim/kernels/kernels_table.h - for the files behind kernels.h: the rows of the table, and bounds that
 * they share. */
#ifndef SIM_KERNELS_KERNELS_TABLE_H
#define SIM_KERNELS_KERNELS_TABLE_H

#include "sim/kernels/kernels.h"

extern const struct kernels kernels_ref, kernels_avx2, kernels_avx512;

/** Largest magnitude of code * centered code: (2^a_bits - 1) * 2^(w_bits - 1). */
static inline int64_t conv_product_max(int a_bits, int w_bits)
{
    return (((int64_t)1 << a_bits) - 1) << (w_bits - 1);
}

/** How many sums of two products can be added up in 16 bits; 0: not even one. */
static inline int conv_pairs_i16(int a_bits, int w_bits)
{
    return (int)(INT16_MAX / (2 * conv_product_max(a_bits, w_bits)));
}

/** The same in 32 bits. */
static inline int conv_pairs_i32(int a_bits, int w_bits)
{
    return (int)(INT32_MAX / (2 * conv_product_max(a_bits, w_bits)));
}

/** Does backward-data take the minimal filtering of ref/winograd.c? */
static inline bool conv_data_is_winograd(const struct conv_shape *s)
{
    return s->kernel == 3 && s->stride == 1 && s->pad <= 2 && s->groups == 1;
}

/** G g G' of one 3x3 filter, rotated by half a turn: its taps lie `step` floats apart. */
void winograd_filter(float u[16], const float *w, ptrdiff_t step);

/** Element i of an array of codes. */
static inline int32_t code_at(struct codes x, size_t i)
{
    return x.bits <= 8 ? ((const uint8_t *)x.data)[i] : ((const uint16_t *)x.data)[i];
}

/** Terms of one forward sum. */
static inline int conv_length(const struct conv_shape *s)
{
    return s->kernel * s->kernel * (s->c / s->groups);
}

/** A range as the kernels report it: a zero bound is +0, so that the order of -0 and +0 does not show. */
static inline struct range range_normal(struct range r)
{
    return (struct range){r.lo + 0.0f, r.hi + 0.0f};
}

#endif
