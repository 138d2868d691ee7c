/* tests/bench/bench_team.c - what a team's task and a barrier cost, beside an empty parallel region of OpenMP.
 *
 * A task is empty: to hand it out, to run it on every seat, and to wait for the last one. A barrier is one of
 * BARRIERS within one task. Microseconds each, medians over rounds in turns.
 *
 * Predicted: two threads on two quiet cores meet within half a microsecond by spinning; a task is two meetings,
 * so 1 microsecond; OpenMP the same. One thread: nothing but a call.
 *
 * Measured: TO BE FILLED
 */
#include "sim/base/team.h"
#include "tests/bench/bench.h"

#include <omp.h>

enum { TASKS = 1000, BARRIERS = 1000 };

struct meeting {
    struct team *team;
    int threads;
};

static void nothing(struct seat me, void *args)
{
    (void)me;
    (void)args;
}

static void meet(struct seat me, void *args)
{
    (void)args;
    for (int i = 0; i < BARRIERS; i++)
        team_barrier(me);
}

static void run_tasks(void *with)
{
    const struct meeting *const m = with;
    for (int i = 0; i < TASKS; i++)
        team_run(m->team, nothing, NULL);
}

static void run_barriers(void *with)
{
    const struct meeting *const m = with;
    team_run(m->team, meet, NULL);
}

static void run_openmp(void *with)
{
    const struct meeting *const m = with;

    for (int i = 0; i < TASKS; i++) {
#pragma omp parallel num_threads(m->threads)
        __asm__ volatile("" ::: "memory"); /* an empty region would not be compiled */
    }
}

static void bench_count(struct bench_table *table, int threads)
{
    enum { TASK, BARRIER, OPENMP, ROLES };
    static struct contender c[ROLES];
    struct meeting m = {.threads = threads};

    bench_must(team_open(&m.team, threads));
    c[TASK] = (struct contender){.run = run_tasks, .with = &m};
    c[BARRIER] = (struct contender){.run = run_barriers, .with = &m};
    c[OPENMP] = (struct contender){.run = run_openmp, .with = &m};
    const int rounds = bench_race(c, ROLES, table->bench->seconds);
    bench_number(table, threads, 0);
    bench_number(table, 1e6 * bench_median(&c[TASK], rounds) / TASKS, 3);
    bench_number(table, 1e6 * bench_median(&c[BARRIER], rounds) / BARRIERS, 3);
    bench_number(table, 1e6 * bench_median(&c[OPENMP], rounds) / TASKS, 3);
    bench_number(table, bench_ratio(&c[TASK], &c[OPENMP], rounds), 2);
    bench_number(table, rounds, 0);
    team_close(m.team);
}

int main(int argc, char **argv)
{
    static const struct bench_column columns[] = {
        {"threads", 7},          {"task_us", 8}, {"barrier_us", 10}, {"openmp_us", 9},
        {"ratio_to_openmp", 15}, {"rounds", 6},  {NULL, 0}};
    struct bench b = bench_open(argc, argv, "team",
                                "Time a team's task and barrier beside an empty parallel region.", 1.0);
    struct bench_table table;
    int thread[2];
    const int choices = bench_threads(thread, &b);

    bench_table(&table, &b, "meetings of threads", columns);
    for (int i = 0; i < choices; i++)
        if (bench_wants(&b, "%d threads", thread[i])) bench_count(&table, thread[i]);
    bench_close(&b);
    return 0;
}
