/* tests/energy/test_loopnest.c - counts of mappings by hand, their laws, and what is refused. */
#include "energy/backends/loopnest/loopnest.h"
#include "tests/fixtures/folder.h"

#include <criterion/new/assert.h>

#include <math.h>

enum { WEIGHTS = LOOPNEST_WEIGHTS, INPUTS = LOOPNEST_INPUTS, OUTPUTS = LOOPNEST_OUTPUTS };

#define LEVEL(title, w, i, o)                                                                                \
    {                                                                                                        \
        .name = title, .keeps = { w, i, o }                                                                  \
    }

/* DRAM, a buffer that keeps all, an array, elements with registers for all. */
static struct loopnest_architecture machine(void)
{
    return (struct loopnest_architecture){
        .level = {LEVEL("DRAM", true, true, true), LEVEL("buffer", true, true, true),
                  LEVEL("array", false, false, false), LEVEL("registers", true, true, true)},
        .levels = 4,
        .units = 16};
}

static struct loopnest_counts count(const struct loopnest_problem *p, const struct loopnest_architecture *a,
                                    const struct loopnest_mapping *m)
{
    struct loopnest_counts c;
    must(loopnest_count(&c, p, a, m));
    return c;
}

/* --- by hand --- */

/*
 * Eyeriss-like, one layer of 3 to 32 channels, 112 x 112 outputs, 3 x 3, stride 2. The buffer's input tile is
 * 3 ((14 - 1) 2 + 3) ((56 - 1) 2 + 3) = 9831 words; above it P 8, Q 2, M 4, where M does not matter: 16
 * times.
 */
Test(loopnest, eyeriss_like_mapping_by_hand)
{
    const struct loopnest_problem p = {{1, 3, 32, 112, 112, 3, 3}, 2, {8, 8, 8}};
    struct loopnest_architecture a;
    struct loopnest_mapping m;
    must(loopnest_read(&a, &m, &p, "tests/golden/timeloop_mappings.txt", "eyeriss_like"));
    a.units = 168;
    const struct loopnest_counts c = count(&p, &a, &m);
    cr_assert(eq(dbl, c.level[1].of[INPUTS].tile, 3 * 29 * 113));
    cr_assert(eq(dbl, c.level[0].of[INPUTS].reads, 9831 * 16));
    cr_assert(eq(dbl, c.level[0].of[WEIGHTS].reads, 864 * 16));
    cr_assert(eq(dbl, c.level[0].of[OUTPUTS].updates, 401408));
    cr_assert(eq(dbl, c.cycles, 8 * 2 * 4 * 14 * 4 * 3 * 8));
    cr_assert(eq(dbl, c.utilization, 0.75));
}

/* 8 outputs of 3 taps, one after the other: a window that slides by one brings one new word. */
Test(loopnest, a_sliding_window_brings_what_is_new)
{
    const struct loopnest_problem p = {{1, 1, 1, 8, 1, 3, 1}, 1, {8, 8, 8}};
    const struct loopnest_architecture a = machine();
    const struct loopnest_mapping slides = {{{0, LOOP_P, 8, false}, {1, LOOP_R, 3, false}}, 2};
    const struct loopnest_mapping stays = {
        {{0, LOOP_P, 8, false}, {0, LOOP_M, 2, false}, {1, LOOP_R, 3, false}}, 3};
    struct loopnest_problem two_filters = p;
    two_filters.extent[LOOP_M] = 2;
    cr_assert(eq(dbl, count(&p, &a, &slides).level[0].of[INPUTS].reads, 10));
    cr_assert(eq(dbl, count(&two_filters, &a, &stays).level[0].of[INPUTS].reads, 24),
              "another loop is in between");
}

/* 4 rows of a 3-row kernel in one array: 12 elements want 6 different input rows. */
Test(loopnest, diagonals_of_a_row_stationary_array_share_input_rows)
{
    const struct loopnest_problem p = {{1, 1, 1, 1, 4, 1, 3}, 1, {8, 8, 8}};
    struct loopnest_architecture a = machine();
    const struct loopnest_mapping m = {{{2, LOOP_Q, 4, true}, {2, LOOP_S, 3, true}}, 2};
    struct loopnest_counts c = count(&p, &a, &m);
    cr_assert(eq(dbl, c.level[1].of[INPUTS].reads, 6));
    cr_assert(eq(dbl, c.level[1].of[WEIGHTS].reads, 3));
    cr_assert(eq(dbl, c.level[1].of[OUTPUTS].updates, 4), "sums are added up on the way");
    cr_assert(eq(dbl, c.network[INPUTS], 12));
    a.level[2].unicast = a.level[2].no_reduction = true;
    c = count(&p, &a, &m);
    cr_assert(eq(dbl, c.level[1].of[INPUTS].reads, 12));
    cr_assert(eq(dbl, c.level[1].of[WEIGHTS].reads, 12));
    cr_assert(eq(dbl, c.level[1].of[OUTPUTS].updates, 12));
    cr_assert(eq(dbl, c.level[1].of[OUTPUTS].reads, 8), "all but the first come back");
}

