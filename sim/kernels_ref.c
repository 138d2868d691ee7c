/* sim/kernels_ref.c - the plain meaning of the convolutions of kernels.h: what every instruction set must
 * equal.
 *
 * Written to be read, not to be fast. The elementwise half of the table is in kernels_ref_pass.c.
 */
#include "sim/kernels_ref.h"

#include <math.h>
#include <string.h>

/* Index of input pixel (oy, ox) under tap (ky, kx), or -1 in the padding. */
static int64_t input_pixel(const struct conv_shape *s, int oy, int ox, int ky, int kx)
{
    const int iy = oy * s->stride - s->pad + ky, ix = ox * s->stride - s->pad + kx;

    return iy < 0 || iy >= s->h || ix < 0 || ix >= s->w ? -1 : (int64_t)iy * s->w + ix;
}

/* Index of the weight of filter o at tap (ky, kx), channel c of its group. */
static size_t weight_index(const struct conv_shape *s, int o, int ky, int kx, int c)
{
    return (((size_t)o * s->kernel + ky) * s->kernel + kx) * (s->c / s->groups) + c;
}

/* First input channel of filter o's group. */
static int first_channel(const struct conv_shape *s, int o)
{
    return o / (s->k / s->groups) * (s->c / s->groups);
}

/* Add one output to the image's statistics: a square of two binary32 is exact in binary64. */
static void add_to_sums(double *sums, int k, int o, float y)
{
    if (!sums) return;
    sums[o] += y;
    sums[k + o] += (double)y * y;
}

static void clear_sums(double *sums, int k)
{
    for (int i = 0; sums && i < 2 * k; i++)
        sums[i] = 0;
}

size_t ref_packed_bytes(const struct conv_shape *s)
{
    return ((size_t)s->k * conv_length(s) * sizeof(float) + 63) / 64 * 64;
}

size_t ref_scratch_bytes(const struct conv_shape *s)
{
    (void)s;
    return 0;
}

/* --- integers ---------------------------------------------------------------------------------------- */

void ref_int_pack(void *packed, const int16_t *w, const struct conv_shape *s, enum conv_path path)
{
    (void)path;
    memcpy(packed, w, (size_t)s->k * conv_length(s) * sizeof *w);
}

static void window_sums(int64_t *product, int64_t *codes, struct codes x, const int16_t *w,
                        const struct conv_shape *s, int oy, int ox, int o)
{
    *product = *codes = 0;
    for (int ky = 0; ky < s->kernel; ky++)
        for (int kx = 0; kx < s->kernel; kx++) {
            const int64_t pixel = input_pixel(s, oy, ox, ky, kx);
            if (pixel < 0) continue;
            for (int c = 0; c < s->c / s->groups; c++) {
                const int64_t code = code_at(x, pixel * s->c + first_channel(s, o) + c);
                *product += code * w[weight_index(s, o, ky, kx, c)];
                *codes += code;
            }
        }
}

void ref_int_forward(float *y, double *sums, struct codes x, const void *packed, const struct conv_shape *s,
                     enum conv_path path, int w_bits, const struct conv_epilogue *e, void *scratch)
{
    (void)path, (void)w_bits, (void)scratch;
    clear_sums(sums, s->k);
    for (int p = 0; p < s->oh * s->ow; p++)
        for (int o = 0; o < s->k; o++) {
            int64_t product, codes;
            window_sums(&product, &codes, x, packed, s, p / s->ow, p % s->ow, o);
            const double gamma = e->gamma[(size_t)p * e->gamma_stride + o];
            const double affine = fma(e->alpha[o], (double)product, fma(e->beta[o], (double)codes, gamma));
            const float value = (float)affine;
            y[(size_t)p * s->k + o] = value;
            add_to_sums(sums, s->k, o, value);
        }
}

void ref_int_weights(int64_t *acc, struct codes x, struct codes e, int images, const struct conv_shape *s,
                     enum conv_path path, void *scratch)
{
    (void)path, (void)scratch;
    const int cg = s->c / s->groups, half = 1 << (e.bits - 1);

