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

/* The tensors of one layer that stand in a group. */
static void add_layer(struct checkpoint_state *s, int group, struct layer *l)
{
    for (int i = 0; group < 2 && i < l->param_count; i++) {
        struct param *p = &l->params[i];
        add(s, checkpoint_groups[group], l, p->name, group == 0 ? p->value : p->state[0], p->size);
        if (group == 1 && p->state[1] != NULL) {
            char name[NAME_LENGTH + 8];
            snprintf(name, sizeof name, "%s.second", p->name);
            add(s, checkpoint_groups[group], l, name, p->state[1], p->size);
        }
    }
    for (int i = 0; group == 2 && i < l->buffer_count; i++)
        add(s, checkpoint_groups[group], l, l->buffers[i].name, l->buffers[i].value, l->buffers[i].size);
}

enum status checkpoint_state_open(struct checkpoint_state *s, const struct graph *g)
{
    int64_t largest = 1;

    *s = (struct checkpoint_state){.device = g->plan.device};
    s->tensor = calloc((size_t)g->count * (3 * LAYER_PARAMS + LAYER_BUFFERS) + 1, sizeof *s->tensor);
    if (s->tensor == NULL) return fail(STATUS_NOMEM, "no memory for the names of the state's tensors");
    for (int group = 0; group < CHECKPOINT_GROUPS; group++)
        for (int i = 0; i < g->count; i++)
            add_layer(s, group, g->nodes[i].layer);
    for (int i = 0; i < s->count; i++)
        if (s->tensor[i].size > largest) largest = s->tensor[i].size;
    s->host = malloc((size_t)largest * sizeof *s->host);
    if (s->host != NULL) return STATUS_OK;
    checkpoint_state_close(s);
    return fail(STATUS_NOMEM, "no memory for a tensor of the state");
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
