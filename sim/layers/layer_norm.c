/* sim/layers/layer_norm.c - batch norm, residual addition and ReLU in one layer: they are one pass over
 * memory.
 *
 *   z = gamma (y - mean) / sqrt(var + eps) + beta  [+ residual],   a = max(z, 0)  [or min(max(z, 0), 6)]
 *
 * Batch statistics come from what the convolution noted while it wrote y: sums per image in pixel order,
 * images in order, in double. Without a residual, and read by one quantized convolution alone, the output is
 * not even written: its range follows from the noted ends of y, and the reader makes codes straight from y.
 * Defaults as published (PyTorch's): eps 1e-5, running = 0.9 running + 0.1 batch, biased variance to
 * normalize, unbiased in the running buffer. Source: Ioffe and Szegedy, ICML 2015, algorithms 1 and 2.
 */
#include "sim/layers/layer_parts.h"

#include <assert.h>
#include <math.h>

static const double EPS = 1e-5, NEW = 0.1; /* weight of the new value in the running statistics */

enum { WEIGHT, BIAS, RUNNING_MEAN = 0, RUNNING_VAR };

struct norm {
    struct layer base;
    bool residual;
    enum activation activation;
    size_t pixels, each, mask_bytes; /* per image */
    uint8_t *positive;               /* [n][mask_bytes]: where z > 0, and z < 6 if ReLU6 */
    double *inverse_std;             /* [c] of the last training pass */
    float *mean, *scale, *shift;     /* [c] */
    float *ka, *kb, *kc;             /* [c] coefficients of backward */
    double *sums;                    /* [n][2][c] of backward */
    struct deferred deferred;        /* the output of this pass, if it is not written */
};

static struct norm *norm_of(struct layer *l)
{
    return (struct norm *)l;
}

/* Where image n lets gradients through; NULL: everywhere. */
static const uint8_t *mask_of(const struct norm *m, int n)
{
    return m->activation == ACTIVATION_NONE ? NULL : m->positive + (size_t)n * m->mask_bytes;
}

