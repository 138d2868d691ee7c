/* sim/method/optimizer.c - the table of optimizers. Float32 state, one rounding for each written operation. */
#include "sim/method/optimizer.h"

#include "quant/try.h"
#include "sim/base/table.h"

#include <string.h>

/* As published: decay on every parameter, no dampening, no Nesterov. Zero momentum at the start makes the
 * first step v = d. Elements are independent, so that threads cannot change a bit. */
static void sgd_observe(const struct update *u, size_t first, size_t end, const void *of, double lr)
{
    const struct optimizer_spec *s = of;
    const float momentum = (float)s->momentum, decay = (float)s->weight_decay;
    float *restrict velocity = u->state[0];
    const float *restrict grad = u->grad, *restrict value = u->value;
    (void)lr;

    for (size_t i = first; i < end; i++) {
        const float d = grad[i] + decay * value[i];
        velocity[i] = momentum * velocity[i] + d;
    }
}

static void sgd_move(const struct update *u, size_t first, size_t end, const void *of, double lr)
{
    const float rate = (float)lr;
    const float *restrict velocity = u->state[0];
    float *restrict value = u->value;
    (void)of;

    for (size_t i = first; i < end; i++)
        value[i] -= rate * velocity[i];
}

static const struct optimizer_type types[] = {
    {.name = "sgd",
     .formula = "d = g + wd p; v = mu v + d; p = p - lr v",
     .source = "Fu et al., ICLR 2021, published code",
     .state = {"momentum"},
     .observe = {"sgd_observe", sgd_observe},
     .move = {"sgd_move", sgd_move}},
};

enum { COUNT = sizeof types / sizeof types[0] };

int optimizer_states(const struct optimizer_type *t)
{
    return t->state[0] == NULL ? 0 : t->state[1] == NULL ? 1 : 2;
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
