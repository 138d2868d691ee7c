/* tests/bench/bench_step.c - whole training steps beside oneDNN's float32 convolutions alone, in the same
 * run.
 *
 * Batch 128 of Fashion-MNIST at 32x32, all threads (--threads 1: one). A step is everything: order, crop and
 * flip, quantizing, three products, batch norm, loss, update. The yardstick is the sum of oneDNN's forward,
 * backward-data (not of the stem) and backward-weights of the same convolutions, layouts of its own choice,
 * no batch norm, no update. Both alternate round by round. "3-8/8" is the mean over one cycle of cosine CPT,
 * forward 3 to 8 bits. ratio_to_onednn is our step's time by theirs: below 1 the whole step is faster.
 *
 * The split over passes comes from further steps through a kernel table that takes times (trace_kernels.h),
 * as shares of the step's time: forward, data and weights are the three products, quantize the passes between
 * floats and codes and their ranges, norm batch norm with ReLU and residual; other is the rest, waiting
 * threads included.
 *
 * Predicted: forward int8 0.31, backward-weights int8 0.38, backward-data float32 by minimal filtering 0.7 of
 * oneDNN's, elementwise passes and encoding 0.2: 0.65 at 4/8 bits. At 8/8 int16 in two of three: 0.85.
 *
 * Measured, 2 quiet cores of an AMD EPYC with AVX2, medians: ResNet-20 4/8 bits 124 ms, 0.65; 8/8 158 ms,
 * 0.82; CPT 3-8/8 142 ms, 0.72; float32 188 ms, 0.98. ResNet-38 0.63, 0.81, 0.70, 1.00; ResNet-74 0.61,
 * 0.79, 0.68, 0.96. The direct order of backward-data took 0.74, 0.91, 0.84, 1.11 on ResNet-20.
 *
 * Whole-batch operations over one team of threads, instead of a fork for each loop, on 16 cores of a Xeon with
 * AVX-512 that others used too (single rows move by 20 %), old and new in turns, ms a step:
 *
 *     2 threads   ResNet-20 4/8 172 then 162, 8/8 304 then 199, float32 282 then 193; ResNet-38 4/8 388 then 297;
 *                 ResNet-74 4/8 657 then 663; other 8 to 22 % of a step, then 4.5 to 6 %
 *     16 threads  ResNet-20 4/8 46 then 35, 8/8 56 then 39, 3-8/8 49 then 33, float32 70 then 62;
 *                 ResNet-74 4/8 182 then 122; other half of a step, then a third
 *
 * Learned: backward-data, the one product that has no integer grid, was two fifths of a 4/8 step and is a
 * third. A prefetch of one kilobyte was worth 4 % of a step, huge pages 1 to 2 %. Quantizing within the batch
 * norm, two passes less over the outputs of half of the layers, was predicted to be worth 2 to 3 % and is
 * worth less than 1 % here, where the third cache holds what it no longer moves. Of what is outside of kernels
 * the integer weight gradient had half: sums of codes at each position (now by zones, cpu_conv_zones.h), and a
 * member's sums read with a stride by all others. Weights packed by one thread were a tenth of backward-data
 * with 16. Images dealt rather than shared out cost nothing and hide what other users of a CPU take. Contenders
 * with threads of their own must sleep before a turn: spinning OpenMP threads tripled our time with 16.
 */
#include "models/model.h"
#include "sim/device/cpu/cpu.h"
#include "sim/layers/layers.h"
#include "sim/train/trainer.h"
#include "tests/bench/bench.h"
#include "tests/bench/trace_kernels.h"
#include "tests/bench/yardstick.h"

#include <omp.h>
#include <string.h>
#include <time.h>

enum { BATCH = 128, CYCLE = 12, YARDSTICKS_MAX = 3 * 256 };

/* To add a row: a line; those of a model stand together. Bits 0 are float32. */
static const struct step_case {
    const char *model, *bits, *schedule;
    int forward_min, forward_max, backward;
    int steps; /* of a timed run: one, or a whole cycle */
} cases[] = {
    {"resnet20", "4/8", "static", 4, 4, 8, 1},     {"resnet20", "8/8", "static", 8, 8, 8, 1},
    {"resnet20", "float32", "static", 0, 0, 0, 1}, {"resnet20", "3-8/8", "cosine", 3, 8, 8, CYCLE},
    {"resnet38", "4/8", "static", 4, 4, 8, 1},     {"resnet38", "8/8", "static", 8, 8, 8, 1},
    {"resnet38", "float32", "static", 0, 0, 0, 1}, {"resnet38", "3-8/8", "cosine", 3, 8, 8, CYCLE},
    {"resnet74", "4/8", "static", 4, 4, 8, 1},     {"resnet74", "8/8", "static", 8, 8, 8, 1},
    {"resnet74", "float32", "static", 0, 0, 0, 1}, {"resnet74", "3-8/8", "cosine", 3, 8, 8, CYCLE},
};

