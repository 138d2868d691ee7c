/* sim/kernels/tile/forward.c - forward convolution by register tiles: borders, packing, window sums,
 * filter blocks. */
#include "sim/kernels/tile/forward.h"

/* The group's channels of an image, bordered; the image itself where it already looks like that. */
static struct padded pad_group(void *scratch, const void *x, enum element e, const struct conv_shape *s,
                               int group)
{
    const int cg = s->c / s->groups;

    if (s->pad == 0 && s->groups == 1 &&
        (e == ELEMENT_F32 || ((e == ELEMENT_U8 || e == ELEMENT_U16_S16) && cg % TILE_ALIGNED == 0)))
        return (struct padded){x, (ptrdiff_t)s->w * s->c, 0};
    const struct pad part = pad_input(x, e, s, group * cg, cg);
    return tile_pad(scratch, &part);
}

/* --- memory ------------------------------------------------------------------------------------------ */

/* Bytes of one block of packed weights: each multiply-add takes 4 bytes per filter, in every type. */
static size_t block_bytes(const struct conv_shape *s, int pack)
{
    const size_t segment = (size_t)s->kernel * (s->c / s->groups);
    return s->kernel * (round_up(segment, pack) / pack) * TILE_LANES * 4;
}

size_t tile_forward_packed_bytes(const struct conv_shape *s)
{
    return s->groups * blocks_of(s->k / s->groups) * block_bytes(s, 1);
}

static size_t pixels_of(const struct conv_shape *s)
{
    return (size_t)(s->h + 2 * s->pad) * (s->w + 2 * s->pad);
}

/* Scratch of a forward call: the window sums, room for the pixel sums behind them, the bordered image. */
static size_t window_bytes(const struct conv_shape *s)
{
    return round_up(((size_t)s->oh * s->ow + TILE_LANES) * sizeof(double), 64);
}

static size_t room_bytes(const struct conv_shape *s)
{
    return round_up((pixels_of(s) + 2 * (size_t)(s->w + 2 * s->pad + TILE_LANES)) * sizeof(int64_t), 64);
}

size_t tile_forward_scratch_bytes(const struct conv_shape *s)
{
    return window_bytes(s) + room_bytes(s) +
           tile_padded_bytes(s->h + 2 * s->pad, s->w + 2 * s->pad, s->c / s->groups);
}

/* --- packing ----------------------------------------------------------------------------------------- */

