/* experiments/record/checkpoint_memory.h - what schedules and the method remember, as a checkpoint has it. For
 * checkpoint.c. */
#ifndef EXPERIMENTS_RECORD_CHECKPOINT_MEMORY_H
#define EXPERIMENTS_RECORD_CHECKPOINT_MEMORY_H

#include "experiments/store/store.h"
#include "sim/base/digest.h"
#include "sim/train/trainer.h"

/** Versions of the schema, each with more in it: an index of checkpoint_versions. */
enum checkpoint_version {
    CHECKPOINT_TENSORS,   /* nothing is remembered */
    CHECKPOINT_SCHEDULES, /* what schedules remember */
    CHECKPOINT_METHODS,   /* and the method, its masks, what layers carry */
    CHECKPOINT_VERSIONS
};
extern const char *const checkpoint_versions[CHECKPOINT_VERSIONS];

struct checkpoint_memory {
    struct schedule_state schedule[SCHEDULES];
    struct method_state method;
};

/** Into and out of the file; what its version does not hold is 0. */
STATUS_MUST_CHECK enum status checkpoint_memory_write(struct store *s, const struct checkpoint_memory *m);
STATUS_MUST_CHECK enum status checkpoint_memory_read(struct checkpoint_memory *m, struct store *s,
                                                     enum checkpoint_version version);

/** Add to a digest what a file of this version holds. */
void checkpoint_memory_digest(struct digest *d, const struct checkpoint_memory *m,
                              enum checkpoint_version version);

/** STATUS_INPUT if a run that goes on from a file of this version needs what the file does not hold. */
STATUS_MUST_CHECK enum status checkpoint_memory_fits(const struct train_spec *t,
                                                     enum checkpoint_version version, const struct store *s);

#endif
