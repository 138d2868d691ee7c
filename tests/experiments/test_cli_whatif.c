/* tests/experiments/test_cli_whatif.c - the what-ifs of cptsim cost as a shell sees them: rows, forms,
 * figures, refusals. */
#include "tests/fixtures/command_line.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <math.h>

static const char run[] = "resnet8 --iterations 100 --cycles 4";

/* The cell of a tab-separated table, of a row counted from 1, under a heading. */
static const char *cell(char out[256], const char *table, int row, const char *heading)
{
    const char *line = table;
    int column = 0, at = -1;

    for (const char *c = table; at < 0; c += strcspn(c, "\t\n") + 1, column++) {
        const size_t length = strcspn(c, "\t\n");
        if (length == strlen(heading) && strncmp(c, heading, length) == 0) at = column;
        cr_assert(at >= 0 || c[length] == '\t', "no column '%s' in: %.300s", heading, table);
    }
    for (int i = 0; i < row; i++) {
        line = strchr(line, '\n');
        cr_assert(line != NULL && line[1] != '\0', "no row %d in: %.300s", row, table);
        line++;
    }
    for (int i = 0; i < at; i++)
        line += strcspn(line, "\t\n") + 1;
    snprintf(out, 256, "%.*s", (int)strcspn(line, "\t\n"), line);
    return out;
}

static double number(const char *table, int row, const char *heading)
{
    char text[256];
    return strtod(cell(text, table, row, heading), NULL);
}

static int rows(const char *table)
{
    int lines = 0;
    for (const char *c = table; (c = strchr(c, '\n')) != NULL; c++)
        lines++;
    return lines - 1;
}

/* --- answers ------------------------------------------------------------------------------------------ */

Test(cli_whatif, a_sweep_has_a_row_for_each_combination_the_last_key_fastest)
{
    static struct answer o;
    const struct folder f = folder_new();
    char text[256];

    cli(&o, &f, "cost %s --sweep bits=3:8,8 --sweep array.rows=8,16,32 --table", run);
    cr_assert(o.code == 0 && rows(o.out) == 6, "%s%s", o.out, o.err);
    cr_assert(strcmp(cell(text, o.out, 2, "bits"), "3:8") == 0);
    cr_assert(strcmp(cell(text, o.out, 2, "array.rows"), "16") == 0);
    cr_assert(strcmp(cell(text, o.out, 4, "bits"), "8") == 0);
    cr_assert(number(o.out, 4, "saving_vs_static_percent") == 0);
    cr_assert(number(o.out, 1, "saving_vs_static_percent") > 20);
    folder_remove(&f);
}

Test(cli_whatif, a_point_costs_what_cost_says_of_it)
{
    static struct answer o;
    const struct folder f = folder_new();

    cli(&o, &f, "cost %s --sweep dram.pj_per_bit=2,40 --sweep hardware=edge,tpu-like", run);
    cr_assert(o.code == 0);
    const double swept = number(o.out, 3, "energy_j");
    cli(&o, &f, "cost %s --hardware edge --set dram.pj_per_bit=40 --total", run);
    cr_assert(fabs(number(o.out, 1, "energy_j") - swept) <= 1e-6 * swept);
    folder_remove(&f);
}

Test(cli_whatif, the_front_is_of_the_numbers_that_are_named)
{
    static struct answer o;
    const struct folder f = folder_new();

    cli(&o, &f, "cost %s --sweep bits=3,5,8 --pareto energy_j,latency_s", run);
    cr_assert(o.code == 0 && number(o.out, 1, "pareto") == 1 && number(o.out, 3, "pareto") == 0);
    cli(&o, &f, "cost %s --sweep bits=3,5,8 --pareto gbitops", run);
    cr_assert(o.code == 0 && number(o.out, 1, "pareto") == 0 && number(o.out, 3, "pareto") == 1);
    cli(&o, &f, "cost %s --sweep bits=3,5,8 --pareto gbitops:least", run);
    cr_assert(o.code == 0 && number(o.out, 1, "pareto") == 1 && number(o.out, 3, "pareto") == 0);
    cli(&o, &f, "cost %s --sweep bits=3,8", run);
    cr_assert(number(o.out, 1, "pareto") == 1 && number(o.out, 2, "pareto") == 1, "%s", o.out);
    folder_remove(&f);
}

Test(cli_whatif, values_are_numbers_in_json_where_they_are_some)
{
    static struct answer o;
    const struct folder f = folder_new();

    cli(&o, &f, "cost %s --sweep bits=3:8 --sweep array.rows=8 --json", run);
    cr_assert(strstr(o.out, "{\"bits\": \"3:8\", \"array.rows\": 8, \"gbitops\": ") == o.out, "%s", o.out);
    folder_remove(&f);
}

