/* sim/kernels/ref/conv.c - the plain meaning of the convolutions of kernels.h: what every instruction set
 * must equal.
 *
 * Written to be read: loops over output, tap and channel, the innermost over neighbours in memory, so that
 * the compiler may use whatever vectors it finds (VECTORS). The elementwise half of the table is in
 * ref/pass.c.
 */
#include "sim/kernels/ref/ref.h"

#include <math.h>
#include <string.h>

/* Index of input pixel (oy, ox) under tap (ky, kx), or -1 in the padding. */
static int64_t input_pixel(const struct conv_shape *s, int oy, int ox, int ky, int kx)
{
    const int iy = oy * s->stride - s->pad + ky, ix = ox * s->stride - s->pad + kx;

    return iy < 0 || iy >= s->h || ix < 0 || ix >= s->w ? -1 : (int64_t)iy * s->w + ix;
}

/* A second copy of a function for CPUs with FMA, chosen at start: fma() is then one instruction instead of a
 * call. Each operation is the same IEEE operation in both, in the same order. Clang up to 17 gives the chosen one
 * another name, which no other object finds: there the slow one is alone. */
#ifdef __clang__
#define VECTORS
#else
#define VECTORS __attribute__((target_clones("arch=x86-64-v3", "default")))
#endif

/* Index of the first weight of filter o at tap (ky, kx). */
static size_t weight_index(const struct conv_shape *s, int o, int ky, int kx)
{
    return (((size_t)o * s->kernel + ky) * s->kernel + kx) * (s->c / s->groups);
}

/* First input channel of filter o's group. */
static int first_channel(const struct conv_shape *s, int o)
{
    return o / (s->k / s->groups) * (s->c / s->groups);
}

static size_t whole_lines(size_t bytes, size_t or_bytes)
{
    return ((bytes > or_bytes ? bytes : or_bytes) + 63) / 64 * 64;
}

size_t ref_packed_bytes(const struct conv_shape *s)
{
    return whole_lines((size_t)s->k * conv_length(s) * sizeof(float),
                       conv_data_is_winograd(s) ? ref_winograd_packed_bytes(s) : 0);
}

/* One pixel's sums, or one tile's. */
size_t ref_scratch_bytes(const struct conv_shape *s)
{
    return whole_lines((size_t)(s->c > s->k ? s->c : s->k) * sizeof(float),
                       conv_data_is_winograd(s) ? ref_winograd_scratch_bytes(s) : 0);
}

/* --- integers ---------------------------------------------------------------------------------------- */

void ref_int_pack(void *packed, const int16_t *w, const struct conv_shape *s, enum conv_path path,
                  struct conv_part part)
{
    const size_t first = conv_part_begin(part, s->k) * conv_length(s);
    const size_t end = conv_part_end(part, s->k) * conv_length(s);

    (void)path;
    memcpy((int16_t *)packed + first, w + first, (end - first) * sizeof *w);
}

/* Add the products of n codes with n weights, and the codes. */
VECTORS static void add_products(int64_t *product, int64_t *codes, struct codes x, size_t first,
                                 const int16_t *w, int n)
{
    int64_t p = 0, c = 0;
    if (code_bytes(x.bits) == 1)
        for (int i = 0; i < n; i++) {
            const int32_t code = ((const uint8_t *)x.data)[first + i];
            p += code * w[i];
            c += code;
        }
    else
        for (int i = 0; i < n; i++) {
            const int64_t code = ((const uint16_t *)x.data)[first + i];
            p += code * w[i];
            c += code;
        }
    *product += p;
    *codes += c;
}

static void window_sums(int64_t *product, int64_t *codes, struct codes x, const int16_t *w,
                        const struct conv_shape *s, int oy, int ox, int o)
{
    *product = *codes = 0;
    for (int ky = 0; ky < s->kernel; ky++)
        for (int kx = 0; kx < s->kernel; kx++) {
            const int64_t pixel = input_pixel(s, oy, ox, ky, kx);
            if (pixel >= 0)
                add_products(product, codes, x, pixel * s->c + first_channel(s, o),
                             w + weight_index(s, o, ky, kx), s->c / s->groups);
        }
}

