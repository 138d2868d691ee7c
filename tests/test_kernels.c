/* tests/test_kernels.c - every row of the kernel table equals `ref` bit for bit, and `ref` the definitions.
 */
#include "sim/kernels.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- the shapes and the data ------------------------------------------------------------------------- */

struct geometry {
    int h, w, c, k, kernel, stride, pad, groups;
};

static struct geometry geometries[] = {
    {8, 8, 16, 16, 3, 1, 1, 1},  {9, 7, 16, 32, 3, 2, 1, 1},  {8, 8, 32, 32, 3, 1, 1, 1},
    {5, 5, 64, 64, 3, 1, 1, 1},  {8, 8, 16, 32, 1, 2, 0, 1},  {6, 6, 16, 24, 1, 1, 0, 1},
    {9, 9, 3, 16, 5, 1, 2, 1},   {13, 11, 3, 17, 7, 2, 3, 1}, {7, 7, 1, 6, 5, 1, 0, 1},
    {6, 5, 5, 7, 3, 2, 1, 1},    {4, 4, 7, 3, 3, 1, 1, 1},    {6, 6, 8, 12, 3, 1, 1, 4},
    {6, 6, 12, 40, 3, 2, 1, 2},  {7, 7, 32, 32, 3, 1, 1, 32}, {7, 6, 20, 20, 3, 2, 1, 20},
    {5, 5, 5, 5, 5, 1, 2, 5},    {1, 1, 64, 10, 1, 1, 0, 1},  {1, 1, 37, 100, 1, 1, 0, 1},
    {2, 2, 16, 16, 3, 1, 1, 1},  {1, 1, 16, 16, 3, 1, 1, 1},  {3, 3, 4, 4, 2, 3, 0, 1},
    {5, 5, 4, 4, 1, 3, 0, 1},    {4, 6, 6, 18, 4, 2, 1, 1},   {12, 12, 2, 2, 3, 3, 2, 1},
    {2, 3, 130, 20, 3, 1, 1, 1}, {16, 16, 4, 33, 3, 1, 1, 1}, {5, 4, 9, 18, 3, 1, 1, 9},
    {4, 4, 48, 48, 3, 1, 1, 3},  {7, 9, 24, 24, 3, 1, 1, 24}, {6, 6, 10, 10, 3, 1, 0, 10},
};

static struct conv_shape shape_of(const struct geometry *g)
{
    return conv_shape_make(g->h, g->w, g->c, g->k, g->kernel, g->stride, g->pad, g->groups);
}

static int length_of(const struct conv_shape *s)
{
    return s->kernel * s->kernel * (s->c / s->groups);
}

/* How to fill an operand: at random, or all with its smallest or largest value. */
enum fill { FILL_RANDOM, FILL_LEAST, FILL_MOST, FILL_COUNT };

static uint32_t word_at(uint32_t stream, size_t i)
{
    return random_bits32((struct random_name){.seed = 7, .stream = stream}, i);
}

static float real_at(uint32_t stream, size_t i)
{
    const uint32_t r = word_at(stream, i);
    if (r % 13 == 0) return r % 2 ? 0.0f : -0.0f;
    return (float)((int32_t)r >> 8) * 0x1p-20f;
}

/* Guarded memory: exactly the bytes asked for, so that a sanitizer sees a step beyond, aligned as the arena
 * does. */
static void *claim(size_t bytes)
{
    void *p = NULL;
    cr_assert_eq(posix_memalign(&p, 64, bytes ? bytes : 1), 0);
    memset(p, 0xA5, bytes);
    return p;
}

static struct codes codes_make(size_t n, int bits, enum fill fill, uint32_t stream)
{
    void *const data = claim(n * code_bytes(bits));
    const uint32_t top = (1u << bits) - 1;

    for (size_t i = 0; i < n; i++) {
        const uint32_t v = fill == FILL_LEAST ? 0 : fill == FILL_MOST ? top : word_at(stream, i) & top;
        if (bits <= 8)
            ((uint8_t *)data)[i] = (uint8_t)v;
        else
            ((uint16_t *)data)[i] = (uint16_t)v;
    }
    return (struct codes){data, bits};
}

