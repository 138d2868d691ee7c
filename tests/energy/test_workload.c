/* tests/energy/test_workload.c - sizes of published networks, nests of the three products, and what is
 * refused. */
#include "energy/workload/workload.h"
#include "models/model.h"
#include "tests/fixtures/folder.h"

#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <inttypes.h>

static struct workload of_model(const char *name, int side, int classes, const char *recipe_name)
{
    const struct model_type *type;
    struct recipe recipe;
    struct graph g = {0};
    struct workload w;

    must(recipe_find(&recipe, recipe_name));
    must(model_build(&type, &g, name, (struct shape){side, side, 3}, classes, &recipe));
    must(workload_of_graph(&w, &g, name));
    graph_free(&g);
    return w;
}

/* --- multiply-accumulates --- */

struct network {
    char name[16];
    int side, classes;
    double macs;
};

/* Published counts; CIFAR networks here have 1 x 1 convolutions in two shortcuts, 262,144 more. */
ParameterizedTestParameters(workload, models_have_the_published_macs)
{
    static struct network rows[] = {
        {"resnet20", 32, 10, 40551040 + 262144},   {"resnet32", 32, 10, 68862592 + 262144},
        {"resnet38", 32, 10, 83018368 + 262144},   {"resnet44", 32, 10, 97174144 + 262144},
        {"resnet56", 32, 10, 125485696 + 262144},  {"resnet74", 32, 10, 167953024 + 262144},
        {"resnet110", 32, 10, 252887680 + 262144}, {"resnet152", 32, 10, 351978112 + 262144},
        {"resnet164", 32, 10, 380289664 + 262144}, {"resnet18", 224, 1000, 1814073344},
        {"resnet34", 224, 1000, 3663761408},       {"resnet50", 224, 1000, 4089184256},
        {"resnet101", 224, 1000, 7801405440},      {"resnet152", 224, 1000, 11513626624},
        {"mobilenetv2", 224, 1000, 300774272},
    };
    return cr_make_param_array(struct network, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct network *r, workload, models_have_the_published_macs)
{
    struct workload w = of_model(r->name, r->side, r->classes, "cpt");
    cr_assert(eq(dbl, work_of_workload(&w).macs, r->macs));
    workload_free(&w);
}

struct shipped {
    char name[16];
    double convolutions, linear;
};

ParameterizedTestParameters(workload, shipped_layer_files_have_the_published_macs)
{
    static struct shipped rows[] = {
        {"vgg16", 15346630656, 123633664},
        {"alexnet", 665784864, 58621952},
        {"resnet74-cifar10", 167953024 - 640, 640},
    };
    return cr_make_param_array(struct shipped, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct shipped *r, workload, shipped_layer_files_have_the_published_macs)
{
    struct workload w;
    char path[64];
    double convolutions = 0, linear = 0;

    snprintf(path, sizeof path, "experiments/layers/%s.tsv", r->name);
    must(workload_read(&w, path));
    cr_assert(strcmp(w.name, r->name) == 0);
    for (int i = 0; i < w.count; i++) {
        const struct workload one = {.layers = &w.layers[i], .count = 1};
        *(w.layers[i].out_h > 1 ? &convolutions : &linear) += work_of_workload(&one).macs;
    }
    cr_assert(eq(dbl, convolutions, r->convolutions));
    cr_assert(eq(dbl, linear, r->linear));
    workload_free(&w);
}

Test(workload, alexnet_counts_layer_by_layer_with_its_groups)
{
    static const double macs[] = {105415200, 223948800, 149520384, 112140288, 74760192};
    struct workload w;

    must(workload_read(&w, "experiments/layers/alexnet.tsv"));
    for (int i = 0; i < 5; i++) {
        const struct workload one = {.layers = &w.layers[i], .count = 1};
        cr_assert(eq(dbl, work_of_workload(&one).macs, macs[i]), "%s", w.layers[i].name);
    }
    workload_free(&w);
}

Test(workload, a_graph_says_which_layers_read_the_input_and_follow_the_schedule)
{
    struct workload w = of_model("resnet20", 32, 10, "cpt"), plain = of_model("resnet20", 32, 10, "float32");

    cr_assert(w.layers[0].from_input && w.layers[0].quantized);
    cr_assert(eq(i32, w.layers[1].kind, WORKLOAD_NORM));
    cr_assert(w.layers[1].relu && !w.layers[1].residual && w.layers[1].quantized);
    cr_assert(eq(i32, w.layers[w.count - 2].kind, WORKLOAD_POOL));
    cr_assert(w.layers[w.count - 2].kernel_h == 8 && !w.layers[w.count - 2].maximum);
    cr_assert(not(w.layers[w.count - 1].quantized), "the classifier stays float32");
    for (int i = 0; i < plain.count; i++)
        cr_assert(not(plain.layers[i].quantized), "%s", plain.layers[i].name);
    workload_free(&w);
    workload_free(&plain);
}

Test(workload, trained_values_of_resnet18_are_the_published_ones)
{
    struct workload w = of_model("resnet18", 224, 1000, "cpt");
    double params = 1000; /* biases of the last layer */

    for (int i = 0; i < w.count; i++)
        params += workload_params(&w.layers[i]);
    cr_assert(eq(dbl, params, 11689512));
    workload_free(&w);
}

/* --- nests --- */

/* 3 x 3, 14 x 14 pixels, stride 2, 128 to 256 channels, as layer l3 of ResNet-18. */
static struct workload_layer strided(void)
{
    return workload_layer_make("strided", 1, 3, 14, 2, 128, 256, 1);
}

static struct nest nest_for(const struct workload_layer *l, enum phase p, bool zero_inserted)
{
    struct nest n;
    cr_assert(workload_nest(&n, l, p, 16, operands_of(3, 8), zero_inserted));
    must(nest_check(&n, l->name));
    return n;
}

Test(workload, all_three_products_have_the_same_macs)
{
    const struct workload_layer l = strided();
    for (int p = PHASE_FORWARD; p <= PHASE_BACKWARD_WEIGHTS; p++) {
        const struct nest n = nest_for(&l, (enum phase)p, false);
        cr_assert(eq(dbl, nest_macs(&n), 924844032.0), "%s", phase_name((enum phase)p));
    }
}

Test(workload, backward_data_exchanges_channels_and_multiplies_errors_with_weights)
{
    const struct workload_layer l = strided();
    const struct nest n = nest_for(&l, PHASE_BACKWARD_DATA, false);

    cr_assert(n.in_c == 256 && n.out_c == 128 && n.out_h == 14 && n.stride == 1);
    cr_assert(n.input_bits == 8 && n.weight_bits == 3);
}

Test(workload, backward_weights_is_a_linear_layer_over_batch_and_pixels)
{
    const struct workload_layer l = strided();
    const struct nest n = nest_for(&l, PHASE_BACKWARD_WEIGHTS, false);

    cr_assert(n.batch == 256 && n.in_c == 16 * 14 * 14 && n.out_c == 9 * 128);
    cr_assert(n.out_h == 1 && n.kernel_h == 1);
    cr_assert(n.input_bits == 8 && n.weight_bits == 3);
}

Test(workload, inserted_zeros_cost_stride_squared)
{
    const struct workload_layer l = strided();
    const struct nest n = nest_for(&l, PHASE_BACKWARD_DATA, true);
    cr_assert(eq(dbl, nest_macs(&n), 4 * 924844032.0));
}

Test(workload, the_first_layer_has_no_error_to_pass_on)
{
    struct workload_layer l = strided();
    struct nest n;

    l.from_input = true;
    cr_assert(not(workload_nest(&n, &l, PHASE_BACKWARD_DATA, 16, operands_of(8, 8), false)));
    cr_assert(nest_for(&l, PHASE_FORWARD, false).from_input);
    cr_assert(not(nest_for(&l, PHASE_BACKWARD_WEIGHTS, false).from_input));
}

Test(workload, groups_are_instances_of_one_group)
{
    const struct workload_layer l = workload_layer_make("depthwise", 2, 3, 7, 1, 64, 64, 64);
    for (int p = PHASE_FORWARD; p <= PHASE_BACKWARD_WEIGHTS; p++) {
        const struct nest n = nest_for(&l, (enum phase)p, false);
        cr_assert(eq(i64, n.instances, 128));
        cr_assert(eq(dbl, nest_macs(&n), 2.0 * 16 * 64 * 49 * 9));
    }
}

Test(workload, layers_outside_the_schedule_are_float32)
{
    struct workload_layer l = strided();
    l.quantized = false;
    for (int p = PHASE_FORWARD; p <= PHASE_BACKWARD_WEIGHTS; p++) {
        const struct nest n = nest_for(&l, (enum phase)p, false);
        cr_assert(n.float32 && n.input_bits == 32 && n.weight_bits == 32);
    }
}

Test(workload, a_batch_norm_has_no_product)
{
    const struct workload_layer l = {.kind = WORKLOAD_NORM, .count = 1, .out_c = 4, .out_h = 2, .out_w = 2};
    struct nest n;
    for (int p = 0; p < PHASES; p++)
        cr_assert(not(workload_nest(&n, &l, (enum phase)p, 1, operands_of(8, 8), false)));
}

/* --- refusals --- */

static struct nest small_nest(void)
{
    return (struct nest){1, 1, 1, 1, 1, 1, 1, 1, .instances = 1, .input_bits = 8, .weight_bits = 8};
}

Test(workload, nests_of_impossible_sizes_or_widths_are_refused)
{
    struct nest n = small_nest();
    must(nest_check(&n, "a"));
    n.out_c = 0;
    expect_failure(nest_check(&n, "conv7"), STATUS_INPUT, "conv7");
    n = small_nest();
    n.weight_bits = 65;
    expect_failure(nest_check(&n, "a"), STATUS_INPUT, "1 to 64");
    n = small_nest();
    n.stride = 0;
    expect_failure(nest_check(&n, "a"), STATUS_INPUT, "0 or negative");
}

Test(workload, counts_beyond_63_bits_are_refused)
{
    struct nest n = small_nest(), wide;
    struct workload_layer l = workload_layer_make("huge", 1, 1, 1 << 16, 1, 1, 1, 1);

    n.batch = n.in_c = INT64_C(1) << 31;
    must(nest_check(&n, "a"));
    n.out_c = 2;
    expect_failure(nest_check(&n, "a"), STATUS_INPUT, "63 bits");
    cr_assert(workload_nest(&wide, &l, PHASE_BACKWARD_WEIGHTS, INT64_C(1) << 40, operands_of(8, 8), false));
    expect_failure(nest_check(&wide, "a"), STATUS_INPUT, "63 bits");
    l = workload_layer_make("huge", 1, INT64_C(1) << 20, INT64_C(1) << 20, 1, 1, 1, 1);
    expect_failure(workload_check(&l, "f.tsv:2"), STATUS_INPUT, "f.tsv:2: layer 'huge'");
}

struct mistake {
    char text[96];
    char part[64];
};

ParameterizedTestParameters(workload, mistakes_in_a_layer_file_are_answered_with_their_place)
{
    static struct mistake rows[] = {
        {"", "is empty"},
        {"# only this\n", "is empty"},
        {"layer,K,O,S,IC,OC\n", "no layer"},
        {"layer,K,O,S,IC\na,1,1,1,1\n", "no column 'OC'"},
        {"layer,K,O,S,IC,OC,grups\n", "column 7: unknown name 'grups'; did you mean 'groups'"},
        {"layer,k,O,S,IC,OC\n", "column 2: unknown name 'k'; did you mean 'K'?"},
        {"layer,Kernel,O,S,IC,OC\n", "column 2: unknown name 'Kernel'"},
        {"layer;K;O;S;IC;OC\n", "separated by ';'"},
        {"layer,K,K,O,S,IC,OC\n", "column 3: 'K' appears twice"},
        {"layer,K,O,S,IC,OC\na,3,32,1,16\n", "w.csv:2: 5 fields, but the heading has 6"},
        {"layer,K,O,S,IC,OC\na,3,32,1,16,16\nb,3,x,1,16,16\n", "w.csv:3: column 3 (O): 'x'"},
        {"layer,K,O,S,IC,OC\na,3,0,1,16,16\n", "w.csv:2: column 3 (O): '0'"},
        {"layer,K,O,S,IC,OC\na,3,32,1,-16,16\n", "column 5 (IC): '-16'"},
        {"layer,K,O,S,IC,OC\na,3,32,1,16,99999999999999999999\n", "column 6 (OC)"},
        {"layer,K,O,S,IC,OC,quantized\na,3,32,1,16,16,2\n", "from 0 to 1"},
        {"layer,K,O,S,IC,OC,groups\na,3,32,1,16,16,3\n", "w.csv:2: layer 'a': 3 groups do not divide"},
        {"layer,K,O,S,IC,OC\na,3037000500,3037000500,1,16,16\n", "do not fit 63 bits"},
    };
    return cr_make_param_array(struct mistake, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct mistake *m, workload, mistakes_in_a_layer_file_are_answered_with_their_place)
{
    const struct folder f = folder_new();
    struct workload w;

    folder_write(&f, "w.csv", m->text, strlen(m->text));
    expect_failure(workload_read(&w, folder_path(&f, "w.csv")), STATUS_INPUT, m->part);
    cr_assert(w.layers == NULL);
}

Test(workload, a_missing_file_is_named)
{
    struct workload w;
    expect_failure(workload_read(&w, "no/such.tsv"), STATUS_IO, "no/such.tsv: No such file");
}

Test(workload, a_folder_is_not_an_empty_file)
{
    const struct folder f = folder_new();
    struct workload w;

    expect_failure(workload_read(&w, f.path), STATUS_IO, "Is a directory");
    folder_remove(&f);
}

Test(workload, tabs_blanks_comments_and_absent_columns_are_understood)
{
    static const char text[] = "# a comment\nOC\tlayer\tK\tO\tIC\tB\n\n16\tstem \t 3\t32\t3\t128\r\n";
    const struct folder f = folder_new();
    struct workload w;

    folder_write(&f, "net.tsv", text, sizeof text - 1);
    must(workload_read(&w, folder_path(&f, "net.tsv")));
    cr_assert(w.count == 1 && strcmp(w.layers[0].name, "stem") == 0 && w.layers[0].stride == 1);
    cr_assert(work_of_workload(&w).macs == 442368 && w.layers[0].quantized && !w.layers[0].from_input);
    workload_free(&w);
}
