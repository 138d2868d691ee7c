/* tests/test_meter.c - the published savings on modelled hardware, conventions, and that sums are sums. */
#include "energy/bitops.h"
#include "energy/meter.h"
#include "energy/presets.h"
#include "experiments/hardware_file.h"
#include "models/model.h"
#include "tests/folder.h"

#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <math.h>

enum { ITERATIONS = 64000, BATCH = 128 };

/* --- a network on hardware --- */

struct bench {
    struct graph graph;
    struct workload workload;
    struct hardware hardware;
    struct meter *meter;
};

static struct hardware compat(void)
{
    struct hardware h = hardware_default();
    must(hardware_set(&h, "array.backend", "bitfusion"));
    must(hardware_set(&h, "bitfusion.compat", "true"));
    must(hardware_set(&h, "array.compose", "temporal"));
    must(hardware_set(&h, "training.products_only", "true"));
    return h;
}

static void open_meter(struct bench *b, enum convention convention)
{
    const struct constants k = constants_nominal();
    must(meter_open(&b->meter, &(struct meter_spec){&b->workload, &b->hardware, &k, convention}));
}

static struct bench of_model(const char *name, int classes, struct hardware h, enum convention convention)
{
    const struct model_type *type;
    struct recipe recipe;
    struct bench b = {.hardware = h};

    must(recipe_find(&recipe, "cpt"));
    must(model_build(&type, &b.graph, name, (struct shape){32, 32, 3}, classes, &recipe));
    must(workload_of_graph(&b.workload, &b.graph, name));
    open_meter(&b, convention);
    return b;
}

static struct bench of_file(const char *path, struct hardware h, enum convention convention)
{
    struct bench b = {.hardware = h};
    must(workload_read(&b.workload, path));
    open_meter(&b, convention);
    return b;
}

static void bench_close(struct bench *b)
{
    meter_close(b->meter);
    workload_free(&b->workload);
    graph_free(&b->graph);
}

static struct schedule_spec bits(const char *schedule, int lo, int hi)
{
    struct schedule_spec s = {.bits_min = lo, .bits_max = hi, .cycles = 32};
    must(schedule_find(&s.type, schedule));
    return s;
}

/* The published run, 64,000 batches of 128, forward lo..hi against `backward` bits. */
static struct cost published_run(struct bench *b, int lo, int hi, int backward)
{
    const struct schedule_spec f = bits("cosine", lo, hi), g = bits("static", backward, backward);
    struct histogram h;
    struct cost c;

    must(histogram_of_schedules(&h, ITERATIONS, BATCH, &f, &g));
    must(meter_run(&c, b->meter, &h));
    histogram_free(&h);
    return c;
}

static double saved(double cost, double of)
{
    return 100 * (1 - cost / of);
}

/* --- the published schedule on BitFusion --- */

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

    must(meter_iteration(&low, b.meter, widths_of(r->forward, 8), BATCH));
    must(meter_iteration(&full, b.meter, widths_of(8, 8), BATCH));
    cr_assert(lt(dbl, fabs(low.energy_j / full.energy_j - r->energy), 0.0005), "%.5f",
              low.energy_j / full.energy_j);
    bench_close(&b);
}

/* --- conventions --- */

Test(meter, paper_counts_the_bitops_of_the_published_figures_to_the_last_digit)
{
    struct bench b = of_model("resnet74", 100, compat(), CONVENTION_PAPER);
    const struct work w = graph_work(&b.graph);
    const struct schedule_spec f = bits("cosine", 3, 8), g = bits("static", 8, 8);
    struct cost one;

    must(meter_iteration(&one, b.meter, widths_of(5, 8), BATCH));
    cr_assert(eq(dbl, one.counts.bitops, bitops_paper(&w, BATCH, 5, 8)));
    cr_assert(eq(dbl, published_run(&b, 3, 8, 8).counts.bitops, bitops_run(&w, ITERATIONS, BATCH, &f, &g)));
    bench_close(&b);
}

Test(meter, true_counts_the_products_that_are_computed_to_the_last_digit)
{
    struct bench b = of_model("resnet20", 10, compat(), CONVENTION_TRUE);
    struct cost one;

    for (int forward = 0; forward <= 8; forward += 4) {
        must(meter_iteration(&one, b.meter, widths_of(forward, 8), BATCH));
        cr_assert(eq(dbl, one.counts.bitops, bitops_true(&b.graph, BATCH, forward, 8)), "%d bits", forward);
    }
    bench_close(&b);
}

Test(meter, paper_counts_the_first_layers_error_and_nobody_is_charged_for_it)
{
    struct bench truth = of_model("resnet20", 10, compat(), CONVENTION_TRUE);
    struct bench paper = of_model("resnet20", 10, compat(), CONVENTION_PAPER);
    struct cost c;

    must(meter_layer(&c, truth.meter, 0, PHASE_BACKWARD_DATA, widths_of(8, 8), BATCH));
    cr_assert(c.energy_j == 0 && c.counts.macs == 0);
    must(meter_layer(&c, paper.meter, 0, PHASE_BACKWARD_DATA, widths_of(8, 8), BATCH));
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
    cr_assert(lt(dbl, fabs(cost_effective_macs(&c) / 2.606e14 - 1), 5e-4), "%.5g", cost_effective_macs(&c));
    bench_close(&b);
}

