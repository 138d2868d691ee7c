/* tests/sim/test_team.c - a team runs each task once on every seat, meets at barriers, and combines what no order
 * can change. */
#include "sim/base/team.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SEATS = 16 };

static const int counts[] = {1, 2, 3, 7, SEATS};
enum { COUNTS = sizeof counts / sizeof *counts };

static struct team *open_team(int threads)
{
    struct team *t = NULL;
    cr_assert(eq(int, team_open(&t, threads), STATUS_OK));
    cr_assert(eq(int, team_count(t), threads));
    return t;
}

Test(team, shares_cover_everything_once_and_differ_by_one_at_most)
{
    for (int count = 1; count <= 40; count++)
        for (size_t n = 0; n < 130; n++) {
            size_t at = 0;
            for (int i = 0; i < count; i++) {
                const struct share s = team_share((struct seat){.index = i, .count = count}, n);
                cr_assert(eq(sz, s.first, at), "share %d of %d of %zu", i, count, n);
                cr_assert(s.end - s.first == n / (size_t)count || s.end - s.first == n / (size_t)count + 1);
                at = s.end;
            }
            cr_assert(eq(sz, at, n));
        }
}

Test(team, shares_of_very_many_things_do_not_overflow)
{
    const struct share last = team_share((struct seat){.index = 6, .count = 7}, SIZE_MAX);
    const struct share before = team_share((struct seat){.index = 5, .count = 7}, SIZE_MAX);
    cr_assert(last.end == SIZE_MAX);
    cr_assert(before.end == last.first);
}

struct visits {
    int ran[SEATS];
};

static void visit(struct seat me, void *args)
{
    struct visits *v = args;
    v->ran[me.index]++;
}

Test(team, every_task_runs_once_on_every_seat, .timeout = 120)
{
    enum { TASKS = 500 };
    for (int c = 0; c < COUNTS; c++) {
        struct team *t = open_team(counts[c]);
        struct visits v = {0};
        for (int task = 1; task <= TASKS; task++) {
            team_run(t, visit, &v);
            for (int i = 0; i < SEATS; i++)
                cr_assert(eq(int, v.ran[i], i < counts[c] ? task : 0), "seat %d of %d", i, counts[c]);
        }
        team_close(t);
    }
}

/* Each member writes its own word and reads all others' behind the barrier, turn after turn. */
struct turns {
    int word[SEATS], wrong[SEATS];
};

static void take_turns(struct seat me, void *args)
{
    struct turns *t = args;
    for (int turn = 1; turn <= 100; turn++) {
        t->word[me.index] = turn;
        team_barrier(me);
        for (int i = 0; i < me.count; i++)
            t->wrong[me.index] += t->word[i] != turn;
        team_barrier(me);
    }
}

Test(team, what_was_written_before_a_barrier_is_seen_behind_it, .timeout = 120)
{
    for (int c = 0; c < COUNTS; c++) {
        struct team *t = open_team(counts[c]);
        struct turns turns = {0};
        team_run(t, take_turns, &turns);
        for (int i = 0; i < counts[c]; i++)
            cr_assert(eq(int, turns.wrong[i], 0), "seat %d of %d", i, counts[c]);
        team_close(t);
    }
}

/* Two deals one behind the other, without a barrier: each thing of both is taken once, whoever is slow. */
enum { THINGS = 100, DEALS = 20 };

struct dealt {
    size_t n;
    int slow; /* seat that dawdles */
    atomic_int taken[DEALS][THINGS], by_others;
};

static void take_things(struct seat me, void *args)
{
    struct dealt *x = args;
    for (int round = 0; round < DEALS; round++) {
        struct deal d = team_deal(me, x->n);
        const struct share own = team_share(me, x->n);
        for (size_t i; team_next(&i, me, &d);) {
            x->taken[round][i]++;
            x->by_others += i < own.first || i >= own.end;
            if (me.index == x->slow) usleep(200);
        }
    }
}

