/* quant/random.h - randomness by name: a random word is a pure function of (seed, stream, step, element).
 *
 * There is no generator state, so that any split of the work, any thread and any restart draws the same bits.
 * Generator: Philox4x32-10 (Salmon et al., SC 2011), counter = (block low, block high, stream, step), key
 * = seed. Known answer: counter 0,0,0,0 with key 0,0 gives 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
 */
#ifndef QUANT_RANDOM_H
#define QUANT_RANDOM_H

#include <stdint.h>
#include <Random123/philox.h>

/** The name of a sequence. `stream` tells its use and tensor apart (see random_stream), `step` the
 * iteration. */
struct random_name {
    uint64_t seed;
    uint32_t stream;
    uint32_t step;
};

/** What a sequence is for: the upper 8 bits of a stream, so that no two uses ever share bits. */
enum random_use {
    RANDOM_USER,
    RANDOM_ERROR,
    RANDOM_INIT,
    RANDOM_ORDER,
    RANDOM_AUGMENT,
    RANDOM_SPLIT,
    RANDOM_WEIGHT,
    RANDOM_ACTIVATION,
    RANDOM_GRADIENT,
    RANDOM_MASTER,
    RANDOM_MOMENTUM,
    RANDOM_ACCUMULATOR
};

/** Stream of one tensor (0 .. 2^24-1) under one use. */
static inline uint32_t random_stream(enum random_use use, uint32_t tensor)
{
    return ((uint32_t)use << 24) | (tensor & 0xFFFFFFu);
}

/** The four words of block b. */
static inline void random_block(uint32_t word[4], struct random_name name, uint64_t b)
{
    const philox4x32_ctr_t counter = {{(uint32_t)b, (uint32_t)(b >> 32), name.stream, name.step}};
    const philox4x32_key_t key = {{(uint32_t)name.seed, (uint32_t)(name.seed >> 32)}};
    const philox4x32_ctr_t out = philox4x32_R(10, counter, key);
    for (int i = 0; i < 4; i++)
        word[i] = out.v[i];
}

/** Element i's 32 bits. Lanes are laid out so that eight SIMD lanes hold eight consecutive elements. */
static inline uint32_t random_bits32(struct random_name name, uint64_t i)
{
    uint32_t word[4];
    random_block(word, name, 8 * (i >> 5) + (i & 7));
    return word[(i >> 3) & 3];
}

/** Element i's 16 bits: twice as many elements from one block. Independent of random_bits32's numbering. */
static inline uint32_t random_bits16(struct random_name name, uint64_t i)
{
    uint32_t word[4];
    random_block(word, name, 8 * (i >> 6) + (i & 7));
    return (word[(i >> 3) & 3] >> (16 * ((i >> 5) & 1))) & 0xFFFFu;
}

/** Random bits of element i, `random_bits` of them (0..32): the upper ones of its 16, or of its 32. */
static inline uint32_t draw_bits(struct random_name name, uint64_t i, int random_bits)
{
    if (random_bits == 0) return 0;
    return random_bits <= 16 ? random_bits16(name, i) >> (16 - random_bits)
                             : random_bits32(name, i) >> (32 - random_bits);
}

#endif
