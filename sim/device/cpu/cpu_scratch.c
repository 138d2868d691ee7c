/* sim/device/cpu/cpu_scratch.c - the memory that operations compute in: reserved, then placed once. */
#include "quant/try.h"
#include "sim/device/cpu/cpu.h"

void cpu_reserve(struct cpu *c, size_t thread_bytes, size_t shared_bytes)
{
    if (thread_bytes > c->thread_bytes) c->thread_bytes = thread_bytes;
    if (shared_bytes > c->shared_bytes) c->shared_bytes = shared_bytes;
}

enum status cpu_settle(struct device *d)
{
    enum { APART = 4096 }; /* members must not share a page, nor kernels read past the end of the last one */
    struct cpu *c = cpu_of(d);
    const size_t members = (size_t)team_count(c->team), mine = c->thread_bytes + APART + 64;

    arena_close(&c->scratch);
    TRY(arena_open(&c->scratch, memory_host(), c->shared_bytes + 64 + members * (mine + 64) + APART,
                   "the scratch buffers"));
    c->shared = arena_push(&c->scratch, c->shared_bytes + 64);
    for (size_t i = 0; i < members; i++)
        c->mine[i] = arena_push(&c->scratch, mine);
    d->scratch_bytes = c->scratch.size;
    return STATUS_OK;
}
