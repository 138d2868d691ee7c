/* quant/quantizer.h - the one interface: a format made ready for arrays. Start here.
 *
 *     struct format f;
 *     struct quantizer p;
 *     struct tally t = {0};
 *     if (format_parse(&f, "fp:e4m3fn:sr8:sat") != STATUS_OK) ...;
 *     if (quantizer_make(&p, &f, CARRIER_FLOAT32) != STATUS_OK) ...;
 *     quantizer_apply_f32(&p, y, x, n, (struct draw){.name = {.seed = 1, .stream = 2, .step = 3}}, &t);
 *
 * A quantizer is a plain struct: copy it, keep it on the stack, make a new one whenever the bits change (well
 * under a microsecond, no allocation). It is only read by the calls below, so threads may share it.
 *
 * The same bits everywhere: results depend on the format, the values and the draw alone, not on threads,
 * splits, instruction set, rounding mode, or flushing of subnormals. To split an array, give each part the
 * index of its first element in draw.first; formats with blocks are split at multiples of their block, and
 * formats that look at the whole array (affine, nvfp4, blocks of "all") need quantizer_measure_* over all of
 * it first.
 */
#ifndef QUANT_QUANTIZER_H
#define QUANT_QUANTIZER_H

#include "quant/affine.h"
#include "quant/block.h"
#include "quant/format.h"
#include "quant/random.h"
#include "quant/tally.h"

#include <stddef.h>

/** What the arrays hold. A format fits a carrier that represents each of its values. */
enum carrier { CARRIER_FLOAT32, CARRIER_FLOAT64 };

/** The name of the random bits, and the index of an array's element 0 in the whole tensor. */
struct draw {
    struct random_name name;
    uint64_t first;
};

struct quantizer;

/** A SIMD kernel: n a multiple of quantizer.step; y may be x. Arrays are of the quantizer's carrier. */
typedef void quantizer_kernel(const struct quantizer *p, void *y, const void *x, size_t n, struct draw draw);

/** Numbers that the kernels need, in binary64; exact in the carrier. */
struct quantizer_constants {
    double lowest, highest; /* values: what lies between them does not overflow */
    double up, down;        /* fixed: 2^fl and 2^-fl */
    double low, high;       /* fixed: smallest and largest code; floats: high is the largest value */
    double span;            /* fixed: 2^wl */
    double over, under;     /* floats: magnitude that overflow gives on the positive and the negative side */
    double infinite, nan;   /* floats: magnitude that infinity gives; what NaN gives */
    double power_low, power_high; /* floats: 2^emin; the power of two above the largest value */
    int mantissa_bits, exponent_min, exponent_max;
    uint32_t top_fraction; /* mx: fraction of the largest element as of float32 */
};

/** The map of a format that looks at the whole array. */
struct quantizer_whole {
    bool known;
    struct affine affine;   /* affine */
    float tensor_scale;     /* nvfp4 */
    struct block_scan scan; /* blocks of "all" */
};

struct quantizer {
    struct format format;
    enum carrier carrier;
    quantizer_kernel *kernel; /* NULL: the reference alone */
    int step; /* of the kernel: elements it takes at once; a stochastic one wants first to be a multiple */
    struct quantizer_constants constants;
    struct quantizer_whole whole;
};

/** Which kernels a quantizer may use: all that the processor has, or the reference that defines the results. */
enum quantizer_kernels { KERNELS_BEST, KERNELS_REF };

/**
 * Make f ready for arrays of `carrier`. STATUS_INPUT says why f is impossible, or which of its values the
 * carrier lacks, and names the nearest format that will do.
 */
STATUS_MUST_CHECK enum status quantizer_make(struct quantizer *out, const struct format *f,
                                             enum carrier carrier);

/** The same with a choice of kernels. */
STATUS_MUST_CHECK enum status quantizer_make_with(struct quantizer *out, const struct format *f,
                                                  enum carrier carrier, enum quantizer_kernels kernels);

/** Does f need quantizer_measure before an array may be split or encoded? */
bool quantizer_needs_measure(const struct format *f);

/** Take the range of x into the quantizer: affine, nvfp4, blocks of "all". Others ignore it. */
void quantizer_measure_f32(struct quantizer *p, const float *x, size_t n);
void quantizer_measure_f64(struct quantizer *p, const double *x, size_t n);

/**
 * Quantize: y[i] = value of code of x[i], i < n. y may be x; otherwise they do not overlap.
 *
 * tally  counts what happened, or NULL.
 * A quantizer that needs a measure and has none measures the n elements of this call.
 * NaN and infinities: the table in quant/README.md. They are counted.
 */
void quantizer_apply_f32(const struct quantizer *p, float *y, const float *x, size_t n, struct draw draw,
                         struct tally *tally);
void quantizer_apply_f64(const struct quantizer *p, double *y, const double *x, size_t n, struct draw draw,
                         struct tally *tally);

/**
 * Quantize x[rows][n] with a map for each row: a row is a channel, or a group of n elements.
 *
 * scale, zero  of format int, one for each row; NULL: those of the quantizer. Other formats ignore them.
 * affine and nvfp4 take the range of each row, blocks begin anew in each (under a stochastic rounding n is a
 * multiple of the block). STATUS_INPUT names a row whose scale is impossible; nothing is written then.
 */
STATUS_MUST_CHECK enum status quantizer_apply_rows_f32(const struct quantizer *p, float *y, const float *x,
                                                       size_t rows, size_t n, const double *scale,
                                                       const int64_t *zero, struct draw draw,
                                                       struct tally *tally);

/**
 * Encode: code[i] of x[i] as struct encoded has it; scale[k] of block k, or NULL where there are no blocks.
 * A quantizer that needs a measure must have one.
 */
void quantizer_encode_f32(const struct quantizer *p, uint64_t *code, uint32_t *scale, const float *x,
                          size_t n, struct draw draw, struct tally *tally);
void quantizer_encode_f64(const struct quantizer *p, uint64_t *code, uint32_t *scale, const double *x,
                          size_t n, struct draw draw, struct tally *tally);

/** Decode: y[i] of code[i]. Elements are the n from a multiple of the block size on. */
void quantizer_decode_f32(const struct quantizer *p, float *y, const uint64_t *code, const uint32_t *scale,
                          size_t n);
void quantizer_decode_f64(const struct quantizer *p, double *y, const uint64_t *code, const uint32_t *scale,
                          size_t n);

#endif
