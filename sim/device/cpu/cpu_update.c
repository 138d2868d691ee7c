/* sim/device/cpu/cpu_update.c - the ends of a step: softmax cross entropy, and the optimizer's update.
 *
 * -log(exp(z_label - max) / sum exp(z - max)), each example in double with scalar_exp and scalar_log, the mean
 * summed in index order. Updates are elementwise: members cannot change a bit.
 */
#include "sim/device/cpu/cpu.h"

#include "sim/base/scalar.h"

/* One example; returns its cross entropy. */
static double example(float *d, int *best, const float *z, int label, int n, int classes)
{
    double sum = 0.0;
    *best = 0;
    for (int i = 1; i < classes; i++)
        if (z[i] > z[*best]) *best = i;

    const double max = (double)z[*best];
    for (int i = 0; i < classes; i++)
        sum += scalar_exp((double)z[i] - max);
    if (d)
        for (int i = 0; i < classes; i++)
            d[i] = (float)((scalar_exp((double)z[i] - max) / sum - (i == label ? 1.0 : 0.0)) / (double)n);
    return scalar_log(sum) - ((double)z[label] - max);
}

static void loss_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct loss_op *op = t->op;
    const struct share s = team_share(me, (size_t)op->n);
    uint64_t correct = 0;

    for (size_t i = s.first; i < s.end; i++) {
        const size_t at = i * (size_t)op->classes;
        int best;
        op->each[i] = example(op->dlogits ? op->dlogits + at : NULL, &best, op->logits + at, op->labels[i],
                              op->n, op->classes);
        correct += best == op->labels[i];
    }
    correct = team_sum(me, correct); /* behind it all examples are there */
    if (me.index != 0) return;
    double sum = 0.0;
    for (int i = 0; i < op->n; i++)
        sum += op->each[i];
    *op->out = (struct loss){sum / (double)op->n, (int64_t)correct};
}

void cpu_loss(struct device *d, const struct loss_op *op)
{
    cpu_run(d, loss_task, op, NULL);
}

/* Masked elements are 0, whatever the rule has made of them. */
static void mask_share(const struct update *u, struct share s)
{
    for (size_t i = s.first; i < s.end; i++) {
        if (u->mask[i] != 0.0f) continue;
        u->value[i] = 0.0f;
        for (int j = 0; j < 2; j++)
            if (u->state[j]) u->state[j][i] = 0.0f;
    }
}

static void update_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct update_op *op = t->op;

    for (int i = 0; i < op->count; i++) {
        const struct update *u = &op->parameter[i];
        const struct share s = team_share(me, u->size);
        if (s.first < s.end) op->rule->run(u, s.first, s.end, op->spec, op->lr);
        if (u->mask) mask_share(u, s);
    }
}

void cpu_update(struct device *d, const struct update_op *op)
{
    cpu_run(d, update_task, op, NULL);
}
