/* experiments/record/checkpoint_state.h - the state of a network as a checkpoint has it: every tensor with its
 * name. For checkpoint.c. */
#ifndef EXPERIMENTS_RECORD_CHECKPOINT_STATE_H
#define EXPERIMENTS_RECORD_CHECKPOINT_STATE_H

#include "experiments/store/store.h"
#include "sim/layers/params.h"

struct checkpoint_tensor {
    char path[2 * NAME_LENGTH + 32]; /* "model/conv1.weight" */
    float *value;                    /* [device] */
    int rank;
    int64_t dim[4], size;
};

struct checkpoint_state {
    struct checkpoint_tensor *tensor; /* [count], in the order of checkpoint_groups */
    int count;
    struct device *device;
    float *host; /* room for the largest of them */
};

enum { CHECKPOINT_GROUPS = STATE_KINDS };

/** Groups of a file, one for each kind of tensor: values, momenta, running statistics. */
extern const char *const checkpoint_groups[CHECKPOINT_GROUPS];

/** The tensors of a graph, which keeps their values. goes_on: also what training carries from batch to batch, which
 * other readers of a state do not need. */
STATUS_MUST_CHECK enum status checkpoint_state_open(struct checkpoint_state *s, const struct graph *g,
                                                    bool goes_on);
void checkpoint_state_close(struct checkpoint_state *s);

/** A tensor's values on the host, in s->host; and those of s->host where the device has them. */
const float *checkpoint_state_get(const struct checkpoint_state *s, const struct checkpoint_tensor *t);
void checkpoint_state_put(const struct checkpoint_state *s, const struct checkpoint_tensor *t);

/** STATUS_INPUT if a file has other tensors than the state. */
STATUS_MUST_CHECK enum status checkpoint_state_fits(struct store *s, const struct checkpoint_state *state);

#endif
