/* sim/base/team.h - a team of threads that runs one task after another, and what its members combine.
 *
 * The thread that opened the team is its first member and hands out tasks; each member runs the task once and
 * knows its seat. A task ends where the last member ends. Inside of a task, members meet at barriers.
 *
 * Exactness. What is combined has no order (smallest and largest, exact integer sums) or keeps the order of
 * the images (gather): no result depends on the number of members, nor on who took which image. Ranks of a
 * cluster combine the same three things.
 *
 * Sharing. Long loops are dealt: a member takes its own contiguous share, which its caches may still hold, then
 * what slower members have left, so that a CPU that somebody else uses, or a slower one, delays an operation by
 * one image at most. Short loops take team_share.
 *
 * Waiting. A member spins for some microseconds, then sleeps; it sleeps at once where the team is larger than
 * the CPUs that it may use. tests/bench/bench_team.c has the numbers.
 */
#ifndef SIM_BASE_TEAM_H
#define SIM_BASE_TEAM_H

#include "quant/affine.h"
#include "quant/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct team;

/** A member's place while a task runs. */
struct seat {
    struct team *team;
    int index, count; /* 0 <= index < count */
};

typedef void team_task(struct seat me, void *args);

/** A contiguous share of [0, n): [first, end). */
struct share {
    size_t first, end;
};

/** As many members as `threads` says; 0: as many as OpenMP would take (OMP_NUM_THREADS, or the CPUs). */
STATUS_MUST_CHECK enum status team_open(struct team **out, int threads);
void team_close(struct team *t); /* NULL is fine */

/** Members, the caller included. */
int team_count(const struct team *t);

/** Run a task on every seat; returns when all have ended. Not from within a task. */
void team_run(struct team *t, team_task *task, void *args);

/* --- within a task: every member calls the same, in the same order --- */

/** This member's share of n things: as even as integers allow, in the order of the seats. */
static inline struct share team_share(struct seat me, size_t n)
{
    const size_t k = (size_t)me.index, of = (size_t)me.count;
    return (struct share){n / of * k + (n % of < k ? n % of : k),
                          n / of * (k + 1) + (n % of < k + 1 ? n % of : k + 1)};
}

/** A loop over [0, n) dealt to the members. */
struct deal {
    size_t n;
    unsigned number;
    int victim; /* whose share this member is at: its own first */
};

/** Deal n things, fewer than 2^32. Only the last deal is open: what is left of one before it goes to nobody. */
struct deal team_deal(struct seat me, size_t n);

/** The next of them for this member: *i in [0, n), each given to exactly one member; false: none is left.
 *
 *     struct deal d = team_deal(me, n);
 *     for (size_t i; team_next(&i, me, &d);)
 */
bool team_next(size_t *i, struct seat me, struct deal *d);

/** Wait until all members are here; what they wrote before is seen by all behind it. */
void team_barrier(struct seat me);

/** Gather in order: each member wrote its own rows of a shared array; behind this all rows are everybody's. */
static inline void team_gather(struct seat me)
{
    team_barrier(me);
}

/** The range that covers all members' ranges; NaN if any is. The same for each member. */
struct range team_join(struct seat me, struct range mine);

/** The sum of all members' integers, modulo 2^64. The same for each member. */
uint64_t team_sum(struct seat me, uint64_t mine);

#endif
