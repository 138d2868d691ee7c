/* tests/bench_kernels.c - convolution kernels beside oneDNN's float32, in the same run.
 *
 * Usage: bench_kernels [ROW [ROUNDS]]. One thread, thread CPU time. Each round runs the yardstick and then
 * every kernel of a layer; printed are medians over the rounds, of the rate and of the round's ratio. A host
 * shared with others has fast and slow phases, so that only the ratios are evidence. Built with -DWITH_DNNL
 * -ldnnl for the yardstick. 1 op = one multiply or one add.
 *
 * Predicted (from instruction counts): int8 3.1x, int16 1.6x, float32 1.0x of oneDNN's float32; weights a
 * little less. Measured on a 2-core Zen 4 without AVX-512, while others were compiling: see the last lines of
 * this comment. Learned: the epilogue (two double fma, statistics) costs a 16-channel layer a fifth of its
 * int8 time.
 */
#include "sim/kernels.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef WITH_DNNL
#include <oneapi/dnnl/dnnl.h>
#endif

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

static void *claim(size_t bytes)
{
    void *const p = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!p) abort();
    memset(p, 0, bytes);
    return p;
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

static uint32_t word_at(uint32_t stream, size_t i)
{
    return random_bits32((struct random_name){.seed = 1, .stream = stream}, i);
}

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
enum direction { FORWARD, DATA, WEIGHTS, DIRECTIONS };
static const char *const direction_name[DIRECTIONS] = {"forward", "data", "weights"};

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

/* --- the yardstick ----------------------------------------------------------------------------------- */

struct yardstick {
    void (*run)(struct yardstick *y);
#ifdef WITH_DNNL
    dnnl_primitive_t primitive;
    dnnl_stream_t stream;
    dnnl_exec_arg_t args[3];
#endif
};

#ifdef WITH_DNNL
static void run_dnnl(struct yardstick *y)
{
    dnnl_primitive_execute(y->primitive, y->stream, 3, y->args);
    dnnl_stream_wait(y->stream);
}

static dnnl_primitive_desc_t dnnl_describe(const struct conv_shape *s, enum direction d, dnnl_engine_t engine)
{
    const bool grouped = s->groups > 1;
    dnnl_dims_t x = {BATCH, s->c, s->h, s->w}, y = {BATCH, s->k, s->oh, s->ow},
                stride = {s->stride, s->stride};
    dnnl_dims_t dense = {s->k, s->c, s->kernel, s->kernel}, pad = {s->pad, s->pad};
    dnnl_dims_t split = {s->groups, s->k / s->groups, s->c / s->groups, s->kernel, s->kernel};
    dnnl_memory_desc_t mx, mw, my;
    dnnl_convolution_desc_t c;
    dnnl_primitive_desc_t forward, p;

    dnnl_memory_desc_init_by_tag(&mx, 4, x, dnnl_f32, dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&mw, grouped ? 5 : 4, grouped ? split : dense, dnnl_f32,
                                 dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&my, 4, y, dnnl_f32, dnnl_format_tag_any);
    dnnl_convolution_forward_desc_init(&c, dnnl_forward_training, dnnl_convolution_direct, &mx, &mw, NULL,
                                       &my, stride, pad, pad);
    dnnl_primitive_desc_create(&forward, &c, NULL, engine, NULL);
    if (d == FORWARD) return forward;
    if (d == DATA)
        dnnl_convolution_backward_data_desc_init(&c, dnnl_convolution_direct, &mx, &mw, &my, stride, pad,
                                                 pad);
    else
        dnnl_convolution_backward_weights_desc_init(&c, dnnl_convolution_direct, &mx, &mw, NULL, &my, stride,
                                                    pad, pad);
    return dnnl_primitive_desc_create(&p, &c, NULL, engine, forward) == dnnl_success ? p : NULL;
}

static struct yardstick yardstick_make(const struct conv_shape *s, enum direction d)
{
    static const int arg[DIRECTIONS][3] = {{DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
                                           {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC},
                                           {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS}};
    static dnnl_engine_t engine;
    struct yardstick y = {.run = run_dnnl};

    if (!engine) dnnl_engine_create(&engine, dnnl_cpu, 0);
    const dnnl_primitive_desc_t p = dnnl_describe(s, d, engine);
    if (!p || dnnl_primitive_create(&y.primitive, p) != dnnl_success) return (struct yardstick){0};
    dnnl_stream_create(&y.stream, engine, 0);
    for (int i = 0; i < 3; i++) {
        const dnnl_memory_desc_t *const m =
            dnnl_primitive_desc_query_md(p, dnnl_query_exec_arg_md, arg[d][i]);
        const size_t bytes = dnnl_memory_desc_get_size(m);
        float *const data = claim(bytes);
        for (size_t j = 0; j < bytes / sizeof *data; j++)
            data[j] = (float)(word_at(5, j) % 1000) * 1e-3f;
        y.args[i].arg = arg[d][i];
        dnnl_memory_create(&y.args[i].memory, m, engine, data); /* lives as long as the program */
    }
    return y;
}
#else
static struct yardstick yardstick_make(const struct conv_shape *s, enum direction d)
{
    (void)s, (void)d;
    return (struct yardstick){0};
}
#endif

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
            y[d] = yardstick_make(&b.s, (enum direction)d);
        for (int i = 0; i < TIMED; i++)
            bench_pass(&b, layers[l].name, &timed[i], &y[timed[i].direction], rounds);
        bench_free(&b);
    }
    return 0;
}