enum { CASES = sizeof cases / sizeof cases[0] };

/* --- all convolutions of a network as oneDNN would do them
 * ------------------------------------------------- */

struct yardsticks {
    struct yardstick *item[YARDSTICKS_MAX];
    struct yardstick_memory memory[YARDSTICKS_MAX];
    int count, memories;
};

static void yardsticks_add(struct yardsticks *y, const struct conv_shape *s, bool stem)
{
    struct yardstick_memory *const m = &y->memory[y->memories++];

    *m = yardstick_memory_new(BATCH, s);
    for (int d = FORWARD; d < DIRECTIONS; d++) {
        if (stem && d == DATA) continue;
        struct yardstick *const one = yardstick_new(BATCH, s, (enum direction)d, m);
        if (one != NULL) y->item[y->count++] = one;
    }
}

static void yardsticks_open(struct yardsticks *y, const char *model, const struct dataset *data)
{
    const struct model_type *type;
    struct recipe recipe;
    struct graph g;

    *y = (struct yardsticks){0};
    if (yardstick_version() == NULL) return;
    bench_must(recipe_find(&recipe, "float32"));
    bench_must(model_build(&type, &g, model, data->shape, data->classes, &recipe));
    for (int i = 0; i < g.count && y->count + DIRECTIONS <= YARDSTICKS_MAX; i++) {
        const struct conv_shape *s = layer_facts_of(g.nodes[i].layer).conv;
        if (s != NULL) yardsticks_add(y, s, g.nodes[i].input[0] == GRAPH_INPUT);
    }
    graph_free(&g);
}

static void yardsticks_close(struct yardsticks *y)
{
    for (int i = 0; i < y->count; i++)
        yardstick_free(y->item[i]);
    for (int i = 0; i < y->memories; i++)
        yardstick_memory_free(&y->memory[i]);
}

static void run_yardsticks(void *with)
{
    const struct yardsticks *const y = with;
    for (int i = 0; i < y->count; i++)
        yardstick_run(y->item[i]);
}

/* --- a network in training ----------------------------------------------------------------------------- */

struct training {
    struct device *device;
    struct trainer trainer;
    struct train_spec spec;
    struct graph graph;
    int steps;
};

static struct train_spec spec_of(const struct step_case *c)
{
    struct train_spec s = {.seed = 1,
                           .iterations = 1000 * CYCLE,
                           .batch = BATCH,
                           .drop_last = true,
                           .crop = true,
                           .flip = true,
                           .pad = 4};
    const struct schedule_type *fixed;

    bench_must(recipe_find(&s.recipe, c->forward_max > 0 ? "cpt" : "float32"));
    bench_must(schedule_find(&s.forward.type, c->schedule));
    bench_must(schedule_find(&fixed, "static"));
    bench_must(lr_find(&s.lr.type, "constant"));
    bench_must(optimizer_find(&s.optimizer.type, "sgd"));
    s.forward =
        (struct schedule_spec){s.forward.type, c->forward_min, c->forward_max, 1000, REMAINDER_STRETCH};
    s.backward = (struct schedule_spec){fixed, c->backward, c->backward, 1, REMAINDER_STRETCH};
    s.lr.initial = 0.01;
    s.optimizer.momentum = 0.9;
    s.optimizer.weight_decay = 1e-4;
    return s;
}

static void training_open(struct training *t, const struct step_case *c, struct dataset *data,
                          const struct bench *b)
{
    const struct model_type *type;

    *t = (struct training){.spec = spec_of(c), .steps = c->steps};
    bench_must(model_build(&type, &t->graph, c->model, data->shape, data->classes, &t->spec.recipe));
    bench_must(
        device_open(&t->device, &(struct machine){.kernels = b->kernels->name, .threads = b->threads}));
    bench_must(trainer_open(&t->trainer, &t->spec, t->device, &t->graph, data));
    type->init(&t->graph, t->spec.seed);
}

static void training_close(struct training *t)
{
    trainer_close(&t->trainer);
    graph_free(&t->graph);
    device_close(t->device);
}

static void run_steps(void *with)
{
    struct training *const t = with;
    struct step_row row;

    for (int i = 0; i < t->steps; i++) {
        trace_step();
        bench_must(trainer_step(&t->trainer, &row));
    }
}

