/* energy/backends/loopnest/loopnest_search.h - mappings of a nest on described hardware, and the best of
 * a small search.
 *
 * The hierarchy is DRAM, the buffers (a global one serves the tensors without a buffer of their own;
 * weights may go past theirs), the array, the elements' registers. A preset says what is unrolled on rows and
 * columns and in which order the buffers feed the array; the search goes over tiles of the buffers, orders of
 * the DRAM loops and, where rows stay, tiles of the registers. Kernels are not cut, but for rows of the
 * array.
 *
 *     ws   channels and taps x filters; weights stay while pixels pass
 *     os   pixels x filters; sums stay while channels and taps pass
 *     is   channels and taps x pixels; inputs stay while filters pass
 *     rs   kernel rows x output rows, the rest of both axes with channels, filters or rows: an element slides
 *          one kernel row over one input row, for as many channels and filters as its registers hold; sums
 *          move up the columns (Chen et al., Eyeriss, ISCA 2016)
 *
 * To add a preset: a row of the table in loopnest_search.c.
 */
#ifndef ENERGY_BACKENDS_LOOPNEST_LOOPNEST_SEARCH_H
#define ENERGY_BACKENDS_LOOPNEST_LOOPNEST_SEARCH_H

#include "energy/backends/loopnest/loopnest.h"

/** Hardware as levels; which components their traffic is. */
struct loopnest_machine {
    struct loopnest_architecture arch;
    struct {
        enum component read, write;
    } port[LOOPNEST_LEVELS];
    int array, registers; /* levels: the fan-out, the innermost */
};

/** The levels of h for a nest's widths; weights go past their buffer, to the registers, if `weights_pass`. */
void loopnest_machine(struct loopnest_machine *out, const struct nest *n, const struct hardware *h,
                      bool weights_pass);

/** The problem that one instance of a nest is. */
struct loopnest_problem loopnest_problem(const struct nest *n, const struct hardware *h);

/**
 * Components of all instances of a nest under a mapping. Outputs have the accumulator's width but for the
 * last time that they are written to DRAM. Elements that do several narrow products at once always find them.
 */
STATUS_MUST_CHECK enum status loopnest_cost(struct counts *out, const struct loopnest_machine *machine,
                                            const struct loopnest_mapping *m, const struct nest *n,
                                            const struct hardware *h, const struct prices *p);

struct loopnest_choice {
    enum hardware_dataflow dataflow;
    struct loopnest_machine machine;
    struct loopnest_mapping mapping;
    struct counts counts;
};

/** The best mapping by h's objective among those of h's dataflow. STATUS_INPUT: nothing fits. */
STATUS_MUST_CHECK enum status loopnest_search(struct loopnest_choice *out, const struct nest *n,
                                              const struct hardware *h, const struct prices *p);

/**
 * What backend_count says, by the mapping of a file (loopnest_read) instead of the search's. STATUS_INPUT:
 * the file's levels are not those of h, a tile does not fit, loops do not cover the nest.
 */
STATUS_MUST_CHECK enum status loopnest_given(struct counts *out, const struct nest *n,
                                             const struct hardware *h, const struct prices *p,
                                             const char *path);

extern const struct backend loopnest_backend;

#endif