static int code_of(struct codes x, size_t i)
{
    return x.bits <= 8 ? ((const uint8_t *)x.data)[i] : ((const uint16_t *)x.data)[i];
}

static int16_t *weights_make(size_t n, int bits, enum fill fill)
{
    int16_t *const w = claim(n * sizeof *w);
    const int half = 1 << (bits - 1);

    for (size_t i = 0; i < n; i++)
        w[i] = (int16_t)(fill == FILL_LEAST  ? -half
                         : fill == FILL_MOST ? half - 1
                                             : (int)(word_at(2, i) & (2u * half - 1)) - half);
    return w;
}

static float *reals_make(size_t n, uint32_t stream)
{
    float *const x = claim(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = real_at(stream, i);
    return x;
}

/* The first index where n elements of `size` bytes differ, or -1. */
static long first_difference(const void *a, const void *b, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp((const char *)a + i * size, (const char *)b + i * size, size) != 0) return (long)i;
    return -1;
}

#define ASSERT_SAME(a, b, n, ...)                                                                            \
    do {                                                                                                     \
        const long at_ = first_difference(a, b, n, sizeof *(a));                                             \
        cr_assert_eq(at_, -1, "element %ld differs: " __VA_ARGS__, at_);                                     \
    } while (0)

/* Every row but ref that this CPU can run. */
#define FOR_EACH_ROW(row)                                                                                    \
    for (int count_, i_ = (kernels_all(&count_), 1); i_ < count_; i_++)                                      \
        for (const struct kernels *row = kernels_all(&count_)[i_]; row && row->available(); row = NULL)

static const struct kernels *reference(void)
{
    int count;
    return kernels_all(&count)[0];
}

/* --- one product, by one row ------------------------------------------------------------------------- */

struct int_forward {
    float *y;
    double *sums;
};

static struct int_forward run_int_forward(const struct kernels *k, const struct conv_shape *s, struct codes x,
                                          const int16_t *w, int w_bits, const struct conv_epilogue *e)
{
    const enum conv_path path = conv_path(x.bits, w_bits, length_of(s));
    const size_t outputs = (size_t)s->oh * s->ow * s->k;
    void *const packed = claim(k->conv_packed_bytes(s)), *const scratch = claim(k->conv_scratch_bytes(s));
    const struct int_forward out = {claim(outputs * sizeof(float)), claim(2 * (size_t)s->k * sizeof(double))};

    k->conv_int_pack(packed, w, s, path);
    k->conv_int_forward(out.y, out.sums, x, packed, s, path, w_bits, e, scratch);
    free(packed);
    free(scratch);
    return out;
}

static int64_t *run_int_weights(const struct kernels *k, const struct conv_shape *s, struct codes x,
                                struct codes e, int images)
{
    const enum conv_path path = conv_path(x.bits, e.bits, (int64_t)images * s->oh * s->ow);
    const size_t n = (size_t)s->k * length_of(s);
    int64_t *const acc = claim(n * sizeof *acc);
    void *const scratch = claim(k->conv_scratch_bytes(s));

    for (size_t i = 0; i < n; i++)
        acc[i] = (int64_t)i << 33;
    k->conv_int_weights(acc, x, e, images, s, path, scratch);
    free(scratch);
    return acc;
}

/* Epilogue factors of every size, per output or per filter. */
struct factors {
    double *alpha, *beta, *gamma;
    struct conv_epilogue e;
};

static struct factors factors_make(const struct conv_shape *s, bool per_output)
{
    const size_t n = (per_output ? (size_t)s->oh * s->ow : 1) * s->k;
    struct factors f = {
        claim(s->k * sizeof(double)), claim(s->k * sizeof(double)), claim(n * sizeof(double)), {0}};

