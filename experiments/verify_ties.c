/* experiments/verify_ties.c - following a reference through its ties.
 *
 * An error code is rint((e - z) / s). The reference summed e in float32 in another order, so that an element
 * whose quotient lies within a few float32 steps of k + 1/2 may rightly be rounded either way; one such
 * element moves dX, tips others in the layers below, and after nine layers gradients differ by percents
 * (measured: 1e-2 at the stem of ResNet-8), although nothing is wrong. So each layer's ties are settled as
 * its reference gradient says, before the error is passed on; what remains is compared within 2e-3. Only
 * elements within TIE of a middle are eligible.
 */
#include "experiments/verify.h"

#include "sim/layers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Distance from the middle, in steps: 8 float32 steps of a quotient in 128..255. At most TIES are tried a
 * layer. */
static const double TIE = 8 * 0x1p-16;
/* Gradients agree: sums of float32 in another order. */
static const double AGREED = 2e-5;
enum { TIES = 256 };

/* |grad - want|_2 / |want|_2. */
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

/* Elements near a middle: index[..] of at most TIES, and how far each must move to be on its other side. */
static int find_ties(size_t index[TIES], float move[TIES], const struct tensor *e, size_t n,
                     const struct affine *q)
{
    int count = 0;
    for (size_t i = 0; i < n && count < TIES; i++) {
        const double t = ((double)e->data[i] - (double)q->zero) / (double)q->scale;
        const double past = t - floor(t) - 0.5;
        if (fabs(past) > TIE || t < 0.0 || t > (double)q->top) continue;
        index[count] = i;
        move[count++] = (float)((past < 0.0 ? 2.0 : -2.0) * TIE * (double)q->scale);
    }
    return count;
}

/* Settle the ties of one convolution; returns how many went the other way. */
static int settle(struct graph *g, int node, const float *want, const struct pass *p)
{
    struct node *n = &g->nodes[node];
    struct param *w = &n->layer->params[0];
    size_t index[TIES];
    float move[TIES];
    int moved = 0;

    graph_backward_node(g, node, false, p);
    double best = distance(w->grad, want, w->size);
    const struct affine q =
        affine_of_range(n->dout.range, p->backward_bits, p->recipe->division, p->recipe->floor);
    const int count =
        best > AGREED ? find_ties(index, move, &n->dout, shape_size(n->layer->out) * (size_t)p->n, &q) : 0;

    for (int i = 0; i < count && best > AGREED; i++) {
        float *e = &n->dout.data[index[i]];
        const float old = *e;
        *e += move[i];
        graph_backward_node(g, node, false, p);
        const double now = distance(w->grad, want, w->size);
        if (now < best) {
            best = now;
            moved++;
        } else {
            *e = old;
        }
    }
    return moved;
}

/* The reference gradient of a convolution, OIHW to our layout. */
static enum status load_gradient(float **want, struct verify *v, const char *group, const struct layer *l)
{
    char path[4 * STORE_NAME_MAX];
    struct store_info info;
    float *x;

    snprintf(path, sizeof path, "%s/grad_step0/%s.weight", group, l->name);
    TRY(verify_load(&x, &info, v, path, 4));
    *want = info.count == (int64_t)l->params[0].size ? malloc(l->params[0].size * sizeof **want) : NULL;
    if (*want) verify_to_nhwc(*want, x, info.dim);
    free(x);
    return *want ? STATUS_OK
                 : fail(STATUS_INPUT, "%s: /%s has %ld values, the layer has %zu", store_path(v->file), path,
                        (long)info.count, l->params[0].size);
}

enum status verify_follow_ties(struct verify *v, struct graph *g, const char *group, const struct pass *p)
{
    int moved = 0;

    for (int i = g->count - 1; i >= 0; i--) {
        if (layer_conv_shape(g->nodes[i].layer) && p->backward_bits > 0 &&
            p->backward_bits <= AFFINE_CODE_BITS) {
            float *want;
            TRY(load_gradient(&want, v, group, g->nodes[i].layer));
            moved += settle(g, i, want, p);
            free(want);
        }
        graph_backward_node(g, i, true, p);
    }
    if (v->out)
        fprintf(stderr, "/%s: %d ties within %.1e of a step settled as in the reference\n", group, moved,
                TIE);
    return STATUS_OK;
}
