/* tests/energy/test_bitfusion_backend.c - BitFusion behind the back ends' interface: knobs, prices, passes,
 * refusals. */
#include "energy/backends/bitfusion/bitfusion.h"
#include "tests/fixtures/bitfusion_machine.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <math.h>
#include <string.h>

static void set(struct hardware *h, const char *path, const char *value)
{
    cr_assert(eq(int, hardware_set(h, path, value), STATUS_OK), "%s", status_detail());
}

/* As released, by its knobs. */
static struct hardware released(void)
{
    struct hardware h = hardware_default();
    set(&h, "array.backend", "bitfusion");
    set(&h, "tech.leakage", "off");
    set(&h, "dram.background_w", "0");
    set(&h, "mapping.objective", "latency");
    set(&h, "bitfusion.compat", "true");
    return h;
}

static struct prices priced(const struct hardware *h)
{
    const struct constants k = constants_nominal();
    struct prices p;
    prices_make(&p, h, &k);
    return p;
}

/* conv2 of AlexNet as BitFusion has it: a golden row, 2 instances. */
static const struct nest alexnet_conv2 = {.batch = 16,
                                          .in_c = 96,
                                          .out_c = 256,
                                          .out_h = 27,
                                          .out_w = 27,
                                          .kernel_h = 5,
                                          .kernel_w = 5,
                                          .stride = 1,
                                          .instances = 2,
                                          .input_bits = 4,
                                          .weight_bits = 4};

/* --- knobs
 * ------------------------------------------------------------------------------------------------ */

Test(bitfusion_backend, the_default_array_as_released_gives_a_golden_row_in_cycles_and_joules)
{
    const struct hardware h = released();
    const struct prices p = priced(&h);
    struct counts c;
    cr_assert(eq(int, backend_count(&c, &alexnet_conv2, &h, &p), STATUS_OK), "%s", status_detail());
    cr_expect(eq(dbl, c.cycles, 2.0 * 5018849));
    cr_expect(eq(dbl, c.stall_cycles, 2.0 * 1249));
    cr_expect(eq(dbl, c.of[COST_DRAM_READ], 2.0 * 671219712));
    cr_expect(eq(dbl, c.of[COST_CORE], 2.0 * 512 * (5018849 - 1249)));
    cr_expect(epsilon_eq(dbl, counts_energy(&c, &p) / (2 * 1.775e-2), 1, 5.1e-6));
}

Test(bitfusion_backend, compat_overrules_switches_and_objective)
{
    struct hardware h = released();
    const struct prices p = priced(&h);
    struct bitfusion_layer l;
    struct bitfusion_machine m;
    set(&h, "mapping.objective", "energy");
    set(&h, "bitfusion.output_once", "true");
    cr_assert(eq(int, bitfusion_describe(&l, &m, &alexnet_conv2, &h, &p), STATUS_OK));
    cr_expect(eq(int, m.objective, OBJECTIVE_LATENCY));
    cr_expect(not(m.mends.output_once));
    set(&h, "bitfusion.compat", "false");
    cr_assert(eq(int, bitfusion_describe(&l, &m, &alexnet_conv2, &h, &p), STATUS_OK));
    cr_expect(eq(int, m.objective, OBJECTIVE_ENERGY));
    cr_expect(m.mends.output_once);
}

struct objective_row {
    char knob[12];
    enum hardware_objective value;
};

ParameterizedTestParameters(bitfusion_backend, an_objective_is_what_its_mapping_is_best_at)
{
    static struct objective_row rows[] = {
        {"latency", OBJECTIVE_LATENCY}, {"energy", OBJECTIVE_ENERGY}, {"edp", OBJECTIVE_EDP}};
    return cr_make_param_array(struct objective_row, rows, 3);
}

ParameterizedTest(struct objective_row *own, bitfusion_backend, an_objective_is_what_its_mapping_is_best_at)
{
    static const char *const others[] = {"latency", "energy", "edp"};
    double value[3];
    for (int i = 0; i < 3; i++) {
        struct hardware h = released();
        set(&h, "bitfusion.compat", "false");
        set(&h, "bitfusion.leakage", "false");
        set(&h, "dram.bits_per_cycle", "512");
        set(&h, "mapping.objective", others[i]);
        const struct prices p = priced(&h);
        struct counts c;
        cr_assert(eq(int, backend_count(&c, &alexnet_conv2, &h, &p), STATUS_OK), "%s", status_detail());
        const double energy = counts_energy(&c, &p);
        value[i] = own->value == OBJECTIVE_LATENCY  ? c.cycles
                   : own->value == OBJECTIVE_ENERGY ? energy
                                                    : energy * c.cycles;
    }
    for (int i = 0; i < 3; i++)
        cr_expect(le(dbl, value[own->value], value[i] * (1 + 1e-12)), "%s", others[i]);
}

