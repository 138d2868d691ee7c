/* sim/layers/layer_pool.c - global average pooling: [h][w][c] to [1][1][c], summed in double, pixels in
 * order. */
#include "sim/layers/layer_parts.h"

struct pool {
    struct layer base;
    size_t pixels;
};

static void pool_plan(struct layer *l, const struct plan *p, struct arena *run)
{
    layer_claim_state(l, p, run);
}

static void pool_forward(struct layer *l, struct tensor *out, struct tensor *const in[], const struct pass *p)
{
    const struct pool *q = (const struct pool *)l;
    const size_t c = (size_t)l->in.c;

#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int n = 0; n < p->n; n++)
        for (size_t i = 0; i < c; i++) {
            const float *x = in[0]->data + (size_t)n * q->pixels * c + i;
            double sum = 0.0;
            for (size_t j = 0; j < q->pixels; j++)
                sum += (double)x[j * c];
            out->data[(size_t)n * c + i] = (float)(sum / (double)q->pixels);
        }
    if (out->wants_range) out->range = range_over_images(out->data, c, p);
}

static void pool_backward(struct layer *l, struct tensor *const din[], const bool add[], struct tensor *dout,
                          struct tensor *const in[], const struct pass *p)
{
    const struct pool *q = (const struct pool *)l;
    const size_t c = (size_t)l->in.c;
    (void)in;

    if (!din[0]) return;
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int n = 0; n < p->n; n++)
        for (size_t j = 0; j < q->pixels; j++) {
            float *dx = din[0]->data + ((size_t)n * q->pixels + j) * c;
            const float *dy = dout->data + (size_t)n * c;
            for (size_t i = 0; i < c; i++) {
                const float d = dy[i] / (float)q->pixels;
                dx[i] = add[0] ? dx[i] + d : d;
            }
        }
    if (din[0]->wants_range) din[0]->range = range_over_images(din[0]->data, q->pixels * c, p);
}

static void pool_facts(struct layer_facts *out, const struct layer *l)
{
    out->kind = LAYER_AVERAGE_POOL;
    out->window_h = l->in.h;
    out->window_w = l->in.w;
    out->window_stride = 1;
}

static const struct layer_type pool_type = {"pool", pool_plan, pool_forward, pool_backward, pool_facts};

struct layer *layer_pool_new(const char *name, struct shape in)
{
    struct pool *q = layer_make(sizeof *q, &pool_type, name, in, (struct shape){1, 1, in.c});
    q->pixels = (size_t)in.h * (size_t)in.w;
    return &q->base;
}
