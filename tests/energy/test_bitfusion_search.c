/* tests/energy/test_bitfusion_search.c - the fast search is the exhaustive one, and what holds of its
 * results. */
#include "quant/random.h"
#include "tests/fixtures/bitfusion_machine.h"
#include "tests/fixtures/bitfusion_plain.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <stdint.h>

/* --- made layers and machines
 * ----------------------------------------------------------------------------- */

/* Draws by name, in turn. */
struct dice {
    uint32_t stream;
    uint64_t at;
};

static int64_t draw(struct dice *d, int64_t low, int64_t high)
{
    const uint32_t word = random_bits32((struct random_name){.seed = 5, .stream = d->stream}, d->at++);
    return low + word % (high - low + 1);
}

static bool one_in(struct dice *d, int64_t n)
{
    return draw(d, 1, n) == 1;
}

/* Small enough for 120 orders, odd enough to meet every case: ragged tiles, wide operands, unequal sides. */
static struct bitfusion_layer odd_layer(struct dice *d)
{
    struct bitfusion_layer l = {.batch = draw(d, 1, 20),
                                .in_c = draw(d, 1, 40),
                                .out_c = draw(d, 1, 40),
                                .out_h = draw(d, 1, 9),
                                .kernel_h = draw(d, 1, 5),
                                .stride = draw(d, 1, 3),
                                .im2col = one_in(d, 5),
                                .input_bits = draw(d, 1, 18),
                                .weight_bits = draw(d, 1, 18),
                                .output_bits = draw(d, 1, 32)};
    l.out_w = one_in(d, 2) ? l.out_h : draw(d, 1, 9);
    l.kernel_w = one_in(d, 2) ? l.kernel_h : draw(d, 1, 5);
    return l;
}

static struct bitfusion_machine odd_machine(struct dice *d)
{
    struct bitfusion_machine m = bitfusion_machine(32, draw(d, 1, 300));
    m.rows = draw(d, 1, 16), m.columns = draw(d, 1, 16);
    m.pmax = draw(d, 1, 16), m.pmin = draw(d, 1, m.pmax);
    m.compose = one_in(d, 4) ? COMPOSE_SPATIAL : COMPOSE_TEMPORAL;
    m.input_room = draw(d, 1, 60000), m.weight_room = draw(d, 1, 60000), m.output_room = draw(d, 1, 40000);
    m.bandwidth_cycles = one_in(d, 4) ? 7 : 1;
    m.objective = draw(d, OBJECTIVE_LATENCY, OBJECTIVE_EDP);
    m.dataflow = one_in(d, 4) ? draw(d, DATAFLOW_WS, DATAFLOW_IS) : DATAFLOW_AUTO;
    m.mends = (struct bitfusion_mends){.output_once = one_in(d, 2),
                                       .input_broadcast = one_in(d, 2),
                                       .core_by_use = one_in(d, 2),
                                       .unpadded_dram = one_in(d, 2),
                                       .first_tile = one_in(d, 2),
                                       .leakage = one_in(d, 2)};
    for (int i = 0; i < COST_COMPONENTS; i++)
        m.prices.pj[i] = draw(d, 0, 10000) / 1000.0;
    m.prices.pj[COST_LEAKAGE] *= 1e11;
    return m;
}

/* A layer as networks have them, on the published machine with buffers cut to less. */
static struct bitfusion_layer plain_layer(struct dice *d)
{
    const int64_t kernel = one_in(d, 4) ? 1 : 3, side = draw(d, 1, 32);
    return (struct bitfusion_layer){.batch = one_in(d, 4) ? draw(d, 1, 100) : INT64_C(1) << draw(d, 0, 6),
                                    .in_c = draw(d, 1, 300),
                                    .out_c = draw(d, 1, 300),
                                    .out_h = side,
                                    .out_w = side,
                                    .kernel_h = kernel,
                                    .kernel_w = kernel,
                                    .stride = draw(d, 1, 2),
                                    .im2col = one_in(d, 5),
                                    .input_bits = draw(d, 1, 8),
                                    .weight_bits = draw(d, 1, 8),
                                    .output_bits = one_in(d, 2) ? 32 : 8};
}

