/* experiments/commands/command_cost.c - cptsim cost: what a training run costs on modelled hardware,
 * without training. */
#include "experiments/commands/command.h"
#include "experiments/cost/cost_options.h"
#include "experiments/cost/cost_print.h"
#include "experiments/cost/cost_tables.h"
#include "experiments/whatif/whatif_answer.h"
#include "quant/try.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
    struct cost_options cost;
    struct whatif_options whatif;
    const char *print_hardware;
    bool constants, knobs;
    bool summary, table, total, csv, json;
};

enum { KEY_SUMMARY = 256, KEY_TABLE, KEY_TOTAL, KEY_CSV, KEY_CONSTANTS, KEY_KNOBS, KEY_PRINT_HARDWARE };

static const struct argp_option rows[] = {
    {"summary", KEY_SUMMARY, 0, 0, "a page to read; what a terminal gets", 5},
    {"table", KEY_TABLE, 0, 0, "a row for each layer and phase, tab-separated; what others get", 5},
    {"csv", KEY_CSV, 0, 0, "the same, comma-separated", 5},
    {"json", 'j', 0, 0, "JSON: one object for each run; of a what-if one for each row", 5},
    {"total", KEY_TOTAL, 0, 0, "of a table the row of the total, of JSON no layers", 5},
    {"constants", KEY_CONSTANTS, 0, 0, "print every constant with its range, unit, node and source", 6},
    {"knobs", KEY_KNOBS, 0, 0, "print every knob of a piece of hardware with its default and meaning", 6},
    {"print-hardware", KEY_PRINT_HARDWARE, "NAME|FILE", 0,
     "print a preset or a file with every knob's value, to be copied and changed", 6},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cost;
        state->child_inputs[1] = &o->whatif;
        return 0;
    case KEY_SUMMARY:
        o->summary = true;
        return 0;
    case KEY_TABLE:
        o->table = true;
        return 0;
    case KEY_TOTAL:
        o->total = true;
        return 0;
    case KEY_CSV:
        o->csv = true;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case KEY_CONSTANTS:
        o->constants = true;
        return 0;
    case KEY_KNOBS:
        o->knobs = true;
        return 0;
    case KEY_PRINT_HARDWARE:
        o->print_hardware = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&cost_argp, 0, NULL, 0}, {&whatif_argp, 0, NULL, 4}, {0}};

static const struct argp argp = {
    rows,
    parse,
    "MODEL\n--layers FILE\n--run RUNDIR...\nlayer NAME=VALUE...",
    "What a training run costs on modelled hardware: operations, energy, time, traffic, by layer and phase, "
    "and what it saves of the same run at its top widths. Nothing is trained. What is not given is as in the "
    "CPT paper's CIFAR-100 runs: 3:8 bits, errors at 8, 64000 iterations of 128 images in 32 cycles; on "
    "BitFusion as released. Energy is the accelerator's, joules; savings are percent. 'cptsim cost layer "
    "--help' prices one layer.\vExamples:\n"
    "  cptsim cost resnet74\n"
    "  cptsim cost resnet74 --table\n"
    "  cptsim cost resnet20 -d fashion-mnist --bits 4:8 -i 4000 -c 8\n"
    "  cptsim cost resnet38 --schedule static --bits 4 --backward 6 --json\n"
    "  cptsim cost --run runs/demo/cpt-3-8 --hardware eyeriss\n"
    "  cptsim cost resnet74 --sweep dram.pj_per_bit=log:1:64:7 --sweep bits=3:8,8\n"
    "  cptsim cost resnet74 --elasticity\n"
    "  cptsim cost resnet74 --hardware edge --break-even dram.pj_per_bit\n"
    "  cptsim cost resnet74 --monte-carlo 1000 --versus hardware=tpu-like\n"
    "  cptsim cost layer K=3 O=32 IC=16 OC=16 B=128 bits_a=4 bits_w=4\n"
    "  cptsim cost --print-hardware bitfusion > mine.yaml\n",
    children,
    NULL,
    NULL};

static enum status choose_form(enum cost_form *out, const struct options *o)
{
    if (o->summary + o->table + o->csv + o->json > 1)
        return status_fail(STATUS_USAGE, "--summary, --table, --csv and --json exclude each other");
    if (o->summary && o->total)
        return status_fail(STATUS_USAGE, "--total is of a table or JSON, not of --summary");
    *out = o->json                                                           ? COST_JSON
           : o->csv                                                          ? COST_CSV
           : o->summary || (isatty(STDOUT_FILENO) && !o->table && !o->total) ? COST_SUMMARY
                                                                             : COST_TABLE;
    return STATUS_OK;
}

static enum status print_cases(const struct options *o)
{
    struct cost_printer p = {.total_only = o->total};
    struct cost_case *c = malloc(sizeof *c);
    int count = 0;
    enum status status = choose_form(&p.form, o);

    if (c == NULL) return status_fail(STATUS_NOMEM, "no memory for a run");
    if (status == STATUS_OK) status = cost_options_count(&count, &o->cost);
    for (int i = 0; i < count && status == STATUS_OK; i++) {
        status = cost_options_case(c, &o->cost, i);
        if (status != STATUS_OK) break;
        status = cost_print(&p, c);
        cost_case_free(c);
    }
    free(c);
    return status;
}

static enum status print_answer(const struct options *o)
{
    enum cost_form form;

    TRY(choose_form(&form, o));
    if (o->summary || o->total)
        return status_fail(STATUS_USAGE, "--summary and --total are of a run's cost; what-ifs print a table");
    return whatif_answer(&o->whatif, &o->cost, form);
}

/* --constants, --knobs, --print-hardware: no run is priced, so that nothing may say which. */
static enum status print_list(struct options *o)
{
    const int lists = o->constants + o->knobs + (o->print_hardware != NULL);

    if (lists > 1)
        return status_fail(STATUS_USAGE, "--constants, --knobs and --print-hardware exclude each other");
    if (o->cost.models > 0 || o->cost.runs.count > 0 || o->cost.layers != NULL ||
        o->cost.hardware.name != NULL || whatif_is_asked(&o->whatif))
        return status_fail(STATUS_USAGE,
                           "--constants, --knobs and --print-hardware price nothing; leave the run out");
    if (o->constants) return cost_print_constants(o->json, o->csv);
    if (o->knobs) return cost_print_knobs(o->json, o->csv);
    o->cost.hardware.name = o->print_hardware;
    return cost_print_hardware(&o->cost.hardware);
}

enum status command_cost(int argc, char **argv)
{
    struct options o = {0};

    if (argc > 1 && strcmp(argv[1], "layer") == 0) return command_cost_layer(argc - 1, argv + 1);
    TRY(command_parse(&argp, argc, argv, &o));
    if (o.constants || o.knobs || o.print_hardware != NULL) return print_list(&o);
    return whatif_is_asked(&o.whatif) ? print_answer(&o) : print_cases(&o);
}
