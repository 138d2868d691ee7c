/* tests/run_fixture.h - a small run without data: a planned graph, a trainer's fields, a record's
 * specification. */
#ifndef TESTS_RUN_FIXTURE_H
#define TESTS_RUN_FIXTURE_H

#include "experiments/checkpoint.h"
#include "sim/layers.h"
#include "sim/store.h"
#include "tests/folder.h"

#include <math.h>

struct fixture {
    struct folder folder;
    char dir[128];
    struct graph graph;
    struct train_spec train;
    struct trainer trainer;
    struct record_spec spec;
};

/** Fill every tensor of the state with values that depend on `seed` and differ everywhere. */
static inline void fixture_fill(struct fixture *f, int seed)
{
    uint32_t x = 0x9e3779b9u * (uint32_t)(seed + 1);

    for (int i = 0; i < f->graph.count; i++) {
        struct layer *l = f->graph.nodes[i].layer;
        for (int p = 0; p < l->param_count + l->buffer_count; p++) {
            const bool is_param = p < l->param_count;
            float *value = is_param ? l->params[p].value : l->buffers[p - l->param_count].value;
            const size_t size = is_param ? l->params[p].size : l->buffers[p - l->param_count].size;
            for (size_t e = 0; e < size; e++) {
                x = x * 1664525u + 1013904223u;
                value[e] = (float)(int32_t)x * 0x1p-31f;
                if (is_param) l->params[p].momentum[e] = -0.37f * value[e];
            }
        }
    }
}

static inline void fixture_open(struct fixture *f)
{
    static const char *const overrides[] = {"seed=7", "model=none"};
    const struct kernels *kernels;

    *f = (struct fixture){.folder = folder_new()};
    snprintf(f->dir, sizeof f->dir, "%s/runs/small", f->folder.path);
    graph_init(&f->graph, (struct shape){6, 6, 3});
    int at = graph_add(&f->graph, layer_conv_new("conv1", f->graph.input, 4, 3, 1, 1, 1, true), GRAPH_INPUT,
                       GRAPH_INPUT);
    at =
        graph_add(&f->graph, layer_norm_new("bn1", graph_shape(&f->graph, at), false, true), at, GRAPH_INPUT);
    at = graph_add(&f->graph, layer_pool_new("pool", graph_shape(&f->graph, at)), at, GRAPH_INPUT);
    graph_add(&f->graph, layer_linear_new("fc", graph_shape(&f->graph, at), 10), at, GRAPH_INPUT);
    must(kernels_find(&kernels, "ref"));
    must(graph_plan(&f->graph, &(struct plan){.kernels = kernels,
                                              .batch = 2,
                                              .forward_bits_max = 8,
                                              .backward_bits_max = 8,
                                              .training = true,
                                              .threads = 1}));
    f->train = (struct train_spec){.seed = 7, .iterations = 1000, .batch = 2};
    f->trainer = (struct trainer){.spec = &f->train, .graph = &f->graph, .loss = (double)NAN};
    f->spec = (struct record_spec){.dir = f->dir,
                                   .title = "small",
                                   .resolved = "seed: 7\nmodel: none\n",
                                   .user = "# a comment\nseed: 7\n",
                                   .overrides = overrides,
                                   .override_count = 2,
                                   .kernels = "ref",
                                   .threads = 1,
                                   .model = "none",
                                   .train = &f->train,
                                   .graph = &f->graph,
                                   .epoch_length = 100};
    fixture_fill(f, 0);
}

static inline void fixture_close(struct fixture *f)
{
    graph_free(&f->graph);
    folder_remove(&f->folder);
}

/** Where the record of the fixture is. */
static inline const char *fixture_run_file(const struct fixture *f)
{
    return folder_path(&f->folder, "runs/small/run.h5");
}

/** The record of the fixture as a reader sees it. */
static inline struct store *fixture_store(const struct fixture *f)
{
    struct store *s;

    must(store_open(&s, fixture_run_file(f), STORE_READ));
    return s;
}

/** A whole data set of a record; the caller frees it. */
static inline double *fixture_numbers(int64_t *count, struct store *s, const char *path)
{
    struct store_info info;
    void *data;

    must(store_load(&data, &info, STORE_F64, s, path));
    *count = info.count;
    return data;
}

/** Iteration i as a pure function of i. */
static inline struct step_row fixture_row(int64_t i)
{
    return (struct step_row){.iteration = i,
                             .epoch = i / 100,
                             .loss = 2.385 / (double)(i + 1),
                             .accuracy = (double)(i % 10) / 10,
                             .lr = 0.1,
                             .forward_bits = 3 + (int)(i % 6),
                             .backward_bits = 8,
                             .cycle = i / 50,
                             .phase = (double)(i % 50) / 50,
                             .images = 2,
                             .bitops = 1e9 / 3 + (double)i,
                             .seconds = 0.01};
}

static inline void fixture_rows(struct record *r, int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++) {
        const struct step_row row = fixture_row(i);
        must(record_row(r, &row));
    }
}

/** An evaluation of the test split whose numbers are a pure function of the iteration. */
static inline struct evaluation fixture_evaluation(int64_t iteration, int bits)
{
    return (struct evaluation){.split = SPLIT_TEST,
                               .bits = bits,
                               .loss = 1.0 / (double)(iteration + bits),
                               .accuracy = 0.25 + 1e-4 * (double)iteration,
                               .count = 10000};
}

#endif