static struct bitfusion_machine cut_machine(struct dice *d)
{
    struct bitfusion_machine m = bitfusion_machine(32, draw(d, 8, 600));
    m.input_room >>= draw(d, 0, 5);
    m.weight_room >>= draw(d, 0, 5);
    m.output_room >>= draw(d, 0, 5);
    return m;
}

static struct bitfusion_machine physical(struct bitfusion_machine m)
{
    m.objective = OBJECTIVE_ENERGY;
    m.mends = all_mended;
    return m;
}

static double dram_bits(const struct bitfusion_result *r)
{
    return (double)r->counts.dram_read + (double)r->counts.dram_write;
}

/* --- the search
 * ------------------------------------------------------------------------------------------- */

enum { CASES = 400, LAYERS = 1000 };

Test(bitfusion_search, nothing_better_is_found_by_trying_everything)
{
    struct dice d = {.stream = 1};
    int mapped = 0;
    for (int i = 0; i < CASES; i++) {
        const struct bitfusion_layer l = odd_layer(&d);
        const struct bitfusion_machine m = odd_machine(&d);
        struct bitfusion_result fast, plain;
        const bool found = plain_search(&plain, &l, &m);
        cr_expect(eq(int, bitfusion_search(&fast, &l, &m) == STATUS_OK, found), "case %d: %s", i,
                  status_detail());
        if (!found) continue;
        mapped++;
        cr_expect(zero(int, memcmp(&fast.counts, &plain.counts, sizeof fast.counts)), "case %d: other counts",
                  i);
        cr_expect(eq(dbl, fast.energy_pj, plain.energy_pj), "case %d", i);
        cr_expect(zero(int, memcmp(fast.mapping.tiles, plain.mapping.tiles, sizeof fast.mapping.tiles)));
        cr_expect(zero(int, memcmp(fast.mapping.size, plain.mapping.size, sizeof fast.mapping.size)));
        cr_expect(zero(int, memcmp(fast.mapping.order, plain.mapping.order, sizeof fast.mapping.order)),
                  "case %d", i);
    }
    cr_expect(lt(int, CASES * 3 / 4, mapped));
}

/* --- laws
 * ------------------------------------------------------------------------------------------------- */

Test(bitfusion_search, with_all_mends_energy_never_falls_when_a_width_grows)
{
    struct dice d = {.stream = 2};
    for (int i = 0; i < LAYERS; i++) {
        struct bitfusion_layer l = plain_layer(&d);
        const struct bitfusion_machine m = physical(cut_machine(&d));
        struct bitfusion_result r;
        double before = 0;
        int *const grows = i % 2 ? &l.input_bits : &l.weight_bits;
        for (*grows = 1; *grows <= 18 && bitfusion_search(&r, &l, &m) == STATUS_OK; ++*grows) {
            cr_expect(le(dbl, before, r.energy_pj * (1 + 1e-12)), "case %d, %d bits", i, *grows);
            before = r.energy_pj;
        }
        cr_expect(lt(int, 1, *grows), "%s", status_detail());
    }
}

/* At a given mapping each transfer gets shorter, so that the shortest of all mappings does. */
Test(bitfusion_search, a_faster_memory_never_costs_cycles)
{
    struct dice d = {.stream = 3};
    for (int i = 0; i < LAYERS; i++) {
        const struct bitfusion_layer l = plain_layer(&d);
        struct bitfusion_machine m = cut_machine(&d);
        struct bitfusion_result slow, fast;
        if (one_in(&d, 2)) m.mends = all_mended;
        if (bitfusion_search(&slow, &l, &m) != STATUS_OK) continue;
        m.bandwidth_bits += draw(&d, 1, 100);
        cr_assert(eq(int, bitfusion_search(&fast, &l, &m), STATUS_OK));
        cr_expect(le(i64, fast.counts.cycles, slow.counts.cycles), "case %d", i);
    }
}

