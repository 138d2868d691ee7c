/* tests/quant/test_random.c - randomness by name: known answers, the layout of lanes, no word drawn twice. */
#include "quant/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <criterion/theories.h>

#include <math.h>

/* --- the generator --- */

struct answer {
    uint32_t counter[4], key[2], word[4];
};

ParameterizedTestParameters(random, philox4x32_10_known_answers) /* Salmon et al.: Random123's vectors */
{
    static struct answer rows[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    return cr_make_param_array(struct answer, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct answer *a, random, philox4x32_10_known_answers)
{
    const struct random_name name = {
        .seed = a->key[0] | (uint64_t)a->key[1] << 32, .stream = a->counter[2], .step = a->counter[3]};
    uint32_t word[4];
    random_block(word, name, a->counter[0] | (uint64_t)a->counter[1] << 32);
    for (int i = 0; i < 4; i++)
        cr_assert(eq(u32, word[i], a->word[i]), "word %d", i);
}

/* --- the layout, in other words than the source's --- */

static const struct random_name some = {.seed = 0x123456789abcdef0, .stream = 77, .step = 5};

/* Eight blocks side by side make eight lanes; word w of them is the w-th row of eight consecutive
 * elements. */
Test(random, thirty_two_bit_elements_fill_eight_lanes_word_by_word)
{
    uint64_t element = 0;
    for (uint64_t group = 0; group < 5; group++)
        for (int w = 0; w < 4; w++)
            for (uint64_t lane = 0; lane < 8; lane++, element++) {
                uint32_t word[4];
                random_block(word, some, 8 * group + lane);
                cr_assert(eq(u32, random_bits32(some, element), word[w]), "element %d", (int)element);
            }
}

/* The low halves of all words first, then the high halves. */
Test(random, sixteen_bit_elements_take_low_halves_then_high_halves)
{
    uint64_t element = 0;
    for (uint64_t group = 0; group < 5; group++)
        for (int half = 0; half < 2; half++)
            for (int w = 0; w < 4; w++)
                for (uint64_t lane = 0; lane < 8; lane++, element++) {
                    uint32_t word[4];
                    random_block(word, some, 8 * group + lane);
                    const uint32_t want = half ? word[w] >> 16 : word[w] & 0xFFFF;
                    cr_assert(eq(u32, random_bits16(some, element), want), "element %d", (int)element);
                }
}

Test(random, elements_beyond_32_bits_are_their_own)
{
    const uint64_t far = (uint64_t)1 << 40;
    uint32_t word[4];
    random_block(word, some, far / 4);
    cr_assert(eq(u32, random_bits32(some, far), word[0]));
    cr_assert(ne(u32, random_bits32(some, far), random_bits32(some, 0)));
}

/* --- names --- */

TheoryDataPoints(random, every_part_of_a_name_matters) = {DataPoints(uint32_t, 0, 1, 77, 0xFFFFFF),
                                                          DataPoints(uint32_t, 0, 1, 5, 0xFFFFFFFF)};

Theory((uint32_t stream, uint32_t step), random, every_part_of_a_name_matters)
{
    const struct random_name name = {.seed = 1, .stream = stream, .step = step};
    struct random_name other[4] = {name, name, name, name};
    other[0].seed = 2;
    other[1].seed += (uint64_t)1 << 32;
    other[2].stream ^= 1;
    other[3].step ^= 1;
    for (int k = 0; k < 4; k++) {
        int same = 0;
        for (uint64_t i = 0; i < 64; i++)
            same += random_bits32(name, i) == random_bits32(other[k], i);
        cr_assert(lt(int, same, 2), "part %d", k);
    }
}

Test(random, uses_of_one_tensor_have_streams_of_their_own)
{
    const enum random_use uses[] = {RANDOM_USER,  RANDOM_ERROR,   RANDOM_INIT,
                                    RANDOM_ORDER, RANDOM_AUGMENT, RANDOM_SPLIT};
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < a; b++)
            cr_assert(ne(u32, random_stream(uses[a], 9), random_stream(uses[b], 9)));
    cr_assert(ne(u32, random_stream(RANDOM_ERROR, 0xFFFFFF), random_stream(RANDOM_INIT, 0)));
}

Test(random, every_bit_is_fair)
{
    enum { N = 1 << 16 };
    int ones[32] = {0}, halves[16] = {0};
    for (uint64_t i = 0; i < N; i++)
        for (int b = 0; b < 32; b++) {
            ones[b] += random_bits32(some, i) >> b & 1;
            if (b < 16) halves[b] += random_bits16(some, i) >> b & 1;
        }
    for (int b = 0; b < 32; b++) { /* five standard deviations */
        cr_assert(lt(dbl, fabs(ones[b] - N / 2.0), 5 * sqrt(N / 4.0)), "bit %d", b);
        if (b < 16) cr_assert(lt(dbl, fabs(halves[b] - N / 2.0), 5 * sqrt(N / 4.0)), "bit %d of 16", b);
    }
}