/* --- sums --- */

Test(meter, an_iteration_is_the_sum_of_its_layers_and_phases)
{
    struct hardware h = compat();
    must(hardware_set(&h, "training.products_only", "false"));
    struct bench b = of_model("resnet20", 10, h, CONVENTION_PAPER);
    struct cost all, sum = {0};

    for (int l = 0; l < b.workload.count; l++)
        for (int p = 0; p < PHASES; p++) {
            struct cost c;
            must(meter_layer(&c, b.meter, l, (enum phase)p, widths_of(4, 8), BATCH));
            cost_add(&sum, &c, 1);
        }
    must(meter_iteration(&all, b.meter, widths_of(4, 8), BATCH));
    cr_assert(eq(dbl, sum.counts.macs, all.counts.macs));
    cr_assert(eq(dbl, sum.counts.bitops, all.counts.bitops));
    cr_assert(lt(dbl, fabs(sum.counts.cycles / all.counts.cycles - 1), 1e-12));
    cr_assert(lt(dbl, fabs(sum.energy_j / all.energy_j - 1), 1e-12));
    cr_assert(lt(dbl, fabs(sum.dram_bytes / all.dram_bytes - 1), 1e-12));
    bench_close(&b);
}

Test(meter, parts_sum_to_the_total_exactly)
{
    struct hardware h = compat();
    must(hardware_set(&h, "training.products_only", "false"));
    struct bench b = of_model("resnet20", 10, h, CONVENTION_TRUE);
    double parts[PARTS], sum = 0;
    struct cost c;

    must(meter_iteration(&c, b.meter, widths_of(4, 8), BATCH));
    counts_parts(parts, &c.counts, meter_prices(b.meter));
    for (int i = 0; i < PARTS; i++)
        sum += parts[i];
    cr_assert(eq(dbl, sum, c.energy_j));
    bench_close(&b);
}

Test(meter, a_run_is_the_sum_of_its_iterations)
{
    enum { SHORT = 200 };
    struct bench b = of_model("resnet8", 10, compat(), CONVENTION_TRUE);
    const struct schedule_spec f = bits("cosine", 3, 8), g = bits("static", 8, 8);
    struct histogram h;
    struct cost run, sum = {0};

    must(histogram_of_schedules(&h, SHORT, BATCH, &f, &g));
    must(meter_run(&run, b.meter, &h));
    for (int64_t i = 0; i < SHORT; i++) {
        const struct schedule_point p = {.iteration = i, .iterations = SHORT, .layer = -1};
        struct cost c;
        must(meter_iteration(&c, b.meter, widths_of(schedule_bits(&f, &p), 8), BATCH));
        cost_add(&sum, &c, 1);
    }
    cr_assert(lt(dbl, fabs(sum.energy_j / run.energy_j - 1), 1e-12));
    cr_assert(lt(dbl, fabs(sum.latency_s / run.latency_s - 1), 1e-12));
    histogram_free(&h);
    bench_close(&b);
}

Test(meter, a_histogram_counts_images_apart)
{
    struct histogram h = {0};
    must(histogram_add(&h, widths_of(3, 8), 128, 10));
    must(histogram_add(&h, widths_of(3, 8), 80, 1));
    must(histogram_add(&h, widths_of(3, 8), 128, 5));
    cr_assert(h.count == 2 && h.rows[0].iterations == 15 && h.rows[1].images == 80);
    histogram_free(&h);
}

/* --- remembering --- */

Test(meter, a_published_run_of_resnet74_is_a_few_hundred_searches)
{
    struct bench b = of_model("resnet74", 100, compat(), CONVENTION_TRUE);
    published_run(&b, 3, 8, 8);
    const int searches = meter_searches(b.meter);
    cr_assert(searches > 0 && searches < 300, "%d searches", searches);
    published_run(&b, 3, 8, 8);
    cr_assert(eq(int, meter_searches(b.meter), searches));
    bench_close(&b);
}

Test(meter, threads_do_not_change_a_digit)
{
    struct cost one, several;

    omp_set_num_threads(1);
    struct bench b = of_model("resnet20", 10, compat(), CONVENTION_TRUE);
    must(meter_iteration(&one, b.meter, widths_of(3, 8), BATCH));
    bench_close(&b);
    omp_set_num_threads(4);
    b = of_model("resnet20", 10, compat(), CONVENTION_TRUE);
    must(meter_iteration(&several, b.meter, widths_of(3, 8), BATCH));
    bench_close(&b);
    cr_assert(memcmp(&one, &several, sizeof one) == 0);
}

