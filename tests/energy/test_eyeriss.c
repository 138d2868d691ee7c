/* tests/energy/test_eyeriss.c - the row-stationary model beside the measured chip and its simulated
 * predecessor.
 *
 * Chip: Chen et al., JSSC 2017, AlexNet (batch 4) and VGG-16 (batch 3), tests/golden/eyeriss_jssc17.csv; 65
 * nm, 200 MHz, 12 x 14 elements, 108 KiB buffer, 16 bits. Mappings are its seven published parameters, conv3
 * as conv4: with the q 4, r 1, t 4 that are printed for it the buffer would be accessed 1.4 times as often as
 * was measured.
 *
 * Assumptions, all of them:
 *   DRAM    inputs and outputs are run-length coded: three non-zero values in 64 bits, 21.3 bits a value,
 *           or left alone where that is longer; weights are not. Zeros of outputs are those of the next
 *           layer's inputs; of conv5, as of its own inputs. Padding pixels are moved.
 *   energy  published prices of 16 bits: multiply-accumulate 2 pJ, register 1, element to element 4,
 *           buffer 15. An element whose input is zero does nothing but read it. Chip energy is power x
 *           measured time.
 *   static  30 mW are published. With them alone the model has 53 to 107 % of what was measured: there is
 *           no price for the clock network. One number for it, 129 mW, is fitted to AlexNet's total; VGG-16
 *           is the check, with buffer accesses as measured.
 *
 * Simulation: Chen et al., ISCA 2016, AlexNet at batch 16, 16 x 16 elements of 512 bytes, 128 KiB, in units
 * of a multiply-accumulate (register 1, array 2, buffer 6, DRAM 200). The mappings are the search's own.
 */
#include "energy/backends/loopnest/loopnest_search.h"
#include "tests/fixtures/folder.h"
#include "tests/fixtures/quant_csv.h"

#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <math.h>

enum { BUFFER = 1, ARRAY = 2, REGISTERS = 3 };

/* A layer: groups, channels, filters, output and kernel size, stride; then m, n, e, p, q, r, t. */
struct layer_shape {
    int groups, c, f, size, kernel, stride;
    int m, n, e, p, q, r, t;
};

static const struct layer_shape alexnet[5] = {
    {1, 3, 96, 55, 11, 4, 96, 1, 7, 16, 1, 1, 2},    {2, 48, 128, 27, 5, 1, 64, 1, 27, 16, 2, 1, 1},
    {1, 256, 384, 13, 3, 1, 64, 4, 13, 16, 3, 2, 2}, {2, 192, 192, 13, 3, 1, 64, 4, 13, 16, 3, 2, 2},
    {2, 192, 128, 13, 3, 1, 64, 4, 13, 16, 3, 2, 2},
};

/* Channels, filters, size: one mapping for all, whose buffer and DRAM are not used. */
static const int vgg[13][3] = {{3, 64, 224},   {64, 64, 224},  {64, 128, 112}, {128, 128, 112},
                               {128, 256, 56}, {256, 256, 56}, {256, 256, 56}, {256, 512, 28},
                               {512, 512, 28}, {512, 512, 28}, {512, 512, 14}, {512, 512, 14},
                               {512, 512, 14}};

/* A row of the measurements. */
struct measured {
    double power_mw, total_ms, zeros, buffer_mb, dram_mb;
};

enum { POWER = 3, TOTAL_MS = 4, ZEROS = 8, BUFFER_MB = 9, DRAM_MB = 10 };

static int read_measured(struct measured rows[], const char *network)
{
    struct csv csv;
    int n = 0;
    cr_assert(csv_open(&csv, "tests/golden/eyeriss_jssc17.csv"));
    while (csv_next(&csv)) {
        char **f = csv.field;
        if (strcmp(f[0], network) != 0 || strcmp(f[2], "Total") == 0) continue;
        rows[n++] = (struct measured){atof(f[POWER]), atof(f[TOTAL_MS]), atof(f[ZEROS]) / 100,
                                      atof(f[BUFFER_MB]), atof(f[DRAM_MB])};
    }
    return n;
}

static void add(struct loopnest_mapping *m, int level, enum loopnest_dimension d, int trips, bool spatial)
{
    m->loop[m->loops++] = (struct loopnest_loop){level, d, trips, spatial};
}

static int tiles(int whole, int part)
{
    return (whole + part - 1) / part;
}

