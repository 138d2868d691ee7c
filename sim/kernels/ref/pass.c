/* sim/kernels/ref/pass.c - the plain meaning of the elementwise passes of kernels.h, and the row `ref`. */
#include "sim/kernels/ref/ref.h"

#include <math.h>

static bool any_cpu(void)
{
    return true;
}

struct range ref_range(const float *x, size_t n)
{
    return range_normal(affine_range_of(x, n));
}

/* Code i of x; returns whether the clamp moved it. */
static bool encode_one(void *codes, size_t i, float x, const struct affine *q, float noise)
{
    const float t = (x + (0.0f - q->zero)) / q->scale, code = affine_code(q, x, noise);

    if (q->bits <= 8)
        ((uint8_t *)codes)[i] = (uint8_t)code;
    else
        ((uint16_t *)codes)[i] = (uint16_t)code;
    return t < -0.5f || t > q->top + 0.5f;
}

size_t ref_encode(void *codes, const float *x, size_t n, const struct affine *q,
                  const struct random_name *noise, uint64_t first)
{
    size_t clipped = 0;

    for (size_t i = 0; i < n; i++)
        clipped += encode_one(codes, i, x[i], q, noise ? affine_noise(*noise, first + i) : 0.0f);
    return clipped;
}

void ref_decode(float *x, struct codes codes, size_t n, const struct affine *q)
{
    for (size_t i = 0; i < n; i++)
        x[i] = affine_value(q, (float)code_at(codes, i));
}

struct range ref_norm_forward(const struct norm_forward_call *call)
{
    const size_t n = call->pixels * call->c;

    for (size_t i = 0; i < n; i++) {
        float z = fmaf(call->y[i], call->scale[i % call->c], call->shift[i % call->c]);
        if (call->residual) z += call->residual[i];
        if (i % 8 == 0) call->positive[i / 8] = 0;
        call->positive[i / 8] |= (uint8_t)((z > 0) << i % 8);
        call->a[i] = call->relu && z <= 0 ? 0.0f : z;
    }
    return ref_range(call->a, n);
}

size_t ref_norm_encode_part(const struct norm_encode_call *call, size_t begin, size_t end)
{
    const bool capped = call->ceiling < INFINITY;
    size_t clipped = 0;

    for (size_t i = begin; i < end; i++) {
        const float z = fmaf(call->y[i], call->scale[i % call->c], call->shift[i % call->c]);
        const float low = call->relu && z <= 0 ? 0.0f : z;
        const bool above = capped && z >= call->ceiling;
        if (i % 8 == 0) call->positive[i / 8] = 0;
        call->positive[i / 8] |= (uint8_t)((z > 0 && !above) << i % 8);
        clipped += encode_one(call->codes, i, above ? call->ceiling : low, call->q, 0.0f);
    }
    return clipped;
}

size_t ref_norm_encode(const struct norm_encode_call *call)
{
    return ref_norm_encode_part(call, 0, call->pixels * call->c);
}

/* The error behind the ReLU. */
static float masked(const struct norm_errors *e, size_t i)
{
    return !e->positive || e->positive[i / 8] >> i % 8 & 1 ? e->dy[i] : 0.0f;
}

void ref_norm_sums(double *sums, const struct norm_errors *e)
{
    const int c = e->c;

    for (int i = 0; i < 2 * c; i++)
        sums[i] = 0;
    for (size_t i = 0; i < e->pixels * c; i++) {
        const float d = masked(e, i), centered = e->y[i] - e->mean[i % c];
        sums[i % c] += d;
        sums[c + i % c] += (double)d * centered;
    }
}

struct range ref_norm_backward(const struct norm_backward_call *call)
{
    const struct norm_errors *const e = &call->e;
    const int c = e->c;

    for (size_t i = 0; i < e->pixels * c; i++) {
        const float d = masked(e, i), centered = e->y[i] - e->mean[i % c];
        call->dx[i] = fmaf(call->ka[i % c], d, fmaf(call->kb[i % c], centered, call->kc[i % c]));
        if (call->dresidual) call->dresidual[i] = call->add ? call->dresidual[i] + d : d;
    }
    return ref_range(call->dx, e->pixels * c);
}

const struct kernels kernels_ref = {
    .name = "ref",
    .needs = "nothing",
    .available = any_cpu,
    .range = ref_range,
    .encode = ref_encode,
    .decode = ref_decode,
    .conv_packed_bytes = ref_packed_bytes,
    .conv_scratch_bytes = ref_scratch_bytes,
    .conv_int_pack = ref_int_pack,
    .conv_int_forward = ref_int_forward,
    .conv_int_weights = ref_int_weights,
    .conv_float_pack = ref_float_pack,
    .conv_float_pack_data = ref_float_pack_data,
    .conv_float_forward = ref_float_forward,
    .conv_float_data = ref_float_data,
    .conv_float_weights = ref_float_weights,
    .norm_forward = ref_norm_forward,
    .norm_encode = ref_norm_encode,
    .norm_sums = ref_norm_sums,
    .norm_backward = ref_norm_backward,
};
