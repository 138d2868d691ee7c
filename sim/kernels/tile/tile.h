/* sim/kernels/tile/tile.h - convolution by register tiles: what the SIMD rows share, and what each one
 * supplies.
 *
 * One idea serves every product. An image is copied once into scratch with its zero border, so that the
 * window of an output is `kernel` row segments of kernel * c contiguous elements: no im2col, any stride,
 * kernel and padding. A tile is a few outputs (one pointer each) by 16 filters; its sums stay in registers
 * while one element of each output is broadcast against a vector of weights.
 *
 *   forward    outputs = pixels, segments from x
 *   data       the same on dy, once per phase of the stride (tile/data.c); 3x3 filters of stride 1 go
 *              by minimal filtering (tile/winograd.c)
 *   weights    outputs = taps (kx, c), the sum runs over pixels (tile/weights.c)
 *
 * The .c files of this folder are plain C: borders (tile/pad.c), packing, loops over groups and filter blocks.
 * An instruction set supplies struct tile_isa. Elements that one multiply-add takes together are `pack`: 4
 * bytes, 2 words, 1 float.
 */
#ifndef SIM_KERNELS_TILE_TILE_H
#define SIM_KERNELS_TILE_TILE_H

#include "sim/kernels/kernels_table.h"

enum { TILE_LANES = 16 }; /* filters of one tile, in every instruction set: packed weights look the same */

/** All outputs of one block of up to 16 filters. Distances count elements. */
struct tile_job {
    const void *source;     /* window of the first output: uint8_t, int16_t or float */
    ptrdiff_t across, down; /* from one output's window to the next in its row, in the next row */
    int width, pixels;      /* outputs in a row, in all */
    ptrdiff_t pitch;        /* between the segments of a window */
    int rows, segment;      /* segments of a window, elements of one: a multiple of pack; depthwise: taps */
    ptrdiff_t tap;          /* depthwise: between the taps of a segment */
    ptrdiff_t low;          /* I64: codes are 2 * source[i] + source[low + i]; else 0 */
    const void *weights;    /* [rows][segment / pack][16][pack] */
                            /* depthwise: [rows][segment][16] of int32_t or float */
    int flush;              /* multiply-adds that an accumulator holds */

    float *y;
    ptrdiff_t y_across, y_down;
    int lanes;               /* filters that exist, 1..16 */
    bool add;                /* float: y += instead of y = */
    struct conv_notes notes; /* [CONV_NOTES][notes_pitch] of these filters */
    ptrdiff_t notes_pitch;

    const double *window; /* integers: X of every output, then as conv_epilogue */
    const double *alpha, *beta, *gamma;
    int gamma_stride;
};

/** Sums over the pixels of some output rows (of one or more images) for one group's taps. Distances count
 * elements. */
struct weights_job {
    const void *x; /* first tap's window, at the first step of the first row: uint8_t, int16_t or float */
    const ptrdiff_t *column; /* [columns]: where tap (kx, c) lies from there */
    int kernel, columns;     /* ky and (kx, c) taps */
    ptrdiff_t pitch, down;   /* between ky, between output rows */
    int rows, steps;         /* output rows of this job, multiply-adds in a row */
    ptrdiff_t x_step, e_step;
    const void *e; /* errors of the group's first filter: int8_t, int16_t or float; rows follow without gap */
    int filters;   /* of the group */
    int flush;     /* multiply-adds that an accumulator holds */
    int shift;     /* I16_64 only: sums count 2^shift fold */

    bool first, last; /* job of this call (float: image): partial sums start at 0, go to acc */
    void *partial;    /* [kernel][columns][k] from the group's first filter: int32_t or float */
    void *acc;        /* the same: int64_t or double */
    int k;
};

/**
 * Weave `steps` steps of pack pixels, `pitch` elements apart from in on, c channels each: out[step][c][pack]
 * of code - center. In whole sixteens of channels: up to 15 too many are read and written.
 */
typedef void tile_weave(void *out, const void *in, int steps, ptrdiff_t pitch, int c, int center);

struct winograd_job;

