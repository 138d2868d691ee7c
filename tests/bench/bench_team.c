/* tests/bench/bench_team.c - what a team's task and a barrier cost, beside an empty parallel region of OpenMP.
 *
 * A task is empty: to hand it out, to run it on every seat, and to wait for the last one. A barrier is one of
 * MEETINGS within one task. Microseconds each, medians over rounds in turns.
 *
 * Predicted: two threads on two quiet cores meet within half a microsecond by spinning; a task is two meetings,
 * so 1 microsecond; OpenMP the same. One thread: nothing but a call.
 *
 * Measured, 2 cores of an AMD EPYC under other load (6 to 8 threads that want to run), seven runs. In three of
 * them the median of two threads was: task 8 to 15, barrier 0.3 to 0.4, OpenMP 15 to 19 microseconds; their
 * fastest rounds, which say what a meeting of two running threads costs: 0.7 to 0.8, 0.21 to 0.24, 2.8 to 2.9.
 * In the other four: task 163 to 181, barrier 81 to 85, OpenMP 7 to 22, and the fastest round hardly faster.
 * One thread: 0.005, 0.002, 1.2 to 1.3. Not yet measured on quiet cores.
 *
 * Learned: two members that run meet faster than predicted, and OpenMP's region costs even one thread a
 * microsecond. The slow runs show one number, about the time for which a member spins before it sleeps: presumably
 * both members stood on one CPU, and each spun away the time that the other needed. With sched_yield() in place
 * of every 256th pause, six runs under the same load had medians of 10 to 37 for a task, 0.4 to 18 for a barrier.
 */
#include "sim/base/team.h"
#include "tests/bench/bench.h"

#include <omp.h>

enum { MEETINGS = 1000 }; /* of a run */

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
    for (int i = 0; i < MEETINGS; i++)
        team_barrier(me);
}

static void run_tasks(void *with)
{
    const struct meeting *const m = with;
    for (int i = 0; i < MEETINGS; i++)
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

    for (int i = 0; i < MEETINGS; i++) {
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
    for (int i = 0; i < ROLES; i++)
        bench_number(table, 1e6 * bench_median(&c[i], rounds) / MEETINGS, 3);
    for (int i = 0; i < ROLES; i++)
        bench_number(table, 1e6 * bench_fastest(&c[i], rounds) / MEETINGS, 3);
    bench_number(table, bench_ratio(&c[TASK], &c[OPENMP], rounds), 2);
    bench_number(table, rounds, 0);
    team_close(m.team);
}

int main(int argc, char **argv)
{
    static const struct bench_column columns[] = {{"threads", 7},
                                                  {"task_us", 8},
                                                  {"barrier_us", 10},
                                                  {"openmp_us", 9},
                                                  {"fastest_task_us", 15},
                                                  {"fastest_barrier_us", 18},
                                                  {"fastest_openmp_us", 17},
                                                  {"ratio_to_openmp", 15},
                                                  {"rounds", 6},
                                                  {NULL, 0}};
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
