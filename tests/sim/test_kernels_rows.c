/* tests/sim/test_kernels_rows.c - an image computed in pieces is the image computed at once, in every row
 * of the table: threads may share one. */
#include "tests/fixtures/kernel_data.h"

struct pieces {
    int h, w, c, k, kernel, stride, pad, groups, a_bits, b_bits;
};

static const struct pieces cases[] = {
    {8, 8, 16, 16, 3, 1, 1, 1, 4, 4},  {9, 7, 20, 24, 3, 1, 1, 1, 8, 8},   {16, 16, 16, 32, 3, 2, 1, 1, 4, 8},
    {7, 7, 32, 16, 1, 1, 0, 1, 4, 4},  {8, 8, 16, 24, 1, 2, 0, 1, 8, 4},   {11, 9, 3, 16, 7, 2, 3, 1, 8, 8},
    {9, 9, 24, 24, 3, 1, 1, 24, 4, 8}, {10, 8, 20, 20, 3, 2, 1, 20, 8, 8}, {8, 6, 12, 8, 3, 1, 1, 4, 6, 6},
    {6, 5, 18, 17, 5, 1, 2, 1, 12, 9}, {5, 5, 40, 9, 3, 1, 0, 1, 16, 16},  {12, 4, 8, 8, 3, 3, 1, 1, 15, 4},
};

/* Piece i of `count` rows in three; every one begins at an even row, and one may be empty. */
static struct conv_rows piece(int i, int count)
{
    const int at[4] = {0, count / 3 / 2 * 2, (count + 1) / 2 / 2 * 2, count};
    return (struct conv_rows){at[i], at[i + 1] - at[i]};
}

/* Every product of a shape, in whole images or in pieces, behind each other. */
static char *run(const struct kernels *k, const struct pieces *p, bool whole, size_t *bytes)
{
    const struct conv_shape s =
        conv_shape_make(p->h, p->w, p->c, p->k, p->kernel, p->stride, p->pad, p->groups);
    const size_t in = (size_t)s.h * s.w * s.c, out = (size_t)s.oh * s.ow * s.k;
    const size_t filter = (size_t)s.kernel * s.kernel * (s.c / s.groups), weights = filter * s.k;
    const struct codes codes = codes_make(2 * in, p->a_bits, FILL_RANDOM, 1),
                       e = codes_make(2 * out, p->b_bits, FILL_RANDOM, 2);
    int16_t *const w_codes = weights_make(weights, p->b_bits, FILL_RANDOM);
    float *const x = reals_make(in, 3), *const w = reals_make(weights, 4), *const dy = reals_make(out, 5);
    double *const factors = claim((2 * (size_t)s.k + out) * sizeof *factors);
    void *const packed = claim(k->conv_packed_bytes(&s)), *const scratch = claim(k->conv_scratch_bytes(&s));
    int64_t *const acc = claim(weights * sizeof *acc + (2 * out + 2 * in) * sizeof(float));
    float *const y = (float *)(acc + weights), *const z = y + out, *const dx = z + out,
                 *const added = dx + in;
    const struct conv_epilogue epilogue = {factors, factors + s.k, factors + 2 * s.k, s.k};
    struct conv_forward_call integers = {.y = y,
                                         .codes = codes,
                                         .packed = packed,
                                         .shape = &s,
                                         .scratch = scratch,
                                         .path = conv_path(p->a_bits, p->b_bits, (int64_t)filter),
                                         .w_bits = p->b_bits,
                                         .epilogue = &epilogue};
    struct conv_int_weights_call of_weights = {.acc = acc,
                                               .x = codes,
                                               .e = e,
                                               .images = 2,
                                               .shape = &s,
                                               .path =
                                                   conv_path(p->a_bits, p->b_bits, (int64_t)2 * s.oh * s.ow),
                                               .scratch = scratch};
    struct conv_forward_call floats = {.y = z, .x = x, .packed = packed, .shape = &s, .scratch = scratch};
    struct conv_data_call data = {.dy = dy, .packed = packed, .shape = &s, .scratch = scratch};

    for (size_t i = 0; i < 2 * (size_t)s.k + out; i++)
        factors[i] = (double)real_at(6, i);
    for (size_t i = 0; i < weights; i++)
        acc[i] = (int64_t)i;
    for (size_t i = 0; i < in; i++)
        added[i] = real_at(7, i);
    for (int i = 0; i < (whole ? 1 : 3); i++) {
        integers.rows = of_weights.rows = floats.rows = whole ? conv_rows_all(s.oh) : piece(i, s.oh);
        data.rows = whole ? conv_rows_all(s.h) : piece(i, s.h);
        k->conv_int_pack(packed, w_codes, &s, integers.path, CONV_WHOLE);
        k->conv_int_forward(k, &integers);
        k->conv_int_weights(k, &of_weights);
        k->conv_float_pack(packed, w, &s, CONV_WHOLE);
        k->conv_float_forward(k, &floats);
        k->conv_float_pack_data(packed, w, &s, CONV_WHOLE);
        data.dx = dx, data.add = false;
        k->conv_float_data(k, &data);
        data.dx = added, data.add = true;
        k->conv_float_data(k, &data);
    }
    *bytes = weights * sizeof *acc + (2 * out + 2 * in) * sizeof(float);
    free((void *)codes.data), free((void *)e.data), free(w_codes), free(x), free(w), free(dy);
    free(factors), free(packed), free(scratch);
    return (char *)acc;
}

ROWS_TEST(kernels_rows, pieces_of_an_image_are_the_image)
{
    const struct kernels *const k = row_at(at);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t bytes;
        char *const want = run(reference(), &cases[i], true, &bytes);
        char *const got = run(k, &cases[i], false, &bytes);
        ASSERT_SAME(got, want, bytes, "%s, case %zu: byte of acc, y, y in float32, dx, dx added", k->name, i);
        free(got), free(want);
    }
}
