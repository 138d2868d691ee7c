/* sim/arena.c - one block of memory, handed out in 64-byte aligned pieces. */
#include "sim/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

static size_t aligned(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

enum status arena_open(struct arena *a, size_t bytes, const char *what)
{
    const size_t size = aligned(bytes ? bytes : 1);
    *a = (struct arena){.base = aligned_alloc(ALIGNMENT, size), .size = size};
    if (!a->base)
        return fail(STATUS_NOMEM, "%s need %.2f GiB, more than this machine can give", what,
                    (double)bytes / (1 << 30));
    memset(a->base, 0, size);
    return STATUS_OK;
}

void *arena_push(struct arena *a, size_t bytes)
{
    void *piece = a->base ? a->base + a->used : NULL;
    a->used += aligned(bytes);
    assert(!a->base || a->used <= a->size);
    return piece;
}

void arena_close(struct arena *a)
{
    free(a->base);
    *a = (struct arena){0};
}
