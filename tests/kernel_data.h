/* tests/kernel_data.h - made operands, and comparison bit by bit, for the tests of the kernel table. */
#ifndef TESTS_KERNEL_DATA_H
#define TESTS_KERNEL_DATA_H

#include "sim/kernels.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum fill { FILL_RANDOM, FILL_LEAST, FILL_MOST, FILL_COUNT };

static inline uint32_t word_at(uint32_t stream, size_t i)
{
    return random_bits32((struct random_name){.seed = 7, .stream = stream}, i);
}

static inline float real_at(uint32_t stream, size_t i)
{
    const uint32_t r = word_at(stream, i);
    if (r % 13 == 0) return r % 2 ? 0.0f : -0.0f;
    return (float)((int32_t)r >> 8) * 0x1p-20f;
}

/* Guarded memory: exactly the bytes asked for, so that a sanitizer sees a step beyond, aligned as the arena
 * does. */
static inline void *claim(size_t bytes)
{
    void *p = NULL;
    cr_assert_eq(posix_memalign(&p, 64, bytes ? bytes : 1), 0);
    memset(p, 0xA5, bytes);
    return p;
}

static inline struct codes codes_make(size_t n, int bits, enum fill fill, uint32_t stream)
{
    void *const data = claim(n * code_bytes(bits));
    const uint32_t top = (1u << bits) - 1;

    for (size_t i = 0; i < n; i++) {
        const uint32_t v = fill == FILL_LEAST ? 0 : fill == FILL_MOST ? top : word_at(stream, i) & top;
        if (bits <= 8)
            ((uint8_t *)data)[i] = (uint8_t)v;
        else
            ((uint16_t *)data)[i] = (uint16_t)v;
    }
    return (struct codes){data, bits};
}

static inline int code_of(struct codes x, size_t i)
{
    return x.bits <= 8 ? ((const uint8_t *)x.data)[i] : ((const uint16_t *)x.data)[i];
}

static inline int16_t *weights_make(size_t n, int bits, enum fill fill)
{
    int16_t *const w = claim(n * sizeof *w);
    const int half = 1 << (bits - 1);

    for (size_t i = 0; i < n; i++)
        w[i] = (int16_t)(fill == FILL_LEAST  ? -half
                         : fill == FILL_MOST ? half - 1
                                             : (int)(word_at(2, i) & (2u * half - 1)) - half);
    return w;
}

static inline float *reals_make(size_t n, uint32_t stream)
{
    float *const x = claim(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = real_at(stream, i);
    return x;
}

/* The first index where n elements of `size` bytes differ, or -1. */
static inline long first_difference(const void *a, const void *b, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp((const char *)a + i * size, (const char *)b + i * size, size) != 0) return (long)i;
    return -1;
}

#define ASSERT_SAME(a, b, n, ...)                                                                            \
    do {                                                                                                     \
        const long at_ = first_difference(a, b, n, sizeof *(a));                                             \
        cr_assert_eq(at_, -1, "element %ld differs: " __VA_ARGS__, at_);                                     \
    } while (0)

/* Every row but ref that this CPU can run. */
#define FOR_EACH_ROW(row)                                                                                    \
    for (int count_, i_ = (kernels_all(&count_), 1); i_ < count_; i_++)                                      \
        for (const struct kernels *row = kernels_all(&count_)[i_]; row && row->available(); row = NULL)

static inline const struct kernels *reference(void)
{
    int count;
    return kernels_all(&count)[0];
}

#endif
