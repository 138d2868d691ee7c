/* tests/experiments/test_cli_cost.c - cptsim cost as a shell sees it: the published numbers, tables that
 * add up, JSON that parses, records, refusals.
 */
#include "tests/fixtures/cost_output.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <math.h>

static double total(const char *key)
{
    return strtod(value_of(value_of(output, "total"), key), NULL);
}

static void expect_near(const char *key, double want, double tolerance)
{
    const double is = total(key);
    cr_assert(fabs(is - want) <= tolerance, "%s is %.10g, not %.10g", key, is, want);
}

/* --- the published numbers ---------------------------------------------------------------------------- */

static const char resnet74[] =
    "--model resnet74 --dataset cifar100 --recipe cpt --bits 3:8 --grad-bits 8 --schedule cosine --cycles 32 "
    "--iterations 64000 --batch 128 --hardware bitfusion --convention paper";

Test(cli_cost, the_papers_run_saves_36_67_percent_of_bitops)
{
    cr_assert(cost("%s --json", resnet74) == 0);
    cr_assert(is_one_json_value(output), "%.300s", output);
    expect_near("gbitops", 1.68984e8, 1e3);
    expect_near("saving_vs_static_percent", 36.67, 0.005);
    expect_near("energy_saving_vs_static_percent", 12.4, 0.2);
    expect_near("latency_saving_vs_static_percent", 11.5, 0.2);
    cr_assert(total("macs") > 0 && total("latency_s") > 0 && total("dram_bytes") > 0);
    cr_assert(strncmp(value_of(output, "convention"), "\"paper\"", 7) == 0);
    cr_assert(strncmp(value_of(output, "energy_of"), "\"accelerator\"", 13) == 0);
    cr_assert(strtod(value_of(output, "images"), NULL) == 8192000);
}

/* The published topology has shortcuts without weights and ten classes, and its first layer passes no error
 * on: what the networks of this program add to that, and the paper's convention, saves less than the rest. */
Test(cli_cost, the_published_resnet74_saves_12_4_percent_of_energy_and_11_5_of_latency_on_bitfusion)
{
    cr_assert(cost("--layers experiments/layers/resnet74-cifar10.tsv --hardware bitfusion --convention true "
                   "--json --total") == 0);
    expect_near("energy_saving_vs_static_percent", 12.4, 0.05);
    expect_near("latency_saving_vs_static_percent", 11.5, 0.05);
}

Test(cli_cost, the_model_may_stand_alone_and_defaults_are_the_papers_run)
{
    static char whole[OUTPUT];

    cr_assert(cost("%s --json", resnet74) == 0);
    memcpy(whole, output, sizeof whole);
    cr_assert(cost("resnet74 --json") == 0);
    cr_assert(strcmp(output, whole) == 0);
    cr_assert(cost("resnet74 --data cifar100 --backward 8 --json") == 0);
    cr_assert(strcmp(output, whole) == 0);
}

Test(cli_cost, the_recipe_follows_the_data)
{
    static char whole[OUTPUT];

    cr_assert(cost("resnet18 --data imagenet --convention true --recipe cpt-imagenet --json --total") == 0);
    memcpy(whole, output, sizeof whole);
    cr_assert(cost("resnet18 --data imagenet --convention true --json --total") == 0);
    cr_assert(strcmp(output, whole) == 0, "%s", output);
    cr_assert(cost("resnet18 --data imagenet --convention true --recipe cpt --json --total") == 0);
    cr_assert(strcmp(output, whole) != 0 && strncmp(value_of(output, "recipe"), "\"cpt\"", 5) == 0);
}

struct saving {
    char bits[8], errors[8];
    double percent;
};

