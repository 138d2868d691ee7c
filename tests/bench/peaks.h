/* tests/bench/peaks.h - what this machine can do at most: multiply-adds from registers, and copies. */
#ifndef TESTS_BENCH_PEAKS_H
#define TESTS_BENCH_PEAKS_H

#include "tests/bench/bench.h"

enum arithmetic { ARITHMETIC_FLOAT32, ARITHMETIC_INT16, ARITHMETIC_INT8, ARITHMETICS };

/** A loop of independent multiply-adds, twelve accumulators, nothing but registers. */
struct peak {
    enum arithmetic arithmetic;
    const char *name, *instructions;
    bool (*available)(void);
    void (*loop)(void); /* `ops` multiplies and adds */
    double ops;
};

/** The fastest instructions of this CPU; NULL if it has none of the table. */
const struct peak *peak_find(enum arithmetic a);

/** A contender's `with`: the loop on so many threads at once. */
struct peak_run {
    const struct peak *peak;
    int threads;
};
void peak_run(void *peak_run);

/** Table of the peaks, at 1 thread and at the most. */
void peaks_print(const struct bench *b);

#endif
