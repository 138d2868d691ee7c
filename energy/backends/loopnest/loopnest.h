/* energy/backends/loopnest/loopnest.h - what moves between the memories of an accelerator when a layer is
 * computed loop by loop.
 *
 * An architecture is a list of levels, DRAM first; a mapping is the layer's loops, each at one level,
 * temporal or spatial, outermost first. Every count follows from them in closed form:
 *
 *     tile      of a tensor in a level: what the loops at the level and below touch; of inputs with
 *               their halo
 *     refills   how often it is brought: the trips of the temporal loops above, without the innermost
 *               ones that the tensor does not depend on (it stays); if the innermost one slides an input
 *               window, only the new part of the window is brought
 *     reads     of the level above: refills x tile x instances; instances that want the same are served
 *               by one read where the network multicasts
 *     updates   of the level above: the same of outputs; instances that add to the same output reach it
 *               as one where the network adds them up. Partial sums come back but for the first time.
 *
 * A loop may reach beyond the layer's extent (7 rows on 4 processing elements): the last tile is then
 * partial, counts are of what it really holds, cycles are those of the fullest element.
 *
 * Source: Parashar et al., Timeloop: A Systematic Approach to DNN Accelerator Evaluation, ISPASS 2019; equal
 * to the tool on its four dense reference designs, see tests/energy/test_loopnest_reference.c.
 */
#ifndef ENERGY_BACKENDS_LOOPNEST_LOOPNEST_H
#define ENERGY_BACKENDS_LOOPNEST_LOOPNEST_H

#include "energy/backends/backend.h"

/** Batch, input channels, output channels, output columns and rows, kernel columns and rows. */
enum loopnest_dimension { LOOP_N, LOOP_C, LOOP_M, LOOP_P, LOOP_Q, LOOP_R, LOOP_S, LOOP_DIMENSIONS };

enum loopnest_tensor { LOOPNEST_WEIGHTS, LOOPNEST_INPUTS, LOOPNEST_OUTPUTS, LOOPNEST_TENSORS };

enum { LOOPNEST_LEVELS = 12, LOOPNEST_LOOPS = 48, LOOPNEST_NAME = 48 };

/** A layer: inputs are ((P - 1) stride + R) x ((Q - 1) stride + S) x C x N. */
struct loopnest_problem {
    int64_t extent[LOOP_DIMENSIONS]; /* >= 1 */
    int64_t stride;
    int bits[LOOPNEST_TENSORS]; /* of a word; of outputs: of a partial sum */
};

/** A memory, or, if it keeps nothing, a place where the network fans out. Zero means no limit, no price. */
struct loopnest_level {
    char name[LOOPNEST_NAME];
    bool keeps[LOOPNEST_TENSORS];
    int64_t capacity_bits;   /* of one instance, for all that it keeps */
    int64_t fanout;          /* instances below one: the most that spatial loops here may multiply to */
    bool unicast;            /* the network below carries a copy for each instance */
    bool no_reduction;       /* the network below does not add partial sums up */
    double bits_per_cycle;   /* of one instance, reads, fills and updates together */
    int words_per_access;    /* a port's width */
    double read_pj, fill_pj; /* of one access; an update costs a fill */
    double leak_pj;          /* of one instance in use, each cycle */
};

struct loopnest_architecture {
    struct loopnest_level level[LOOPNEST_LEVELS]; /* from DRAM, which keeps all, inwards */
    int levels;
    int64_t units; /* multiply-accumulate units, for the utilisation */
    double mac_pj;
};

struct loopnest_loop {
    int level;
    enum loopnest_dimension dimension;
    int64_t trips;
    bool spatial;
};

/** Loops from the outermost in: levels never decrease. */
struct loopnest_mapping {
    struct loopnest_loop loop[LOOPNEST_LOOPS];
    int loops;
};

/** Words of one tensor in one instance of a level; averages where tiles are partial. */
struct loopnest_access {
    double tile; /* the largest */
    double fills, reads, updates;
    double energy_pj; /* of all instances */
};

struct loopnest_counts {
    double macs, cycles, stall_cycles, utilization; /* 0..1 */
    double energy_pj;
    struct loopnest_level_counts {
        double instances;
        double energy_pj;
        struct loopnest_access of[LOOPNEST_TENSORS];
    } level[LOOPNEST_LEVELS];
    double network[LOOPNEST_TENSORS]; /* words that reach or leave one of several instances */
};

/**
 * Count. STATUS_INPUT: extents below 1, loops that do not cover an extent, spatial loops beyond a level's
 * fanout, tiles beyond its capacity, multiply-accumulates beyond 2^53; the sentence names level and
 * dimension.
 */
STATUS_MUST_CHECK enum status loopnest_count(struct loopnest_counts *out, const struct loopnest_problem *p,
                                             const struct loopnest_architecture *a,
                                             const struct loopnest_mapping *m);

/**
 * Read levels and loops of `design` (NULL: the first) from a file in the text form that Timeloop prints:
 *
 *     ##### my_design
 *     DRAM [ Weights:864 (864) Inputs:151875 (151875) Outputs:401408 (401408) ]
 *     | for P in [0:8)
 *     |   for Q in [0:14) (Spatial-X)
 *     |     << Compute >>
 *
 * A level keeps the tensors in its brackets; the sizes there are optional and must be those that the loops
 * make for p. Everything else of the architecture is zero and the caller's to fill in. Failures name file and
 * line.
 */
STATUS_MUST_CHECK enum status loopnest_read(struct loopnest_architecture *a, struct loopnest_mapping *m,
                                            const struct loopnest_problem *p, const char *path,
                                            const char *design);

/** Words that one instance of `level` keeps of a tensor at most. */
double loopnest_tile(const struct loopnest_problem *p, const struct loopnest_mapping *m, int level,
                     enum loopnest_tensor t);

/** "Weights", "Inputs", "Outputs"; "N", "C", ... */
const char *loopnest_tensor_name(enum loopnest_tensor t);
const char *loopnest_dimension_name(enum loopnest_dimension d);

/** Whether a tensor is indexed by a dimension. */
bool loopnest_depends(enum loopnest_tensor t, enum loopnest_dimension d);

#endif
