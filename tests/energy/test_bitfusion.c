/* tests/energy/test_bitfusion.c - the released simulator's counters, row by row, and the totals that were
 * published of them. */
#include "energy/backends/bitfusion/bitfusion.h"
#include "sim/method/schedule.h"
#include "tests/fixtures/bitfusion_machine.h"
#include "tests/fixtures/quant_csv.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <math.h>
#include <string.h>

/* --- golden rows
 * ------------------------------------------------------------------------------------------ */

enum { GOLDEN_ROWS = 1344 };

static void golden_open(struct csv *c)
{
    cr_assert(csv_open(c, "tests/golden/bitfusion.csv"));
}

static const char *text(const struct csv *c, const char *column)
{
    for (int i = 0; i < c->columns; i++)
        if (strcmp(c->header[i], column) == 0) return c->field[i];
    cr_fatal("no column %s", column);
    return NULL;
}

static int64_t whole(const struct csv *c, const char *column)
{
    return atoll(text(c, column));
}

static struct bitfusion_layer row_layer(const struct csv *c)
{
    return (struct bitfusion_layer){.batch = whole(c, "B"),
                                    .in_c = whole(c, "IC"),
                                    .out_c = whole(c, "OC"),
                                    .out_h = whole(c, "O"),
                                    .out_w = whole(c, "O"),
                                    .kernel_h = whole(c, "K"),
                                    .kernel_w = whole(c, "K"),
                                    .stride = whole(c, "S"),
                                    .im2col = whole(c, "im2col"),
                                    .input_bits = whole(c, "bits_a"),
                                    .weight_bits = whole(c, "bits_w"),
                                    .output_bits = 32};
}

static struct bitfusion_result row_search(const struct csv *c)
{
    const struct bitfusion_layer l = row_layer(c);
    const struct bitfusion_machine m = bitfusion_machine(whole(c, "M"), whole(c, "dram_bits_per_cycle"));
    struct bitfusion_result r;
    cr_assert(eq(i64, m.weight_room, 4 * whole(c, "wbuf_bytes")));
    cr_assert(eq(int, bitfusion_search(&r, &l, &m), STATUS_OK), "%s", status_detail());
    return r;
}

Test(bitfusion, every_counter_of_the_released_simulator_is_met)
{
    struct csv c;
    int rows = 0;
    golden_open(&c);
    while (csv_next(&c)) {
        const struct bitfusion_counts k = row_search(&c).counts;
        const struct {
            const char *column;
            int64_t value;
        } counters[] = {
            {"cycles", k.cycles},
            {"mem_stall_cycles", k.stall_cycles},
            {"ibuf_read_bits", k.input_read},
            {"ibuf_write_bits", k.input_write},
            {"wbuf_read_bits", k.weight_read},
            {"wbuf_write_bits", k.weight_write},
            {"obuf_read_bits", k.output_read},
            {"obuf_write_bits", k.output_write},
            {"dram_read_bits", k.dram_read},
            {"dram_write_bits", k.dram_write},
        };
        for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
            cr_expect(eq(i64, counters[i].value, whole(&c, counters[i].column)), "%s %s %s: %s",
                      text(&c, "config"), text(&c, "network"), text(&c, "layer"), counters[i].column);
        rows++;
    }
    cr_expect(eq(int, rows, GOLDEN_ROWS));
}

