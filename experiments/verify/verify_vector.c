/* experiments/verify/verify_vector.c - vectors of a reference file: loading, comparing, one line each. */
#include "experiments/verify/verify.h"

#include "quant/try.h"
#include "sim/method/widths.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status verify_load(float **x, struct store_info *info, struct verify *v, const char *path, int rank)
{
    void *data = NULL;
    TRY(store_load(&data, info, STORE_F32, v->file, path));
    if (info->count == 0) {
        free(data);
        return status_fail(STATUS_INPUT, "%s: /%s is empty", store_path(v->file), path);
    }
    if (rank != 0 && info->rank != rank) {
        free(data);
        return status_fail(STATUS_INPUT, "%s: /%s has %d dimensions, a reference file has %d there",
                           store_path(v->file), path, info->rank, rank);
    }
    *x = data;
    return STATUS_OK;
}

enum status verify_count(struct verify *v, const char *path, int64_t count)
{
    struct store_info info;

    TRY(store_look(&info, v->file, path));
    if (info.kind != STORE_DATA)
        return status_fail(STATUS_INPUT, "%s: /%s is missing", store_path(v->file), path);
    if (info.count != count)
        return status_fail(STATUS_INPUT, "%s: /%s has %" PRId64 " values, its input implies %" PRId64,
                           store_path(v->file), path, info.count, count);
    return STATUS_OK;
}

enum status verify_bits(int *forward, int *backward, const char *path, const char *name)
{
    const char *at = strstr(name, "fw");
    char rest;

    if (at && sscanf(at, "fw%d_bw%d%c", forward, backward, &rest) == 2 && width_known(*forward) &&
        width_known(*backward))
        return STATUS_OK;
    return status_fail(STATUS_INPUT, "%s: group '%s' must end in fwF_bwB with F and B 0 (float32) or %d..%d",
                       path, name, WIDTH_LEAST, WIDTH_MOST);
}

void verify_to_nhwc(float *out, const float *in, const int64_t dim[4])
{
    const int64_t pixels = dim[2] * dim[3];
    for (int64_t n = 0; n < dim[0]; n++)
        for (int64_t c = 0; c < dim[1]; c++)
            for (int64_t p = 0; p < pixels; p++)
                out[(n * pixels + p) * dim[1] + c] = in[(n * dim[1] + c) * pixels + p];
}

void verify_to_nchw(float *out, const float *in, const int64_t dim[4])
{
    const int64_t pixels = dim[2] * dim[3];
    for (int64_t n = 0; n < dim[0]; n++)
        for (int64_t c = 0; c < dim[1]; c++)
            for (int64_t p = 0; p < pixels; p++)
                out[(n * dim[1] + c) * pixels + p] = in[(n * pixels + p) * dim[1] + c];
}

/* Largest absolute difference, a relative one as `how` defines it, and whether the vector holds. */
struct difference {
    double absolute, relative;
    bool holds;
};

static bool same_bits(float a, float b)
{
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): zeros of both signs differ, equal NaNs do not */
    return memcmp(&a, &b, sizeof a) == 0;
}

static struct difference compare(const float *got, const float *want, int64_t count, enum agree how,
                                 double tolerance)
{
    struct difference d = {.holds = true};
    double square = 0.0, norm = 0.0;
    bool equal = true, finite = true;

    for (int64_t i = 0; i < count; i++) {
        const double a = fabs((double)got[i] - (double)want[i]), w = fabs((double)want[i]);
        if (a > d.absolute) d.absolute = a;
        square += a * a;
        norm += w * w;
        equal = equal && same_bits(got[i], want[i]);
        finite = finite && isfinite(a);
    }
    d.relative = square > 0.0 ? sqrt(square / norm) : 0.0;
    d.holds = how == AGREE_BITS ? equal : finite && d.relative <= tolerance;
    return d;
}

/* Count a vector and print its line. */
static void judge(struct verify *v, const char *path, const struct difference *d, double tolerance)
{
    v->checked++;
    v->failed += !d->holds;
    if (!v->out) return;
    if (v->json)
        fprintf(v->out,
                "%s\n  {\"path\": \"/%s\", \"absolute\": %.9g, \"relative\": %.9g, \"tolerance\": %g, "
                "\"ok\": %s}",
                v->checked > 1 ? "," : "[", path, isfinite(d->absolute) ? d->absolute : -1.0,
                isfinite(d->relative) ? d->relative : -1.0, tolerance, d->holds ? "true" : "false");
    else
        fprintf(v->out, "/%s\t%.3g\t%.3g\t%s\n", path, d->absolute, d->relative, d->holds ? "ok" : "FAIL");
}

enum status verify_vector(struct verify *v, const char *path, const float *got, int64_t count, enum agree how,
                          double tolerance)
{
    struct store_info info;
    float *want = NULL;

    TRY(verify_count(v, path, count));
    TRY(verify_load(&want, &info, v, path, 0));
    const struct difference d = compare(got, want, count, how, tolerance);
    free(want);
    judge(v, path, &d, tolerance);
    return STATUS_OK;
}

enum status verify_element(struct verify *v, const char *path, const char *name, int64_t i, float got,
                           double tolerance)
{
    struct store_info info;
    float *want = NULL;

    TRY(verify_load(&want, &info, v, path, 0));
    const struct difference d = compare(&got, want + i, 1, AGREE_RELATIVE, tolerance);
    free(want);
    judge(v, name, &d, tolerance);
    return STATUS_OK;
}
