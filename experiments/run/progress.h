/* experiments/run/progress.h - where a run stands, on stderr: one line redrawn on a terminal, a line now
 * and then elsewhere.
 *
 *     cpt-3-8 [########............] 1000/2496  loss 0.412  8/8 bits  lr 0.1  12.3 it/s  2:01 left
 */
#ifndef EXPERIMENTS_RUN_PROGRESS_H
#define EXPERIMENTS_RUN_PROGRESS_H

#include "sim/train/trainer.h"

#include <stdio.h>

struct progress {
    FILE *out;         /* NULL: say nothing */
    bool terminal;     /* redraw one line */
    const char *label; /* of the run */
    int64_t first, iterations;
    double started, shown; /* seconds of a clock that never jumps */
    double loss;           /* a running mean */
    bool drawn;            /* a line is on the terminal that a message must not run into */
};

/** Begin at iteration `first` of `iterations`; out may be NULL. */
struct progress progress_begin(FILE *out, const char *label, int64_t first, int64_t iterations);

/** Show an iteration if it is time to: ten times a second on a terminal, every five seconds elsewhere. */
void progress_step(struct progress *p, const struct step_row *row);

/** Print a line of talk, the progress line out of the way. */
__attribute__((format(printf, 2, 3))) void progress_say(struct progress *p, const char *format, ...);

/** Leave the terminal's line clean. */
void progress_end(struct progress *p);

/** Write `seconds` as people say it: 42 s, 2:01, 3:25:00. */
void progress_time(char *text, size_t size, double seconds);

#endif