ParameterizedTestParameters(cli_cost, published_savings)
{
    static struct saving rows[] = {
        {"3:8", "8", 36.67}, {"3:6", "6", 30.05}, {"3:4", "6", 14.84},
        {"4:8", "8", 30.11}, {"4:6", "6", 20.69}, {"5:8", "8", 23.16},
    };
    return cr_make_param_array(struct saving, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct saving *s, cli_cost, published_savings)
{
    cr_assert(cost("resnet38 --bits %s --grad-bits %s --backend bitops --total --json", s->bits, s->errors) ==
              0);
    expect_near("saving_vs_static_percent", s->percent, 0.0051);
}

Test(cli_cost, conventions_differ_in_what_they_count)
{
    cr_assert(cost("resnet74 --convention true --json --total") == 0);
    expect_near("gbitops", 1.67552e8, 1e3);
    expect_near("saving_vs_static_percent", 36.66, 0.005);
    cr_assert(strtod(value_of(output, "forward_macs_per_image"), NULL) == 168220928);
    cr_assert(cost("resnet74 --convention paper --json --total") == 0);
    cr_assert(strtod(value_of(output, "forward_macs_per_image"), NULL) == 169654528);
}

Test(cli_cost, float32_saves_nothing_under_any_widths)
{
    cr_assert(cost("resnet8 --recipe float32 --bits 3:8 --backend bitops --json") == 0);
    expect_near("saving_vs_static_percent", 0, 0);
}

Test(cli_cost, images_say_the_length_and_the_last_batch_may_be_smaller)
{
    cr_assert(cost("resnet8 --images 1000 --cycles 2 --json --total") == 0);
    cr_assert(strtod(value_of(output, "images"), NULL) == 1000);
    cr_assert(strtod(value_of(output, "iterations"), NULL) == 8);
}

Test(cli_cost, the_last_batch_of_images_is_priced_at_the_last_width)
{
    cr_assert(cost("resnet8 --images 192 --cycles 1 --bits 4:8 --backend bitops --json --total") == 0);
    const double both = total("gbitops");
    cr_assert(
        cost("resnet8 --images 128 --schedule static --bits 4 --cycles 1 --backend bitops --json --total") ==
        0);
    const double first = total("gbitops");
    cr_assert(
        cost("resnet8 --images 64 --schedule static --bits 6 --cycles 1 --backend bitops --json --total") ==
        0);
    cr_assert(fabs(both - first - total("gbitops")) <= 1e-9 * both);
}

/* --- tables ------------------------------------------------------------------------------------------- */

enum { COLUMNS_MAX = 32 };

struct row {
    const char *cell[COLUMNS_MAX];
};

static int cut(struct row *row, char *line, const char *separator)
{
    int count = 0;

    for (char *rest = line; rest != NULL && count < COLUMNS_MAX;)
        row->cell[count++] = strsep(&rest, separator);
    return count;
}

static int column(const struct row *heading, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(heading->cell[i], name) == 0) return i;
    cr_assert(false, "no column '%s'", name);
    return -1;
}

/* Claim that a table's rows of layers add up to its rows of phases, and both to its total. */
static void expect_sums(const char *separator, const char *name)
{
    struct row heading, row;
    double layers = 0, phases = 0, all = NAN;
    char *rest = output, *copy = strdup(output);

    rest = copy;
    const int count = cut(&heading, strsep(&rest, "\n"), separator);
    const int layer = column(&heading, count, "layer"), phase = column(&heading, count, "phase");
    const int at = column(&heading, count, name);
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
        cr_assert(cut(&row, line, separator) == count);
        const double value = strtod(row.cell[at], NULL);
        if (strcmp(row.cell[layer], "total") != 0) {
            layers += value;
        } else if (strcmp(row.cell[phase], "all") != 0) {
            phases += value;
        } else {
            all = value;
        }
    }
    cr_assert(fabs(layers - all) <= 1e-8 * all, "%s: layers %.12g, total %.12g", name, layers, all);
    cr_assert(fabs(phases - all) <= 1e-8 * all, "%s: phases %.12g, total %.12g", name, phases, all);
    free(copy);
}

static const char *const additive[] = {"macs",      "gbitops",      "cycles", "stall_cycles",
                                       "energy_j",  "energy_j_low", "core_j", "buffer_j",
                                       "latency_s", "dram_bytes",   "dram_j"};

Test(cli_cost, layers_add_up_to_phases_and_phases_to_the_total)
{
    cr_assert(cost("resnet8 --bits 4:8 --iterations 100 --cycles 4 --table") == 0);
    for (size_t i = 0; i < sizeof additive / sizeof *additive; i++)
        expect_sums("\t", additive[i]);
    cr_assert(cost("resnet8 --bits 4:8 --iterations 100 --cycles 4 --csv") == 0);
    expect_sums(",", "energy_j");
}

Test(cli_cost, parts_add_up_to_the_energy_of_every_row)
{
    static const char *const parts[] = {"core_j",   "register_j", "network_j",
                                        "buffer_j", "dram_j",     "static_j"};
    struct row heading, row;
    char *rest = output;

    cr_assert(cost("resnet8 --iterations 100 --cycles 4 --table") == 0);
    const int count = cut(&heading, strsep(&rest, "\n"), "\t");
    const int energy = column(&heading, count, "energy_j");
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
        double sum = 0;
        cut(&row, line, "\t");
        for (int i = 0; i < 6; i++)
            sum += strtod(row.cell[column(&heading, count, parts[i])], NULL);
        const double is = strtod(row.cell[energy], NULL);
        cr_assert(fabs(sum - is) <= 1e-8 * is, "%s %s: %.12g, %.12g", row.cell[3], row.cell[4], sum, is);
    }
}

