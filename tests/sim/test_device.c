/* tests/sim/test_device.c - the seam between layers and machines: devices by name, their memory, and operations
 * whose bits depend neither on the number of threads nor on the row of kernels.
 *
 * To add an operation: its function that fills a struct results, and its line with EACH_ROW.
 */
#include "sim/device/device.h"

#include "sim/method/optimizer.h"
#include "tests/fixtures/devices.h"
#include "tests/fixtures/folder.h"
#include "tests/fixtures/kernel_rows.h"

#include <criterion/new/assert.h>

#include <math.h>
#include <stdint.h>

/* --- by name, memory ------------------------------------------------------------------------------- */

Test(device, an_unknown_name_is_told_with_the_known_ones)
{
    struct device *d;
    int count;
    const struct device_ops *const *all = device_all(&count);

    expect_failure(device_open(&d, &(struct machine){.device = "abacus"}), STATUS_INPUT,
                   "unknown device 'abacus'");
    for (int i = 0; i < count; i++)
        cr_expect(strstr(status_detail(), all[i]->name) != NULL, "%s", status_detail());
    cr_expect(d == NULL);
}

Test(device, memory_is_zeroed_and_aligned)
{
    static const size_t sizes[] = {1, 63, 64, 65, 4096, 1000003};
    struct device *d = device_made(NULL, 2);

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned char *memory = d->ops->claim(d, sizes[i]), *host = malloc(sizes[i]);
        cr_assert(memory != NULL && host != NULL);
        cr_expect(eq(sz, (uintptr_t)memory % 64, 0), "%zu bytes", sizes[i]);
        memset(host, 1, sizes[i]);
        d->ops->get(d, host, memory, sizes[i]);
        for (size_t at = 0; at < sizes[i]; at++)
            cr_assert(eq(int, host[at], 0), "byte %zu of %zu", at, sizes[i]);
        d->ops->release(d, memory, sizes[i]);
        free(host);
    }
    device_close(d);
}

Test(device, what_was_put_is_got)
{
    enum { SIZE = 5001, FROM = 17 };
    static unsigned char in[SIZE], out[SIZE];
    struct device *d = device_made(NULL, 2);
    char *memory = d->ops->claim(d, FROM + SIZE), *copy = d->ops->claim(d, SIZE);

    cr_assert(memory != NULL && copy != NULL);
    for (int i = 0; i < SIZE; i++)
        in[i] = (unsigned char)(i * 131 + i / 256);
    d->ops->put(d, memory + FROM, in, SIZE);
    d->ops->copy(d, copy, memory + FROM, SIZE);
    d->ops->get(d, out, copy, SIZE);
    cr_expect(memcmp(in, out, SIZE) == 0);
    d->ops->release(d, memory, FROM + SIZE);
    d->ops->release(d, copy, SIZE);
    device_close(d);
}

/* --- operations: the same bits ----------------------------------------------------------------------- */

enum { N = 5, PIXELS = 21, C = 19, EACH = PIXELS * C, SIZE = N * EACH, MASK = (EACH + 7) / 8 };

/* What an operation wrote, in order, as bytes. */
struct results {
    unsigned char bytes[1 << 19];
    size_t size;
};

/* Memory of the device for one operation, all given back at the end. */
struct trial {
    struct device *d;
    struct results *results;
    void *memory[32];
    size_t size[32];
    int count;
};

static void *room(struct trial *t, const void *from, size_t bytes)
{
    void *p = t->d->ops->claim(t->d, bytes);

    cr_assert(p != NULL && t->count < 32);
    if (from) t->d->ops->put(t->d, p, from, bytes);
    t->memory[t->count] = p;
    t->size[t->count++] = bytes;
    return p;
}

/* Floats in (-2 most, 2 most), another pattern for each salt; both zeros, and magnitudes far apart. */
static float *reals_up_to(struct trial *t, uint32_t salt, size_t n, float most)
{
    float *host = malloc(n * sizeof *host);

    cr_assert(host != NULL);
    for (size_t i = 0; i < n; i++) {
        const uint32_t word = ((uint32_t)i + 1) * 2654435761u ^ salt * 0x9E3779B9u;
        const float v = (float)(int32_t)(word * 2246822519u) * 0x1p-30f * most;
        host[i] = i % 29 == 7 ? 0.0f : i % 31 == 8 ? -0.0f : i % 5 == 0 ? v * 0x1p-9f : v;
    }
    float *p = room(t, host, n * sizeof *host);
    free(host);
    return p;
}

static float *reals(struct trial *t, uint32_t salt, size_t n)
{
    return reals_up_to(t, salt, n, 1.0f);
}

static void note(struct trial *t, const void *p, size_t bytes)
{
    struct results *r = t->results;

    cr_assert(r->size + bytes <= sizeof r->bytes);
    t->d->ops->get(t->d, r->bytes + r->size, p, bytes);
    r->size += bytes;
}

