/* tests/test_cli_cost.c - cptsim cost as a shell sees it: the published numbers, tables that add up, JSON
 * that parses, one layer at a time, records, refusals.
 */
#include "tests/command_line.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <ctype.h>
#include <math.h>

enum { OUTPUT = 1 << 22 };

static char output[OUTPUT];

/* Run `cptsim ARGUMENTS` and keep what it prints on stdout, however much; its exit code. */
__attribute__((format(printf, 1, 2))) static int cost(const char *format, ...)
{
    char arguments[2048], line[3072];
    va_list args;

    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    snprintf(line, sizeof line, "'%s' cost %s 2>/dev/null", program(), arguments);
    FILE *pipe = popen(line, "r");
    cr_assert(pipe != NULL);
    output[fread(output, 1, sizeof output - 1, pipe)] = '\0';
    return WEXITSTATUS(pclose(pipe));
}

/* --- JSON: is it, and what does it say ---------------------------------------------------------------- */

static const char *value_end(const char *c);

static const char *blank_end(const char *c)
{
    return c + strspn(c, " \t\r\n");
}

static const char *string_end(const char *c)
{
    for (c++; *c != '"'; c++) {
        if (*c == '\0' || (unsigned char)*c < 0x20) return NULL;
        if (*c == '\\' && *++c == '\0') return NULL;
    }
    return c + 1;
}

/* Members of an object or a list, from after its bracket. */
static const char *members_end(const char *c, char close)
{
    c = blank_end(c);
    if (*c == close) return c + 1;
    for (;; c = blank_end(c + 1)) {
        if (close == '}') {
            if (*c != '"' || (c = string_end(c)) == NULL || *(c = blank_end(c)) != ':') return NULL;
            c = blank_end(c + 1);
        }
        if ((c = value_end(c)) == NULL) return NULL;
        c = blank_end(c);
        if (*c == close) return c + 1;
        if (*c != ',') return NULL;
    }
}

static const char *value_end(const char *c)
{
    static const char *const words[] = {"true", "false", "null"};
    char *end;

    if (*c == '{') return members_end(c + 1, '}');
    if (*c == '[') return members_end(c + 1, ']');
    if (*c == '"') return string_end(c);
    for (int i = 0; i < 3; i++)
        if (strncmp(c, words[i], strlen(words[i])) == 0) return c + strlen(words[i]);
    if (*c != '-' && !isdigit((unsigned char)*c)) return NULL; /* neither nan nor inf */
    strtod(c, &end);
    return end > c ? end : NULL;
}

static bool is_one_json_value(const char *text)
{
    const char *end = value_end(text);
    return end != NULL && *blank_end(end) == '\0';
}

/* Where the value of a key begins, in the first object after `from` that has it. */
static const char *value_of(const char *from, const char *key)
{
    char quoted[64];

    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    const char *at = strstr(from, quoted);
    cr_assert(at != NULL, "no key '%s'", key);
    return at + strlen(quoted);
}

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
    expect_near("saving_vs_static", 36.67, 0.005);
    expect_near("energy_saving_vs_static", 12.4, 0.2);
    expect_near("latency_saving_vs_static", 11.5, 0.2);
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
    expect_near("energy_saving_vs_static", 12.4, 0.05);
    expect_near("latency_saving_vs_static", 11.5, 0.05);
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
    expect_near("saving_vs_static", s->percent, 0.0051);
}

Test(cli_cost, conventions_differ_in_what_they_count)
{
    cr_assert(cost("resnet74 --convention true --json --total") == 0);
    expect_near("gbitops", 1.67552e8, 1e3);
    expect_near("saving_vs_static", 36.66, 0.005);
    cr_assert(strtod(value_of(output, "forward_macs_per_image"), NULL) == 168220928);
    cr_assert(cost("resnet74 --convention paper --json --total") == 0);
    cr_assert(strtod(value_of(output, "forward_macs_per_image"), NULL) == 169654528);
}

Test(cli_cost, float32_saves_nothing_under_any_widths)
{
    cr_assert(cost("resnet8 --recipe float32 --bits 3:8 --backend bitops --json") == 0);
    expect_near("saving_vs_static", 0, 0);
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
    cr_assert(cost("--knobs") == 0);
    cr_assert(strstr(output, "dram.pj_per_bit\t") != NULL);
}

/* --- one layer ---------------------------------------------------------------------------------------- */

Test(cli_cost, a_layer_has_the_columns_and_values_of_the_reference)
{
    cr_assert(cost("layer --backend bitfusion K=11 O=55 S=4 IC=3 OC=96 --B 16 --im2col --bits-a 8 --bits_w 8 "
                   "--csv") == 0);
    cr_assert(strstr(output,
                     "\n16,32,65536,32768,16384,192,8,2,11,55,4,3,96,16,1,8,8,1686643200,3746423,406823,"
                     "13493145600,421660800,13493145600,282624,297369600,297369600,570628224,148684800,"
                     "785153,288298,850441,31592.4,1.07897e+07,0,0,1.27452e+07,"
                     "b=1x16|ow=55x1|oh=55x1|ic=1x3|oc=3x32,b>ic>oc>oh>ow\n") != NULL,
              "%s", output);
    cr_assert(cost("layer IC=64 OC=10 --json") == 0);
    cr_assert(is_one_json_value(output) && strstr(output, "\"e_total_nJ\": ") != NULL, "%s", output);
}

