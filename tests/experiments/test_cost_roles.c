/* tests/experiments/test_cost_roles.c - number formats of roles as widths that can be priced. */
#include "experiments/cost/cost_roles.h"
#include "tests/fixtures/folder.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

struct formats {
    char weight[32], activation[32], error[32];
    struct widths scheduled;
    struct operands want; /* activation, weight, error */
};

ParameterizedTestParameters(cost_roles, operands_are_as_wide_as_their_codes)
{
    static struct formats rows[] = {
        {"recipe", "recipe", "recipe", {5, 8}, {5, 5, 8}},
        {"fp:e4m3fn:rne:sat", "fp:e4m3fn:rne:sat", "fp:e5m2:sr8:sat", {3, 6}, {8, 8, 8}},
        {"fx:s{bits}.0", "fx:s{bits+2}.3", "fx:s{bits-1}.3", {6, 8}, {8, 6, 7}},
        {"mx:e2m1:32:floor", "mx:e2m3:32:floor", "recipe", {8, 7}, {6, 4, 7}},
        {"float32", "recipe", "float32", {8, 8}, {8, 0, 0}},
        {"float32", "float32", "float32", {8, 8}, {0, 0, 0}},
        {"nvfp4", "posit:8.1", "bfp:5:16", {8, 8}, {8, 4, 5}},
    };
    return cr_make_param_array(struct formats, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct formats *f, cost_roles, operands_are_as_wide_as_their_codes)
{
    struct recipe r = {.quantize = true};

    must(role_parse(&r.role[ROLE_WEIGHT], ROLE_WEIGHT, f->weight));
    must(role_parse(&r.role[ROLE_ACTIVATION], ROLE_ACTIVATION, f->activation));
    must(role_parse(&r.role[ROLE_ERROR], ROLE_ERROR, f->error));
    const struct operands is = cost_roles_operands(&r, f->scheduled);
    cr_assert(operands_equal(is, f->want), "%s: %d %d %d", f->weight, is.activation, is.weight, is.error);
}

Test(cost_roles, a_run_is_told_by_role_and_its_rows_become_the_operands)
{
    struct recipe r = {.quantize = true};
    struct histogram run = {0};
    struct cost_roles roles;

    must(role_parse(&r.role[ROLE_ACTIVATION], ROLE_ACTIVATION, "fx:s{bits}.3"));
    must(role_parse(&r.role[ROLE_WEIGHT], ROLE_WEIGHT, "fx:s8.0"));
    must(role_parse(&r.role[ROLE_MASTER], ROLE_MASTER, "fp:bf16"));
    for (int bits = 3; bits <= 6; bits++)
        must(histogram_add(&run, operands_of(bits, 8), 4, 10));
    must(cost_roles_read(&roles, &run, &r));
    cr_assert(roles.count == 3);
    cr_assert_str_eq(roles.rows[0].priced_as, "integers of 8 bits");
    cr_assert_str_eq(roles.rows[1].priced_as, "integers of 3 to 6 bits");
    cr_assert_str_eq(roles.rows[2].role, "master");
    cr_assert_str_eq(roles.rows[2].priced_as, "hardware's training.master_bits");
    cr_assert(run.count == 4 && operands_equal(run.rows[1].layer[0], (struct operands){4, 8, 8}));
    histogram_free(&run);
}

Test(cost_roles, weights_of_another_width_go_where_weights_are_multiplied)
{
    const struct workload_layer l = workload_layer_make("a", 1, 3, 8, 1, 4, 4, 1);
    const struct operands w = {.activation = 6, .weight = 3, .error = 8};
    struct nest n;

    cr_assert(workload_nest(&n, &l, PHASE_FORWARD, 1, w, false) && n.input_bits == 6 && n.weight_bits == 3);
    cr_assert(workload_nest(&n, &l, PHASE_BACKWARD_DATA, 1, w, false) && n.input_bits == 8 &&
              n.weight_bits == 3);
    cr_assert(workload_nest(&n, &l, PHASE_BACKWARD_WEIGHTS, 1, w, false) && n.input_bits == 8 &&
              n.weight_bits == 6);
}

Test(cost_roles, the_top_of_a_run_has_its_widest_weights)
{
    struct histogram run = {0}, top;

    must(histogram_add(&run, (struct operands){8, 3, 8}, 1, 1));
    must(histogram_add(&run, (struct operands){8, 6, 8}, 1, 1));
    must(histogram_at_the_top(&top, &run));
    cr_assert(top.count == 1 && operands_equal(top.rows[0].layer[0], (struct operands){8, 6, 8}));
    histogram_free(&run);
    histogram_free(&top);
}

Test(cost_roles, layers_of_different_widths_become_operands_one_by_one)
{
    const struct operands scheduled[] = {operands_of(3, 8), operands_of(6, 8)};
    struct recipe r = {.quantize = true};
    struct histogram run = {0}, top;
    struct cost_roles roles;

    must(role_parse(&r.role[ROLE_WEIGHT], ROLE_WEIGHT, "fx:s{bits+1}.0"));
    must(histogram_add_layers(&run, scheduled, 2, 1, 1));
    must(histogram_add(&run, operands_of(4, 8), 1, 1));
    must(cost_roles_read(&roles, &run, &r));
    cr_assert_str_eq(roles.rows[0].priced_as, "integers of 4 to 7 bits");
    cr_assert(operands_equal(histogram_operands(&run.rows[0], 1), (struct operands){6, 7, 8}));
    must(histogram_at_the_top(&top, &run));
    cr_assert(top.count == 1 && top.rows[0].layers == 2 && top.rows[0].iterations == 2);
    cr_assert(operands_equal(top.rows[0].layer[0], (struct operands){4, 5, 8}));
    cr_assert(operands_equal(top.rows[0].layer[1], (struct operands){6, 7, 8}));
    histogram_free(&run);
    histogram_free(&top);
}
