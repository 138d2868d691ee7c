/* tests/bench_kernels.c - convolution kernels beside oneDNN's float32, in the same run.
 *
 * Usage: bench_kernels [ROW [ROUNDS]]. One thread, thread CPU time. Each round runs the yardstick and then
 * the kernel; printed are medians over the rounds, of the rates and of the rounds' ratios. A host shared with
 * others has fast and slow phases, so that only the ratios are evidence. The yardstick needs -DWITH_DNNL
 * -ldnnl. 1 op = one multiply or one add. Ours include what a training step needs: borders, the affine
 * epilogue in double, the statistics of batch norm.
 *
 * Predicted, from counts of instructions: int8 3.1, int16 1.6, float32 1.0 times oneDNN's float32.
 *
 * Measured, 3x3 layers 16 @32, 32 @16, 64 @8, on 2 cores of Zen 4 without AVX-512, others compiling
 * meanwhile:
 *
 * - forward: int8 4x4 2.7 2.7 2.9, int16 8x8 1.7 1.5 1.6, float32 1.16 1.04 1.07
 *
 * - data: float32 0.96 0.95 1.00
 *
 * - weights: int8 4x8 2.9 3.0 2.9, int16 8x8 1.8 1.8 1.7, float32 1.11 1.11 1.05
 *
 * Learned: an epilogue right behind a tile waits for it; over 48 outputs at once it costs half. A memset of
 * 400 bytes became a string instruction, a tenth of a layer. Output lines that were not in the cache cost a
 * tenth: they are prefetched. 64-bit sums of many channels do not fit the first cache: several images share
 * one trip. Still slow: depthwise (0.4), and what fills half a tile, such as 24 filters.
 */
#include "tests/yardstick.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 128, ROUNDS = 21, ROUNDS_MAX = 1001 };

struct layer_row {
    const char *name;
    int h, c, k, kernel, stride, groups;
};

static const struct layer_row layers[] = {
    {"3x3 16 @32", 32, 16, 16, 3, 1, 1},
    {"3x3 32 @16", 16, 32, 32, 3, 1, 1},
    {"3x3 64 @8", 8, 64, 64, 3, 1, 1},
    {"3x3 16-32 @32 /2", 32, 16, 32, 3, 2, 1},
    {"1x1 16-32 @32 /2", 32, 16, 32, 1, 2, 1},
    {"1x1 96-24 @16", 16, 96, 24, 1, 1, 1},
    {"3x3 depthwise 96 @16", 16, 96, 96, 3, 1, 96},
    {"3x3 3-16 @32", 32, 3, 16, 3, 1, 1},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n)
{
    qsort(v, n, sizeof *v, by_size);
    return v[n / 2];
}

/* --- one layer's operands ---------------------------------------------------------------------------- */

struct bench {
    const struct kernels *k;
    struct conv_shape s;
    size_t in, out, weights; /* elements per image, filters */
    float *x, *y, *w;        /* [BATCH][in], [BATCH][out], [weights] */
    void *x_codes, *e_codes; /* [BATCH][in], [BATCH][out], 16 bits of room */
    int16_t *w_codes;
    void *packed, *scratch;
    int64_t *exact;
    double *real, *sums;
    struct conv_epilogue e;
};

static struct bench bench_make(const struct kernels *k, const struct layer_row *l)
{
    const struct conv_shape s =
        conv_shape_make(l->h, l->h, l->c, l->k, l->kernel, l->stride, l->kernel / 2, l->groups);
    struct bench b = {.k = k, .s = s, .in = (size_t)s.h * s.w * s.c, .out = (size_t)s.oh * s.ow * s.k};
    double *const factors = claim(3 * (size_t)s.k * sizeof(double));

