/* tests/energy/test_meter_sums.c - sums are sums, what is remembered is what was counted, and the borders. */
#include "energy/backends/bitfusion/bitfusion.h"
#include "energy/meter/bitops.h"
#include "tests/bench/meter_bench.h"

#include <omp.h>
#include <criterion/new/assert.h>

#include <math.h>
#include <stdatomic.h>

/* --- sums --- */

Test(meter_sums, an_iteration_is_the_sum_of_its_layers_and_phases)
{
    struct hardware h = compat();
    must(hardware_set(&h, "training.products_only", "false"));
    struct bench b = of_model("resnet20", 10, h, CONVENTION_PAPER);
    struct cost all, sum = {0};

    for (int l = 0; l < b.workload.count; l++)
        for (int p = 0; p < PHASES; p++) {
            struct cost c;
            must(meter_layer(&c, b.meter, l, (enum phase)p, operands_of(4, 8), BATCH));
            cost_add(&sum, &c, 1);
        }
    must(meter_iteration(&all, b.meter, operands_of(4, 8), BATCH));
    cr_assert(eq(dbl, sum.counts.macs, all.counts.macs));
    cr_assert(eq(dbl, sum.counts.bitops, all.counts.bitops));
    cr_assert(lt(dbl, fabs(sum.counts.cycles / all.counts.cycles - 1), 1e-12));
    cr_assert(lt(dbl, fabs(sum.energy_j / all.energy_j - 1), 1e-12));
    cr_assert(lt(dbl, fabs(sum.dram_bytes / all.dram_bytes - 1), 1e-12));
    bench_close(&b);
}

Test(meter_sums, parts_sum_to_the_total_exactly)
{
    struct hardware h = compat();
    must(hardware_set(&h, "training.products_only", "false"));
    struct bench b = of_model("resnet20", 10, h, CONVENTION_TRUE);
    const struct constants k = constants_nominal();
    double parts[PARTS], sum = 0;
    struct prices prices;
    struct cost c;

    must(meter_iteration(&c, b.meter, operands_of(4, 8), BATCH));
    prices_make(&prices, &h, &k);
    counts_parts(parts, &c.counts, &prices);
    for (int i = 0; i < PARTS; i++)
        sum += parts[i];
    cr_assert(eq(dbl, sum, c.energy_j));
    bench_close(&b);
}

Test(meter_sums, a_run_is_the_sum_of_its_iterations)
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
        must(meter_iteration(&c, b.meter, operands_of(schedule_bits(&f, &p), 8), BATCH));
        cost_add(&sum, &c, 1);
    }
    cr_assert(lt(dbl, fabs(sum.energy_j / run.energy_j - 1), 1e-12));
    cr_assert(lt(dbl, fabs(sum.latency_s / run.latency_s - 1), 1e-12));
    histogram_free(&h);
    bench_close(&b);
}

Test(meter_sums, a_histogram_counts_images_apart)
{
    struct histogram h = {0};
    must(histogram_add(&h, operands_of(3, 8), 128, 10));
    must(histogram_add(&h, operands_of(3, 8), 80, 1));
    must(histogram_add(&h, operands_of(3, 8), 128, 5));
    cr_assert(h.count == 2 && h.rows[0].iterations == 15 && h.rows[1].images == 80);
    histogram_free(&h);
}

/* --- layers of different widths --- */

static void fill_layers(struct operands *layer, const struct workload *w, int low, int high)
{
    for (int i = 0; i < w->count; i++)
        layer[i] = operands_of(i % 2 == 0 ? low : high, 8);
}