Test(cli_whatif, impossible_points_are_empty_with_a_reason)
{
    static struct answer o;
    const struct folder f = folder_new();
    char text[256];

    cli(&o, &f, "cost %s --sweep buffer.weight.bytes=1024,65536", run);
    cr_assert(o.code == 0 && cell(text, o.out, 1, "energy_j")[0] == '\0');
    cr_assert(strstr(cell(text, o.out, 1, "reason"), "1024 bytes are too few") != NULL, "%s", o.out);
    cr_assert(cell(text, o.out, 2, "reason")[0] == '\0');
    cr_assert(strstr(o.err, "1 of 2 points are impossible") != NULL, "%s", o.err);
    cli(&o, &f, "cost %s --sweep buffer.weight.bytes=1024 --json", run);
    cr_assert(o.code == 3 && strstr(o.out, "\"energy_j\": null") != NULL, "%s", o.out);
    cr_assert(strstr(o.err, "no point is possible; buffer.weight.bytes=1024: ") != NULL, "%s", o.err);
    folder_remove(&f);
}

Test(cli_whatif, elasticities_leave_out_what_does_not_matter_unless_asked)
{
    static struct answer o;
    const struct folder f = folder_new();
    char text[256];

    cli(&o, &f, "cost %s --elasticity", run);
    cr_assert(o.code == 0 && rows(o.out) < 20);
    cr_assert(strcmp(cell(text, o.out, 1, "name"), "dram_lpddr3") == 0, "%s", o.out);
    cr_assert(strstr(o.out, "grid_norway") == NULL);
    cli(&o, &f, "cost %s --elasticity --all --csv", run);
    cr_assert(o.code == 0 && strstr(o.out, "\ngrid_norway,constant,30,0,0,0,same\n") != NULL, "%s", o.out);
    folder_remove(&f);
}

Test(cli_whatif, a_break_even_is_named_or_denied)
{
    static struct answer o;
    const struct folder f = folder_new();
    char text[256];

    cli(&o, &f, "cost resnet74 --hardware edge --break-even dram.pj_per_bit=1:100 --target 14");
    cr_assert(o.code == 0 && strcmp(cell(text, o.out, 2, "point"), "break-even") == 0, "%s", o.out);
    cr_assert(number(o.out, 2, "energy_saving_percent") == 14);
    cli(&o, &f, "cost resnet74 --hardware edge --break-even dram.pj_per_bit=1:100");
    cr_assert(o.code == 0 && rows(o.out) == 2, "%s", o.out);
    cr_assert(strstr(o.err, "no break-even for dram.pj_per_bit from 1 to 100") != NULL, "%s", o.err);
    folder_remove(&f);
}

Test(cli_whatif, draws_are_named_by_their_seed)
{
    static struct answer o, again;
    const struct folder f = folder_new();

    cli(&o, &f, "cost %s --monte-carlo 200 --versus bits=8 --seed 4", run);
    cli(&again, &f, "cost --seed 4 --versus bits=8 --monte-carlo=200 %s", run);
    cr_assert(o.code == 0 && strcmp(o.out, again.out) == 0);
    cli(&again, &f, "cost %s --monte-carlo 200 --versus bits=8 --seed 5", run);
    cr_assert(strcmp(o.out, again.out) != 0 &&
              number(o.out, 1, "nominal") == number(again.out, 1, "nominal"));
    cr_assert(number(o.out, 1, "less_energy_probability") == 1, "%s", o.out);
    cr_assert(number(o.out, 1, "q05") < number(o.out, 1, "q50") &&
              number(o.out, 1, "q50") < number(o.out, 1, "q95"));
    cli(&o, &f, "cost %s --monte-carlo --json", run);
    cr_assert(o.code == 0 && strstr(o.out, "\"less_energy_probability\": null}") != NULL, "%s", o.out);
    folder_remove(&f);
}

Test(cli_whatif, carbon_goes_by_the_grid_of_a_place)
{
    static struct answer o;
    const struct folder f = folder_new();
    char text[256];

    cli(&o, &f, "cost %s --carbon france,norway", run);
    cr_assert(o.code == 0 && rows(o.out) == 2);
    const double france = number(o.out, 1, "kg_co2e"), norway = number(o.out, 2, "kg_co2e");
    cr_assert(fabs(france / norway - 56.0 / 30) < 1e-5);
    cr_assert(strcmp(cell(text, o.out, 1, "energy_of"), "accelerator") == 0);
    cli(&o, &f, "cost --carbon %s --set system.host_w=100", run);
    cr_assert(o.code == 0 && rows(o.out) > 10, "the model has no place: %s", o.err);
    cr_assert(strcmp(cell(text, o.out, 1, "energy_of"), "accelerator and host") == 0);
    cli(&o, &f, "cost %s --sweep bits=3:8,8 --carbon=norway", run);
    cr_assert(o.code == 0 && fabs(number(o.out, 1, "kg_co2e") - norway) < 1e-5 * norway, "%s", o.out);
    folder_remove(&f);
}

