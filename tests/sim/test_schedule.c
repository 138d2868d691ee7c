/* tests/sim/test_schedule.c - precision schedules: the published values to the iteration, laws for the
 * rest. */
#include "sim/method/schedule.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <criterion/theories.h>

#include <stdio.h>
#include <string.h>

static struct schedule_spec make(const char *name, int lo, int hi, int cycles, enum remainder remainder)
{
    struct schedule_spec s = {.bits_min = lo, .bits_max = hi, .cycles = cycles, .remainder = remainder};
    cr_assert(eq(int, schedule_find(&s.type, name), STATUS_OK));
    return s;
}

static int bits_at(const struct schedule_spec *s, int64_t i, int64_t iterations)
{
    const struct schedule_point p = {.iteration = i, .iterations = iterations, .layer = -1};
    return schedule_bits(s, &p);
}

static double phase_at(int64_t *cycle, const struct schedule_spec *s, int64_t i, int64_t iterations)
{
    const struct schedule_point p = {.iteration = i, .iterations = iterations, .layer = -1};
    return schedule_phase(cycle, s, &p);
}

/* --- published values --- */

/* Every iteration from one listed change to the next has the listed bits. */
Test(schedule, cosine_with_leftover_equals_the_published_lists)
{
    FILE *file = fopen("tests/golden/schedule.csv", "r");
    cr_assert(not(zero(ptr, file)), "run from the repository's root");

    char line[256];
    struct schedule_spec s = {0};
    long long iterations = 0, at = 0, checked = 0;
    int bits = -1;
    bool header = false;
    while (fgets(line, sizeof line, file)) {
        int lo, hi, cycles, next_bits;
        long long next_iterations, change;
        if (line[0] == '#') continue;
        if (!header) {
            cr_assert_str_eq(line, "lo,hi,iterations,cycles,source,iteration,bits\n");
            header = true;
            continue;
        }
        cr_assert(sscanf(line, "%d,%d,%lld,%d,%*[a-z],%lld,%d", &lo, &hi, &next_iterations, &cycles, &change,
                         &next_bits) == 6,
                  "%s", line);
        const long long end = change == 0 ? iterations : change;
        for (; at < end; at++, checked++)
            cr_assert(eq(int, bits_at(&s, at, iterations), bits), "%d-%d, iteration %lld", s.bits_min,
                      s.bits_max, at);
        if (change == 0) s = make("cosine", lo, hi, cycles, REMAINDER_LEFTOVER);
        iterations = next_iterations;
        at = change;
        bits = next_bits;
    }
    for (; at < iterations; at++, checked++)
        cr_assert(eq(int, bits_at(&s, at, iterations), bits));
    fclose(file);
    cr_assert(eq(llong, checked, 64000 + 999 + 10000 + 1500 + 6000 + 300 + 2000 + 60 + 600600));
}

struct value {
    char name[8];
    int lo, hi, cycles;
    int64_t iterations, iteration;
    int bits;
};