static void run_product(struct trial *t)
{
    struct product_op op = {.out = reals(t, 1, N * PIXELS * C),
                            .range = room(t, NULL, sizeof *op.range),
                            .a = {.data = reals(t, 2, N * PIXELS * 7)},
                            .b = {.data = reals(t, 3, N * C * 7)},
                            .n = N,
                            .rows = PIXELS,
                            .columns = C,
                            .length = 7,
                            .scale = 0.3};
    for (int way = 0; way < 4; way++) {
        op.a_transposed = way & 1;
        op.b_transposed = way & 2;
        t->d->ops->product(t->d, &op);
        note(t, op.out, SIZE * sizeof(float));
        note(t, op.range, sizeof *op.range);
    }
}

static void run_hand_on(struct trial *t)
{
    for (int add = 0; add < 2; add++) {
        const struct hand_on_op op = {.out = reals(t, 1, SIZE),
                                      .add = add,
                                      .range = room(t, NULL, sizeof *op.range),
                                      .in = reals(t, 2, SIZE),
                                      .n = N,
                                      .each = EACH};
        t->d->ops->hand_on(t->d, &op);
        note(t, op.out, SIZE * sizeof(float));
        note(t, op.range, sizeof *op.range);
    }
}

static void run_loss(struct trial *t)
{
    enum { EXAMPLES = 23, CLASSES = 11 };
    int label[EXAMPLES];

    for (int i = 0; i < EXAMPLES; i++)
        label[i] = i * 7 % CLASSES;
    struct loss_op op = {.out = room(t, NULL, sizeof *op.out),
                         .each = room(t, NULL, EXAMPLES * sizeof(double)),
                         .dlogits = room(t, NULL, EXAMPLES * CLASSES * sizeof(float)),
                         .logits = reals(t, 1, EXAMPLES * CLASSES),
                         .labels = room(t, label, sizeof label),
                         .n = EXAMPLES,
                         .classes = CLASSES};
    t->d->ops->loss(t->d, &op);
    note(t, op.out, sizeof *op.out);
    note(t, op.each, EXAMPLES * sizeof(double));
    note(t, op.dlogits, EXAMPLES * CLASSES * sizeof(float));
}

static void run_update(struct trial *t)
{
    static const size_t sizes[] = {1, 6, 1021};
    struct optimizer_spec spec = {.momentum = 0.9, .weight_decay = 1e-4};
    struct update u[3];

    cr_assert(eq(int, optimizer_find(&spec.type, "sgd"), STATUS_OK));
    for (int i = 0; i < 3; i++)
        u[i] = (struct update){.value = reals(t, 2, sizes[i]),
                               .grad = reals(t, 3, sizes[i]),
                               .state = {reals(t, 4, sizes[i])},
                               .size = sizes[i],
                               .mask = i == 2 ? reals(t, 5, sizes[i]) : NULL};
    struct update_op op = {.parameter = u, .count = 3, .spec = &spec, .lr = 0.1};
    op.rule = &spec.type->observe;
    t->d->ops->update(t->d, &op);
    op.rule = &spec.type->move;
    t->d->ops->update(t->d, &op);
    for (int i = 0; i < 3; i++) {
        note(t, u[i].value, sizes[i] * sizeof(float));
        note(t, u[i].state[0], sizes[i] * sizeof(float));
    }
}

static struct norm_memory norm_memory(struct trial *t)
{
    return (struct norm_memory){.weight = reals(t, 5, C),
                                .bias = reals(t, 6, C),
                                .weight_grad = room(t, NULL, C * sizeof(float)),
                                .bias_grad = room(t, NULL, C * sizeof(float)),
                                .running_mean = room(t, NULL, C * sizeof(float)),
                                .running_var = room(t, NULL, C * sizeof(float)),
                                .inverse_std = room(t, NULL, C * sizeof(double)),
                                .mean = room(t, NULL, C * sizeof(float)),
                                .scale = room(t, NULL, C * sizeof(float)),
                                .shift = room(t, NULL, C * sizeof(float)),
                                .ka = room(t, NULL, C * sizeof(float)),
                                .kb = room(t, NULL, C * sizeof(float)),
                                .kc = room(t, NULL, C * sizeof(float)),
                                .sums = room(t, NULL, N * 2 * C * sizeof(double)),
                                .positive = room(t, NULL, N * MASK)};
}

/* What a convolution would have noted of y. */
static double *notes_of(struct trial *t, const float *y)
{
    static float host[SIZE];
    double notes[N][CONV_NOTES][C];

    t->d->ops->get(t->d, host, y, sizeof host);
    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            double *const sum = &notes[n][CONV_NOTE_SUM][c], *const square = &notes[n][CONV_NOTE_SQUARE][c];
            double *const least = &notes[n][CONV_NOTE_LEAST][c], *const most = &notes[n][CONV_NOTE_MOST][c];
            *sum = *square = 0.0;
            *least = (double)INFINITY;
            *most = -(double)INFINITY;
            for (int p = 0; p < PIXELS; p++) {
                const double v = (double)host[n * EACH + p * C + c];
                *sum += v;
                *square += v * v;
                *least = fmin(*least, v);
                *most = fmax(*most, v);
            }
        }
    return room(t, notes, sizeof notes);
}

