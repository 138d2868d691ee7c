/* sim/device/cpu/cpu_norm.c - batch norm with its residual and ReLU: statistics, forward, backward.
 *
 * Batch statistics are summed here (statistics_share): what the convolution noted while it wrote y, sums per
 * image in pixel order, images in order, in double. Channels are shared out, each summed by one member. Eps
 * 1e-5, running = 0.9 running + 0.1 batch, biased variance to normalize, unbiased in the running buffer:
 * PyTorch's, as published. Source: Ioffe and Szegedy, ICML 2015, algorithms 1 and 2.
 */
#include "sim/device/cpu/cpu.h"

#include <math.h>

static const double EPS = 1e-5, NEW = 0.1; /* weight of the new value in the running statistics */

/* Where image n lets gradients through; NULL: everywhere. */
static const uint8_t *mask_of(const struct norm_memory *m, const struct norm_shape *s, size_t n)
{
    return s->relu ? m->positive + n * s->mask_bytes : NULL;
}

/* totals[0..1] of channel i over the batch, images in order: of the first two of each image's rows. */
static void total(double totals[2], const double *sums, int rows, int i, int c, int n)
{
    totals[0] = totals[1] = 0.0;
    for (int b = 0; b < n; b++, sums += rows * c) {
        totals[0] += sums[i];
        totals[1] += sums[c + i];
    }
}

/* Mean and inverse deviation of this batch's channel i; the running ones follow. */
static void batch_statistics(const struct norm_forward_op *op, int i)
{
    const struct norm_memory *m = &op->m;
    const double count = (double)op->n * (double)op->shape.pixels;
    double t[2];

    total(t, op->notes, CONV_NOTES, i, op->shape.c, op->n);
    const double mean = t[0] / count, spread = t[1] / count - mean * mean;
    const double var = spread < 0.0 ? 0.0 : spread; /* rounding may leave -1e-17; NaN stays */

    m->mean[i] = (float)mean;
    m->inverse_std[i] = 1.0 / sqrt(var + EPS);
    m->scale[i] = (float)((double)m->weight[i] * m->inverse_std[i]);
    m->shift[i] = (float)((double)m->bias[i] - mean * ((double)m->weight[i] * m->inverse_std[i]));
    m->running_mean[i] = (float)((1.0 - NEW) * (double)m->running_mean[i] + NEW * mean);
    m->running_var[i] = (float)((1.0 - NEW) * (double)m->running_var[i] +
                                NEW * (var * (count / (count > 1.0 ? count - 1.0 : 1.0))));
}

static void running_statistics(const struct norm_memory *m, int i)
{
    const double mean = (double)m->running_mean[i];
    const double gain = (double)m->weight[i] / sqrt((double)m->running_var[i] + EPS);

    m->scale[i] = (float)gain;
    m->shift[i] = (float)((double)m->bias[i] - mean * gain);
}

/* --- the range of an output that is not written --- */

/* What the activation makes of one y of channel i. */
static float activate(const struct norm_forward_op *op, double y, int i)
{
    const float z = fmaf((float)y, op->m.scale[i], op->m.shift[i]), most = op->shape.ceiling;
    const float low = op->shape.relu && z <= 0.0f ? 0.0f : z;
    return low > most ? most : low;
}

/* The smallest and the largest y of channel i in the batch. A NaN is passed over, as in the notes. */
static void ends_of(double ends[2], const double *notes, int i, int c, int n)
{
    ends[0] = (double)INFINITY;
    ends[1] = -(double)INFINITY;
    for (int b = 0; b < n; b++, notes += CONV_NOTES * c) {
        const double least = notes[CONV_NOTE_LEAST * c + i], most = notes[CONV_NOTE_MOST * c + i];
        ends[0] = least < ends[0] ? least : ends[0];
        ends[1] = most > ends[1] ? most : ends[1];
    }
}

/* Channel i's part of the range, without a pass over the output: what comes behind y is monotonic in it,
 * rounding included. Of a NaN in y the statistics, and so scale and shift, are NaN; of an infinite scale
 * products may be. */
static struct range range_from_notes(const struct norm_forward_op *op, int i)
{
    struct range r = AFFINE_RANGE_EMPTY;
    double ends[2];

    if (!isfinite(op->m.scale[i]) || !isfinite(op->m.shift[i])) return (struct range){NAN, NAN};
    ends_of(ends, op->notes, i, op->shape.c, op->n);
    for (int j = 0; j < 2; j++) {
        const float a = activate(op, ends[j], i);
        r = affine_range_join(r, (struct range){a, a});
    }
    return r;
}

/* This member's channels: statistics, and the range where the output is deferred. */
static struct range statistics_share(struct seat me, const struct norm_forward_op *op)
{
    const struct share s = team_share(me, (size_t)op->shape.c);
    struct range r = AFFINE_RANGE_EMPTY;

    for (size_t i = s.first; i < s.end; i++) {
        if (op->training)
            batch_statistics(op, (int)i);
        else
            running_statistics(&op->m, (int)i);
        /* A pass without training quantizes by the running range: it needs no other. */
        if (!op->out && op->training) r = affine_range_join(r, range_from_notes(op, (int)i));
    }
    return r;
}

/* --- forward --- */

/* ReLU6 behind ReLU: nothing above the ceiling, and no gradient from it on. Few elements are, so the store is
 * rare. */