    for (int i = 0; i < s->k; i++) {
        f.alpha[i] = ldexp(word_at(4, i), -40) + 1e-9;
        f.beta[i] = ldexp((int32_t)word_at(5, i), -38);
    }
    for (size_t i = 0; i < n; i++)
        f.gamma[i] = ldexp((int32_t)word_at(6, i), -36);
    f.e = (struct conv_epilogue){f.alpha, f.beta, f.gamma, per_output ? s->k : 0};
    return f;
}

static void factors_free(struct factors *f)
{
    free(f->alpha);
    free(f->beta);
    free(f->gamma);
}

/* --- ref against the definition, by naive 64-bit loops ----------------------------------------------- */

ParameterizedTestParameters(kernels, ref_forward_is_the_exact_sum)
{
    return cr_make_param_array(struct geometry, geometries, sizeof geometries / sizeof geometries[0]);
}

/* alpha = 1 gives S, beta = 2^-30 shifts X out of the way of S: both must come out exactly. */
ParameterizedTest(struct geometry *g, kernels, ref_forward_is_the_exact_sum)
{
    const struct conv_shape s = shape_of(g);
    const struct codes x = codes_make((size_t)s.h * s.w * s.c, 5, FILL_RANDOM, 1);
    int16_t *const w = weights_make((size_t)s.k * length_of(&s), 4, FILL_RANDOM);
    double *const one = claim(s.k * sizeof *one), *const zero = claim(s.k * sizeof *zero);

    for (int i = 0; i < s.k; i++)
        one[i] = 1, zero[i] = 0;
    const struct conv_epilogue products = {one, zero, zero, 0}, windows = {zero, one, zero, 0};
    const struct int_forward of_products = run_int_forward(reference(), &s, x, w, 4, &products);
    const struct int_forward of_windows = run_int_forward(reference(), &s, x, w, 4, &windows);
    for (int oy = 0; oy < s.oh; oy++)
        for (int ox = 0; ox < s.ow; ox++)
            for (int o = 0; o < s.k; o++) {
                int64_t product = 0, window = 0;
                const int cg = s.c / s.groups, first = o / (s.k / s.groups) * cg;
                for (int iy = 0; iy < s.h; iy++)
                    for (int ix = 0; ix < s.w; ix++) {
                        const int ky = iy - oy * s.stride + s.pad, kx = ix - ox * s.stride + s.pad;
                        if (ky < 0 || ky >= s.kernel || kx < 0 || kx >= s.kernel) continue;
                        for (int c = 0; c < cg; c++) {
                            const int64_t code = code_of(x, ((size_t)iy * s.w + ix) * s.c + first + c);
                            product += code * w[(((size_t)o * s.kernel + ky) * s.kernel + kx) * cg + c];
                            window += code;
                        }
                    }
                const size_t i = ((size_t)oy * s.ow + ox) * s.k + o;
                cr_assert_eq((int64_t)of_products.y[i], product);
                cr_assert_eq((int64_t)of_windows.y[i], window);
            }
}

ParameterizedTestParameters(kernels, ref_weights_is_the_exact_sum)
{
    return cr_make_param_array(struct geometry, geometries, sizeof geometries / sizeof geometries[0]);
}

ParameterizedTest(struct geometry *g, kernels, ref_weights_is_the_exact_sum)
{
    const struct conv_shape s = shape_of(g);
    const struct codes x = codes_make((size_t)s.h * s.w * s.c, 9, FILL_RANDOM, 1);
    const struct codes e = codes_make((size_t)s.oh * s.ow * s.k, 6, FILL_RANDOM, 3);
    const int64_t *const acc = run_int_weights(reference(), &s, x, e, 1);
    const int cg = s.c / s.groups;

    for (int ky = 0; ky < s.kernel; ky++)
        for (int kx = 0; kx < s.kernel; kx++)
            for (int c = 0; c < cg; c++)
                for (int o = 0; o < s.k; o++) {
                    const size_t i = (((size_t)ky * s.kernel + kx) * cg + c) * s.k + o;
                    int64_t sum = (int64_t)i << 33;
                    for (int oy = 0; oy < s.oh; oy++)
                        for (int ox = 0; ox < s.ow; ox++) {
                            const int iy = oy * s.stride + ky - s.pad, ix = ox * s.stride + kx - s.pad;
                            if (iy < 0 || iy >= s.h || ix < 0 || ix >= s.w) continue;
                            const int channel = o / (s.k / s.groups) * cg + c;
                            sum += (int64_t)code_of(x, ((size_t)iy * s.w + ix) * s.c + channel) *
                                   (code_of(e, ((size_t)oy * s.ow + ox) * s.k + o) - 32);
                        }
                    cr_assert_eq(acc[i], sum);
                }
}

