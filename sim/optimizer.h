/* sim/optimizer.h - parameter updates. To add an optimizer: its function and row in optimizer.c. */
#ifndef SIM_OPTIMIZER_H
#define SIM_OPTIMIZER_H

#include "sim/graph.h"

struct optimizer_type;

struct optimizer_spec {
    const struct optimizer_type *type;
    double momentum;     /* [0, 1) */
    double weight_decay; /* on every parameter, as published */
};

struct optimizer_type {
    const char *name, *formula, *source;
    void (*update)(struct param *p, const struct optimizer_spec *s, double lr);
};

/** Update every parameter of the graph from its gradient. */
void optimizer_update(struct graph *g, const struct optimizer_spec *s, double lr);

MUST_CHECK enum status optimizer_find(const struct optimizer_type **out, const char *name);
const struct optimizer_type *optimizer_all(int *count);

#endif
