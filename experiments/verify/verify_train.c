/* experiments/verify/verify_train.c - a whole network for a few steps of SGD: losses, gradients, final state,
 * logits.
 *
 * What is float32 throughout differs from the reference by the order of its sums: 1e-5. What is quantized may differ
 * as far as the reference does from itself: verify_spread.c.
 */
#include "experiments/verify/verify.h"

#include "models/model.h"
#include "quant/try.h"
#include "sim/base/text.h"
#include "sim/layers/layers.h"
#include "sim/train/update.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The references' optimizer. */
static const double LEARNING_RATE = 0.1, MOMENTUM = 0.9, WEIGHT_DECAY = 1e-4;

static const double FLOAT32 = 1e-5;

struct train_case {
    struct verify *v;
    char group[2 * STORE_NAME_MAX];
    char model[STORE_NAME_MAX];
    int forward, backward, classes;
    int64_t steps, n;
    int64_t image[4]; /* NCHW of one batch */
    float *images, *labels;
    struct recipe recipe;
    struct device *device;
    struct graph graph;
};

/* What is done with a tensor of the network: its published name, its values, its shape if it is a
 * convolution's. */
typedef enum status visit(struct train_case *c, const char *path, float *x, size_t size,
                          const struct conv_shape *s);

static const char *path_of(const struct train_case *c, const char *folder, const struct layer *l,
                           const char *name, char path[static TENSOR_PATH])
{
    snprintf(path, TENSOR_PATH, "%s/%s/%s.%s", c->group, folder, l->name, name);
    return path;
}

static enum status visit_gradients(struct train_case *c, const char *folder, visit *f)
{
    char path[TENSOR_PATH];

    for (struct param_at at = params_begin(&c->graph); at.param; params_next(&at))
        TRY(f(c, path_of(c, folder, at.layer, at.param->name, path), at.param->grad, at.param->size,
              layer_facts_of(at.layer).conv));
    return STATUS_OK;
}

/* Parameters and buffers, but not what the optimizer keeps. */
static enum status visit_values(struct train_case *c, const char *folder, visit *f)
{
    char path[TENSOR_PATH];

    for (struct state_at at = state_begin(&c->graph); at.value; state_next(&at)) {
        const bool unused = c->forward == 0 && strstr(at.name, "quantize_input") != NULL;
        if (at.kind == STATE_OPTIMIZER || unused) continue;
        TRY(f(c, path_of(c, folder, at.layer, at.name, path), at.value, at.size,
              at.kind == STATE_VALUE ? layer_facts_of(at.layer).conv : NULL));
    }
    return STATUS_OK;
}

static void oihw(int64_t dim[4], const struct conv_shape *s)
{
    memcpy(dim, (int64_t[]){s->k, s->c / s->groups, s->kernel, s->kernel}, 4 * sizeof *dim);
}

static enum status load(struct train_case *c, const char *path, float *to, size_t size,
                        const struct conv_shape *s)
{
    struct store_info info;
    int64_t dim[4];
    float *x;

    TRY(verify_load(&x, &info, c->v, path, 0));
    if (info.count != (int64_t)size) {
        free(x);
        return status_fail(STATUS_INPUT, "%s: /%s has %ld values, %s has %zu there", store_path(c->v->file),
                           path, (long)info.count, c->model, size);
    }
    if (s) {
        oihw(dim, s);
        verify_to_nhwc(to, x, dim);
    } else {
        memcpy(to, x, size * sizeof *x);
    }
    free(x);
    return STATUS_OK;
}

/* What a vector, or one of its values, may be away. */
static enum status tolerance_of(double *tolerance, const struct train_case *c, const char *path)
{
    *tolerance = FLOAT32;
    return c->forward > 0 ? verify_spread_of(tolerance, c->v, path) : STATUS_OK;
}