/* --- every row against ref: convolutions ------------------------------------------------------------- */

struct product {
    struct geometry g;
    int x_bits, w_bits;
    bool per_output;
};

enum { BIT_PAIRS = 16, GEOMETRIES = sizeof geometries / sizeof geometries[0] };

/* Every path, and the widths at its edges. */
static const int bit_pairs[BIT_PAIRS][2] = {{2, 2},  {3, 3},   {4, 4},   {8, 4}, {8, 5}, {8, 6},
                                            {8, 7},  {7, 8},   {8, 8},   {4, 8}, {9, 3}, {12, 12},
                                            {15, 9}, {15, 16}, {16, 16}, {16, 8}};
static struct product products[BIT_PAIRS * GEOMETRIES];

static struct criterion_test_params make_products(void)
{
    for (int i = 0; i < BIT_PAIRS * GEOMETRIES; i++)
        products[i] = (struct product){geometries[i / BIT_PAIRS], bit_pairs[i % BIT_PAIRS][0],
                                       bit_pairs[i % BIT_PAIRS][1], i % 3 == 0};
    return cr_make_param_array(struct product, products, BIT_PAIRS * GEOMETRIES);
}

ParameterizedTestParameters(kernels, int_forward_equals_ref)
{
    return make_products();
}

/* All pairs of extremes too: sums at their bounds must not overflow. */
ParameterizedTest(struct product *p, kernels, int_forward_equals_ref)
{
    const struct conv_shape s = shape_of(&p->g);
    struct factors f = factors_make(&s, p->per_output);

    for (int fill = 0; fill < FILL_COUNT * FILL_COUNT; fill++) {
        const struct codes x = codes_make((size_t)s.h * s.w * s.c, p->x_bits, fill / FILL_COUNT, 1);
        int16_t *const w = weights_make((size_t)s.k * length_of(&s), p->w_bits, fill % FILL_COUNT);
        const struct int_forward want = run_int_forward(reference(), &s, x, w, p->w_bits, &f.e);
        FOR_EACH_ROW(row)
        {
            const struct int_forward got = run_int_forward(row, &s, x, w, p->w_bits, &f.e);
            ASSERT_SAME(got.y, want.y, (size_t)s.oh * s.ow * s.k, "%s, bits %d x %d, fill %d", row->name,
                        p->x_bits, p->w_bits, fill);
            ASSERT_SAME(got.sums, want.sums, 2 * (size_t)s.k, "sums of %s, bits %d x %d", row->name,
                        p->x_bits, p->w_bits);
            free(got.y);
            free(got.sums);
        }
        free(want.y);
        free(want.sums);
        free((void *)x.data);
        free(w);
    }
    factors_free(&f);
}

ParameterizedTestParameters(kernels, int_weights_equals_ref)
{
    return make_products();
}

