/* tests/bench/bench_kernels.c - convolution kernels beside oneDNN's float32 and the machine's peak.
 *
 * The layers are those of ResNet-74 on 32x32 images, and strided, 1x1, depthwise and stem ones; batch 128. A
 * row is one layer, one pass, one arithmetic, on 1 thread and on all. In each round the peak loop, oneDNN and
 * the kernel take turns. 1 op = one multiply or one add. Ours include what a training step needs: packing,
 * borders, the affine epilogue in double, the statistics of batch norm; images are spread over threads as the
 * layers do. share_of_peak is of the arithmetic's own peak, times the threads: in a loop of a fraction of a
 * millisecond two threads mostly wait for each other. ratio_to_onednn the speed by oneDNN's float32 of the
 * same direction and threads, scaling the speed by that of one thread.
 *
 * "int8" and "int16" are the width of the products, "int16/64" int16 products with 64-bit sums; AxB are the
 * bits of the two operands. data int8 and int16 are forward products of errors with flipped filters, flipping
 * included: they hold for weights with one scale per tensor and stride 1 (sim/kernels/flip.h), so that
 * strided layers have no such row. Scales per output channel, as published, need data float32.
 *
 * Predicted, from counts of instructions: int8 3.1, int16 1.6, float32 1.0 times oneDNN's float32; data
 * float32 of 3x3 filters by minimal filtering 1.5, 1.8, 2.0 for 16, 32, 64 channels. Its operations are
 * counted as those of the direct product, so that its share of the peak may exceed 1.
 *
 * Measured, 3x3 layers 16 @32, 32 @16, 64 @8, 2 quiet cores of an AMD EPYC with AVX2, 1 thread; 2 threads
 * are 1.87 to 2.00 times as fast:
 * - forward: int8 4x4 2.6 2.7 2.9, int16 8x8 1.7 1.5 1.6, float32 1.16 1.03 1.05
 * - data: float32 1.10 1.42 1.65; one scale per tensor: int8 8x4 1.7 2.1 2.3, int16 8x8 1.3 1.4 1.5
 * - weights: int8 4x8 3.0 3.1 2.9, int16 8x8 1.8 1.8 1.7, float32 1.12 1.12 1.05
 *
 * Learned: an epilogue right behind a tile waits for it; over 48 outputs at once it costs half. A memset of
 * 400 bytes became a string instruction, a tenth of a layer. Output lines that were not in the cache cost a
 * tenth: they are prefetched. 64-bit sums of many channels do not fit the first cache: several images share
 * one trip. With 16 channels the transforms of minimal filtering and its trip to memory are 40 % of it. Two
 * more instructions for eight outputs in the epilogue, for the ends of a range, are 3 to 4 % of an int8
 * product of 16 channels. Still slow: depthwise (0.4), and what fills half a tile, such as 24 filters.
 */
#include "sim/kernels/flip.h"
#include "tests/bench/peaks.h"
#include "tests/bench/yardstick.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 128 };

/* To add a layer: a row. */
static const struct layer_row {
    const char *name;
    int h, c, k, kernel, stride, groups;
} layers[] = {
    {"3x3 16 @32", 32, 16, 16, 3, 1, 1},       {"3x3 32 @16", 16, 32, 32, 3, 1, 1},
    {"3x3 64 @8", 8, 64, 64, 3, 1, 1},         {"3x3 16-32 @32 /2", 32, 16, 32, 3, 2, 1},
    {"3x3 32-64 @16 /2", 16, 32, 64, 3, 2, 1}, {"1x1 16-32 @32 /2", 32, 16, 32, 1, 2, 1},
    {"1x1 96-24 @16", 16, 96, 24, 1, 1, 1},    {"3x3 depthwise 96 @16", 16, 96, 96, 3, 1, 96},
    {"3x3 stem 3-16 @32", 32, 3, 16, 3, 1, 1},
};

/* --- one layer's operands ---------------------------------------------------------------------------- */

