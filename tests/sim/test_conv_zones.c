/* tests/sim/test_conv_zones.c - sums of codes by zones are the sums under each tap, for any kernel, stride, padding,
 * channels and width of codes. */
#include "sim/device/cpu/cpu_conv_zones.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <stdlib.h>
#include <string.h>

struct geometry {
    int h, w, c, kernel, stride, pad;
};

ParameterizedTestParameters(conv_zones, sums_are_those_under_each_tap)
{
    static struct geometry rows[] = {
        {8, 8, 16, 3, 1, 1},   {9, 7, 16, 3, 2, 1},  {8, 8, 16, 3, 2, 1},    {32, 32, 3, 3, 1, 1},
        {40, 33, 16, 1, 1, 0}, {13, 11, 5, 7, 2, 3}, {7, 7, 33, 5, 1, 0},    {5, 5, 4, 5, 1, 4},
        {5, 5, 4, 1, 3, 0},    {12, 12, 2, 3, 3, 2}, {1, 1, 64, 1, 1, 0},    {1, 1, 16, 3, 1, 1},
        {3, 20, 17, 4, 2, 1},  {4, 6, 6, 4, 3, 2},   {16, 16, 1, 16, 1, 15}, {2, 2, 20, 3, 5, 2},
    };
    return cr_make_param_array(struct geometry, rows, sizeof rows / sizeof *rows);
}

/* What tap (ky, kx) sees of one channel, by the definition: of the input, or of the output. */
static int64_t direct(int64_t *pixels, const struct conv_shape *s, struct codes x, int ky, int kx, int c,
                      bool input)
{
    int64_t sum = 0;

    *pixels = 0;
    for (int oy = 0; oy < s->oh; oy++)
        for (int ox = 0; ox < s->ow; ox++) {
            const int iy = oy * s->stride + ky - s->pad, ix = ox * s->stride + kx - s->pad;
            if (iy < 0 || iy >= s->h || ix < 0 || ix >= s->w) continue;
            const size_t at =
                input ? ((size_t)iy * s->w + ix) * s->c + c : ((size_t)oy * s->ow + ox) * s->k + c;
            sum += code_bytes(x.bits) == 1 ? ((const uint8_t *)x.data)[at] : ((const uint16_t *)x.data)[at];
            ++*pixels;
        }
    return sum;
}

static void expect_sums(const struct conv_shape *s, const struct conv_zones *z, int bits, int images,
                        bool largest, bool input)
{
    const size_t each = input ? (size_t)s->h * s->w * s->c : (size_t)s->oh * s->ow * s->k;
    uint16_t *codes = malloc(images * each * sizeof *codes);
    int64_t *sum = calloc(conv_zones_size(z), sizeof *sum), *out = malloc((size_t)z->channels * sizeof *out);

    for (size_t i = 0; i < images * each; i++) {
        const uint16_t code = largest ? (uint16_t)((1 << bits) - 1) : (uint16_t)(rand() & ((1 << bits) - 1));
        if (code_bytes(bits) == 1)
            ((uint8_t *)codes)[i] = (uint8_t)code;
        else
            codes[i] = code;
    }
    for (int n = 0; n < images; n++)
        conv_zones_add(sum, z, (struct codes){(char *)codes + n * each * code_bytes(bits), bits});
    for (int tap = 0; tap < s->kernel * s->kernel; tap++) {
        memset(out, 0, (size_t)z->channels * sizeof *out);
        const int64_t pixels = conv_zones_tap(out, z, sum, tap / s->kernel, tap % s->kernel);
        for (int c = 0; c < z->channels; c++) {
            int64_t want = 0, seen = 0;
            for (int n = 0; n < images; n++)
                want += direct(&seen, s, (struct codes){(char *)codes + n * each * code_bytes(bits), bits},
                               tap / s->kernel, tap % s->kernel, c, input);
            cr_assert(eq(i64, out[c], want), "tap %d, channel %d, %d bits", tap, c, bits);
            cr_assert(eq(i64, pixels, seen), "tap %d", tap);
        }
    }
    free(codes);
    free(sum);
    free(out);
}

ParameterizedTest(struct geometry *g, conv_zones, sums_are_those_under_each_tap)
{
    const struct conv_shape s = conv_shape_make(g->h, g->w, g->c, g->c + 1, g->kernel, g->stride, g->pad, 1);
    const struct conv_zones x = conv_input_zones(&s), e = conv_output_zones(&s);

    for (int largest = 0; largest < 2; largest++)
        for (int bits = 3; bits <= 16; bits += 5) {
            expect_sums(&s, &x, bits, 3, largest, true);
            expect_sums(&s, &e, bits, 3, largest, false);
        }
}
