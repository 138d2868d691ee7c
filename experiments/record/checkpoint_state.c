/* experiments/record/checkpoint_state.c - naming the tensors of a network's state, and comparing them with a
 * file's. */
#include "experiments/record/checkpoint_state.h"

#include "sim/layers/layers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const checkpoint_groups[CHECKPOINT_GROUPS] = {"model", "optim", "buffers"};

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

static void add(struct checkpoint_state *s, const char *group, const struct layer *l, const char *name,
                float *value, size_t size)
{
    if (value == NULL) return; /* a graph planned for evaluation has no momenta */
    struct checkpoint_tensor *t = &s->tensor[s->count++];
    snprintf(t->path, sizeof t->path, "%s/%s.%s", group, l->name, name);
    t->value = value;
    set_shape(t, l, size);
}

enum status checkpoint_state_open(struct checkpoint_state *s, const struct graph *g)
{
    *s = (struct checkpoint_state){
        calloc((size_t)g->count * (2 * LAYER_PARAMS + LAYER_BUFFERS) + 1, sizeof *s->tensor), 0};
    if (s->tensor == NULL) return fail(STATUS_NOMEM, "no memory for the names of the state's tensors");
    for (int group = 0; group < CHECKPOINT_GROUPS; group++) {
        for (int i = 0; i < g->count; i++) {
            struct layer *l = g->nodes[i].layer;
            for (int p = 0; group < 2 && p < l->param_count; p++)
                add(s, checkpoint_groups[group], l, l->params[p].name,
                    group == 0 ? l->params[p].value : l->params[p].momentum, l->params[p].size);
            for (int b = 0; group == 2 && b < l->buffer_count; b++)
                add(s, checkpoint_groups[group], l, l->buffers[b].name, l->buffers[b].value,
                    l->buffers[b].size);
        }
    }
    return STATUS_OK;
}

void checkpoint_state_close(struct checkpoint_state *s)
{
    free(s->tensor);
    *s = (struct checkpoint_state){0};
}

enum status checkpoint_state_fits(struct store *s, const struct checkpoint_state *state)
{
    struct store_names names;
    struct store_info info;

    for (int i = 0; i < state->count; i++) {
        const struct checkpoint_tensor *t = &state->tensor[i];
        TRY(store_look(&info, s, t->path));
        if (info.kind != STORE_DATA || info.count != t->size)
            return fail(STATUS_INPUT,
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
    return fail(STATUS_INPUT, "%s: has %d parameter tensors, this model %d: it was written for another one",
                store_path(s), found, wanted);
}
