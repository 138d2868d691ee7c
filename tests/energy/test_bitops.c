/* tests/energy/test_bitops.c - the published GBitOPs, digit by digit, and what true counts differ in. */
#include "energy/meter/bitops.h"
#include "energy/meter/meter.h"
#include "models/model.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ITERATIONS = 64000, BATCH = 128, CYCLES = 32 };

static struct schedule_spec make(const char *name, int lo, int hi)
{
    struct schedule_spec s = {.bits_min = lo, .bits_max = hi, .cycles = CYCLES};
    cr_assert(eq(int, schedule_find(&s.type, name), STATUS_OK));
    return s;
}

/* Sum over a run of 64,000 batches of 128, in the paper's convention. */
static double bitops_of_run(const struct work *w, const struct schedule_spec *f,
                            const struct schedule_spec *b)
{
    struct histogram h;
    double sum = 0;

    cr_assert(eq(int, histogram_of_schedules(&h, ITERATIONS, BATCH, f, b), STATUS_OK));
    for (int i = 0; i < h.count; i++)
        sum += bitops_paper(w, (double)(h.rows[i].iterations * h.rows[i].images), h.rows[i].layer->activation,
                            h.rows[i].layer->error);
    histogram_free(&h);
    return sum;
}

/* GBitOPs of the published run. */
static double gbitops(double macs, const char *schedule, int lo, int hi, int backward)
{
    const struct work w = {.macs = macs};
    const struct schedule_spec f = make(schedule, lo, hi), b = make("static", backward, backward);
    return bitops_of_run(&w, &f, &b) / 1e9;
}

static double saving(int lo, int hi, int backward)
{
    return 100 * (1 - gbitops(1, "cosine", lo, hi, backward) / gbitops(1, "static", hi, hi, backward));
}

/* --- the convention --- */

struct ratio {
    int forward, backward;
    double of_float32;
};