static enum status check(struct train_case *c, const char *path, float *got, size_t size,
                         const struct conv_shape *s)
{
    int64_t dim[4];
    double tolerance;

    TRY(tolerance_of(&tolerance, c, path));
    float *x = malloc(size * sizeof *x);
    if (!x) return status_fail(STATUS_NOMEM, "no memory for /%s", path);
    if (s) {
        oihw(dim, s);
        verify_to_nchw(x, got, dim);
    } else {
        memcpy(x, got, size * sizeof *x);
    }
    const enum status status = verify_vector(c->v, path, x, (int64_t)size, AGREE_RELATIVE, tolerance);
    free(x);
    return status;
}

static struct pass make_pass(struct train_case *c, bool training, int64_t step)
{
    const struct pass p = {.device = c->device,
                           .recipe = &c->recipe,
                           .n = (int)c->n,
                           .widths = {c->forward, c->backward},
                           .training = training,
                           .step = (uint32_t)step};
    const int64_t size = c->image[1] * c->image[2] * c->image[3] * c->n;
    verify_to_nhwc(c->graph.in.data, c->images + step * size, c->image);
    return p;
}

/* All steps; losses[steps] and the gradients of step 0. */
static enum status train(struct train_case *c, float *losses)
{
    struct optimizer_spec sgd = {.momentum = MOMENTUM, .weight_decay = WEIGHT_DECAY};
    int *labels = malloc((size_t)c->n * sizeof *labels);
    enum status s =
        labels ? optimizer_find(&sgd.type, "sgd") : status_fail(STATUS_NOMEM, "no memory for labels");

    for (int64_t t = 0; t < c->steps && s == STATUS_OK; t++) {
        const struct pass p = make_pass(c, true, t);
        for (int64_t i = 0; i < c->n; i++)
            labels[i] = (int)c->labels[t * c->n + i];
        graph_forward(&c->graph, &p);
        graph_loss(&c->graph, labels, (int)c->n, true);
        losses[t] = (float)graph_loss_get(&c->graph).mean;
        graph_backward(&c->graph, &p);
        if (t == 0 && s == STATUS_OK) s = visit_gradients(c, "grad_step0", check);
        update_params(&c->graph, &sgd, LEARNING_RATE, &p);
    }
    free(labels);
    return s;
}

static enum status check_losses(struct train_case *c, const float *losses)
{
    char path[3 * STORE_NAME_MAX], name[4 * STORE_NAME_MAX];
    double tolerance;

    snprintf(path, sizeof path, "%s/losses", c->group);
    TRY(verify_count(c->v, path, c->steps));
    for (int64_t i = 0; i < c->steps; i++) {
        snprintf(name, sizeof name, "%s[%" PRId64 "]", path, i);
        TRY(tolerance_of(&tolerance, c, name));
        TRY(verify_element(c->v, path, name, i, losses[i], tolerance));
    }
    return STATUS_OK;
}

/* The trained network: its tensors, and its logits on the first batch with running statistics. */
static enum status check_final(struct train_case *c)
{
    char path[3 * STORE_NAME_MAX];

    snprintf(path, sizeof path, "after%ld", (long)c->steps);
    TRY(visit_values(c, path, check));
    const struct pass p = make_pass(c, false, 0);
    const struct tensor *logits = graph_forward(&c->graph, &p);
    snprintf(path, sizeof path, "%s/eval_logits", c->group);
    return check(c, path, logits->data, (size_t)(c->n * c->classes), NULL);
}

static enum status run_case(struct train_case *c)
{
    float *losses = calloc((size_t)c->steps, sizeof *losses);

    if (!losses) return status_fail(STATUS_NOMEM, "no memory for losses");
    enum status s = visit_values(c, "init", load);
    if (s == STATUS_OK) s = train(c, losses);
    if (s == STATUS_OK) s = check_losses(c, losses);
    free(losses);
    return s == STATUS_OK ? check_final(c) : s;
}

/* Extents that layers have as int, and memory for. */
static enum status check_extents(const struct train_case *c, int64_t classes)
{
    enum { BATCH_MOST = 4096, CHANNELS_MOST = 1024, SIDE_MOST = 1024, CLASSES_MOST = 1 << 16 };

