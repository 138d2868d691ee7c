/* experiments/verify/verify.h - this build against reference vectors of the published code.
 *
 * Layout of a reference file (HDF5, float32, NCHW, weights OIHW; shapes, seeds and names are free):
 *   /quantizer/TENSOR/{input, bitsB}        per output channel for TENSOR `weight`, whole tensor for the rest
 *   /layer/KIND/fwF_bwB/{input, weight, error, output, grad_input, grad_weight, running_zero_point,
 *                        running_range, eval_output}, attributes stride, padding, groups
 *   /train/MODEL_fwF_bwB/{init/..., images, labels, losses, grad_step0/..., afterSTEPS/..., eval_logits}
 *   /schedule/cosine_LO_HI_ITERATIONS_CYCLES
 * To add a kind of vector: a function in verify_NAME.c, a row in verify.c.
 */
#ifndef EXPERIMENTS_VERIFY_VERIFY_H
#define EXPERIMENTS_VERIFY_VERIFY_H

#include "sim/layers/graph.h"
#include "experiments/store/store.h"

#include <stdio.h>

/** Where the lines go and how the vectors fared. */
struct verify {
    struct store *file;
    struct machine machine;
    FILE *out; /* the lines; NULL: none */
    bool json;
    int checked, failed;
};

/** How a vector must agree. */
enum agree {
    AGREE_BITS,     /* every bit */
    AGREE_RELATIVE, /* |got - want|_2 <= tolerance |want|_2 */
    AGREE_EACH      /* |got[i] - want[i]| <= tolerance |want[i]| for every i */
};

/** Compare `count` values with the vector at `path`, print its line, count it. */
STATUS_MUST_CHECK enum status verify_vector(struct verify *v, const char *path, const float *got,
                                            int64_t count, enum agree how, double tolerance);

/** The same for the first value of the vector alone. */
STATUS_MUST_CHECK enum status verify_first(struct verify *v, const char *path, float got, double tolerance);

/** Load a vector as float32; *count is set. The caller frees. Fails unless it has `rank` dimensions (0:
 * any). */
STATUS_MUST_CHECK enum status verify_load(float **x, struct store_info *info, struct verify *v,
                                          const char *path, int rank);

/** STATUS_INPUT unless the vector is there and has `count` values; it is not read. */
STATUS_MUST_CHECK enum status verify_count(struct verify *v, const char *path, int64_t count);

/** "…fwF_bwB" at the end of a group's name. */
STATUS_MUST_CHECK enum status verify_bits(int *forward, int *backward, const char *path, const char *name);

/** NCHW to NHWC and back; dim = {n, c, h, w} of the NCHW side. Serves weights too (OIHW, OHWI). */
void verify_to_nhwc(float *out, const float *in, const int64_t dim[4]);
void verify_to_nchw(float *out, const float *in, const int64_t dim[4]);

/** Check every member of a group of the named kind. */
STATUS_MUST_CHECK enum status verify_quantizers(struct verify *v, const char *group);
STATUS_MUST_CHECK enum status verify_layers(struct verify *v, const char *group);
STATUS_MUST_CHECK enum status verify_training(struct verify *v, const char *group);
STATUS_MUST_CHECK enum status verify_schedules(struct verify *v, const char *group);

/**
 * graph_backward, in which the ends of a convolution's error range, which are float32 sums, lie where the
 * reference's gradient GROUP/grad_step0/LAYER.weight shows that they lay, within float32 rounding; says on
 * stderr how many moved.
 */
STATUS_MUST_CHECK enum status verify_follow_ranges(struct verify *v, struct graph *g, const char *group,
                                                   const struct pass *p);

/** All of a file. STATUS_MISMATCH if a vector differs, STATUS_INPUT if the file is not of the layout. */
STATUS_MUST_CHECK enum status verify_file(struct verify *v, const char *path);

#endif