/* Inputs along one side that some kernel position meets. */
static int64_t touched(int64_t outputs, int64_t kernel, int64_t stride)
{
    return (outputs - 1) * plain_min(kernel, stride) + kernel;
}

/* Every operand and every result crosses the interface once; results as 64 bits if as released. */
static double compulsory_bits(const struct bitfusion_layer *l, const struct bitfusion_machine *m)
{
    const int64_t pixels = l->out_h * l->out_w, taps = l->kernel_h * l->kernel_w;
    const int64_t inputs =
        l->im2col ? pixels * taps
                  : touched(l->out_h, l->kernel_h, l->stride) * touched(l->out_w, l->kernel_w, l->stride);
    const int64_t result = m->mends.output_once ? l->output_bits : 2 * m->sum_bits;
    return (double)(l->batch * l->in_c * inputs * l->input_bits + taps * l->in_c * l->out_c * l->weight_bits +
                    l->batch * l->out_c * pixels * result);
}

Test(bitfusion_search, neither_compulsory_traffic_nor_the_roofline_is_beaten)
{
    struct dice d = {.stream = 4};
    for (int i = 0; i < LAYERS; i++) {
        const struct bitfusion_layer l = plain_layer(&d);
        struct bitfusion_machine m = cut_machine(&d);
        struct bitfusion_result r;
        if (one_in(&d, 2)) m = physical(m);
        if (bitfusion_search(&r, &l, &m) != STATUS_OK) continue;
        const double parallel = (m.pmax / fmax(m.pmin, l.input_bits)),
                     more = (m.pmax / fmax(m.pmin, l.weight_bits));
        const double peak = (double)(m.rows * m.columns) * floor(parallel) * floor(more);
        const double macs =
            (double)(l.batch * l.in_c * l.out_c) * (double)(l.out_h * l.out_w * l.kernel_h * l.kernel_w);
        cr_expect(ge(dbl, dram_bits(&r), compulsory_bits(&l, &m)), "case %d", i);
        cr_expect(ge(dbl, (double)r.counts.cycles, macs / peak), "case %d", i);
        cr_expect(ge(dbl, (double)r.counts.cycles, compulsory_bits(&l, &m) / (double)m.bandwidth_bits),
                  "case %d", i);
    }
}

/* The mapping space cuts the batch once. Where the best mapping does not cut it, or does so in the outermost
 * loop, the doubled batch can run it twice; elsewhere there is no such law. */
Test(bitfusion_search, twice_the_batch_at_most_doubles_what_the_objective_counts)
{
    struct dice d = {.stream = 5};
    int judged = 0;
    for (int i = 0; i < LAYERS; i++) {
        struct bitfusion_layer l = plain_layer(&d);
        struct bitfusion_machine m = cut_machine(&d);
        struct bitfusion_result one, two;
        l.batch = INT64_C(1) << draw(&d, 0, 6);
        if (i % 2) { /* only DRAM has a price: traffic is what counts */
            m = physical(m);
            m.mends.leakage = false;
            m.prices = (struct prices){.pj = {[COST_DRAM_READ] = 1, [COST_DRAM_WRITE] = 1}};
        }
        if (bitfusion_search(&one, &l, &m) != STATUS_OK) continue;
        if (one.mapping.tiles[BITFUSION_B] > 1 && one.mapping.order[0] != BITFUSION_B) continue;
        l.batch *= 2;
        cr_assert(eq(int, bitfusion_search(&two, &l, &m), STATUS_OK));
        if (i % 2)
            cr_expect(le(dbl, dram_bits(&two), 2 * dram_bits(&one)), "case %d", i);
        else
            cr_expect(le(i64, two.counts.cycles, 2 * one.counts.cycles), "case %d", i);
        judged++;
    }
    cr_expect(lt(int, LAYERS / 2, judged));
}

