/* sim/device/cpu/cpu_conv_zones.c - sums of codes under each tap of a filter. See cpu_conv_zones.h. */
#include "sim/device/cpu/cpu_conv_zones.h"

#include <assert.h>

/* --- zones ------------------------------------------------------------------------------------------- */

/* Row i is read by `taps`; rows come in order. */
static void axis_add(struct conv_axis *a, int i, unsigned taps, int step)
{
    if (taps == 0) return;
    for (int z = 0; z < a->count; z++)
        if (a->zone[z].taps == taps && a->zone[z].first + a->zone[z].count * step == i) {
            a->zone[z].count++;
            return;
        }
    assert(a->count < CONV_ZONES);
    a->zone[a->count++] = (struct conv_zone){taps, i, step, 1};
}

/* Input row i is read by tap k for output o if i = o stride + k - pad. */
static struct conv_axis input_axis(const struct conv_shape *s, int size, int out)
{
    struct conv_axis a = {.count = 0};

    for (int i = 0; i < size; i++) {
        unsigned taps = 0;
        for (int k = 0; k < s->kernel; k++) {
            const int from = i + s->pad - k;
            if (from >= 0 && from % s->stride == 0 && from / s->stride < out) taps |= 1u << k;
        }
        axis_add(&a, i, taps, s->stride);
    }
    return a;
}

static struct conv_axis output_axis(const struct conv_shape *s, int size, int out)
{
    struct conv_axis a = {.count = 0};

    for (int o = 0; o < out; o++) {
        unsigned taps = 0;
        for (int k = 0; k < s->kernel; k++) {
            const int i = o * s->stride + k - s->pad;
            if (i >= 0 && i < size) taps |= 1u << k;
        }
        axis_add(&a, o, taps, 1);
    }
    return a;
}

struct conv_zones conv_input_zones(const struct conv_shape *s)
{
    return (struct conv_zones){input_axis(s, s->h, s->oh), input_axis(s, s->w, s->ow), s->w, s->c};
}

struct conv_zones conv_output_zones(const struct conv_shape *s)
{
    return (struct conv_zones){output_axis(s, s->h, s->oh), output_axis(s, s->w, s->ow), s->ow, s->k};
}

size_t conv_zones_size(const struct conv_zones *z)
{
    const size_t size = (size_t)z->rows.count * (size_t)z->columns.count * (size_t)z->channels;
    return (size + 7) / 8 * 8;
}

/* --- sums -------------------------------------------------------------------------------------------- */

enum { LANES = 16 }; /* channels that are summed at once, in registers */

/* sum[lanes] += the codes at x, of a zone of rows and one of columns. `most` codes fit into one part. */
#define DEFINE_ADD(name, in_type, part_type, most)                                                           \
    static inline void name(int64_t *sum, const in_type *x, const struct conv_zones *z,                      \
                            const struct conv_zone *rows, const struct conv_zone *columns, int lanes)        \
    {                                                                                                        \
        const size_t right = (size_t)columns->step * (size_t)z->channels;                                    \
        part_type part[LANES] = {0};                                                                         \
        int held = 0;                                                                                        \
        for (int r = 0; r < rows->count; r++) {                                                              \
            const size_t row = (size_t)(rows->first + r * rows->step) * (size_t)z->width;                    \
            const in_type *at = x + (row + (size_t)columns->first) * (size_t)z->channels;                    \
            for (int left = columns->count, now; left > 0; left -= now) {                                    \
                now = left < (most)-held ? left : (most)-held;                                               \
                for (int p = 0; p < now; p++, at += right)                                                   \
                    for (int i = 0; i < lanes; i++)                                                          \
                        part[i] = (part_type)(part[i] + at[i]);                                              \
                held += now;                                                                                 \
                if (held < (most)) continue;                                                                 \
                for (int i = 0; i < lanes; i++) {                                                            \
                    sum[i] += part[i];                                                                       \
                    part[i] = 0;                                                                             \
                }                                                                                            \
                held = 0;                                                                                    \
            }                                                                                                \
        }                                                                                                    \
        for (int i = 0; i < lanes; i++)                                                                      \
            sum[i] += part[i];                                                                               \
    }

DEFINE_ADD(add_bytes, uint8_t, uint16_t, 257)
DEFINE_ADD(add_words, uint16_t, uint32_t, 65537)

/* The same of all channels. */
static void add_zone(int64_t *sum, struct codes x, const struct conv_zones *z, const struct conv_zone *rows,
                     const struct conv_zone *columns)
{
    for (int c = 0; c < z->channels; c += LANES) {
        const int lanes = z->channels - c < LANES ? z->channels - c : LANES;
        const uint8_t *bytes = (const uint8_t *)x.data + c;
        const uint16_t *words = (const uint16_t *)x.data + c;
        if (code_bytes(x.bits) == 2)
            add_words(sum + c, words, z, rows, columns, lanes);
        else if (lanes == LANES)
            add_bytes(sum + c, bytes, z, rows, columns, LANES);
        else
            add_bytes(sum + c, bytes, z, rows, columns, lanes);
    }
}

void conv_zones_add(int64_t *sum, const struct conv_zones *z, struct codes x)
{
    for (int r = 0; r < z->rows.count; r++)
        for (int q = 0; q < z->columns.count; q++, sum += z->channels)
            add_zone(sum, x, z, &z->rows.zone[r], &z->columns.zone[q]);
}

int64_t conv_zones_tap(int64_t *out, const struct conv_zones *z, const int64_t *sum, int ky, int kx)
{
    int64_t pixels = 0;

    for (int r = 0; r < z->rows.count; r++)
        for (int q = 0; q < z->columns.count; q++, sum += z->channels) {
            const struct conv_zone *rows = &z->rows.zone[r], *columns = &z->columns.zone[q];
            if (!(rows->taps >> ky & columns->taps >> kx & 1)) continue;
            pixels += (int64_t)rows->count * columns->count;
            for (int c = 0; c < z->channels; c++)
                out[c] += sum[c];
        }
    return pixels;
}
