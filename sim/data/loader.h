/* sim/data/loader.h - the batches of a training run, the next one made while the last one is trained on.
 *
 * A batch is a function of the run's specification and the iteration alone, so that nothing depends on when
 * or by whom it was made.
 */
#ifndef SIM_DATA_LOADER_H
#define SIM_DATA_LOADER_H

#include "sim/data/dataset.h"

/** Which examples make an iteration, and how they are changed on the way. */
struct loader_spec {
    const struct dataset *data;
    uint64_t seed;
    int64_t iterations; /* of the run: nothing is made ahead beyond them */
    int batch;
    bool drop_last; /* an epoch's last, smaller batch is left out */
    bool crop, flip;
    int pad;
};

struct loader;

/** Iterations in one epoch. */
int64_t loader_epoch_length(const struct loader_spec *s);

/** Begin; STATUS_NOMEM, or STATUS_IO if there can be no thread. The data set must outlive the loader. */
STATUS_MUST_CHECK enum status loader_open(struct loader **out, const struct loader_spec *spec);

/** The batch of `iteration`, and begin to make that of the next one. It stays until the next call. */
struct batch loader_batch(struct loader *l, int64_t iteration);

void loader_close(struct loader *l); /* NULL is fine */

#endif
