/* sim/device/cpu/cpu_product.c - products of two activations, as sim/device/operations.h defines them.
 *
 * A member does whole examples. The definition and no more: nothing here is fast.
 */
#include "sim/device/cpu/cpu.h"

#include <math.h>

/* One operand of one example: element (i, k) stands at i * row + k * step. */
struct matrix {
    const struct conv_operand *x;
    size_t first, row, step;
};

static struct matrix matrix_of(const struct conv_operand *x, bool transposed, int n, int rows, int length)
{
    const size_t first = (size_t)n * (size_t)rows * (size_t)length;
    return transposed ? (struct matrix){x, first, 1, (size_t)rows}
                      : (struct matrix){x, first, (size_t)length, 1};
}

static int64_t code_at(const struct matrix *m, int i, int k)
{
    const size_t at = m->first + (size_t)i * m->row + (size_t)k * m->step;
    return code_bytes(m->x->bits) == 1 ? ((const uint8_t *)m->x->data)[at]
                                       : ((const uint16_t *)m->x->data)[at];
}

static float value_at(const struct matrix *m, int i, int k)
{
    if (m->x->bits > 0) return affine_value(m->x->map, (float)code_at(m, i, k));
    return ((const float *)m->x->data)[m->first + (size_t)i * m->row + (size_t)k * m->step];
}

/* The sum of two operands of codes. */
static double exact_sum(const struct matrix *a, const struct matrix *b, int i, int j, int length)
{
    const double sa = (double)a->x->map->scale, za = (double)a->x->map->zero;
    const double sb = (double)b->x->map->scale, zb = (double)b->x->map->zero;
    int64_t both = 0, of_a = 0, of_b = 0;

    for (int k = 0; k < length; k++) {
        const int64_t qa = code_at(a, i, k), qb = code_at(b, j, k);
        both += qa * qb;
        of_a += qa;
        of_b += qb;
    }
    return sa * sb * (double)both + sa * zb * (double)of_a + za * sb * (double)of_b +
           za * zb * (double)length;
}

static double float_sum(const struct matrix *a, const struct matrix *b, int i, int j, int length)
{
    float sum = 0.0f;
    for (int k = 0; k < length; k++)
        sum = fmaf(value_at(a, i, k), value_at(b, j, k), sum);
    return (double)sum;
}

static void product_example(const struct product_op *op, int n)
{
    const struct matrix a = matrix_of(&op->a, op->a_transposed, n, op->rows, op->length);
    const struct matrix b = matrix_of(&op->b, op->b_transposed, n, op->columns, op->length);
    const bool exact = op->a.bits > 0 && op->b.bits > 0;
    float *out = op->out + (size_t)n * (size_t)op->rows * (size_t)op->columns;

    for (int i = 0; i < op->rows; i++)
        for (int j = 0; j < op->columns; j++, out++) {
            const double sum =
                exact ? exact_sum(&a, &b, i, j, op->length) : float_sum(&a, &b, i, j, op->length);
            const float y = (float)(op->scale * sum);
            *out = op->add ? *out + y : y;
        }
}

static void product_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct product_op *op = t->op;
    const struct share s = team_share(me, (size_t)op->n);

    for (size_t n = s.first; n < s.end; n++)
        product_example(op, (int)n);
    if (op->range)
        cpu_tell(me, op->range,
                 cpu_range(me, t->cpu, op->out, op->n, (size_t)op->rows * (size_t)op->columns));
}

void cpu_product(struct device *d, const struct product_op *op)
{
    cpu_run(d, product_task, op, NULL);
}
