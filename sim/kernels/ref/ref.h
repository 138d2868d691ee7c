/* sim/kernels/ref/ref.h - the functions of the `ref` row; other rows take over those that they do not
 * speed up. */
#ifndef SIM_KERNELS_REF_REF_H
#define SIM_KERNELS_REF_REF_H

#include "sim/kernels/kernels_table.h"

struct range ref_range(const float *x, size_t n);
size_t ref_encode(void *codes, const float *x, size_t n, const struct affine *q,
                  const struct random_name *noise, uint64_t first);
void ref_decode(float *x, struct codes codes, size_t n, const struct affine *q);

size_t ref_packed_bytes(const struct conv_shape *s);
size_t ref_scratch_bytes(const struct conv_shape *s);
void ref_int_pack(void *packed, const int16_t *w, const struct conv_shape *s, enum conv_path path,
                  struct conv_part part);
void ref_int_forward(const struct kernels *k, const struct conv_forward_call *call);
void ref_int_weights(const struct kernels *k, const struct conv_int_weights_call *call);
void ref_float_pack(void *packed, const float *w, const struct conv_shape *s, struct conv_part part);
void ref_float_pack_data(void *packed, const float *w, const struct conv_shape *s, struct conv_part part);
void ref_float_forward(const struct kernels *k, const struct conv_forward_call *call);
void ref_float_data(const struct kernels *k, const struct conv_data_call *call);
void ref_float_weights(const struct kernels *k, const struct conv_float_weights_call *call);
void ref_add_multiple(float *sum, float v, const float *w, int n);
size_t ref_winograd_packed_bytes(const struct conv_shape *s);
size_t ref_winograd_scratch_bytes(const struct conv_shape *s);
void ref_winograd_pack(void *packed, const float *w, const struct conv_shape *s, struct conv_part part);
void ref_winograd_data(const struct conv_data_call *call);

struct range ref_norm_forward(const struct norm_forward_call *call);
size_t ref_norm_encode(const struct norm_encode_call *call);
/** Elements [begin, end) of it. */
size_t ref_norm_encode_part(const struct norm_encode_call *call, size_t begin, size_t end);
void ref_norm_sums(double *sums, const struct norm_errors *e);
struct range ref_norm_backward(const struct norm_backward_call *call);

#endif
