/* tests/bench/meter_bench.h - for tests of the meter: a network on hardware, and the published run of it. */
#ifndef TESTS_BENCH_METER_BENCH_H
#define TESTS_BENCH_METER_BENCH_H

#include "energy/meter/meter.h"
#include "models/model.h"
#include "tests/fixtures/folder.h"

enum { ITERATIONS = 64000, BATCH = 128 };

struct bench {
    struct graph graph;
    struct workload workload;
    struct hardware hardware;
    struct meter *meter;
};

static inline struct hardware compat(void)
{
    struct hardware h = hardware_default();
    must(hardware_set(&h, "array.backend", "bitfusion"));
    must(hardware_set(&h, "bitfusion.compat", "true"));
    must(hardware_set(&h, "array.compose", "temporal"));
    must(hardware_set(&h, "training.products_only", "true"));
    return h;
}

static inline void open_meter(struct bench *b, enum convention convention)
{
    const struct constants k = constants_nominal();
    must(meter_open(&b->meter, &(struct meter_spec){&b->workload, &b->hardware, &k, convention}));
}

static inline struct bench of_model(const char *name, int classes, struct hardware h,
                                    enum convention convention)
{
    const struct model_type *type;
    struct recipe recipe;
    struct bench b = {.hardware = h};

    must(recipe_find(&recipe, "cpt"));
    must(model_build(&type, &b.graph, name, (struct shape){32, 32, 3}, classes, &recipe));
    must(workload_of_graph(&b.workload, &b.graph, name));
    open_meter(&b, convention);
    return b;
}

static inline struct bench of_file(const char *path, struct hardware h, enum convention convention)
{
    struct bench b = {.hardware = h};
    must(workload_read(&b.workload, path));
    open_meter(&b, convention);
    return b;
}

static inline void bench_close(struct bench *b)
{
    meter_close(b->meter);
    workload_free(&b->workload);
    graph_free(&b->graph);
}

static inline struct schedule_spec bits(const char *schedule, int lo, int hi)
{
    struct schedule_spec s = {.bits_min = lo, .bits_max = hi, .cycles = 32};
    must(schedule_find(&s.type, schedule));
    return s;
}

/* The published run, 64,000 batches of 128, forward lo..hi against `backward` bits. */
static inline struct cost published_run(struct bench *b, int lo, int hi, int backward)
{
    const struct schedule_spec f = bits("cosine", lo, hi), g = bits("static", backward, backward);
    struct histogram h;
    struct cost c;

    must(histogram_of_schedules(&h, ITERATIONS, BATCH, &f, &g));
    must(meter_run(&c, b->meter, &h));
    histogram_free(&h);
    return c;
}

#endif
