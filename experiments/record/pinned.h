/* experiments/record/pinned.h - what a record pins: the data, the configuration and the hardware of its run.
 * Who goes on with a record, or measures its network, has to have the same. */
#ifndef EXPERIMENTS_RECORD_PINNED_H
#define EXPERIMENTS_RECORD_PINNED_H

#include "experiments/store/store.h"
#include "sim/data/dataset.h"

enum { PINNED_DIFFERENCES = 512 };

/** Write what a run is trained on as attributes of /provenance/dataset. */
STATUS_MUST_CHECK enum status pinned_data_write(struct store *s, const struct dataset *d);

/**
 * Are these the data that the record's run was trained on? STATUS_INPUT names every fact that differs. Where
 * the files are is no part of it; facts that an older record has not are not compared.
 */
STATUS_MUST_CHECK enum status pinned_data_check(struct store *s, const struct dataset *d);

/**
 * Name the keys whose values differ between two resolved configurations, or knobs between two hardware files:
 * "forward.cycles 2, now 4; seed 1, now 2". Keys that are no part of a run's identity are left out. "" if
 * there are none. Texts that have no room are counted: "; and 3 more".
 */
void pinned_differences(char out[PINNED_DIFFERENCES], const char *then, const char *now);

#endif
