/* sim/base/arena.c - one block of memory, handed out in 64-byte aligned pieces.
 *
 * Large blocks of the host ask for huge pages: a step walks through hundreds of megabytes, and with pages of
 * 4 KiB much of that is waiting for their addresses.
 */
#include "sim/base/arena.h"

#include "sim/base/available.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };

static size_t rounded(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

static void *host_claim(void *of, size_t bytes)
{
    const size_t unit = bytes >= HUGE_PAGE ? HUGE_PAGE : ALIGNMENT, size = rounded(bytes, unit);
    void *block = aligned_alloc(unit, size);

    (void)of;
    if (!block) return NULL;
    if (unit == HUGE_PAGE)
        (void)madvise(block, size, MADV_HUGEPAGE); /* a wish: small pages do, more slowly */
    memset(block, 0, size);
    return block;
}

static void host_release(void *of, void *block, size_t bytes)
{
    (void)of;
    (void)bytes;
    free(block);
}

static uint64_t host_left(void *of)
{
    (void)of;
    return memory_available("");
}

struct memory memory_host(void)
{
    return (struct memory){host_claim, host_release, host_left, NULL};
}

enum { SPARE = 32 }; /* one part in so many of what is left stays for all that lies in no arena */

enum status arena_open(struct arena *a, struct memory memory, size_t bytes, const char *what)
{
    const size_t size = rounded(bytes ? bytes : 1, ALIGNMENT);
    const uint64_t left = memory.left != NULL ? memory.left(memory.of) : UINT64_MAX;

    *a = (struct arena){.memory = memory};
    if (size > left - left / SPARE)
        return status_fail(
            STATUS_NOMEM,
            "%s need %.2f GiB, and %.2f GiB are left; want a smaller data.batch or network, or more memory",
            what, (double)bytes / (1 << 30), (double)left / (1 << 30));
    *a = (struct arena){.base = memory.claim(memory.of, size), .size = size, .memory = memory};
    if (!a->base)
        return status_fail(STATUS_NOMEM, "%s need %.2f GiB, more than this machine can give", what,
                           (double)bytes / (1 << 30));
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
    if (a->base) a->memory.release(a->memory.of, a->base, a->size);
    *a = (struct arena){0};
}
