/* tests/energy/test_loopnest_search.c - searched mappings keep the laws; each preset keeps what its name
 * says. */
#include "energy/backends/loopnest/loopnest_search.h"
#include "tests/fixtures/folder.h"
#include "tests/fixtures/nests.h"

#include <criterion/new/assert.h>

#include <math.h>

static struct hardware array(int64_t rows, int64_t columns)
{
    struct hardware h = hardware_default();
    h.array.backend = &loopnest_backend;
    h.array.mac_model = MAC_QUADRATIC;
    h.array.rows = rows;
    h.array.columns = columns;
    h.array.register_bytes = 512;
    return h;
}

/* One buffer for all tensors instead of three. */
static struct hardware with_global_buffer(int64_t bytes)
{
    struct hardware h = array(12, 14);
    h.global = h.weight;
    h.global.bytes = bytes;
    h.weight.bytes = h.input.bytes = h.output.bytes = 0;
    return h;
}

static struct loopnest_choice search(const struct nest *n, const struct hardware *h)
{
    const struct constants k = constants_nominal();
    struct loopnest_choice best;
    struct prices p;
    prices_make(&p, h, &k);
    must(loopnest_search(&best, n, h, &p));
    counts_time(&best.counts, h->array.mhz);
    return best;
}

static double energy(const struct loopnest_choice *c, const struct hardware *h)
{
    const struct constants k = constants_nominal();
    struct prices p;
    prices_make(&p, h, &k);
    return counts_energy(&c->counts, &p);
}

/* --- laws --- */

Test(loopnest_search, no_preset_beats_roofline_or_compulsory_traffic)
{
    for (int i = 0; i < SHAPES; i++) {
        for (enum hardware_dataflow d = DATAFLOW_AUTO; d <= DATAFLOW_RS; d++) {
            struct hardware h = i % 2 ? array(12, 14) : with_global_buffer(65536);
            h.mapping.dataflow = d;
            const struct loopnest_choice c = search(&shapes[i], &h);
            cr_assert(ge(dbl, c.counts.cycles, roofline_cycles(&shapes[i], &h)));
            cr_assert(ge(dbl, 8 * counts_dram_bytes(&c.counts), roofline_dram_bits(&shapes[i], &h)));
            cr_assert(ge(dbl, c.counts.stall_cycles, 0));
            for (int k = 0; k < COST_COMPONENTS; k++)
                cr_assert(ge(dbl, c.counts.of[k], 0), "shape %d, dataflow %d, %s", i, d,
                          component_of((enum component)k)->name);
        }
    }
}

Test(loopnest_search, more_bandwidth_never_takes_longer)
{
    for (int i = 0; i < SHAPES; i++) {
        double before = INFINITY;
        for (double bandwidth = 1; bandwidth < 1e5; bandwidth *= 10) {
            struct hardware h = array(16, 32);
            h.mapping.objective = OBJECTIVE_LATENCY;
            h.dram.bits_per_cycle = bandwidth;
            const struct loopnest_choice c = search(&shapes[i], &h);
            cr_assert(le(dbl, c.counts.cycles, before));
            before = c.counts.cycles;
        }
    }
}

/* But for 0.1 %: pixels are cut as little as a buffer needs, and a finer cut is rarely a little better. */
Test(loopnest_search, more_buffer_never_costs_more_at_the_same_prices)
{
    for (int i = 0; i < SHAPES; i++) {
        double before = INFINITY;
        for (int64_t bytes = 16384; bytes <= 1 << 22; bytes *= 4) {
            struct hardware h = with_global_buffer(bytes);
            h.global.energy = BUFFER_FIXED;
            h.global.read_pj_per_bit = h.global.write_pj_per_bit = 0.5;
            h.tech.leakage = LEAKAGE_OFF;
            const struct loopnest_choice c = search(&shapes[i], &h);
            cr_assert(le(dbl, energy(&c, &h), before * 1.001), "shape %d, %lld bytes", i, (long long)bytes);
            before = energy(&c, &h);
        }
    }
}

Test(loopnest_search, twice_the_batch_takes_at_most_twice_the_energy_and_traffic)
{
    const struct hardware h = array(16, 32);
    for (int i = 0; i < SHAPES; i++) {
        struct nest n = shapes[i];
        for (n.batch = 1; n.batch < 64; n.batch *= 4) {
            struct nest twice = n;
            twice.batch *= 2;
            const struct loopnest_choice one = search(&n, &h), two = search(&twice, &h);
            cr_assert(le(dbl, energy(&two, &h), 2 * energy(&one, &h) * (1 + 1e-9)));
            cr_assert(
                le(dbl, counts_dram_bytes(&two.counts), 2 * counts_dram_bytes(&one.counts) * (1 + 1e-9)));
        }
    }
}

Test(loopnest_search, wider_operands_never_cost_less)
{
    for (int i = 0; i < SHAPES; i++) {
        const struct hardware h = i % 2 ? array(12, 14) : with_global_buffer(110592);
        struct nest n = shapes[i];
        double before = 0;
        n.float32 = false;
        for (n.input_bits = 1; n.input_bits <= 16; n.input_bits++) {
            const struct loopnest_choice c = search(&n, &h);
            cr_assert(ge(dbl, energy(&c, &h), before));
            before = energy(&c, &h);
        }
    }
}

