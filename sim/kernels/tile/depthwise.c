/* sim/kernels/tile/depthwise.c - depthwise convolution: one filter a channel, so vectors run over channels.
 *
 * A tile would use one of its 16 lanes. Here a window is kernel * kernel vectors of neighbouring channels,
 * multiplied by vectors of weights; the backward products are the same on dy and, for weights, on the
 * operands of tile/weights.c. Integers take 32-bit sums; the wider paths stay with the tiles.
 */
#include "sim/kernels/tile/pad.h"
#include "sim/kernels/tile/tile.h"

size_t tile_depthwise_scratch_bytes(const struct conv_shape *s)
{
    return tile_padded_bytes(s->h + 2 * s->pad, s->w + 2 * s->pad, s->c);
}

/* w[c][taps] to [blocks][taps][16]; channels that do not exist are 0. */
#define DEFINE_PACK(name, in_type, out_type)                                                                 \
    void name(void *packed, const in_type *w, const struct conv_shape *s)                                    \
    {                                                                                                        \
        const int taps = s->kernel * s->kernel;                                                              \
        out_type *out = packed;                                                                              \
        for (int b = 0; b < blocks_of(s->c); b++)                                                            \
            for (int tap = 0; tap < taps; tap++)                                                             \
                for (int c = b * TILE_LANES; c < (b + 1) * TILE_LANES; c++)                                  \
                    *out++ = c < s->c ? w[(ptrdiff_t)c * taps + tap] : 0;                                    \
    }

DEFINE_PACK(tile_depthwise_int_pack, int16_t, int32_t)
DEFINE_PACK(tile_depthwise_float_pack, float, float)

static struct tile_job forward_job(const struct conv_shape *s, struct conv_rows rows, struct padded x,
                                   size_t size)
{
    return (struct tile_job){.source = (const char *)x.data + rows.first * s->stride * x.pitch * size,
                             .across = (ptrdiff_t)s->stride * s->c,
                             .down = s->stride * x.pitch,
                             .width = s->ow,
                             .pixels = rows.count * s->ow,
                             .pitch = x.pitch,
                             .rows = s->kernel,
                             .segment = s->kernel,
                             .tap = s->c,
                             .y_across = s->k,
                             .y_down = (ptrdiff_t)s->ow * s->k};
}

/* One run per block of channels, from output `at` of the image on. */
static void run_blocks(void (*run)(const struct tile_job *), struct tile_job job, const struct conv_shape *s,
                       ptrdiff_t at, size_t element, float *y, struct conv_notes notes, const void *packed,
                       const struct conv_epilogue *e)
{
    const char *const source = job.source;

    for (int first = 0; first < s->c; first += TILE_LANES) {
        job.source = source + first * element;
        job.weights = (const char *)packed + (size_t)first * s->kernel * s->kernel * 4;
        job.lanes = s->c - first < TILE_LANES ? s->c - first : TILE_LANES;
        job.y = y + at * s->k + first;
        job.notes = (struct conv_notes){notes.at ? notes.at + first : NULL, notes.ends};
        job.notes_pitch = s->k;
        if (e) {
            job.alpha = e->alpha + first;
            job.beta = e->beta + first;
            job.gamma = e->gamma + at * e->gamma_stride + first;
            job.gamma_stride = e->gamma_stride;
        }
        run(&job);
    }
}

void tile_depthwise_int_forward(const struct tile_isa *isa, float *y, struct conv_notes notes, struct codes x,
                                const void *packed, const struct conv_shape *s, struct conv_rows rows,
                                const struct conv_epilogue *e, void *scratch)
{
    const bool bytes = x.bits <= 8;
    const struct pad all = pad_input(x.data, bytes ? ELEMENT_U8 : ELEMENT_U16_S16, s, 0, s->c);
    const struct padded image = tile_pad(scratch, &all);

    run_blocks(bytes ? isa->depthwise_u8 : isa->depthwise_s16,
               forward_job(s, rows, image, code_bytes(x.bits)), s, (ptrdiff_t)rows.first * s->ow,
               code_bytes(x.bits), y, notes, packed, e);
}

void tile_depthwise_float_forward(const struct tile_isa *isa, float *y, struct conv_notes notes,
                                  const float *x, const void *packed, const struct conv_shape *s,
                                  struct conv_rows rows, void *scratch)
{
    const struct pad all = pad_input(x, ELEMENT_F32, s, 0, s->c);
    const struct padded image = tile_pad(scratch, &all);

    run_blocks(isa->depthwise_f32, forward_job(s, rows, image, sizeof(float)), s,
               (ptrdiff_t)rows.first * s->ow, sizeof(float), y, notes, packed, NULL);
}
