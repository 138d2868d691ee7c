/* sim/layers/layer.c - what all layers share: making, naming, claiming parameters. */
#include "sim/layers/layer_parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

void *layer_make(size_t bytes, const struct layer_type *type, const char *name, struct shape in,
                 struct shape out)
{
    struct layer *l = calloc(1, bytes);
    if (!l) abort(); /* a few hundred bytes: nothing would work without them */
    l->type = type;
    l->in = in;
    l->out = out;
    l->inputs = 1;
    snprintf(l->name, sizeof l->name, "%s", name);
    return l;
}

struct layer_facts layer_facts_of(const struct layer *l)
{
    struct layer_facts facts = {.in = l->in, .out = l->out};

    if (l->type->facts != NULL) l->type->facts(&facts, l);
    return facts;
}

void layer_add_param(struct layer *l, const char *name, size_t size)
{
    assert(l->param_count < LAYER_PARAMS);
    struct param *p = &l->params[l->param_count++];
    snprintf(p->name, sizeof p->name, "%s", name);
    p->size = size;
    p->row = size;
}

void layer_add_buffer(struct layer *l, const char *name, size_t size)
{
    assert(l->buffer_count < LAYER_BUFFERS);
    struct buffer *b = &l->buffers[l->buffer_count++];
    snprintf(b->name, sizeof b->name, "%s", name);
    b->size = size;
}

void layer_claim_state(struct layer *l, const struct plan *p, struct arena *run)
{
    for (int i = 0; i < l->param_count; i++) {
        struct param *q = &l->params[i];
        q->value = arena_push(run, q->size * sizeof(float));
        q->grad = p->training ? arena_push(run, q->size * sizeof(float)) : NULL;
        q->momentum = p->training ? arena_push(run, q->size * sizeof(float)) : NULL;
    }
    for (int i = 0; i < l->buffer_count; i++)
        l->buffers[i].value = arena_push(run, l->buffers[i].size * sizeof(float));
}

struct range range_over_images(const float *x, size_t each, const struct pass *p)
{
    struct range all = RANGE_EMPTY;
#pragma omp parallel num_threads(p->threads)
    {
        struct range mine = RANGE_EMPTY;
#pragma omp for schedule(static)
        for (int n = 0; n < p->n; n++)
            mine = range_join(mine, p->kernels->range(x + (size_t)n * each, each));
#pragma omp critical(range_over_images)
        all = range_join(all, mine); /* min and max: any order gives the same bits */
    }
    return all;
}
