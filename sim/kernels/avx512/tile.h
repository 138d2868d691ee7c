/* sim/kernels/avx512/tile.h - the AVX-512 row's own members of struct tile_isa. */
#ifndef SIM_KERNELS_AVX512_TILE_H
#define SIM_KERNELS_AVX512_TILE_H

#include "sim/kernels/tile/tile.h"

void avx512_forward_i8(const struct tile_job *job);
void avx512_forward_i16(const struct tile_job *job);
void avx512_forward_i16_64(const struct tile_job *job);
void avx512_forward_f32(const struct tile_job *job);
void avx512_weights_i8(const struct weights_job *job);
void avx512_weights_i16(const struct weights_job *job);
void avx512_weights_i16_64(const struct weights_job *job);
void avx512_weights_f32(const struct weights_job *job);

#endif
