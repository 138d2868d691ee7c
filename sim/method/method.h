/* sim/method/method.h - what a method of training may do beside its recipe: look at the run before an epoch, leave
 * blocks out of a step, keep parameters at 0.
 *
 * To add a method: its functions and its struct method, its claims beside those of tests/sim/test_method.c. The
 * functions know the trainer, so that they stand in sim/train. One that keeps numbers from step to step keeps them
 * in its state, which the trainer owns and a checkpoint holds.
 */
#ifndef SIM_METHOD_METHOD_H
#define SIM_METHOD_METHOD_H

#include <stdbool.h>
#include <stdint.h>

struct trainer;

enum { METHOD_NUMBERS = 8, METHOD_COUNTS = 4 };

/** What a method remembers from step to step: zeros before the first. A checkpoint holds these bytes, so the size
 * stays as it is. */
struct method_state {
    double number[METHOD_NUMBERS];
    int64_t count[METHOD_COUNTS];
};

/** Functions that a method does not need are NULL. They are called in this order. */
struct method {
    const char *name, *formula, *source;
    bool masks; /* every parameter has a mask, at first of ones (params_mask) */
    /** Before the first step of an epoch: may run passes of its own over any batches, and change the state. */
    void (*before_epoch)(struct method_state *state, struct trainer *t, int64_t epoch);
    /** Before a step: set skip[nodes], all false, for nodes to skip (graph_skips says which can be). */
    void (*before_step)(struct method_state *state, bool *skip, struct trainer *t);
};

#endif