Test(team, dealt_things_are_taken_once_by_whoever_is_free, .timeout = 120)
{
    for (int c = 0; c < COUNTS; c++)
        for (size_t n = 0; n <= THINGS; n += n < 20 ? 1 : 20) {
            struct team *t = open_team(counts[c]);
            static struct dealt x;
            memset(&x, 0, sizeof x);
            x.n = n;
            x.slow = counts[c] / 2;
            team_run(t, take_things, &x);
            team_run(t, take_things, &x);
            for (int round = 0; round < DEALS; round++)
                for (size_t i = 0; i < THINGS; i++)
                    cr_assert(eq(int, x.taken[round][i], i < n ? 2 : 0), "%zu of %zu, %d seats", i, n,
                              counts[c]);
            if (counts[c] > 1 && n == THINGS)
                cr_expect(lt(int, 0, (int)x.by_others), "nobody helped the slow seat");
            team_close(t);
        }
}

/* Combinations in a row: a set of slots is used again while others may still read the one before. */
struct combined {
    struct range mine[SEATS], joined[SEATS];
    uint64_t sum[SEATS], wrong[SEATS];
};

static void combine(struct seat me, void *args)
{
    struct combined *c = args;
    const uint64_t all = (uint64_t)me.count;
    c->joined[me.index] = team_join(me, c->mine[me.index]);
    c->sum[me.index] = team_sum(me, UINT64_MAX - (uint64_t)me.index);
    for (uint64_t turn = 0; turn < 50; turn++)
        c->wrong[me.index] += team_sum(me, turn) != turn * all;
}

Test(team, ranges_join_and_integers_add_the_same_for_each_member, .timeout = 120)
{
    for (int k = 0; k < COUNTS; k++) {
        const int count = counts[k];
        struct team *t = open_team(count);
        struct combined c = {0};
        uint64_t sum = 0;
        for (int i = 0; i < count; i++) {
            c.mine[i] = (struct range){(float)-i, (float)(2 * i)};
            sum += UINT64_MAX - (uint64_t)i;
        }
        team_run(t, combine, &c);
        for (int i = 0; i < count; i++) {
            cr_assert(c.joined[i].lo == (float)(1 - count) && c.joined[i].hi == (float)(2 * (count - 1)));
            cr_assert(c.sum[i] == sum);
            cr_assert(c.wrong[i] == 0);
        }
        team_close(t);
    }
}

Test(team, a_nan_of_any_member_is_everybodys_and_an_empty_share_changes_nothing)
{
    struct team *t = open_team(3);
    for (int bad = 0; bad < 3; bad++) {
        struct combined c = {.mine = {{-1, 1}, {-1, 1}, {-1, 1}}};
        c.mine[bad] = (struct range){NAN, NAN};
        team_run(t, combine, &c);
        for (int i = 0; i < 3; i++)
            cr_assert(isnan(c.joined[i].lo) && isnan(c.joined[i].hi), "seat %d", i);

        c = (struct combined){.mine = {{-1, 1}, {-1, 1}, {-1, 1}}};
        c.mine[bad] = (struct range){INFINITY, -INFINITY};
        team_run(t, combine, &c);
        for (int i = 0; i < 3; i++)
            cr_assert(c.joined[i].lo == -1 && c.joined[i].hi == 1, "seat %d", i);
    }
    team_close(t);
}

Test(team, a_team_that_sleeps_wakes_for_its_next_task)
{
    struct team *t = open_team(3);
    struct visits v = {0};
    for (int task = 1; task <= 5; task++) {
        (void)usleep(20000);
        team_run(t, visit, &v);
        for (int i = 0; i < 3; i++)
            cr_assert(eq(int, v.ran[i], task));
    }
    team_close(t);
}

Test(team, closes_without_a_task_and_without_a_team)
{
    for (int c = 0; c < COUNTS; c++)
        team_close(open_team(counts[c]));
    team_close(NULL);
}

#ifndef __SANITIZE_ADDRESS__
Test(team, threads_that_cannot_be_had_are_a_sentence)
{
    struct rlimit few;
    struct team *t = NULL;
    cr_assert(eq(int, getrlimit(RLIMIT_AS, &few), 0));
    few.rlim_cur = (rlim_t)1 << 30; /* stacks of 8 MiB: some hundred */
    cr_assert(eq(int, setrlimit(RLIMIT_AS, &few), 0));
    cr_assert(eq(int, team_open(&t, 5000), STATUS_NOMEM));
    cr_assert(strstr(status_detail(), " of 5000; ask for fewer with --threads") != NULL, "%s",
              status_detail());
}
#endif