/* The file has six digits: half a unit of the last is at most 5e-6 of the value. */
Test(bitfusion, every_energy_of_the_released_simulator_is_met_to_its_digits)
{
    static const struct {
        char column[16];
        enum component of[4];
        int count;
    } parts[] = {
        {"e_core_nJ", {COST_CORE}, 1},
        {"e_wbuf_nJ", {COST_WEIGHT_READ, COST_WEIGHT_WRITE}, 2},
        {"e_ibuf_nJ", {COST_INPUT_READ, COST_INPUT_WRITE}, 2},
        {"e_obuf_nJ", {COST_OUTPUT_READ, COST_OUTPUT_WRITE}, 2},
        {"e_dram_nJ", {COST_DRAM_READ, COST_DRAM_WRITE}, 2},
    };
    struct csv c;
    golden_open(&c);
    while (csv_next(&c)) {
        const struct bitfusion_result r = row_search(&c);
        const struct prices p = bitfusion_prices(whole(&c, "M"));
        struct counts n = {0};
        bitfusion_add(&n, &r.counts, 1);
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            double pj = 0;
            for (int j = 0; j < parts[i].count; j++)
                pj += n.of[parts[i].of[j]] * p.pj[parts[i].of[j]];
            cr_expect(epsilon_eq(dbl, pj / 1e3 / atof(text(&c, parts[i].column)), 1, 5.1e-6), "%s %s: %s",
                      text(&c, "network"), text(&c, "layer"), parts[i].column);
        }
        cr_expect(epsilon_eq(dbl, r.energy_pj / 1e3 / atof(text(&c, "e_total_nJ")), 1, 5.1e-6));
    }
}

Test(bitfusion, of_equal_mappings_the_one_of_the_released_simulator_is_chosen)
{
    struct csv c;
    golden_open(&c);
    while (csv_next(&c)) {
        const struct bitfusion_result r = row_search(&c);
        char tiling[128], order[32];
        bitfusion_tiling(tiling, sizeof tiling, &r.mapping);
        bitfusion_order(order, sizeof order, &r.mapping);
        cr_expect(eq(str, tiling, (char *)text(&c, "tiling")));
        cr_expect(eq(str, order, (char *)text(&c, "loop_order_outer_to_inner")));
    }
}

Test(bitfusion, a_text_that_does_not_fit_is_cut)
{
    const struct bitfusion_mapping m = {
        .tiles = {1, 1, 1, 1, 1}, .size = {16, 3, 32, 4, 4}, .order = {0, 1, 2, 3, 4}};
    char small[8];
    bitfusion_tiling(small, sizeof small, &m);
    cr_expect(eq(str, small, "b=1x16|"));
    bitfusion_order(small, sizeof small, &m);
    cr_expect(eq(str, small, "b>ic>oc"));
}

/* --- published totals
 * ------------------------------------------------------------------------------------- */

/* One network of the file at one pair of widths (0: as each layer has it): sums over layers and instances. */
struct total {
    char config[16], network[24];
    int bits;
    int64_t cycles;
    double mj, tolerance; /* for the batch */
};