void ref_int_forward(const struct kernels *k, const struct conv_forward_call *call)
{
    const struct conv_shape *const s = call->shape;
    const struct conv_epilogue *const e = call->epilogue;

    (void)k;
    if (call->notes.at) conv_notes_clear(call->notes.at, s->k);
    for (int p = call->rows.first * s->ow; p < (call->rows.first + call->rows.count) * s->ow; p++)
        for (int o = 0; o < s->k; o++) {
            int64_t product, codes;
            window_sums(&product, &codes, call->codes, call->packed, s, p / s->ow, p % s->ow, o);
            const double gamma = e->gamma[(size_t)p * e->gamma_stride + o];
            const double affine = fma(e->alpha[o], (double)product, fma(e->beta[o], (double)codes, gamma));
            const float value = (float)affine;
            call->y[(size_t)p * s->k + o] = value;
            if (call->notes.at) conv_notes_add(call->notes, s->k, o, value);
        }
}

/* acc[o] += code * (e[first + o] - half). */
VECTORS static void add_scaled(int64_t *acc, int32_t code, struct codes e, size_t first, int half, int k)
{
    if (code_bytes(e.bits) == 1)
        for (int o = 0; o < k; o++)
            acc[o] += code * (((const uint8_t *)e.data)[first + o] - half);
    else
        for (int o = 0; o < k; o++)
            acc[o] += (int64_t)code * (((const uint16_t *)e.data)[first + o] - half);
}

/* One pixel of an image of e, at (oy, ox), with every tap. */
static void add_pixel(const struct conv_int_weights_call *call, int image, int oy, int ox)
{
    const struct conv_shape *const s = call->shape;
    const size_t x_first = (size_t)image * s->h * s->w * s->c;
    const size_t e_first = (((size_t)image * s->oh + oy) * s->ow + ox) * s->k;
    const int cg = s->c / s->groups, kg = s->k / s->groups, half = 1 << (call->e.bits - 1);

    for (int tap = 0; tap < s->kernel * s->kernel; tap++) {
        const int64_t pixel = input_pixel(s, oy, ox, tap / s->kernel, tap % s->kernel);
        for (int c = 0; pixel >= 0 && c < s->c; c++) {
            const int o = c / cg * kg;
            int64_t *const row = call->acc + ((size_t)tap * cg + c % cg) * s->k;
            add_scaled(row + o, code_at(call->x, x_first + pixel * s->c + c), call->e, e_first + o, half, kg);
        }
    }
}

void ref_int_weights(const struct kernels *k, const struct conv_int_weights_call *call)
{
    const struct conv_rows rows = call->rows;

    (void)k;
    for (int n = 0; n < call->images; n++)
        for (int oy = rows.first; oy < rows.first + rows.count; oy++)
            for (int ox = 0; ox < call->shape->ow; ox++)
                add_pixel(call, n, oy, ox);
}

/* --- binary32: a tap in the padding takes part as +0 ------------------------------------------------- */

/* sum[i] = fma(v, w[i], sum[i]). */
VECTORS void ref_add_multiple(float *sum, float v, const float *w, int n)
{
    for (int i = 0; i < n; i++)
        sum[i] = fmaf(v, w[i], sum[i]);
}

/* [kernel][kernel][c/groups][k]: the filters side by side. */
void ref_float_pack(void *packed, const float *w, const struct conv_shape *s, struct conv_part part)
{
    const size_t length = conv_length(s);
    float *const out = packed;

    for (size_t i = 0; i < length; i++)
        for (int o = conv_part_begin(part, s->k); o < conv_part_end(part, s->k); o++)
            out[i * s->k + o] = w[o * length + i];
}

