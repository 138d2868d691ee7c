/* experiments/read/runs.h - the runs in a folder, at any depth. */
#ifndef EXPERIMENTS_READ_RUNS_H
#define EXPERIMENTS_READ_RUNS_H

#include "quant/status.h"

/** Told of a folder that holds a record; or of one that cannot be looked into, and why: status_detail() says it. */
typedef enum status runs_visitor(void *context, const char *dir, enum status trouble);

/**
 * Visit every run in `path`, which may be one itself: folders by name, none below a run, hidden ones left out.
 * Links are followed, but a run is visited once and a circle is not entered. Stops at the first failure of a
 * visit. STATUS_IO if `path` cannot be read or has more folders or depth than any experiment.
 */
STATUS_MUST_CHECK enum status runs_visit(const char *path, runs_visitor *visit, void *context);

#endif
