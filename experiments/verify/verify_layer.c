/* experiments/verify/verify_layer.c - one quantized convolution: forward, running ranges, backward,
 * evaluation.
 *
 * Tolerance 1e-5, norm-wise: the references were summed in float32 in another order than ours.
 */
#include "experiments/verify/verify.h"

#include "quant/try.h"
#include "sim/layers/rig.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double TOLERANCE = 1e-5;

enum {
    SIDE_MAX = 1 << 20
}; /* of any extent: products of all of them stay below 2^63 where a file has them */

/* One group /layer/KIND/fwF_bwB. */
struct layer_case {
    struct verify *v;
    char group[2 * STORE_NAME_MAX];
    int64_t in[4], weight[4], out[4]; /* NCHW, OIHW */
    int64_t stride, pad, groups;
    int forward, backward;
};

/* Load a vector into NHWC at `to`; its shape must be `dim` (or becomes it, if dim[0] is 0). */
static enum status load_nhwc(float **to, struct layer_case *c, const char *name, int64_t dim[4])
{
    char path[3 * STORE_NAME_MAX];
    struct store_info info;
    float *x;

    snprintf(path, sizeof path, "%s/%s", c->group, name);
    TRY(verify_load(&x, &info, c->v, path, 4));
    if (dim[0] == 0) memcpy(dim, info.dim, 4 * sizeof *dim);
    enum status s = STATUS_OK;
    if (memcmp(dim, info.dim, 4 * sizeof *dim) != 0)
        s = status_fail(STATUS_INPUT,
                        "%s: /%s is %ldx%ldx%ldx%ld, the other vectors of the group imply %ldx%ldx%ldx%ld",
                        store_path(c->v->file), path, (long)info.dim[0], (long)info.dim[1], (long)info.dim[2],
                        (long)info.dim[3], (long)dim[0], (long)dim[1], (long)dim[2], (long)dim[3]);
    *to = s == STATUS_OK ? malloc((size_t)info.count * sizeof **to) : NULL;
    if (s == STATUS_OK && !*to) s = status_fail(STATUS_NOMEM, "no memory for /%s", path);
    if (s == STATUS_OK) verify_to_nhwc(*to, x, dim);
    free(x);
    return s;
}

static enum status fill(float *to, struct layer_case *c, const char *name, int64_t dim[4])
{
    float *x;
    TRY(load_nhwc(&x, c, name, dim));
    memcpy(to, x, (size_t)(dim[0] * dim[1] * dim[2] * dim[3]) * sizeof *x);
    free(x);
    return STATUS_OK;
}

static enum status check(struct layer_case *c, const char *name, const float *got, const int64_t dim[4])
{
    char path[3 * STORE_NAME_MAX];
    const int64_t count = dim[0] * dim[1] * dim[2] * dim[3];
    float *x = malloc((size_t)count * sizeof *x);

    if (!x) return status_fail(STATUS_NOMEM, "no memory for %s", name);
    snprintf(path, sizeof path, "%s/%s", c->group, name);
    verify_to_nchw(x, got, dim);
    const enum status s = verify_vector(c->v, path, x, count, AGREE_RELATIVE, TOLERANCE);
    free(x);
    return s;
}

static enum status run_case(struct layer_case *c, struct rig *r)
{
    static const int64_t one[4] = {1, 1, 1, 1};
    const struct layer *l = r->layer;

    TRY(fill(r->in[0].data, c, "input", c->in));
    TRY(fill(l->params[0].value, c, "weight", c->weight));
    TRY(fill(r->dout.data, c, "error", c->out));
    rig_forward(r, true, c->forward, c->backward);
    TRY(check(c, "output", r->out.data, c->out));
    rig_backward(r);
    TRY(check(c, "grad_input", r->din[0].data, c->in));
    TRY(check(c, "grad_weight", l->params[0].grad, c->weight));
    if (c->forward > 0) {
        TRY(check(c, "running_zero_point", l->buffers[0].value, one));
        TRY(check(c, "running_range", l->buffers[1].value, one));
    }
    rig_forward(r, false, c->forward, c->backward);
    return check(c, "eval_output", r->out.data, c->out);
}

