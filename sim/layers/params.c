/* sim/layers/params.c - the walks over a graph's trained tensors and over its state. */
#include "sim/layers/params.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* The first parameter at or behind (node, index). */
static void settle(struct param_at *at)
{
    at->param = NULL;
    for (; at->node < at->graph->count; at->node++, at->index = 0) {
        at->layer = at->graph->nodes[at->node].layer;
        if (at->index >= at->layer->param_count) continue;
        at->param = &at->layer->params[at->index];
        at->id = at->layer->id << 8 | (uint32_t)at->index;
        return;
    }
}

struct param_at params_begin(const struct graph *g)
{
    struct param_at at = {.graph = g};
    settle(&at);
    return at;
}

void params_next(struct param_at *at)
{
    at->index++;
    settle(at);
}

size_t params_size(const struct graph *g)
{
    size_t size = 0;
    for (struct param_at at = params_begin(g); at.param; params_next(&at))
        size += at.param->size;
    return size;
}

size_t params_of_layer(const struct layer *l)
{
    size_t size = 0;
    for (int i = 0; i < l->param_count; i++)
        size += l->params[i].size;
    return size;
}

void params_copy(float *out, const struct graph *g)
{
    struct device *d = g->plan.device;
    for (struct param_at at = params_begin(g); at.param; params_next(&at)) {
        d->ops->get(d, out, at.param->value, at.param->size * sizeof *out);
        out += at.param->size;
    }
}

void params_set(struct graph *g, const float *values)
{
    struct device *d = g->plan.device;
    for (struct param_at at = params_begin(g); at.param; params_next(&at)) {
        d->ops->put(d, at.param->value, values, at.param->size * sizeof *values);
        values += at.param->size;
    }
}

/* x = 0 where the mask is. */
static void clear_masked(struct device *d, float *x, const float *mask, float *host, size_t n)
{
    if (!x) return;
    d->ops->get(d, host, x, n * sizeof *host);
    for (size_t i = 0; i < n; i++)
        if (mask[i] == 0.0f) host[i] = 0.0f;
    d->ops->put(d, x, host, n * sizeof *host);
}

void params_mask(const struct graph *g, struct param *p, const float *mask)
{
    struct device *d = g->plan.device;
    float *host = malloc(p->size * sizeof *host);

    assert(p->mask);
    if (!host) abort(); /* no larger than one layer's weights */
    d->ops->put(d, p->mask, mask, p->size * sizeof *mask);
    clear_masked(d, p->value, mask, host, p->size);
    for (int i = 0; i < PARAM_STATES; i++)
        clear_masked(d, p->state[i], mask, host, p->size);
    free(host);
}

void params_unmask(const struct graph *g)
{
    for (struct param_at at = params_begin(g); at.param; params_next(&at)) {
        float *ones = malloc(at.param->size * sizeof *ones);
        if (!ones) abort(); /* no larger than one layer's weights */
        for (size_t i = 0; i < at.param->size; i++)
            ones[i] = 1.0f;
        params_mask(g, at.param, ones);
        free(ones);
    }
}

void params_axpy(float *y, float a, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = fmaf(a, x[i], y[i]);
}

double params_dot(const float *x, const float *y, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

/* --- the whole state --- */

/* The tensor at->index of the layer: parameters with their states and masks, buffers, what is
 * carried. false: it has no more. */
static bool look(struct state_at *at)
{
    enum { VALUE, STATES, MASK = STATES + PARAM_STATES, EACH };
    const struct layer *l = at->layer;
    const int params = l->param_count * EACH, buffer = at->index - params, carry = buffer - l->buffer_count;

    if (carry >= l->carry_count) return false;
    if (carry >= 0) {
        at->kind = STATE_CARRY;
        at->name = l->carries[carry].name;
        at->value = l->carries[carry].value[CARRY_TRAINING];
        at->size = (size_t)at->graph->plan.batch * l->carries[carry].size;
        return true;
    }
    if (buffer >= 0) {
        at->kind = STATE_BUFFER;
        at->name = l->buffers[buffer].name;
        at->value = l->buffers[buffer].value;
        at->size = l->buffers[buffer].size;
        return true;
    }
    const struct param *p = &l->params[at->index / EACH];
    const int which = at->index % EACH;
    at->slot = which - STATES;
    at->kind = which == VALUE ? STATE_VALUE : which == MASK ? STATE_MASK : STATE_OPTIMIZER;
    at->name = p->name;
    at->value = which == VALUE ? p->value : which == MASK ? p->mask : p->state[at->slot];
    at->size = p->size;
    return true;
}

/* The first tensor with memory at or behind (node, index). */
static void settle_state(struct state_at *at)
{
    for (; at->node < at->graph->count; at->node++, at->index = 0)
        for (at->layer = at->graph->nodes[at->node].layer; look(at); at->index++)
            if (at->value) return;
    at->value = NULL;
}

struct state_at state_begin(const struct graph *g)
{
    struct state_at at = {.graph = g};
    settle_state(&at);
    return at;
}

void state_next(struct state_at *at)
{
    at->index++;
    settle_state(at);
}
