/* sim/device/cpu/cpu_range.c - least and largest value of a batch. */
#include "sim/device/cpu/cpu.h"

struct range cpu_range(struct seat me, const struct cpu *c, const float *x, int n, size_t each)
{
    struct range mine = AFFINE_RANGE_EMPTY;

    team_barrier(me);
    struct deal images = team_deal(me, (size_t)n);
    for (size_t i; team_next(&i, me, &images);)
        mine = affine_range_join(mine, c->kernels->range(x + i * each, each));
    return team_join(me, mine);
}

static void range_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct range_op *op = t->op;

    cpu_tell(me, op->out, cpu_range(me, t->cpu, op->x, op->n, op->each));
}

void cpu_op_range(struct device *d, const struct range_op *op)
{
    cpu_run(d, range_task, op, NULL);
}
