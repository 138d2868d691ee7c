/* sim/kernels/kernels.h - the one seam between the training machine and the instruction sets.
 *
 * `ref` in plain C defines every operation; the others equal it bit for bit (tests/sim/test_kernels.c). A
 * kernel works on one image (or a few, or rows of one, or one run of elements), on one thread, never
 * allocates and cannot fail; the layers spread images over threads. Layouts: images [h][w][c], weights
 * [k][kernel][kernel][c/groups], all dense, C order.
 *
 * Exactness. Integer sums are exact, in any order: a path is taken only where conv_path proves it from the
 * largest operands and the reduction length. A float sum is per output one sequence of fma over the reduction
 * in a written order, from +0 (3x3 backward-data of stride 1: per point of a tile); vectors run across
 * outputs. Sums of statistics are per channel a sequence of double additions over the pixels of one image. No
 * other order is allowed, on any machine. In integer sums a tap in the padding is left out; in float sums it
 * takes part as an operand +0, so that one rule covers -0 and infinite weights as well.
 *
 * To add an instruction set: a folder with its own flags in the Makefile and a line in .ci/rooms, a row in
 * kernels.c. Every ROWS_TEST (tests/fixtures/kernel_rows.h) then compares it with `ref`.
 */
#ifndef SIM_KERNELS_KERNELS_H
#define SIM_KERNELS_KERNELS_H

#include "quant/affine.h"
#include "quant/status.h"

enum { KERNEL_MAX = 16 }; /* largest kernel of a convolution */

/** Shape of one convolution, per image. Square kernel; oh = (h + 2 pad - kernel) / stride + 1, and so ow. */
struct conv_shape {
    int h, w, c; /* input */
    int oh, ow;  /* output */
    int k;       /* filters = output channels */
    int kernel, stride, pad, groups;
};

/** The shape with oh and ow filled in. */
struct conv_shape conv_shape_make(int h, int w, int c, int k, int kernel, int stride, int pad, int groups);

/** Width of the integer arithmetic of a product sum, chosen by proof (performance.md section 3). */
enum conv_path {
    CONV_PATH_I8,     /* u8 x s8 pairs in 16 bits, flushed to 32 bits before they can overflow */
    CONV_PATH_I16,    /* s16 x s16 pairs into 32 bits */
    CONV_PATH_I16_64, /* s16 x s16 pairs into 32 bits, flushed to 64 bits before they can overflow */
    CONV_PATH_I64     /* 16-bit unsigned codes: as two I16_64 sums, of the upper 15 bits and of the lowest */
};

/** The narrowest exact path for codes of `a_bits` against centered codes of `w_bits`, `length` terms. */
enum conv_path conv_path(int a_bits, int w_bits, int64_t length);

/** How many images, at most 8, share a call of conv_int_weights without a wider path than one image takes. */
int conv_weights_images(int x_bits, int e_bits, const struct conv_shape *s);

/** Unsigned integer codes of one image: 1 byte each up to 8 bits, 2 bytes up to 16. */
struct codes {
    const void *data;
    int bits;
};

/** Bytes of one code of `bits` bits: 1 or 2. */
static inline size_t code_bytes(int bits)
{
    return bits <= 8 ? 1 : 2;
}

/** Rows [first, first + count) of an image: what one call computes, so that threads can share an image.
 * Arrays are the whole image's all the same. */
struct conv_rows {
    int first, count;
};

static inline struct conv_rows conv_rows_all(int rows)
{
    return (struct conv_rows){0, rows};
}

/** What a forward product notes about one image's outputs, per filter, for the batch norm behind it: double
 * [CONV_NOTES][k]. Pixels in order; sums from 0, of y and of y*y (exact in double); smallest and largest
 * y, by y < least, so that a NaN is passed over: the sums hold it. */
enum conv_note { CONV_NOTE_SUM, CONV_NOTE_SQUARE, CONV_NOTE_LEAST, CONV_NOTE_MOST, CONV_NOTES };

struct conv_notes {
    double *at; /* NULL: nothing is noted */
    bool ends;  /* smallest and largest, too; else those are left as of no output */
};

/** Notes of no output at all. */
static inline void conv_notes_clear(double *at, int k)
{
    for (int o = 0; o < k; o++) {
        at[CONV_NOTE_SUM * k + o] = at[CONV_NOTE_SQUARE * k + o] = 0.0;
        at[CONV_NOTE_LEAST * k + o] = (double)__builtin_inff();
        at[CONV_NOTE_MOST * k + o] = -(double)__builtin_inff();
    }
}

/** One more output of filter o. */
static inline void conv_notes_add(struct conv_notes notes, int k, int o, float y)
{
    const double v = (double)y;
    double *const least = notes.at + CONV_NOTE_LEAST * k + o, *const most = notes.at + CONV_NOTE_MOST * k + o;

    notes.at[CONV_NOTE_SUM * k + o] += v;
    notes.at[CONV_NOTE_SQUARE * k + o] += v * v;
    if (!notes.ends) return;
    *least = v < *least ? v : *least;
    *most = v > *most ? v : *most;
}

