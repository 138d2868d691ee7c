/* tests/energy/test_systolic.c - SCALE-Sim's closed form on hand-computed arrays, and the laws that every
 * count keeps. */
#include "energy/backends/systolic.h"
#include "tests/fixtures/folder.h"
#include "tests/fixtures/nests.h"

#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <math.h>

/* 16 channels to 32 filters, 8 x 8 pixels, 3 x 3 taps: 144 taps x channels. */
static const struct nest small = {.batch = 1,
                                  .in_c = 16,
                                  .out_c = 32,
                                  .out_h = 8,
                                  .out_w = 8,
                                  .kernel_h = 3,
                                  .kernel_w = 3,
                                  .stride = 1,
                                  .instances = 1,
                                  .input_bits = 8,
                                  .weight_bits = 8};

static struct hardware array(int64_t rows, int64_t columns)
{
    struct hardware h = hardware_default();
    h.array.backend = &systolic_backend;
    h.array.mac_model = MAC_QUADRATIC;
    h.array.rows = rows;
    h.array.columns = columns;
    return h;
}

static struct counts count(const struct nest *n, const struct hardware *h)
{
    const struct constants k = constants_nominal();
    struct prices p;
    struct counts c;
    prices_make(&p, h, &k);
    must(backend_count(&c, n, h, &p));
    return c;
}

/* --- folds --- */

struct fold {
    int dataflow, rows, columns;
    double cycles, read_input, read_weight, read_output, written_output; /* words between array and buffers */
};

/*
 * By hand. OS: 64 pixels x 32 filters, 144 steps: on 16 x 16, 4 x 2 folds of 32 + 16 + 144 - 2 = 190 cycles;
 * each fold reads 144 (16 + 16) words. WS: 144 x 32, 64 steps: 9 x 2 folds of 110; inputs 64 x 144 x 2. IS:
 * 144 x 64, 32 steps: 9 x 4 folds of 78.
 */
