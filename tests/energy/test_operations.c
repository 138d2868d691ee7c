/* tests/energy/test_operations.c - operations and traffic besides the products, by hand on a small layer. */
#include "energy/meter/operations.h"
#include "energy/meter/meter.h"
#include "tests/fixtures/folder.h"

#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

enum { IMAGES = 10, C = 4, SIDE = 8, N = IMAGES * C * SIDE * SIDE }; /* N: elements of a tensor */

static const struct operands widths = {.activation = 3, .weight = 3, .error = 6};

static struct hardware with(const char *path, const char *text)
{
    struct hardware h = hardware_default();
    must(hardware_set(&h, "training.storage", "true"));
    must(hardware_set(&h, "mapping.fuse_norm", "false"));
    must(hardware_set(&h, "mapping.fuse_relu", "false"));
    if (path) must(hardware_set(&h, path, text));
    return h;
}

static struct workload_layer norm(bool relu, bool residual)
{
    return (struct workload_layer){.kind = WORKLOAD_NORM,
                                   .count = 1,
                                   .in_c = C,
                                   .out_c = C,
                                   .in_h = SIDE,
                                   .in_w = SIDE,
                                   .out_h = SIDE,
                                   .out_w = SIDE,
                                   .kernel_h = 1,
                                   .kernel_w = 1,
                                   .groups = 1,
                                   .stride = 1,
                                   .quantized = true,
                                   .relu = relu,
                                   .residual = residual};
}

/* 3 x 3, C to C channels. */
static struct workload_layer conv(void)
{
    return workload_layer_make("conv", 1, 3, SIDE, 1, C, C, 1);
}

static struct operations of(const struct workload_layer *l, enum phase p, const struct hardware *h)
{
    return operations_of(l, p, IMAGES, widths, h);
}

/* --- elementwise --- */

Test(operations, batch_norm_is_eight_operations_forward_and_twelve_back)
{
    const struct workload_layer l = norm(false, false);
    const struct hardware h = with(NULL, NULL);
    const struct operations o = of(&l, PHASE_ELEMENTWISE, &h);
    cr_assert(eq(dbl, o.multiplies + o.adds, 20.0 * N));
}

Test(operations, relu_and_residual_add_one_each_way)
{
    const struct workload_layer l = norm(true, true);
    const struct hardware h = with(NULL, NULL);
    const struct operations o = of(&l, PHASE_ELEMENTWISE, &h);
    cr_assert(eq(dbl, o.multiplies + o.adds, (20.0 + 2 + 2) * N));
}

Test(operations, batch_norm_reads_its_input_twice_each_way_and_keeps_a_mask)
{
    const struct workload_layer plain = norm(false, false), relu = norm(true, false), both = norm(true, true);
    const struct hardware h = with("training.output_bits", "20");
    struct operations o = of(&plain, PHASE_ELEMENTWISE, &h);

    cr_assert(eq(dbl, o.read_bits, N * (2 * 20 + 2 * 6 + 20.0)));
    cr_assert(eq(dbl, o.written_bits, N * (3 + 6.0)));
    o = of(&relu, PHASE_ELEMENTWISE, &h);
    cr_assert(eq(dbl, o.read_bits, N * (2 * 20 + 2 * 6 + 20.0 + 1)));
    cr_assert(eq(dbl, o.written_bits, N * (3 + 6.0 + 1)));
    o = of(&both, PHASE_ELEMENTWISE, &h);
    cr_assert(eq(dbl, o.read_bits, N * (2 * 20 + 2 * 6 + 20.0 + 1 + 3 + 6)));
}

Test(operations, fusion_leaves_the_residual_and_the_mask)
{
    const struct workload_layer l = norm(true, true);
    struct hardware h = with("mapping.fuse_norm", "true");
    struct operations o = of(&l, PHASE_ELEMENTWISE, &h);

    cr_assert(eq(dbl, o.read_bits, N * (3 + 6.0 + 1)));
    cr_assert(eq(dbl, o.written_bits, N * 1.0));
    must(hardware_set(&h, "mapping.fuse_relu", "true"));
    o = of(&l, PHASE_ELEMENTWISE, &h);
    cr_assert(eq(dbl, o.read_bits, N * (3 + 6.0)));
    cr_assert(eq(dbl, o.written_bits, 0));
    cr_assert(eq(dbl, o.multiplies + o.adds, 24.0 * N), "fused operations are still done");
}

Test(operations, emulated_storage_is_float32_whatever_the_widths)
{
    const struct workload_layer l = norm(false, false), c = conv();
    const struct hardware h = with("training.storage", "emulated");
    struct operations o = of(&l, PHASE_ELEMENTWISE, &h);

    cr_assert(eq(dbl, o.read_bits, N * (5 * 32.0)));
    cr_assert(eq(dbl, o.written_bits, N * (2 * 32.0)));
    o = of(&c, PHASE_QUANTIZE, &h);
    cr_assert(o.read_bits == 9.0 * C * C * 32 && o.written_bits == 9.0 * C * C * 32);
}

Test(operations, a_batch_norm_whose_reader_is_float32_writes_float32)
{
    struct workload_layer l = norm(false, false);
    const struct hardware h = with(NULL, NULL);
    l.quantized = false;
    cr_assert(eq(dbl, of(&l, PHASE_ELEMENTWISE, &h).written_bits, N * 64.0));
}

