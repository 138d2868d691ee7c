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

void layer_add_carry(struct layer *l, const char *name, size_t size)
{
    assert(l->carry_count < LAYER_CARRIES);
    struct carry *c = &l->carries[l->carry_count++];
    snprintf(c->name, sizeof c->name, "%s", name);
    c->size = size;
}

float *layer_carry(const struct layer *l, int i, const struct pass *p)
{
    return l->carries[i].value[p->training ? CARRY_TRAINING : CARRY_EVALUATION];
}

void layer_claim_state(struct layer *l, const struct memory_plan *p, struct arena *run)
{
    for (int i = 0; i < l->param_count; i++) {
        struct param *q = &l->params[i];
        q->value = arena_push(run, q->size * sizeof(float));
        q->grad = p->training ? arena_push(run, q->size * sizeof(float)) : NULL;
        q->mask = p->training && p->masks ? arena_push(run, q->size * sizeof(float)) : NULL;
        for (int s = 0; s < PARAM_STATES; s++)
            q->state[s] = p->training && s < p->states ? arena_push(run, q->size * sizeof(float)) : NULL;
    }
    l->trace = arena_push(run, sizeof *l->trace);
    for (int i = 0; i < l->buffer_count; i++)
        l->buffers[i].value = arena_push(run, l->buffers[i].size * sizeof(float));
    for (int i = 0; i < l->carry_count; i++) {
        const size_t bytes = (size_t)p->batch * l->carries[i].size * sizeof(float);
        l->carries[i].value[CARRY_TRAINING] = p->training ? arena_push(run, bytes) : NULL;
        l->carries[i].value[CARRY_EVALUATION] = arena_push(run, bytes);
    }
}

void layer_range(const struct tensor *t, size_t each, const struct pass *p)
{
    if (t->range) p->device->ops->range(p->device, &(struct range_op){t->range, t->data, p->n, each});
}