struct operands {
    const struct kernels *kernels;
    struct conv_shape s, flipped; /* flipped.k = 0: not covered */
    size_t in, out, weights;      /* elements per image, filters */
    float *x, *y, *w;             /* [BATCH][in], [BATCH][out], [weights] */
    void *x_codes, *e_codes;      /* [BATCH][in], [BATCH][out], 16 bits of room */
    int16_t *w_codes, *w_flipped; /* centered */
    void *packed;
    struct conv_epilogue e;
    size_t sums_bytes, scratch_bytes; /* of one thread */
    char *sums, *exact, *real, *scratch;
};

static struct operands operands_make(const struct bench *b, const struct layer_row *l)
{
    const struct kernels *const k = b->kernels;
    const struct conv_shape s =
        conv_shape_make(l->h, l->h, l->c, l->k, l->kernel, l->stride, l->kernel / 2, l->groups);
    struct operands o = {
        .kernels = k, .s = s, .in = (size_t)s.h * s.w * s.c, .out = (size_t)s.oh * s.ow * s.k};
    const size_t channels = (size_t)(s.k > s.c ? s.k : s.c), threads = (size_t)b->threads;
    double *const factors = claim(3 * channels * sizeof *factors);

    o.flipped = flip_covers(&s) ? flip_shape(&s) : s;
    const size_t packed[2] = {k->conv_packed_bytes(&s), k->conv_packed_bytes(&o.flipped)},
                 scratch[2] = {k->conv_scratch_bytes(&s), k->conv_scratch_bytes(&o.flipped)};
    if (!flip_covers(&s)) o.flipped.k = 0;
    o.weights = (size_t)s.k * s.kernel * s.kernel * (s.c / s.groups);
    o.x = claim(BATCH * o.in * sizeof *o.x);
    o.y = claim(BATCH * o.out * sizeof *o.y);
    o.w = claim(o.weights * sizeof *o.w);
    o.x_codes = claim(BATCH * o.in * 2);
    o.e_codes = claim(BATCH * o.out * 2);
    o.w_codes = claim(o.weights * sizeof *o.w_codes);
    o.w_flipped = claim(o.weights * sizeof *o.w_flipped);
    o.packed = claim(packed[0] > packed[1] ? packed[0] : packed[1]);
    o.sums_bytes = (CONV_NOTES * channels * sizeof(double) + 63) / 64 * 64;
    o.scratch_bytes = (scratch[0] > scratch[1] ? scratch[0] : scratch[1]) + 4096; /* no page shared */
    o.sums = claim(threads * o.sums_bytes);
    o.exact = claim(threads * o.weights * sizeof(int64_t));
    o.real = claim(threads * o.weights * sizeof(double));
    o.scratch = claim(threads * o.scratch_bytes);
    for (size_t i = 0; i < 3 * channels; i++)
        factors[i] = 1e-3 * (double)i;
    o.e = (struct conv_epilogue){factors, factors + channels, factors + 2 * channels, 0};
    fill_reals(o.x, BATCH * o.in);
    fill_reals(o.y, BATCH * o.out);
    fill_reals(o.w, o.weights);
    return o;
}

static void operands_free(struct operands *o)
{
    void *const all[] = {
        o->x,      o->y,    o->w,     o->x_codes, o->e_codes, o->w_codes,        o->w_flipped,
        o->packed, o->sums, o->exact, o->real,    o->scratch, (void *)o->e.alpha};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static void fill_codes(void *codes, size_t n, int bits)
{
    const uint32_t top = (1u << bits) - 1;
    uint32_t state = 1;

    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        if (bits <= 8)
            ((uint8_t *)codes)[i] = (uint8_t)(state >> 16 & top);
        else
            ((uint16_t *)codes)[i] = (uint16_t)(state >> 16 & top);
    }
}

/* A thread's own. */
static struct conv_notes notes_of(const struct operands *o)
{
    return (struct conv_notes){(double *)(o->sums + (size_t)omp_get_thread_num() * o->sums_bytes), false};
}

static void *scratch_of(const struct operands *o)
{
    return o->scratch + (size_t)omp_get_thread_num() * o->scratch_bytes;
}

