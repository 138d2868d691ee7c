/* experiments/command_cost.c - cptsim cost: what a training run would cost in bit operations. */
#include "experiments/command.h"
#include "experiments/config_keys.h"
#include "experiments/schedule_options.h"
#include "experiments/table.h"

#include "energy/bitops.h"
#include "models/model.h"
#include "sim/dataset.h"
#include "sim/names.h"

#include <string.h>

struct options {
    struct schedule_options schedule;
    const char *model, *data, *recipe, *type, *backward, *batch;
    bool json;
    int extra;
};

static const struct argp_option rows[] = {
    {"data", 'd', "NAME", 0, "the images' shape and classes (cifar100)", 0},
    {"recipe", 'R', "NAME", 0, "which layers stay float32 (cpt)", 0},
    {"schedule", 's', "NAME", 0, "forward precision schedule (cosine)", 0},
    {"backward", 'g', "LO:HI", 0, "widths of the errors (8); a range follows the same schedule", 0},
    {"batch", 'B', "N", 0, "examples in an iteration (128)", 0},
    {"json", 'j', 0, 0, "print JSON", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->schedule;
        return 0;
    case 'd':
        o->data = arg;
        return 0;
    case 'R':
        o->recipe = arg;
        return 0;
    case 's':
        o->type = arg;
        return 0;
    case 'g':
        o->backward = arg;
        return 0;
    case 'B':
        o->batch = arg;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->model) o->extra++;
        o->model = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&schedule_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    rows,
    parse,
    "MODEL",
    "Bit operations of a training run. What is not given is as in the CPT paper's CIFAR-100 runs: 3:8 bits, "
    "errors "
    "at 8, 64000 iterations of 128 images in 32 cycles. Two counts: `paper` as published, with two "
    "operations for "
    "every batch-norm output and all layers at the scheduled widths; `true` the multiply-accumulates that "
    "are "
    "done, with layers that stay float32 at 32 bits and no backward-data product in the first one. "
    "`static_gbitops` is the same run at the top widths."
    "\vExamples:\n"
    "  cptsim cost resnet74\n"
    "  cptsim cost resnet20 --data fashion-mnist --bits 4:8 -i 4000 -c 8\n"
    "  cptsim cost resnet38 --schedule static --bits 4 --backward 6 --json\n",
    children,
    NULL,
    NULL};

/* What to count: a network and how its training moves through the widths. */
struct training {
    struct shape shape;
    int classes, batch;
    struct recipe recipe;
    struct schedule_spec forward, backward;
    int64_t iterations;
};

static const char *row_name(int i)
{
    int count;
    return dataset_all(&count)[i].name;
}

static enum status data_read(struct training *r, const char *name)
{
    int count;
    const struct dataset_row *row = dataset_all(&count);
    for (int i = 0; i < count; i++) {
        if (strcmp(name, row[i].name) == 0) {
            r->shape = row[i].shape;
            r->classes = row[i].classes;
            return STATUS_OK;
        }
    }
    return names_unknown("data set", name, row_name, count);
}

static enum status run_read(struct training *r, const struct options *o)
{
    static const struct key recipe = {.path = "--recipe", .kind = &kind_recipe};
    static const struct key type = {.path = "--schedule", .kind = &kind_schedule};
    static const struct key backward = {.path = "--backward", .kind = &kind_bits};
    static const struct key batch = {.path = "--batch", .kind = &kind_integer, .min = 1, .max = 65536};

    *r = (struct training){.batch = 128,
                           .iterations = 64000,
                           .forward = {.bits_min = 3, .bits_max = 8, .cycles = 32},
                           .backward = {.bits_min = 8, .bits_max = 8}};
    TRY(data_read(r, o->data ? o->data : "cifar100"));
    TRY(option_read(&r->recipe, &recipe, o->recipe ? o->recipe : "cpt"));
    TRY(option_read(&r->forward.type, &type, o->type ? o->type : "cosine"));
    TRY(schedule_options_read(&r->forward, &r->iterations, &o->schedule));
    TRY(option_read(&r->backward, &backward, o->backward));
    TRY(option_read(&r->batch, &batch, o->batch));
    r->backward.cycles = r->forward.cycles;
    r->backward.remainder = r->forward.remainder;
    r->backward.type = r->forward.type;
    if (!r->recipe.quantize) {
        r->forward.bits_min = r->forward.bits_max = 0;
        r->backward.bits_min = r->backward.bits_max = 0;
    }
    TRY(schedule_check(&r->forward, r->iterations, "forward"));
    return schedule_check(&r->backward, r->iterations, "backward");
}

static struct schedule_spec at_the_top(struct schedule_spec s)
{
    s.bits_min = s.bits_max;
    return s;
}

static void row_print(struct table *t, const char *count, double macs, double bitops, double static_bitops)
{
    table_text(t, count);
    table_number(t, macs, 17);
    table_number(t, bitops / 1e9, 6);
    table_number(t, static_bitops / 1e9, 6);
    table_number(t, 100 * (1 - bitops / static_bitops), 4);
}

static void cost_print(const struct graph *g, const struct training *r, bool json)
{
    static const char *const columns[] = {"count",          "macs",           "gbitops",
                                          "static_gbitops", "saving_percent", NULL};
    const struct schedule_spec forward = at_the_top(r->forward), backward = at_the_top(r->backward);
    const struct work w = graph_work(g);
    struct table t = table_open(stdout, json, columns);

    row_print(&t, "paper", w.macs + 2 * w.norm_elements,
              bitops_run(&w, r->iterations, r->batch, &r->forward, &r->backward),
              bitops_run(&w, r->iterations, r->batch, &forward, &backward));
    row_print(&t, "true", w.macs, bitops_true_run(g, r->iterations, r->batch, &r->forward, &r->backward),
              bitops_true_run(g, r->iterations, r->batch, &forward, &backward));
}

enum status command_cost(int argc, char **argv)
{
    struct options o = {0};
    struct training r;
    struct graph g = {0};
    const struct model_type *type;

    TRY(command_parse(&argp, argc, argv, &o));
    if (!o.model || o.extra) return fail(STATUS_USAGE, "cost takes one model; see cptsim cost --help");
    TRY(run_read(&r, &o));

    const enum status s = model_build(&type, &g, o.model, r.shape, r.classes, &r.recipe);
    if (s == STATUS_OK) cost_print(&g, &r, o.json);
    graph_free(&g);
    return s;
}
