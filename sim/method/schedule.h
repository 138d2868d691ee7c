/* sim/method/schedule.h - precision schedules: bits = f(iteration, epoch, layer, statistics).
 *
 * A schedule is a controller: it may read what the run has measured (struct schedule_point) and remember it
 * (struct schedule_state). The trainer owns what it remembers, and a checkpoint keeps it.
 *
 * To add a schedule: its function and its row in schedule.c, its theory in tests/sim/test_schedule.c. The
 * function returns real bits; schedule_bits rounds them to nearest, half to even. A schedule that remembers has a
 * second function, `observe`; one that reads a measurement is marked `adaptive`.
 * tests/experiments/test_schedule_state.c adds such a one.
 */
#ifndef SIM_METHOD_SCHEDULE_H
#define SIM_METHOD_SCHEDULE_H

#include "quant/status.h"
#include "sim/method/widths.h"

#include <stdint.h>

/** Iterations and elements are numbered by 32 bits wherever randomness is named; it also keeps iteration *
 * cycles in 63 bits. */
#define SCHEDULE_ITERATIONS_MOST ((int64_t)1 << 32)

/** What to do with iterations that the cycles do not divide. */
enum remainder {
    REMAINDER_STRETCH, /* cycles as even as integers allow; the last iteration is at the top */
    REMAINDER_LEFTOVER /* as published: cycles of floor(T/N), the rest opens one more at the bottom */
};

struct schedule_type;

struct schedule_spec {
    const struct schedule_type *type;
    int bits_min, bits_max; /* 2..32, or 0 0: float32 */
    int cycles;             /* >= 1 */
    enum remainder remainder;
};

/** Where a run stands: what a schedule may look at. */
struct schedule_point {
    int64_t iteration, iterations; /* 0-based; total */
    int64_t epoch;
    int layer;   /* node of the graph; -1: the run as a whole */
    double loss; /* of the previous iteration, NaN before the first; for observe: of this iteration */
    /* Statistics of the previous pass will stand here. */
};

enum { SCHEDULE_NUMBERS = 8, SCHEDULE_COUNTS = 4 };

/** What a schedule remembers from step to step: zeros before the first. Each schedule says at its functions
 * what it keeps where. A checkpoint holds these bytes, so the size stays as it is. */
struct schedule_state {
    double number[SCHEDULE_NUMBERS];
    int64_t count[SCHEDULE_COUNTS];
};

struct schedule_type {
    const char *name, *formula, *source;
    /** Bits before rounding, within bits_min..bits_max. */
    double (*bits)(const struct schedule_spec *s, const struct schedule_state *state,
                   const struct schedule_point *p);
    /** Called after each step with the point of that step; NULL: nothing is remembered. */
    void (*observe)(struct schedule_state *state, const struct schedule_spec *s,
                    const struct schedule_point *p);
    bool adaptive; /* its bits follow from what the run measures: nobody knows them before */
    bool by_layer; /* layers may differ; else bits are asked for once, with layer -1 */
    bool cyclic;   /* its cycles must fit into the iterations */
    bool rises;    /* bits follow from the position in the cycle alone and never fall within one: of what
                      follows, long runs are counted without asking for each iteration */
};

/* --- before a run ------------------------------------------------------------------------------------- */

/** STATUS_INPUT if nobody can tell the bits before the run: the schedule is adaptive. */
STATUS_MUST_CHECK enum status schedule_check_known(const struct schedule_spec *s, const char *where);

/**
 * Bits at a point, rint (to even) of the formula, for a schedule whose bits are known: the only way to look
 * ahead. What a run has trained at is in its record and is never worked out again.
 */
int schedule_bits(const struct schedule_spec *s, const struct schedule_point *p);

/** Where bits may first differ from those at a point, at most the end of the run: few questions, long stretches. */
int64_t schedule_same_until(const struct schedule_spec *s, const struct schedule_point *p);

enum { SCHEDULE_PARTS = 2 };

/** Iterations begin <= i < end, whose bits occur so many times in a run. */
struct schedule_part {
    int64_t begin, end, times;
};

/**
 * The parts that a run consists of: its cycles have one or two lengths, and those of one length the same bits.
 * Widths come up in the same order as in the run.
 */
int schedule_parts(struct schedule_part part[SCHEDULE_PARTS], const struct schedule_spec *forward,
                   const struct schedule_spec *backward, int64_t iterations);

/* --- in a run ----------------------------------------------------------------------------------------- */

enum { SCHEDULE_FORWARD, SCHEDULE_BACKWARD, SCHEDULES };

/**
 * Widths of a step: those of the run as a whole are returned, those of each layer go to layer[layers], by node
 * of the graph. Schedules that are not by_layer give every layer the same.
 */
struct widths schedule_widths(struct widths *layer, int layers, const struct schedule_spec *forward,
                              const struct schedule_spec *backward,
                              const struct schedule_state state[SCHEDULES], const struct schedule_point *p);

/** Let both schedules see a step that is done; p as for schedule_widths, but with the step's own loss. */
void schedule_observe(struct schedule_state state[SCHEDULES], const struct schedule_spec *forward,
                      const struct schedule_spec *backward, const struct schedule_point *p);

/** Does it remember anything? False for a schedule without a type. */
bool schedule_remembers(const struct schedule_spec *s);

/** May its layers differ? False for a schedule without a type. */
bool schedule_by_layer(const struct schedule_spec *s);

/* --- of any schedule ---------------------------------------------------------------------------------- */

/** Cycle number and position in it, u in [0, 1] (1 only where a cycle is stretched): also what the record
 * stores. */
double schedule_phase(int64_t *cycle, const struct schedule_spec *s, const struct schedule_point *p);

/** Row by name; fails with the nearest known name. */
STATUS_MUST_CHECK enum status schedule_find(const struct schedule_type **out, const char *name);

/** Check ranges (bits 2..32, min <= max, of a cyclic schedule 1 <= cycles <= iterations); `where` begins the sentence, e.g.
 * "forward". */
STATUS_MUST_CHECK enum status schedule_check(const struct schedule_spec *s, int64_t iterations,
                                             const char *where);

/** All rows; *count is set. */
const struct schedule_type *schedule_all(int *count);

#endif
