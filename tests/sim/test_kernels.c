/* tests/sim/test_kernels.c - every row of the kernel table equals `ref` bit for bit, and `ref` the
 * definitions. */
#include "tests/fixtures/kernel_data.h"

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

/* Weights are packed in so many parts, the last one first: whatever is right whole must be right so. */
enum { PARTS = 3 };

/* --- one product, by one row ------------------------------------------------------------------------- */

struct int_forward {
    float *y;
    double *notes;
};

static struct int_forward run_int_forward(const struct kernels *k, const struct conv_shape *s, struct codes x,
                                          const int16_t *w, int w_bits, const struct conv_epilogue *e)
{
    const enum conv_path path = conv_path(x.bits, w_bits, length_of(s));
    const size_t outputs = (size_t)s->oh * s->ow * s->k;
    void *const packed = claim(k->conv_packed_bytes(s)), *const scratch = claim(k->conv_scratch_bytes(s));
    const struct int_forward out = {claim(outputs * sizeof(float)),
                                    claim(CONV_NOTES * (size_t)s->k * sizeof(double))};

    for (int part = PARTS - 1; part >= 0; part--)
        k->conv_int_pack(packed, w, s, path, (struct conv_part){part, PARTS});
    const struct conv_forward_call call = {.y = out.y,
                                           .notes = {out.notes, true},
                                           .codes = x,
                                           .packed = packed,
                                           .shape = s,
                                           .rows = conv_rows_all(s->oh),
                                           .scratch = scratch,
                                           .path = path,
                                           .w_bits = w_bits,
                                           .epilogue = e};
    k->conv_int_forward(k, &call);
    free(packed);
    free(scratch);
    return out;
}

static int64_t *run_int_weights(const struct kernels *k, const struct conv_shape *s, struct codes x,
                                struct codes e, int images)
{
    const size_t n = (size_t)s->k * length_of(s);
    int64_t *const acc = claim(n * sizeof *acc);
    void *const scratch = claim(k->conv_scratch_bytes(s));

    for (size_t i = 0; i < n; i++)
        acc[i] = (int64_t)i << 33;
    const struct conv_int_weights_call call = {.acc = acc,
                                               .x = x,
                                               .e = e,
                                               .images = images,
                                               .shape = s,
                                               .rows = conv_rows_all(s->oh),
                                               .path =
                                                   conv_path(x.bits, e.bits, (int64_t)images * s->oh * s->ow),
                                               .scratch = scratch};
    k->conv_int_weights(k, &call);
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

enum { BIT_PAIRS = 16, GEOMETRIES = sizeof geometries / sizeof geometries[0] };

/* Every path, and the widths at its edges. */
static const int bit_pairs[BIT_PAIRS][2] = {{2, 2},  {3, 3},   {4, 4},   {8, 4}, {8, 5}, {8, 6},
                                            {8, 7},  {7, 8},   {8, 8},   {4, 8}, {9, 3}, {12, 12},
                                            {15, 9}, {15, 16}, {16, 16}, {16, 8}};

static void expect_forward_as_ref(const struct kernels *row, const struct geometry *g, const int bits[2],
                                  enum fill x_fill, enum fill w_fill, const struct conv_epilogue *e)
{
    const struct conv_shape s = shape_of(g);
    const struct codes x = codes_make((size_t)s.h * s.w * s.c, bits[0], x_fill, 1);
    int16_t *const w = weights_make((size_t)s.k * length_of(&s), bits[1], w_fill);
    const struct int_forward want = run_int_forward(reference(), &s, x, w, bits[1], e);
    const struct int_forward got = run_int_forward(row, &s, x, w, bits[1], e);

    ASSERT_SAME(got.y, want.y, (size_t)s.oh * s.ow * s.k, "%s, geometry %d, bits %d x %d, fill %d %d",
                row->name, (int)(g - geometries), bits[0], bits[1], x_fill, w_fill);
    ASSERT_SAME(got.notes, want.notes, CONV_NOTES * (size_t)s.k, "notes of %s, geometry %d, bits %d x %d",
                row->name, (int)(g - geometries), bits[0], bits[1]);
    free(got.y), free(got.notes), free(want.y), free(want.notes);
    free((void *)x.data), free(w);
}

/* All pairs of extremes too: sums at their bounds must not overflow. */
FAST_ROWS_TEST(kernels, int_forward_equals_ref)
{
    const struct kernels *const row = row_at(at);

    for (int i = 0; i < GEOMETRIES * BIT_PAIRS; i++) {
        const struct geometry *const g = &geometries[i / BIT_PAIRS];
        const struct conv_shape s = shape_of(g);
        struct factors f = factors_make(&s, i % 3 == 0);
        for (int fill = 0; fill < FILL_COUNT * FILL_COUNT; fill++)
            expect_forward_as_ref(row, g, bit_pairs[i % BIT_PAIRS], fill / FILL_COUNT, fill % FILL_COUNT,
                                  &f.e);
        factors_free(&f);
    }
}

static void expect_weights_as_ref(const struct kernels *row, const struct geometry *g, const int bits[2],
                                  enum fill x_fill, enum fill e_fill, int images)
{
    const struct conv_shape s = shape_of(g);
    const struct codes x = codes_make((size_t)images * s.h * s.w * s.c, bits[0], x_fill, 1);
    const struct codes e = codes_make((size_t)images * s.oh * s.ow * s.k, bits[1], e_fill, 3);
    int64_t *const want = run_int_weights(reference(), &s, x, e, images);
    int64_t *const got = run_int_weights(row, &s, x, e, images);

