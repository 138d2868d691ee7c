/* sim/layers/params.c - the walks over a graph's trained tensors and over its state. */
#include "sim/layers/params.h"

#include <math.h>

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

/* The tensor at->index of the layer: parameters with their states, then buffers. false: it has no more. */
static bool look(struct state_at *at)
{
    enum { EACH = 1 + PARAM_STATES };
    const struct layer *l = at->layer;
    const int params = l->param_count * EACH, buffer = at->index - params;

    if (buffer >= l->buffer_count) return false;
    if (buffer >= 0) {
        at->kind = STATE_BUFFER;
        at->name = l->buffers[buffer].name;
        at->value = l->buffers[buffer].value;
        at->size = l->buffers[buffer].size;
        return true;
    }
    const struct param *p = &l->params[at->index / EACH];
    at->slot = at->index % EACH - 1;
    at->kind = at->slot < 0 ? STATE_VALUE : STATE_OPTIMIZER;
    at->name = p->name;
    at->value = at->slot < 0 ? p->value : p->state[at->slot];
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