ParameterizedTestParameters(bitfusion, totals_are_the_published_ones)
{
    static struct total rows[] = {
        {"bf_e_native", "AlexNet", 0, 37666491, 131.95, 0.01},
        {"bf_e_native", "CIFAR10", 0, 3293704, 11.592, 0.001},
        {"bf_e_native", "LeNet-5", 0, 410352, 1.141, 0.001},
        {"bf_e_native", "RESNET-18", 0, 49079982, 169.66, 0.01},
        {"bf_e_native", "RNN", 0, 394583, 1.257, 0.001},
        {"bf_e_native", "LSTM", 0, 337175, 1.080, 0.001},
        /* uniform precision: a step between 4 and 5 bits; 2 bits are only 3.73 times as fast as 8 */
        {"bf_e", "ResNet-18", 2, 15821944, 52.7, 0.1},
        {"bf_e", "ResNet-18", 3, 19964369, 63.4, 0.1},
        {"bf_e", "ResNet-18", 4, 21261832, 73.0, 0.1},
        {"bf_e", "ResNet-18", 5, 58500426, 151.4, 0.1},
        {"bf_e", "ResNet-18", 8, 58992481, 175.6, 0.1},
        /* what if the array and its buffers were larger? at equal bandwidth it gets slower in the end */
        {"bf_e_x2_bw192", "ResNet-18", 8, 32838165, 127.2, 0.1},
        {"bf_e_x4_bw192", "ResNet-18", 8, 34038078, 167.8, 0.1},
        {"bf_e_x8_bw192", "ResNet-18", 8, 51403155, 255.7, 0.1},
        {"bf_e_x8_bw4096", "ResNet-18", 8, 15662044, 562.3, 0.1},
        /* cycles come first: bandwidth buys few of them for much energy */
        {"bf_e_x1_bw64", "ResNet-18", 8, 96302336, 127.2, 0.1},
        {"bf_e_x1_bw512", "ResNet-18", 8, 57032661, 348.0, 0.1},
        {"bf_e_x1_bw4096", "ResNet-18", 8, 57016760, 450.0, 0.1},
    };
    return cr_make_param_array(struct total, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct total *t, bitfusion, totals_are_the_published_ones)
{
    struct csv c;
    double cycles = 0, pj = 0;
    golden_open(&c);
    while (csv_next(&c)) {
        if (strcmp(text(&c, "config"), t->config) != 0 || strcmp(text(&c, "network"), t->network) != 0)
            continue;
        if (t->bits != 0 && (whole(&c, "bits_a") != t->bits || whole(&c, "bits_w") != t->bits)) continue;
        const struct bitfusion_result r = row_search(&c);
        cycles += (double)whole(&c, "count") * (double)r.counts.cycles;
        pj += (double)whole(&c, "count") * r.energy_pj;
    }
    cr_expect(eq(dbl, cycles, (double)t->cycles));
    cr_expect(epsilon_eq(dbl, pj / 1e9, t->mj, t->tolerance));
}

/* --- cyclic precision
 * ------------------------------------------------------------------------------------- */

/* The file has ResNet-20 and 38 of CIFAR; deeper ones repeat the same layers more often. */
static double instances(const struct csv *c, int blocks)
{
    const char *layer = text(c, "layer");
    if (strcmp(layer, "s1_3x3") == 0) return 2 * blocks;
    if (strcmp(layer, "s2_3x3") == 0 || strcmp(layer, "s3_3x3") == 0) return 2 * blocks - 1;
    return (double)whole(c, "count");
}

/* All products of one training iteration of ResNet-(6 blocks + 2), batch 128, at 3..8 bits forward, 8
 * backward. */
static void iteration(double pj[9], double cycles[9], int blocks)
{
    struct csv c;
    golden_open(&c);
    while (csv_next(&c)) {
        int forward, backward;
        if (sscanf(text(&c, "config"), "bf_e_train_fw%d_bw%d", &forward, &backward) != 2 || backward != 8 ||
            strcmp(text(&c, "network"), "ResNet-20-CIFAR") != 0)
            continue;
        const struct bitfusion_result r = row_search(&c);
        pj[forward] += instances(&c, blocks) * r.energy_pj;
        cycles[forward] += instances(&c, blocks) * (double)r.counts.cycles;
    }
}

static double cyclic_saving(const double cost[9])
{
    struct schedule_spec s = {.bits_min = 3, .bits_max = 8, .cycles = 32, .remainder = REMAINDER_LEFTOVER};
    enum { ITERATIONS = 64000 };
    double sum = 0;
    cr_assert(eq(int, schedule_find(&s.type, "cosine"), STATUS_OK));
    for (int64_t i = 0; i < ITERATIONS; i++)
        sum += cost[schedule_bits(&s, &(struct schedule_point){.iteration = i, .iterations = ITERATIONS})];
    return 100 * (1 - sum / ITERATIONS / cost[8]);
}

struct network {
    int blocks;
    double mj_per_image, energy_saving, latency_saving; /* per cent, CPT 3-8/8 against 8/8 */
};

ParameterizedTestParameters(bitfusion, cyclic_precision_saves_a_third_of_its_bit_operations_in_energy)
{
    static struct network rows[] = {{3, 1.183, 11.9, 11.0}, {6, 2.358, 12.2, 11.3}, {12, 4.707, 12.4, 11.5}};
    return cr_make_param_array(struct network, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct network *n, bitfusion,
                  cyclic_precision_saves_a_third_of_its_bit_operations_in_energy)
{
    double pj[9] = {0}, cycles[9] = {0};
    iteration(pj, cycles, n->blocks);
    cr_expect(epsilon_eq(dbl, pj[8] / 128 / 1e9, n->mj_per_image, 0.0006));
    cr_expect(epsilon_eq(dbl, cyclic_saving(pj), n->energy_saving, 0.06));
    cr_expect(epsilon_eq(dbl, cyclic_saving(cycles), n->latency_saving, 0.06));
}