Test(bitfusion_backend, a_bandwidth_between_whole_bits_lies_between_their_cycles)
{
    static const char *const bandwidths[] = {"2", "1.5", "1", "0.5"};
    struct hardware h = released();
    const struct prices p = priced(&h);
    double before = 0;
    for (int i = 0; i < 4; i++) {
        struct counts c;
        set(&h, "dram.bits_per_cycle", bandwidths[i]);
        cr_assert(eq(int, backend_count(&c, &alexnet_conv2, &h, &p), STATUS_OK), "%s", status_detail());
        cr_expect(lt(dbl, before, c.cycles));
        before = c.cycles;
    }
}

/* --- wide operands
 * ---------------------------------------------------------------------------------------- */

static const struct bitfusion_layer known = {.batch = 4,
                                             .in_c = 64,
                                             .out_c = 64,
                                             .out_h = 14,
                                             .out_w = 14,
                                             .kernel_h = 3,
                                             .kernel_w = 3,
                                             .stride = 1,
                                             .input_bits = 8,
                                             .weight_bits = 8,
                                             .output_bits = 32};

static int64_t compute_cycles(enum hardware_compose compose, int input_bits, int weight_bits)
{
    struct bitfusion_machine m = bitfusion_machine(32, 192);
    struct bitfusion_layer l = known;
    struct bitfusion_result r;
    m.compose = compose;
    l.input_bits = input_bits, l.weight_bits = weight_bits;
    cr_assert(eq(int, bitfusion_search(&r, &l, &m), STATUS_OK), "%s", status_detail());
    return r.counts.cycles - r.counts.stall_cycles;
}

struct wide_row {
    int input_bits, weight_bits;
    double passes; /* compute cycles over those of 8 x 8 bits */
};

