/* sim/kernels/tile/data.c - backward-data convolution: the forward tiles on the errors, once per phase of the
 * stride.
 * 3x3 filters of stride 1 go to tile/winograd.c.
 *
 * Input pixel i meets the taps ky = r + stride m with r = (i + pad) mod stride, and then output row
 * (i + pad) / stride - m. So the pixels of one phase (ry, rx) form a small dense convolution of dy without
 * stride, whose taps are every stride-th weight, reversed: output rows ascend as m descends.
 */
#include "sim/kernels/tile/pad.h"
#include "sim/kernels/tile/winograd.h"

/* One dimension of one phase. */
struct phase {
    int taps;  /* m = 0 .. taps - 1 */
    int first; /* smallest input pixel of the phase */
    int count; /* how many, `stride` apart */
    int out;   /* (first + pad) / stride: output of tap m = 0 at the first pixel */
};

static struct phase phase_make(const struct conv_shape *s, int r, int size)
{
    const int first = ((r - s->pad) % s->stride + s->stride) % s->stride;

    return (struct phase){.taps = r < s->kernel ? (s->kernel - r + s->stride - 1) / s->stride : 0,
                          .first = first,
                          .count = first < size ? (size - first + s->stride - 1) / s->stride : 0,
                          .out = (first + s->pad) / s->stride};
}

/* The part of a phase that lies in these rows. */
static struct phase phase_within(struct phase y, int stride, struct conv_rows rows)
{
    const int end = y.first + y.count * stride, last = rows.first + rows.count;
    const int skip = rows.first > y.first ? (rows.first - y.first + stride - 1) / stride : 0;
    const int first = y.first + skip * stride, beyond = end < last ? end : last;

    y.first = first;
    y.out += skip;
    y.count = beyond > first ? (beyond - first + stride - 1) / stride : 0;
    return y;
}

/* Zeros needed before and behind dy, so that no phase reads beyond. */
static int border_before(const struct conv_shape *s)
{
    return (s->kernel - 1) / s->stride;
}

static int border_behind(const struct conv_shape *s, int size, int out)
{
    const int last = (size - 1 + s->pad) / s->stride;
    return last > out - 1 ? last - (out - 1) : 0;
}

size_t tile_data_packed_bytes(const struct conv_shape *s)
{
    const int blocks = s->groups * blocks_of(s->c / s->groups);

    if (conv_data_is_winograd(s)) return winograd_packed_bytes(s);
    return (size_t)blocks * TILE_LANES * s->kernel * s->kernel * (s->k / s->groups) * sizeof(float);
}

size_t tile_data_scratch_bytes(const struct conv_shape *s)
{
    if (conv_data_is_winograd(s)) return winograd_scratch_bytes(s);
    return tile_padded_bytes(border_before(s) + s->oh + border_behind(s, s->h, s->oh),
                             border_before(s) + s->ow + border_behind(s, s->w, s->ow),
                             tile_is_depthwise(s) ? s->k : s->k / s->groups);
}

/* A group's errors, or all if depthwise, in borders of zeros. */
static struct padded pad_errors(const struct conv_data_call *call, int group)
{
    const struct conv_shape *const s = call->shape;
    const int filters = tile_is_depthwise(s) ? s->k : s->k / s->groups;
    const struct pad p = {.image = call->dy,
                          .element = ELEMENT_F32,
                          .h = s->oh,
                          .w = s->ow,
                          .c = s->k,
                          .first = group * filters,
                          .count = filters,
                          .top = border_before(s),
                          .bottom = border_behind(s, s->h, s->oh),
                          .left = border_before(s),
                          .right = border_behind(s, s->w, s->ow)};

    return tile_pad(call->scratch, &p);
}

/* Depthwise: vectors run over channels, each of which is its own filter. Otherwise over a group's
 * channels. */
static int block_count(const struct conv_shape *s)
{
    return tile_is_depthwise(s) ? blocks_of(s->c) : s->groups * blocks_of(s->c / s->groups);
}

/* Filters that one tap of one block runs through. */
static int block_filters(const struct conv_shape *s)
{
    return tile_is_depthwise(s) ? 1 : s->k / s->groups;
}

/* Weight of filter i of block b's group at a tap, for the block's lane-th channel. */
static float weight_at(const float *w, const struct conv_shape *s, int b, int i, int lane, int ky, int kx)
{
    const int cg = s->c / s->groups, kg = s->k / s->groups, blocks = blocks_of(cg);
    const int c = tile_is_depthwise(s) ? 0 : b % blocks * TILE_LANES + lane;
    const int o = tile_is_depthwise(s) ? b * TILE_LANES + lane : b / blocks * kg + i;

    return c < cg && o < s->k ? w[(((size_t)o * s->kernel + ky) * s->kernel + kx) * cg + c] : 0.0f;
}