/** The index-th of count parts of some work, 0 <= index < count. */
struct conv_part {
    int index, count;
};

#define CONV_WHOLE ((struct conv_part){0, 1})

/** Of n rows, the part's are [conv_part_begin(p, n), conv_part_end(p, n)). */
static inline int conv_part_begin(struct conv_part p, int n)
{
    return (int)((int64_t)n * p.index / p.count);
}

static inline int conv_part_end(struct conv_part p, int n)
{
    return (int)((int64_t)n * (p.index + 1) / p.count);
}

/** What the epilogue does with the exact integer sums S and X of an output (see conv_int_forward). */
struct conv_epilogue {
    const double *alpha, *beta; /* [k] */
    const double *gamma;        /* [k] at gamma_stride 0, or [oh*ow][k] at gamma_stride k */
    int gamma_stride;
};

/** The forward product of one image. */
struct conv_forward_call {
    float *y;                /* [oh][ow][k] */
    struct conv_notes notes; /* of this image; if there are any, all rows must be computed */
    struct codes codes;      /* [h][w][c]: the input of conv_int_forward */
    const float *x;          /* [h][w][c]: the input of conv_float_forward */
    const void *packed;      /* weights, by conv_int_pack or conv_float_pack */
    const struct conv_shape *shape;
    struct conv_rows rows; /* of y */
    void *scratch;         /* conv_scratch_bytes */

    /* conv_int_forward alone */
    enum conv_path path; /* conv_path(codes.bits, w_bits, terms of a sum) */
    int w_bits;
    const struct conv_epilogue *epilogue;
};

/** Backward-data of one image. */
struct conv_data_call {
    float *dx;          /* [h][w][c] */
    bool add;           /* dx += instead of dx = */
    const float *dy;    /* [oh][ow][k] */
    const void *packed; /* weights, by conv_float_pack_data */
    const struct conv_shape *shape;
    struct conv_rows rows; /* of dx; first is even, and so is count, or they end with the image */
    void *scratch;
};

/** Backward-weights of some images: together, small images save most of their sums' way through memory. */
struct conv_int_weights_call {
    int64_t *acc;   /* [kernel][kernel][c/groups][k] */
    struct codes x; /* [images][h][w][c] */
    struct codes e; /* [images][oh][ow][k] */
    int images;     /* see conv_weights_images */
    const struct conv_shape *shape;
    struct conv_rows rows; /* of each image's output, whose pixels alone are summed */
    enum conv_path path;   /* conv_path(x.bits, e.bits, images * oh * ow) */
    void *scratch;
};

/** The same of one image in float32. */
struct conv_float_weights_call {
    double *acc;     /* [kernel][kernel][c/groups][k] */
    const float *x;  /* [h][w][c] */
    const float *dy; /* [oh][ow][k] */
    const struct conv_shape *shape;
    void *scratch;
};

/** Batch norm of one image, forward. Arrays are [pixels][c], or bits of such ones: element i is bit i%8 of byte
 * i/8, and whole bytes are written. */
struct norm_forward_call {
    float *a;
    uint8_t *positive;          /* bits */
    const float *y, *residual;  /* residual: NULL, or added */
    const float *scale, *shift; /* [c] */
    size_t pixels;
    int c;
    bool relu;
};

/** The same to codes of the activations. */
struct norm_encode_call {
    void *codes;
    uint8_t *positive; /* bits */
    const float *y;
    const float *scale, *shift; /* [c] */
    size_t pixels;
    int c;
    bool relu;
    float ceiling; /* 6 for ReLU6, INFINITY for none */
    const struct affine *q;
};

/** What its sums and its backward pass read: d = dy where positive, else 0. */
struct norm_errors {
    const float *dy;
    const uint8_t *positive; /* bits; NULL: everywhere */
    const float *y;
    const float *mean; /* [c] */
    size_t pixels;
    int c;
};

struct norm_backward_call {
    float *dx;        /* may be e.dy */
    float *dresidual; /* NULL, or receives d */
    bool add;         /* dresidual += instead of dresidual = */
    struct norm_errors e;
    const float *ka, *kb, *kc; /* [c] */
};

struct tile_isa;

/** A row of the table. Products are given the row that they were taken from, for its isa. */
struct kernels {
    const char *name;
    const char *needs;          /* what the CPU must have, in words */
    bool (*available)(void);    /* does it? */
    const struct tile_isa *isa; /* the parts that the frames of tile/ are filled with; ref: NULL */

    /* --- elementwise ----------------------------------------------------------------------------- */

    /** affine_range_of: order-free; NaN if any element is NaN. A zero bound is +0, here and below. */
    struct range (*range)(const float *x, size_t n);

