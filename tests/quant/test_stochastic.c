/* tests/quant/test_stochastic.c - stochastic rounding: named bits, golden cells, and proofs over every random
 * number. */
#include "quant/element.h"
#include "quant/random.h"
#include "tests/fixtures/quant_csv.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

static struct format format_of(const char *text)
{
    struct format f;
    cr_assert(eq(int, format_parse(&f, text), STATUS_OK), "%s: %s", text, status_detail());
    return f;
}

Test(stochastic, philox_gives_its_known_answers)
{
    const struct {
        struct random_name name;
        uint64_t block;
        uint32_t want[4];
    } row[] = {
        {{0, 0, 0}, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{UINT64_MAX, UINT32_MAX, UINT32_MAX}, UINT64_MAX, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x299f31d0a4093822, 0x13198a2e, 0x03707344},
         0x85a308d3243f6a88,
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t word[4];
        random_block(word, row[i].name, row[i].block);
        for (int k = 0; k < 4; k++)
            cr_expect(eq(u32, word[k], row[i].want[k]));
    }
}

static uint32_t draw(struct random_name name, uint64_t i, int bits)
{
    return bits <= 16 ? random_bits16(name, i) >> (16 - bits) : random_bits32(name, i) >> (32 - bits);
}

Test(stochastic, equals_every_golden_cell)
{
    static struct csv c;
    long cells = 0;

    cr_assert(csv_open(&c, "tests/golden/sr_philox.csv"));
    while (csv_next(&c)) {
        char **v = c.field, text[64];
        const bool fixed = strncmp(v[0], "fixed", 5) == 0, forced = v[0][strlen(v[0]) - 1] == 'r';
        const int bits = atoi(v[8]);
        const struct random_name name = {strtoull(v[4], NULL, 10), (uint32_t)strtoul(v[5], NULL, 10),
                                         (uint32_t)strtoul(v[6], NULL, 10)};
        const uint32_t want_r = (uint32_t)strtoull(v[9], NULL, 10);
        const uint32_t r = forced ? want_r : draw(name, strtoull(v[7], NULL, 10), bits);
        if (fixed)
            snprintf(text, sizeof text, "fx:%c%s.%s:sr%d:sat", v[1][0] == '1' ? 's' : 'u', v[2], v[3], bits);
        else
            snprintf(text, sizeof text, "fp:e%sm%sb%s%s:sr%d:sat", v[1], v[2], v[3],
                     v[1][0] == '4' ? "fn" : "ieee", bits);
        const struct format f = format_of(text);
        const struct number x = number_of_double(strtod(v[10], NULL));
        const uint64_t got =
            fixed ? element_fixed_encode(&f, x, r).code : element_float_encode(&f, x, r).code;
        const uint64_t want = fixed ? (uint64_t)strtoll(v[11], NULL, 10) : strtoull(v[11], NULL, 16);
        cr_expect(eq(u32, r, want_r));
        cr_expect(eq(u64, got, want), "%s of %s with r %u", text, v[10], r);
        cells++;
    }
    cr_assert(eq(long, cells, 3557));
}

/* Over all r of R bits, x goes up floor(d 2^R) times: not a statistic, a count. */
Test(stochastic, goes_up_exactly_as_often_as_its_fraction_says)
{
    for (int bits = 1; bits <= 12; bits++) {
        char fixed[32], small[32];
        snprintf(fixed, sizeof fixed, "fx:s8.8:sr%d:sat", bits);
        snprintf(small, sizeof small, "fp:e4m3fn:sr%d:sat", bits);
        const struct format f = format_of(fixed), g = format_of(small);
        for (int k = 0; k < 64; k++) {
            const double d = k / 64.0 + (k % 3) * 0x1p-30;
            const double counts = floor(ldexp(d, bits)), x = 8.0 + d; /* e4m3: steps of 1 from 8 to 16 */
            long up = 0, down = 0, up_small = 0;
            for (uint32_t r = 0; r < 1u << bits; r++) {
                up += (int64_t)element_fixed_encode(&f, number_of_double(x), r).code == 9;
                down += (int64_t)element_fixed_encode(&f, number_of_double(-9.0 + d), r).code == -8;
                up_small += number_to_double(element_float_decode(
                                &g.floating, element_float_encode(&g, number_of_double(-x), r).code)) == -9.0;
            }
            cr_expect(eq(long, up, (long)counts), "R %d, d %a", bits, d);
            cr_expect(eq(long, down, (long)counts), "R %d, d %a, negative", bits, d);
            cr_expect(eq(long, up_small, (long)counts), "R %d, d %a, float", bits, d);
        }
    }
}

Test(stochastic, variants_count_as_they_are_defined)
{
    for (int bits = 1; bits <= 10; bits++)
        for (int k = 0; k <= 128; k++) {
            const double d = k / 128.0;
            const double one = ldexp(1.0, bits);
            long mid = 0, rne = 0, equal = 0;
            char text[32];
            struct format f = format_of("fx:s8.8:sr:sat");
            f.random_bits = bits;
            snprintf(text, sizeof text, "R %d, d %a", bits, d);
            for (uint32_t r = 0; r < 1u << bits; r++) {
                f.rounding = ROUND_SR_MID;
                mid += (int64_t)element_fixed_encode(&f, number_of_double(-9.0 + d), r).code == -8;
                f.rounding = ROUND_SR_RNE;
                rne += (int64_t)element_fixed_encode(&f, number_of_double(8.0 + d), r).code == 9;
                f.rounding = ROUND_SR_EQ;
                equal += (int64_t)element_fixed_encode(&f, number_of_double(8.0 + d), r).code == 9;
            }
            long want_mid = 0;
            for (long r = 0; r < 1 << bits; r++)
                want_mid += floor(d * 2 * one) + 2.0 * (double)r + 1 >= 2 * one;
            cr_expect(eq(long, mid, want_mid), "%s", text);
            cr_expect(eq(long, rne, (long)nearbyint(d * one)), "%s", text);
            cr_expect(eq(long, equal, d == 0 ? 0 : d == 1 ? 1 << bits : 1 << (bits - 1)), "%s", text);
        }
}

Test(stochastic, zero_random_number_truncates_and_exact_values_never_move)
{
    const struct format sr = format_of("fx:s12.4:sr16:sat"), trn = format_of("fx:s12.4:trn:sat");
    for (int k = -3000; k < 3000; k++) {
        const struct number x = number_of_double(k * 0x1.234p-9), exact = number_of_double(k * 0x1p-8);
        cr_expect(eq(u64, element_fixed_encode(&sr, x, 0).code, element_fixed_encode(&trn, x, 0).code));
        for (uint32_t r = 0; r < 1 << 16; r += 4369)
            cr_expect(
                eq(u64, element_fixed_encode(&sr, exact, r).code, element_fixed_encode(&trn, exact, 0).code));
    }
}
