/* tests/bench/bench_passes.c - elementwise passes of a training step beside a copy of the same run, in GB/s.
 *
 * In cache every thread goes over one image of 16384 elements again and again; from memory the images of an
 * array of 64 MB each go by once, spread over threads as the device does. The copy is memcpy of float32, read
 * and write counted; a pass counts what its definition reads and writes. share_of_copy 1 is a pass that costs
 * its traffic alone. Loss and optimizer are the device's operations, a task of its team each.
 *
 * Predicted: everything at the bandwidth of a copy but stochastic rounding.
 *
 * Measured, 2 quiet cores of an AMD EPYC with AVX2, from memory, 1 and 2 threads: batch norm 0.98 to 1.43 of
 * the copy's GB/s (more reads than writes), encoding to nearest 0.97 to 1.12, stochastically 0.44 to 0.54.
 *
 * Batch norm with ReLU and encoding in one: 0.85 and 1.00.
 *
 * Learned: stochastic rounding is the only pass bound by arithmetic, by Philox's multiplications. Every other
 * one is bound by the memory that it touches, so that fusing is what helps.
 */
#include "sim/device/device.h"
#include "sim/method/optimizer.h"
#include "tests/bench/bench.h"

#include <math.h>

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNELS = 16, PIXELS = 1024, ELEMENTS = CHANNELS * PIXELS, IMAGES = 1024, CLASSES = 16 };

/* Arrays of IMAGES images; in cache only each thread's first is touched. */
struct passes {
    const struct kernels *k;
    float *x, *y, *z, *r;
    void *codes;
    uint8_t *positive;
    int *labels;
    float of_c[3][CHANNELS]; /* scale, shift, mean */
    struct affine q8, q16;
    struct optimizer_spec sgd;
    double *each; /* the loss's examples */
    struct device *device[2];
    int devices; /* open, one for each count of threads */
};

/* --- one image each, from element i on ----------------------------------------------------------------- */

static void pass_copy(struct passes *p, size_t i)
{
    memcpy(p->y + i, p->x + i, ELEMENTS * sizeof *p->y);
}

static void pass_range(struct passes *p, size_t i)
{
    const struct range r = p->k->range(p->x + i, ELEMENTS);
    p->y[i] = r.lo; /* somebody wants it */
}

static void pass_nearest8(struct passes *p, size_t i)
{
    p->k->encode((char *)p->codes + i, p->x + i, ELEMENTS, &p->q8, NULL, i);
}

static void pass_nearest16(struct passes *p, size_t i)
{
    p->k->encode((char *)p->codes + 2 * i, p->x + i, ELEMENTS, &p->q16, NULL, i);
}

static void pass_stochastic(struct passes *p, size_t i)
{
    const struct random_name name = {.seed = 1, .stream = 2, .step = 3};
    p->k->encode((char *)p->codes + i, p->x + i, ELEMENTS, &p->q8, &name, i);
}

static void pass_decode(struct passes *p, size_t i)
{
    p->k->decode(p->y + i, (struct codes){(char *)p->codes + i, 8}, ELEMENTS, &p->q8);
}

static void norm_forward(struct passes *p, size_t i, const float *residual)
{
    p->k->norm_forward(&(struct norm_forward_call){p->y + i, p->positive + i / 8, p->x + i, residual,
                                                   p->of_c[0], p->of_c[1], PIXELS, CHANNELS, true});
}

static void pass_norm(struct passes *p, size_t i)
{
    norm_forward(p, i, NULL);
}

static void pass_norm_residual(struct passes *p, size_t i)
{
    norm_forward(p, i, p->r + i);
}

static void pass_norm_encode(struct passes *p, size_t i)
{
    p->k->norm_encode(&(struct norm_encode_call){(char *)p->codes + i, p->positive + i / 8, p->x + i,
                                                 p->of_c[0], p->of_c[1], PIXELS, CHANNELS, true, INFINITY,
                                                 &p->q8});
}

static struct norm_errors norm_errors_at(const struct passes *p, size_t i)
{
    return (struct norm_errors){p->z + i, p->positive + i / 8, p->x + i, p->of_c[2], PIXELS, CHANNELS};
}

static void pass_norm_sums(struct passes *p, size_t i)
{
    const struct norm_errors e = norm_errors_at(p, i);
    double sums[2 * CHANNELS];

    p->k->norm_sums(sums, &e);
    p->y[i] = (float)sums[0];
}

