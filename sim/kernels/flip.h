/* sim/kernels/flip.h - backward-data of stride 1 as a forward product on flipped, transposed filters.
 *
 *   dX[i][c] = sum over o, taps of E[i - tap + pad][o] W[o][tap][c]   =   conv(E, W'),
 *   W'[c][tap][o] = W[o][last - tap][c],   padded by kernel - 1 - pad
 *
 * With one weight scale per tensor the codes of W' lie on one integer grid, so that the integer kernels of
 * the forward product do it exactly. It does not cover: weights with a scale per output channel (the
 * published CPT quantizer: its dX sums over channels of different scales, in float32), strides above 1.
 */
#ifndef SIM_KERNELS_FLIP_H
#define SIM_KERNELS_FLIP_H

#include "sim/kernels/kernels.h"

/** Can backward-data of s be done so? */
static inline bool flip_covers(const struct conv_shape *s)
{
    return s->stride == 1 && s->pad < s->kernel;
}

/** The forward product on errors [oh][ow][k] that gives dX [h][w][c] of s. */
static inline struct conv_shape flip_shape(const struct conv_shape *s)
{
    return conv_shape_make(s->oh, s->ow, s->k, s->c, s->kernel, 1, s->kernel - 1 - s->pad, s->groups);
}

/** flipped[c][kernel][kernel][k/groups] from w[k][kernel][kernel][c/groups]. */
static inline void flip_weights(int16_t *flipped, const int16_t *w, const struct conv_shape *s,
                                struct conv_part part)
{
    const int taps = s->kernel * s->kernel, cg = s->c / s->groups, kg = s->k / s->groups;

    for (int c = conv_part_begin(part, s->c); c < conv_part_end(part, s->c); c++)
        for (int tap = 0; tap < taps; tap++)
            for (int o = 0; o < kg; o++) {
                const int filter = c / cg * kg + o;
                flipped[((size_t)c * taps + tap) * kg + o] =
                    w[((size_t)filter * taps + (taps - 1 - tap)) * cg + c % cg];
            }
}

#endif