Test(meter, new_prices_need_no_search)
{
    struct bench b = of_model("resnet8", 10, compat(), CONVENTION_TRUE);
    struct prices thousand = *meter_prices(b.meter);
    struct cost c;

    must(meter_iteration(&c, b.meter, widths_of(3, 8), BATCH));
    const double before = c.energy_j;
    for (int i = 0; i < COST_COMPONENTS; i++)
        thousand.pj[i] *= 1000;
    cost_reprice(&c, &thousand);
    cr_assert(lt(dbl, fabs(c.energy_j / before / 1000 - 1), 1e-12));
    bench_close(&b);
}

/* --- borders --- */

Test(meter, nothing_costs_nothing)
{
    struct bench b = of_model("resnet8", 10, compat(), CONVENTION_PAPER);
    static const struct cost zero;
    struct histogram none = {0};
    struct cost c;

    must(meter_iteration(&c, b.meter, widths_of(3, 8), 0));
    cr_assert(memcmp(&c, &zero, sizeof c) == 0);
    must(meter_run(&c, b.meter, &none));
    cr_assert(memcmp(&c, &zero, sizeof c) == 0);
    bench_close(&b);

    struct bench empty = {.hardware = compat()};
    open_meter(&empty, CONVENTION_TRUE);
    must(meter_iteration(&c, empty.meter, widths_of(3, 8), BATCH));
    cr_assert(memcmp(&c, &zero, sizeof c) == 0);
    bench_close(&empty);
}

Test(meter, the_back_end_bitops_has_neither_time_nor_energy)
{
    struct hardware h = hardware_default();
    must(hardware_set(&h, "array.backend", "bitops"));
    struct bench b = of_model("resnet20", 10, h, CONVENTION_PAPER);
    const struct work w = graph_work(&b.graph);
    struct cost c;

    must(meter_iteration(&c, b.meter, widths_of(3, 8), BATCH));
    cr_assert(eq(dbl, c.counts.bitops, bitops_paper(&w, BATCH, 3, 8)));
    cr_assert(c.energy_j == 0 && c.latency_s == 0 && c.dram_bytes == 0);
    bench_close(&b);
}

Test(meter, what_the_back_end_refuses_is_said_with_its_reason_whatever_thread_met_it)
{
    struct hardware h = compat();
    must(hardware_set(&h, "array.compose", "floor"));
    struct bench b = of_model("resnet20", 10, h, CONVENTION_TRUE);
    struct cost c;

    expect_failure(meter_iteration(&c, b.meter, widths_of(12, 8), BATCH), STATUS_INPUT, "12");
    expect_failure(meter_iteration(&c, b.meter, widths_of(12, 8), BATCH), STATUS_INPUT, "12");
    bench_close(&b);
}

Test(meter, counts_beyond_63_bits_are_refused)
{
    struct bench b = of_model("resnet74", 100, compat(), CONVENTION_TRUE);
    struct cost c;
    expect_failure(meter_iteration(&c, b.meter, widths_of(3, 8), INT64_C(1) << 45), STATUS_INPUT, "63 bits");
    bench_close(&b);
}

/* Layers that are alike are counted together: each of these fits, their sum does not. */
Test(meter, layers_that_are_alike_are_refused_if_they_are_too_many)
{
    struct workload_layer twins[] = {workload_layer_make("a", INT64_C(5) << 60, 1, 1, 1, 1, 1, 1),
                                     workload_layer_make("b", INT64_C(5) << 60, 1, 1, 1, 1, 1, 1)};
    struct bench b = {.workload = {.layers = twins, .count = 2}, .hardware = compat()};
    struct cost c;

    must(workload_check(&twins[0], "a"));
    open_meter(&b, CONVENTION_TRUE);
    expect_failure(meter_iteration(&c, b.meter, widths_of(3, 8), 1), STATUS_INPUT, "63 bits");
    meter_close(b.meter);
}

Test(meter, conventions_have_names)
{
    enum convention c;
    must(convention_find(&c, "paper"));
    cr_assert(c == CONVENTION_PAPER);
    expect_failure(convention_find(&c, "papr"), STATUS_INPUT, "did you mean 'paper'?");
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
            if (!workload_nest(&n, &b.workload.layers[l], (enum phase)p, BATCH, widths_of(4, 8), false))
                continue;
            must(meter_layer(&c, b.meter, l, (enum phase)p, widths_of(4, 8), BATCH));
            cr_assert(ge(dbl, c.counts.cycles, roofline_cycles(&n, &h)), "%s", b.workload.layers[l].name);
            cr_assert(ge(dbl, 8 * c.dram_bytes, roofline_dram_bits(&n, &h)), "%s", b.workload.layers[l].name);
        }
    bench_close(&b);
}

/* backend_count refuses what is faster than the roofline. */
Test(meter, every_shipped_hardware_prices_training_at_any_width)
{
    static const struct widths widths[] = {{3, 8, 0}, {8, 8, 0}, {12, 16, 0}, {0, 0, 0}};
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
