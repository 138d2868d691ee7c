/* experiments/commands/command_cost_layer.c - cptsim cost layer: one convolution, or every row of a file
 * of them. */
#include "experiments/commands/command.h"
#include "experiments/cost/cost_layer.h"
#include "experiments/cost/cost_layer_file.h"
#include "experiments/cost/cost_tables.h"
#include "experiments/print/printout.h"
#include "quant/try.h"
#include "sim/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct hardware_options hardware;
    const char *param[LAYER_PARAMS_COUNT]; /* NULL: not given */
    const char *file, *mapping;
    struct cost_words words; /* "name=value" */
    bool json, csv;
};

/* Keys of parameters' options come after those of letters. */
enum { KEY_CSV = 256, KEY_MAPPING, KEY_PARAM };

#define PARAM(name, param, meaning)                                                                          \
    {                                                                                                        \
        name, KEY_PARAM + (param), "N", 0, meaning, 2                                                        \
    }
#define ALIAS(name)                                                                                          \
    {                                                                                                        \
        name, 0, 0, OPTION_ALIAS | OPTION_HIDDEN, 0, 2                                                       \
    }

static const struct argp_option rows[] = {
    {"file", 'f', "FILE", 0,
     "price every row of a comma-separated file with these names as columns; - is standard input", 1},
    {"mapping", KEY_MAPPING, "FILE", 0,
     "count the loops of a file, in the text form that Timeloop prints, instead of the best that the back "
     "end loopnest finds",
     1},
    {"json", 'j', 0, 0, "one JSON object a line", 1},
    {"csv", KEY_CSV, 0, 0, "comma-separated instead of tab-separated", 1},
    PARAM("K", PARAM_KERNEL, "kernel, K x K (1)"),
    PARAM("O", PARAM_SIZE, "output, O x O (1: a linear layer)"),
    PARAM("S", PARAM_STRIDE, "stride (1)"),
    PARAM("IC", PARAM_IN, "input channels"),
    PARAM("OC", PARAM_OUT, "output channels"),
    PARAM("B", PARAM_BATCH, "batch (16)"),
    {"im2col", KEY_PARAM + PARAM_IM2COL, "0|1", OPTION_ARG_OPTIONAL,
     "the layer reads the network's input: BitFusion lowers it (0)", 2},
    PARAM("bits-a", PARAM_BITS_A, "width of the activations, or errors (8)"),
    ALIAS("bits_a"),
    PARAM("bits-w", PARAM_BITS_W, "width of the weights (8)"),
    ALIAS("bits_w"),
    PARAM("N", PARAM_ROWS, "rows of the array: array.rows"),
    PARAM("M", PARAM_COLUMNS, "columns of the array: array.columns"),
    PARAM("wbuf-bytes", PARAM_WEIGHT_BYTES, "weight buffer"),
    ALIAS("wbuf_bytes"),
    PARAM("ibuf-bytes", PARAM_INPUT_BYTES, "input buffer"),
    ALIAS("ibuf_bytes"),
    PARAM("obuf-bytes", PARAM_OUTPUT_BYTES, "output buffer"),
    ALIAS("obuf_bytes"),
    PARAM("dram-bits-per-cycle", PARAM_BANDWIDTH, "DRAM interface"),
    ALIAS("dram_bits_per_cycle"),
    PARAM("pmax", PARAM_PMAX, "widest operand of one processing element"),
    PARAM("pmin", PARAM_PMIN, "narrowest operand"),
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    if (key >= KEY_PARAM && key < KEY_PARAM + LAYER_PARAMS_COUNT) {
        o->param[key - KEY_PARAM] = arg != NULL ? arg : "1";
        return 0;
    }
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->hardware;
        return 0;
    case 'f':
        o->file = arg;
        return 0;
    case KEY_MAPPING:
        o->mapping = arg;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case KEY_CSV:
        o->csv = true;
        return 0;
    case ARGP_KEY_ARG:
        cost_words_add(&o->words, arg, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&hardware_argp, 0, NULL, 3}, {0}};

static const struct argp argp = {
    rows,
    parse,
    "[NAME=VALUE...]",
    "What one convolution or linear layer costs on a piece of hardware, at given widths: parameters as "
    "options or as words NAME=VALUE, results under the column names of BitFusion's reference file. Counts "
    "are bits, energies nanojoules of the accelerator. Other back ends print the counts of their own "
    "components.\vExamples:\n"
    "  cptsim cost layer K=3 O=32 IC=16 OC=16 B=128 bits_a=4 bits_w=4\n"
    "  cptsim cost layer --backend bitfusion --IC 512 --OC 1000 --json\n"
    "  cptsim cost layer --file rows.csv --csv\n"
    "  cptsim cost layer -H eyeriss K=3 O=13 IC=256 OC=384 B=4 bits_a=16 \\\n"
    "    bits_w=16 --mapping experiments/mappings/eyeriss-alexnet-conv3.txt\n",
    children,
    NULL,
    NULL};

/* --- one layer ---------------------------------------------------------------------------------------- */

static enum status set_word(struct cost_layer *l, const char *word)
{
    enum layer_param p;
    char name[64];
    const char *equals = strchr(word, '=');

    if (equals == NULL)
        return status_fail(STATUS_USAGE, "'%s' is not a parameter; want NAME=VALUE, as in K=3", word);
    TRY(status_usage(text_copy(name, sizeof name, "the name of a parameter", word, (size_t)(equals - word))));
    TRY(status_usage(layer_param_find(&p, name)));
    return status_usage(cost_layer_set(l, p, equals + 1));
}

static enum status read_layer(struct cost_layer *l, const struct options *o)
{
    struct hardware h;

    TRY(hardware_options_read(&h, &o->hardware));
    cost_layer_init(l, &h);
    l->mapping = o->mapping;
    for (int p = 0; p < LAYER_PARAMS_COUNT; p++)
        if (o->param[p] != NULL) TRY(status_usage(cost_layer_set(l, (enum layer_param)p, o->param[p])));
    for (int i = 0; i < o->words.count; i++)
        TRY(set_word(l, o->words.word[i]));
    return STATUS_OK;
}

static enum status print_layer(const struct cost_layer *l, const struct options *o)
{
    struct cells cells;
    const char *columns[CELLS_MAX + 1] = {NULL};

    TRY(status_usage(cost_layer_check(l)));
    TRY(cost_layer_price(&cells, l));
    for (int i = 0; i < cells.count; i++)
        columns[i] = cells.cell[i].name;
    struct printout t = o->csv ? printout_open_csv(stdout, columns) : printout_open(stdout, o->json, columns);
    for (int i = 0; i < cells.count; i++)
        cell_print(&t, &cells.cell[i]);
    return STATUS_OK;
}

enum status command_cost_layer(int argc, char **argv)
{
    struct options o = {0};
    char name[] = "cost layer";
    char *own = argv[0];

    argv[0] = name;
    const enum status status = command_parse(&argp, argc, argv, &o);
    argv[0] = own;
    TRY(status);
    if (o.json && o.csv) return status_fail(STATUS_USAGE, "--csv and --json exclude each other");
    if (o.mapping != NULL && o.file != NULL)
        return status_fail(STATUS_USAGE, "--mapping is of one layer, not of the rows of --file");

    struct cost_layer *l = malloc(sizeof *l);
    if (l == NULL) return status_fail(STATUS_NOMEM, "no memory for a layer");
    enum status s = read_layer(l, &o);
    if (s == STATUS_OK) s = o.file != NULL ? cost_layer_file(l, o.file, o.json, o.csv) : print_layer(l, &o);
    free(l);
    return s;
}
