/* sim/optimizer.c - the table of optimizers. Float32 state, one rounding for each written operation. */
#include "sim/optimizer.h"

#include "sim/names.h"

#include <string.h>

/* As published: decay on every parameter, no dampening, no Nesterov. Zero momentum at the start makes the
 * first step v = d. Elements are independent, so that threads cannot change a bit. */
static void sgd(struct param *p, const struct optimizer_spec *s, double lr)
{
    const float rate = (float)lr, momentum = (float)s->momentum, decay = (float)s->weight_decay;
    float *value = p->value, *velocity = p->momentum;
    const float *grad = p->grad;

#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < p->size; i++) {
        const float d = grad[i] + decay * value[i];
        velocity[i] = momentum * velocity[i] + d;
        value[i] -= rate * velocity[i];
    }
}

static const struct optimizer_type types[] = {
    {"sgd", "d = g + wd p; v = mu v + d; p = p - lr v", "Fu et al., ICLR 2021, published code", sgd},
};

enum { COUNT = sizeof types / sizeof types[0] };

void optimizer_update(struct graph *g, const struct optimizer_spec *s, double lr)
{
    for (int n = 0; n < g->count; n++) {
        struct layer *l = g->nodes[n].layer;
        for (int i = 0; i < l->param_count; i++)
            s->type->update(&l->params[i], s, lr);
    }
}

const struct optimizer_type *optimizer_all(int *count)
{
    *count = COUNT;
    return types;
}

static const char *row_name(int i)
{
    return types[i].name;
}

enum status optimizer_find(const struct optimizer_type **out, const char *name)
{
    for (int i = 0; i < COUNT; i++) {
        if (strcmp(name, types[i].name) == 0) {
            *out = &types[i];
            return STATUS_OK;
        }
    }
    return names_unknown("optimizer", name, row_name, COUNT);
}
