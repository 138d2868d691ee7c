/* sim/kernels_tile_avx512.h - the AVX-512 row's own members of struct tile_isa. */
#ifndef SIM_KERNELS_TILE_AVX512_H
#define SIM_KERNELS_TILE_AVX512_H

#include "sim/kernels_tile.h"

void avx512_forward_i8(const struct tile_job *job);
void avx512_forward_i16(const struct tile_job *job);
void avx512_forward_i16_64(const struct tile_job *job);
void avx512_forward_f32(const struct tile_job *job);
void avx512_weights_i8(const struct weights_job *job);
void avx512_weights_i16(const struct weights_job *job);
void avx512_weights_i16_64(const struct weights_job *job);
void avx512_weights_f32(const struct weights_job *job);

#endif
