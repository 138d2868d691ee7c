/* tests/energy/test_backend.c - back ends by name, and that none may beat the roofline. */
#include "energy/backends/backends.h"
#include "tests/fixtures/folder.h"

#include <criterion/new/assert.h>

static const struct nest nest = {
    16, 64, 64, 8, 8, 3, 3, 1, .instances = 2, .input_bits = 8, .weight_bits = 8};

/* Of the cycles that the roofline says. */
static const double too_fast = 0.999;

static enum status miracle_count(struct counts *out, const struct nest *n, const struct hardware *h,
                                 const struct prices *p)
{
    (void)p;
    out->cycles = too_fast * roofline_cycles(n, h);
    return STATUS_OK;
}

Test(backend, one_that_beats_the_roofline_is_refused)
{
    static const struct backend miracle = {.name = "miracle", .count = miracle_count};
    struct hardware h = hardware_default();
    const struct prices p = {0};
    struct counts c;

    h.array.backend = &miracle;
    expect_failure(backend_count(&c, &nest, &h, &p), STATUS_INPUT, "'miracle' claims");
}

Test(backend, every_one_is_found_by_its_name_and_has_a_source)
{
    int count;
    const struct backend *const *all = backend_all(&count), *found;

    for (int i = 0; i < count; i++) {
        must(backend_find(&found, all[i]->name));
        cr_assert(found == all[i] && all[i]->title[0] != '\0' && all[i]->source[0] != '\0', "%s",
                  all[i]->name);
    }
    expect_failure(backend_find(&found, "sistolic"), STATUS_INPUT, "did you mean 'systolic'?");
}

Test(backend, the_roofline_is_arithmetic_or_memory)
{
    struct hardware h = hardware_default(); /* 16 x 32 elements, 192 bits a cycle */
    const double macs = nest_macs(&nest);

    must(hardware_set(&h, "training.output_bits", "8"));
    must(hardware_set(&h, "dram.bits_per_cycle", "1e9"));
    cr_assert(eq(dbl, roofline_cycles(&nest, &h), macs / 512));
    must(hardware_set(&h, "dram.bits_per_cycle", "1"));
    const double bits = 2.0 * 8 * (16 * 64 * 8 * 8 + 64 * 64 * 9 + 16 * 64 * 8 * 8);
    cr_assert(eq(dbl, roofline_cycles(&nest, &h), bits));
}

/* Whatever the back end: weight gradients are written once at their own width, outputs at theirs. */
Test(backend, weight_gradients_leave_at_their_own_width)
{
    static const char *const names[] = {"bitfusion", "systolic", "loopnest"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const double results = 2.0 * 16 * 64 * 8 * 8;
        struct nest n = nest;
        double written[2][2];
        for (int wide = 0; wide < 2; wide++)
            for (n.gradient = false;; n.gradient = true) {
                struct hardware h = hardware_default();
                const struct constants k = constants_nominal();
                struct prices p;
                struct counts c;
                must(hardware_set(&h, "array.backend", names[i]));
                must(hardware_set(&h, "training.output_bits", "16"));
                must(hardware_set(&h, "training.gradient_bits", wide ? "32" : "12"));
                prices_make(&p, &h, &k);
                must(backend_count(&c, &n, &h, &p));
                written[wide][n.gradient] = c.of[COST_DRAM_WRITE];
                if (n.gradient) break;
            }
        cr_assert(written[0][0] == written[1][0], "%s: outputs are not gradients", names[i]);
        cr_assert(eq(dbl, written[1][1] - written[0][1], 20 * results), "%s", names[i]);
        cr_assert(eq(dbl, written[1][1] - written[1][0], 16 * results), "%s", names[i]);
    }
}

