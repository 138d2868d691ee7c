/* quant/element.h - one element through one format: encode and decode, exactly. The definition of each
 * family.
 *
 * encode takes an exact number and the element's random bits and gives the code with what happened to it;
 * decode gives the exact value of a code. Block formats are elements on a grid that the block's scale moves:
 * see quant/block.h.
 */
#ifndef QUANT_ELEMENT_H
#define QUANT_ELEMENT_H

#include "quant/format.h"
#include "quant/number.h"

/** What happened to an element, a set of bits. */
enum outcome {
    OUTCOME_INEXACT = 1,   /* the value changed */
    OUTCOME_OVERFLOW = 2,  /* it was outside the format after rounding */
    OUTCOME_UNDERFLOW = 4, /* it was not zero and became zero, other than by overflow */
    OUTCOME_NAN = 8        /* the input was NaN */
};

/**
 * A code and its outcome. Fixed point: two's complement in 64 bits, sign-extended if signed; sign-magnitude:
 * sign bit above the magnitude. Others: the bit pattern, zero-extended.
 */
struct encoded {
    uint64_t code;
    unsigned outcome;
};

/** The code of x under f; `random` holds f->random_bits bits (0 for deterministic roundings). */
struct encoded element_fixed_encode(const struct format *f, struct number x, uint32_t random);
struct encoded element_float_encode(const struct format *f, struct number x, uint32_t random);

struct encoded element_pot_encode(const struct format *f, struct number x, uint32_t random);
struct encoded element_table_encode(const struct format *f, struct number x, uint32_t random);
struct encoded element_posit_encode(const struct format *f, struct number x, uint32_t random);

/** The value of a code of f. */
struct number element_fixed_decode(const struct format *f, uint64_t code);
struct number element_float_decode(const struct float_format *f, uint64_t code);
struct number element_pot_decode(const struct pot_format *f, uint64_t code);
struct number element_table_decode(const struct table_format *f, uint64_t code);
struct number element_posit_decode(const struct posit_format *f, uint64_t code);

/** Elementwise families (fixed, floating, pot, table, posit) by their row; no others. */
struct encoded element_encode(const struct format *f, struct number x, uint32_t random);
struct number element_decode(const struct format *f, uint64_t code);
bool element_is_family(enum family family);

/** Largest and smallest code of a fixed-point format as integers. */
int64_t element_fixed_low(const struct fixed_format *f);
/** The smallest code that comes out of f: its overflow counts. */
int64_t element_fixed_least(const struct format *f);
uint64_t element_fixed_high(const struct fixed_format *f);

/** Largest finite magnitude code of a float format, without its sign bit; its NaN; exponent of 2^emin. */
uint64_t element_float_code_max(const struct float_format *f);
uint64_t element_float_code_nan(const struct float_format *f);
int element_float_exponent_min(const struct float_format *f);

/** Has f a NaN, an infinity? */
bool element_float_has_nan(const struct float_format *f);
bool element_float_has_infinity(const struct float_format *f);

/**
 * The list of a table format, ascending; *count is set.
 * To add a table: its row in TABLE_LIST (format_list.h), its values in codebook.c, its bits in
 * format_other.c.
 */
const double *element_table_values(const struct table_format *f, int *count);

/** Index of the value nearest to x among `count` ascending ones, ties as told; x is not NaN. */
int element_codebook_nearest(const double *values, int count, enum table_ties ties, struct number x);

#endif
