/* experiments/record/leftovers.h - files that a killed run left in its directory: harmless, and in
 * nobody's use. */
#ifndef EXPERIMENTS_RECORD_LEFTOVERS_H
#define EXPERIMENTS_RECORD_LEFTOVERS_H

#include "quant/status.h"

#include <limits.h>

enum { LEFTOVERS_MAX = 8 };

struct leftover {
    char path[PATH_MAX];
    char what[192]; /* "the lock of process 4711 on node3, which holds it no more" */
};

/** Find them in a run directory that no process writes; returns how many. */
int leftovers_find(struct leftover left[LEFTOVERS_MAX], const char *dir);

/** Remove them, under the directory's lock. STATUS_IO, and nothing is removed, if another process has it. */
STATUS_MUST_CHECK enum status leftovers_remove(const char *dir);

#endif
