/* sim/kernels/avx2/tile.h - the members of the AVX2 row's struct tile_isa. */
#ifndef SIM_KERNELS_AVX2_TILE_H
#define SIM_KERNELS_AVX2_TILE_H

#include "sim/kernels/tile/tile.h"

void avx2_forward_i8(const struct tile_job *job);
void avx2_forward_i16(const struct tile_job *job);
void avx2_forward_i16_64(const struct tile_job *job);
void avx2_forward_f32(const struct tile_job *job);
void avx2_weights_i8(const struct weights_job *job);
void avx2_weights_i16(const struct weights_job *job);
void avx2_weights_i16_64(const struct weights_job *job);
void avx2_weights_f32(const struct weights_job *job);
void avx2_depthwise_u8(const struct tile_job *job);
void avx2_depthwise_s16(const struct tile_job *job);
void avx2_depthwise_f32(const struct tile_job *job);
void avx2_depthwise_weights_i16(const struct weights_job *job);
void avx2_depthwise_weights_f32(const struct weights_job *job);
void avx2_winograd(const struct winograd_job *job);
tile_weave avx2_weave_bytes, avx2_weave_bytes_to_words, avx2_weave_words;
void avx2_window_sums(double *window, int32_t *room, const void *codes, bool bytes,
                      const struct conv_shape *s);

#endif
