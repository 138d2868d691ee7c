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

/** How far the published code is from a vector of its own when sums run in another order. */
struct verify_spread {
    char *vector; /* "/train/resnet8_fw3_bw8/losses[1]" */
    double spread;
};

/** Where the lines go and how the vectors fared. */
struct verify {
    struct store *file;
    struct machine machine;
    FILE *out; /* the lines; NULL: none */
    bool json;
    int checked, failed;
    char *spread_path;            /* NULL before it is read */
    struct verify_spread *spread; /* [spreads] */
    int spreads;
};

enum { TENSOR_PATH = 6 * STORE_NAME_MAX };

/** How a vector must agree. */
enum agree {
    AGREE_BITS,    /* every bit */
    AGREE_RELATIVE /* |got - want|_2 <= tolerance |want|_2 */
};

/** Compare `count` values with the vector at `path`, print its line, count it. */
STATUS_MUST_CHECK enum status verify_vector(struct verify *v, const char *path, const float *got,
                                            int64_t count, enum agree how, double tolerance);

/** The same for one value of the vector at `path`, in a line called `name`. */
STATUS_MUST_CHECK enum status verify_element(struct verify *v, const char *path, const char *name, int64_t i,
                                             float got, double tolerance);

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

/** Read what lies beside REFERENCE.h5, REFERENCE_spread.csv, with the columns vector,spread; once. */
STATUS_MUST_CHECK enum status verify_spread_read(struct verify *v);
/** The tolerance of a vector, or of "VECTOR[i]": twice its spread, but that of float32 at least. */
STATUS_MUST_CHECK enum status verify_spread_of(double *tolerance, const struct verify *v, const char *path);
void verify_spread_free(struct verify *v);

/** All of a file. STATUS_MISMATCH if a vector differs, STATUS_INPUT if the file is not of the layout. */
STATUS_MUST_CHECK enum status verify_file(struct verify *v, const char *path);

#endif