/* The part's blocks of one phase: [blocks][taps y][taps x][filters][16]. Returns the next phase's place. */
static float *pack_phase(float *out, const float *w, const struct conv_shape *s, int ry, int rx,
                         struct conv_part part)
{
    const int blocks = block_count(s), ty = phase_make(s, ry, s->h).taps, tx = phase_make(s, rx, s->w).taps;
    const size_t each = (size_t)ty * tx * block_filters(s) * TILE_LANES;

    for (int b = conv_part_begin(part, blocks); b < conv_part_end(part, blocks); b++) {
        float *at = out + b * each;
        for (int my = ty; my-- > 0;)
            for (int mx = tx; mx-- > 0;)
                for (int i = 0; i < block_filters(s); i++)
                    for (int lane = 0; lane < TILE_LANES; lane++)
                        *at++ = weight_at(w, s, b, i, lane, ry + s->stride * my, rx + s->stride * mx);
    }
    return out + blocks * each;
}

/* [phase ry][phase rx][blocks][taps y][taps x][filters][16] */
void tile_float_pack_data(void *packed, const float *w, const struct conv_shape *s, struct conv_part part)
{
    float *out = packed;

    if (conv_data_is_winograd(s)) {
        winograd_pack(packed, w, s, part);
        return;
    }
    for (int ry = 0; ry < s->stride; ry++)
        for (int rx = 0; rx < s->stride; rx++)
            out = pack_phase(out, w, s, ry, rx, part);
}

/* All pixels of one phase, for one group, or for all channels if depthwise. A phase without taps has empty
 * windows: its sums are +0. */
static void run_phase(const struct tile_isa *isa, const struct conv_data_call *call, struct padded dy,
                      const float *weights, int group, struct phase y, struct phase x)
{
    const struct conv_shape *const s = call->shape;
    const bool depthwise = tile_is_depthwise(s);
    const int channels = depthwise ? s->c : s->c / s->groups, filters = depthwise ? s->k : s->k / s->groups;
    const ptrdiff_t top = border_before(s) + y.out - (y.taps > 0 ? y.taps - 1 : 0);
    const ptrdiff_t left = border_before(s) + x.out - (x.taps > 0 ? x.taps - 1 : 0);
    const float *const source = (const float *)dy.data + top * dy.pitch + left * filters;
    struct tile_job job = {.across = filters,
                           .down = dy.pitch,
                           .width = x.count,
                           .pixels = x.count * y.count,
                           .pitch = dy.pitch,
                           .rows = y.taps,
                           .segment = depthwise ? x.taps : x.taps * filters,
                           .tap = filters,
                           .y_across = (ptrdiff_t)s->stride * s->c,
                           .y_down = (ptrdiff_t)s->stride * s->w * s->c,
                           .add = call->add};

    for (int b = 0; b < blocks_of(channels); b++) {
        const int remaining = channels - b * TILE_LANES;
        job.source = depthwise ? source + b * TILE_LANES : source;
        job.weights = weights;
        job.lanes = remaining < TILE_LANES ? remaining : TILE_LANES;
        job.y = call->dx + ((ptrdiff_t)y.first * s->w + x.first) * s->c + group * channels + b * TILE_LANES;
        (depthwise ? isa->depthwise_f32 : isa->forward_f32)(&job);
        weights += (ptrdiff_t)y.taps * x.taps * block_filters(s) * TILE_LANES;
    }
}

void tile_float_data(const struct kernels *k, const struct conv_data_call *call)
{
    const struct conv_shape *const s = call->shape;
    const int groups = tile_is_depthwise(s) ? 1 : s->groups;
    const ptrdiff_t each_tap = (ptrdiff_t)(block_count(s) / groups) * block_filters(s) * TILE_LANES;

    if (conv_data_is_winograd(s)) {
        winograd_data(k->isa, call);
        return;
    }
    for (int g = 0; g < groups; g++) {
        const float *weights = call->packed;
        const struct padded errors = pad_errors(call, g);
        for (int ry = 0; ry < s->stride; ry++)
            for (int rx = 0; rx < s->stride; rx++) {
                const struct phase y = phase_make(s, ry, s->h), x = phase_make(s, rx, s->w);
                const ptrdiff_t group_weights = y.taps * x.taps * each_tap;
                run_phase(k->isa, call, errors, weights + g * group_weights, g,
                          phase_within(y, s->stride, call->rows), x);
                weights += groups * group_weights;
            }
    }
}
