/* sim/kernels/tile/memory.c - what a shape needs at most: packed weights, scratch. */
#include "sim/kernels/tile/tile.h"

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Depthwise weights are fewer than the tiles' of the same shape. */
size_t tile_packed_bytes(const struct conv_shape *s)
{
    return larger(tile_forward_packed_bytes(s), tile_data_packed_bytes(s));
}

size_t tile_scratch_bytes(const struct conv_shape *s)
{
    const size_t forward =
        larger(tile_forward_scratch_bytes(s), tile_is_depthwise(s) ? tile_depthwise_scratch_bytes(s) : 0);

    return larger(forward, larger(tile_data_scratch_bytes(s), tile_weights_scratch_bytes(s)));
}