static void norm_backward(struct passes *p, size_t i, float *dresidual)
{
    p->k->norm_backward(&(struct norm_backward_call){
        p->y + i, dresidual, dresidual != NULL, norm_errors_at(p, i), p->of_c[0], p->of_c[1], p->of_c[1]});
}

static void pass_norm_backward(struct passes *p, size_t i)
{
    norm_backward(p, i, NULL);
}

static void pass_norm_backward_residual(struct passes *p, size_t i)
{
    norm_backward(p, i, p->r + i);
}

/* --- the whole array at once: an operation of the device ----------------------------------------------- */

static void pass_loss(struct passes *p, struct device *d, size_t elements)
{
    struct loss out;
    d->ops->loss(d, &(struct loss_op){.out = &out,
                                      .each = p->each,
                                      .dlogits = p->y,
                                      .logits = p->x,
                                      .labels = p->labels,
                                      .n = (int)(elements / CLASSES),
                                      .classes = CLASSES});
}

static void pass_sgd(struct passes *p, struct device *d, size_t elements)
{
    const struct update u = {.value = p->y, .grad = p->x, .state = {p->z}, .size = elements};
    struct update_op op = {.parameter = &u, .count = 1, .spec = &p->sgd, .lr = 1e-6};

    op.rule = &p->sgd.type->observe;
    d->ops->update(d, &op);
    op.rule = &p->sgd.type->move;
    d->ops->update(d, &op);
}

/* To add an elementwise pass: a row; bytes are those it reads and writes per element. */
static const struct pass_row {
    const char *name;
    void (*image)(struct passes *p, size_t i);
    void (*whole)(struct passes *p, struct device *d, size_t elements);
    double bytes;
    int images; /* from memory; fewer for what would take seconds */
} rows[] = {
    {"range", pass_range, NULL, 4, IMAGES},
    {"encode 8 bits, nearest", pass_nearest8, NULL, 5, IMAGES},
    {"encode 16 bits, nearest", pass_nearest16, NULL, 6, IMAGES},
    {"encode 8 bits, stochastic", pass_stochastic, NULL, 5, IMAGES},
    {"decode 8 bits", pass_decode, NULL, 5, IMAGES},
    {"norm forward, relu", pass_norm, NULL, 8.125, IMAGES},
    {"norm, relu, encode 8 bits", pass_norm_encode, NULL, 5.125, IMAGES},
    {"norm forward, residual, relu", pass_norm_residual, NULL, 12.125, IMAGES},
    {"norm sums", pass_norm_sums, NULL, 8.125, IMAGES},
    {"norm backward", pass_norm_backward, NULL, 12.125, IMAGES},
    {"norm backward, residual", pass_norm_backward_residual, NULL, 20.125, IMAGES},
    {"optimizer update, sgd", NULL, pass_sgd, 28, IMAGES},
    {"loss, 16 classes", NULL, pass_loss, 8, IMAGES / 32},
};

static const struct pass_row copy = {"copy", pass_copy, NULL, 8, IMAGES};

/* --- the table --------------------------------------------------------------------------------------- */

enum { CACHED_TIMES = 256 }; /* how often each thread goes over its image */

struct turn {
    struct passes *passes;
    const struct pass_row *row;
    int threads;
    bool cached;
};

static double bytes_of(const struct turn *t)
{
    const int images = !t->cached ? t->row->images : t->row->whole ? CACHED_TIMES : CACHED_TIMES * t->threads;
    return t->row->bytes * ELEMENTS * images;
}

static void run_whole(const struct turn *t)
{
    struct device *d = t->passes->device[0];

    for (int i = 1; i < t->passes->devices; i++)
        if (t->passes->device[i]->threads == t->threads) d = t->passes->device[i];
    if (!t->cached) t->row->whole(t->passes, d, (size_t)t->row->images * ELEMENTS);
    for (int i = 0; t->cached && i < CACHED_TIMES; i++)
        t->row->whole(t->passes, d, ELEMENTS);
}

static void run_turn(void *with)
{
    const struct turn *const t = with;
    const int images = t->cached ? CACHED_TIMES * t->threads : t->row->images;

    if (t->row->whole != NULL) {
        run_whole(t);
        return;
    }
#pragma omp parallel for schedule(static) num_threads(t->threads)
    for (int i = 0; i < images; i++)
        t->row->image(t->passes, (size_t)(t->cached ? omp_get_thread_num() : i) * ELEMENTS);
}