ParameterizedTestParameters(schedule, published_values)
{
    static struct value rows[] = {
        {"S1", 3, 8, 32, 64000, 0, 3},        {"S2", 3, 8, 32, 64000, 409, 3},
        {"S2", 3, 8, 32, 64000, 410, 4},      {"S3", 3, 8, 32, 64000, 999, 5},
        {"S3", 3, 8, 32, 64000, 1000, 6},     {"S4", 3, 8, 32, 64000, 1591, 8},
        {"S5", 3, 8, 32, 64000, 1999, 8},     {"S5", 3, 8, 32, 64000, 2000, 3},
        {"S6", 3, 6, 32, 64000, 1000, 4},     {"S6", 3, 6, 32, 64000, 1001, 5},
        {"S7", 3, 4, 32, 64000, 999, 3},      {"S7", 3, 4, 32, 64000, 1000, 4},
        {"S8", 8, 8, 32, 64000, 0, 8},        {"S8", 8, 8, 32, 64000, 777, 8},
        {"S9", 8, 32, 32, 64000, 1815, 31},   {"S9", 8, 32, 32, 64000, 1816, 32},
        {"S9", 8, 32, 32, 64000, 1027, 21},   {"S10", 3, 8, 32, 600600, 600575, 8},
        {"S10", 3, 8, 32, 600600, 600576, 3}, {"S10", 3, 8, 32, 600600, 600599, 3},
        {"CR", 3, 8, 2, 16000, 1638, 3},      {"CR", 3, 8, 2, 16000, 1639, 4},
        {"CR", 3, 8, 2, 16000, 2953, 5},      {"CR", 3, 8, 2, 16000, 4000, 6},
        {"CR", 3, 8, 2, 16000, 5048, 7},      {"CR", 3, 8, 2, 16000, 6362, 8},
        {"CR", 3, 8, 2, 16000, 7999, 8},      {"CR", 3, 8, 2, 16000, 8000, 3},
        {"CR", 3, 8, 2, 16000, 9639, 4},      {"CR", 3, 8, 2, 16000, 10953, 5},
        {"CR", 3, 8, 2, 16000, 12000, 6},     {"CR", 3, 8, 2, 16000, 13048, 7},
        {"CR", 3, 8, 2, 16000, 14362, 8},     {"CR", 3, 8, 2, 16000, 15999, 8},
        {"4-8", 4, 8, 32, 64000, 460, 4},     {"4-8", 4, 8, 32, 64000, 461, 5},
        {"5-8", 5, 8, 32, 64000, 1000, 6},    {"5-8", 5, 8, 32, 64000, 1465, 8},
    };
    return cr_make_param_array(struct value, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct value *r, schedule, published_values)
{
    const struct schedule_spec s = make("cosine", r->lo, r->hi, r->cycles, REMAINDER_LEFTOVER);
    cr_assert(eq(int, bits_at(&s, r->iteration, r->iterations), r->bits), "%s: iteration %lld", r->name,
              (long long)r->iteration);
}

Test(schedule, one_published_cycle_spends_the_published_counts_at_each_width)
{
    const struct schedule_spec s = make("cosine", 3, 8, 32, REMAINDER_STRETCH);
    int count[9] = {0};
    for (int i = 0; i < 2000; i++)
        count[bits_at(&s, i, 64000)]++;

    const int want[9] = {0, 0, 0, 410, 329, 261, 262, 329, 409};
    for (int b = 0; b < 9; b++)
        cr_assert(eq(int, count[b], want[b]), "%d bits", b);
}

/* --- laws --- */

TheoryDataPoints(schedule, stretch_equals_leftover_where_cycles_divide_the_run) = {
    DataPoints(int, 1, 2, 3, 7, 32), DataPoints(int, 1, 2, 5, 12, 250), DataPoints(int, 3, 4, 8, 12, 32)};

Theory((int cycles, int length, int hi), schedule, stretch_equals_leftover_where_cycles_divide_the_run)
{
    const struct schedule_spec stretch = make("cosine", 3, hi, cycles, REMAINDER_STRETCH);
    const struct schedule_spec leftover = make("cosine", 3, hi, cycles, REMAINDER_LEFTOVER);
    const int64_t iterations = (int64_t)cycles * length;
    for (int64_t i = 0; i < iterations; i++)
        cr_assert(eq(int, bits_at(&stretch, i, iterations), bits_at(&leftover, i, iterations)));
}

TheoryDataPoints(schedule, stretch_shares_the_iterations_evenly) = {
    DataPoints(int, 7, 10, 97, 999, 1000, 64001), DataPoints(int, 1, 2, 3, 6, 7), DataPoints(int, 3, 8, 32)};

Theory((int iterations, int cycles, int hi), schedule, stretch_shares_the_iterations_evenly)
{
    const struct schedule_spec s = make("cosine", 3, hi, cycles, REMAINDER_STRETCH);
    int64_t cycle, last = 0;
    int length = 0, shortest = iterations, longest = 0;

    for (int64_t i = 0; i < iterations; i++) {
        const double u = phase_at(&cycle, &s, i, iterations);
        cr_assert(ge(dbl, u, 0));
        cr_assert(le(dbl, u, 1));
        cr_assert(ge(i64, cycle, last));
        cr_assert(le(i64, cycle, last + 1));
        cr_assert(eq(int, u == 0, i == 0 || cycle != last), "a cycle begins at u = 0 and nowhere else");
        if (cycle != last) {
            cr_assert(eq(i64, i, iterations * cycle / cycles), "cycle %lld begins", (long long)cycle);
            shortest = length < shortest ? length : shortest;
            longest = length > longest ? length : longest;
            length = 0;
        }
        length++;
        last = cycle;
    }
    shortest = length < shortest ? length : shortest;
    longest = length > longest ? length : longest;
    cr_assert(eq(i64, cycle, cycles - 1));
    cr_assert(le(int, longest - shortest, 1));
}

TheoryDataPoints(schedule, stretched_run_starts_at_the_bottom_and_ends_at_the_top) = {
    DataPoints(int, 8, 10, 97, 999, 1001, 64001), DataPoints(int, 3, 7, 32), DataPoints(int, 4, 8, 32)};

Theory((int iterations, int cycles, int hi), schedule, stretched_run_starts_at_the_bottom_and_ends_at_the_top)
{
    cr_assume(cycles < iterations && iterations % cycles != 0);
    const struct schedule_spec s = make("cosine", 2, hi, cycles, REMAINDER_STRETCH);
    cr_assert(eq(int, bits_at(&s, 0, iterations), 2));
    cr_assert(eq(int, bits_at(&s, iterations - 1, iterations), hi));
}

TheoryDataPoints(schedule, cosine_rises_within_a_cycle_and_stays_within_its_bounds) = {
    DataPoints(int, 2, 3, 7), DataPoints(int, 7, 8, 32), DataPoints(int, 60, 61, 1000),
    DataPoints(int, 0, 1)};

Theory((int lo, int hi, int iterations, int remainder), schedule,
       cosine_rises_within_a_cycle_and_stays_within_its_bounds)
{
    const struct schedule_spec s = make("cosine", lo, hi, 4, (enum remainder)remainder);
    int64_t cycle, last_cycle = -1;
    int last = 0;
    for (int64_t i = 0; i < iterations; i++) {
        const int bits = bits_at(&s, i, iterations);
        phase_at(&cycle, &s, i, iterations);
        cr_assert(ge(int, bits, cycle == last_cycle ? last : lo));
        cr_assert(le(int, bits, hi));
        if (cycle != last_cycle) cr_assert(eq(int, bits, lo));
        last = bits;
        last_cycle = cycle;
    }
}

Test(schedule, longest_run_does_not_overflow)
{
    const int64_t iterations = (int64_t)1 << 32;
    const struct schedule_spec s = make("cosine", 3, 8, INT32_MAX, REMAINDER_STRETCH);
    int64_t cycle;
    cr_assert(eq(int, schedule_check(&s, iterations, "forward"), STATUS_OK));
    phase_at(&cycle, &s, iterations - 1, iterations);
    cr_assert(eq(i64, cycle, INT32_MAX - 1));
}

Test(schedule, static_stays_at_the_top)
{
    const struct schedule_spec s = make("static", 3, 6, 4, REMAINDER_STRETCH);
    for (int i = 0; i < 100; i++)
        cr_assert(eq(int, bits_at(&s, i, 100), 6));
}

Test(schedule, zero_bits_are_float32_in_every_schedule)
{
    int count;
    const struct schedule_type *all = schedule_all(&count);
    for (int k = 0; k < count; k++) {
        const struct schedule_spec s = {.type = &all[k], .cycles = 3};
        cr_assert(eq(int, schedule_check(&s, 100, "forward"), STATUS_OK));
        for (int i = 0; i < 100; i++)
            cr_assert(eq(int, bits_at(&s, i, 100), 0), "%s", all[k].name);
    }
}

/* --- mistakes --- */

Test(schedule, every_row_is_found_and_has_its_formula)
{
    int count;
    const struct schedule_type *all = schedule_all(&count), *found;
    for (int k = 0; k < count; k++) {
        cr_assert(eq(int, schedule_find(&found, all[k].name), STATUS_OK));
        cr_assert(eq(ptr, (void *)found, (void *)&all[k]));
        cr_assert(lt(sz, 0, strlen(found->formula)));
    }
}

Test(schedule, unknown_name_answers_with_the_nearest)
{
    const struct schedule_type *type;
    cr_assert(eq(int, schedule_find(&type, "cosin"), STATUS_INPUT));
    cr_assert(not(zero(ptr, strstr(status_detail(), "unknown schedule 'cosin'; did you mean 'cosine'?"))),
              "%s", status_detail());
}

struct mistake {
    int lo, hi, cycles;
    int64_t iterations;
    char says[64];
};

ParameterizedTestParameters(schedule, mistakes)
{
    static struct mistake rows[] = {
        {1, 8, 1, 100, "forward: bits 1 to 8; widths go from 2 to 32"},
        {0, 8, 1, 100, "forward: bits 0 to 8; widths go from 2 to 32"},
        {3, 33, 1, 100, "forward: bits 3 to 33; widths go from 2 to 32"},
        {-3, -2, 1, 100, "forward: bits -3 to -2; widths go from 2 to 32"},
        {8, 3, 1, 100, "the smaller width comes first: 3 to 8"},
        {3, 8, 0, 100, "forward: 0 cycles in 100 iterations"},
        {3, 8, 101, 100, "forward: 101 cycles in 100 iterations"},
        {3, 8, 1, 0, "forward: 0 iterations"},
        {3, 8, 1, ((int64_t)1 << 32) + 1, "forward: 4294967297 iterations"},
    };
    return cr_make_param_array(struct mistake, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct mistake *r, schedule, mistakes)
{
    const struct schedule_spec s = make("cosine", r->lo, r->hi, r->cycles, REMAINDER_STRETCH);
    cr_assert(eq(int, schedule_check(&s, r->iterations, "forward"), STATUS_INPUT));
    cr_assert(not(zero(ptr, strstr(status_detail(), r->says))), "'%s' lacks '%s'", status_detail(), r->says);
}
