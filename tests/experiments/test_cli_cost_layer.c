/* tests/experiments/test_cli_cost_layer.c - cptsim cost layer as a shell sees it: the reference's columns
 * and rows, refusals. */
#include "tests/fixtures/cost_output.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

Test(cli_cost_layer, a_layer_has_the_columns_and_values_of_the_reference)
{
    cr_assert(cost("layer --backend bitfusion K=11 O=55 S=4 IC=3 OC=96 --B 16 --im2col --bits-a 8 --bits_w 8 "
                   "--csv") == 0);
    cr_assert(
        strstr(
            output,
            "\n16,32,65536,32768,16384,192,8,2,11,55,4,3,96,16,1,8,8,1686643200,3746423,406823,13493145600,"
            "421660800,13493145600,282624,297369600,297369600,570628224,148684800,785153,288298,850441,31592."
            "4,1.07897e+07,0,0,1.27452e+07,b=1x16|ow=55x1|oh=55x1|ic=1x3|oc=3x32,b>ic>oc>oh>ow\n") != NULL,
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

ParameterizedTestParameters(cli_cost_layer, rows_of_the_reference_come_out_as_they_are)
{
    static struct rows rows[] = {{1, 12}, {300, 310}, {700, 706}, {1200, 1208}};
    return cr_make_param_array(struct rows, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct rows *r, cli_cost_layer, rows_of_the_reference_come_out_as_they_are)
{
    const struct folder f = folder_new();
    static char rows[1 << 16];

    reference_rows(rows, sizeof rows, r->first, r->last);
    folder_write(&f, "rows.csv", rows, strlen(rows));
    cr_assert(cost("layer --file %s --csv", folder_path(&f, "rows.csv")) == 0);
    cr_assert(strcmp(output, rows) == 0, "%s\n\n%s", rows, output);
    folder_remove(&f);
}

Test(cli_cost_layer, a_layer_runs_on_other_back_ends)
{
    cr_assert(cost("layer --backend bitops IC=64 OC=10 B=2 bits_a=4 bits_w=3 --json") == 0);
    cr_assert(is_one_json_value(output));
    cr_assert(strtod(value_of(output, "bitops"), NULL) == 64 * 10 * 2 * 4 * 3, "%s", output);
}

Test(cli_cost_layer, a_given_mapping_is_counted_instead_of_the_best)
{
    static const char layer[] = "layer -H eyeriss K=3 O=13 IC=256 OC=384 B=4 bits_a=16 bits_w=16 --json";

    cr_assert(cost("%s --mapping experiments/mappings/eyeriss-alexnet-conv3.txt", layer) == 0);
    cr_assert(is_one_json_value(output));
    /* trips of all temporal loops */
    cr_assert(strtod(value_of(output, "cycles"), NULL) == 6 * 43 * 2 * 4 * 13 * 3 * 3 * 16, "%s", output);
    const double given = strtod(value_of(output, "e_total_nJ"), NULL);
    cr_assert(cost("%s", layer) == 0);
    cr_assert(strtod(value_of(output, "e_total_nJ"), NULL) < given, "%s", output);
}

/* --- refusals ----------------------------------------------------------------------------------------- */

ParameterizedTestParameters(cli_cost_layer, mistakes_are_named)
{
    static struct mistake rows[] = {
        {"layer IC=3", "want IC=N and OC=N", 2},
        {"layer IC=3 OC=0", "OC: 0 is out of range", 2},
        {"layer IC=3 OC=-4", "OC: -4 is out of range", 2},
        {"layer IC=3 OC=4 bits_a=65", "bits_a: 65 is out of range", 2},
        {"layer IC=3 OC=4 bits_v=6", "unknown parameter 'bits_v'; did you mean 'bits_", 2},
        {"layer IC=3 OC", "'OC' is not a parameter; want NAME=VALUE", 2},
        {"layer IC=3 OC=4 --bits-a 16 --set array.compose=floor", "16", 3},
        {"layer IC=3 OC=4 pmax=1", "array.pmin is 2 and array.pmax 1", 2},
        {"layer IC=3 OC=4 --set pmax=1", "unknown knob 'pmax'", 2},
        {"layer --file Makefile", "Makefile:", 3},
        {"layer IC=3 OC=4 --mapping none.txt", "add --backend loopnest", 2},
        {"layer IC=3 OC=4 --file x.csv --mapping none.txt", "--mapping is of one layer", 2},
        {"layer IC=3 OC=4 -H eyeriss --mapping none.txt", "none.txt: ", 4},
        {"layer IC=3 OC=4 -H eyeriss --mapping Makefile", "Makefile:", 3},
        {"layer --file none.csv", "none.csv: ", 4},
        {"layer --file /", "/: Is a directory", 4},
        {"layer IC=9223372036854775807 OC=9223372036854775807", "do not fit 63 bits", 2},
    };
    return cr_make_param_array(struct mistake, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct mistake *m, cli_cost_layer, mistakes_are_named)
{
    expect_mistake(m);
}

Test(cli_cost_layer, a_bad_row_of_a_file_is_named_by_its_line)
{
    const struct folder f = folder_new();
    static const char rows[] = "K,O,IC,OC\n1,1,8,8\n1,0,8,8\n";
    struct answer o;

    folder_write(&f, "rows.csv", rows, sizeof rows - 1);
    cli(&o, &f, "cost layer --file %s", folder_path(&f, "rows.csv"));
    cr_assert(o.code == 3);
    cr_assert(strstr(o.err, "rows.csv:3: O: 0 is out of range") != NULL, "%s", o.err);
    folder_remove(&f);
}

struct misspelt {
    char heading[48];
    char says[80];
};

ParameterizedTestParameters(cli_cost_layer, a_misspelt_column_is_refused_rather_than_priced_at_its_default)
{
    static struct misspelt rows[] = {
        {"k,O,IC,OC", "rows.csv:1: column 1: unknown name 'k'; did you mean 'K'?"},
        {"Kernel,O,IC,OC", "rows.csv:1: column 1: unknown name 'Kernel'"},
        {"K,bits_A,IC,OC", "rows.csv:1: column 2: unknown name 'bits_A'; did you mean 'bits_a'?"},
        {"K,O,ic,OC", "rows.csv:1: column 3: unknown name 'ic'; did you mean 'IC'?"},
        {"K;O;IC;OC", "rows.csv:1: the columns are separated by ';'"},
        {"K,K,IC,OC", "rows.csv:1: column 2: 'K' appears twice"},
    };
    return cr_make_param_array(struct misspelt, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct misspelt *m, cli_cost_layer,
                  a_misspelt_column_is_refused_rather_than_priced_at_its_default)
{
    const struct folder f = folder_new();
    char text[128];
    struct answer o;

    snprintf(text, sizeof text, "%s\n3,4,16,16\n", m->heading);
    folder_write(&f, "rows.csv", text, strlen(text));
    cli(&o, &f, "cost layer --file %s", folder_path(&f, "rows.csv"));
    expect_refusal(&o, 3, m->says);
    folder_remove(&f);
}

/* None is dropped unsaid. */
Test(cli_cost_layer, more_columns_than_can_be_copied_are_refused)
{
    const struct folder f = folder_new();
    char text[1024] = "IC,OC";
    struct answer o;

    for (int i = 2; i < 97; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), ",note%d", i);
    folder_write(&f, "wide.csv", text, strlen(text));
    cli(&o, &f, "cost layer --file %s", folder_path(&f, "wide.csv"));
    expect_refusal(&o, 3, "wide.csv:1: more than 96 columns");
    folder_remove(&f);
}
