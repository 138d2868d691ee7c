/* quant/kernels/quantizer_ref.h - every format over arrays, one element after the other: the definition
 * of the kernels. */
#ifndef QUANT_KERNELS_QUANTIZER_REF_H
#define QUANT_KERNELS_QUANTIZER_REF_H

#include "quant/quantizer.h"

/** An array of either carrier. */
struct array {
    void *data;
    enum carrier carrier;
};

/**
 * Quantize elements [0, n) of x. Any of the outputs may be NULL: y->data values, code codes, scale scales of
 * blocks, tally counts. The quantizer's `whole` is known if the format needs it.
 */
void quantizer_ref(const struct quantizer *p, struct array y, uint64_t *code, uint32_t *scale, struct array x,
                   size_t n, struct draw draw, struct tally *tally);

/** Decode. */
void quantizer_ref_decode(const struct quantizer *p, struct array y, const uint64_t *code,
                          const uint32_t *scale, size_t n);

/** Fill p->whole from n elements of x. */
void quantizer_ref_measure(struct quantizer *p, struct array x, size_t n);

/** What the carrier holds at [i]. */
struct number array_load(struct array a, size_t i);

#endif
