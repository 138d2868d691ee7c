/* quant/tally.h - what quantization did to an array, counted in the pass that quantizes. */
#ifndef QUANT_TALLY_H
#define QUANT_TALLY_H

#include <stdint.h>

/**
 * Zero-initialize; calls add to it. error = quantized - original, over elements where both are finite.
 *
 * Counts do not depend on how an array is split. The sums are binary64 in index order within a call, so that
 * equal splits give equal bits.
 */
struct tally {
    uint64_t count;                                   /* elements */
    uint64_t overflow;                                /* outside the format after rounding */
    uint64_t underflow;                               /* not zero, became zero by rounding */
    uint64_t inexact;                                 /* value changed */
    uint64_t nan;                                     /* NaN in the input */
    double sum_error, sum_squared_error, sum_squares; /* of error, error^2, original^2 */
    double max_error;                                 /* largest |error| */
};

/** Add one element: its value before and after, and what encoding it said (enum outcome of
 * quant/element.h). */
void tally_element(struct tally *t, double before, double after, unsigned outcome);

/** Add b to a. */
void tally_add(struct tally *a, const struct tally *b);

/** Mean error: the bias of the quantizer. 0 for an empty tally. */
double tally_mean_error(const struct tally *t);

/** Signal to quantization noise ratio in dB: 10 log10(sum of squares / sum of squared errors); +inf if
 * exact. */
double tally_sqnr_db(const struct tally *t);

#endif