/* 7 rows on 4 elements: 4, then 3. */
Test(loopnest, partial_tiles_hold_what_is_left)
{
    const struct loopnest_problem p = {{1, 1, 5, 1, 7, 1, 1}, 1, {8, 8, 8}};
    const struct loopnest_architecture a = machine();
    const struct loopnest_mapping m = {{{0, LOOP_Q, 2, false}, {1, LOOP_M, 5, false}, {2, LOOP_Q, 4, true}},
                                       3};
    const struct loopnest_counts c = count(&p, &a, &m);
    cr_assert(eq(dbl, c.cycles, 10));
    cr_assert(eq(dbl, c.level[0].of[INPUTS].reads, 7));
    cr_assert(eq(dbl, c.level[0].of[OUTPUTS].updates, 35));
    cr_assert(eq(dbl, c.level[0].of[WEIGHTS].reads, 5), "the buffer holds them all");
    cr_assert(eq(dbl, c.level[3].instances, 3.5));
    cr_assert(eq(dbl, c.level[3].of[INPUTS].reads * c.level[3].instances, c.macs));
}

Test(loopnest, the_fullest_element_sets_the_time)
{
    /* 5 filters as 2 x 2 elements x 2: elements do 2, 2 and 1, then nothing: not 5 / 4. */
    const struct loopnest_problem p = {{1, 1, 5, 1, 1, 1, 1}, 1, {8, 8, 8}};
    const struct loopnest_architecture a = machine();
    const struct loopnest_mapping m = {{{0, LOOP_M, 2, false}, {2, LOOP_M, 2, true}, {3, LOOP_M, 2, false}},
                                       3};
    cr_assert(eq(dbl, count(&p, &a, &m).cycles, 3));
}

/* --- laws --- */

static const struct loopnest_problem conv = {{4, 16, 24, 14, 13, 3, 3}, 2, {4, 8, 24}};

static const struct loopnest_mapping conv_mapping = {{{0, LOOP_N, 4, false},
                                                      {0, LOOP_C, 4, false},
                                                      {0, LOOP_M, 3, false},
                                                      {1, LOOP_M, 2, false},
                                                      {1, LOOP_Q, 5, false},
                                                      {2, LOOP_M, 4, true},
                                                      {2, LOOP_C, 4, true},
                                                      {2, LOOP_Q, 3, true},
                                                      {3, LOOP_P, 14, false},
                                                      {3, LOOP_S, 3, false},
                                                      {3, LOOP_R, 3, false}},
                                                     11};

Test(loopnest, what_arrives_was_read_above)
{
    struct loopnest_architecture a = machine();
    a.level[2].unicast = a.level[2].no_reduction = true;
    const struct loopnest_counts c = count(&conv, &a, &conv_mapping);
    for (int t = WEIGHTS; t <= INPUTS; t++) {
        cr_assert(eq(dbl, c.level[0].of[t].reads, c.level[1].of[t].fills));
        cr_assert(
            epsilon_eq(dbl, c.level[1].of[t].reads, c.level[3].of[t].fills * c.level[3].instances, 1e-6));
        cr_assert(epsilon_eq(dbl, c.level[3].of[t].reads * c.level[3].instances, c.macs, 1e-6));
    }
    cr_assert(eq(dbl, c.level[0].of[OUTPUTS].reads, c.level[1].of[OUTPUTS].fills));
    cr_assert(epsilon_eq(dbl, c.level[0].of[OUTPUTS].updates - c.level[0].of[OUTPUTS].reads,
                         4.0 * 24 * 14 * 13, 1e-6));
}

Test(loopnest, energies_of_levels_and_tensors_sum_to_the_total)
{
    struct loopnest_architecture a = machine();
    a.mac_pj = 0.3;
    for (int l = 0; l < a.levels; l++)
        a.level[l].read_pj = 100 >> (2 * l), a.level[l].fill_pj = 3, a.level[l].leak_pj = 0.01;
    const struct loopnest_counts c = count(&conv, &a, &conv_mapping);
    double levels = 0.3 * c.macs, tensors = 0.3 * c.macs;
    for (int l = 0; l < a.levels; l++) {
        levels += c.level[l].energy_pj;
        tensors += 0.01 * c.level[l].instances * c.cycles;
        for (int t = 0; t < LOOPNEST_TENSORS; t++)
            tensors += c.level[l].of[t].energy_pj;
    }
    cr_assert(epsilon_eq(dbl, levels / c.energy_pj, 1, 1e-12));
    cr_assert(epsilon_eq(dbl, tensors / c.energy_pj, 1, 1e-12));
}

Test(loopnest, bandwidth_only_helps_down_to_the_arithmetic)
{
    struct loopnest_architecture a = machine();
    const double busy = count(&conv, &a, &conv_mapping).cycles;
    double before = INFINITY;
    for (double bits = 0.5; bits < 1e6; bits *= 4) {
        a.level[0].bits_per_cycle = a.level[3].bits_per_cycle = bits;
        const struct loopnest_counts c = count(&conv, &a, &conv_mapping);
        cr_assert(le(dbl, c.cycles, before));
        cr_assert(ge(dbl, c.cycles, busy));
        cr_assert(eq(dbl, c.cycles - c.stall_cycles, busy));
        before = c.cycles;
    }
    cr_assert(eq(dbl, before, busy));
}

