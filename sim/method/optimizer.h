/* sim/method/optimizer.h - parameter updates.
 *
 * To add an optimizer: its two functions (observe, move; those of another row serve too) and its row in
 * optimizer.c, its claims in tests/sim/test_optimizer.c.
 */
#ifndef SIM_METHOD_OPTIMIZER_H
#define SIM_METHOD_OPTIMIZER_H

#include "sim/layers/graph.h"

struct optimizer_type;

struct optimizer_spec {
    const struct optimizer_type *type;
    double momentum;     /* [0, 1) */
    double weight_decay; /* on every parameter, as published */
};

/* In two halves, because the state in between has a number format of its own: see sim/roles/role.h. */
struct optimizer_type {
    const char *name, *formula, *source;
    void (*observe)(struct param *p, const struct optimizer_spec *s);         /* state from gradient */
    void (*move)(struct param *p, const struct optimizer_spec *s, double lr); /* value from state */
};

/** Update every parameter of the graph from its gradient, each tensor in its role's number format. */
void optimizer_update(struct graph *g, const struct optimizer_spec *s, double lr, const struct pass *p);

MUST_CHECK enum status optimizer_find(const struct optimizer_type **out, const char *name);
const struct optimizer_type *optimizer_all(int *count);

#endif
