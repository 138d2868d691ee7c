/* experiments/verify/verify_quantizer.c - the affine quantizer and the schedules: equal in every bit. */
#include "experiments/verify/verify.h"

#include "quant/try.h"
#include "sim/method/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One tensor at one width: per row of dim 0 for weights, whole otherwise, as the published code reduces. */
static enum status quantize(float *y, const float *x, const struct store_info *info, bool per_channel,
                            int bits)
{
    const size_t rows = per_channel ? (size_t)info->dim[0] : 1, each = (size_t)info->count / rows;

    for (size_t r = 0; r < rows; r++) {
        const struct affine q =
            affine_of_range(affine_range_of(x + r * each, each), bits, DIVISION_IEEE, AFFINE_FLOOR);
        affine_quantize(y + r * each, x + r * each, each, &q, NULL, 0);
    }
    return STATUS_OK;
}

static enum status check_tensor(struct verify *v, const char *group, const char *tensor)
{
    char path[2 * STORE_NAME_MAX];
    struct store_info info;
    struct store_names members;
    float *x;

    snprintf(path, sizeof path, "%s/%s", group, tensor);
    TRY(store_members(&members, v->file, path));
    snprintf(path, sizeof path, "%s/%s/input", group, tensor);
    enum status s = verify_load(&x, &info, v, path, 0);
    const bool per_channel = strcmp(tensor, "weight") == 0;
    if (s == STATUS_OK && per_channel && info.rank == 0) {
        free(x);
        s = status_fail(STATUS_INPUT, "%s: /%s is a scalar; weights have a dimension of channels",
                        store_path(v->file), path);
    }
    if (s != STATUS_OK) {
        store_names_free(&members);
        return s;
    }
    float *y = malloc((size_t)info.count * sizeof *y);
    for (int i = 0; i < members.count && s == STATUS_OK; i++) {
        int bits;
        char rest;
        if (strcmp(members.name[i], "input") == 0) continue;
        snprintf(path, sizeof path, "%s/%s/%s", group, tensor, members.name[i]);
        if (sscanf(members.name[i], "bits%d%c", &bits, &rest) != 1)
            s = status_fail(STATUS_INPUT, "%s: /%s: the name must be 'input' or bitsN", store_path(v->file),
                            path);
        else if (!y)
            s = status_fail(STATUS_NOMEM, "no memory for %ld values of /%s", (long)info.count, path);
        else if (bits < 1 || bits > AFFINE_BITS_MAX)
            s = status_fail(STATUS_INPUT, "%s: /%s: bits must be 1..%d", store_path(v->file), path,
                            AFFINE_BITS_MAX);
        else if ((s = quantize(y, x, &info, per_channel, bits)) == STATUS_OK)
            s = verify_vector(v, path, y, info.count, AGREE_BITS, 0.0);
    }
    free(y);
    free(x);
    store_names_free(&members);
    return s;
}

enum status verify_quantizers(struct verify *v, const char *group)
{
    struct store_names tensors;
    enum status s = STATUS_OK;

    TRY(store_members(&tensors, v->file, group));
    for (int i = 0; i < tensors.count && s == STATUS_OK; i++)
        s = check_tensor(v, group, tensors.name[i]);
    store_names_free(&tensors);
    return s;
}

/* "NAME_LO_HI_ITERATIONS_CYCLES", with the published treatment of leftover iterations. */
static enum status check_schedule(struct verify *v, const char *group, const char *name)
{
    char path[2 * STORE_NAME_MAX], type[32], rest;
    long iterations;
    struct schedule_spec spec = {.remainder = REMAINDER_LEFTOVER};

    snprintf(path, sizeof path, "%s/%s", group, name);
    if (sscanf(name, "%31[a-z]_%d_%d_%ld_%d%c", type, &spec.bits_min, &spec.bits_max, &iterations,
               &spec.cycles, &rest) != 5)
        return status_fail(STATUS_INPUT, "%s: /%s: the name must be NAME_LO_HI_ITERATIONS_CYCLES",
                           store_path(v->file), path);
    TRY(schedule_find(&spec.type, type));
    TRY(schedule_check(&spec, iterations, path));
    TRY(verify_count(v, path, iterations)); /* before there is memory for them */

    float *bits = malloc((size_t)iterations * sizeof *bits);
    if (!bits) return status_fail(STATUS_NOMEM, "no memory for the %ld iterations of /%s", iterations, path);
    for (long i = 0; i < iterations; i++)
        bits[i] = (float)schedule_bits(
            &spec, &(struct schedule_point){.iteration = i, .iterations = iterations, .layer = -1});
    const enum status s = verify_vector(v, path, bits, iterations, AGREE_BITS, 0.0);
    free(bits);
    return s;
}

enum status verify_schedules(struct verify *v, const char *group)
{
    struct store_names names;
    enum status s = STATUS_OK;

    TRY(store_members(&names, v->file, group));
    for (int i = 0; i < names.count && s == STATUS_OK; i++)
        s = check_schedule(v, group, names.name[i]);
    store_names_free(&names);
    return s;
}