Test(operations, pooling_counts_its_window)
{
    struct workload_layer l = norm(false, false);
    const struct hardware h = with(NULL, NULL);
    const double out = N / 4.0;
    struct operations o;

    l.kind = WORKLOAD_POOL;
    l.out_h = l.out_w = SIDE / 2;
    l.kernel_h = l.kernel_w = 3;
    o = of(&l, PHASE_ELEMENTWISE, &h);
    cr_assert(o.multiplies == 2 * out && o.adds == 9 * out);
    l.maximum = true;
    o = of(&l, PHASE_ELEMENTWISE, &h);
    cr_assert(o.multiplies == 0 && o.adds == (8 + 1) * out);
    cr_assert(eq(dbl, o.written_bits, out * 4 + out * 3 + N * 6.0), "4 bits say which of nine");
}

/* --- quantizers, optimizers --- */

Test(operations, weights_activations_and_errors_are_quantized_every_step)
{
    const struct workload_layer l = conv();
    const struct hardware h = with("training.master_bits", "16");
    const double weights = 9.0 * C * C;
    const struct operations o = of(&l, PHASE_QUANTIZE, &h);

    cr_assert(eq(dbl, o.multiplies + o.adds, 5 * (weights + N + N) + weights + N));
    cr_assert(o.read_bits == 16 * weights && o.written_bits == 3 * weights);
}

Test(operations, the_networks_input_travels_to_its_quantizer)
{
    struct workload_layer l = conv();
    const struct hardware h = with(NULL, NULL);
    const struct operations without = of(&l, PHASE_QUANTIZE, &h);
    l.from_input = true;
    const struct operations o = of(&l, PHASE_QUANTIZE, &h);

    cr_assert(eq(dbl, o.read_bits - without.read_bits, 32.0 * N));
    cr_assert(eq(dbl, o.written_bits - without.written_bits, 3.0 * N));
}

Test(operations, float32_needs_no_quantizer)
{
    struct workload_layer l = conv();
    const struct hardware h = with(NULL, NULL);
    const struct operations o = operations_of(&l, PHASE_QUANTIZE, IMAGES, operands_of(0, 0), &h);

    cr_assert(o.multiplies + o.adds + o.read_bits + o.written_bits == 0);
    l.quantized = false;
    cr_assert(of(&l, PHASE_QUANTIZE, &h).adds == 0);
}

struct optimizer {
    char name[16];
    double operations, words;
};

ParameterizedTestParameters(operations, optimizers_move_their_state_once_each_way)
{
    static struct optimizer rows[] = {{"sgd-momentum", 6, 5}, {"adam", 16, 7}};
    return cr_make_param_array(struct optimizer, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct optimizer *r, operations, optimizers_move_their_state_once_each_way)
{
    const struct workload_layer layers[] = {conv(), norm(false, false)};
    const struct hardware h = with("training.optimizer", r->name);
    static const double params[] = {9.0 * C * C, 2.0 * C};

    for (int i = 0; i < 2; i++) {
        const struct operations o = of(&layers[i], PHASE_UPDATE, &h);
        cr_assert(eq(dbl, o.multiplies + o.adds, r->operations * params[i]));
        cr_assert(eq(dbl, o.read_bits + o.written_bits, r->words * 32 * params[i]));
    }
}

Test(operations, the_optimizers_words_have_the_widths_of_its_knobs)
{
    const struct workload_layer c = conv(), n = norm(false, false);
    struct hardware h = with("training.master_bits", "24");
    must(hardware_set(&h, "training.state_bits", "16"));
    must(hardware_set(&h, "training.gradient_bits", "8"));
    must(hardware_set(&h, "training.norm_bits", "30"));
    cr_assert(eq(dbl, of(&c, PHASE_UPDATE, &h).read_bits, 9.0 * C * C * (24 + 16 + 8)));
    cr_assert(eq(dbl, of(&n, PHASE_UPDATE, &h).written_bits, 2.0 * C * (30 + 16)));
}

/* --- counts --- */

Test(operations, memory_or_the_vector_unit_is_the_limit)
{
    const struct hardware h = with(NULL, NULL); /* 32 columns, 192 bits a cycle, 500 MHz */
    struct operations o = {.multiplies = 3200, .adds = 6400, .read_bits = 1920};
    struct counts c;

    operations_count(&c, &o, &h);
    cr_assert(c.cycles == 300 && c.stall_cycles == 0);
    cr_assert(c.of[COST_LEAKAGE] == 300 / 5e8 && c.of[COST_FLOAT_ADD] == 6400);
    o.written_bits = 192000;
    operations_count(&c, &o, &h);
    cr_assert(c.cycles == 1010 && c.stall_cycles == 710);
    cr_assert(eq(dbl, counts_dram_bytes(&c), (1920 + 192000) / 8.0));
}

Test(operations, the_products_have_none_and_no_images_cost_nothing)
{
    const struct workload_layer layers[] = {conv(), norm(true, true)};
    const struct hardware h = with(NULL, NULL);

    for (int l = 0; l < 2; l++)
        for (int p = 0; p < PHASES; p++) {
            const int64_t images = p <= PHASE_BACKWARD_WEIGHTS ? IMAGES : 0;
            const struct operations o = operations_of(&layers[l], (enum phase)p, images, widths, &h);
            cr_assert(o.multiplies + o.adds + o.read_bits + o.written_bits == 0, "%s",
                      phase_name((enum phase)p));
        }
}

Test(operations, components_have_names_and_every_part_has_one)
{
    bool seen[PARTS] = {false};

    for (int i = 0; i < COST_COMPONENTS; i++) {
        const struct component_row *row = component_of((enum component)i);
        cr_assert(row->name != NULL && row->unit != NULL, "component %d", i);
        seen[row->part] = true;
    }
    for (int i = 0; i < PARTS; i++)
        cr_assert(seen[i] && part_name((enum part)i)[0] != '\0', "part %d", i);
}
