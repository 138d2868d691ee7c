/* tests/hard_values.h - inputs that tell quantizers apart: ties, neighbours of ties, ends, specials, random
 * bits. */
#ifndef TESTS_HARD_VALUES_H
#define TESTS_HARD_VALUES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hard_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/** Value i of a seeded endless list, in binary32. */
static inline float hard_float(uint64_t *state)
{
    static const float special[] = {0.0f,      -0.0f,      INFINITY,  -INFINITY,      NAN,
                                    0x1p-149f, -0x1p-149f, 0x1p-126f, 0x1.fffffep127f};
    const uint64_t r = hard_random(state);
    const uint32_t bits = (uint32_t)(r >> 32);
    float x;

    switch (r % 8) {
    case 0: /* any bits */
    case 1:
        memcpy(&x, &bits, sizeof x);
        return x;
    case 2:
        return special[bits % (sizeof special / sizeof special[0])];
    case 3: /* short significands: grid points and ties of most formats */
        x = ldexpf((float)(int)(bits % 1024) - 512.0f, (int)(bits >> 10) % 40 - 24);
        return x;
    case 4: /* their neighbours */
        x = ldexpf((float)(int)(bits % 1024) - 512.0f, (int)(bits >> 10) % 40 - 24);
        return nextafterf(x, bits & 0x80000000u ? 1e30f : -1e30f);
    default: /* around one */
        return ldexpf((float)(int)(bits >> 1) - 0x1p30f, -30 + (int)(bits % 14) - 8);
    }
}

static inline double hard_double(uint64_t *state)
{
    const uint64_t r = hard_random(state);
    double x;

    if (r % 4 == 0) {
        const uint64_t bits = hard_random(state);
        memcpy(&x, &bits, sizeof x);
        return x;
    }
    x = (double)hard_float(state);
    if (r % 4 == 1) return nextafter(x, r & 16 ? INFINITY : -INFINITY);
    if (r % 4 == 2) return x * (1.0 + (double)(r >> 40) * 0x1p-50);
    return x;
}

#endif
