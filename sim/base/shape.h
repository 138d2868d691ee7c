/* sim/base/shape.h - the shape of one example: [h][w][c], channels innermost. */
#ifndef SIM_BASE_SHAPE_H
#define SIM_BASE_SHAPE_H

#include <stddef.h>

struct shape {
    int h, w, c;
};

static inline size_t shape_size(struct shape s)
{
    return (size_t)s.h * (size_t)s.w * (size_t)s.c;
}

#endif
