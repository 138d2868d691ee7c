/* sim/device/cpu/cpu_linear.c - y = W x + b and its gradients: every sum in double, in index order.
 *
 * Products of two floats are exact in double, so that each output is one sequence of double additions and one
 * rounding.
 */
#include "sim/device/cpu/cpu.h"

static void forward_image(const struct linear_op *op, size_t n)
{
    const float *x = op->x + n * op->inputs;

    for (size_t o = 0; o < op->outputs; o++) {
        double sum = (double)op->bias[o];
        for (size_t i = 0; i < op->inputs; i++)
            sum += (double)op->weight[o * op->inputs + i] * (double)x[i];
        op->y[n * op->outputs + o] = (float)sum;
    }
}

static void forward_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct linear_op *op = t->op;
    struct deal images = team_deal(me, (size_t)op->n);

    for (size_t n; team_next(&n, me, &images);)
        forward_image(op, n);
    if (op->range) cpu_tell(me, op->range, cpu_range(me, t->cpu, op->y, op->n, op->outputs));
}

void cpu_linear_forward(struct device *d, const struct linear_op *op)
{
    cpu_run(d, forward_task, op, NULL);
}

/* Of the weights and bias of output o. */
static void gradients(const struct linear_op *op, size_t o)
{
    double bias = 0.0;

    for (int n = 0; n < op->n; n++)
        bias += (double)op->dy[(size_t)n * op->outputs + o];
    op->dbias[o] = (float)bias;
    for (size_t i = 0; i < op->inputs; i++) {
        double sum = 0.0;
        for (int n = 0; n < op->n; n++)
            sum += (double)op->dy[(size_t)n * op->outputs + o] * (double)op->x[(size_t)n * op->inputs + i];
        op->dweight[o * op->inputs + i] = (float)sum;
    }
}

static void backward_image(const struct linear_op *op, size_t n)
{
    for (size_t i = 0; i < op->inputs; i++) {
        double sum = 0.0;
        for (size_t o = 0; o < op->outputs; o++)
            sum += (double)op->weight[o * op->inputs + i] * (double)op->dy[n * op->outputs + o];
        float *dx = op->dx + n * op->inputs + i;
        *dx = op->add ? *dx + (float)sum : (float)sum;
    }
}

static void backward_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct linear_op *op = t->op;
    struct deal outputs = team_deal(me, op->outputs), images;

    for (size_t o; team_next(&o, me, &outputs);)
        gradients(op, o);
    if (!op->dx) return;
    images = team_deal(me, (size_t)op->n);
    for (size_t n; team_next(&n, me, &images);)
        backward_image(op, n);
    if (op->range) cpu_tell(me, op->range, cpu_range(me, t->cpu, op->dx, op->n, op->inputs));
}

void cpu_linear_backward(struct device *d, const struct linear_op *op)
{
    cpu_run(d, backward_task, op, NULL);
}