/* A processing pass: e rows of n images, p t filters, q r channels; m filters' sums stay in the buffer. */
static struct loopnest_mapping row_stationary(const struct layer_shape *l, int batch)
{
    struct loopnest_mapping m = {.loops = 0};
    add(&m, 0, LOOP_N, tiles(batch, l->n), false);
    add(&m, 0, LOOP_Q, tiles(l->size, l->e), false);
    add(&m, 0, LOOP_M, tiles(l->f, l->m), false);
    add(&m, 0, LOOP_C, tiles(l->c, l->q * l->r), false);
    add(&m, BUFFER, LOOP_M, tiles(l->m, l->p * l->t), false);
    add(&m, BUFFER, LOOP_N, l->n, false);
    add(&m, BUFFER, LOOP_P, l->size, false);
    add(&m, ARRAY, LOOP_Q, l->e, true);
    add(&m, ARRAY, LOOP_S, l->kernel, true);
    add(&m, ARRAY, LOOP_C, l->r, true);
    add(&m, ARRAY, LOOP_M, l->t, true);
    add(&m, REGISTERS, LOOP_R, l->kernel, false);
    add(&m, REGISTERS, LOOP_C, l->q, false);
    add(&m, REGISTERS, LOOP_M, l->p, false);
    return m;
}

/* Counts of one group; the buffer's size is checked for mappings that are known to be the chip's. */
static struct loopnest_counts count(const struct layer_shape *l, int batch, bool whole_chip)
{
    const struct loopnest_architecture chip = {
        .level = {{.name = "DRAM", .keeps = {true, true, true}},
                  {.name = "buffer",
                   .keeps = {false, true, true},
                   .capacity_bits = whole_chip ? 108 * 8192 : 0},
                  {.name = "array", .fanout = whole_chip ? 12 * 14 : 0},
                  {.name = "registers", .keeps = {true, true, true}, .capacity_bits = 8 * 520}},
        .levels = 4,
        .units = 168};
    const struct loopnest_problem p = {
        {batch, l->c, l->f, l->size, l->size, l->kernel, l->kernel}, l->stride, {16, 16, 16}};
    const struct loopnest_mapping m = row_stationary(l, batch);
    struct loopnest_counts c;
    must(loopnest_count(&c, &p, &chip, &m));
    return c;
}

static double megabytes(double words)
{
    return words * 2e-6;
}

/* --- traffic of the chip --- */

/* Length of coded values over plain ones. */
static double coded(double zeros)
{
    return fmin(1, (1 - zeros) * 64 / 3 / 16);
}

Test(eyeriss, dram_traffic_of_alexnet_is_within_15_percent_of_the_chip)
{
    struct measured chip[5];
    cr_assert(eq(int, read_measured(chip, "AlexNet"), 5));
    for (int i = 0; i < 5; i++) {
        const struct loopnest_counts c = count(&alexnet[i], 4, true);
        const struct loopnest_access *dram = c.level[0].of;
        const double words = dram[LOOPNEST_WEIGHTS].reads +
                             dram[LOOPNEST_INPUTS].reads * coded(chip[i].zeros) +
                             dram[LOOPNEST_OUTPUTS].updates * coded(chip[i < 4 ? i + 1 : i].zeros);
        const double ratio = megabytes(words) * alexnet[i].groups / chip[i].dram_mb;
        cr_assert(epsilon_eq(dbl, ratio, 1, 0.15), "conv%d: %.3f of the measured traffic", i + 1, ratio);
    }
}

Test(eyeriss, buffer_accesses_of_alexnet_are_within_6_percent_of_the_chip)
{
    struct measured chip[5];
    cr_assert(eq(int, read_measured(chip, "AlexNet"), 5));
    for (int i = 0; i < 5; i++) {
        const struct loopnest_counts c = count(&alexnet[i], 4, true);
        double words = 0;
        for (int t = 0; t < LOOPNEST_TENSORS; t++)
            words +=
                c.level[BUFFER].of[t].reads + c.level[BUFFER].of[t].fills + c.level[BUFFER].of[t].updates;
        const double ratio = megabytes(words) * alexnet[i].groups / chip[i].buffer_mb;
        cr_assert(epsilon_eq(dbl, ratio, 1, 0.06), "conv%d: %.3f of the measured accesses", i + 1, ratio);
    }
}

/* --- energy of the chip --- */

enum { LEAK_MW = 30, CLOCK_MW = 129 };

