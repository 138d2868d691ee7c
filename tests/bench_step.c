/* tests/bench_step.c - whole training steps beside oneDNN's float32 convolutions alone, in the same run.
 *
 * Usage: bench_step [ROUNDS]. Batch 128 of Fashion-MNIST at 32x32, all
 * threads, wall time. A step is everything: order, crop and flip, quantizing, three products, batch norm,
 * loss, update. The yardstick is the sum of oneDNN's forward, backward-data (not of the stem) and
 * backward-weights of the same convolutions, layouts of its own choice, no batch norm, no update. Both
 * alternate round by round; printed are medians, and the median of the rounds' ratios.
 *
 * Predicted: forward int8 0.31, backward-weights int8 0.38, backward-data float32 1.05 of oneDNN's,
 * elementwise passes and encoding 0.2: 0.75 at 4/8 bits. At 8/8 int16 in two of three: 0.95.
 *
 * Measured, 2 quiet cores of Zen 4 without AVX-512, medians of 7: ResNet-20 4/8 bits 150 ms, 0.76; 8/8 184
 * ms, 0.92; float32 223 ms, 1.12. ResNet-38 0.74 and 0.93, ResNet-74 0.75 and 0.92.
 *
 * Learned: backward-data, the one product that has no integer grid, is the largest part of a 4/8 step.
 */
#include "models/model.h"
#include "sim/layers.h"
#include "sim/trainer.h"
#include "tests/yardstick.h"

#include <stdio.h>
#include <time.h>

enum { BATCH = 128, ROUNDS = 9, ROUNDS_MAX = 101 };

/* To add a row: a line. Bits 0 are float32. */
static const struct step_case {
    const char *model;
    int forward_bits, backward_bits;
} cases[] = {
    {"resnet20", 4, 8}, {"resnet20", 8, 8}, {"resnet20", 0, 0}, {"resnet38", 4, 8},
    {"resnet38", 8, 8}, {"resnet74", 4, 8}, {"resnet74", 8, 8},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_size);
    return v[n / 2];
}

static void must(enum status s)
{
    if (s == STATUS_OK) return;
    fprintf(stderr, "bench_step: %s\n", status_detail());
    exit(status_exit_code(s));
}

/* All convolutions of a network as oneDNN would do them. */
static int yardsticks_make(struct yardstick *y, const struct graph *g)
{
    int count = 0;
    for (int i = 0; i < g->count; i++) {
        const struct conv_shape *s = layer_conv_shape(g->nodes[i].layer);
        for (int d = FORWARD; s && d < DIRECTIONS; d++)
            if (d != DATA || g->nodes[i].input[0] != GRAPH_INPUT) y[count++] = yardstick_make(BATCH, s, d);
    }
    return count;
}

static double time_yardsticks(struct yardstick *y, int count)
{
    const double start = now();
    for (int i = 0; i < count; i++)
        if (y[i].run) y[i].run(&y[i]);
    return now() - start;
}

static double time_step(struct trainer *t)
{
    struct step_row row;
    const double start = now();
    must(trainer_step(t, &row));
    return now() - start;
}

static struct train_spec spec_of(const struct step_case *c)
{
    struct train_spec s = {.seed = 1,
                           .iterations = 1000,
                           .batch = BATCH,
                           .drop_last = true,
                           .crop = true,
                           .flip = true,
                           .pad = 4};

    must(recipe_find(&s.recipe, c->forward_bits ? "cpt" : "float32"));
    must(schedule_find(&s.forward.type, "static"));
    must(lr_find(&s.lr.type, "constant"));
    must(optimizer_find(&s.optimizer.type, "sgd"));
    s.forward =
        (struct schedule_spec){s.forward.type, c->forward_bits, c->forward_bits, 1, REMAINDER_STRETCH};
    s.backward =
        (struct schedule_spec){s.forward.type, c->backward_bits, c->backward_bits, 1, REMAINDER_STRETCH};
    s.lr.initial = 0.01;
    s.optimizer.momentum = 0.9;
    s.optimizer.weight_decay = 1e-4;
    return s;
}

static void bench(const struct step_case *c, struct dataset *d, const struct kernels *k, int rounds)
{
    static struct yardstick y[3 * 512];
    static double ours[ROUNDS_MAX], theirs[ROUNDS_MAX], ratio[ROUNDS_MAX];
    const struct train_spec spec = spec_of(c);
    const struct model_type *type;
    struct graph g;
    struct trainer t;
    char bits[32] = "float32";

    must(model_build(&type, &g, c->model, d->shape, d->classes, &spec.recipe));
    must(trainer_open(&t, &spec, k, &g, d));
    type->init(&g, spec.seed);
    const int count = yardsticks_make(y, &g);
    for (int r = -1; r < rounds; r++) { /* the first round warms up */
        const int i = r < 0 ? 0 : r;
        theirs[i] = time_yardsticks(y, count);
        ours[i] = time_step(&t);
        ratio[i] = ours[i] / theirs[i];
    }
    if (c->forward_bits) snprintf(bits, sizeof bits, "%d/%d", c->forward_bits, c->backward_bits);
    const double step = median(ours, rounds);
    printf("%-10s %-8s %8.1f %9.0f %9.1f", c->model, bits, 1e3 * step, BATCH / step,
           (double)graph_bytes(&g) / (1 << 20));
    if (y[0].run) printf(" %10.1f %7.2f", 1e3 * median(theirs, rounds), median(ratio, rounds));
    printf("\n");
    fflush(stdout);
    trainer_close(&t);
    graph_free(&g);
}

int main(int argc, char **argv)
{
    const int rounds = argc > 1 && atoi(argv[1]) > 0 && atoi(argv[1]) <= ROUNDS_MAX ? atoi(argv[1]) : ROUNDS;
    const struct kernels *k;
    struct dataset d;

    must(kernels_find(&k, NULL));
    must(dataset_open(&d, &(struct dataset_spec){.name = "fashion-mnist", .split_seed = 1}));
    printf("training steps, batch %d, %s kernels, %d threads, medians of %d\n", BATCH, k->name,
           omp_get_max_threads(), rounds);
    printf("%-10s %-8s %8s %9s %9s %10s %7s\n", "model", "bits", "ms", "images/s", "MiB", "oneDNN ms",
           "ratio");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        bench(&cases[i], &d, k, rounds);
    dataset_close(&d);
    return 0;
}
