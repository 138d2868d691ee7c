/* tests/bench/bench.h - what the benches share: options, rounds in turns, medians, tables for people and
 * as JSON.
 *
 * A host shared with others has fast and slow phases: the same loop may take twice as long a second later.
 * So everything that is compared takes turns, round by round (bench_race), times are medians over the rounds,
 * and a ratio is the median of the rounds' ratios. Only ratios of one run are evidence. The clock is the
 * wall's.
 *
 * To add a bench: tests/bench/bench_NAME.c; the Makefile finds it. To add a column: a row of the table's columns,
 * in the order of the calls that fill it; its name says the unit.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include "experiments/print/printout.h"
#include "sim/kernels/kernels.h"

#include <stddef.h>

enum { BENCH_ROUNDS_MIN = 3, BENCH_ROUNDS_MAX = 201, BENCH_COLUMNS = 16 };

/** What a program was asked to time, and where its rows go. */
struct bench {
    const char *name;              /* of the program, without bench_ */
    const struct kernels *kernels; /* that are timed */
    int threads;                   /* most that are timed */
    double seconds;                /* that the rounds of one comparison may take */
    const char *only;              /* rows whose words hold this; NULL: all */
    FILE *text, *json, *saved;     /* a table, JSON lines, JSON lines in a file; NULL: not wanted */
};

/**
 * Read the command line, and print what is timed where: machine, commit, compiler, time. Ends the program
 * with a sentence if the command line is wrong. `seconds` is the default of --seconds.
 */
struct bench bench_open(int argc, char **argv, const char *name, const char *what, double seconds);
void bench_close(struct bench *b);

/** Is the row described by these words wanted (--only)? */
__attribute__((format(printf, 2, 3))) bool bench_wants(const struct bench *b, const char *format, ...);

/** The thread counts to time, in thread[2]: 1 and the most. Returns how many differ. */
int bench_threads(int thread[2], const struct bench *b);

/** End the program with the sentence of a failure, if it is one. */
void bench_must(enum status s);

/* --- time --------------------------------------------------------------------------------------------- */

/** Seconds of a clock that never jumps. */
double bench_clock(void);

/** One of those that take turns. run may be NULL (a library that is not there): its times are NaN. */
struct contender {
    void (*run)(void *with);
    void (*prepare)(void *with); /* done before each run and not timed, or NULL */
    void *with;
    double seconds[BENCH_ROUNDS_MAX]; /* of each round */
};

/**
 * Let them take turns until `seconds` are over, after one round that warms up and does not count. Returns how
 * many rounds there were, BENCH_ROUNDS_MIN to BENCH_ROUNDS_MAX.
 */
int bench_race(struct contender *c, int count, double seconds);

/** Median time of a run; median over the rounds of a's time by b's. */
double bench_median(const struct contender *c, int rounds);
double bench_fastest(const struct contender *c, int rounds);
double bench_ratio(const struct contender *a, const struct contender *b, int rounds);

/** Median of v[n], n <= BENCH_ROUNDS_MAX. */
double median_of(const double *v, int n);

/* --- memory ------------------------------------------------------------------------------------------- */

/** Zeroed memory, aligned to 64, with 64 bytes more than asked for; free() takes it back. Never fails. */
void *claim(size_t bytes);

/** x[i] in [0, 1), a fixed pattern. */
void fill_reals(float *x, size_t n);

/* --- tables ------------------------------------------------------------------------------------------- */

/** Width in characters; below 0: a text, to the left. */
struct bench_column {
    const char *name;
    int width;
};

struct bench_table {
    const struct bench *bench;
    const struct bench_column *columns;
    const char *name, *keys[BENCH_COLUMNS + 2];
    struct printout json, saved;
    int at;
};

/** Begin a table: its title, its columns (a NULL name ends them). `t` must stay where it is. */
void bench_table(struct bench_table *t, const struct bench *b, const char *name,
                 const struct bench_column *columns);

/** The next cell: a text; a number with `decimals` digits behind the point, NaN where there is none. */
void bench_text(struct bench_table *t, const char *text);
void bench_number(struct bench_table *t, double value, int decimals);

#endif
