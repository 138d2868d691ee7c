/* sim/base/team.c - threads that wait at one barrier: for a task, within it, and at its end.
 *
 * The barrier counts arrivals in one word and tells the next phase in another, on which members spin and then
 * sleep (futex). Combined values go through a slot per member, in two sets that alternate, so that one barrier
 * is enough: a set is written again only behind the next combination's barrier.
 */
#include "sim/base/team.h"

#include <assert.h>
#include <linux/futex.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINE = 64, SPINS = 4000, YIELD = 256 }; /* 4000 pauses are some 20 to 100 microseconds */

/* What one member contributes to a combination. */
struct slot {
    _Alignas(LINE) struct range range;
    uint64_t sum;
};

struct member {
    _Alignas(LINE) _Atomic uint64_t
        taken; /* number of the deal << 32 | how many of this member's share are gone */
    pthread_t thread;
    struct seat seat;
    unsigned dealt; /* deals so far */
    int combined;   /* combinations so far: which set of slots is next */
};

struct team {
    _Alignas(LINE) atomic_int arrived;
    _Alignas(LINE) atomic_uint phase;
    _Alignas(LINE) atomic_int sleepers;
    _Alignas(LINE) team_task *task; /* NULL: the team ends */
    void *args;
    int count, started, spins;
    struct member *member; /* [count] */
    struct slot *slot;     /* [2][count] */
};

static void futex(atomic_uint *word, int operation, unsigned value)
{
    (void)syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

static void wait_for_phase(struct team *t, unsigned old)
{
    for (int i = 0; i < t->spins; i++) {
        if (atomic_load_explicit(&t->phase, memory_order_acquire) != old) return;
        if (i % YIELD == YIELD - 1)
            sched_yield(); /* whoever is waited for may stand on this CPU */
        else
            __builtin_ia32_pause();
    }
    atomic_fetch_add(&t->sleepers, 1);
    while (atomic_load(&t->phase) == old)
        futex(&t->phase, FUTEX_WAIT_PRIVATE, old);
    atomic_fetch_sub(&t->sleepers, 1);
}

static void meet(struct team *t)
{
    const unsigned now = atomic_load_explicit(&t->phase, memory_order_relaxed);

    if (t->count == 1) return;
    if (atomic_fetch_add(&t->arrived, 1) + 1 < t->count) {
        wait_for_phase(t, now);
        return;
    }
    atomic_store_explicit(&t->arrived, 0, memory_order_relaxed);
    atomic_store(&t->phase, now + 1);
    if (atomic_load(&t->sleepers) > 0) futex(&t->phase, FUTEX_WAKE_PRIVATE, INT32_MAX);
}

void team_barrier(struct seat me)
{
    meet(me.team);
}

static void *work(void *of)
{
    const struct member *m = of;
    struct team *t = m->seat.team;

    for (;;) {
        meet(t); /* a task is there */
        if (!t->task) return NULL;
        t->task(m->seat, t->args);
        meet(t); /* all have ended */
    }
}

/* CPUs that this process may use. */
static int cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

static enum status start(struct team *t)
{
    for (; t->started < t->count; t->started++) {
        struct member *m = &t->member[t->started];
        m->seat = (struct seat){t, t->started, t->count};
        if (t->started > 0 && pthread_create(&m->thread, NULL, work, m) != 0) {
            const int all = t->count;
            t->count = t->started; /* those that wait are let go by team_close */
            return status_fail(STATUS_NOMEM, "no thread number %d of %d; ask for fewer with --threads",
                               t->started + 1, all);
        }
    }
    return STATUS_OK;
}

enum status team_open(struct team **out, int threads)
{
    const int count = threads > 0 ? threads : omp_get_max_threads();
    struct team *t = aligned_alloc(LINE, sizeof *t);

    *out = NULL;
    if (!t) return status_fail(STATUS_NOMEM, "no memory for %d threads", count);
    memset(t, 0, sizeof *t);
    t->count = count;
    t->spins = count <= cpus() ? SPINS : 0;
    t->member = aligned_alloc(LINE, (size_t)count * sizeof *t->member);
    t->slot = aligned_alloc(LINE, 2 * (size_t)count * sizeof *t->slot);
    if (t->member) memset(t->member, 0, (size_t)count * sizeof *t->member);
    enum status s =
        t->member && t->slot ? start(t) : status_fail(STATUS_NOMEM, "no memory for %d threads", count);
    if (s != STATUS_OK) {
        team_close(t);
        return s;
    }
    *out = t;
    return STATUS_OK;
}

void team_close(struct team *t)
{
    if (!t) return;
    t->task = NULL;
    if (t->started > 1) meet(t);
    for (int i = 1; i < t->started; i++)
        pthread_join(t->member[i].thread, NULL);
    free(t->member);
    free(t->slot);
    free(t);
}

int team_count(const struct team *t)
{
    return t->count;
}

void team_run(struct team *t, team_task *task, void *args)
{
    t->task = task;
    t->args = args;
    meet(t);
    task(t->member[0].seat, args);
    meet(t);
}

struct deal team_deal(struct seat me, size_t n)
{
    assert(n <= UINT32_MAX);
    return (struct deal){n, ++me.team->member[me.index].dealt, 0};
}

/* Take one of a share of `size` things. A count of an earlier deal means that its owner has not begun this one;
 * of a later deal, that this one is over: nobody leaves a deal before all is taken. */
static bool take_one(size_t *at, _Atomic uint64_t *taken, unsigned number, size_t size)
{
    uint64_t seen = atomic_load_explicit(taken, memory_order_relaxed);

    for (;;) {
        const bool fresh = (unsigned)(seen >> 32) != number;
        const uint64_t gone = fresh ? 0 : (uint32_t)seen;
        if ((fresh && (int)((unsigned)(seen >> 32) - number) > 0) || gone >= size) return false;
        if (atomic_compare_exchange_weak_explicit(taken, &seen, (uint64_t)number << 32 | (gone + 1),
                                                  memory_order_relaxed, memory_order_relaxed)) {
            *at = gone;
            return true;
        }
    }
}

bool team_next(size_t *i, struct seat me, struct deal *d)
{
    assert(d->number == me.team->member[me.index].dealt);
    for (; d->victim < me.count; d->victim++) {
        const struct seat from = {me.team, (me.index + d->victim) % me.count, me.count};
        const struct share s = team_share(from, d->n);
        size_t at;
        if (!take_one(&at, &me.team->member[from.index].taken, d->number, s.end - s.first)) continue;
        *i = s.first + at;
        return true;
    }
    return false;
}

/* This member's slot for the next combination; *all is the set. */
static struct slot *next_slot(struct slot **all, struct seat me)
{
    struct team *t = me.team;
    *all = t->slot + (size_t)(t->member[me.index].combined++ % 2) * (size_t)t->count;
    return *all + me.index;
}

struct range team_join(struct seat me, struct range mine)
{
    struct slot *all;
    struct range joined = AFFINE_RANGE_EMPTY;

    next_slot(&all, me)->range = mine;
    meet(me.team);
    for (int i = 0; i < me.count; i++)
        joined = affine_range_join(joined, all[i].range);
    return joined;
}

uint64_t team_sum(struct seat me, uint64_t mine)
{
    struct slot *all;
    uint64_t sum = 0;

    next_slot(&all, me)->sum = mine;
    meet(me.team);
    for (int i = 0; i < me.count; i++)
        sum += all[i].sum;
    return sum;
}
