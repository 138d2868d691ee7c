/* sim/device/cpu/cpu_conv_memory.c - what a convolution needs of the CPU's scratch. */
#include "sim/device/cpu/cpu_conv.h"

#include "sim/device/cpu/cpu_conv_zones.h"
#include "sim/kernels/flip.h"

static struct conv_shape flipped(const struct conv_shape *s)
{
    return flip_covers(s) ? flip_shape(s) : *s;
}

size_t cpu_conv_packed_bytes(const struct device *d, const struct conv_needs *needs)
{
    const struct kernels *k = ((const struct cpu *)d)->kernels;
    const struct conv_shape f = needs->flips ? flipped(&needs->shape) : needs->shape;
    const size_t one = k->conv_packed_bytes(&needs->shape), other = k->conv_packed_bytes(&f);
    return one > other ? one : other;
}

/* Bytes of the kernels' scratch, at the head of a member's. Of the shape and of its flipped one, whether or not that
 * is used: what lies behind has one place. */
static size_t kernel_bytes(const struct cpu *c, const struct conv_shape *s)
{
    const struct conv_shape f = flipped(s);
    const size_t one = c->kernels->conv_scratch_bytes(s), other = c->kernels->conv_scratch_bytes(&f);
    return one > other ? one : other;
}

float *conv_input_room(struct seat me, const struct cpu *c, const struct conv_shape *s)
{
    char *mine = c->mine[me.index];
    void *behind = mine + kernel_bytes(c, s);
    return behind;
}

float *conv_error_room(struct seat me, const struct cpu *c, const struct conv_shape *s)
{
    return conv_input_room(me, c, s) + (conv_in_size(s) + 15) / 16 * 16;
}

static void *take(char *base, size_t *used, size_t bytes)
{
    void *piece = base ? base + *used : NULL;
    *used += (bytes + 63) / 64 * 64;
    return piece;
}

/* Lay the pieces out from `base` (NULL: only measure); returns the bytes used. */
static size_t lay_out(struct conv_sums_memory *b, char *base, const struct conv_shape *s, int members)
{
    const size_t weights = conv_filter_size(s) * (size_t)s->k, taps = (size_t)s->kernel * (size_t)s->kernel;
    const struct conv_zones x = conv_input_zones(s), e = conv_output_zones(s);
    size_t used = 0;

    b->exact = take(base, &used, (size_t)members * weights * sizeof(int64_t));
    b->real = take(base, &used, CONV_IMAGE_GROUPS * weights * sizeof(double));
    b->x_zones = take(base, &used, (size_t)members * conv_zones_size(&x) * sizeof(int64_t));
    b->e_zones = take(base, &used, (size_t)members * conv_zones_size(&e) * sizeof(int64_t));
    b->x_tap = take(base, &used, taps * (size_t)s->c * sizeof(int64_t));
    b->e_tap = take(base, &used, taps * (size_t)s->k * sizeof(int64_t));
    b->count = take(base, &used, taps * sizeof(int64_t));
    return used;
}

struct conv_sums_memory conv_sums_memory(const struct cpu *c, const struct conv_shape *s)
{
    struct conv_sums_memory b;
    lay_out(&b, c->shared, s, team_count(c->team));
    return b;
}

void cpu_conv_reserve(struct device *d, const struct conv_needs *needs)
{
    struct cpu *c = cpu_of(d);
    const struct conv_shape *s = &needs->shape;
    const size_t filter = conv_filter_size(s), in = conv_in_size(s);
    const size_t floats = in + conv_out_size(s) + 32 + (filter > in ? filter : 0);
    const size_t sums = needs->accumulates ? conv_sum_bytes(s, needs->batch) : 0;
    const size_t mine = kernel_bytes(c, s) + floats * sizeof(float);
    struct conv_sums_memory b;

    cpu_reserve(c, mine > sums ? mine : sums,
                needs->training ? lay_out(&b, NULL, s, team_count(c->team)) : 0);
}