static const struct norm_shape shape = {
    .pixels = PIXELS, .c = C, .mask_bytes = MASK, .relu = true, .ceiling = 1.5f};

static struct norm_forward_op norm_forward(struct trial *t)
{
    const float *y = reals(t, 7, SIZE);
    struct norm_forward_op op = {.out = room(t, NULL, SIZE * sizeof(float)),
                                 .range = room(t, NULL, sizeof(struct range)),
                                 .m = norm_memory(t),
                                 .y = y,
                                 .notes = notes_of(t, y),
                                 .residual = reals(t, 8, SIZE),
                                 .shape = shape,
                                 .n = N,
                                 .training = true};
    t->d->ops->norm_forward(t->d, &op);
    return op;
}

static void run_norm_forward(struct trial *t)
{
    const struct norm_forward_op op = norm_forward(t);

    note(t, op.out, SIZE * sizeof(float));
    note(t, op.range, sizeof *op.range);
    note(t, op.m.positive, N * MASK);
    note(t, op.m.inverse_std, C * sizeof(double));
    note(t, op.m.running_mean, C * sizeof(float));
    note(t, op.m.running_var, C * sizeof(float));
}

static void run_norm_backward(struct trial *t)
{
    const struct norm_forward_op f = norm_forward(t);
    struct norm_backward_op op = {.dy = room(t, NULL, SIZE * sizeof(float)),
                                  .range = room(t, NULL, sizeof(struct range)),
                                  .dresidual = reals(t, 9, SIZE),
                                  .add_residual = true,
                                  .dresidual_range = room(t, NULL, sizeof(struct range)),
                                  .m = f.m,
                                  .dout = reals(t, 10, SIZE),
                                  .y = f.y,
                                  .shape = shape,
                                  .n = N};
    t->d->ops->norm_backward(t->d, &op);
    note(t, op.dy, SIZE * sizeof(float));
    note(t, op.range, sizeof *op.range);
    note(t, op.dresidual, SIZE * sizeof(float));
    note(t, op.dresidual_range, sizeof *op.dresidual_range);
    note(t, op.m.weight_grad, C * sizeof(float));
    note(t, op.m.bias_grad, C * sizeof(float));
}

/* To add a format: its text. */
static const char *const formats[] = {"fp:e4m3fn:sr8:sat", "mx:e2m1:32:floor", "affine:8"};

static void run_quantize(struct trial *t)
{
    enum { ROWS = 3, ROW = 6007 };                           /* more than one piece of any member */
    const float *x = reals_up_to(t, 11, ROWS * ROW, 300.0f); /* some overflow */

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct quantize_op op = {.y = room(t, NULL, ROWS * ROW * sizeof(float)),
                                 .overflow = room(t, NULL, sizeof(uint64_t)),
                                 .x = x,
                                 .rows = ROWS,
                                 .row = ROW,
                                 .random = {.seed = 1, .stream = 2, .step = 3}};
        struct format f;
        must(format_parse(&f, formats[i]));
        must(quantizer_make(&op.quantizer, &f, CARRIER_FLOAT32));
        t->d->ops->quantize(t->d, &op);
        note(t, op.y, ROWS * ROW * sizeof(float));
        note(t, op.overflow, sizeof *op.overflow);
    }
}

/* --- every row of kernels, 1 to 7 threads ------------------------------------------------------------ */

static void run_on(struct results *r, void (*run)(struct trial *t), const char *kernels, int threads)
{
    struct trial t = {.d = device_made(kernels, threads), .results = r};

    r->size = 0;
    cr_assert(eq(int, t.d->ops->settle(t.d), STATUS_OK));
    run(&t);
    for (int i = 0; i < t.count; i++)
        t.d->ops->release(t.d, t.memory[i], t.size[i]);
    device_close(t.d);
}

static void expect_same_bits(void (*run)(struct trial *t), const char *kernels)
{
    static const int threads[] = {1, 2, 3, 7};
    static struct results want, got;

    run_on(&want, run, "ref", 1);
    cr_assert(want.size > 0);
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        run_on(&got, run, kernels, threads[i]);
        cr_assert(eq(sz, got.size, want.size));
        for (size_t at = 0; at < want.size; at++)
            cr_assert(got.bytes[at] == want.bytes[at], "%s, %d threads: byte %zu of %zu", kernels, threads[i],
                      at, want.size);
    }
}

#define EACH_ROW(operation)                                                                                  \
    ROWS_TEST(device, operation##_has_the_bits_of_ref)                                                       \
    {                                                                                                        \
        expect_same_bits(run_##operation, row_at(at)->name);                                                 \
    }

EACH_ROW(product)
EACH_ROW(hand_on)
EACH_ROW(loss)
EACH_ROW(update)
EACH_ROW(norm_forward)
EACH_ROW(norm_backward)
EACH_ROW(quantize)
