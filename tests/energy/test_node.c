/* tests/energy/test_node.c - technology nodes: published examples, anchors, and what must not be scaled. */
#include "energy/prices/node.h"
#include "energy/prices/price.h"

#include "tests/fixtures/folder.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>

static struct hardware at_node(double nm, enum hardware_scaling scaling)
{
    struct hardware h = hardware_default();
    h.tech.node_nm = nm;
    h.tech.scaling = scaling;
    must(hardware_check(&h));
    return h;
}

/* Stillmaker and Baas, corrigendum: 1 pJ at 65 nm and 1.3 V is 0.1755 pJ at 32 nm and 0.9 V, with the paper's
 * other kind of 32 nm device. */
Test(node, the_corrigendums_example_comes_out)
{
    const struct stillmaker at_32nm = {32, 0.8367, -0.4341, 0.1701, 0.9};
    cr_assert_float_eq(stillmaker_polynomial(&at_32nm, 0.9) / stillmaker_energy(65, 1.3), 0.1755, 0.0001);
}

struct gain {
    double nm, at_800mv, at_nominal, nominal_v; /* over 45 nm; nominal of 45 nm is 1 V in the paper */
};

ParameterizedTestParameters(node, the_papers_ratios_to_45nm_come_out)
{
    static struct gain rows[] = {
        {130, 3.07, 5.09, 1.2},  {90, 1.90, 2.55, 1.1},    {65, 1.24, 1.65, 1.1},
        {32, 0.66, 0.53, 0.9},   {20, 0.22, 0.20, 0.9},    {16, 0.174, 0.118, 0.8},
        {14, 0.139, 0.095, 0.8}, {10, 0.118, 0.069, 0.75}, {7, 0.094, 0.047, 0.7},
    };
    return cr_make_param_array(struct gain, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct gain *r, node, the_papers_ratios_to_45nm_come_out)
{
    const double low = stillmaker_energy(r->nm, 0.8) / stillmaker_energy(45, 0.8);
    const double nominal = stillmaker_energy(r->nm, r->nominal_v) / stillmaker_energy(45, 1.0);
    cr_assert(fabs(low / r->at_800mv - 1) < 0.01, "%g nm: %g", r->nm, low);
    cr_assert(fabs(nominal / r->at_nominal - 1) < 0.015, "%g nm: %g", r->nm, nominal);
}

Test(node, nothing_is_scaled_at_45nm_and_by_none)
{
    const struct constants k = constants_nominal();
    const struct hardware anchors = at_node(45, SCALING_ANCHORS),
                          polynomials = at_node(45, SCALING_STILLMAKER);
    const struct hardware none = at_node(7, SCALING_NONE);

    cr_assert_eq(node_logic(&anchors, &k, 45), 1);
    cr_assert_float_eq(node_logic(&polynomials, &k, 45), 1, 1e-12);
    cr_assert_eq(node_logic(&none, &k, 45), 1);
    cr_assert_eq(node_between(&none, &k, INT8_MULTIPLY, INT8_MULTIPLY_7NM), 0.2);
}

Test(node, components_meet_their_own_anchors)
{
    const struct constants k = constants_nominal();
    const struct hardware h = at_node(7, SCALING_ANCHORS), old = at_node(65, SCALING_ANCHORS);

    cr_assert_float_eq(node_between(&h, &k, INT8_MULTIPLY, INT8_MULTIPLY_7NM), 0.07, 1e-12);
    cr_assert_float_eq(node_between(&h, &k, FLOAT32_MULTIPLY, FLOAT32_MULTIPLY_7NM), 1.31, 1e-12);
    cr_assert_float_eq(node_between(&h, &k, FLOAT32_ADD, FLOAT32_ADD_7NM), 0.38, 1e-12);
    cr_assert_float_eq(node_logic(&h, &k, 45), 0.35, 1e-12);
    cr_assert_float_eq(node_logic(&old, &k, 45), 1.65, 1e-12);
    cr_assert_float_eq(node_logic(&old, &k, 65), 1, 1e-12);
}

/* Four to seven times, against published tables of operations. */
Test(node, the_polynomials_overstate_the_gain_to_7nm)
{
    const struct constants k = constants_nominal();
    const struct hardware a = at_node(7, SCALING_ANCHORS), s = at_node(7, SCALING_STILLMAKER);
    const double times = node_logic(&a, &k, 45) / node_logic(&s, &k, 45);
    cr_assert(times > 4 && times < 7.5, "%g", times);
}

/* A megabyte gains more than 8 KB, both as published, and logic lies between. */
Test(node, memory_gains_by_its_size)
{
    const struct constants k = constants_nominal();
    const double expected[] = {0.75, 0.425, 0.14};
    const char *const sizes[] = {"8 KiB", "32 KiB", "1 MiB"};

    for (int i = 0; i < 3; i++) {
        struct hardware now = at_node(45, SCALING_ANCHORS), later = at_node(7, SCALING_ANCHORS);
        struct prices before, after;
        must(hardware_set(&now, "buffer.global.bytes", sizes[i]));
        must(hardware_set(&later, "buffer.global.bytes", sizes[i]));
        prices_make(&before, &now, &k);
        prices_make(&after, &later, &k);
        cr_assert_float_eq(after.pj[COST_GLOBAL_READ] / before.pj[COST_GLOBAL_READ], expected[i], 1e-9, "%s",
                           sizes[i]);
        cr_assert_eq(after.pj[COST_DRAM_READ], before.pj[COST_DRAM_READ]);
    }
}

/* A sweep over nodes has no steps and no bumps. */
Test(node, a_smaller_node_never_costs_more)
{
    static const enum hardware_scaling scalings[] = {SCALING_ANCHORS, SCALING_STILLMAKER};
    const struct constants k = constants_nominal();

    for (int s = 0; s < 2; s++) {
        struct prices last, p;
        for (double nm = 130; nm >= 7; nm *= 0.99) {
            struct hardware h = at_node(nm, scalings[s]);
            must(hardware_set(&h, "buffer.global.bytes", "1 MiB"));
            prices_make(&p, &h, &k);
            for (int i = 0; nm < 130 && i < COST_LEAKAGE; i++) {
                cr_assert(p.pj[i] <= last.pj[i] * (1 + 1e-12), "%s at %g nm",
                          component_of((enum component)i)->name, nm);
                cr_assert(p.pj[i] >= last.pj[i] * 0.9, "%s at %g nm", component_of((enum component)i)->name,
                          nm);
            }
            last = p;
        }
    }
}

Test(node, energy_grows_with_the_square_of_the_supply)
{
    const struct constants k = constants_nominal();
    struct hardware h = hardware_default();
    struct prices nominal, low;

    prices_make(&nominal, &h, &k);
    must(hardware_set(&h, "tech.vdd", "0.9"));
    prices_make(&low, &h, &k);
    cr_assert_eq(low.pj[COST_CORE], nominal.pj[COST_CORE], "0.9 V is nominal at 45 nm");
    must(hardware_set(&h, "tech.vdd", "0.6"));
    prices_make(&low, &h, &k);
    cr_assert_float_eq(low.pj[COST_CORE] / nominal.pj[COST_CORE], 4.0 / 9, 1e-12);
    cr_assert_float_eq(low.pj[COST_INPUT_READ] / nominal.pj[COST_INPUT_READ], 4.0 / 9, 1e-12);
    cr_assert_eq(low.pj[COST_DRAM_READ], nominal.pj[COST_DRAM_READ]);
}
