/* tests/bench/yardstick.h - oneDNN's float32 convolutions for the benches to compare with, if the build
 * has them. */
#ifndef TESTS_BENCH_YARDSTICK_H
#define TESTS_BENCH_YARDSTICK_H

#include "sim/kernels/kernels.h"

enum direction { FORWARD, DATA, WEIGHTS, DIRECTIONS };
extern const char *const direction_name[DIRECTIONS];

/** Version of the library, "2.6.3"; NULL without it. */
const char *yardstick_version(void);

/** Images in, filters, images out of one convolution over a batch, in any layout of the library's choice. */
struct yardstick_memory {
    float *part[3];
    size_t bytes[3];
};

/** Room for any layout that pads channels to 16; all directions of a convolution may share it. */
struct yardstick_memory yardstick_memory_new(int batch, const struct conv_shape *s);
void yardstick_memory_free(struct yardstick_memory *m);

/** One convolution in one direction over a batch, for as many threads as OpenMP has at the time; layouts are
 * the library's choice, and are not part of the time. NULL without the library, or if it cannot. */
struct yardstick *yardstick_new(int batch, const struct conv_shape *s, enum direction d,
                                const struct yardstick_memory *m);
void yardstick_free(struct yardstick *y);

/** Do it once. */
void yardstick_run(void *yardstick);

#endif