/* Share of each pass in the time of some traced steps; the rest is other. */
static void trace_shares(double share[TRACE_PASSES + 1], struct training *t)
{
    enum { RUNS = 3 };
    struct cpu *const cpu = cpu_of(t->device);
    const struct kernels *const plain = cpu->kernels;
    double seconds[TRACE_PASSES];

    cpu->kernels = trace_begin(plain);
    const double start = bench_clock();
    for (int i = 0; i < (t->steps > 1 ? 1 : RUNS); i++)
        run_steps(t);
    const double all = (bench_clock() - start) * t->device->threads;
    cpu->kernels = plain;
    trace_read(seconds);
    share[TRACE_PASSES] = 1.0;
    for (int p = 0; p < TRACE_PASSES; p++) {
        share[p] = seconds[p] / all;
        share[TRACE_PASSES] -= share[p];
    }
}

/* --- the table --------------------------------------------------------------------------------------- */

/* oneDNN's OpenMP threads spin for some milliseconds after their work: let them fall asleep, or our team, whose
 * threads are others, shares its CPUs with them. */
static void let_sleep(void *with)
{
    enum { NANOSECONDS = 30000000 };
    (void)with;
    nanosleep(&(struct timespec){.tv_nsec = NANOSECONDS}, NULL);
}

static void bench_case(struct bench_table *table, const struct step_case *c, struct dataset *data,
                       struct yardsticks *y)
{
    static struct contender contender[2];
    struct training t;
    double share[TRACE_PASSES + 1];

    training_open(&t, c, data, table->bench);
    contender[0] =
        (struct contender){.run = y->count > 0 ? run_yardsticks : NULL, .prepare = let_sleep, .with = y};
    contender[1] = (struct contender){.run = run_steps, .prepare = let_sleep, .with = &t};
    const int rounds = bench_race(contender, 2, table->bench->seconds);
    trace_shares(share, &t);
    const double step = bench_median(&contender[1], rounds) / c->steps;
    bench_text(table, c->model);
    bench_text(table, c->bits);
    bench_number(table, 1e3 * step, 1);
    bench_number(table, BATCH / step, 0);
    for (int p = 0; p <= TRACE_PASSES; p++)
        bench_number(table, 1e3 * step * share[p], 1);
    bench_number(table, y->count > 0 ? 1e3 * bench_median(&contender[0], rounds) : __builtin_nan(""), 1);
    bench_number(table, bench_ratio(&contender[1], &contender[0], rounds) / c->steps, 2);
    bench_number(table, rounds, 0);
    bench_number(table, (double)graph_bytes(&t.graph) / 1e6, 1);
    training_close(&t);
}

/* The rows of one model, from cases[first] on; returns where the next one begins. */
static int bench_model(struct bench_table *table, int first, struct dataset *data)
{
    static struct yardsticks y;
    const struct bench *const b = table->bench;
    const char *const model = cases[first].model;
    bool open = false;
    int i = first;

    for (; i < CASES && strcmp(cases[i].model, model) == 0; i++) {
        if (!bench_wants(b, "%s %s", model, cases[i].bits)) continue;
        if (!open) yardsticks_open(&y, model, data);
        open = true;
        bench_case(table, &cases[i], data, &y);
    }
    if (open) yardsticks_close(&y);
    return i;
}

int main(int argc, char **argv)
{
    static const struct bench_column columns[] = {{"model", -10},
                                                  {"bits", -8},
                                                  {"ms_per_step", 11},
                                                  {"images_per_s", 12},
                                                  {"forward_ms", 10},
                                                  {"data_ms", 7},
                                                  {"weights_ms", 10},
                                                  {"quantize_ms", 11},
                                                  {"norm_ms", 7},
                                                  {"other_ms", 8},
                                                  {"onednn_convs_ms", 15},
                                                  {"ratio_to_onednn", 15},
                                                  {"rounds", 6},
                                                  {"memory_mb", 9},
                                                  {NULL, 0}};
    struct bench b =
        bench_open(argc, argv, "step", "Time whole training steps beside oneDNN's convolutions alone.", 3.0);
    struct bench_table table;
    struct dataset data;

    omp_set_num_threads(b.threads); /* oneDNN's; the device has its own */
    bench_must(dataset_open(&data, &(struct dataset_spec){.name = "fashion-mnist", .split_seed = 1}));
    bench_table(&table, &b, "training steps", columns);
    for (int i = 0; i < CASES;)
        i = bench_model(&table, i, &data);
    dataset_close(&data);
    bench_close(&b);
    return 0;
}
