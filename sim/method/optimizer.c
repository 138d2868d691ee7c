/* sim/method/optimizer.c - the table of optimizers. Float32 state, one rounding for each written
 * operation. */
#include "sim/method/optimizer.h"

#include "sim/base/table.h"

#include <string.h>

/* As published: decay on every parameter, no dampening, no Nesterov. Zero momentum at the start makes the
 * first step v = d. Elements are independent, so that threads cannot change a bit. */
static void sgd_observe(struct param *p, const struct optimizer_spec *s)
{
    const float momentum = (float)s->momentum, decay = (float)s->weight_decay;
    float *velocity = p->momentum;
    const float *grad = p->grad, *value = p->value;

#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < p->size; i++) {
        const float d = grad[i] + decay * value[i];
        velocity[i] = momentum * velocity[i] + d;
    }
}

static void sgd_move(struct param *p, const struct optimizer_spec *s, double lr)
{
    const float rate = (float)lr;
    const float *velocity = p->momentum;
    float *value = p->value;
    (void)s;

#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < p->size; i++)
        value[i] -= rate * velocity[i];
}

static const struct optimizer_type types[] = {
    {"sgd", "d = g + wd p; v = mu v + d; p = p - lr v", "Fu et al., ICLR 2021, published code", sgd_observe,
     sgd_move},
};

enum { COUNT = sizeof types / sizeof types[0] };

/* A tensor of the parameter by its role, in place. */
static void take_role(float *x, enum role role, const struct param *q, uint32_t id, const struct pass *p)
{
    const struct role_setting *s = &p->recipe->role[role];
    const struct role_moment now = pass_moment(p);

    if (s->way != ROLE_FORMAT) return;
    const struct role_tensor t = {.rows = q->size / q->row, .row = q->row, .id = id};
    (void)role_apply(x, x, &t, s, role, &now);
}

void optimizer_update(struct graph *g, const struct optimizer_spec *s, double lr, const struct pass *p)
{
    for (int n = 0; n < g->count; n++) {
        struct layer *l = g->nodes[n].layer;
        for (int i = 0; i < l->param_count; i++) {
            struct param *q = &l->params[i];
            const uint32_t id = l->id * LAYER_PARAMS + (uint32_t)i;
            take_role(q->grad, ROLE_GRADIENT, q, id, p);
            s->type->observe(q, s);
            take_role(q->momentum, ROLE_MOMENTUM, q, id, p);
            s->type->move(q, s, lr);
            take_role(q->value, ROLE_MASTER, q, id, p);
        }
    }
}

const struct optimizer_type *optimizer_all(int *count)
{
    *count = COUNT;
    return types;
}

enum status optimizer_find(const struct optimizer_type **out, const char *name)
{
    size_t i;

    TRY(table_find(&i, "optimizer", name, types, sizeof *types, COUNT));
    *out = &types[i];
    return STATUS_OK;
}
