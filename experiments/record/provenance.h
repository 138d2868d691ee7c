/* experiments/record/provenance.h - what made a result: program, machine, command line, data. */
#ifndef EXPERIMENTS_RECORD_PROVENANCE_H
#define EXPERIMENTS_RECORD_PROVENANCE_H

#include "experiments/store/store.h"
#include "sim/data/dataset.h"

enum { PROVENANCE_TIME = 32, PROVENANCE_ID = 64 };

/** What a run is computed by and from, which no result depends on. */
struct provenance {
    char *const *argv;   /* NULL-terminated command line, or NULL */
    const char *kernels; /* name of the kernels in use */
    int threads;
    int64_t memory_bytes;       /* placed for network, step and threads; 0: unknown */
    const struct dataset *data; /* NULL: none */
};

/** Now, as "2026-03-01T12:34:56Z". */
void provenance_time(char utc[PROVENANCE_TIME]);

/** Attributes of /provenance and /provenance/dataset: all that is known when a run begins or goes on. */
STATUS_MUST_CHECK enum status provenance_write(struct store *s, const struct provenance *p);

/** Those that are known when it ends: finished_utc, wall_seconds since `started` (monotonic), cpu_seconds,
 * ... */
STATUS_MUST_CHECK enum status provenance_finish(struct store *s, double started);

/** Largest resident set of this process so far, in bytes. */
int64_t provenance_max_rss(void);

/** Seconds of a clock that never jumps. */
double provenance_clock(void);

#endif
