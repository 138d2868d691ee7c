/* tests/energy/test_meter.c - the published savings on modelled hardware, conventions, the roofline. */
#include "energy/meter/bitops.h"
#include "energy/hardware/presets.h"
#include "experiments/config/hardware_file.h"
#include "tests/bench/meter_bench.h"

#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <math.h>

/* --- the published schedule on BitFusion --- */

static double saved(double cost, double of)
{
    return 100 * (1 - cost / of);
}

Test(meter, cpt_on_resnet74_saves_a_third_of_bitops_and_an_eighth_of_energy)
{
    struct bench b = of_file("experiments/layers/resnet74-cifar10.tsv", compat(), CONVENTION_TRUE);
    const struct cost cpt = published_run(&b, 3, 8, 8), full = published_run(&b, 8, 8, 8);

    cr_assert(lt(dbl, fabs(saved(cpt.counts.bitops, full.counts.bitops) - 36.67), 0.01));
    cr_assert(lt(dbl, fabs(saved(cpt.energy_j, full.energy_j) - 12.4), 0.05), "%.3f %%",
              saved(cpt.energy_j, full.energy_j));
    cr_assert(lt(dbl, fabs(saved(cpt.latency_s, full.latency_s) - 11.5), 0.05), "%.3f %%",
              saved(cpt.latency_s, full.latency_s));
    cr_assert(lt(dbl, fabs(full.energy_j / (ITERATIONS * BATCH) * 1e3 - 4.707), 0.0005), "%.5f mJ an image",
              full.energy_j / (ITERATIONS * BATCH) * 1e3);
    bench_close(&b);
}

struct relative {
    int forward;
    double energy; /* against 8/8 */
};

