/* sim/base/arena.h - memory with a lifetime: one block, sized before the run, pieces handed out in order.
 *
 * Three lifetimes: run (parameters, optimizer, saved tensors), step, scratch (one per thread). Kernels never
 * allocate. Two passes: with base == NULL a push only counts, so that the same planning code measures and
 * then places.
 */
#ifndef SIM_BASE_ARENA_H
#define SIM_BASE_ARENA_H

#include "quant/status.h"

#include <stddef.h>

struct arena {
    unsigned char *base; /* NULL while measuring */
    size_t size, used;   /* bytes */
};

/** Allocate `bytes` (64-byte aligned, zeroed). Fails with STATUS_NOMEM and the size in the sentence. */
MUST_CHECK enum status arena_open(struct arena *a, size_t bytes, const char *what);

/** A piece of `bytes`, aligned to 64; NULL while measuring. Asserts that it fits. */
void *arena_push(struct arena *a, size_t bytes);

/** Release the block; a may be used again. */
void arena_close(struct arena *a);

#endif
