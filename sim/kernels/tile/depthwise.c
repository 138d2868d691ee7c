/* sim/kernels/tile/depthwise.c - depthwise convolution: one filter a channel, so vectors run over channels.
 *
 * A tile would use one of its 16 lanes. Here a window is kernel * kernel vectors of neighbouring channels,
 * multiplied by vectors of weights; the backward products are the same on dy and, for weights, on the
 * operands of tile/weights.c. Integers take 32-bit sums; the wider paths stay with the tiles.
 */
#include "sim/kernels/tile/forward.h"

size_t tile_depthwise_scratch_bytes(const struct conv_shape *s)
{
    return tile_padded_bytes(s->h + 2 * s->pad, s->w + 2 * s->pad, s->c);
}

/* NOLINTBEGIN(bugprone-macro-parentheses): a type can have none */
/* w[c][taps] to [blocks][taps][16]; channels that do not exist are 0. */
#define DEFINE_PACK(name, in_type, out_type)                                                                 \
    void name(void *packed, const in_type *w, const struct conv_shape *s, struct conv_part part)             \
    {                                                                                                        \
        const int taps = s->kernel * s->kernel, rows = blocks_of(s->c) * taps;                               \
        const int first = conv_part_begin(part, rows);                                                       \
        out_type *out = (out_type *)packed + (ptrdiff_t)first * TILE_LANES;                                  \
        for (int i = first; i < conv_part_end(part, rows); i++)                                              \
            for (int c = i / taps * TILE_LANES; c < (i / taps + 1) * TILE_LANES; c++)                        \
                *out++ = c < s->c ? w[(ptrdiff_t)c * taps + i % taps] : 0;                                   \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

DEFINE_PACK(tile_depthwise_int_pack, int16_t, int32_t)
DEFINE_PACK(tile_depthwise_float_pack, float, float)

/* The call's input x, bordered, and one run per block of channels. */
static void run_blocks(void (*run)(const struct tile_job *), const struct conv_forward_call *call,
                       const void *x, enum element element)
{
    const struct conv_shape *const s = call->shape;
    const size_t size = tile_element_bytes(element);
    const struct pad all = pad_input(x, element, s, 0, s->c);
    struct tile_job job = forward_job(call, tile_pad(call->scratch, &all), size, s->c);
    const char *const source = job.source;

    job.segment = s->kernel;
    job.tap = s->c;
    for (int first = 0; first < s->c; first += TILE_LANES) {
        job.source = source + first * size;
        job.weights = (const char *)call->packed + (size_t)first * s->kernel * s->kernel * 4;
        forward_job_filters(&job, call, first, s->c);
        run(&job);
    }
}

void tile_depthwise_int_forward(const struct tile_isa *isa, const struct conv_forward_call *call)
{
    if (call->codes.bits <= 8)
        run_blocks(isa->depthwise_u8, call, call->codes.data, ELEMENT_U8);
    else
        run_blocks(isa->depthwise_s16, call, call->codes.data, ELEMENT_U16_S16);
}

void tile_depthwise_float_forward(const struct tile_isa *isa, const struct conv_forward_call *call)
{
    run_blocks(isa->depthwise_f32, call, call->x, ELEMENT_F32);
}