    /**
     * codes[i] = affine_code(q, x[i], noise ? affine_noise(*noise, first + i) : 0), q->bits <= 16.
     * Returns the clipped count of affine_quantize.
     */
    size_t (*encode)(void *codes, const float *x, size_t n, const struct affine *q,
                     const struct random_name *noise, uint64_t first);

    /** x[i] = affine_value(q, codes[i]). */
    void (*decode)(float *x, struct codes codes, size_t n, const struct affine *q);

    /* --- integer convolution --------------------------------------------------------------------- */

    /**
     * Bytes of packed weights for any path or float, and of scratch per thread for any call, for this shape:
     * a multiple of 64. Both must be aligned to 64.
     */
    size_t (*conv_packed_bytes)(const struct conv_shape *s);
    size_t (*conv_scratch_bytes)(const struct conv_shape *s);

    /**
     * Pack centered weight codes w[k][kernel][kernel][c/groups] (code - 2^(bits-1)) for conv_int_forward. Several
     * threads may pack, a part each.
     */
    void (*conv_int_pack)(void *packed, const int16_t *w, const struct conv_shape *s, enum conv_path path,
                          struct conv_part part);

    /**
     * y[p][o] = (float)fma(alpha[o], (double)S, fma(beta[o], (double)X, gamma[p * gamma_stride + o]))
     *   S = sum of code * centered weight code, X = sum of code, both over the in-bounds taps of its group.
     */
    void (*conv_int_forward)(const struct kernels *k, const struct conv_forward_call *call);

    /** acc[ky][kx][c/groups][k] += sum over in-bounds pixels of x code * (e code - 2^(e.bits-1)), exactly. */
    void (*conv_int_weights)(const struct kernels *k, const struct conv_int_weights_call *call);

    /* --- float convolution ----------------------------------------------------------------------- */

    /** Pack w[k][kernel][kernel][c/groups] for conv_float_forward; for conv_float_data. */
    void (*conv_float_pack)(void *packed, const float *w, const struct conv_shape *s, struct conv_part part);
    void (*conv_float_pack_data)(void *packed, const float *w, const struct conv_shape *s,
                                 struct conv_part part);

    /** y[p][o] = fma over ky, kx, c ascending, all taps, from +0. */
    void (*conv_float_forward)(const struct kernels *k, const struct conv_forward_call *call);

    /**
     * dx[iy][ix][c] (+)= the product of dy with the weights, transposed: fma(dy, w, acc) over the output
     * pixels oy ascending, ox ascending, then the group's filters ascending, from +0; one addition to dx if
     * `add`. All taps that lie on the output grid, continued by +0 beyond its borders.
     * Filters of 3x3 with stride 1, pad <= 2 and one group instead by minimal filtering, F(2x2, 3x3): per
     * point of a transformed tile fma over the filters ascending, from +0, between transforms in the order
     * of ref/winograd.c. 16 products instead of 36; the rounding error is of the same order.
     */
    void (*conv_float_data)(const struct kernels *k, const struct conv_data_call *call);

    /** acc[ky][kx][c/groups][k] += (double)(float fma(dy, x, .) over the pixels, oy, ox ascending, from
     * +0) */
    void (*conv_float_weights)(const struct kernels *k, const struct conv_float_weights_call *call);

    /* --- batch norm, ReLU, residual -------------------------------------------------------------- */

    /**
     * z = fma(y, scale[c], shift[c]), then + residual; a = relu && z <= 0 ? 0 : z (a NaN stays NaN, so that a run
     * that diverges shows it); positive = z > 0. Returns the range of a.
     */
    struct range (*norm_forward)(const struct norm_forward_call *call);

    /**
     * codes[i] = affine_code(q, a[i], 0) of a = z >= ceiling ? ceiling : relu && z <= 0 ? 0 : z (a NaN stays
     * NaN), where z = fma(y, scale[c], shift[c]): norm_forward without residual, and encode, in one. positive =
     * z > 0 && z < ceiling, or z > 0 where there is no ceiling. q->bits <= 16. Returns encode's count.
     */
    size_t (*norm_encode)(const struct norm_encode_call *call);

    /** sums[0][c] = sum of d, sums[1][c] = sum of (double)d * (double)(y - mean[c]), pixels in order, from 0. */
    void (*norm_sums)(double *sums, const struct norm_errors *e);

    /** dx = fma(ka[c], d, fma(kb[c], y - mean[c], kc[c])). Returns the range of dx. */
    struct range (*norm_backward)(const struct norm_backward_call *call);
};

/** Kernels by name; NULL or "auto": the fastest that this CPU has. Fails with the known names. */
STATUS_MUST_CHECK enum status kernels_find(const struct kernels **out, const char *name);

/** Every row of the table, slowest first; *count is set. For `cptsim list kernels` and the tests. */
const struct kernels *const *kernels_all(int *count);

#endif