/* Millijoules of multipliers, registers and network, `zeros` of the inputs doing nothing but being read. */
static double element_mj(const struct loopnest_counts *c, int groups, double zeros)
{
    double registers = 0, network = 0;
    for (int t = 0; t < LOOPNEST_TENSORS; t++) {
        const struct loopnest_access *x = &c->level[REGISTERS].of[t];
        registers += (x->reads + x->fills + x->updates) * c->level[REGISTERS].instances;
        network += c->network[t];
    }
    registers -= 3 * zeros * c->macs;
    return groups * (2 * (1 - zeros) * c->macs + registers + 4 * network) * 1e-9;
}

static double buffer_mj(double mb)
{
    return 15 * mb * 1e6 / 2 * 1e-9;
}

static double static_mj(double mw, const struct measured *chip)
{
    return mw * chip->total_ms * 1e-3;
}

Test(eyeriss, published_prices_alone_leave_the_clock_network_out)
{
    static const double least[5] = {0.5, 0.6, 0.8, 0.9, 1.0}, most[5] = {0.6, 0.75, 0.95, 1.0, 1.1};
    struct measured chip[5];
    cr_assert(eq(int, read_measured(chip, "AlexNet"), 5));
    for (int i = 0; i < 5; i++) {
        const struct loopnest_counts c = count(&alexnet[i], 4, true);
        const double mj = element_mj(&c, alexnet[i].groups, 0) + buffer_mj(chip[i].buffer_mb) +
                          static_mj(LEAK_MW, &chip[i]);
        const double ratio = mj / static_mj(chip[i].power_mw, &chip[i]);
        cr_assert(all(ge(dbl, ratio, least[i]), le(dbl, ratio, most[i])), "conv%d: %.3f", i + 1, ratio);
    }
}

Test(eyeriss, chip_energy_of_alexnet_is_within_16_percent_with_one_fitted_number)
{
    struct measured chip[5];
    double model = 0, measured = 0;
    cr_assert(eq(int, read_measured(chip, "AlexNet"), 5));
    for (int i = 0; i < 5; i++) {
        const struct loopnest_counts c = count(&alexnet[i], 4, true);
        double words = 0;
        for (int t = 0; t < LOOPNEST_TENSORS; t++)
            words +=
                c.level[BUFFER].of[t].reads + c.level[BUFFER].of[t].fills + c.level[BUFFER].of[t].updates;
        const double mj = element_mj(&c, alexnet[i].groups, chip[i].zeros) +
                          buffer_mj(megabytes(words) * alexnet[i].groups) +
                          static_mj(LEAK_MW + CLOCK_MW, &chip[i]);
        const double of_chip = static_mj(chip[i].power_mw, &chip[i]);
        cr_assert(epsilon_eq(dbl, mj / of_chip, 1, 0.16), "conv%d: %.3f", i + 1, mj / of_chip);
        model += mj;
        measured += of_chip;
    }
    cr_assert(epsilon_eq(dbl, model / measured, 1, 0.01), "the fit: %.3f", model / measured);
}

/* Twelve of thirteen within 13 %; conv1_1, 3 channels and much DRAM, has 78 %. */
Test(eyeriss, chip_energy_of_vgg16_follows_without_a_fit)
{
    struct measured chip[13];
    double model = 0, measured = 0;
    cr_assert(eq(int, read_measured(chip, "VGG16"), 13));
    for (int i = 0; i < 13; i++) {
        const struct layer_shape l = {1, vgg[i][0], vgg[i][1], vgg[i][2], 3, 1, 64, 1, 14, 16, 3, 2, 2};
        const struct loopnest_counts c = count(&l, 3, false);
        const double mj = element_mj(&c, 1, chip[i].zeros) + buffer_mj(chip[i].buffer_mb) +
                          static_mj(LEAK_MW + CLOCK_MW, &chip[i]);
        const double of_chip = static_mj(chip[i].power_mw, &chip[i]);
        cr_assert(epsilon_eq(dbl, mj / of_chip, 1, i == 0 ? 0.25 : 0.13), "layer %d: %.3f", i + 1,
                  mj / of_chip);
        model += mj;
        measured += of_chip;
    }
    cr_assert(epsilon_eq(dbl, model / measured, 1, 0.07), "%.3f", model / measured);
}

