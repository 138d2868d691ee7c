/* tests/bench/trace_kernels.h - where a training step spends its time: a kernel table that takes the time
 * of each call.
 *
 * The traced table calls the one that it wraps; a CPU device opened with that one takes it as well
 * (cpu_of(device)->kernels), and goes back when nobody wants to know. Time is summed over threads, so that the
 * passes' share of a step is their sum by threads x the step's time; the rest is other layers, loss, update,
 * loading and waiting for the team. Two clock calls per kernel call, about 50 ns, are the price; it is not paid by steps
 * that are not traced.
 *
 * To add a kernel that takes time: its function and its line in trace_begin; until then it counts as the
 * rest.
 */
#ifndef TESTS_BENCH_TRACE_KERNELS_H
#define TESTS_BENCH_TRACE_KERNELS_H

#include "sim/kernels/kernels.h"

enum trace_pass { TRACE_FORWARD, TRACE_DATA, TRACE_WEIGHTS, TRACE_QUANTIZE, TRACE_NORM, TRACE_PASSES };

/** The traced table around k. One at a time, since C's functions have no room for more. */
const struct kernels *trace_begin(const struct kernels *k);

/** Before each step: an integer forward product counts as forward until batch norm runs backward, then as
 * backward-data. */
void trace_step(void);

/** Seconds of each pass since trace_begin, summed over threads. */
void trace_read(double seconds[TRACE_PASSES]);

#endif