/* A line of the reference file, counted from its heading. */
static void reference_rows(char *out, size_t size, int first, int last)
{
    FILE *file = fopen("tests/golden/bitfusion.csv", "r");
    char line[1024];
    size_t at = 0;

    cr_assert(file != NULL);
    for (int i = 0; fgets(line, sizeof line, file) != NULL; i++)
        if (i == 0 || (i >= first && i <= last)) at += (size_t)snprintf(out + at, size - at, "%s", line);
    fclose(file);
}

struct rows {
    int first, last;
};

ParameterizedTestParameters(cli_cost, rows_of_the_reference_come_out_as_they_are)
{
    static struct rows rows[] = {{1, 12}, {300, 310}, {700, 706}, {1200, 1208}};
    return cr_make_param_array(struct rows, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct rows *r, cli_cost, rows_of_the_reference_come_out_as_they_are)
{
    const struct folder f = folder_new();
    static char rows[1 << 16];

    reference_rows(rows, sizeof rows, r->first, r->last);
    folder_write(&f, "rows.csv", rows, strlen(rows));
    cr_assert(cost("layer --file %s --csv", folder_path(&f, "rows.csv")) == 0);
    cr_assert(strcmp(output, rows) == 0, "%s\n\n%s", rows, output);
    folder_remove(&f);
}

Test(cli_cost, a_layer_runs_on_other_back_ends)
{
    cr_assert(cost("layer --backend bitops IC=64 OC=10 B=2 bits_a=4 bits_w=3 --json") == 0);
    cr_assert(is_one_json_value(output));
    cr_assert(strtod(value_of(output, "bitops"), NULL) == 64 * 10 * 2 * 4 * 3, "%s", output);
}

/* --- records ------------------------------------------------------------------------------------------ */

Test(cli_cost, a_record_is_priced_by_the_widths_that_it_trained_at)
{
    const struct folder f = tiny_experiment(10);
    struct outcome o;

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

/* --- refusals ----------------------------------------------------------------------------------------- */

struct mistake {
    char words[96], says[96];
    int code;
};

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
        {"resnet39", "the depth must be 6n+2", 3},
        {"resnett20", "unknown model 'resnett20'", 3},
        {"resnet38 --data cifar", "did you mean 'cifar10", 3},
        {"resnet38 --recipe cpd", "--recipe: unknown recipe 'cpd'; did you mean 'cpt'?", 2},
        {"resnet38 --batch 0", "--batch: 0 is out of range", 2},
        {"resnet38 --images 0", "--images: 0 is out of range", 2},
        {"resnet38 --images 5 --iterations 5", "want one of them", 2},
        {"resnet38 --bits 3:64", "--bits: 3:64 is out of range", 2},
        {"resnet38 --convention papre", "unknown convention 'papre'; did you mean 'paper'?", 3},
        {"resnet38 --hardware bitfusoin", "did you mean 'bitfusion'?", 3},
        {"resnet38 --backend bitfussion", "did you mean 'bitfusion'?", 3},
        {"resnet38 --set dram.pj_per_bt=3", "did you mean 'dram.pj_per_bit'?", 3},
        {"resnet38 --set dram.pj_per_bit", "want KNOB=VALUE", 2},
        {"resnet38 --set dram.pj_per_bit=-1", "--set dram.pj_per_bit=-1: ", 3},
        {"resnet38 --set buffer.weight.bytes=-1", "--set buffer.weight.bytes=-1: ", 3},
        {"resnet38 --json --csv", "exclude each other", 2},
        {"layer IC=3", "want IC=N and OC=N", 2},
        {"layer IC=3 OC=0", "OC: 0 is out of range", 3},
        {"layer IC=3 OC=-4", "OC: -4 is out of range", 3},
        {"layer IC=3 OC=4 bits_a=65", "bits_a: 65 is out of range", 3},
        {"layer IC=3 OC=4 bits_v=6", "unknown parameter 'bits_v'; did you mean 'bits_", 3},
        {"layer IC=3 OC", "'OC' is no parameter; want NAME=VALUE", 2},
        {"layer IC=3 OC=4 --bits-a 16 --set array.compose=floor", "16", 3},
        {"layer --file none.csv", "none.csv: ", 4},
        {"layer IC=9223372036854775807 OC=9223372036854775807", "do not fit 63 bits", 3},
    };
    return cr_make_param_array(struct mistake, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct mistake *m, cli_cost, mistakes_are_named)
{
    const struct folder f = folder_new();
    struct outcome o;

    cli(&o, &f, "cost %s", m->words);
    expect_refusal(&o, m->code, m->says);
    cr_assert(o.out[0] == '\0', "nothing on stdout: %s", o.out);
    folder_remove(&f);
}

Test(cli_cost, a_bad_row_of_a_file_is_named_by_its_line)
{
    const struct folder f = folder_new();
    static const char rows[] = "K,O,IC,OC\n1,1,8,8\n1,0,8,8\n";
    struct outcome o;

    folder_write(&f, "rows.csv", rows, sizeof rows - 1);
    cli(&o, &f, "cost layer --file %s", folder_path(&f, "rows.csv"));
    cr_assert(o.code == 3);
    cr_assert(strstr(o.err, "rows.csv:3: O: 0 is out of range") != NULL, "%s", o.err);
    folder_remove(&f);
}
