/* sim/base/layout.h - placing blocks with lifetimes in one address range: those that never live together
 * share memory. */
#ifndef SIM_BASE_LAYOUT_H
#define SIM_BASE_LAYOUT_H

#include <stddef.h>

/** A block of `size` bytes, needed from time `first` to time `last`, both included. */
struct block {
    size_t size;
    int first, last;
    size_t offset; /* set by place_blocks; a multiple of 64 */
};

/** Give each block an offset, largest first, each at the lowest that is free in its lifetime; returns the
 * total. */
size_t place_blocks(struct block *b, int count);

#endif