/* Several images a call: sums go on from one to the next. */
ParameterizedTest(struct product *p, kernels, int_weights_equals_ref)
{
    const struct conv_shape s = shape_of(&p->g);
    const size_t in = (size_t)s.h * s.w * s.c, out = (size_t)s.oh * s.ow * s.k;

    for (int fill = 0; fill < FILL_COUNT * FILL_COUNT; fill++) {
        const int images = 1 + fill % 5;
        const struct codes x = codes_make(images * in, p->x_bits, fill / FILL_COUNT, 1);
        const struct codes e = codes_make(images * out, p->w_bits, fill % FILL_COUNT, 3);
        int64_t *const want = run_int_weights(reference(), &s, x, e, images);
        FOR_EACH_ROW(row)
        {
            int64_t *const got = run_int_weights(row, &s, x, e, images);
            ASSERT_SAME(got, want, (size_t)s.k * length_of(&s), "%s, bits %d x %d, fill %d", row->name,
                        p->x_bits, p->w_bits, fill);
            free(got);
        }
        free(want);
        free((void *)x.data);
        free((void *)e.data);
    }
}

/* The oracle for several images is the sum of calls for each. */
Test(kernels, int_weights_of_images_is_the_sum_of_their_calls)
{
    enum { IMAGES = 3 };
    const struct conv_shape s = conv_shape_make(5, 4, 3, 7, 3, 2, 1, 1);
    const size_t in = (size_t)s.h * s.w * s.c, out = (size_t)s.oh * s.ow * s.k,
                 n = (size_t)s.k * length_of(&s);
    const struct codes x = codes_make(IMAGES * in, 6, FILL_RANDOM, 1),
                       e = codes_make(IMAGES * out, 5, FILL_RANDOM, 3);
    int64_t *const want = run_int_weights(reference(), &s, x, e, IMAGES);

    for (int i = 0; i < IMAGES; i++) {
        const struct codes x1 = {(const uint8_t *)x.data + i * in, 6},
                           e1 = {(const uint8_t *)e.data + i * out, 5};
        const int64_t *const one = run_int_weights(reference(), &s, x1, e1, 1);
        for (size_t j = 0; j < n; j++)
            want[j] -= one[j] - ((int64_t)j << 33);
    }
    for (size_t j = 0; j < n; j++)
        cr_assert_eq(want[j], (int64_t)j << 33);
}

Test(kernels, images_of_a_call_keep_the_path)
{
    const struct conv_shape small = conv_shape_make(8, 8, 16, 16, 3, 1, 1, 1);
    const struct conv_shape large = conv_shape_make(112, 112, 16, 16, 3, 1, 1, 1);

    cr_assert_eq(conv_weights_images(4, 8, &small), 8);
    cr_assert_eq(conv_weights_images(8, 8, &large), 4);
    cr_assert_eq(conv_path(8, 8, 4 * 112 * 112), conv_path(8, 8, 112 * 112));
}

ParameterizedTestParameters(kernels, float_products_equal_ref)
{
    return cr_make_param_array(struct geometry, geometries, GEOMETRIES);
}

/* y and its sums, dx assigned and added, and acc of one row, behind each other. */
static char *run_floats(const struct kernels *k, const struct conv_shape *s, size_t *bytes)
{
    const size_t in = (size_t)s->h * s->w * s->c, out = (size_t)s->oh * s->ow * s->k;
    const size_t weights = (size_t)s->k * length_of(s);
    float *const x = reals_make(in, 10), *const w = reals_make(weights, 11), *const dy = reals_make(out, 12);
    void *const packed = claim(k->conv_packed_bytes(s)), *const scratch = claim(k->conv_scratch_bytes(s));
    char *const all =
        claim(2 * s->k * sizeof(double) + weights * sizeof(double) + (out + 2 * in) * sizeof(float));
    double *const sums = (double *)all, *const acc = sums + 2 * s->k;
    float *const y = (float *)(acc + weights), *const dx = y + out, *const added = dx + in;

    for (size_t i = 0; i < weights; i++)
        acc[i] = real_at(13, i);
    for (size_t i = 0; i < in; i++)
        added[i] = real_at(14, i);
    k->conv_float_pack(packed, w, s);
    k->conv_float_forward(y, sums, x, packed, s, scratch);
    k->conv_float_pack_data(packed, w, s);
    k->conv_float_data(dx, false, dy, packed, s, scratch);
    k->conv_float_data(added, true, dy, packed, s, scratch);
    k->conv_float_weights(acc, x, dy, s, scratch);
    free(x), free(w), free(dy), free(packed), free(scratch);
    *bytes = (size_t)((char *)(added + in) - all);
    return all;
}