Test(cli_whatif, a_record_is_asked_as_a_network_is)
{
    static struct answer o;
    const struct folder f = tiny_experiment(4);

    cli(&o, &f, "train '%s' --out '%s'", folder_path(&f, "tiny.yaml"), folder_path(&f, "run"));
    cr_assert(o.code == 0, "%s", o.err);
    cli(&o, &f, "cost --run '%s' --sweep hardware=edge,bitfusion", folder_path(&f, "run"));
    cr_assert(o.code == 0 && rows(o.out) == 2, "%s", o.err);
    cli(&o, &f, "cost --run '%s' --sweep bits=4,8", folder_path(&f, "run"));
    cr_assert(o.code == 2 && strstr(o.err, "a record has a model, data and widths of its own") != NULL, "%s",
              o.err);
    folder_remove(&f);
}

/* --- figures ------------------------------------------------------------------------------------------ */

struct drawing {
    char arguments[80], name[32];
};

ParameterizedTestParameters(cli_whatif, answers_are_drawn)
{
    static struct drawing rows_[] = {
        {"--sweep bits=3:8,8 --sweep array.rows=8,16", "cost_sweep"},
        {"--sweep bits=3", "cost_sweep"},
        {"--elasticity", "cost_elasticity"},
        {"--break-even dram.pj_per_bit", "cost_break_even"},
        {"--monte-carlo 100", "cost_monte_carlo"},
        {"--monte-carlo 100 --versus hardware=edge", "cost_monte_carlo"},
        {"--carbon", "cost_carbon"},
    };
    return cr_make_param_array(struct drawing, rows_, sizeof rows_ / sizeof *rows_);
}

ParameterizedTest(struct drawing *d, cli_whatif, answers_are_drawn)
{
    static struct answer o;
    const struct folder f = folder_new();
    char name[64];

    cli(&o, &f, "cost %s %s --figure '%s'", run, d->arguments, folder_path(&f, "figures"));
    cr_assert(o.code == 0, "%s", o.err);
    snprintf(name, sizeof name, "figures/%s.svg", d->name);
    cr_assert(folder_size(&f, name) > 2000 && strstr(o.err, name) != NULL, "%s", o.err);
    snprintf(name, sizeof name, "figures/%s.png", d->name);
    cr_assert(folder_size(&f, name) > 2000);
    folder_remove(&f);
}

/* --- refusals ----------------------------------------------------------------------------------------- */

struct refusal {
    char arguments[72];
    int code;
    char part[72];
};

ParameterizedTestParameters(cli_whatif, refused)
{
    static struct refusal rows_[] = {
        {"--sweep array.rowz=1", 2, "unknown key 'array.rowz'; did you mean 'array.rows'?"},
        {"--sweep bitz=1", 2, "did you mean 'bits'?"},
        {"--sweep bits", 2, "'bits' is not key=a,b,c"},
        {"--sweep bits=", 2, "an empty value"},
        {"--sweep bits=3,,8", 2, "an empty value"},
        {"--sweep bits=8,abc", 2, "bits=abc"},
        {"--sweep array.rows=0,4", 2, "array.rows=0"},
        {"--sweep array.rows=1.5", 2, "'1.5' is not a whole number"},
        {"--sweep hardware=nowhere", 2, "hardware=nowhere"},
        {"--sweep array.rows=8:4:1", 2, "from <= to"},
        {"--sweep array.rows=log:0:4:3", 2, "0 < from < to"},
        {"--sweep array.rows=1:65536:1 --sweep bits=3,8", 2, "more than 100000 points"},
        {"--sweep dram.pj_per_bit=0:1:1e-9", 2, "more than 100000 values"},
        {"--sweep bits=3 --sweep bits=4", 2, "'bits' is given twice"},
        {"--sweep bits=3 --pareto joules", 2, "known: gbitops, energy_j"},
        {"--sweep bits=3 --elasticity", 2, "want one of them"},
        {"--pareto energy_j", 2, "--pareto goes with --sweep only"},
        {"--target 5", 2, "--target goes with --break-even only"},
        {"--figure x", 2, "--figure goes with --sweep"},
        {"--elasticity --carbon", 2, "--carbon goes alone or with --sweep"},
        {"--elasticity --summary", 2, "what-ifs print a table"},
        {"--elasticity --backend bitops", 3, "nothing costs energy there"},
        {"--break-even array.rows", 2, "want a knob that is a real number"},
        {"--break-even dram.pj_per_bit --target x", 2, "'x' is not a percentage"},
        {"--break-even dram.pj_per_bit --bits 8", 3, "nothing to save"},
        {"--monte-carlo=0", 2, "--monte-carlo"},
        {"--monte-carlo --seed=-1", 2, "--seed"},
        {"--monte-carlo --versus bits=3,4", 2, "one value for each key"},
        {"--carbon=nowhere", 2, "unknown place 'nowhere'"},
        {"--carbon=france,norway --sweep bits=3:8,8", 2, "one place with --sweep"},
    };
    return cr_make_param_array(struct refusal, rows_, sizeof rows_ / sizeof *rows_);
}

ParameterizedTest(struct refusal *r, cli_whatif, refused)
{
    static struct answer o;
    const struct folder f = folder_new();

    cli(&o, &f, "cost %s %s", run, r->arguments);
    expect_refusal(&o, r->code, r->part);
    folder_remove(&f);
}