Test(meter_sums, layers_of_different_widths_cost_what_each_costs)
{
    struct bench b = of_model("resnet20", 10, compat(), CONVENTION_TRUE);
    struct operands layer[128];
    struct cost all, sum = {0};

    fill_layers(layer, &b.workload, 3, 6);
    for (int l = 0; l < b.workload.count; l++)
        for (int p = 0; p < PHASES; p++) {
            struct cost c;
            must(meter_layer(&c, b.meter, l, (enum phase)p, layer[l], BATCH));
            cost_add(&sum, &c, 1);
        }
    must(meter_iteration_layers(&all, b.meter, layer, BATCH));
    cr_assert(lt(dbl, fabs(all.energy_j / sum.energy_j - 1), 1e-12));
    cr_assert(lt(dbl, fabs(all.latency_s / sum.latency_s - 1), 1e-12));
    cr_assert(eq(dbl, all.counts.bitops, sum.counts.bitops));
    bench_close(&b);
}

Test(meter_sums, layers_that_are_all_alike_cost_as_one_width_does)
{
    struct bench b = of_model("resnet20", 10, compat(), CONVENTION_TRUE);
    struct operands layer[128];
    struct cost one, each;

    fill_layers(layer, &b.workload, 5, 5);
    must(meter_iteration(&one, b.meter, operands_of(5, 8), BATCH));
    must(meter_iteration_layers(&each, b.meter, layer, BATCH));
    cr_assert(memcmp(&one, &each, sizeof one) == 0);
    bench_close(&b);
}

Test(meter_sums, a_run_of_layers_of_different_widths_is_the_sum_of_its_iterations)
{
    struct bench b = of_model("resnet8", 10, compat(), CONVENTION_PAPER);
    struct operands layer[128];
    struct histogram h = {0};
    struct cost run, one, all;

    fill_layers(layer, &b.workload, 3, 8);
    must(histogram_add_layers(&h, layer, b.workload.count, BATCH, 2));
    must(histogram_add_layers(&h, layer, b.workload.count, BATCH, 1));
    must(histogram_add(&h, operands_of(8, 8), BATCH, 1));
    cr_assert(h.count == 2 && h.rows[0].iterations == 3);
    must(meter_run(&run, b.meter, &h));
    must(meter_iteration_layers(&one, b.meter, layer, BATCH));
    must(meter_iteration(&all, b.meter, operands_of(8, 8), BATCH));
    cr_assert(lt(dbl, fabs(run.energy_j / (3 * one.energy_j + all.energy_j) - 1), 1e-12));
    cr_assert(eq(dbl, one.counts.bitops, bitops_paper_layers(&b.graph, BATCH, layer)));
    histogram_free(&h);
    bench_close(&b);
}

/* --- remembering --- */

static atomic_int searches;

static enum status counted_search(struct counts *out, const struct nest *n, const struct hardware *h,
                                  const struct prices *p)
{
    atomic_fetch_add(&searches, 1);
    return bitfusion_count(out, n, h, p);
}

Test(meter_sums, a_published_run_of_resnet74_is_a_few_hundred_searches)
{
    static const struct backend counted = {.name = "counted", .times_itself = true, .count = counted_search};
    struct hardware h = compat();

    h.array.backend = &counted;
    struct bench b = of_model("resnet74", 100, h, CONVENTION_TRUE);
    published_run(&b, 3, 8, 8);
    const int first = atomic_load(&searches);
    cr_assert(first > 0 && first < 300, "%d searches", first);
    published_run(&b, 3, 8, 8);
    cr_assert(eq(int, atomic_load(&searches), first));
    bench_close(&b);
}

Test(meter_sums, threads_do_not_change_a_digit)
{
    struct cost one, several;

    omp_set_num_threads(1);
    struct bench b = of_model("resnet20", 10, compat(), CONVENTION_TRUE);
    must(meter_iteration(&one, b.meter, operands_of(3, 8), BATCH));
    bench_close(&b);
    omp_set_num_threads(4);
    b = of_model("resnet20", 10, compat(), CONVENTION_TRUE);
    must(meter_iteration(&several, b.meter, operands_of(3, 8), BATCH));
    bench_close(&b);
    cr_assert(memcmp(&one, &several, sizeof one) == 0);
}

