/* sim/kernels/avx512/row.c - the row `avx512` of the table: tiles in AVX-512 with VNNI, everything else as in
 * AVX2. */
#include "sim/kernels/avx2/pass.h"
#include "sim/kernels/avx2/tile.h"
#include "sim/kernels/avx512/tile.h"

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vnni");
}

static const struct tile_isa isa = {
    .forward_i8 = avx512_forward_i8,
    .forward_i16 = avx512_forward_i16,
    .forward_i16_64 = avx512_forward_i16_64,
    .forward_f32 = avx512_forward_f32,
    .weights_i8 = avx512_weights_i8,
    .weights_i16 = avx512_weights_i16,
    .weights_i16_64 = avx512_weights_i16_64,
    .weights_f32 = avx512_weights_f32,
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

static void int_forward(float *y, struct conv_notes notes, struct codes x, const void *packed,
                        const struct conv_shape *s, struct conv_rows rows, enum conv_path path, int w_bits,
                        const struct conv_epilogue *e, void *scratch)
{
    tile_int_forward(&isa, y, notes, x, packed, s, rows, path, w_bits, e, scratch);
}

static void int_weights(int64_t *acc, struct codes x, struct codes e, int images, const struct conv_shape *s,
                        struct conv_rows rows, enum conv_path path, void *scratch)
{
    tile_int_weights(&isa, acc, x, e, images, s, rows, path, scratch);
}

static void float_forward(float *y, struct conv_notes notes, const float *x, const void *packed,
                          const struct conv_shape *s, struct conv_rows rows, void *scratch)
{
    tile_float_forward(&isa, y, notes, x, packed, s, rows, scratch);
}

static void float_data(float *dx, bool add, const float *dy, const void *packed, const struct conv_shape *s,
                       struct conv_rows rows, void *scratch)
{
    tile_float_data(&isa, dx, add, dy, packed, s, rows, scratch);
}

static void float_weights(double *acc, const float *x, const float *dy, const struct conv_shape *s,
                          void *scratch)
{
    tile_float_weights(&isa, acc, x, dy, s, scratch);
}

const struct kernels kernels_avx512 = {
    .name = "avx512",
    .needs = "AVX-512 (F, BW, DQ, VL) with VNNI",
    .available = has_avx512,
    .range = avx2_range,
    .encode = avx2_encode,
    .decode = avx2_decode,
    .conv_packed_bytes = tile_packed_bytes,
    .conv_scratch_bytes = tile_scratch_bytes,
    .conv_int_pack = tile_int_pack,
    .conv_int_forward = int_forward,
    .conv_int_weights = int_weights,
    .conv_float_pack = tile_float_pack,
    .conv_float_pack_data = tile_float_pack_data,
    .conv_float_forward = float_forward,
    .conv_float_data = float_data,
    .conv_float_weights = float_weights,
    .norm_forward = avx2_norm_forward,
    .norm_encode = avx2_norm_encode,
    .norm_sums = avx2_norm_sums,
    .norm_backward = avx2_norm_backward,
};