ParameterizedTest(struct geometry *g, kernels, float_products_equal_ref)
{
    const struct conv_shape s = shape_of(g);
    size_t bytes;
    char *const want = run_floats(reference(), &s, &bytes);

    FOR_EACH_ROW(row)
    {
        char *const got = run_floats(row, &s, &bytes);
        ASSERT_SAME(got, want, bytes, "%s, byte of sums, acc, y, dx, dx added", row->name);
        free(got);
    }
    free(want);
}

/* Padding takes part in float sums: infinite weights make NaN at the border, in every row. */
Test(kernels, float_padding_is_zero_times_weight)
{
    const struct conv_shape s = conv_shape_make(4, 4, 2, 3, 3, 1, 1, 1);
    float w[3 * 9 * 2], x[4 * 4 * 2], y[4 * 4 * 3];
    int count;

    for (int i = 0; i < 54; i++)
        w[i] = INFINITY;
    for (int i = 0; i < 32; i++)
        x[i] = 1;
    kernels_all(&count);
    for (int i = 0; i < count; i++) {
        const struct kernels *const k = kernels_all(&count)[i];
        if (!k->available()) continue;
        void *const packed = claim(k->conv_packed_bytes(&s)), *const scratch =
                                                                  claim(k->conv_scratch_bytes(&s));
        k->conv_float_pack(packed, w, &s);
        k->conv_float_forward(y, NULL, x, packed, &s, scratch);
        cr_assert(isnan(y[0]) && isinf(y[(1 * 4 + 1) * 3]), "%s", k->name);
        free(packed), free(scratch);
    }
}

/* --- every row against ref: elementwise passes ------------------------------------------------------- */

Test(kernels, range_equals_ref_and_sees_nan_anywhere)
{
    float x[261];

    FOR_EACH_ROW(row) for (size_t n = 0; n <= 260; n++)
    {
        for (size_t i = 0; i < n; i++)
            x[i] = real_at(20, i + n);
        const struct range want = reference()->range(x, n), got = row->range(x, n);
        cr_assert(memcmp(&want, &got, sizeof want) == 0, "%s, %zu elements", row->name, n);
        if (n == 0) continue;
        x[(n * 7) % n] = NAN;
        x[n / 2] = NAN;
        cr_assert(isnan(row->range(x, n).lo) && isnan(row->range(x, n).hi), "%s, %zu elements", row->name, n);
    }
}

Test(kernels, range_has_no_negative_zero)
{
    const float zeros[2][4] = {{0.0f, -0.0f, -0.0f, 0.0f}, {-0.0f, -0.0f, -0.0f, -0.0f}};
    int count;

    kernels_all(&count);
    for (int i = 0; i < count; i++)
        for (int z = 0; z < 2 && kernels_all(&count)[i]->available(); z++) {
            const struct range r = kernels_all(&count)[i]->range(zeros[z], 4);
            cr_assert(!signbit(r.lo) && !signbit(r.hi));
        }
}

/* Values inside, at the edges of and outside the range, halves, NaN and infinities. */
static float value_for(const struct affine *q, size_t i)
{
    static const float odd[] = {INFINITY, -INFINITY, NAN, 0.0f, -0.0f, 1e30f, -1e30f, 1e-40f};
    const uint32_t r = word_at(21, i);
    if (r % 37 == 0) return odd[r / 37 % 8];
    if (r % 5 == 0) return q->zero + q->scale * ((float)(r / 5 % 64) * 0.5f - 2.0f);
    return q->zero + (float)(r % 100000) * 1.1e-5f * q->scale * q->top;
}

