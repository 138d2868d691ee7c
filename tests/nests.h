/* tests/nests.h - layers of odd shapes, for the laws that every count of every back end keeps. */
#ifndef TESTS_NESTS_H
#define TESTS_NESTS_H

#include "energy/workload.h"

/* Pointwise, strided, linear, depthwise, deep, tiny, float32; the weight gradient of a layer. */
static const struct nest shapes[] = {
    {1, 3, 32, 112, 112, 3, 3, 2, 1, 8, 8, true, false, false},
    {4, 64, 64, 14, 13, 1, 1, 1, 1, 4, 5, false, false, false},
    {128, 512, 10, 1, 1, 1, 1, 1, 1, 8, 3, false, false, false},
    {7, 1, 1, 9, 9, 3, 3, 1, 96, 8, 8, false, false, false},
    {2, 256, 384, 13, 13, 3, 3, 1, 1, 16, 16, false, false, false},
    {3, 5, 7, 1, 1, 1, 1, 2, 1, 1, 1, false, false, false},
    {16, 40, 24, 5, 7, 5, 3, 3, 2, 32, 32, false, true, false},
    {64, 8192, 576, 1, 1, 1, 1, 1, 1, 8, 8, false, false, false},
};

enum { SHAPES = sizeof shapes / sizeof shapes[0] };

#endif
