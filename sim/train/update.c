/* sim/train/update.c - gradient, state and master of every parameter, in three passes over all of them. */
#include "sim/train/update.h"

#include <assert.h>

enum { PARAMS = 64 }; /* that go to the device at once */

/* A tensor of the parameter by its role, in place. */
static void take_role(float *x, enum role role, const struct param_at *at, const struct pass *p)
{
    const struct role_setting *s = &p->recipe->role[role];
    const struct role_moment now = pass_moment(p, at->layer);

    if (s->way != ROLE_FORMAT || !x || !pass_runs(p, at->layer)) return;
    const struct role_tensor t = {
        .rows = at->param->size / at->param->row, .row = at->param->row, .id = at->id};
    struct quantize_op op = role_quantize(&t, s, role, &now);
    op.x = op.y = x;
    p->device->ops->quantize(p->device, &op);
}

/* One half of the optimizer over all parameters. */
static void run_rule(struct graph *g, const struct update_rule *rule, const struct optimizer_spec *s,
                     double lr, const struct pass *p)
{
    struct update u[PARAMS];
    struct update_op op = {u, 0, rule, s, lr};

    for (struct param_at at = params_begin(g); at.param; params_next(&at)) {
        const struct param *q = at.param;
        if (!pass_runs(p, at.layer)) continue;
        u[op.count++] = (struct update){q->value, q->grad, {q->state[0], q->state[1]}, q->size, q->mask};
        if (op.count < PARAMS) continue;
        p->device->ops->update(p->device, &op);
        op.count = 0;
    }
    if (op.count > 0) p->device->ops->update(p->device, &op);
}

void update_params(struct graph *g, const struct optimizer_spec *s, double lr, const struct pass *p)
{
    assert(optimizer_states(s->type) <= g->plan.states);
    for (struct param_at at = params_begin(g); at.param; params_next(&at))
        take_role(at.param->grad, ROLE_GRADIENT, &at, p);
    run_rule(g, &s->type->observe, s, lr, p);
    for (struct param_at at = params_begin(g); at.param; params_next(&at))
        for (int i = 0; i < PARAM_STATES; i++)
            take_role(at.param->state[i], ROLE_MOMENTUM, &at, p);
    run_rule(g, &s->type->move, s, lr, p);
    for (struct param_at at = params_begin(g); at.param; params_next(&at))
        take_role(at.param->value, ROLE_MASTER, &at, p);
}