Test(kernels, encode_and_decode_equal_ref)
{
    enum { N = 700 };
    float x[N], want_x[N], got_x[N];
    uint16_t want[N], got[N];

    FOR_EACH_ROW(row) for (int bits = 1; bits <= 16; bits++) for (int trial = 0; trial < 40; trial++)
    {
        const struct affine q =
            affine_make(-0.37f, trial % 4 ? 1.9f : 3e-9f, bits, DIVISION_IEEE, AFFINE_FLOOR);
        const struct random_name name = {.seed = 99, .stream = 5, .step = (uint32_t)trial};
        const struct random_name *const noise = trial % 2 ? &name : NULL;
        const uint64_t first =
            trial < 20 ? word_at(22, trial) % 200 : (1ull << 38) - 100 + word_at(22, trial) % 200;
        const size_t n = trial % 5 == 0 ? (size_t)trial : N - word_at(23, trial) % 200;
        for (size_t i = 0; i < n; i++)
            x[i] = value_for(&q, i + (size_t)trial * N);
        memset(want, 0xEE, sizeof want);
        memset(got, 0xEE, sizeof got);
        const size_t want_clipped = reference()->encode(want, x, n, &q, noise, first);
        const size_t got_clipped = row->encode(got, x, n, &q, noise, first);
        ASSERT_SAME(got, want, N, "%s, %d bits, first %llu", row->name, bits, (unsigned long long)first);
        cr_assert_eq(got_clipped, want_clipped);
        reference()->decode(want_x, (struct codes){want, bits}, n, &q);
        row->decode(got_x, (struct codes){want, bits}, n, &q);
        ASSERT_SAME(got_x, want_x, n, "decode of %s, %d bits", row->name, bits);
    }
}

Test(kernels, encode_is_affine_quantize)
{
    enum { N = 300 };
    float x[N], want[N], got[N];
    uint8_t codes[N];
    const struct affine q = affine_make(-1.0f, 2.0f, 5, DIVISION_RCP, AFFINE_FLOOR);
    const struct random_name name = {.seed = 1, .stream = 2, .step = 3};

    for (size_t i = 0; i < N; i++)
        x[i] = value_for(&q, i);
    const size_t clipped = affine_quantize(want, x, N, &q, &name, 17);
    cr_assert_eq(reference()->encode(codes, x, N, &q, &name, 17), clipped);
    cr_assert_gt(clipped, 0);
    reference()->decode(got, (struct codes){codes, 5}, N, &q);
    ASSERT_SAME(got, want, N, "ref");
}

struct norm_case {
    int pixels, c;
};

static struct norm_case norm_cases[] = {{9, 16}, {64, 64}, {7, 8}, {5, 24}, {13, 1}, {9, 3},
                                        {6, 10}, {3, 40},  {1, 8}, {4, 20}, {2, 5},  {1, 1}};

ParameterizedTestParameters(kernels, norm_passes_equal_ref)
{
    return cr_make_param_array(struct norm_case, norm_cases, sizeof norm_cases / sizeof norm_cases[0]);
}

struct norm_out {
    float a[4096], dx[4096], dresidual[4096], dx_in_place[4096];
    double sums[128];
    struct range ranges[3];
    uint8_t positive[512];
};

static struct norm_out *run_norm(const struct kernels *k, int pixels, int c, int variant)
{
    const size_t n = (size_t)pixels * c;
    const bool relu = variant & 1, residual = variant & 2, add = variant & 4, mask = variant & 8;
    float *const y = reals_make(n, 30), *const r = reals_make(n, 31), *const dy = reals_make(n, 32);
    float *const of_c[6] = {reals_make(c, 33), reals_make(c, 34), reals_make(c, 35),
                            reals_make(c, 36), reals_make(c, 37), reals_make(c, 38)};
    struct norm_out *const out = claim(sizeof *out);

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < n; i++)
        out->dresidual[i] = real_at(39, i);
    memcpy(out->dx_in_place, dy, n * sizeof *dy);
    out->ranges[0] =
        k->norm_forward(out->a, out->positive, y, residual ? r : NULL, of_c[0], of_c[1], pixels, c, relu);
    const uint8_t *const positive = mask ? out->positive : NULL;
    k->norm_sums(out->sums, dy, positive, y, of_c[2], pixels, c);
    out->ranges[1] = k->norm_backward(out->dx, residual ? out->dresidual : NULL, add, dy, positive, y,
                                      of_c[2], of_c[3], of_c[4], of_c[5], pixels, c);
    out->ranges[2] = k->norm_backward(out->dx_in_place, NULL, add, out->dx_in_place, positive, y, of_c[2],
                                      of_c[3], of_c[4], of_c[5], pixels, c);
    for (int i = 0; i < 6; i++)
        free(of_c[i]);
    free(y), free(r), free(dy);
    return out;
}

