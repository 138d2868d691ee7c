/* experiments/record/checkpoint_state.c - naming the tensors of a network's state, and comparing them with a
 * file's. */
#include "experiments/record/checkpoint_state.h"

#include "quant/try.h"
#include "sim/layers/layers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const checkpoint_groups[CHECKPOINT_GROUPS] = {[STATE_VALUE] = "model",
                                                          [STATE_OPTIMIZER] = "optim",
                                                          [STATE_BUFFER] = "buffers",
                                                          [STATE_MASK] = "masks",
                                                          [STATE_CARRY] = "carried"};

/* Known shapes are kept, for readers; the values are the same either way. */
static void set_shape(struct checkpoint_tensor *t, const struct layer *l, size_t size)
{
    const struct conv_shape *s = layer_facts_of(l).conv;

    t->size = t->dim[0] = (int64_t)size;
    t->rank = 1;
    if (s != NULL && size == (size_t)s->k * s->kernel * s->kernel * (s->c / s->groups)) {
        t->rank = 4;
        memcpy(t->dim, (int64_t[]){s->k, s->kernel, s->kernel, s->c / s->groups}, sizeof t->dim);
    } else if (size > (size_t)l->out.c && size == shape_size(l->in) * (size_t)l->out.c) {
        t->rank = 2;
        t->dim[0] = l->out.c;
        t->dim[1] = (int64_t)shape_size(l->in);
    }
}

static void add(struct checkpoint_state *s, const struct state_at *at)
{
    struct checkpoint_tensor *t = &s->tensor[s->count++];
    const char *second = at->kind == STATE_OPTIMIZER && at->slot == 1 ? ".second" : "";

    snprintf(t->path, sizeof t->path, "%s/%s.%s%s", checkpoint_groups[at->kind], at->layer->name, at->name,
             second);
    t->value = at->value;
    set_shape(t, at->layer, at->size);
}

enum status checkpoint_state_open(struct checkpoint_state *s, const struct graph *g, bool goes_on)
{
    size_t count = 0, largest = 1;

    *s = (struct checkpoint_state){.device = g->plan.device};
    for (struct state_at at = state_begin(g); at.value; state_next(&at), count++)
        if (at.size > largest) largest = at.size;
    s->tensor = calloc(count + 1, sizeof *s->tensor);
    s->host = malloc(largest * sizeof *s->host);
    if (s->tensor == NULL || s->host == NULL) {
        checkpoint_state_close(s);
        return status_fail(STATUS_NOMEM, "no memory for the %zu tensors of the state", count);
    }
    for (enum state_kind kind = 0; kind < STATE_KINDS; kind++)
        for (struct state_at at = state_begin(g); at.value; state_next(&at))
            if (at.kind == kind && (goes_on || kind != STATE_CARRY)) add(s, &at);
    return STATUS_OK;
}

void checkpoint_state_close(struct checkpoint_state *s)
{
    free(s->tensor);
    free(s->host);
    *s = (struct checkpoint_state){0};
}

const float *checkpoint_state_get(const struct checkpoint_state *s, const struct checkpoint_tensor *t)
{
    s->device->ops->get(s->device, s->host, t->value, (size_t)t->size * sizeof(float));
    return s->host;
}

void checkpoint_state_put(const struct checkpoint_state *s, const struct checkpoint_tensor *t)
{
    s->device->ops->put(s->device, t->value, s->host, (size_t)t->size * sizeof(float));
}

enum status checkpoint_state_fits(struct store *s, const struct checkpoint_state *state)
{
    struct store_names names;
    struct store_info info;

    for (int i = 0; i < state->count; i++) {
        const struct checkpoint_tensor *t = &state->tensor[i];
        TRY(store_look(&info, s, t->path));
        if (info.kind != STORE_DATA || info.count != t->size)
            return status_fail(STATUS_INPUT,
                               "%s: has no '%s' of %" PRId64 " values: it was written for another model",
                               store_path(s), t->path, t->size);
    }
    TRY(store_members(&names, s, "model"));
    int wanted = 0;
    while (wanted < state->count && strncmp(state->tensor[wanted].path, "model/", 6) == 0)
        wanted++;
    const int found = names.count;
    store_names_free(&names);
    if (found == wanted) return STATUS_OK;
    return status_fail(STATUS_INPUT,
                       "%s: has %d parameter tensors, this model %d: it was written for another one",
                       store_path(s), found, wanted);
}
