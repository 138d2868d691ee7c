/* tests/fuzz/base_run.h - a small run with its record and its checkpoint, for targets that spoil them. */
#ifndef TESTS_FUZZ_BASE_RUN_H
#define TESTS_FUZZ_BASE_RUN_H

#include "sim/layers/graph.h"

/** Write DIR/run.h5 and DIR/ckpt/latest.h5 of a run of a few iterations. */
void base_run_write(const char *dir);

/** The planned network of that run; the same at every call. */
struct graph *base_run_graph(void);

#endif