Test(meter_sums, new_prices_need_no_search)
{
    struct bench b = of_model("resnet8", 10, compat(), CONVENTION_TRUE);
    const struct constants k = constants_nominal();
    struct prices thousand;
    struct cost c;

    must(meter_iteration(&c, b.meter, operands_of(3, 8), BATCH));
    const double before = c.energy_j;
    prices_make(&thousand, &b.hardware, &k);
    for (int i = 0; i < COST_COMPONENTS; i++)
        thousand.pj[i] *= 1000;
    cost_reprice(&c, &thousand);
    cr_assert(lt(dbl, fabs(c.energy_j / before / 1000 - 1), 1e-12));
    bench_close(&b);
}

/* --- borders --- */

Test(meter_sums, nothing_costs_nothing)
{
    struct bench b = of_model("resnet8", 10, compat(), CONVENTION_PAPER);
    static const struct cost zero;
    struct histogram none = {0};
    struct cost c;

    must(meter_iteration(&c, b.meter, operands_of(3, 8), 0));
    cr_assert(memcmp(&c, &zero, sizeof c) == 0);
    must(meter_run(&c, b.meter, &none));
    cr_assert(memcmp(&c, &zero, sizeof c) == 0);
    bench_close(&b);

    struct bench empty = {.hardware = compat()};
    open_meter(&empty, CONVENTION_TRUE);
    must(meter_iteration(&c, empty.meter, operands_of(3, 8), BATCH));
    cr_assert(memcmp(&c, &zero, sizeof c) == 0);
    bench_close(&empty);
}

Test(meter_sums, the_back_end_bitops_has_neither_time_nor_energy)
{
    struct hardware h = hardware_default();
    must(hardware_set(&h, "array.backend", "bitops"));
    struct bench b = of_model("resnet20", 10, h, CONVENTION_PAPER);
    const struct work w = work_of_graph(&b.graph);
    struct cost c;

    must(meter_iteration(&c, b.meter, operands_of(3, 8), BATCH));
    cr_assert(eq(dbl, c.counts.bitops, bitops_paper(&w, BATCH, 3, 8)));
    cr_assert(c.energy_j == 0 && c.latency_s == 0 && c.dram_bytes == 0);
    bench_close(&b);
}

Test(meter_sums, what_the_back_end_refuses_is_said_with_its_reason_whatever_thread_met_it)
{
    struct hardware h = compat();
    must(hardware_set(&h, "array.compose", "floor"));
    struct bench b = of_model("resnet20", 10, h, CONVENTION_TRUE);
    struct cost c;

    expect_failure(meter_iteration(&c, b.meter, operands_of(12, 8), BATCH), STATUS_INPUT, "12");
    expect_failure(meter_iteration(&c, b.meter, operands_of(12, 8), BATCH), STATUS_INPUT, "12");
    bench_close(&b);
}

Test(meter_sums, counts_beyond_63_bits_are_refused)
{
    struct bench b = of_model("resnet74", 100, compat(), CONVENTION_TRUE);
    struct cost c;
    expect_failure(meter_iteration(&c, b.meter, operands_of(3, 8), INT64_C(1) << 45), STATUS_INPUT,
                   "63 bits");
    bench_close(&b);
}

/* Layers that are alike are counted together: each of these fits, their sum does not. */
Test(meter_sums, layers_that_are_alike_are_refused_if_they_are_too_many)
{
    struct workload_layer twins[] = {workload_layer_make("a", INT64_C(5) << 60, 1, 1, 1, 1, 1, 1),
                                     workload_layer_make("b", INT64_C(5) << 60, 1, 1, 1, 1, 1, 1)};
    struct bench b = {.workload = {.layers = twins, .count = 2}, .hardware = compat()};
    struct cost c;

    must(workload_check(&twins[0], "a"));
    open_meter(&b, CONVENTION_TRUE);
    expect_failure(meter_iteration(&c, b.meter, operands_of(3, 8), 1), STATUS_INPUT, "63 bits");
    meter_close(b.meter);
}

Test(meter_sums, conventions_have_names)
{
    enum convention c;
    must(convention_find(&c, "paper"));
    cr_assert(c == CONVENTION_PAPER);
    expect_failure(convention_find(&c, "papr"), STATUS_INPUT, "did you mean 'paper'?");
}
