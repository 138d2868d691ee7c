/* sim/method/optimizer.h - parameter updates.
 *
 * To add an optimizer: its two functions (observe, move; those of another row serve too) and its row in
 * optimizer.c, its claims in tests/sim/test_optimizer.c. A device that is not the CPU needs the functions in its
 * own form, by their names.
 */
#ifndef SIM_METHOD_OPTIMIZER_H
#define SIM_METHOD_OPTIMIZER_H

#include "sim/device/device.h"

struct optimizer_type;

struct optimizer_spec {
    const struct optimizer_type *type;
    double momentum;     /* [0, 1) */
    double weight_decay; /* on every parameter, as published */
};

/* In two halves, because the state in between has a number format of its own: see sim/roles/role.h. A rule's
 * spec is the struct optimizer_spec. */
struct optimizer_type {
    const char *name, *formula, *source;
    const char *state[2];       /* what it keeps of each parameter; NULL: nothing (more) */
    struct update_rule observe; /* state from gradient */
    struct update_rule move;    /* value from state */
};

/** How many tensors it keeps of each parameter. */
int optimizer_states(const struct optimizer_type *t);

STATUS_MUST_CHECK enum status optimizer_find(const struct optimizer_type **out, const char *name);
const struct optimizer_type *optimizer_all(int *count);

#endif