static struct codes image(const void *codes, size_t n, size_t each, int bits)
{
    return (struct codes){(const char *)codes + n * each * code_bytes(bits), bits};
}

/* --- what is timed: one pass over the batch ---------------------------------------------------------- */

struct timed {
    const char *name;
    enum direction direction;
    void (*run)(struct operands *o, const struct timed *t, int threads);
    int a_bits, b_bits; /* of images or errors in; of weights, or for weights of errors. 0: float32 */
    enum arithmetic arithmetic;
};

static void product_int(struct operands *o, float *y, struct conv_notes notes, struct codes x, int w_bits,
                        const struct conv_shape *s, enum conv_path path)
{
    const struct conv_forward_call call = {.y = y,
                                           .notes = notes,
                                           .codes = x,
                                           .packed = o->packed,
                                           .shape = s,
                                           .rows = conv_rows_all(s->oh),
                                           .scratch = scratch_of(o),
                                           .path = path,
                                           .w_bits = w_bits,
                                           .epilogue = &o->e};
    o->kernels->conv_int_forward(o->kernels, &call);
}

static void forward_int(struct operands *o, const struct timed *t, int threads)
{
    const enum conv_path path = conv_path(t->a_bits, t->b_bits, (int64_t)(o->weights / o->s.k));

    o->kernels->conv_int_pack(o->packed, o->w_codes, &o->s, path, CONV_WHOLE);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t n = 0; n < BATCH; n++)
        product_int(o, o->y + n * o->out, notes_of(o), image(o->x_codes, n, o->in, t->a_bits), t->b_bits,
                    &o->s, path);
}

static void data_int(struct operands *o, const struct timed *t, int threads)
{
    const enum conv_path path = conv_path(t->a_bits, t->b_bits, (int64_t)(o->weights / o->s.c));

    flip_weights(o->w_flipped, o->w_codes, &o->s, CONV_WHOLE);
    o->kernels->conv_int_pack(o->packed, o->w_flipped, &o->flipped, path, CONV_WHOLE);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t n = 0; n < BATCH; n++)
        product_int(o, o->x + n * o->in, (struct conv_notes){0}, image(o->e_codes, n, o->out, t->a_bits),
                    t->b_bits, &o->flipped, path);
}

static void weights_int(struct operands *o, const struct timed *t, int threads)
{
    const int images = conv_weights_images(t->a_bits, t->b_bits, &o->s);
    const enum conv_path path = conv_path(t->a_bits, t->b_bits, (int64_t)images * o->s.oh * o->s.ow);

#pragma omp parallel for schedule(static) num_threads(threads)
    for (int n = 0; n < BATCH; n += images) {
        int64_t *const acc = (int64_t *)o->exact + (size_t)omp_get_thread_num() * o->weights;
        const struct codes x = image(o->x_codes, (size_t)n, o->in, t->a_bits),
                           e = image(o->e_codes, (size_t)n, o->out, t->b_bits);
        const struct conv_int_weights_call call = {
            acc, x, e, images, &o->s, conv_rows_all(o->s.oh), path, scratch_of(o)};
        o->kernels->conv_int_weights(o->kernels, &call);
    }
}

static void forward_float(struct operands *o, const struct timed *t, int threads)
{
    (void)t;
    o->kernels->conv_float_pack(o->packed, o->w, &o->s, CONV_WHOLE);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t n = 0; n < BATCH; n++) {
        const struct conv_forward_call call = {.y = o->y + n * o->out,
                                               .notes = notes_of(o),
                                               .x = o->x + n * o->in,
                                               .packed = o->packed,
                                               .shape = &o->s,
                                               .rows = conv_rows_all(o->s.oh),
                                               .scratch = scratch_of(o)};
        o->kernels->conv_float_forward(o->kernels, &call);
    }
}