/* On this array some phases cost the same at 5 and at 8 bits, up to the order of sums. */
Test(cli_cost, what_saves_nothing_saves_0)
{
    static const char *const savings[] = {"saving_vs_static_percent", "energy_saving_vs_static_percent",
                                          "latency_saving_vs_static_percent"};
    struct row heading, row;
    char *rest = output;
    int zeros = 0;

    cr_assert(cost("resnet20 --bits 5:8 --hardware tpu-like --table") == 0);
    const int count = cut(&heading, strsep(&rest, "\n"), "\t");
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
        cut(&row, line, "\t");
        for (int i = 0; i < 3; i++) {
            const char *text = row.cell[column(&heading, count, savings[i])];
            const double value = strtod(text, NULL);
            cr_assert(strcmp(text, "") == 0 || strcmp(text, "0") == 0 || fabs(value) > 1e-9, "'%s'", text);
            zeros += strcmp(text, "0") == 0;
        }
    }
    cr_assert(zeros > 0);
}

Test(cli_cost, a_total_is_one_row)
{
    cr_assert(cost("resnet8 --total") == 0);
    const char *line = strchr(output, '\n');
    cr_assert(strstr(line, "\ttotal\tall\t") != NULL);
    cr_assert(strchr(line + 1, '\n') == output + strlen(output) - 1);
}

Test(cli_cost, a_summary_names_hardware_convention_and_whose_energy_it_is)
{
    cr_assert(cost("resnet74 --summary") == 0);
    cr_assert(strstr(output, "36.67 %") != NULL && strstr(output, "hardware bitfusion") != NULL);
    cr_assert(strstr(output, "energy is of the accelerator\noperations in the convention 'paper': ") != NULL,
              "%s", output);
}

/* --- what costs rest on -------------------------------------------------------------------------------- */

Test(cli_cost, constants_have_ranges_units_and_sources)
{
    struct row heading, row;
    char *rest = output;

    cr_assert(cost("--constants") == 0);
    const int count = cut(&heading, strsep(&rest, "\n"), "\t");
    const int low = column(&heading, count, "low"), high = column(&heading, count, "high");
    const int nominal = column(&heading, count, "nominal"), source = column(&heading, count, "source");
    int constants = 0;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; constants++) {
        cr_assert(cut(&row, line, "\t") == count);
        const double value = strtod(row.cell[nominal], NULL);
        cr_assert(strtod(row.cell[low], NULL) <= value && value <= strtod(row.cell[high], NULL), "%s", line);
        cr_assert(row.cell[source][0] != '\0', "%s", line);
    }
    cr_assert(constants > 40);
}

Test(cli_cost, a_printed_preset_is_a_hardware_file_that_costs_the_same)
{
    const struct folder f = folder_new();

    cr_assert(cost("--print-hardware bitfusion") == 0);
    folder_write(&f, "mine.yaml", output, strlen(output));
    cr_assert(cost("resnet8 --json --total") == 0);
    const double energy = total("energy_j");
    cr_assert(cost("resnet8 --json --total --hardware %s", folder_path(&f, "mine.yaml")) == 0);
    cr_assert(total("energy_j") == energy);
    folder_remove(&f);
}

Test(cli_cost, a_knob_changes_what_it_prices)
{
    cr_assert(cost("resnet8 --json --total") == 0);
    const double dram = total("dram_j");
    cr_assert(cost("resnet8 --json --total --set dram.pj_per_bit=30") == 0);
    expect_near("dram_j", 2 * dram, 1e-9 * dram);
    cr_assert(strncmp(value_of(output, "hardware"), "\"bitfusion+dram.pj_per_bit=30\"", 29) == 0);
    cr_assert(cost("--knobs") == 0);
    cr_assert(strstr(output, "dram.pj_per_bit\t") != NULL);
}

/* --- records ------------------------------------------------------------------------------------------ */