    b.weights = (size_t)s.k * s.kernel * s.kernel * (s.c / s.groups);
    b.x = claim(BATCH * b.in * sizeof *b.x);
    b.y = claim(BATCH * b.out * sizeof *b.y);
    b.w = claim(b.weights * sizeof *b.w);
    b.x_codes = claim(BATCH * b.in * 2);
    b.e_codes = claim(BATCH * b.out * 2);
    b.w_codes = claim(b.weights * sizeof *b.w_codes);
    b.packed = claim(k->conv_packed_bytes(&s));
    b.scratch = claim(k->conv_scratch_bytes(&s));
    b.exact = claim(b.weights * sizeof *b.exact);
    b.real = claim(b.weights * sizeof *b.real);
    b.sums = claim(2 * (size_t)s.k * sizeof *b.sums);
    for (int i = 0; i < 3 * s.k; i++)
        factors[i] = 1e-3 * i;
    b.e = (struct conv_epilogue){factors, factors + s.k, factors + 2 * s.k, 0};
    for (size_t i = 0; i < BATCH * b.in; i++)
        b.x[i] = (float)(word_at(1, i) % 1000) * 1e-3f;
    for (size_t i = 0; i < BATCH * b.out; i++)
        b.y[i] = (float)(word_at(2, i) % 1000) * 1e-3f;
    for (size_t i = 0; i < b.weights; i++)
        b.w[i] = (float)(word_at(3, i) % 1000) * 1e-3f - 0.5f;
    return b;
}