static int64_t output_extent(const struct layer_case *c, int64_t extent)
{
    return (extent + 2 * c->pad - c->weight[2]) / c->stride + 1;
}

/* One that layers can be: extents are int there, a stride stays in the input, a padding below the kernel. */
static bool makes_convolution(const struct layer_case *c)
{
    const int64_t k = c->weight[2];
    int64_t least = INT_MAX;

    for (int i = 0; i < 4; i++)
        if (c->in[i] > SIDE_MAX || c->weight[i] > SIDE_MAX) return false;
    for (int i = 2; i < 4; i++)
        if (c->in[i] < least) least = c->in[i];
    return c->pad >= 0 && c->pad < k && k == c->weight[3] && k <= KERNEL_MAX && least + 2 * c->pad >= k &&
           c->stride >= 1 && c->stride <= least + 2 * c->pad && c->groups >= 1 && c->in[1] % c->groups == 0 &&
           c->weight[0] % c->groups == 0 && c->weight[1] == c->in[1] / c->groups;
}

/* Shapes of input and weight, attributes; they must make a convolution. */
static enum status read_shapes(struct layer_case *c)
{
    char path[3 * STORE_NAME_MAX];
    float *x;

    TRY(store_get_integer(&c->stride, c->v->file, c->group, "stride"));
    TRY(store_get_integer(&c->pad, c->v->file, c->group, "padding"));
    TRY(store_get_integer(&c->groups, c->v->file, c->group, "groups"));
    TRY(load_nhwc(&x, c, "input", c->in));
    free(x);
    TRY(load_nhwc(&x, c, "weight", c->weight));
    free(x);
    if (!makes_convolution(c))
        return status_fail(STATUS_INPUT,
                           "%s: /%s: input, weight, stride, padding and groups do not make a convolution",
                           store_path(c->v->file), c->group);
    const int64_t pixels = output_extent(c, c->in[2]) * output_extent(c, c->in[3]);
    snprintf(path, sizeof path, "%s/error", c->group);
    return verify_count(c->v, path, c->in[0] * c->weight[0] * pixels); /* before there is memory for it */
}

static enum status check_case(struct verify *v, const char *group, const char *kind, const char *name)
{
    struct layer_case c = {.v = v};
    struct recipe recipe;
    struct rig rig;

    snprintf(c.group, sizeof c.group, "%s/%s/%s", group, kind, name);
    TRY(verify_bits(&c.forward, &c.backward, store_path(v->file), c.group));
    TRY(read_shapes(&c));
    TRY(recipe_find(&recipe, "cpt"));
    recipe.stochastic_error = false; /* as the references were made */

    struct layer *l =
        layer_conv_new(kind, (struct shape){(int)c.in[2], (int)c.in[3], (int)c.in[1]}, (int)c.weight[0],
                       (int)c.weight[2], (int)c.stride, (int)c.pad, (int)c.groups, true);
    memcpy(c.out, (int64_t[]){c.in[0], l->out.c, l->out.h, l->out.w}, sizeof c.out);
    const struct memory_plan plan = {.batch = (int)c.in[0],
                                     .forward_bits_max = c.forward,
                                     .backward_bits_max = c.backward,
                                     .training = true};
    enum status s = rig_open(&rig, l, &v->machine, &plan, &recipe);
    if (s == STATUS_OK) s = run_case(&c, &rig);
    rig_close(&rig);
    return s;
}

static enum status check_kind(struct verify *v, const char *group, const char *kind)
{
    char path[2 * STORE_NAME_MAX];
    struct store_names cases;
    enum status s = STATUS_OK;

    snprintf(path, sizeof path, "%s/%s", group, kind);
    TRY(store_members(&cases, v->file, path));
    for (int i = 0; i < cases.count && s == STATUS_OK; i++)
        s = check_case(v, group, kind, cases.name[i]);
    store_names_free(&cases);
    return s;
}

enum status verify_layers(struct verify *v, const char *group)
{
    struct store_names kinds;
    enum status s = STATUS_OK;

    TRY(store_members(&kinds, v->file, group));
    for (int i = 0; i < kinds.count && s == STATUS_OK; i++)
        s = check_kind(v, group, kinds.name[i]);
    store_names_free(&kinds);
    return s;
}