    for (int ky = 0; ky < s->kernel; ky++)
        for (int kx = 0; kx < s->kernel; kx++)
            for (int i = 0; i < images * s->oh * s->ow; i++) {
                const int image = i / (s->oh * s->ow), p = i % (s->oh * s->ow);
                const int64_t pixel = input_pixel(s, p / s->ow, p % s->ow, ky, kx);
                const int64_t first = ((int64_t)image * s->h * s->w + pixel) * s->c;
                for (int c = 0; pixel >= 0 && c < cg; c++)
                    for (int o = 0; o < s->k; o++) {
                        const int64_t code = code_at(x, first + first_channel(s, o) + c);
                        const size_t at = (((size_t)ky * s->kernel + kx) * cg + c) * s->k + o;
                        acc[at] += code * (code_at(e, (size_t)i * s->k + o) - half);
                    }
            }
}

/* --- binary32: a tap in the padding takes part as +0 ------------------------------------------------- */

void ref_float_pack(void *packed, const float *w, const struct conv_shape *s)
{
    memcpy(packed, w, (size_t)s->k * conv_length(s) * sizeof *w);
}

void ref_float_forward(float *y, double *sums, const float *x, const void *packed, const struct conv_shape *s,
                       void *scratch)
{
    (void)scratch;
    const float *const w = packed;

    clear_sums(sums, s->k);
    for (int p = 0; p < s->oh * s->ow; p++)
        for (int o = 0; o < s->k; o++) {
            float acc = 0;
            for (int ky = 0; ky < s->kernel; ky++)
                for (int kx = 0; kx < s->kernel; kx++) {
                    const int64_t pixel = input_pixel(s, p / s->ow, p % s->ow, ky, kx);
                    for (int c = 0; c < s->c / s->groups; c++) {
                        const float v = pixel < 0 ? 0.0f : x[pixel * s->c + first_channel(s, o) + c];
                        acc = fmaf(v, w[weight_index(s, o, ky, kx, c)], acc);
                    }
                }
            y[(size_t)p * s->k + o] = acc;
            add_to_sums(sums, s->k, o, acc);
        }
}

/* One element of dx. A tap belongs to the element if its distance to the output grid is a multiple of the
 * stride; output rows ascend as ky descends. */
static float data_element(const float *dy, const float *w, const struct conv_shape *s, int iy, int ix,
                          int channel)
{
    const int cg = s->c / s->groups, kg = s->k / s->groups, first = channel / cg * kg;
    float acc = 0;

    for (int ky = s->kernel - 1; ky >= 0; ky--)
        for (int kx = s->kernel - 1; kx >= 0; kx--) {
            const int ty = iy + s->pad - ky, tx = ix + s->pad - kx;
            if (ty % s->stride != 0 || tx % s->stride != 0) continue;
            const int oy = ty / s->stride, ox = tx / s->stride;
            const bool inside = oy >= 0 && oy < s->oh && ox >= 0 && ox < s->ow;
            for (int o = first; o < first + kg; o++) {
                const float v = inside ? dy[((size_t)oy * s->ow + ox) * s->k + o] : 0.0f;
                acc = fmaf(v, w[weight_index(s, o, ky, kx, channel % cg)], acc);
            }
        }
    return acc;
}

void ref_float_data(float *dx, bool add, const float *dy, const void *packed, const struct conv_shape *s,
                    void *scratch)
{
    (void)scratch;
    for (int iy = 0; iy < s->h; iy++)
        for (int ix = 0; ix < s->w; ix++)
            for (int c = 0; c < s->c; c++) {
                const float v = data_element(dy, packed, s, iy, ix, c);
                float *const out = &dx[((size_t)iy * s->w + ix) * s->c + c];
                *out = add ? *out + v : v;
            }
}

void ref_float_weights(double *acc, const float *x, const float *dy, const struct conv_shape *s,
                       void *scratch)
{
    (void)scratch;
    const int cg = s->c / s->groups;

    for (int ky = 0; ky < s->kernel; ky++)
        for (int kx = 0; kx < s->kernel; kx++)
            for (int c = 0; c < cg; c++)
                for (int o = 0; o < s->k; o++) {
                    float sum = 0;
                    for (int p = 0; p < s->oh * s->ow; p++) {
                        const int64_t pixel = input_pixel(s, p / s->ow, p % s->ow, ky, kx);
                        const float v = pixel < 0 ? 0.0f : x[pixel * s->c + first_channel(s, o) + c];
                        sum = fmaf(dy[(size_t)p * s->k + o], v, sum);
                    }
                    acc[((((size_t)ky * s->kernel) + kx) * cg + c) * s->k + o] += sum;
                }
}
