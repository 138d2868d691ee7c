/* sim/kernels/avx2/pass.h - the elementwise members of the AVX2 row. */
#ifndef SIM_KERNELS_AVX2_PASS_H
#define SIM_KERNELS_AVX2_PASS_H

#include "sim/kernels/kernels_table.h"

struct range avx2_range(const float *x, size_t n);
size_t avx2_encode(void *codes, const float *x, size_t n, const struct affine *q,
                   const struct random_name *noise, uint64_t first);
void avx2_decode(float *x, struct codes codes, size_t n, const struct affine *q);
struct range avx2_norm_forward(float *a, uint8_t *positive, const float *y, const float *residual,
                               const float *scale, const float *shift, size_t pixels, int c, bool relu);
size_t avx2_norm_encode(void *codes, uint8_t *positive, const float *y, const float *scale,
                        const float *shift, size_t pixels, int c, bool relu, float ceiling,
                        const struct affine *q);
void avx2_norm_sums(double *sums, const float *dy, const uint8_t *positive, const float *y, const float *mean,
                    size_t pixels, int c);
struct range avx2_norm_backward(float *dx, float *dresidual, bool add, const float *dy,
                                const uint8_t *positive, const float *y, const float *mean, const float *ka,
                                const float *kb, const float *kc, size_t pixels, int c);

#endif