ParameterizedTest(struct norm_case *p, kernels, norm_passes_equal_ref)
{
    for (int variant = 0; variant < 16; variant++) {
        struct norm_out *const want = run_norm(reference(), p->pixels, p->c, variant);
        FOR_EACH_ROW(row)
        {
            struct norm_out *const got = run_norm(row, p->pixels, p->c, variant);
            ASSERT_SAME((char *)got, (char *)want, sizeof *want, "%s, variant %d", row->name, variant);
            free(got);
        }
        free(want);
    }
}

Test(kernels, norm_lets_a_nan_through_the_relu)
{
    float y[16] = {1, -1, NAN, 2}, a[16];
    const float one[8] = {1, 1, 1, 1, 1, 1, 1, 1}, zero[8] = {0};
    uint8_t positive[2];
    int count;

    kernels_all(&count);
    for (int i = 0; i < count; i++) {
        const struct kernels *const k = kernels_all(&count)[i];
        if (!k->available()) continue;
        const struct range r = k->norm_forward(a, positive, y, NULL, one, zero, 2, 8, true);
        cr_assert(isnan(a[2]) && isnan(r.lo), "%s", k->name);
        cr_assert_eq(positive[0], 0x9);
        cr_assert_eq(positive[1], 0);
    }
}

/* --- the registry and the proof ---------------------------------------------------------------------- */

Test(kernels, find_knows_auto_names_and_the_environment)
{
    const struct kernels *k = NULL;

    unsetenv("CPTSIM_KERNELS");
    cr_assert_eq(kernels_find(&k, "ref"), STATUS_OK);
    cr_assert_str_eq(k->name, "ref");
    cr_assert_eq(kernels_find(&k, NULL), STATUS_OK);
    cr_assert(k->available());
    setenv("CPTSIM_KERNELS", "ref", 1);
    cr_assert_eq(kernels_find(&k, NULL), STATUS_OK);
    cr_assert_str_eq(k->name, "ref");
    cr_assert_eq(kernels_find(&k, "auto"), STATUS_OK);
    cr_assert_eq(kernels_find(&k, "avx22"), STATUS_INPUT);
    cr_assert_not_null(strstr(status_detail(), "avx2"));
}

/* The path's promise: its narrow sums hold what the operands can reach. */
Test(kernels, conv_path_holds_the_largest_sums)
{
    for (int a = 1; a <= 16; a++)
        for (int w = 1; w <= 16; w++)
            for (int64_t length = 1; length <= 1 << 20; length = length * 3 + 1) {
                const int64_t most = ((1ll << a) - 1) << (w - 1);
                const enum conv_path path = conv_path(a, w, length);
                if (path == CONV_PATH_I8) cr_assert(a <= 8 && w <= 8 && 2 * most <= INT16_MAX);
                if (path <= CONV_PATH_I16) cr_assert(length * most <= INT32_MAX);
                if (path == CONV_PATH_I16_64) cr_assert(2 * most <= INT32_MAX);
                if (path != CONV_PATH_I64) cr_assert(a <= 15);
            }
    cr_assert_eq(conv_path(4, 4, 576), CONV_PATH_I8);
    cr_assert_eq(conv_path(8, 8, 576), CONV_PATH_I16);
    cr_assert_eq(conv_path(12, 12, 576), CONV_PATH_I16_64);
    cr_assert_eq(conv_path(16, 2, 9), CONV_PATH_I64);
}
