/* sim/base/arena.h - memory with a lifetime: one block, sized before the run, pieces handed out in order.
 *
 * Three lifetimes: run (parameters, optimizer, saved tensors), step, scratch. Kernels never allocate. Two
 * passes: with base == NULL a push only counts, so that the same planning code measures and then places. The
 * block comes from whoever owns that kind of memory: the host, or a device (device_memory).
 */
#ifndef SIM_BASE_ARENA_H
#define SIM_BASE_ARENA_H

#include "quant/status.h"

#include <stddef.h>
#include <stdint.h>

/** Where blocks come from. */
struct memory {
    void *(*claim)(void *of, size_t bytes); /* zeroed, aligned to 64; NULL if there is no more */
    void (*release)(void *of, void *block, size_t bytes);
    uint64_t (*left)(void *of); /* bytes that may still be claimed; NULL: nobody knows */
    void *of;
};

/** The host's own: huge pages where a block is large enough for them. */
struct memory memory_host(void);

struct arena {
    unsigned char *base; /* NULL while measuring */
    size_t size, used;   /* bytes */
    struct memory memory;
};

/** Claim `bytes` of memory. Fails with STATUS_NOMEM and the size in the sentence, also if hardly more is left: a machine
 * kills who uses more than it has. */
STATUS_MUST_CHECK enum status arena_open(struct arena *a, struct memory memory, size_t bytes,
                                         const char *what);

/** A piece of `bytes`, aligned to 64; NULL while measuring. Asserts that it fits. */
void *arena_push(struct arena *a, size_t bytes);

/** Release the block; a may be used again. */
void arena_close(struct arena *a);

#endif
