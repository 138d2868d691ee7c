/* sim/kernels/tile/pad.h - an image copied into scratch with its border of zeros, as the tiles read it. */
#ifndef SIM_KERNELS_TILE_PAD_H
#define SIM_KERNELS_TILE_PAD_H

#include "sim/kernels/kernels.h"

enum {
    TILE_SPARE = 128, /* bytes behind an image that may be read, and behind a woven one written: the rest of
                         its last vector */
    TILE_ALIGNED = 16 /* channels of which no vector goes beyond the last pixel */
};

/** Copy of elements on their way into the arithmetic. */
enum element { ELEMENT_U8, ELEMENT_U8_S16, ELEMENT_U16_S16, ELEMENT_U16_SPLIT, ELEMENT_F32 };

/** The element that codes of `bits` become on `path`. */
enum element tile_element(int bits, enum conv_path path);

/** Bytes of an element in the bordered copy; of a split one, in each of its planes. */
size_t tile_element_bytes(enum element e);

/** What is copied: channels [first, first + count) of an image [h][w][c], and the width of each border. */
struct pad {
    const void *image;
    enum element element;
    int h, w, c;
    int first, count;
    int top, bottom, left, right;
};

/** Channels [first, first + count) of the input x of s, in its borders. */
static inline struct pad pad_input(const void *x, enum element element, const struct conv_shape *s, int first,
                                   int count)
{
    return (struct pad){x, element, s->h, s->w, s->c, first, count, s->pad, s->pad, s->pad, s->pad};
}

/** A bordered image. */
struct padded {
    const void *data;
    ptrdiff_t pitch; /* elements between rows */
    ptrdiff_t low;   /* elements to the plane of lowest bits, or 0 */
};

/** The bordered copy; TILE_SPARE bytes behind it may be read. */
struct padded tile_pad(void *scratch, const struct pad *p);

/** Bytes that tile_pad needs at most for an image of these sizes, borders included. */
size_t tile_padded_bytes(int h, int w, int c);

#endif