Test(loopnest_search, finer_tiles_never_find_worse)
{
    for (int i = 0; i < SHAPES; i++) {
        struct hardware h = with_global_buffer(32768);
        const struct loopnest_choice coarse = search(&shapes[i], &h);
        h.mapping.tiles = TILES_ALL;
        const struct loopnest_choice fine = search(&shapes[i], &h);
        cr_assert(le(dbl, energy(&fine, &h), energy(&coarse, &h)));
    }
}

Test(loopnest_search, the_back_end_is_the_search)
{
    const struct hardware h = array(16, 32);
    const struct loopnest_choice best = search(&shapes[4], &h);
    const struct constants k = constants_nominal();
    struct prices p;
    struct counts c;
    prices_make(&p, &h, &k);
    must(backend_count(&c, &shapes[4], &h, &p));
    for (int i = 0; i < COST_COMPONENTS; i++)
        cr_assert(eq(dbl, c.of[i], best.counts.of[i]));
    cr_assert(eq(dbl, c.cycles, best.counts.cycles));
}

/* --- presets --- */

/* Words of a tensor that reach the elements' registers, over all of them. */
static double arrivals(const struct loopnest_choice *c, const struct nest *n, const struct hardware *h,
                       enum loopnest_tensor t)
{
    const struct loopnest_problem p = loopnest_problem(n, h);
    struct loopnest_counts counts;
    must(loopnest_count(&counts, &p, &c->machine.arch, &c->mapping));
    const struct loopnest_level_counts *l = &counts.level[c->machine.registers];
    return l->of[t].fills * l->instances;
}

Test(loopnest_search, each_preset_keeps_what_its_name_says)
{
    const struct nest *n = &shapes[1]; /* 4 x 14 x 13 pixels, 64 to 64 channels, pointwise */
    struct hardware h = array(16, 16);
    h.array.register_bytes = 0;
    h.weight.bytes = h.input.bytes = h.output.bytes = 1 << 20;

    h.mapping.dataflow = DATAFLOW_WS;
    struct loopnest_choice c = search(n, &h);
    cr_assert(eq(int, c.dataflow, DATAFLOW_WS));
    cr_assert(eq(dbl, arrivals(&c, n, &h, LOOPNEST_WEIGHTS), 64 * 64));
    h.mapping.dataflow = DATAFLOW_OS;
    c = search(n, &h);
    cr_assert(eq(int, c.dataflow, DATAFLOW_OS));
    cr_assert(zero(dbl, arrivals(&c, n, &h, LOOPNEST_OUTPUTS)));
    h.mapping.dataflow = DATAFLOW_IS;
    c = search(n, &h);
    cr_assert(eq(int, c.dataflow, DATAFLOW_IS));
    cr_assert(epsilon_eq(dbl, arrivals(&c, n, &h, LOOPNEST_INPUTS), 4 * 14 * 13 * 64, 1e-6));
}

Test(loopnest_search, rows_stay_in_the_registers_with_filters_and_channels)
{
    const struct nest *n =
        &shapes[4]; /* 256 to 384 channels, 3 x 3: 16 filters x 4 channels x 3 fill 512 bytes */
    struct hardware h = with_global_buffer(110592);
    h.array.accumulator_bits = 16;
    h.mapping.dataflow = DATAFLOW_RS;
    const struct loopnest_choice c = search(n, &h);
    const struct loopnest_problem p = loopnest_problem(n, &h);
    const double weights = loopnest_tile(&p, &c.mapping, c.machine.registers, LOOPNEST_WEIGHTS);
    const double inputs = loopnest_tile(&p, &c.mapping, c.machine.registers, LOOPNEST_INPUTS);
    cr_assert(ge(dbl, weights, 96));
    cr_assert(eq(dbl, fmod(weights, 3), 0), "whole kernel rows");
    cr_assert(eq(dbl, fmod(inputs, 3), 0));
    cr_assert(lt(dbl, 0, c.counts.of[COST_NETWORK]));
}

Test(loopnest_search, auto_is_the_best_preset)
{
    const struct nest *n = &shapes[4];
    struct hardware h = with_global_buffer(110592);
    double least = INFINITY;
    for (enum hardware_dataflow d = DATAFLOW_WS; d <= DATAFLOW_RS; d++) {
        h.mapping.dataflow = d;
        const struct loopnest_choice c = search(n, &h);
        least = fmin(least, energy(&c, &h));
    }
    h.mapping.dataflow = DATAFLOW_AUTO;
    const struct loopnest_choice c = search(n, &h);
    cr_assert(eq(dbl, energy(&c, &h), least));
}

Test(loopnest_search, what_fits_nowhere_is_refused_with_the_buffer)
{
    struct hardware h = array(16, 16);
    struct loopnest_choice c;
    const struct prices p = {0};
    h.input.bytes = 4;
    expect_failure(loopnest_search(&c, &shapes[4], &h, &p), STATUS_INPUT, "the input buffer holds 2 bytes");
    h = array(16, 16);
    h.array.register_bytes = 2;
    for (enum hardware_dataflow d = DATAFLOW_AUTO; d <= DATAFLOW_RS; d++) {
        h.mapping.dataflow = d;
        expect_failure(loopnest_search(&c, &shapes[4], &h, &p), STATUS_INPUT, "an element's registers");
    }
}

Test(loopnest_search, a_layer_beyond_exact_counts_is_refused)
{
    struct hardware h = array(16, 16);
    struct nest n = shapes[4];
    struct loopnest_choice c;
    const struct prices p = {0};
    h.mapping.tiles = TILES_ALL;
    n.batch = INT64_MAX;
    expect_failure(loopnest_search(&c, &n, &h, &p), STATUS_INPUT, "2^53");
}