static void data_float(struct operands *o, const struct timed *t, int threads)
{
    (void)t;
    o->kernels->conv_float_pack_data(o->packed, o->w, &o->s, CONV_WHOLE);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t n = 0; n < BATCH; n++) {
        const struct conv_data_call call = {o->x + n * o->in, false, o->y + n * o->out,
                                            o->packed,        &o->s, conv_rows_all(o->s.h),
                                            scratch_of(o)};
        o->kernels->conv_float_data(o->kernels, &call);
    }
}

static void weights_float(struct operands *o, const struct timed *t, int threads)
{
    (void)t;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t n = 0; n < BATCH; n++) {
        double *const acc = (double *)o->real + (size_t)omp_get_thread_num() * o->weights;
        const struct conv_float_weights_call call = {acc, o->x + n * o->in, o->y + n * o->out, &o->s,
                                                     scratch_of(o)};
        o->kernels->conv_float_weights(o->kernels, &call);
    }
}

/* To add a timed pass: a row. The yardstick is oneDNN's float32 of the same direction. */
static const struct timed timed[] = {
    {"float32", FORWARD, forward_float, 0, 0, ARITHMETIC_FLOAT32},
    {"int8 4x4", FORWARD, forward_int, 4, 4, ARITHMETIC_INT8},
    {"int8 8x7", FORWARD, forward_int, 8, 7, ARITHMETIC_INT8},
    {"int16 8x8", FORWARD, forward_int, 8, 8, ARITHMETIC_INT16},
    {"int16/64 12x12", FORWARD, forward_int, 12, 12, ARITHMETIC_INT16},
    {"float32", DATA, data_float, 0, 0, ARITHMETIC_FLOAT32},
    {"int8 8x4", DATA, data_int, 8, 4, ARITHMETIC_INT8},
    {"int16 8x8", DATA, data_int, 8, 8, ARITHMETIC_INT16},
    {"float32", WEIGHTS, weights_float, 0, 0, ARITHMETIC_FLOAT32},
    {"int8 4x8", WEIGHTS, weights_int, 4, 8, ARITHMETIC_INT8},
    {"int16 8x8", WEIGHTS, weights_int, 8, 8, ARITHMETIC_INT16},
    {"int16/64 12x12", WEIGHTS, weights_int, 12, 12, ARITHMETIC_INT16},
};

enum { TIMED = sizeof timed / sizeof timed[0] };

/* Codes and centered weights of the pass's bits. */
static void prepare(struct operands *o, const struct timed *t)
{
    const bool errors_in = t->direction == DATA;

    if (t->a_bits == 0) return;
    fill_codes(o->x_codes, BATCH * o->in, t->a_bits);
    fill_codes(o->e_codes, BATCH * o->out, errors_in ? t->a_bits : t->b_bits);
    for (size_t i = 0; i < o->weights; i++)
        o->w_codes[i] =
            (int16_t)((int)(i * 2654435761u >> 7 & ((1u << t->b_bits) - 1)) - (1 << (t->b_bits - 1)));
}

/* --- the table --------------------------------------------------------------------------------------- */

/* What takes turns for one row and one number of threads. */
enum { PEAK, YARDSTICK, OURS, ROLES };

struct turn {
    struct operands *operands;
    const struct timed *timed;
    struct yardstick *yardstick;
    int threads;
};

static void run_ours(void *with)
{
    const struct turn *const t = with;
    t->timed->run(t->operands, t->timed, t->threads);
}

static void run_yardstick(void *with)
{
    const struct turn *const t = with;
    omp_set_num_threads(t->threads);
    yardstick_run(t->yardstick);
}

