/* experiments/verify/verify_range.c - following a reference through the ends of its error ranges.
 *
 * An error code is rint((e - z) / s), and z and s come from the smallest and the largest e of a tensor. The
 * reference summed e in float32 in another order, so that these two elements may rightly lie a few float32
 * steps aside. That moves the zero of every element, and dW holds the zero times the sum of the inputs, a
 * thousandfold (measured: 6 steps of an end, 3e-4 of the gradient); some elements are rounded the other way,
 * which moves dX, and after nine layers gradients differ by percents, although nothing is wrong. So each
 * layer's ends are settled as its reference gradient says, before the error is passed on. With that, every
 * gradient of ResNet-8 agrees within 4e-5.
 */
#include "experiments/verify/verify.h"

#include "quant/try.h"
#include "sim/layers/layers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Gradients agree: sums of float32 in another order. */
static const double AGREED = 2e-5;
/* How many float32 steps an end may move, either way. */
enum { END_STEPS = 8 };

/* |grad - want|_2 / |want|_2 */
static double distance(const float *grad, const float *want, size_t n)
{
    double square = 0.0, norm = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double d = (double)grad[i] - (double)want[i];
        square += d * d;
        norm += (double)want[i] * (double)want[i];
    }
    return norm > 0.0 ? sqrt(square / norm) : sqrt(square);
}

/* Backward of one convolution; how far its gradient is from the wanted one. */
static double try_backward(struct graph *g, int node, const float *want, const struct pass *p)
{
    const struct param *w = &g->nodes[node].layer->params[0];

    graph_backward_node(g, node, false, p);
    return distance(w->grad, want, w->size);
}

/* Move one end of the range of a convolution's error, where that brings its gradient nearer than *best.
 * Returns whether it moved. */
static bool settle_end(float *end, double *best, struct graph *g, int node, const float *want,
                       const struct pass *p)
{
    const float own = *end;
    float nearest = own;

    for (int way = -1; way <= 1; way += 2) {
        *end = own;
        for (int i = 0; *best > AGREED && i < END_STEPS; i++) {
            *end = nextafterf(*end, (float)way * INFINITY);
            const double now = try_backward(g, node, want, p);
            if (now >= *best) continue;
            *best = now;
            nearest = *end;
        }
    }
    *end = nearest;
    return nearest != own;
}

/* The reference gradient of a convolution, OIHW to our layout. */
static enum status load_gradient(float **want, struct verify *v, const char *group, const struct layer *l)
{
    char path[4 * STORE_NAME_MAX];
    struct store_info info;
    float *x;

    snprintf(path, sizeof path, "%s/grad_step0/%s.weight", group, l->name);
    TRY(verify_load(&x, &info, v, path, 4));
    if (info.count != (int64_t)l->params[0].size) {
        free(x);
        return status_fail(STATUS_INPUT, "%s: /%s has %ld values, the layer has %zu", store_path(v->file),
                           path, (long)info.count, l->params[0].size);
    }
    *want = malloc(l->params[0].size * sizeof **want);
    if (!*want) abort();
    verify_to_nhwc(*want, x, info.dim);
    free(x);
    return STATUS_OK;
}

enum status verify_follow_ranges(struct verify *v, struct graph *g, const char *group, const struct pass *p)
{
    int moved = 0;

    for (int i = g->count - 1; i >= 0; i--) {
        struct node *n = &g->nodes[i];
        if (layer_facts_of(n->layer).kind == LAYER_CONV && n->layer->quantized && p->widths.backward > 0 &&
            p->widths.backward <= AFFINE_CODE_BITS) {
            float *want;
            TRY(load_gradient(&want, v, group, n->layer));
            double best = try_backward(g, i, want, p);
            moved += settle_end(&n->dout.range->lo, &best, g, i, want, p);
            moved += settle_end(&n->dout.range->hi, &best, g, i, want, p);
            free(want);
        }
        graph_backward_node(g, i, true, p);
    }
    if (v->out)
        fprintf(stderr,
                "/%s: %d ends of error ranges moved by at most %d float32 steps, as in the reference\n",
                group, moved, END_STEPS);
    return STATUS_OK;
}