ParameterizedTestParameters(bitfusion_backend, operands_wider_than_pmax_take_passes)
{
    static struct wide_row rows[] = {{8, 8, 1},   {9, 8, 2},    {16, 8, 2}, {16, 16, 4},
                                     {17, 8, 3},  {32, 32, 16}, {16, 4, 1}, {16, 2, 0.5},
                                     {8, 4, 0.5}, {4, 4, 0.25}, {5, 8, 1},  {2, 8, 0.25}};
    return cr_make_param_array(struct wide_row, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct wide_row *w, bitfusion_backend, operands_wider_than_pmax_take_passes)
{
    const double one = (double)compute_cycles(COMPOSE_TEMPORAL, 8, 8);
    cr_expect(
        eq(dbl, (double)compute_cycles(COMPOSE_TEMPORAL, w->input_bits, w->weight_bits), w->passes * one));
    /* side by side on rows, the same rate: 64 channels fill all of them */
    if (w->passes != 3)
        cr_expect(
            eq(dbl, (double)compute_cycles(COMPOSE_SPATIAL, w->input_bits, w->weight_bits), w->passes * one));
}

/* --- refusals
 * --------------------------------------------------------------------------------------------- */

struct refusal {
    struct bitfusion_layer layer;
    struct bitfusion_machine machine;
    char words[3][48]; /* that the sentence holds */
};

enum { REFUSALS = 24 };

static struct refusal *refuse(struct refusal *all, int *n, const char *a, const char *b)
{
    struct refusal *const r = &all[(*n)++];
    *r = (struct refusal){.layer = known, .machine = bitfusion_machine(32, 192)};
    strcpy(r->words[0], a);
    strcpy(r->words[1], b);
    return r;
}

ParameterizedTestParameters(bitfusion_backend, what_cannot_be_is_refused_with_its_reason)
{
    static struct refusal rows[REFUSALS];
    int n = 0;
    refuse(rows, &n, "batch is 0", "")->layer.batch = 0;
    refuse(rows, &n, "in_c is -3", "")->layer.in_c = -3;
    refuse(rows, &n, "out_c is 0", "")->layer.out_c = 0;
    refuse(rows, &n, "out_h is 0", "")->layer.out_h = 0;
    refuse(rows, &n, "kernel_w is -1", "")->layer.kernel_w = -1;
    refuse(rows, &n, "stride is 0", "")->layer.stride = 0;
    refuse(rows, &n, "out_w is 9223372036854775807", "")->layer.out_w = INT64_MAX;
    refuse(rows, &n, "input_bits is 0", "")->layer.input_bits = 0;
    refuse(rows, &n, "weight_bits is 65", "64")->layer.weight_bits = 65;
    refuse(rows, &n, "rows is 0", "")->machine.rows = 0;
    refuse(rows, &n, "pmin is 9", "8")->machine.pmin = 9;
    refuse(rows, &n, "bandwidth_bits is 0", "")->machine.bandwidth_bits = 0;
    /* one channel's 9 taps in 16 lanes x 32 outputs x 8 bits; 3 x 3 pixels of 8 bits; a pixel's 32 sums */
    refuse(rows, &n, "weight buffer", "511 bytes")->machine.weight_room = 8 * 511;
    strcpy(rows[n - 1].words[2], "needs 512");
    refuse(rows, &n, "input buffer", "needs 9")->machine.input_room = 64;
    refuse(rows, &n, "output buffer", "needs 128")->machine.output_room = 0;
    struct refusal *r = refuse(rows, &n, "9 and 8 bits", "temporal");
    r->machine.compose = COMPOSE_FLOOR, r->layer.input_bits = 9;
    r = refuse(rows, &n, "takes 64 rows", "temporal");
    r->machine.compose = COMPOSE_SPATIAL, r->layer.input_bits = r->layer.weight_bits = 64;
    refuse(rows, &n, "ws, os, is", "")->machine.dataflow = DATAFLOW_RS;
    r = refuse(rows, &n, "2^63", "");
    r->layer.batch = r->layer.in_c = r->layer.out_c = INT64_C(1) << 20;
    r = refuse(rows, &n, "2^63", "");
    r->layer.batch = r->layer.in_c = r->layer.out_c = r->layer.out_h = r->layer.out_w = INT64_C(1) << 40;
    r->machine.mends = all_mended;
    return cr_make_param_array(struct refusal, rows, n);
}

ParameterizedTest(struct refusal *r, bitfusion_backend, what_cannot_be_is_refused_with_its_reason)
{
    struct bitfusion_result out;
    cr_assert(eq(int, bitfusion_search(&out, &r->layer, &r->machine), STATUS_INPUT), "%s", r->words[0]);
    for (int i = 0; i < 3; i++)
        cr_expect(not(zero(ptr, strstr(status_detail(), r->words[i]))), "'%s' not in: %s", r->words[i],
                  status_detail());
}

Test(bitfusion_backend, a_layer_just_below_2_63_is_counted)
{
    struct bitfusion_layer l = known;
    struct bitfusion_machine m = bitfusion_machine(32, 192);
    struct bitfusion_result r;
    l.kernel_h = l.kernel_w = l.out_h = l.out_w = 1;
    l.batch = INT64_C(1) << 20, l.in_c = INT64_C(1) << 18,
    l.out_c = INT64_C(1) << 19; /* 2^57 products of 8 bits */
    cr_assert(eq(int, bitfusion_search(&r, &l, &m), STATUS_OK), "%s", status_detail());
    cr_expect(eq(i64, r.counts.input_read, INT64_C(1) << 60));
    cr_expect(eq(i64, r.counts.cycles - r.counts.stall_cycles, INT64_C(1) << 48));
    l.in_c *= 8;
    cr_expect(eq(int, bitfusion_search(&r, &l, &m), STATUS_INPUT));
}

Test(bitfusion_backend, hardware_that_is_none_of_bitfusions_is_refused)
{
    struct hardware h = released();
    const struct prices p = priced(&h);
    struct counts c = {0};
    set(&h, "array.mac_model", "quadratic");
    cr_expect(eq(int, bitfusion_count(&c, &alexnet_conv2, &h, &p), STATUS_INPUT));
    cr_expect(not(zero(ptr, strstr(status_detail(), "array.mac_model"))));
    h = released();
    set(&h, "array.accumulator_bits", "16");
    cr_expect(eq(int, bitfusion_count(&c, &alexnet_conv2, &h, &p), STATUS_INPUT));
    cr_expect(not(zero(ptr, strstr(status_detail(), "accumulators of 16 bits"))));
}