Test(backend, narrow_operands_are_faster_by_the_model_of_the_element)
{
    struct hardware h = hardware_default(); /* 2 to 8 bits */
    static const struct {
        const char *model;
        double at_3, at_5, at_32; /* products a cycle and element, against 8 bits */
    } rows[] = {{"bitfusion", 2, 1, 0.25}, {"bit-serial", 8.0 / 3, 1.6, 0.25}, {"quadratic", 1, 1, 0.25}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        must(hardware_set(&h, "array.mac_model", rows[i].model));
        cr_assert(roofline_macs_per_cycle(&h, 3, 8) == 512 * rows[i].at_3, "%s", rows[i].model);
        cr_assert(roofline_macs_per_cycle(&h, 8, 5) == 512 * rows[i].at_5, "%s", rows[i].model);
        cr_assert(roofline_macs_per_cycle(&h, 32, 8) == 512 * rows[i].at_32, "%s", rows[i].model);
    }
}

/* A layer that fits every buffer at once: 10 x 10 x 16 inputs, 16 x 32 x 9 weights, 8 x 8 x 32 outputs. */
static const struct nest small = {
    1, 16, 32, 8, 8, 3, 3, 1, .instances = 1, .input_bits = 4, .weight_bits = 4};

static struct counts counted(const struct hardware *h, const struct constants *k)
{
    struct prices p;
    struct counts c;

    prices_make(&p, h, k);
    must(backend_count(&c, &small, h, &p));
    return c;
}

Test(backend, emulated_storage_moves_float32_and_keeps_the_codes_on_the_chip)
{
    static const char *const names[] = {"bitfusion", "systolic", "loopnest"};
    const struct constants k = constants_nominal();

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct hardware h = hardware_default();
        must(hardware_set(&h, "array.backend", names[i]));
        must(hardware_set(&h, "training.output_bits", "8"));
        const struct counts codes = counted(&h, &k);
        must(hardware_set(&h, "training.storage", "emulated"));
        const struct counts floats = counted(&h, &k);
        cr_assert(eq(dbl, codes.of[COST_DRAM_READ], 4.0 * (1600 + 4608)), "%s", names[i]);
        cr_assert(eq(dbl, codes.of[COST_DRAM_WRITE], 8.0 * 2048), "%s", names[i]);
        cr_assert(eq(dbl, floats.of[COST_DRAM_READ], 32.0 * (1600 + 4608)), "%s", names[i]);
        cr_assert(eq(dbl, floats.of[COST_DRAM_WRITE], 32.0 * 2048), "%s", names[i]);
        cr_assert(eq(dbl, floats.of[COST_INPUT_WRITE], codes.of[COST_INPUT_WRITE]), "%s", names[i]);
        cr_assert(eq(dbl, floats.of[COST_WEIGHT_WRITE], codes.of[COST_WEIGHT_WRITE]), "%s", names[i]);
    }
}

Test(backend, widths_weigh_by_the_constants_that_the_prices_were_made_of)
{
    struct constants k = constants_nominal();
    struct hardware h = hardware_default();

    k.value[MULTIPLY_EXPONENT] = 1.5;
    k.value[ADD_EXPONENT] = 0.5;
    must(hardware_set(&h, "array.backend", "systolic"));
    must(hardware_set(&h, "array.mac_model", "quadratic"));
    const struct counts c = counted(&h, &k);
    cr_assert(eq(dbl, c.of[COST_MULTIPLY], c.macs / 8)); /* (4 x 4 / 64)^1.5 */
    cr_assert(eq(dbl, c.of[COST_ADD], c.macs * 2));      /* (32 / 8)^0.5 */
}

Test(backend, bitfusion_refuses_what_it_would_pass_over)
{
    static const char *const foreign[][2] = {
        {"mapping.tiles", "all"},
        {"array.register_bytes", "512"},
        {"buffer.global.bytes", "65536"},
        {"buffer.input.bits_per_cycle", "512"},
    };
    const struct constants k = constants_nominal();

    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        struct hardware h = hardware_default();
        struct prices p;
        struct counts c;
        must(hardware_set(&h, foreign[i][0], foreign[i][1]));
        prices_make(&p, &h, &k);
        expect_failure(backend_count(&c, &small, &h, &p), STATUS_INPUT, foreign[i][0]);
    }
}