/* --- refusals --- */

static void refuse(const struct loopnest_problem *p, const struct loopnest_architecture *a,
                   const struct loopnest_mapping *m, const char *part)
{
    struct loopnest_counts c;
    expect_failure(loopnest_count(&c, p, a, m), STATUS_INPUT, part);
}

Test(loopnest, mappings_that_cannot_be_are_refused)
{
    struct loopnest_architecture a = machine();
    struct loopnest_mapping m = conv_mapping;
    m.loop[8].trips = 13;
    refuse(&conv, &a, &m, "over P multiply to 13, the layer has 14");
    m = conv_mapping, m.loop[8].trips = 0;
    refuse(&conv, &a, &m, "at least 1");
    m = conv_mapping, m.loop[8].trips = INT64_MAX, m.loop[7].dimension = LOOP_P;
    refuse(&conv, &a, &m, "2^63");
    m = conv_mapping, m.loop[3].level = 3;
    refuse(&conv, &a, &m, "inwards");
    a.level[2].fanout = 47;
    refuse(&conv, &a, &conv_mapping, "use 48 instances, there are 47");
    a = machine(), a.level[0].keeps[WEIGHTS] = false;
    refuse(&conv, &a, &conv_mapping, "must keep Weights");
}

Test(loopnest, tiles_that_do_not_fit_are_refused_with_both_sizes)
{
    struct loopnest_architecture a = machine();
    const int64_t weights = 4 * 9 * 8, inputs = 4 * 29 * 27, outputs = 8 * 14 * 13;
    a.level[1].capacity_bits = 4 * weights + 8 * inputs + 24 * outputs;
    (void)count(&conv, &a, &conv_mapping);
    a.level[1].capacity_bits -= 8;
    refuse(&conv, &a, &conv_mapping, "buffer holds 7643 bytes, its tiles need 7644");
}

Test(loopnest, empty_and_huge_layers_are_refused)
{
    const struct loopnest_architecture a = machine();
    struct loopnest_problem p = conv;
    p.extent[LOOP_C] = 0;
    refuse(&p, &a, &conv_mapping, "extent C is 0");
    p = conv, p.stride = 0;
    refuse(&p, &a, &conv_mapping, "stride is 0");
    p = conv, p.extent[LOOP_C] = p.extent[LOOP_M] = INT64_MAX;
    refuse(&p, &a, &conv_mapping, "2^53");
}

/* --- files --- */

static void refuse_file(const char *text, enum status want, const char *part)
{
    const struct folder f = folder_new();
    const struct loopnest_problem p = {{1, 1, 4, 1, 1, 1, 1}, 1, {8, 8, 8}};
    struct loopnest_architecture a;
    struct loopnest_mapping m;
    FILE *file = fopen(folder_path(&f, "mapping.txt"), "w");
    cr_assert(file != NULL);
    (void)fputs(text, file);
    (void)fclose(file);
    expect_failure(loopnest_read(&a, &m, &p, folder_path(&f, "mapping.txt"), "mine"), want, part);
}

#define DRAM_LINE "##### mine\nDRAM [ Weights:4 Inputs:1 (1) Outputs:4 (4) ]\n------\n"

Test(loopnest, files_are_refused_with_their_line)
{
    refuse_file("##### other\n", STATUS_INPUT, "no mapping called mine");
    refuse_file(DRAM_LINE "| for M in [0:4)\n", STATUS_INPUT, "without << Compute >>");
    refuse_file(DRAM_LINE "| for X in [0:4)\n| << Compute >>\n", STATUS_INPUT, ":4: 'for X in [0:4)'");
    refuse_file(DRAM_LINE "| for M in [0:4) (Diagonal)\n| << Compute >>\n", STATUS_INPUT, ":4:");
    refuse_file(DRAM_LINE "cache ( Weights )\n", STATUS_INPUT, ":4: 'cache ( Weights )' is neither");
    refuse_file(DRAM_LINE "cache [ Psums:1 ]\n", STATUS_INPUT,
                ":4: a level keeps Weights, Inputs or Outputs");
    refuse_file(DRAM_LINE "cache [ Outputs:3 ]\n| for M in [0:4)\n| << Compute >>\n", STATUS_INPUT,
                ":4: cache holds 4 words of Outputs by its loops, not 3");
    refuse_file(DRAM_LINE "| for M in [0:3)\n| << Compute >>\n", STATUS_INPUT, "over M multiply to 3");
    refuse_file("##### mine\n| for M in [0:4)\n| << Compute >>\n", STATUS_INPUT, ":2:");
}

Test(loopnest, a_file_that_is_not_there_is_said)
{
    struct loopnest_architecture a;
    struct loopnest_mapping m;
    expect_failure(loopnest_read(&a, &m, &conv, "nowhere/mapping.txt", NULL), STATUS_IO,
                   "nowhere/mapping.txt");
}
