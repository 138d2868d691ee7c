/* sim/base/arena.c - one block of memory, handed out in 64-byte aligned pieces.
 *
 * Large ones ask for huge pages: a step walks through hundreds of megabytes, and with pages of 4 KiB much of
 * that is waiting for their addresses.
 */
#include "sim/base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };

static size_t rounded(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

enum status arena_open(struct arena *a, size_t bytes, const char *what)
{
    const size_t unit = bytes >= HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
    const size_t size = rounded(bytes ? bytes : 1, unit);
    *a = (struct arena){.base = aligned_alloc(unit, size), .size = rounded(bytes ? bytes : 1, ALIGNMENT)};
    if (!a->base)
        return fail(STATUS_NOMEM, "%s need %.2f GiB, more than this machine can give", what,
                    (double)bytes / (1 << 30));
    if (unit == HUGE_PAGE)
        (void)madvise(a->base, size, MADV_HUGEPAGE); /* a wish: small pages do, more slowly */
    memset(a->base, 0, size);
    return STATUS_OK;
}

void *arena_push(struct arena *a, size_t bytes)
{
    void *piece = a->base ? a->base + a->used : NULL;
    a->used += rounded(bytes, ALIGNMENT);
    assert(!a->base || a->used <= a->size);
    return piece;
}

void arena_close(struct arena *a)
{
    free(a->base);
    *a = (struct arena){0};
}