/* --- switches
 * --------------------------------------------------------------------------------------------- */

static const struct bitfusion_layer known = {.batch = 16,
                                             .in_c = 64,
                                             .out_c = 64,
                                             .out_h = 28,
                                             .out_w = 28,
                                             .kernel_h = 3,
                                             .kernel_w = 3,
                                             .stride = 1,
                                             .input_bits = 4,
                                             .weight_bits = 4,
                                             .output_bits = 8};

static struct bitfusion_counts with(struct bitfusion_layer l, struct bitfusion_mends mends)
{
    struct bitfusion_machine m = bitfusion_machine(32, 192);
    struct bitfusion_result r;
    m.mends = mends;
    cr_assert(eq(int, bitfusion_search(&r, &l, &m), STATUS_OK));
    return r.counts;
}

Test(bitfusion_search, output_once_writes_each_output_once_at_its_width)
{
    const struct bitfusion_counts c = with(known, (struct bitfusion_mends){.output_once = true});
    cr_expect(eq(i64, c.dram_write, INT64_C(16) * 28 * 28 * 64 * 8));
    cr_expect(eq(i64, c.dram_read, c.input_write + c.weight_write));
    cr_expect(eq(i64, with(known, (struct bitfusion_mends){0}).dram_write, INT64_C(16) * 28 * 28 * 64 * 32));
}

Test(bitfusion_search, input_broadcast_reads_an_input_once_for_all_columns)
{
    const struct bitfusion_counts released = with(known, (struct bitfusion_mends){0});
    const struct bitfusion_counts c = with(known, (struct bitfusion_mends){.input_broadcast = true});
    cr_expect(eq(i64, 32 * c.input_read, released.input_read));
    cr_expect(eq(i64, c.hops, released.input_read));
    cr_expect(zero(i64, released.hops));
    cr_expect(eq(i64, c.cycles, released.cycles));
}

Test(bitfusion_search, core_by_use_splits_element_cycles_into_busy_and_idle)
{
    const struct bitfusion_counts c = with(known, (struct bitfusion_mends){.core_by_use = true});
    const double macs = 16.0 * 28 * 28 * 9 * 64 * 64;
    cr_expect(eq(dbl, c.core, macs / 4)); /* four 4 x 4-bit products in an element at once */
    cr_expect(eq(dbl, c.core + c.idle, 512.0 * (double)c.cycles));
    struct bitfusion_layer five = known;
    five.input_bits = 5; /* three of four bricks */
    cr_expect(eq(dbl, with(five, (struct bitfusion_mends){.core_by_use = true}).core, macs * 3 / 8));
}

Test(bitfusion_search, unpadded_dram_moves_three_channels_as_three)
{
    struct bitfusion_layer l = known;
    l.in_c = 3, l.input_bits = l.weight_bits = 2;
    const int64_t weights = 27 * 64 * 2;
    cr_expect(eq(i64, with(l, (struct bitfusion_mends){.unpadded_dram = true}).weight_write, weights));
    cr_expect(eq(i64, with(l, (struct bitfusion_mends){0}).weight_write, weights * 256 / 27)); /* 9.5 times */
}

Test(bitfusion_search, first_tile_and_leakage_change_time_alone)
{
    const struct bitfusion_counts released = with(known, (struct bitfusion_mends){0});
    const struct bitfusion_counts c = with(known, (struct bitfusion_mends){.first_tile = true});
    cr_expect(le(i64, c.cycles, released.cycles));
    cr_expect(zero(dbl, released.seconds));
    cr_expect(epsilon_eq(dbl, with(known, (struct bitfusion_mends){.leakage = true}).seconds,
                         (double)released.cycles * 2e-9, 1e-15));
}
