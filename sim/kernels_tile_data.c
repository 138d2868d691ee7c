/* sim/kernels_tile_data.c - backward-data convolution: the forward tiles on the errors, once per phase of the
 * stride.
 *
 * Input pixel i meets the taps ky = r + stride m with r = (i + pad) mod stride, and then output row
 * (i + pad) / stride - m. So the pixels of one phase (ry, rx) form a small dense convolution of dy without
 * stride, whose taps are every stride-th weight, reversed: output rows ascend as m descends.
 */
#include "sim/kernels_tile.h"

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

size_t tile_data_scratch_bytes(const struct conv_shape *s)
{
    return tile_padded_bytes(border_before(s) + s->oh + border_behind(s, s->h, s->oh),
                             border_before(s) + s->ow + border_behind(s, s->w, s->ow), s->k / s->groups);
}

/* One tap of one block of input channels: [filters of the group][16 channels]. */
static float *pack_tap(float *out, const float *w, const struct conv_shape *s, int group, int block, int ky,
                       int kx)
{
    const int cg = s->c / s->groups, kg = s->k / s->groups;

    for (int o = group * kg; o < (group + 1) * kg; o++)
        for (int lane = 0; lane < TILE_LANES; lane++) {
            const int c = block * TILE_LANES + lane;
            *out++ = c < cg ? w[(((size_t)o * s->kernel + ky) * s->kernel + kx) * cg + c] : 0.0f;
        }
    return out;
}

/* [phase ry][phase rx][groups * blocks][taps y][taps x][filters of the group][16] */
void tile_float_pack_data(void *packed, const float *w, const struct conv_shape *s)
{
    const int blocks = blocks_of(s->c / s->groups);
    float *out = packed;

    for (int ry = 0; ry < s->stride; ry++)
        for (int rx = 0; rx < s->stride; rx++)
            for (int b = 0; b < s->groups * blocks; b++)
                for (int my = phase_make(s, ry, s->h).taps - 1; my >= 0; my--)
                    for (int mx = phase_make(s, rx, s->w).taps - 1; mx >= 0; mx--)
                        out = pack_tap(out, w, s, b / blocks, b % blocks, ry + s->stride * my,
                                       rx + s->stride * mx);
}

/* All pixels of one phase, for one group. A phase without taps has empty windows: its sums are +0. */
static void run_phase(const struct tile_isa *isa, float *dx, bool add, struct padded dy, const float *weights,
                      const struct conv_shape *s, int group, struct phase y, struct phase x)
{
    const int cg = s->c / s->groups, kg = s->k / s->groups, before = border_before(s);
    const ptrdiff_t top = before + y.out - (y.taps > 0 ? y.taps - 1 : 0);
    const ptrdiff_t left = before + x.out - (x.taps > 0 ? x.taps - 1 : 0);
    struct tile_job job = {.source = (const float *)dy.data + top * dy.pitch + left * kg,
                           .across = kg,
                           .down = dy.pitch,
                           .width = x.count,
                           .pixels = x.count * y.count,
                           .pitch = dy.pitch,
                           .rows = y.taps,
                           .segment = x.taps * kg,
                           .y_across = (ptrdiff_t)s->stride * s->c,
                           .y_down = (ptrdiff_t)s->stride * s->w * s->c,
                           .add = add};

    for (int b = 0; b < blocks_of(cg); b++) {
        const int remaining = cg - b * TILE_LANES;
        job.weights = weights;
        job.lanes = remaining < TILE_LANES ? remaining : TILE_LANES;
        job.y = dx + ((ptrdiff_t)y.first * s->w + x.first) * s->c + group * cg + b * TILE_LANES;
        isa->forward_f32(&job);
        weights += (ptrdiff_t)y.taps * x.taps * kg * TILE_LANES;
    }
}

void tile_float_data(const struct tile_isa *isa, float *dx, bool add, const float *dy, const void *packed,
                     const struct conv_shape *s, void *scratch)
{
    const int kg = s->k / s->groups, before = border_before(s);
    const ptrdiff_t each_tap = (ptrdiff_t)blocks_of(s->c / s->groups) * kg * TILE_LANES;

    for (int g = 0; g < s->groups; g++) {
        const float *weights = packed;
        const struct padded errors =
            tile_pad(scratch, dy, ELEMENT_F32, s->oh, s->ow, s->k, g * kg, kg, before,
                     border_behind(s, s->h, s->oh), before, border_behind(s, s->w, s->ow));
        for (int ry = 0; ry < s->stride; ry++)
            for (int rx = 0; rx < s->stride; rx++) {
                const struct phase y = phase_make(s, ry, s->h), x = phase_make(s, rx, s->w);
                const ptrdiff_t group_weights = y.taps * x.taps * each_tap;
                run_phase(isa, dx, add, errors, weights + g * group_weights, s, g, y, x);
                weights += s->groups * group_weights;
            }
    }
}
