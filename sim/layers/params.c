/* sim/layers/params.c - one walk over a graph's trained tensors. */
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

struct param_at params_begin(struct graph *g)
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

size_t params_size(struct graph *g)
{
    size_t size = 0;
    for (struct param_at at = params_begin(g); at.param; params_next(&at))
        size += at.param->size;
    return size;
}

void params_copy(float *out, struct graph *g)
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
