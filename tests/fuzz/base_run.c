/* tests/fuzz/base_run.c - a run of a few iterations that nothing has trained: every group and column of a record. */
#include "tests/fuzz/base_run.h"

#include "experiments/config/config.h"
#include "experiments/record/checkpoint.h"
#include "sim/layers/layers.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { ITERATIONS = 4 };

#define MUST(expr) fuzz_claim(STATUS_OK == (expr), #expr)

struct graph *base_run_graph(void)
{
    static struct graph g;
    static struct device *device;

    if (device != NULL) return &g;
    graph_init(&g, (struct shape){6, 6, 3});
    int at = graph_add(&g, layer_conv_new("conv1", g.input, 4, 3, 1, 1, 1, true), GRAPH_INPUT, GRAPH_INPUT);
    at = graph_add(&g, layer_norm_new("bn1", graph_shape(&g, at), false, true), at, GRAPH_INPUT);
    at = graph_add(&g, layer_pool_new("pool", graph_shape(&g, at)), at, GRAPH_INPUT);
    graph_add(&g, layer_linear_new("fc", graph_shape(&g, at), 10), at, GRAPH_INPUT);
    MUST(device_open(&device, &(struct machine){.kernels = "ref", .threads = 1}));
    MUST(graph_plan(&g, &(struct memory_plan){.device = device,
                                              .batch = 2,
                                              .forward_bits_max = 8,
                                              .backward_bits_max = 8,
                                              .training = true,
                                              .states = 1}));
    return &g;
}

static void write_rows(struct record *r, struct graph *g)
{
    for (int i = 0; i < ITERATIONS; i++) {
        const struct step_row step = {.iteration = i,
                                      .epoch = i / 2,
                                      .loss = 2.3 / (i + 1),
                                      .accuracy = 0.1 * i,
                                      .lr = 0.1,
                                      .forward_bits = 3 + i,
                                      .backward_bits = 8,
                                      .phase = 0.25 * i,
                                      .images = 2,
                                      .seconds = 0.01};
        MUST(record_row(r, &(struct run_row){.step = step, .bitops = 1e9}));
        MUST(record_layers(r, g, i));
        MUST(record_evaluation(
            r,
            &(struct evaluation){.split = SPLIT_TEST, .bits = 8, .count = 10, .loss = 2.0, .accuracy = 0.5},
            i + 1, "max"));
    }
    MUST(record_event(r, 2, "signal", "made for a test"));
    MUST(record_summary_number(r, "accuracy", 0.5, "1"));
    MUST(record_summary_text(r, "state_sha256", "0123"));
}

void base_run_write(const char *dir)
{
    static const char file[] =
        "model: resnet8\ndata: {name: cifar10}\nlength: 4 iterations\nforward: {cycles: 2}\nbackward: {cycles: 1}\n";
    const char *const overrides[] = {"seed=7"};
    struct config_file *f;
    struct config c;
    struct record *r;
    struct graph *const g = base_run_graph();

    MUST(config_parse(&f, file, sizeof file - 1, "experiment.yaml"));
    MUST(config_resolve(&c, f, 0, overrides, 1));
    MUST(config_settle(&c, 2));
    char *text = config_text(&c);
    const struct record_spec spec = {
        .dir = dir,
        .title = "base",
        .model = "resnet8",
        .config = {.resolved = text, .user = file, .overrides = overrides, .override_count = 1},
        .provenance = {.kernels = "ref", .threads = 1},
        .train = &c.train,
        .graph = g,
        .epoch_length = 2};
    MUST(record_open(&r, &spec, true));
    write_rows(r, g);
    const struct trainer t = {.spec = &c.train, .graph = g, .at = ITERATIONS, .loss = 0.5};
    MUST(checkpoint_save(r, &t));
    MUST(record_close(&r, STATUS_OK));
    config_close(f);
    free(text);
}