static void bench_free(struct bench *b)
{
    void *const all[] = {b->x,      b->y,       b->w,     b->x_codes, b->e_codes, b->w_codes,
                         b->packed, b->scratch, b->exact, b->real,    b->sums,    (void *)b->e.alpha};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static void fill_codes(void *codes, size_t n, int bits)
{
    for (size_t i = 0; i < n; i++)
        if (bits <= 8)
            ((uint8_t *)codes)[i] = (uint8_t)(word_at(4, i) & ((1u << bits) - 1));
        else
            ((uint16_t *)codes)[i] = (uint16_t)(word_at(4, i) & ((1u << bits) - 1));
}

/* --- what is timed: one pass over the batch ---------------------------------------------------------- */

static void forward_int(struct bench *b, int x_bits, int w_bits)
{
    const enum conv_path path = conv_path(x_bits, w_bits, (int64_t)(b->weights / b->s.k));

    b->k->conv_int_pack(b->packed, b->w_codes, &b->s, path);
    for (size_t n = 0; n < BATCH; n++) {
        const struct codes x = {(const char *)b->x_codes + n * b->in * code_bytes(x_bits), x_bits};
        b->k->conv_int_forward(b->y + n * b->out, b->sums, x, b->packed, &b->s, path, w_bits, &b->e,
                               b->scratch);
    }
}

static void weights_int(struct bench *b, int x_bits, int e_bits)
{
    const int images = conv_weights_images(x_bits, e_bits, &b->s);
    const enum conv_path path = conv_path(x_bits, e_bits, (int64_t)images * b->s.oh * b->s.ow);

    for (size_t n = 0; n < BATCH; n += images) {
        const struct codes x = {(const char *)b->x_codes + n * b->in * code_bytes(x_bits), x_bits};
        const struct codes e = {(const char *)b->e_codes + n * b->out * code_bytes(e_bits), e_bits};
        b->k->conv_int_weights(b->exact, x, e, images, &b->s, path, b->scratch);
    }
}

static void forward_float(struct bench *b, int unused, int unused_too)
{
    (void)unused, (void)unused_too;
    b->k->conv_float_pack(b->packed, b->w, &b->s);
    for (size_t n = 0; n < BATCH; n++)
        b->k->conv_float_forward(b->y + n * b->out, b->sums, b->x + n * b->in, b->packed, &b->s, b->scratch);
}

static void data_float(struct bench *b, int unused, int unused_too)
{
    (void)unused, (void)unused_too;
    b->k->conv_float_pack_data(b->packed, b->w, &b->s);
    for (size_t n = 0; n < BATCH; n++)
        b->k->conv_float_data(b->x + n * b->in, false, b->y + n * b->out, b->packed, &b->s, b->scratch);
}

static void weights_float(struct bench *b, int unused, int unused_too)
{
    (void)unused, (void)unused_too;
    for (size_t n = 0; n < BATCH; n++)
        b->k->conv_float_weights(b->real, b->x + n * b->in, b->y + n * b->out, &b->s, b->scratch);
}

/* To add a timed pass: a row. The yardstick is oneDNN's float32 of the same direction. */
static const struct timed {
    const char *name;
    enum direction direction;
    void (*run)(struct bench *b, int x_bits, int w_bits);
    int x_bits, w_bits;
} timed[] = {
    {"float32", FORWARD, forward_float, 0, 0},
    {"int8 4x4", FORWARD, forward_int, 4, 4},
    {"int8 6x6", FORWARD, forward_int, 6, 6},
    {"int8 8x7", FORWARD, forward_int, 8, 7},
    {"int16 8x8", FORWARD, forward_int, 8, 8},
    {"int16/64 12x12", FORWARD, forward_int, 12, 12},
    {"float32", DATA, data_float, 0, 0},
    {"float32", WEIGHTS, weights_float, 0, 0},
    {"int8 4x8", WEIGHTS, weights_int, 4, 8},
    {"int16 8x8", WEIGHTS, weights_int, 8, 8},
    {"int16/64 12x12", WEIGHTS, weights_int, 12, 12},
};

enum { TIMED = sizeof timed / sizeof timed[0] };

/* --- the table --------------------------------------------------------------------------------------- */

static double time_of_pass(struct bench *b, const struct timed *t)
{
    const double start = now();
    t->run(b, t->x_bits, t->w_bits);
    return now() - start;
}

/* Centered weights, codes and errors of the pass's bits. */
static void prepare(struct bench *b, const struct timed *t)
{
    if (!t->x_bits) return;
    fill_codes(b->x_codes, BATCH * b->in, t->x_bits);
    fill_codes(b->e_codes, BATCH * b->out, t->w_bits);
    for (size_t i = 0; i < b->weights; i++)
        b->w_codes[i] = (int16_t)((int)(word_at(6, i) & ((1u << t->w_bits) - 1)) - (1 << (t->w_bits - 1)));
}

static void bench_pass(struct bench *b, const char *layer, const struct timed *t, struct yardstick *y,
                       int rounds)
{
    static double ours[ROUNDS_MAX], theirs[ROUNDS_MAX], ratio[ROUNDS_MAX];
    const double ops = 2.0 * BATCH * (double)b->out * (double)(b->weights / b->s.k);

    prepare(b, t);
    for (int r = -1; r < rounds; r++) { /* the first round warms the caches */
        const int i = r < 0 ? 0 : r;
        const double start = now();
        if (y->run) y->run(y);
        theirs[i] = now() - start;
        ours[i] = time_of_pass(b, t);
        ratio[i] = theirs[i] / ours[i];
    }
    printf("%-22s %-8s %-15s %8.1f", layer, direction_name[t->direction], t->name,
           ops / median(ours, rounds) * 1e-9);
    if (y->run) printf(" %8.1f %7.2f", ops / median(theirs, rounds) * 1e-9, median(ratio, rounds));
    printf("\n");
    fflush(stdout);
}

/* --- elementwise passes, beside a copy of as many bytes --------------------------------------------------
 */

enum { CHANNELS = 16, PIXELS = 1024, ELEMENTS = CHANNELS * PIXELS, IMAGES = 64 };

struct passes {
    const struct kernels *k;
    float *x, *y, *z;
    void *codes;
    uint8_t *positive;
    float of_c[4][CHANNELS];
    double sums[2 * CHANNELS];
    struct affine q;
};

static void pass_range(struct passes *p, size_t i)
{
    p->of_c[3][0] = p->k->range(p->x + i, ELEMENTS).lo;
}

static void pass_nearest(struct passes *p, size_t i)
{
    p->k->encode((char *)p->codes + i, p->x + i, ELEMENTS, &p->q, NULL, i);
}

static void pass_stochastic(struct passes *p, size_t i)
{
    const struct random_name name = {.seed = 1, .stream = 2, .step = 3};
    p->k->encode((char *)p->codes + i, p->x + i, ELEMENTS, &p->q, &name, i);
}

static void pass_decode(struct passes *p, size_t i)
{
    p->k->decode(p->y + i, (struct codes){(char *)p->codes + i, 8}, ELEMENTS, &p->q);
}

static void pass_norm(struct passes *p, size_t i)
{
    p->k->norm_forward(p->y + i, p->positive + i / 8, p->x + i, NULL, p->of_c[0], p->of_c[1], PIXELS,
                       CHANNELS, true);
}

static void pass_norm_sums(struct passes *p, size_t i)
{
    p->k->norm_sums(p->sums, p->z + i, p->positive + i / 8, p->x + i, p->of_c[2], PIXELS, CHANNELS);
}

static void pass_norm_backward(struct passes *p, size_t i)
{
    p->k->norm_backward(p->y + i, NULL, false, p->z + i, p->positive + i / 8, p->x + i, p->of_c[2],
                        p->of_c[0], p->of_c[1], p->of_c[1], PIXELS, CHANNELS);
}

/* To add an elementwise pass: a row; bytes are those it reads and writes per element. */
static const struct elementwise {
    const char *name;
    void (*run)(struct passes *p, size_t i);
    double bytes;
} elementwise[] = {
    {"range", pass_range, 4},
    {"encode 8 bits", pass_nearest, 5},
    {"encode 8 bits, stochastic", pass_stochastic, 5},
    {"decode 8 bits", pass_decode, 5},
    {"norm forward, relu", pass_norm, 8.125},
    {"norm backward sums", pass_norm_sums, 8.125},
    {"norm backward", pass_norm_backward, 12.125},
};

static double time_of_images(struct passes *p, void (*run)(struct passes *p, size_t i))
{
    const double start = now();
    for (size_t i = 0; i < IMAGES; i++)
        run(p, i * ELEMENTS);
    return (now() - start) / IMAGES;
}

static void pass_copy(struct passes *p, size_t i)
{
    memcpy(p->y + i, p->x + i, ELEMENTS * sizeof *p->y);
}

static void bench_elementwise(const struct kernels *k, int rounds)
{
    static double ours[ROUNDS_MAX], copy[ROUNDS_MAX];
    const size_t n = (size_t)IMAGES * ELEMENTS;
    struct passes p = {.k = k,
                       .x = claim(4 * n),
                       .y = claim(4 * n),
                       .z = claim(4 * n),
                       .codes = claim(n),
                       .positive = claim(n / 8),
                       .q = affine_make(0, 1, 8, DIVISION_IEEE, AFFINE_FLOOR)};

    for (size_t i = 0; i < n; i++)
        p.x[i] = p.z[i] = (float)(word_at(7, i) % 1000) * 1e-3f;
    for (int c = 0; c < CHANNELS; c++)
        p.of_c[0][c] = 1, p.of_c[1][c] = -0.5f, p.of_c[2][c] = 0.5f;
    printf("\n%-26s %9s %7s %7s  (%d images of %d elements)\n", "elementwise", "Gelem/s", "GB/s", "of copy",
           IMAGES, ELEMENTS);
    for (size_t e = 0; e < sizeof elementwise / sizeof elementwise[0]; e++) {
        for (int r = -1; r < rounds; r++) {
            copy[r < 0 ? 0 : r] = time_of_images(&p, pass_copy);
            ours[r < 0 ? 0 : r] = time_of_images(&p, elementwise[e].run);
        }
        const double seconds = median(ours, rounds), rate = ELEMENTS * elementwise[e].bytes / seconds;
        printf("%-26s %9.2f %7.1f %7.2f\n", elementwise[e].name, ELEMENTS / seconds * 1e-9, rate * 1e-9,
               rate / (8.0 * ELEMENTS / median(copy, rounds)));
    }
    free(p.x), free(p.y), free(p.z), free(p.codes), free(p.positive);
}

int main(int argc, char **argv)
{
    const struct kernels *k;
    const int asked = argc > 2 ? atoi(argv[2]) : ROUNDS,
              rounds = asked > 0 && asked < ROUNDS_MAX ? asked : ROUNDS;

    if (kernels_find(&k, argc > 1 ? argv[1] : NULL) != STATUS_OK) {
        fprintf(stderr, "bench_kernels: %s\n", status_detail());
        return 2;
    }
    omp_set_num_threads(1);
    printf("# kernels %s, batch %d, one thread, medians of %d rounds\n", k->name, BATCH, rounds);
    printf("%-22s %-8s %-15s %8s %8s %7s\n", "layer", "pass", "arithmetic", "GOP/s", "oneDNN", "ratio");
    for (size_t l = 0; l < sizeof layers / sizeof layers[0]; l++) {
        struct bench b = bench_make(k, &layers[l]);
        struct yardstick y[DIRECTIONS];
        for (int d = 0; d < DIRECTIONS; d++)
            y[d] = yardstick_make(BATCH, &b.s, (enum direction)d);
        for (int i = 0; i < TIMED; i++)
            bench_pass(&b, layers[l].name, &timed[i], &y[timed[i].direction], rounds);
        bench_free(&b);
    }
    bench_elementwise(k, rounds);
    return 0;
}