static void print_row(struct bench_table *table, const struct turn *t, const struct contender *copied,
                      double copied_bytes, const struct contender *own, const struct contender *alone,
                      int rounds)
{
    const double seconds = bench_median(own, rounds), bytes = bytes_of(t);
    const struct turn one = {t->passes, t->row, 1, t->cached};

    bench_text(table, t->row->name);
    bench_text(table, t->cached ? "cache" : "memory");
    bench_number(table, t->threads, 0);
    bench_number(table, 1e-9 * bytes / t->row->bytes / seconds, 2);
    bench_number(table, 1e-9 * bytes / seconds, 1);
    bench_number(table, 1e-9 * copied_bytes / bench_median(copied, rounds), 1);
    bench_number(table, bench_ratio(copied, own, rounds) * bytes / copied_bytes, 2);
    bench_number(table, bench_ratio(alone, own, rounds) * bytes / bytes_of(&one), 2);
}

static void bench_row(struct bench_table *table, struct passes *p, const struct pass_row *row, bool cached)
{
    enum { COPY, OWN, ROLES };
    static struct contender c[2][ROLES];
    struct turn turn[2][ROLES];
    int thread[2];
    const int choices = bench_threads(thread, table->bench);

    for (int i = 0; i < choices; i++) {
        turn[i][COPY] = (struct turn){p, &copy, thread[i], cached};
        turn[i][OWN] = (struct turn){p, row, thread[i], cached};
        for (int r = 0; r < ROLES; r++)
            c[i][r] = (struct contender){.run = run_turn, .with = &turn[i][r]};
    }
    const int rounds = bench_race(c[0], choices * ROLES, table->bench->seconds);
    for (int i = 0; i < choices; i++)
        print_row(table, &turn[i][OWN], &c[i][COPY], bytes_of(&turn[i][COPY]), &c[i][OWN], &c[0][OWN],
                  rounds);
}

static struct passes passes_make(const struct bench *b)
{
    const size_t images = IMAGES > b->threads ? IMAGES : (size_t)b->threads, n = images * ELEMENTS;
    struct passes p = {.k = b->kernels,
                       .x = claim(4 * n),
                       .y = claim(4 * n),
                       .z = claim(4 * n),
                       .r = claim(4 * n),
                       .codes = claim(2 * n),
                       .positive = claim(n / 8),
                       .labels = claim(n / CLASSES * sizeof(int)),
                       .each = claim(n / CLASSES * sizeof(double)),
                       .q8 = affine_make(0, 1, 8, DIVISION_IEEE, AFFINE_FLOOR),
                       .q16 = affine_make(0, 1, 16, DIVISION_IEEE, AFFINE_FLOOR),
                       .sgd = {.momentum = 0.9, .weight_decay = 1e-4}};

    fill_reals(p.x, n);
    fill_reals(p.z, n);
    for (int c = 0; c < CHANNELS; c++)
        p.of_c[0][c] = 1, p.of_c[1][c] = -0.5f, p.of_c[2][c] = 0.5f;
    bench_must(optimizer_find(&p.sgd.type, "sgd"));

    int thread[2];
    p.devices = bench_threads(thread, b);
    for (int i = 0; i < p.devices; i++)
        bench_must(
            device_open(&p.device[i], &(struct machine){.kernels = b->kernels->name, .threads = thread[i]}));
    return p;
}

static void passes_free(struct passes *p)
{
    void *const all[] = {p->x, p->y, p->z, p->r, p->codes, p->positive, p->labels, p->each};
    for (int i = 0; i < p->devices; i++)
        device_close(p->device[i]);

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

int main(int argc, char **argv)
{
    static const struct bench_column columns[] = {
        {"pass", -28},         {"from", -6},    {"threads", 7},
        {"gelem_per_s", 11},   {"gb_per_s", 8}, {"copy_gb_per_s", 13},
        {"share_of_copy", 13}, {"scaling", 7},  {NULL, 0}};
    struct bench b =
        bench_open(argc, argv, "passes",
                   "Time the elementwise passes of a training step beside a copy of the same run.", 0.5);
    struct passes p = passes_make(&b);
    struct bench_table table;

    bench_table(&table, &b, "elementwise passes", columns);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int cached = 1; cached >= 0; cached--)
            if (bench_wants(&b, "%s %s", rows[i].name, cached ? "cache" : "memory"))
                bench_row(&table, &p, &rows[i], cached);
    passes_free(&p);
    bench_close(&b);
    return 0;
}