    if (c->n <= BATCH_MOST && c->image[1] <= CHANNELS_MOST && c->image[2] <= SIDE_MOST &&
        c->image[3] <= SIDE_MOST && classes >= 1 && classes <= CLASSES_MOST)
        return STATUS_OK;
    return status_fail(STATUS_INPUT,
                       "%s: /%s: %" PRId64 " images of %" PRId64 " x %" PRId64 " x %" PRId64 " in %" PRId64
                       " classes; at most %d of %d x %d x %d in %d",
                       store_path(c->v->file), c->group, c->n, c->image[1], c->image[2], c->image[3], classes,
                       BATCH_MOST, CHANNELS_MOST, SIDE_MOST, SIDE_MOST, CLASSES_MOST);
}

/* Images, labels, number of classes. */
static enum status read_data(struct train_case *c)
{
    char path[3 * STORE_NAME_MAX];
    struct store_info info;

    snprintf(path, sizeof path, "%s/images", c->group);
    TRY(verify_load(&c->images, &info, c->v, path, 5));
    c->steps = info.dim[0];
    c->n = info.dim[1];
    memcpy(c->image, info.dim + 1, sizeof c->image);

    snprintf(path, sizeof path, "%s/labels", c->group);
    TRY(verify_load(&c->labels, &info, c->v, path, 2));
    if (info.dim[0] != c->steps || info.dim[1] != c->n)
        return status_fail(STATUS_INPUT, "%s: /%s must be [%ld][%ld], like the images",
                           store_path(c->v->file), path, (long)c->steps, (long)c->n);

    snprintf(path, sizeof path, "%s/init/fc.bias", c->group);
    TRY(store_look(&info, c->v->file, path));
    if (info.kind != STORE_DATA)
        return status_fail(STATUS_INPUT, "%s: /%s is missing", store_path(c->v->file), path);
    TRY(check_extents(c, info.count));
    c->classes = (int)info.count;
    for (int64_t i = 0; i < c->steps * c->n; i++)
        if (!(c->labels[i] >= 0.0f && c->labels[i] < (float)c->classes))
            return status_fail(STATUS_INPUT, "%s: /%s/labels: element %ld is %g, there are %d classes",
                               store_path(c->v->file), c->group, (long)i, (double)c->labels[i], c->classes);
    return STATUS_OK;
}

static enum status prepare(struct train_case *c)
{
    const struct model_type *type;

    TRY(read_data(c));
    if (c->forward > 0) TRY(verify_spread_read(c->v));
    TRY(recipe_find(&c->recipe, c->forward > 0 ? "cpt" : "float32"));
    c->recipe.stochastic_error = false; /* as the references were made */
    TRY(model_build(&type, &c->graph, c->model,
                    (struct shape){(int)c->image[2], (int)c->image[3], (int)c->image[1]}, c->classes,
                    &c->recipe));
    TRY(device_open(&c->device, &c->v->machine));
    return graph_plan(&c->graph, &(struct memory_plan){.device = c->device,
                                                       .batch = (int)c->n,
                                                       .forward_bits_max = c->forward,
                                                       .backward_bits_max = c->backward,
                                                       .training = true,
                                                       .states = 1});
}

static enum status check_case(struct verify *v, const char *group, const char *name)
{
    struct train_case c = {.v = v};

    snprintf(c.group, sizeof c.group, "%s/%s", group, name);
    TRY(verify_bits(&c.forward, &c.backward, store_path(v->file), c.group));
    const char *bits = strstr(name, "_fw");
    TRY(text_copy(c.model, sizeof c.model, store_path(v->file), name,
                  bits != NULL ? (size_t)(bits - name) : 0));
    enum status s = prepare(&c);
    if (s == STATUS_OK) s = run_case(&c);
    graph_free(&c.graph);
    device_close(c.device);
    free(c.images);
    free(c.labels);
    return s;
}

enum status verify_training(struct verify *v, const char *group)
{
    struct store_names cases;
    enum status s = STATUS_OK;

    TRY(store_members(&cases, v->file, group));
    for (int i = 0; i < cases.count && s == STATUS_OK; i++)
        s = check_case(v, group, cases.name[i]);
    store_names_free(&cases);
    return s;
}