ParameterizedTestParameters(systolic, folds_are_those_of_a_hand_count)
{
    static struct fold rows[] = {
        {DATAFLOW_OS, 16, 16, 8 * 190, 144 * 64 * 2, 144 * 32 * 4, 0, 64 * 32},
        {DATAFLOW_WS, 16, 16, 18 * 110, 64 * 144 * 2, 144 * 32, 64 * 32 * 8, 64 * 32 * 9},
        {DATAFLOW_IS, 16, 16, 36 * 78, 144 * 64, 32 * 144 * 4, 64 * 32 * 8, 64 * 32 * 9},
        {DATAFLOW_OS, 64, 32, 128 + 32 + 144 - 2, 144 * 64, 144 * 32, 0, 64 * 32},
        {DATAFLOW_WS, 160, 40, 320 + 40 + 64 - 2, 64 * 144, 144 * 32, 0, 64 * 32},
        {DATAFLOW_WS, 100, 32, 2 * (200 + 32 + 64 - 2), 64 * 144, 144 * 32, 64 * 32, 64 * 32 * 2},
    };
    return cr_make_param_array(struct fold, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct fold *f, systolic, folds_are_those_of_a_hand_count)
{
    struct hardware h = array(f->rows, f->columns);
    struct counts c;
    h.array.accumulator_bits = 24;
    h.dram.bits_per_cycle = 1e9;
    h.weight.bytes = h.input.bytes = h.output.bytes = 1 << 20;
    systolic_count(&c, &small, &h, (enum hardware_dataflow)f->dataflow);
    cr_assert(eq(dbl, c.cycles, f->cycles));
    cr_assert(eq(dbl, c.of[COST_INPUT_READ], 8 * f->read_input));
    cr_assert(eq(dbl, c.of[COST_WEIGHT_READ], 8 * f->read_weight));
    cr_assert(eq(dbl, c.of[COST_OUTPUT_READ], 24 * (f->read_output + 64 * 32)), "the last: to DRAM");
    cr_assert(eq(dbl, c.of[COST_OUTPUT_WRITE], 24 * f->written_output));
}

Test(systolic, a_full_array_is_used_but_for_filling_and_draining)
{
    const struct hardware h = array(16, 16);
    const struct systolic_folds f = systolic_fold(&small, &h, DATAFLOW_OS);
    cr_assert(epsilon_eq(dbl, f.utilization, 144.0 / 190, 1e-12));
}

Test(systolic, wide_operands_take_passes_and_narrow_ones_fill_scalable_elements)
{
    struct hardware h = array(16, 16);
    struct nest n = small;
    n.input_bits = 16;
    cr_assert(eq(dbl, systolic_fold(&n, &h, DATAFLOW_OS).cycles, 8 * (32 + 16 + 288 - 2)));
    n.input_bits = n.weight_bits = 2;
    cr_assert(eq(dbl, systolic_fold(&n, &h, DATAFLOW_OS).cycles, 8 * 190), "not on fixed elements");
    h.array.mac_model = MAC_BITFUSION;
    cr_assert(eq(dbl, systolic_fold(&n, &h, DATAFLOW_OS).cycles, 8 * (32 + 16 + 9 - 2)));
}

/* --- DRAM --- */

Test(systolic, what_fits_is_fetched_once)
{
    struct hardware h = array(16, 16);
    struct counts c;
    h.weight.bytes = h.input.bytes = h.output.bytes = 1 << 20;
    for (enum hardware_dataflow d = DATAFLOW_WS; d <= DATAFLOW_IS; d++) {
        systolic_count(&c, &small, &h, d);
        cr_assert(eq(dbl, c.of[COST_DRAM_READ], 8 * (144 * 32 + 16 * 100)));
        cr_assert(eq(dbl, c.of[COST_DRAM_WRITE], (double)h.training.output_bits * 64 * 32));
    }
}

Test(systolic, small_buffers_fetch_again_or_spill)
{
    struct hardware h = array(16, 16);
    struct counts c;
    h.weight.bytes = h.input.bytes = h.output.bytes = 64;
    h.array.accumulator_bits = 24;
    systolic_count(&c, &small, &h, DATAFLOW_OS); /* 4 folds of rows, 2 of columns */
    cr_assert(eq(dbl, c.of[COST_DRAM_READ], 8 * (144 * 32 * 4 + 16 * 100 * 2)));
    systolic_count(&c, &small, &h, DATAFLOW_WS); /* 9 x 2; sums go out 8 times more than they end */
    cr_assert(eq(dbl, c.of[COST_DRAM_READ], 8 * (144 * 32 + 16 * 100 * 2) + 24.0 * 8 * 64 * 32));
    cr_assert(eq(dbl, c.of[COST_DRAM_WRITE], (double)h.training.output_bits * 64 * 32 + 24.0 * 8 * 64 * 32));
}

Test(systolic, a_global_buffer_serves_operands_without_their_own)
{
    struct hardware h = array(16, 16);
    struct counts own, shared;
    systolic_count(&own, &small, &h, DATAFLOW_OS);
    h.global = h.weight;
    h.global.bytes = 1 << 20;
    h.weight.bytes = h.input.bytes = h.output.bytes = 0;
    systolic_count(&shared, &small, &h, DATAFLOW_OS);
    cr_assert(eq(dbl, shared.of[COST_GLOBAL_READ],
                 own.of[COST_WEIGHT_READ] + own.of[COST_INPUT_READ] + own.of[COST_OUTPUT_READ]));
    cr_assert(zero(dbl, shared.of[COST_WEIGHT_READ]));
}

/* --- laws --- */

Test(systolic, no_dataflow_beats_roofline_or_compulsory_traffic)
{
    for (int i = 0; i < SHAPES; i++) {
        for (enum hardware_dataflow d = DATAFLOW_AUTO; d <= DATAFLOW_IS; d++) {
            struct hardware h = array(12, 14);
            h.mapping.dataflow = d;
            const struct counts c = count(&shapes[i], &h);
            cr_assert(ge(dbl, c.cycles, roofline_cycles(&shapes[i], &h)));
            cr_assert(ge(dbl, 8 * counts_dram_bytes(&c), roofline_dram_bits(&shapes[i], &h)));
            cr_assert(ge(dbl, c.stall_cycles, 0));
        }
    }
}

Test(systolic, more_bandwidth_never_takes_longer)
{
    for (int i = 0; i < SHAPES; i++) {
        double before = INFINITY;
        for (double bandwidth = 1; bandwidth < 1e5; bandwidth *= 3) {
            struct hardware h = array(16, 32);
            h.mapping.objective = OBJECTIVE_LATENCY;
            h.dram.bits_per_cycle = bandwidth;
            const double cycles = count(&shapes[i], &h).cycles;
            cr_assert(le(dbl, cycles, before));
            before = cycles;
        }
    }
}

Test(systolic, twice_the_batch_takes_at_most_twice_the_energy_and_traffic)
{
    const struct constants k = constants_nominal();
    for (int i = 0; i < SHAPES; i++) {
        const struct hardware h = array(16, 32);
        struct prices p;
        struct nest n = shapes[i];
        prices_make(&p, &h, &k);
        for (n.batch = 1; n.batch < 64; n.batch *= 2) {
            struct nest twice = n;
            twice.batch *= 2;
            const struct counts one = count(&n, &h), two = count(&twice, &h);
            cr_assert(le(dbl, counts_energy(&two, &p), 2 * counts_energy(&one, &p) * (1 + 1e-12)));
            cr_assert(le(dbl, counts_dram_bytes(&two), 2 * counts_dram_bytes(&one)));
        }
    }
}

Test(systolic, wider_operands_never_cost_less)
{
    const struct constants k = constants_nominal();
    const struct hardware h = array(16, 32);
    struct prices p;
    prices_make(&p, &h, &k);
    for (int i = 0; i < SHAPES; i++) {
        struct nest n = shapes[i];
        double before = 0;
        n.float32 = false;
        for (n.weight_bits = 1; n.weight_bits <= 16; n.weight_bits++) {
            const struct counts c = count(&n, &h);
            cr_assert(ge(dbl, counts_energy(&c, &p), before));
            before = counts_energy(&c, &p);
        }
    }
}

Test(systolic, auto_is_the_best_of_the_three)
{
    const struct constants k = constants_nominal();
    struct hardware h = array(16, 32);
    struct prices p;
    double least = INFINITY;
    prices_make(&p, &h, &k);
    for (enum hardware_dataflow d = DATAFLOW_WS; d <= DATAFLOW_IS; d++) {
        h.mapping.dataflow = d;
        const struct counts c = count(&shapes[4], &h);
        least = fmin(least, counts_energy(&c, &p));
    }
    h.mapping.dataflow = DATAFLOW_AUTO;
    const struct counts c = count(&shapes[4], &h);
    cr_assert(eq(dbl, counts_energy(&c, &p), least));
}

Test(systolic, rows_are_not_kept)
{
    struct hardware h = array(16, 16);
    struct prices p = {0};
    struct counts c;
    h.mapping.dataflow = DATAFLOW_RS;
    expect_failure(backend_count(&c, &small, &h, &p), STATUS_INPUT, "loopnest");
}

Test(systolic, operands_wider_than_elements_are_refused_where_nothing_composes_them)
{
    struct hardware h = array(16, 16);
    struct prices p = {0};
    struct counts c;
    h.array.compose = COMPOSE_FLOOR;
    must(backend_count(&c, &small, &h, &p));
    struct nest n = small;
    n.weight_bits = 9;
    expect_failure(backend_count(&c, &n, &h, &p), STATUS_INPUT,
                   "operands of 9 bits on elements of array.pmax = 8");
}