Test(cli_cost, a_record_is_priced_by_the_widths_that_it_trained_at)
{
    const struct folder f = tiny_experiment(10);
    struct answer o;

    cli(&o, &f, "train %s/tiny.yaml --out %s/run --quiet --threads 1", f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    cr_assert(cost("--run %s/run --json --total --backend bitops", f.path) == 0);
    const double recorded = total("gbitops");
    cr_assert(strtod(value_of(output, "images"), NULL) == 40);
    cr_assert(cost("resnet8 --data mnist --bits 3:8 --cycles 2 --iterations 10 --batch 4 --json --total "
                   "--backend bitops") == 0);
    expect_near("gbitops", recorded, 0);
    cr_assert(cost("--run %s/run --run %s/run --total --hardware bitfusion", f.path, f.path) == 0);
    char *second = strstr(output, "\ttotal\tall\t");
    cr_assert(second != NULL && strstr(second + 1, "\ttotal\tall\t") != NULL, "%s", output);
    folder_remove(&f);
}

Test(cli_cost, number_formats_of_roles_are_priced_by_their_bits_and_told)
{
    static struct answer o;
    const struct folder f = tiny_experiment(4);

    cli(&o, &f,
        "train %s/tiny.yaml --out %s/run --quiet --threads 1 --set roles.weight=fp:e2m1:rne:sat --set "
        "roles.activation=fp:e4m3fn:rne:sat --set roles.error='fx:s{bits}.2:rnd_conv:sat'",
        f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    cli(&o, &f, "cost --run %s/run --json --total", f.path);
    cr_assert(o.code == 0, "%s", o.err);
    cr_assert(strncmp(o.err, "note: ", 6) == 0 && strchr(o.err, '\n') == o.err + strlen(o.err) - 1, "%s",
              o.err);
    cr_assert(strstr(o.err, "weight fp:e2m1:rne:sat as integers of 4 bits, activation ") != NULL, "%s",
              o.err);
    cr_assert(strncmp(value_of(value_of(o.out, "roles"), "priced_as"), "\"integers of 4 bits\"", 20) == 0);
    cr_assert(is_one_json_value(o.out), "%s", o.out);
    const double macs = strtod(value_of(value_of(o.out, "total"), "macs"), NULL);
    const double bitops = 1e9 * strtod(value_of(value_of(o.out, "total"), "gbitops"), NULL);
    cr_assert(fabs(bitops - macs / 3 * (4 * 8 + 4 * 8 + 8 * 8)) <= 1e-9 * bitops, "%g of %g", bitops, macs);
    cli(&o, &f, "cost resnet8 --total");
    cr_assert(o.err[0] == '\0', "%s", o.err);
    folder_remove(&f);
}

/* --- refusals ----------------------------------------------------------------------------------------- */

ParameterizedTestParameters(cli_cost, mistakes_are_named)
{
    static struct mistake rows[] = {
        {"", "cost takes one model, --layers FILE or --run RUNDIR", 2},
        {"resnet20 resnet38", "cost takes one model", 2},
        {"resnet20 --model resnet38", "cost takes one model", 2},
        {"resnet20 --layers x.tsv", "--layers and a model both say what is trained", 2},
        {"--run x --bits 3:8", "beside --run only hardware and convention", 2},
        {"--run x resnet20", "beside --run only hardware and convention", 2},
        {"--run /", "holds no record", 4},
        {"--run Makefile", "want a run directory", 3},
        {"--layers none.tsv", "none.tsv: ", 4},
        {"resnet39", "the depth must be 6n+2", 2},
        {"resnett20", "unknown model 'resnett20'", 2},
        {"resnet38 --data cifar", "did you mean 'cifar10", 2},
        {"resnet38 --recipe cpd", "--recipe: unknown recipe 'cpd'; did you mean 'cpt'?", 2},
        {"resnet38 --batch 0", "--batch: 0 is out of range", 2},
        {"resnet38 --images 0", "--images: 0 is out of range", 2},
        {"resnet38 --images 5 --iterations 5", "want one of them", 2},
        {"resnet38 --bits 3:64", "--bits: 3:64 is out of range", 2},
        {"resnet38 --convention papre", "unknown convention 'papre'; did you mean 'paper'?", 2},
        {"resnet38 --hardware bitfusoin", "did you mean 'bitfusion'?", 2},
        {"resnet38 --backend bitfussion", "did you mean 'bitfusion'?", 2},
        {"resnet38 --set dram.pj_per_bt=3", "did you mean 'dram.pj_per_bit'?", 2},
        {"resnet38 --set dram.pj_per_bit", "want KNOB=VALUE", 2},
        {"resnet38 --set dram.pj_per_bit=-1", "--set dram.pj_per_bit=-1: ", 2},
        {"resnet38 --set buffer.weight.bytes=-1", "--set buffer.weight.bytes=-1: ", 2},
        {"resnet38 --set array.pmax=1", "hardware bitfusion: array.pmin is 2", 2},
        {"resnet38 --cycles 200 --iterations 100", "200 cycles in 100 iterations", 2},
        {"resnet38 --hardware none.yaml", "none.yaml: ", 4},
        {"resnet38 --hardware Makefile", "Makefile:", 3},
        {"--layers Makefile", "Makefile:", 3},
        {"--print-hardware bitfusoin", "did you mean 'bitfusion'?", 2},
        {"--sweep model=resnet8,resnet39", "model=resnet39", 2},
        {"resnet38 --json --csv", "exclude each other", 2},
        {"resnet38 --constants", "price nothing; leave the run out", 2},
        {"--print-hardware edge --hardware eyeriss", "price nothing", 2},
        {"--constants --knobs", "exclude each other", 2},
    };
    return cr_make_param_array(struct mistake, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct mistake *m, cli_cost, mistakes_are_named)
{
    expect_mistake(m);
}