    ASSERT_SAME(got, want, (size_t)s.k * length_of(&s), "%s, geometry %d, bits %d x %d, fill %d %d",
                row->name, (int)(g - geometries), bits[0], bits[1], x_fill, e_fill);
    free(got), free(want);
    free((void *)x.data), free((void *)e.data);
}

/* Several images a call: sums go on from one to the next. */
FAST_ROWS_TEST(kernels, int_weights_equals_ref)
{
    const struct kernels *const row = row_at(at);

    for (int i = 0; i < GEOMETRIES * BIT_PAIRS; i++)
        for (int fill = 0; fill < FILL_COUNT * FILL_COUNT; fill++)
            expect_weights_as_ref(row, &geometries[i / BIT_PAIRS], bit_pairs[i % BIT_PAIRS],
                                  fill / FILL_COUNT, fill % FILL_COUNT, 1 + fill % 5);
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

/* y and its sums, dx assigned and added, and acc of one row, behind each other. */
static char *run_floats(const struct kernels *k, const struct conv_shape *s, size_t *bytes)
{
    const size_t in = (size_t)s->h * s->w * s->c, out = (size_t)s->oh * s->ow * s->k;
    const size_t weights = (size_t)s->k * length_of(s);
    float *const x = reals_make(in, 10), *const w = reals_make(weights, 11), *const dy = reals_make(out, 12);
    void *const packed = claim(k->conv_packed_bytes(s)), *const scratch = claim(k->conv_scratch_bytes(s));
    char *const all =
        claim(CONV_NOTES * s->k * sizeof(double) + weights * sizeof(double) + (out + 2 * in) * sizeof(float));
    double *const sums = (double *)all, *const acc = sums + CONV_NOTES * s->k;
    float *const y = (float *)(acc + weights), *const dx = y + out, *const added = dx + in;

    for (size_t i = 0; i < weights; i++)
        acc[i] = real_at(13, i);
    for (size_t i = 0; i < in; i++)
        added[i] = real_at(14, i);
    for (int part = PARTS - 1; part >= 0; part--)
        k->conv_float_pack(packed, w, s, (struct conv_part){part, PARTS});
    const struct conv_forward_call forward = {.y = y,
                                              .notes = {sums, true},
                                              .x = x,
                                              .packed = packed,
                                              .shape = s,
                                              .rows = conv_rows_all(s->oh),
                                              .scratch = scratch};
    k->conv_float_forward(k, &forward);
    for (int part = PARTS - 1; part >= 0; part--)
        k->conv_float_pack_data(packed, w, s, (struct conv_part){part, PARTS});
    struct conv_data_call data = {
        .dx = dx, .dy = dy, .packed = packed, .shape = s, .rows = conv_rows_all(s->h), .scratch = scratch};
    k->conv_float_data(k, &data);
    data.dx = added;
    data.add = true;
    k->conv_float_data(k, &data);
    k->conv_float_weights(k, &(struct conv_float_weights_call){acc, x, dy, s, scratch});
    free(x), free(w), free(dy), free(packed), free(scratch);
    *bytes = (size_t)((char *)(added + in) - all);
    return all;
}

FAST_ROWS_TEST(kernels, float_products_equal_ref)
{
    const struct kernels *const row = row_at(at);

    for (int i = 0; i < GEOMETRIES; i++) {
        const struct conv_shape s = shape_of(&geometries[i]);
        size_t bytes;
        char *const want = run_floats(reference(), &s, &bytes), *const got = run_floats(row, &s, &bytes);
        ASSERT_SAME(got, want, bytes, "%s, geometry %d, byte of sums, acc, y, dx, dx added", row->name, i);
        free(got), free(want);
    }
}

/* Padding takes part in float sums: infinite weights make NaN at the border, in every row. */
ROWS_TEST(kernels, float_padding_is_zero_times_weight)
{
    const struct kernels *const k = row_at(at);
    const struct conv_shape s = conv_shape_make(4, 4, 2, 3, 3, 1, 1, 1);
    float w[3 * 9 * 2], x[4 * 4 * 2], y[4 * 4 * 3];
    void *const packed = claim(k->conv_packed_bytes(&s)), *const scratch = claim(k->conv_scratch_bytes(&s));
    const struct conv_forward_call call = {
        .y = y, .x = x, .packed = packed, .shape = &s, .rows = conv_rows_all(s.oh), .scratch = scratch};

    for (int i = 0; i < 54; i++)
        w[i] = INFINITY;
    for (int i = 0; i < 32; i++)
        x[i] = 1;
    k->conv_float_pack(packed, w, &s, CONV_WHOLE);
    k->conv_float_forward(k, &call);
    cr_assert(isnan(y[0]) && isinf(y[(1 * 4 + 1) * 3]), "%s", k->name);
    free(packed), free(scratch);
}