void ref_float_forward(const struct kernels *k, const struct conv_forward_call *call)
{
    const struct conv_shape *const s = call->shape;
    const struct conv_rows rows = call->rows;
    const int cg = s->c / s->groups, kg = s->k / s->groups;

    (void)k;
    if (call->notes.at) conv_notes_clear(call->notes.at, s->k);
    for (int p = rows.first * s->ow; p < (rows.first + rows.count) * s->ow; p++) {
        float *const out = call->y + (size_t)p * s->k;
        memset(out, 0, (size_t)s->k * sizeof *out);
        for (int tap = 0; tap < s->kernel * s->kernel; tap++) {
            const int64_t pixel = input_pixel(s, p / s->ow, p % s->ow, tap / s->kernel, tap % s->kernel);
            for (int c = 0; c < s->c; c++) {
                const float *const w = (const float *)call->packed + ((size_t)tap * cg + c % cg) * s->k;
                const float x = pixel < 0 ? 0.0f : call->x[pixel * s->c + c];
                ref_add_multiple(out + c / cg * kg, x, w + c / cg * kg, kg);
            }
        }
        for (int o = 0; call->notes.at && o < s->k; o++)
            conv_notes_add(call->notes, s->k, o, out[o]);
    }
}

/* [k][kernel][kernel][c/groups], as given. */
void ref_float_pack_data(void *packed, const float *w, const struct conv_shape *s, struct conv_part part)
{
    const size_t first = conv_part_begin(part, s->k) * conv_length(s);
    const size_t end = conv_part_end(part, s->k) * conv_length(s);

    if (conv_data_is_winograd(s))
        ref_winograd_pack(packed, w, s, part);
    else
        memcpy((float *)packed + first, w + first, (end - first) * sizeof *w);
}

/* One pixel of dx. A tap belongs to it if its distance to the output grid is a multiple of the stride; output
 * rows ascend as ky descends. */
static void data_pixel(float *sum, const struct conv_data_call *call, int iy, int ix)
{
    const struct conv_shape *const s = call->shape;
    const float *const w = call->packed;
    const int cg = s->c / s->groups, kg = s->k / s->groups;

    for (int ky = s->kernel - 1; ky >= 0; ky--)
        for (int kx = s->kernel - 1; kx >= 0; kx--) {
            const int ty = iy + s->pad - ky, tx = ix + s->pad - kx;
            if (ty % s->stride != 0 || tx % s->stride != 0) continue;
            const int oy = ty / s->stride, ox = tx / s->stride;
            const bool inside = oy >= 0 && oy < s->oh && ox >= 0 && ox < s->ow;
            for (int o = 0; o < s->k; o++)
                ref_add_multiple(sum + o / kg * cg,
                                 inside ? call->dy[((size_t)oy * s->ow + ox) * s->k + o] : 0.0f,
                                 w + weight_index(s, o, ky, kx), cg);
        }
}

void ref_float_data(const struct kernels *k, const struct conv_data_call *call)
{
    const struct conv_shape *const s = call->shape;
    const struct conv_rows rows = call->rows;
    float *const sum = call->scratch;

    (void)k;
    if (conv_data_is_winograd(s)) {
        ref_winograd_data(call);
        return;
    }
    for (int p = rows.first * s->w; p < (rows.first + rows.count) * s->w; p++) {
        memset(sum, 0, (size_t)s->c * sizeof *sum);
        data_pixel(sum, call, p / s->w, p % s->w);
        for (int c = 0; c < s->c; c++) {
            float *const out = &call->dx[(size_t)p * s->c + c];
            *out = call->add ? *out + sum[c] : sum[c];
        }
    }
}

void ref_float_weights(const struct kernels *k, const struct conv_float_weights_call *call)
{
    const struct conv_shape *const s = call->shape;
    const int cg = s->c / s->groups, kg = s->k / s->groups;
    float *const sum = call->scratch;

    (void)k;
    for (int tap = 0; tap < s->kernel * s->kernel; tap++)
        for (int c = 0; c < s->c; c++) {
            const int first = c / cg * kg;
            memset(sum, 0, (size_t)kg * sizeof *sum);
            for (int p = 0; p < s->oh * s->ow; p++) {
                const int64_t pixel = input_pixel(s, p / s->ow, p % s->ow, tap / s->kernel, tap % s->kernel);
                const float x = pixel < 0 ? 0.0f : call->x[pixel * s->c + c];
                ref_add_multiple(sum, x, call->dy + (size_t)p * s->k + first, kg);
            }
            for (int o = 0; o < kg; o++)
                call->acc[((size_t)tap * cg + c % cg) * s->k + first + o] += sum[o];
        }
}