static void norm_plan(struct layer *l, const struct plan *p, struct arena *run)
{
    struct norm *m = norm_of(l);
    const size_t c = (size_t)l->in.c, batch = (size_t)p->batch;
    float **const per_channel[] = {&m->mean, &m->scale, &m->shift, &m->ka, &m->kb, &m->kc};

    layer_claim_state(l, p, run);
    m->positive = arena_push(run, batch * m->mask_bytes);
    m->inverse_std = arena_push(run, c * sizeof(double));
    for (size_t i = 0; i < sizeof per_channel / sizeof *per_channel; i++)
        *per_channel[i] = arena_push(run, c * sizeof(float));
    if (p->training) m->sums = arena_push(run, batch * 2 * c * sizeof(double));
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

/* Mean and inverse deviation of this batch; the running ones follow. */
static void batch_statistics(struct norm *m, const struct tensor *in, const struct pass *p)
{
    const int c = m->base.in.c;
    const double count = (double)p->n * (double)m->pixels;
    float *running_mean = m->base.buffers[RUNNING_MEAN].value,
          *running_var = m->base.buffers[RUNNING_VAR].value;

    for (int i = 0; i < c; i++) {
        double t[2];
        total(t, in->notes.at, CONV_NOTES, i, c, p->n);
        const double mean = t[0] / count, spread = t[1] / count - mean * mean;
        const double var = spread < 0.0 ? 0.0 : spread; /* rounding may leave -1e-17; NaN stays */

        m->mean[i] = (float)mean;
        m->inverse_std[i] = 1.0 / sqrt(var + EPS);
        m->scale[i] = (float)((double)m->base.params[WEIGHT].value[i] * m->inverse_std[i]);
        m->shift[i] = (float)((double)m->base.params[BIAS].value[i] -
                              mean * ((double)m->base.params[WEIGHT].value[i] * m->inverse_std[i]));
        running_mean[i] = (float)((1.0 - NEW) * (double)running_mean[i] + NEW * mean);
        running_var[i] = (float)((1.0 - NEW) * (double)running_var[i] +
                                 NEW * (var * (count / (count > 1.0 ? count - 1.0 : 1.0))));
    }
}

static void running_statistics(struct norm *m)
{
    for (int i = 0; i < m->base.in.c; i++) {
        const double mean = (double)m->base.buffers[RUNNING_MEAN].value[i];
        const double gain = (double)m->base.params[WEIGHT].value[i] /
                            sqrt((double)m->base.buffers[RUNNING_VAR].value[i] + EPS);
        m->scale[i] = (float)gain;
        m->shift[i] = (float)((double)m->base.params[BIAS].value[i] - mean * gain);
    }
}

static float ceiling_of(const struct norm *m)
{
    return m->activation == ACTIVATION_RELU6 ? 6.0f : INFINITY;
}

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
static struct range forward_image(struct norm *m, struct tensor *out, struct tensor *const in[], int n,
                                  const struct pass *p)
{
    const size_t at = (size_t)n * m->each;
    uint8_t *positive = m->positive + (size_t)n * m->mask_bytes;
    const struct range r = p->kernels->norm_forward(
        out->data + at, positive, in[0]->data + at, m->residual ? in[1]->data + at : NULL, m->scale, m->shift,
        m->pixels, m->base.in.c, m->activation != ACTIVATION_NONE);

    return m->activation == ACTIVATION_RELU6 ? clip_at(ceiling_of(m), out->data + at, positive, m->each, r)
                                             : r;
}

/* What the activation makes of one y of channel i. */
static float activate(const struct norm *m, double y, int i)
{
    const float z = fmaf((float)y, m->scale[i], m->shift[i]), most = ceiling_of(m);
    const float low = m->activation != ACTIVATION_NONE && z <= 0.0f ? 0.0f : z;
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

/* The range of the output without a pass over it: what comes behind y is monotonic in it, rounding included.
 * Of a NaN in y the statistics, and so scale and shift, are NaN; of an infinite scale products may be. */
static struct range range_from_notes(const struct norm *m, const struct tensor *in, const struct pass *p)
{
    struct range r = RANGE_EMPTY;

    for (int i = 0; i < m->base.in.c; i++) {
        double ends[2];
        if (!isfinite(m->scale[i]) || !isfinite(m->shift[i])) return (struct range){NAN, NAN};
        ends_of(ends, in->notes.at, i, m->base.in.c, p->n);
        for (int j = 0; j < 2; j++) {
            const float a = activate(m, ends[j], i);
            r = range_join(r, (struct range){a, a});
        }
    }
    return (struct range){r.lo + 0.0f, r.hi + 0.0f}; /* a zero bound is +0, as the kernels report it */
}

/* Leave the output to its reader. A pass without training quantizes by the running range: it needs no
 * other. */
static void defer(struct norm *m, struct tensor *out, const struct tensor *in, const struct pass *p)
{
    m->deferred = (struct deferred){.y = in->data,
                                    .scale = m->scale,
                                    .shift = m->shift,
                                    .positive = m->positive,
                                    .mask_bytes = m->mask_bytes,
                                    .relu = m->activation != ACTIVATION_NONE,
                                    .ceiling = ceiling_of(m)};
    out->deferred = &m->deferred;
    out->range = p->training ? range_from_notes(m, in, p) : RANGE_EMPTY;
}

static void norm_forward(struct layer *l, struct tensor *out, struct tensor *const in[], const struct pass *p)
{
    struct norm *m = norm_of(l);
    struct range all = RANGE_EMPTY;

    if (p->training)
        batch_statistics(m, in[0], p);
    else
        running_statistics(m);
    out->deferred = NULL;
    if (out->coder && layer_conv_makes_codes(out->coder, p)) {
        defer(m, out, in[0], p);
        return;
    }
#pragma omp parallel num_threads(p->threads)
    {
        struct range mine = RANGE_EMPTY;
#pragma omp for schedule(static)
        for (int n = 0; n < p->n; n++)
            mine = range_join(mine, forward_image(m, out, in, n, p));
#pragma omp critical(norm_range)
        all = range_join(all, mine);
    }
    out->range = all;
}

/* dbeta, dgamma and the coefficients of dy, y - mean and 1 in
 * dy_in = gamma/std (d - sum(d)/N - (y - mean) sum(d (y - mean)) / (N std^2)). */
static void backward_coefficients(struct norm *m, const struct pass *p)
{
    const int c = m->base.in.c;
    const double count = (double)p->n * (double)m->pixels;

    for (int i = 0; i < c; i++) {
        double t[2];
        total(t, m->sums, 2, i, c, p->n);
        const double s = m->inverse_std[i], gain = (double)m->base.params[WEIGHT].value[i] * s;

        m->base.params[BIAS].grad[i] = (float)t[0];
        m->base.params[WEIGHT].grad[i] = (float)(t[1] * s);
        m->ka[i] = (float)gain;
        m->kb[i] = (float)(-gain * s * s * t[1] / count);
        m->kc[i] = (float)(-gain * t[0] / count);
    }
}

static void norm_backward(struct layer *l, struct tensor *const din[], const bool add[], struct tensor *dout,
                          struct tensor *const in[], const struct pass *p)
{
    struct norm *m = norm_of(l);
    const size_t c = (size_t)l->in.c;
    struct range all = RANGE_EMPTY;

    assert(din[0] && !add[0]); /* in[0] comes from a convolution that nobody else reads */
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int n = 0; n < p->n; n++) {
        const size_t at = (size_t)n * m->each;
        p->kernels->norm_sums(m->sums + (size_t)n * 2 * c, dout->data + at, mask_of(m, n), in[0]->data + at,
                              m->mean, m->pixels, l->in.c);
    }
    backward_coefficients(m, p);
#pragma omp parallel num_threads(p->threads)
    {
        struct range mine = RANGE_EMPTY;
#pragma omp for schedule(static)
        for (int n = 0; n < p->n; n++) {
            const size_t at = (size_t)n * m->each;
            mine = range_join(mine, p->kernels->norm_backward(
                                        din[0]->data + at, m->residual && din[1] ? din[1]->data + at : NULL,
                                        m->residual && add[1], dout->data + at, mask_of(m, n),
                                        in[0]->data + at, m->mean, m->ka, m->kb, m->kc, m->pixels, l->in.c));
        }
#pragma omp critical(norm_range)
        all = range_join(all, mine);
    }
    din[0]->range = all;
    if (m->residual && din[1] && din[1]->wants_range)
        din[1]->range = range_over_images(din[1]->data, m->each, p);
}

static void norm_facts(struct layer_facts *out, const struct layer *l)
{
    const struct norm *m = (const struct norm *)l;

    out->kind = LAYER_NORM;
    out->residual = m->residual;
    out->activation = m->activation;
}

static const struct layer_type norm_type = {"norm", norm_plan, norm_forward, norm_backward, norm_facts};

struct layer *layer_norm_new(const char *name, struct shape in, bool residual, enum activation activation)
{
    struct norm *m = layer_make(sizeof *m, &norm_type, name, in, in);
    const size_t c = (size_t)in.c;

    m->residual = residual;
    m->activation = activation;
    m->pixels = (size_t)in.h * (size_t)in.w;
    m->each = m->pixels * c;
    m->mask_bytes = (m->each + 7) / 8;
    layer_add_param(&m->base, "weight", c);
    layer_add_param(&m->base, "bias", c);
    layer_add_buffer(&m->base, "running_mean", c);
    layer_add_buffer(&m->base, "running_var", c);
    m->base.inputs = residual ? 2 : 1;
    m->base.keeps_input = true;
    m->base.notes_input = true;
    m->base.may_defer = !residual;
    return &m->base;
}
