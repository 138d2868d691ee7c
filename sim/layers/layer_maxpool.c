/* sim/layers/layer_maxpool.c - the largest value of each window, and which one it was.
 *
 * Of equal values the first in scan order (rows, then columns) is taken and receives the gradient; a NaN is
 * larger than all, so that a run that diverges shows it. Both as in PyTorch. Gradients of windows that share
 * a pixel are added in scan order of the windows.
 */
#include "sim/layers/layer_parts.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { MAXPOOL_KERNEL = 16 }; /* largest kernel: a tap is one byte */

struct maxpool {
    struct layer base;
    int kernel, stride, pad;
    uint8_t *tap; /* [n][oh][ow][c]: which of the window's values was taken, row * kernel + column */
};

/* The taps of a window that are in bounds, along one axis: first <= i < last. */
struct taps {
    int first, last;
};

static struct taps taps_in(int from, int kernel, int size)
{
    return (struct taps){from < 0 ? -from : 0, from + kernel > size ? size - from : kernel};
}

/* One output pixel, all channels: best[c] and its tap; x is the image, (y, x0) the window's corner. */
static void window_max(float *best, uint8_t *tap, const float *image, const struct maxpool *m, int y, int x0)
{
    const struct shape in = m->base.in;
    const struct taps rows = taps_in(y, m->kernel, in.h), columns = taps_in(x0, m->kernel, in.w);

    for (int c = 0; c < in.c; c++)
        best[c] = -INFINITY;
    memset(tap, rows.first * m->kernel + columns.first, (size_t)in.c);
    for (int ky = rows.first; ky < rows.last; ky++)
        for (int kx = columns.first; kx < columns.last; kx++) {
            const float *x = image + ((size_t)(y + ky) * (size_t)in.w + (size_t)(x0 + kx)) * (size_t)in.c;
            for (int c = 0; c < in.c; c++)
                if (x[c] > best[c] || isnan(x[c])) {
                    best[c] = x[c];
                    tap[c] = (uint8_t)(ky * m->kernel + kx);
                }
        }
}

static void maxpool_plan(struct layer *l, const struct plan *p, struct arena *run)
{
    struct maxpool *m = (struct maxpool *)l;
    m->tap = arena_push(run, (size_t)p->batch * shape_size(l->out));
}

static void maxpool_forward(struct layer *l, struct tensor *out, struct tensor *const in[],
                            const struct pass *p)
{
    const struct maxpool *m = (const struct maxpool *)l;
    const size_t in_size = shape_size(l->in), out_size = shape_size(l->out), c = (size_t)l->in.c;

#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int n = 0; n < p->n; n++)
        for (int oy = 0; oy < l->out.h; oy++)
            for (int ox = 0; ox < l->out.w; ox++) {
                const size_t at = (size_t)n * out_size + ((size_t)oy * (size_t)l->out.w + (size_t)ox) * c;
                window_max(out->data + at, m->tap + at, in[0]->data + (size_t)n * in_size, m,
                           oy * m->stride - m->pad, ox * m->stride - m->pad);
            }
    if (out->wants_range) out->range = range_over_images(out->data, out_size, p);
}

/* dx[image] += the gradients of one output pixel, each at the tap that was taken. */
static void window_scatter(float *image, const float *dy, const uint8_t *tap, const struct maxpool *m, int y,
                           int x0)
{
    const struct shape in = m->base.in;
    for (int c = 0; c < in.c; c++) {
        const int row = y + tap[c] / m->kernel, column = x0 + tap[c] % m->kernel;
        image[((size_t)row * (size_t)in.w + (size_t)column) * (size_t)in.c + (size_t)c] += dy[c];
    }
}

static void maxpool_backward(struct layer *l, struct tensor *const din[], const bool add[],
                             struct tensor *dout, struct tensor *const in[], const struct pass *p)
{
    const struct maxpool *m = (const struct maxpool *)l;
    const size_t in_size = shape_size(l->in), out_size = shape_size(l->out), c = (size_t)l->in.c;
    (void)in;

    if (!din[0]) return;
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int n = 0; n < p->n; n++) {
        float *image = din[0]->data + (size_t)n * in_size;
        if (!add[0]) memset(image, 0, in_size * sizeof *image);
        for (int oy = 0; oy < l->out.h; oy++)
            for (int ox = 0; ox < l->out.w; ox++) {
                const size_t at = (size_t)n * out_size + ((size_t)oy * (size_t)l->out.w + (size_t)ox) * c;
                window_scatter(image, dout->data + at, m->tap + at, m, oy * m->stride - m->pad,
                               ox * m->stride - m->pad);
            }
    }
    if (din[0]->wants_range) din[0]->range = range_over_images(din[0]->data, in_size, p);
}

static void maxpool_facts(struct layer_facts *out, const struct layer *l)
{
    const struct maxpool *m = (const struct maxpool *)l;

    out->kind = LAYER_MAX_POOL;
    out->window_h = out->window_w = m->kernel;
    out->window_stride = m->stride;
}

static const struct layer_type maxpool_type = {"maxpool", maxpool_plan, maxpool_forward, maxpool_backward,
                                               maxpool_facts};

static int windows(int size, int kernel, int stride, int pad)
{
    return (size + 2 * pad - kernel) / stride + 1;
}

struct layer *layer_maxpool_new(const char *name, struct shape in, int kernel, int stride, int pad)
{
    const struct shape out = {windows(in.h, kernel, stride, pad), windows(in.w, kernel, stride, pad), in.c};
    struct maxpool *m = layer_make(sizeof *m, &maxpool_type, name, in, out);

    assert(kernel > 0 && kernel <= MAXPOOL_KERNEL && stride > 0 && pad >= 0 && 2 * pad <= kernel);
    assert(in.h + 2 * pad >= kernel && in.w + 2 * pad >= kernel);
    m->kernel = kernel;
    m->stride = stride;
    m->pad = pad;
    return &m->base;
}