static struct range clip_at(float ceiling, float *a, uint8_t *positive, size_t n, struct range r)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] >= ceiling) {
            a[i] = ceiling;
            positive[i / 8] &= (uint8_t) ~(1u << i % 8);
        }
    return (struct range){r.lo > ceiling ? ceiling : r.lo, r.hi > ceiling ? ceiling : r.hi};
}

/* One image; returns the range of its activations. */
static struct range forward_image(const struct norm_forward_op *op, size_t n, const struct kernels *k)
{
    const struct norm_shape *s = &op->shape;
    const size_t each = s->pixels * (size_t)s->c, at = n * each;
    const struct norm_forward_call call = {.a = op->out + at,
                                           .positive = op->m.positive + n * s->mask_bytes,
                                           .y = op->y + at,
                                           .residual = op->residual ? op->residual + at : NULL,
                                           .scale = op->m.scale,
                                           .shift = op->m.shift,
                                           .pixels = s->pixels,
                                           .c = s->c,
                                           .relu = s->relu};
    const struct range r = k->norm_forward(&call);

    return isinf(s->ceiling) ? r : clip_at(s->ceiling, call.a, call.positive, each, r);
}

static void forward_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct norm_forward_op *op = t->op;
    struct range r = statistics_share(me, op);

    if (op->out) {
        team_barrier(me);
        struct deal images = team_deal(me, (size_t)op->n);
        for (size_t n; team_next(&n, me, &images);)
            r = affine_range_join(r, forward_image(op, n, t->cpu->kernels));
    }
    r = team_join(me, r);
    cpu_tell(me, op->range, (struct range){r.lo + 0.0f, r.hi + 0.0f}); /* a zero bound is +0 */
}

void cpu_norm_forward(struct device *d, const struct norm_forward_op *op)
{
    cpu_run(d, forward_task, op, NULL);
}

/* --- backward --- */

/* dbeta, dgamma of channel i, and the coefficients of dy, y - mean and 1 in
 * dy_in = gamma/std (d - sum(d)/N - (y - mean) sum(d (y - mean)) / (N std^2)). */
static void backward_coefficients(const struct norm_backward_op *op, int i)
{
    const struct norm_memory *m = &op->m;
    const double count = (double)op->n * (double)op->shape.pixels;
    double t[2];

    total(t, m->sums, 2, i, op->shape.c, op->n);
    const double s = m->inverse_std[i], gain = (double)m->weight[i] * s;

    m->bias_grad[i] = (float)t[0];
    m->weight_grad[i] = (float)(t[1] * s);
    m->ka[i] = (float)gain;
    m->kb[i] = (float)(-gain * s * s * t[1] / count);
    m->kc[i] = (float)(-gain * t[0] / count);
}

/* What the passes over image n read. */
static struct norm_errors errors_of(const struct norm_backward_op *op, size_t n)
{
    const size_t at = n * op->shape.pixels * (size_t)op->shape.c;

    return (struct norm_errors){.dy = op->dout + at,
                                .positive = mask_of(&op->m, &op->shape, n),
                                .y = op->y + at,
                                .mean = op->m.mean,
                                .pixels = op->shape.pixels,
                                .c = op->shape.c};
}

/* This member's images; returns the range of dy, and in *residual that of dresidual where it is wanted. */
static struct range backward_share(struct seat me, struct range *residual, const struct norm_backward_op *op,
                                   const struct kernels *k)
{
    const struct norm_memory *m = &op->m;
    const size_t each = op->shape.pixels * (size_t)op->shape.c;
    struct deal images = team_deal(me, (size_t)op->n);
    struct range r = AFFINE_RANGE_EMPTY;

    *residual = AFFINE_RANGE_EMPTY;
    for (size_t n; team_next(&n, me, &images);) {
        const size_t at = n * each;
        float *d = op->dresidual ? op->dresidual + at : NULL;
        const struct norm_backward_call call = {.dx = op->dy + at,
                                                .dresidual = d,
                                                .add = op->add_residual,
                                                .e = errors_of(op, n),
                                                .ka = m->ka,
                                                .kb = m->kb,
                                                .kc = m->kc};
        r = affine_range_join(r, k->norm_backward(&call));
        if (d && op->dresidual_range) *residual = affine_range_join(*residual, k->range(d, each));
    }
    return r;
}

static void backward_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct norm_backward_op *op = t->op;
    const struct kernels *k = t->cpu->kernels;
    const size_t c = (size_t)op->shape.c;
    const struct share channels = team_share(me, c);
    struct deal images = team_deal(me, (size_t)op->n);
    struct range residual;

    for (size_t n; team_next(&n, me, &images);) {
        const struct norm_errors e = errors_of(op, n);
        k->norm_sums(op->m.sums + n * 2 * c, &e);
    }
    team_gather(me);
    for (size_t i = channels.first; i < channels.end; i++)
        backward_coefficients(op, (int)i);
    team_barrier(me);
    const struct range r = backward_share(me, &residual, op, k);
    cpu_tell(me, op->range, team_join(me, r));
    if (op->dresidual && op->dresidual_range) cpu_tell(me, op->dresidual_range, team_join(me, residual));
}

void cpu_norm_backward(struct device *d, const struct norm_backward_op *op)
{
    cpu_run(d, backward_task, op, NULL);
}
