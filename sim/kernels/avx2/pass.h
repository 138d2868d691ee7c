/* sim/kernels/avx2/pass.h - the elementwise members of the AVX2 row. */
#ifndef SIM_KERNELS_AVX2_PASS_H
#define SIM_KERNELS_AVX2_PASS_H

#include "sim/kernels/kernels_table.h"

struct range avx2_range(const float *x, size_t n);
size_t avx2_encode(void *codes, const float *x, size_t n, const struct affine *q,
                   const struct random_name *noise, uint64_t first);
void avx2_decode(float *x, struct codes codes, size_t n, const struct affine *q);
struct range avx2_norm_forward(const struct norm_forward_call *call);
size_t avx2_norm_encode(const struct norm_encode_call *call);
void avx2_norm_sums(double *sums, const struct norm_errors *e);
struct range avx2_norm_backward(const struct norm_backward_call *call);

#endif