ParameterizedTestParameters(meter, energy_of_resnet74_at_static_widths)
{
    static struct relative rows[] = {{3, 0.729}, {4, 0.758}, {5, 0.892}, {6, 0.930}, {7, 0.968}};
    return cr_make_param_array(struct relative, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct relative *r, meter, energy_of_resnet74_at_static_widths)
{
    struct bench b = of_file("experiments/layers/resnet74-cifar10.tsv", compat(), CONVENTION_TRUE);
    struct cost low, full;

    must(meter_iteration(&low, b.meter, operands_of(r->forward, 8), BATCH));
    must(meter_iteration(&full, b.meter, operands_of(8, 8), BATCH));
    cr_assert(lt(dbl, fabs(low.energy_j / full.energy_j - r->energy), 0.0005), "%.5f",
              low.energy_j / full.energy_j);
    bench_close(&b);
}

/* --- conventions --- */

Test(meter, paper_counts_the_bitops_of_the_published_figures_to_the_last_digit)
{
    struct bench b = of_model("resnet74", 100, compat(), CONVENTION_PAPER);
    const struct work w = work_of_graph(&b.graph);
    const struct schedule_spec f = bits("cosine", 3, 8);
    double per_mac = 0;
    struct cost one;

    must(meter_iteration(&one, b.meter, operands_of(5, 8), BATCH));
    cr_assert(eq(dbl, one.counts.bitops, bitops_paper(&w, BATCH, 5, 8)));
    for (int64_t i = 0; i < ITERATIONS; i++) {
        const struct schedule_point p = {.iteration = i, .iterations = ITERATIONS, .layer = -1};
        per_mac += bitops_per_mac(operands_of(schedule_bits(&f, &p), 8));
    }
    cr_assert(eq(dbl, published_run(&b, 3, 8, 8).counts.bitops, bitops_paper_macs(&w) * BATCH * per_mac));
    bench_close(&b);
}

/* Multiply-accumulates only, no backward-data product in the first layer, float32 where no schedule goes. */
static double true_bitops(const struct graph *g, double images, int forward, int backward)
{
    double sum = 0;

    for (int i = 0; i < g->count; i++) {
        const struct layer *l = g->nodes[i].layer;
        const double b = l->quantized && forward > 0 ? forward : 32;
        const double bg = l->quantized && backward > 0 ? backward : 32;
        const int error_products = g->nodes[i].input[0] == GRAPH_INPUT ? 1 : 2;
        sum += layer_facts_of(l).macs * (b * b + error_products * b * bg);
    }
    return sum * images;
}

Test(meter, true_counts_the_products_that_are_computed_to_the_last_digit)
{
    struct bench b = of_model("resnet20", 10, compat(), CONVENTION_TRUE);
    struct cost one;

    for (int forward = 0; forward <= 8; forward += 4) {
        must(meter_iteration(&one, b.meter, operands_of(forward, 8), BATCH));
        cr_assert(eq(dbl, one.counts.bitops, true_bitops(&b.graph, BATCH, forward, 8)), "%d bits", forward);
    }
    bench_close(&b);
}

Test(meter, paper_counts_the_first_layers_error_and_nobody_is_charged_for_it)
{
    struct bench truth = of_model("resnet20", 10, compat(), CONVENTION_TRUE);
    struct bench paper = of_model("resnet20", 10, compat(), CONVENTION_PAPER);
    struct cost c;

    must(meter_layer(&c, truth.meter, 0, PHASE_BACKWARD_DATA, operands_of(8, 8), BATCH));
    cr_assert(c.energy_j == 0 && c.counts.macs == 0);
    must(meter_layer(&c, paper.meter, 0, PHASE_BACKWARD_DATA, operands_of(8, 8), BATCH));
    cr_assert(c.energy_j == 0 && c.latency_s == 0 && c.dram_bytes == 0);
    cr_assert(eq(dbl, c.counts.macs, 442368.0 * BATCH));
    cr_assert(eq(dbl, c.counts.bitops, 442368.0 * BATCH * 64));
    bench_close(&truth);
    bench_close(&paper);
}

Test(meter, effective_macs_of_a_published_run)
{
    struct bench b = of_model("resnet74", 100, compat(), CONVENTION_PAPER);
    const struct cost c = published_run(&b, 8, 8, 8);
    const double effective =
        c.counts.bitops / (32 * 32); /* each weighs (b1 / 32) (b2 / 32), as FracTrain's */
    cr_assert(lt(dbl, fabs(effective / 2.606e14 - 1), 5e-4), "%.5g", effective);
    bench_close(&b);
}
/* --- the roofline --- */

Test(meter, no_layer_beats_the_roofline)
{
    struct hardware h = compat();
    struct bench b = of_model("resnet20", 10, h, CONVENTION_TRUE);

    for (int l = 0; l < b.workload.count; l++)
        for (int p = 0; p <= PHASE_BACKWARD_WEIGHTS; p++) {
            struct nest n;
            struct cost c;
            if (!workload_nest(&n, &b.workload.layers[l], (enum phase)p, BATCH, operands_of(4, 8), false))
                continue;
            must(meter_layer(&c, b.meter, l, (enum phase)p, operands_of(4, 8), BATCH));
            cr_assert(ge(dbl, c.counts.cycles, roofline_cycles(&n, &h)), "%s", b.workload.layers[l].name);
            cr_assert(ge(dbl, 8 * c.dram_bytes, roofline_dram_bits(&n, &h)), "%s", b.workload.layers[l].name);
        }
    bench_close(&b);
}

/* backend_count refuses what is faster than the roofline. */
Test(meter, every_shipped_hardware_prices_training_at_any_width)
{
    static const struct operands widths[] = {{3, 3, 8}, {8, 8, 8}, {12, 12, 16}, {0, 0, 0}};
    int count;
    const struct preset *presets = preset_all(&count);

    for (int i = 0; i < count; i++) {
        struct hardware h;
        must(hardware_load(&h, presets[i].name, NULL, 0));
        struct bench b = of_model("resnet8", 10, h, CONVENTION_TRUE);
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
            struct cost c;
            const enum status s = meter_iteration(&c, b.meter, widths[w], 16);
            cr_assert(s == STATUS_OK, "%s: %s", presets[i].name, status_detail());
            cr_assert(c.energy_j > 0 && c.latency_s > 0, "%s", presets[i].name);
        }
        bench_close(&b);
    }
}