ParameterizedTestParameters(bitops, one_product_of_each_kind_against_float32)
{
    static struct ratio rows[] = {
        {8, 8, 0.0625},
        {3, 8, (9 + 48) / 3072.0},
        {4, 6, (16 + 48) / 3072.0},
        {6, 6, 0.03515625},
        {0, 0, 1},
        {32, 32, 1},
        {0, 8, (1024 + 512) / 3072.0},
        {8, 0, (64 + 512) / 3072.0},
    };
    return cr_make_param_array(struct ratio, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct ratio *r, bitops, one_product_of_each_kind_against_float32)
{
    const struct work w = {.macs = 1};
    cr_assert(eq(dbl, bitops_paper(&w, 1, r->forward, r->backward), 3072 * r->of_float32));
}

Test(bitops, an_element_of_a_batch_norm_counts_as_two_operations)
{
    const struct work w = {.macs = 100, .norm_elements = 7};
    cr_assert(eq(dbl, bitops_paper(&w, 10, 4, 6), (100 + 14) * 10 * (16 + 48)));
}

/* --- published numbers --- */

struct published {
    char name[24];
    double macs; /* M of the paper's convention */
    char schedule[8];
    int lo, hi, backward;
    double gbitops; /* recomputed, five digits; the figure's pixels agree within 0.3 % */
};

ParameterizedTestParameters(bitops, published_runs)
{
    static struct published rows[] = {
        {"ResNet-38", 84031744, "static", 8, 8, 8, 1.3217e8},
        {"ResNet-38", 84031744, "static", 6, 6, 6, 7.435e7},
        {"ResNet-38", 84031744, "static", 4, 4, 6, 4.4057e7},
        {"ResNet-74", 169654528, "static", 8, 8, 8, 2.6684e8},
        {"ResNet-74", 169654528, "cosine", 3, 8, 8, 1.6898e8},
        {"ResNet-74", 169654528, "static", 6, 6, 6, 1.5010e8},
        {"ResNet-74", 169654528, "static", 4, 4, 6, 8.895e7},
        {"ResNet-110", 255277312, "static", 8, 8, 8, 4.0152e8},
        {"ResNet-110", 255277312, "static", 6, 6, 6, 2.2585e8},
        {"ResNet-110", 255277312, "static", 4, 4, 6, 1.3384e8},
        {"ResNet-152", 355170560, "static", 8, 8, 8, 5.5863e8},
        {"ResNet-152", 355170560, "static", 6, 6, 6, 3.1423e8},
        {"ResNet-152", 355170560, "static", 4, 4, 6, 1.8621e8},
        {"ResNet-164", 383711488, "static", 8, 8, 8, 6.0353e8},
        {"ResNet-164", 383711488, "static", 6, 6, 6, 3.3948e8},
        {"ResNet-164", 383711488, "static", 4, 4, 6, 2.0118e8},
        {"MobileNetV2", 94720000, "static", 8, 8, 8, 1.4898e8},
        {"MobileNetV2", 94720000, "static", 6, 6, 6, 8.3802e7},
        {"MobileNetV2", 94720000, "static", 4, 4, 6, 4.966e7},
        {"ResNet-18 ImageNet", 1819040768, "static", 8, 8, 8, 2.8611e9},
        {"ResNet-18 ImageNet", 1819040768, "cosine", 4, 8, 8, 1.9997e9},
        {"ResNet-34 ImageNet", 3671237632, "static", 8, 8, 8, 5.7744e9},
        {"ResNet-50 ImageNet", 4111412224, "static", 8, 8, 8, 6.4667e9},
    };
    return cr_make_param_array(struct published, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct published *r, bitops, published_runs)
{
    const double got = gbitops(r->macs, r->schedule, r->lo, r->hi, r->backward);
    cr_assert(lt(dbl, fabs(got / r->gbitops - 1), 1e-4), "%s: %.6g GBitOPs, published %.6g", r->name, got,
              r->gbitops);
}

struct published_saving {
    int lo, hi, backward;
    double percent;
};

ParameterizedTestParameters(bitops, published_savings)
{
    static struct published_saving rows[] = {
        {3, 8, 8, 36.67}, {3, 6, 6, 30.05}, {3, 4, 6, 14.84}, {4, 8, 8, 30.11}, {4, 6, 6, 20.69},
        {5, 8, 8, 23.16}, {5, 6, 8, 10.23}, {4, 6, 8, 19.96}, {2, 8, 8, 42.86},
    };
    return cr_make_param_array(struct published_saving, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct published_saving *r, bitops, published_savings)
{
    cr_assert(lt(dbl, fabs(saving(r->lo, r->hi, r->backward) - r->percent), 0.0051), "%d-%d/%d saves %.4f %%",
              r->lo, r->hi, r->backward, saving(r->lo, r->hi, r->backward));
}

/* --- networks --- */

static struct graph build_for(const char *model, int side, int classes, const char *recipe_name)
{
    const struct model_type *type;
    struct recipe recipe;
    struct graph g = {0};
    cr_assert(eq(int, recipe_find(&recipe, recipe_name), STATUS_OK));
    cr_assert(
        eq(int, model_build(&type, &g, model, (struct shape){side, side, 3}, classes, &recipe), STATUS_OK),
        "%s", status_detail());
    return g;
}

static struct graph build(const char *model, const char *recipe_name)
{
    return build_for(model, 32, 100, recipe_name);
}

struct network {
    char name[16];
    int side, classes;
    double macs, paper_macs;
    double gbitops[3]; /* static 8/8, 6/6 and 4/6 bits, as printed or read from the published figure; 0:
                          neither */
};

ParameterizedTestParameters(bitops, networks_have_the_published_operation_counts)
{
    static struct network rows[] = {
        {"resnet38", 32, 100, 83286272, 84031744, {1.323e8, 0.744e8, 0.440e8}},
        {"resnet74", 32, 100, 168220928, 169654528, {2.671e8, 1.504e8, 0.891e8}},
        {"resnet110", 32, 100, 253155584, 255277312, {4.015e8, 2.258e8, 1.341e8}},
        {"resnet152", 32, 100, 352246016, 355170560, {5.584e8, 3.141e8, 1.859e8}},
        {"resnet164", 32, 100, 380557568, 383711488, {6.034e8, 3.396e8, 2.011e8}},
        {"mobilenetv2", 32, 100, 91270144, 94720000, {1.490e8, 0.838e8, 0.498e8}},
        {"resnet18", 224, 1000, 1814073344, 1819040768, {2.86e9, 1.61e9}},
        {"resnet34", 224, 1000, 3663761408, 3671237632, {5.77e9, 3.24e9}},
        {"resnet50", 224, 1000, 4089184256, 4111412224, {6.47e9, 3.63e9}},
    };
    return cr_make_param_array(struct network, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct network *r, bitops, networks_have_the_published_operation_counts)
{
    static const int widths[3][2] = {{8, 8}, {6, 6}, {4, 6}};
    struct graph g = build_for(r->name, r->side, r->classes, "cpt");
    const struct work w = work_of_graph(&g);

    cr_assert(eq(dbl, w.macs, r->macs));
    cr_assert(eq(dbl, w.macs + 2 * w.norm_elements, r->paper_macs));
    for (int i = 0; i < 3; i++) {
        const struct schedule_spec f = make("static", widths[i][0], widths[i][0]),
                                   b = make("static", widths[i][1], widths[i][1]);
        const double got = bitops_of_run(&w, &f, &b) / 1e9;
        if (r->gbitops[i] > 0)
            cr_assert(lt(dbl, fabs(got / r->gbitops[i] - 1), 0.005), "%s, %d/%d bits: %g, published %g",
                      r->name, widths[i][0], widths[i][1], got, r->gbitops[i]);
    }
    graph_free(&g);
}

/* What the meter counts of products as they are computed. */
static double true_bitops(const struct graph *g, const struct histogram *run)
{
    struct hardware h = hardware_default();
    const struct constants k = constants_nominal();
    struct workload w;
    struct meter *m;
    struct cost c;

    cr_assert(eq(int, hardware_set(&h, "array.backend", "bitops"), STATUS_OK));
    cr_assert(eq(int, workload_of_graph(&w, g, "test"), STATUS_OK));
    cr_assert(eq(int, meter_open(&m, &(struct meter_spec){&w, &h, &k, CONVENTION_TRUE}), STATUS_OK));
    cr_assert(eq(int, meter_run(&c, m, run), STATUS_OK));
    meter_close(m);
    workload_free(&w);
    return c.counts.bitops;
}

static double true_bitops_of(const struct graph *g, int64_t images, int forward, int backward)
{
    struct histogram h = {0};

    cr_assert(eq(int, histogram_add(&h, operands_of(forward, backward), images, 1), STATUS_OK));
    const double sum = true_bitops(g, &h);
    histogram_free(&h);
    return sum;
}

/* Of the true count's layers, the recipe for ImageNet leaves stem, shortcuts and the last one at 32 bits. */
Test(bitops, true_count_of_resnet18_with_its_recipe)
{
    struct graph g = build_for("resnet18", 224, 1000, "cpt-imagenet");
    const double all = 1814073344, stem18 = 112.0 * 112 * 64 * 147, linear18 = 512000;
    const double shortcuts = 28.0 * 28 * 64 * 128 + 14.0 * 14 * 128 * 256 + 7.0 * 7 * 256 * 512;
    const double want = (all - stem18 - linear18 - shortcuts) * (16 + 2 * 4 * 8) +
                        (linear18 + shortcuts) * 3 * 1024 + stem18 * 2 * 1024;
    cr_assert(eq(dbl, true_bitops_of(&g, 1, 4, 8), want));
    graph_free(&g);
}

/* ResNet-38: stem 3 x 3 x 3 x 16 filters over 32 x 32 pixels, last layer 64 x 100. */
static const double macs38 = 83286272, stem = 442368, linear = 6400;

Test(bitops, true_count_has_no_backward_data_product_in_the_stem_and_a_float32_last_layer)
{
    struct graph g = build("resnet38", "cpt");
    const double want = (macs38 - stem - linear) * (25 + 2 * 5 * 8) + stem * (25 + 5 * 8) + linear * 3072;
    cr_assert(eq(dbl, true_bitops_of(&g, 1, 5, 8), want));
    cr_assert(eq(dbl, true_bitops_of(&g, 1000, 5, 8), 1000 * want));
    graph_free(&g);
}

Test(bitops, true_count_of_float32_ignores_the_widths)
{
    struct graph g = build("resnet38", "float32");
    const double want = macs38 * 3072 - stem * 1024;
    cr_assert(eq(dbl, true_bitops_of(&g, 1, 5, 8), want));
    cr_assert(eq(dbl, true_bitops_of(&g, 1, 0, 0), want));
    graph_free(&g);
}

Test(bitops, true_count_of_a_run_is_the_sum_of_its_iterations)
{
    enum { T = 1000 };
    struct graph g = build("resnet8", "cpt");
    const struct schedule_spec f = make("cosine", 3, 8), b = make("cosine", 6, 8);
    double want = 0;
    for (int64_t i = 0; i < T; i++) {
        const struct schedule_point p = {.iteration = i, .iterations = T, .layer = -1};
        want += true_bitops_of(&g, BATCH, schedule_bits(&f, &p), schedule_bits(&b, &p));
    }
    struct histogram h;
    cr_assert(eq(int, histogram_of_schedules(&h, T, BATCH, &f, &b), STATUS_OK));
    cr_assert(lt(dbl, fabs(true_bitops(&g, &h) / want - 1), 1e-12));
    histogram_free(&h);
    graph_free(&g);
}

/* --- histograms --- */

/* Iteration by iteration. */
static void count_each(struct histogram *h, int64_t iterations, const struct schedule_spec *f,
                       const struct schedule_spec *b)
{
    struct schedule_point p = {.iterations = iterations, .layer = -1};

    for (; p.iteration < iterations; p.iteration++)
        cr_assert_eq(histogram_add(h, operands_of(schedule_bits(f, &p), schedule_bits(b, &p)), BATCH, 1),
                     STATUS_OK);
}

static void expect_the_same(const struct schedule_spec *f, const struct schedule_spec *b, int64_t iterations)
{
    struct histogram h, want = {0};

    cr_assert_eq(histogram_of_schedules(&h, iterations, BATCH, f, b), STATUS_OK);
    count_each(&want, iterations, f, b);
    cr_assert_eq(h.count, want.count, "%d-%d, %d cycles of %lld: %d rows, not %d", f->bits_min, f->bits_max,
                 f->cycles, (long long)iterations, h.count, want.count);
    for (int i = 0; i < h.count; i++)
        cr_assert(operands_equal(*h.rows[i].layer, *want.rows[i].layer) &&
                      h.rows[i].iterations == want.rows[i].iterations,
                  "%d-%d, %d cycles of %lld: row %d: %lld, not %lld", f->bits_min, f->bits_max, f->cycles,
                  (long long)iterations, i, (long long)h.rows[i].iterations,
                  (long long)want.rows[i].iterations);
    histogram_free(&h);
    histogram_free(&want);
}

Test(histogram, counts_as_if_each_iteration_were_asked_for)
{
    static const int lengths[] = {1, 2, 3, 7, 64, 100, 999, 4096, 30011};
    static const int bits[][2] = {{3, 8}, {3, 12}, {2, 32}, {8, 8}, {0, 0}};
    static const char *const backward[] = {"static", "cosine"};

    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
        for (int cycles = 1; cycles <= lengths[l]; cycles = 3 * cycles + 1)
            for (size_t k = 0; k < 4 * sizeof bits / sizeof *bits; k++) {
                struct schedule_spec f = make("cosine", bits[k / 4][0], bits[k / 4][1]);
                struct schedule_spec b = make(backward[k % 2], 6, 8);
                f.cycles = cycles;
                f.remainder = k / 2 % 2 == 0 ? REMAINDER_STRETCH : REMAINDER_LEFTOVER;
                b.remainder = f.remainder;
                if (b.type->cyclic) b.cycles = lengths[l] % 3 == 0 ? cycles : 1; /* their own cycles, too */
                expect_the_same(&f, &b, lengths[l]);
                expect_the_same(&b, &f, lengths[l]);
            }
}

Test(histogram, the_longest_runs_take_no_time, .timeout = 5)
{
    static const int cycles[] = {1, 32, 1000003, INT32_MAX};

    for (size_t i = 0; i < sizeof cycles / sizeof *cycles; i++)
        for (enum remainder r = REMAINDER_STRETCH; r <= REMAINDER_LEFTOVER; r++) {
            struct schedule_spec f = make("cosine", 3, 8), b = make("static", 8, 8);
            struct histogram h;
            int64_t sum = 0;
            f.cycles = cycles[i];
            f.remainder = r;
            cr_assert_eq(histogram_of_schedules(&h, SCHEDULE_ITERATIONS_MOST, BATCH, &f, &b), STATUS_OK);
            for (int k = 0; k < h.count; k++)
                sum += h.rows[k].iterations;
            cr_assert_eq(sum, SCHEDULE_ITERATIONS_MOST);
            histogram_free(&h);
        }
}