/* 4 to 20 % of control are not modelled. */
Test(eyeriss, time_is_that_of_the_busy_elements)
{
    static const double processing_ms[5] = {16.5, 39.2, 21.8, 16.0, 10.0};
    static const double active[5] = {154, 135, 156, 156, 156};
    for (int i = 0; i < 5; i++) {
        const struct loopnest_counts c = count(&alexnet[i], 4, true);
        const double ms = c.cycles * alexnet[i].groups / 200e3;
        cr_assert(all(ge(dbl, ms / processing_ms[i], 0.8), le(dbl, ms / processing_ms[i], 1)), "conv%d",
                  i + 1);
        cr_assert(epsilon_eq(dbl, c.macs / c.cycles, active[i], 3), "conv%d", i + 1);
    }
}

/* --- the simulated predecessor --- */

struct breakdown {
    char name[8];
    int groups, c, f, size, kernel, stride;
    double alu, dram, registers; /* 1e9 multiply-accumulates' worth */
    double least_dram;           /* of the published, in the search's mapping */
};

/*
 * The search moves less than the published mappings in conv1 and conv2, by 22 and 17 %, and so misses the
 * band of 15 % there; it is given the same prices and sizes, and what else bound those mappings is not
 * published.
 */
ParameterizedTestParameters(eyeriss, normalized_breakdown_of_the_simulated_array)
{
    static struct breakdown rows[] = {
        {"conv1", 1, 3, 96, 55, 11, 4, 1.69, 2.46, 6.75, 0.75},
        {"conv2", 2, 48, 128, 27, 5, 1, 3.58, 2.27, 14.33, 0.8},
        {"conv3", 1, 256, 384, 13, 3, 1, 2.39, 2.02, 9.57, 0.85},
        {"conv4", 2, 192, 192, 13, 3, 1, 1.79, 1.57, 7.18, 0.85},
        {"conv5", 2, 192, 128, 13, 3, 1, 1.20, 1.05, 4.78, 0.85},
        {"fc1", 1, 256, 4096, 1, 6, 1, 0.60, 7.78, 2.42, 0.85},
        {"fc2", 1, 4096, 4096, 1, 1, 1, 0.27, 3.39, 1.07, 0.85},
        {"fc3", 1, 4096, 1000, 1, 1, 1, 0.07, 0.84, 0.26, 0.85},
    };
    return cr_make_param_array(struct breakdown, rows, sizeof rows / sizeof rows[0]);
}

static struct hardware simulated_array(void)
{
    struct hardware h = hardware_default();
    h.array.mac_model = MAC_PE_FIXED;
    h.array.pmax = h.array.pmin = h.array.accumulator_bits = h.training.output_bits = 16;
    h.array.rows = h.array.columns = 16;
    h.array.register_bytes = 512;
    h.global.bytes = 131072;
    h.global.double_buffer = false;
    h.weight.bytes = h.input.bytes = h.output.bytes = 0;
    h.mapping.dataflow = DATAFLOW_RS;
    return h;
}

ParameterizedTest(struct breakdown *b, eyeriss, normalized_breakdown_of_the_simulated_array)
{
    const struct hardware h = simulated_array();
    const struct nest n = {16,        b->c,      b->f, b->size, b->size, b->kernel, b->kernel,
                           b->stride, b->groups, 16,   16,      false,   false,     false};
    struct prices p = {.pj = {[COST_REGISTER] = 1 / 16.0,
                              [COST_NETWORK] = 2 / 16.0,
                              [COST_GLOBAL_READ] = 6 / 16.0,
                              [COST_GLOBAL_WRITE] = 6 / 16.0,
                              [COST_DRAM_READ] = 200 / 16.0,
                              [COST_DRAM_WRITE] = 200 / 16.0},
                       .constants = constants_nominal()};
    struct loopnest_choice best;
    must(loopnest_search(&best, &n, &h, &p));

    const double *of = best.counts.of;
    const double dram = (of[COST_DRAM_READ] + of[COST_DRAM_WRITE]) * 200 / 16e9;
    const double registers = of[COST_REGISTER] / 16e9;
    cr_assert(epsilon_eq(dbl, nest_macs(&n) * 1e-9, b->alu, 0.00501), "%s", b->name);
    cr_assert(epsilon_eq(dbl, registers / b->registers, 1, 0.1), "%s: %.3f", b->name,
              registers / b->registers);
    cr_assert(all(ge(dbl, dram / b->dram, b->least_dram), le(dbl, dram / b->dram, 1.15)), "%s: DRAM %.3f",
              b->name, dram / b->dram);
}
