/* sim/kernels/avx2/row.c - the row `avx2` of the table. */
#include "sim/kernels/avx2/pass.h"
#include "sim/kernels/avx2/tile.h"

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static const struct tile_isa isa = {
    .forward_i8 = avx2_forward_i8,
    .forward_i16 = avx2_forward_i16,
    .forward_i16_64 = avx2_forward_i16_64,
    .forward_f32 = avx2_forward_f32,
    .weights_i8 = avx2_weights_i8,
    .weights_i16 = avx2_weights_i16,
    .weights_i16_64 = avx2_weights_i16_64,
    .weights_f32 = avx2_weights_f32,
    .depthwise_u8 = avx2_depthwise_u8,
    .depthwise_s16 = avx2_depthwise_s16,
    .depthwise_f32 = avx2_depthwise_f32,
    .depthwise_weights_i16 = avx2_depthwise_weights_i16,
    .depthwise_weights_f32 = avx2_depthwise_weights_f32,
    .winograd = avx2_winograd,
    .weave_bytes = avx2_weave_bytes,
    .weave_bytes_to_words = avx2_weave_bytes_to_words,
    .weave_words = avx2_weave_words,
    .window_sums = avx2_window_sums,
};

const struct kernels kernels_avx2 = {
    .name = "avx2",
    .needs = "AVX2 and FMA",
    .available = has_avx2,
    .isa = &isa,
    .range = avx2_range,
    .encode = avx2_encode,
    .decode = avx2_decode,
    .conv_packed_bytes = tile_packed_bytes,
    .conv_scratch_bytes = tile_scratch_bytes,
    .conv_int_pack = tile_int_pack,
    .conv_int_forward = tile_int_forward,
    .conv_int_weights = tile_int_weights,
    .conv_float_pack = tile_float_pack,
    .conv_float_pack_data = tile_float_pack_data,
    .conv_float_forward = tile_float_forward,
    .conv_float_data = tile_float_data,
    .conv_float_weights = tile_float_weights,
    .norm_forward = avx2_norm_forward,
    .norm_encode = avx2_norm_encode,
    .norm_sums = avx2_norm_sums,
    .norm_backward = avx2_norm_backward,
};
