/* sim/device/cpu/cpu_hand_on.c - what a skipped layer does: hands a tensor on. */
#include "sim/device/cpu/cpu.h"

static void hand_on_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct hand_on_op *op = t->op;
    const struct share s = team_share(me, (size_t)op->n);

    for (size_t i = s.first * op->each; i < s.end * op->each; i++)
        op->out[i] = op->add ? op->out[i] + op->in[i] : op->in[i];
    if (op->range) cpu_tell(me, op->range, cpu_range(me, t->cpu, op->out, op->n, op->each));
}

void cpu_hand_on(struct device *d, const struct hand_on_op *op)
{
    cpu_run(d, hand_on_task, op, NULL);
}