/* NOLINTBEGIN(bugprone-macro-parentheses): a type can have none */
/* w[k][kernel][segment] to [groups * blocks][kernel][segment / pack][16][pack]; what does not exist is 0. */
#define DEFINE_PACK(name, in_type, out_type, pack)                                                           \
    static void name(out_type *restrict out, const in_type *restrict w, const struct conv_shape *s,          \
                     struct conv_part part)                                                                  \
    {                                                                                                        \
        const int segment = s->kernel * (s->c / s->groups), kg = s->k / s->groups;                           \
        const int rows = s->groups * blocks_of(kg) * s->kernel, first = conv_part_begin(part, rows);         \
        out += (size_t)first * round_up(segment, pack) * TILE_LANES;                                         \
        for (int i = first; i < conv_part_end(part, rows); i++)                                              \
            for (int j = 0; j < segment; j += (pack))                                                        \
                for (int lane = 0; lane < TILE_LANES; lane++)                                                \
                    for (int t = 0; t < (pack); t++) {                                                       \
                        const int b = i / s->kernel, o = b % blocks_of(kg) * TILE_LANES + lane;              \
                        const size_t row = (size_t)(b / blocks_of(kg) * kg + o) * s->kernel + i % s->kernel; \
                        *out++ = o < kg && j + t < segment ? (out_type)w[row * segment + j + t] : 0;         \
                    }                                                                                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

DEFINE_PACK(pack_i8, int16_t, int8_t, 4)
DEFINE_PACK(pack_i16, int16_t, int16_t, 2)
DEFINE_PACK(pack_f32, float, float, 1)

void tile_int_pack(void *packed, const int16_t *w, const struct conv_shape *s, enum conv_path path,
                   struct conv_part part)
{
    if (tile_depthwise_takes(s, path))
        tile_depthwise_int_pack(packed, w, s, part);
    else if (path == CONV_PATH_I8)
        pack_i8(packed, w, s, part);
    else
        pack_i16(packed, w, s, part);
}

void tile_float_pack(void *packed, const float *w, const struct conv_shape *s, struct conv_part part)
{
    if (tile_is_depthwise(s))
        tile_depthwise_float_pack(packed, w, s, part);
    else
        pack_f32(packed, w, s, part);
}

/* --- forward ----------------------------------------------------------------------------------------- */

/* Sum of the codes of one pixel of a wide image. */
static int64_t pixel_sum(struct padded x, ptrdiff_t pixel, int channels)
{
    const int16_t *const upper = (const int16_t *)x.data + pixel * channels;
    int64_t sum = 0;

    for (int c = 0; c < channels; c++)
        sum += x.low ? 2 * upper[c] + upper[x.low + c] : upper[c];
    return sum;
}

/* window[p] = sum of the codes under output p's window, where 32 bits may not hold it. */
static void wide_window_sums(double *window, int64_t *pixel, struct padded x, const struct conv_shape *s)
{
    const int width = s->w + 2 * s->pad;

    for (size_t i = 0; i < pixels_of(s); i++)
        pixel[i] = pixel_sum(x, (ptrdiff_t)i, s->c / s->groups);
    for (int oy = 0; oy < s->oh; oy++)
        for (int ox = 0; ox < s->ow; ox++) {
            const int64_t *const top = pixel + (ptrdiff_t)oy * s->stride * width + ox * s->stride;
            int64_t sum = 0;
            for (int ky = 0; ky < s->kernel; ky++)
                for (int kx = 0; kx < s->kernel; kx++)
                    sum += top[ky * width + kx];
            *window++ = (double)sum;
        }
}

/* One run per block of filters of this group; `job` knows the rest. */
static void run_blocks(void (*run)(const struct tile_job *), struct tile_job *job,
                       const struct conv_forward_call *call, int group, int pack)
{
    const struct conv_shape *const s = call->shape;
    const int kg = s->k / s->groups, blocks = blocks_of(kg);

    job->segment = (int)round_up((size_t)s->kernel * (s->c / s->groups), pack);
    for (int b = 0; b < blocks; b++) {
        job->weights = (const char *)call->packed + (size_t)(group * blocks + b) * block_bytes(s, pack);
        forward_job_filters(job, call, group * kg + b * TILE_LANES, (group + 1) * kg);
        run(job);
    }
}

/* The tiles that compute a path, and the multiply-adds that their accumulators hold. */
static void run_path(const struct tile_isa *isa, struct tile_job *job, const struct conv_forward_call *call,
                     int group)
{
    const int bits = call->codes.bits;

    switch (call->path) {
    case CONV_PATH_I8:
        job->flush = conv_pairs_i16(bits, call->w_bits);
        run_blocks(isa->forward_i8, job, call, group, 4);
        break;
    case CONV_PATH_I16:
        run_blocks(isa->forward_i16, job, call, group, 2);
        break;
    case CONV_PATH_I16_64:
    case CONV_PATH_I64:
        job->flush = conv_pairs_i32(bits == 16 ? 15 : bits, call->w_bits);
        run_blocks(isa->forward_i16_64, job, call, group, 2);
        break;
    }
}

void tile_int_forward(const struct kernels *k, const struct conv_forward_call *call)
{
    const struct conv_shape *const s = call->shape;
    const bool narrow = call->path == CONV_PATH_I8 || call->path == CONV_PATH_I16;
    const enum element element = tile_element(call->codes.bits, call->path);
    double *const window = call->scratch;
    void *const room = (char *)call->scratch + window_bytes(s);
    void *const image = (char *)room + room_bytes(s);

    if (call->notes.at) conv_notes_clear(call->notes.at, s->k);
    if (tile_depthwise_takes(s, call->path)) {
        tile_depthwise_int_forward(k->isa, call);
        return;
    }
    for (int g = 0; g < s->groups; g++) {
        const struct padded x = pad_group(image, call->codes.data, element, s, g);
        struct tile_job job = forward_job(call, x, tile_element_bytes(element), s->c / s->groups);
        job.window = window + (ptrdiff_t)call->rows.first * s->ow;
        if (narrow)
            k->isa->window_sums(window, room, x.data, element == ELEMENT_U8, s);
        else
            wide_window_sums(window, room, x, s);
        run_path(k->isa, &job, call, g);
    }
}

void tile_float_forward(const struct kernels *k, const struct conv_forward_call *call)
{
    const struct conv_shape *const s = call->shape;

    if (call->notes.at) conv_notes_clear(call->notes.at, s->k);
    if (tile_is_depthwise(s)) {
        tile_depthwise_float_forward(k->isa, call);
        return;
    }
    for (int g = 0; g < s->groups; g++) {
        const struct padded x = pad_group(call->scratch, call->x, ELEMENT_F32, s, g);
        struct tile_job job = forward_job(call, x, sizeof(float), s->c / s->groups);
        run_blocks(k->isa->forward_f32, &job, call, g, 1);
    }
}