/** What an instruction set supplies. */
struct tile_isa {
    void (*forward_i8)(const struct tile_job *job);  /* u8 x s8, 16-bit sums of `flush` pairs, 32-bit sums */
    void (*forward_i16)(const struct tile_job *job); /* s16 x s16, 32-bit sums */
    void (*forward_i16_64)(const struct tile_job *job); /* the same, `flush` pairs, then 64-bit sums */
    void (*forward_f32)(const struct tile_job *job);
    void (*weights_i8)(const struct weights_job *job);
    void (*weights_i16)(const struct weights_job *job);
    void (*weights_i16_64)(const struct weights_job *job); /* straight to acc: first and last are ignored */
    void (*weights_f32)(const struct weights_job *job);
    /* one filter a channel: 16 channels a job, X summed on the way; all channels a job */
    void (*depthwise_u8)(const struct tile_job *job);
    void (*depthwise_s16)(const struct tile_job *job);
    void (*depthwise_f32)(const struct tile_job *job);
    void (*depthwise_weights_i16)(const struct weights_job *job);
    void (*depthwise_weights_f32)(const struct weights_job *job);
    void (*winograd)(const struct winograd_job *job);             /* tile/winograd.h */
    tile_weave *weave_bytes, *weave_bytes_to_words, *weave_words; /* pack 4, 2, 2 */
    /**
     * window[p] = sum of the codes under output p's window, for one group's bordered image of uint8_t or
     * int16_t. All sums fit 32 bits. room: an element for each pixel, and for two rows. 15 elements behind
     * both may be overwritten.
     */
    void (*window_sums)(double *window, int32_t *room, const void *codes, bool bytes,
                        const struct conv_shape *s);
};

/* The functions of struct kernels, for any instruction set. */
size_t tile_packed_bytes(const struct conv_shape *s);
size_t tile_scratch_bytes(const struct conv_shape *s);
void tile_int_pack(void *packed, const int16_t *w, const struct conv_shape *s, enum conv_path path,
                   struct conv_part part);
void tile_float_pack(void *packed, const float *w, const struct conv_shape *s, struct conv_part part);
void tile_float_pack_data(void *packed, const float *w, const struct conv_shape *s, struct conv_part part);
void tile_int_forward(const struct kernels *k, const struct conv_forward_call *call);
void tile_int_weights(const struct kernels *k, const struct conv_int_weights_call *call);
void tile_float_forward(const struct kernels *k, const struct conv_forward_call *call);
void tile_float_data(const struct kernels *k, const struct conv_data_call *call);
void tile_float_weights(const struct kernels *k, const struct conv_float_weights_call *call);

/* --- shared by the files of this folder --------------------------------------------------------------- */

/** Depthwise: one filter a channel. */
static inline bool tile_is_depthwise(const struct conv_shape *s)
{
    return s->groups > 1 && s->groups == s->c && s->groups == s->k;
}

/** Does tile/depthwise.c take these codes? It has 32-bit sums alone. */
static inline bool tile_depthwise_takes(const struct conv_shape *s, enum conv_path path)
{
    return tile_is_depthwise(s) && (path == CONV_PATH_I8 || path == CONV_PATH_I16);
}

void tile_depthwise_int_pack(void *packed, const int16_t *w, const struct conv_shape *s,
                             struct conv_part part);
void tile_depthwise_float_pack(void *packed, const float *w, const struct conv_shape *s,
                               struct conv_part part);
void tile_depthwise_int_forward(const struct tile_isa *isa, const struct conv_forward_call *call);
void tile_depthwise_float_forward(const struct tile_isa *isa, const struct conv_forward_call *call);

/** Bytes of packed weights and of scratch, for each direction. */
size_t tile_forward_packed_bytes(const struct conv_shape *s);
size_t tile_data_packed_bytes(const struct conv_shape *s);
size_t tile_forward_scratch_bytes(const struct conv_shape *s);
size_t tile_depthwise_scratch_bytes(const struct conv_shape *s);
size_t tile_data_scratch_bytes(const struct conv_shape *s);
size_t tile_weights_scratch_bytes(const struct conv_shape *s);

static inline size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static inline int blocks_of(int filters)
{
    return (filters + TILE_LANES - 1) / TILE_LANES;
}

#endif