static void print_row(struct bench_table *table, const struct layer_row *l, const struct turn *t,
                      const struct contender c[ROLES], const struct contender alone[ROLES], double peak_ops,
                      int rounds)
{
    const double ops =
        2.0 * BATCH * (double)t->operands->out * (double)(t->operands->weights / t->operands->s.k);
    const bool beside = t->yardstick != NULL;
    const double share = alone[PEAK].run == NULL ? __builtin_nan("")
                                                 : bench_fastest(&alone[PEAK], rounds) /
                                                       bench_median(&c[OURS], rounds) * ops / peak_ops;

    bench_text(table, l->name);
    bench_text(table, direction_name[t->timed->direction]);
    bench_text(table, t->timed->name);
    bench_number(table, t->threads, 0);
    bench_number(table, 1e-9 * ops / bench_median(&c[OURS], rounds), 1);
    bench_number(table, share, 2);
    bench_number(table, beside ? 1e-9 * ops / bench_median(&c[YARDSTICK], rounds) : __builtin_nan(""), 1);
    bench_number(table, bench_ratio(&c[YARDSTICK], &c[OURS], rounds), 2);
    bench_number(table, bench_ratio(&alone[OURS], &c[OURS], rounds), 2);
}

static void bench_pass(struct bench_table *table, const struct layer_row *l, struct operands *o,
                       const struct timed *t, struct yardstick *const yardstick[2])
{
    static struct contender c[2][ROLES];
    const struct peak *const peak = peak_find(t->arithmetic);
    struct peak_run peaks[2];
    struct turn turn[2];
    int thread[2];
    const int choices = bench_threads(thread, table->bench);

    prepare(o, t);
    for (int i = 0; i < choices; i++) {
        turn[i] = (struct turn){o, t, yardstick[i], thread[i]};
        peaks[i] = (struct peak_run){peak, thread[i]};
        c[i][PEAK] = (struct contender){.run = peak ? peak_run : NULL, .with = &peaks[i]};
        c[i][YARDSTICK] = (struct contender){.run = yardstick[i] ? run_yardstick : NULL, .with = &turn[i]};
        c[i][OURS] = (struct contender){.run = run_ours, .with = &turn[i]};
    }
    const int rounds = bench_race(c[0], choices * ROLES, table->bench->seconds);
    for (int i = 0; i < choices; i++)
        print_row(table, l, &turn[i], c[i], c[0], peak ? peak->ops * thread[i] : 1.0, rounds);
}

static void bench_layer(struct bench_table *table, const struct layer_row *l)
{
    const struct bench *const b = table->bench;
    struct operands o = operands_make(b, l);
    struct yardstick_memory memory = yardstick_memory_new(BATCH, &o.s);
    struct yardstick *yardstick[DIRECTIONS][2] = {{NULL}};
    int thread[2];
    const int choices = bench_threads(thread, b);

    for (int d = 0; d < DIRECTIONS; d++)
        for (int i = 0; i < choices; i++) {
            omp_set_num_threads(thread[i]);
            yardstick[d][i] = yardstick_new(BATCH, &o.s, (enum direction)d, &memory);
        }
    for (int i = 0; i < TIMED; i++) {
        const bool covered = timed[i].run != data_int || o.flipped.k != 0;
        if (covered && bench_wants(b, "%s %s %s", l->name, direction_name[timed[i].direction], timed[i].name))
            bench_pass(table, l, &o, &timed[i], yardstick[timed[i].direction]);
    }
    for (int d = 0; d < DIRECTIONS; d++)
        for (int i = 0; i < choices; i++)
            yardstick_free(yardstick[d][i]);
    yardstick_memory_free(&memory);
    operands_free(&o);
}

int main(int argc, char **argv)
{
    static const struct bench_column columns[] = {{"layer", -20},           {"pass", -8},
                                                  {"arithmetic", -14},      {"threads", 7},
                                                  {"gop_per_s", 9},         {"share_of_peak", 13},
                                                  {"onednn_gop_per_s", 16}, {"ratio_to_onednn", 15},
                                                  {"scaling", 7},           {NULL, 0}};
    struct bench b = bench_open(
        argc, argv, "kernels",
        "Time every convolution kernel, by layer, pass and arithmetic, beside oneDNN and the machine's peak.",
        0.25);
    struct bench_table table;

    peaks_print(&b);
    bench_table(&table, &b, "convolutions", columns);
    for (size_t l = 0; l < sizeof layers / sizeof layers[0]; l++)
        bench_layer(&table, &layers[l]);
    bench_close(&b);
    return 0;
}
