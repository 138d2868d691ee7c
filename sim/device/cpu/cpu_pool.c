/* sim/device/cpu/cpu_pool.c - pooling: the mean over all pixels, and the largest value of each window.
 *
 * Means are summed in double, pixels in order. Of equal values the first in scan order (rows, then columns) is
 * the largest and receives the gradient; a NaN is larger than all, so that a run that diverges shows it. Both
 * as in PyTorch. Gradients of windows that share a pixel are added in scan order of the windows.
 */
#include "sim/device/cpu/cpu.h"

#include <math.h>
#include <string.h>

/* --- the mean --- */

static void pool_forward_image(const struct pool_op *op, size_t n)
{
    const size_t c = (size_t)op->c;

    for (size_t i = 0; i < c; i++) {
        const float *x = op->in + n * op->pixels * c + i;
        double sum = 0.0;
        for (size_t j = 0; j < op->pixels; j++)
            sum += (double)x[j * c];
        op->out[n * c + i] = (float)(sum / (double)op->pixels);
    }
}

static void pool_backward_image(const struct pool_op *op, size_t n)
{
    const size_t c = (size_t)op->c;
    const float *dy = op->in + n * c;

    for (size_t j = 0; j < op->pixels; j++) {
        float *dx = op->out + (n * op->pixels + j) * c;
        for (size_t i = 0; i < c; i++) {
            const float d = dy[i] / (float)op->pixels;
            dx[i] = op->add ? dx[i] + d : d;
        }
    }
}

struct pool_way {
    void (*image)(const struct pool_op *op, size_t n);
    size_t each; /* elements of an image that it writes */
};

static void pool_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct pool_op *op = t->op;
    const struct pool_way *way = t->more;
    struct deal images = team_deal(me, (size_t)op->n);

    for (size_t n; team_next(&n, me, &images);)
        way->image(op, n);
    if (op->range) cpu_tell(me, op->range, cpu_range(me, t->cpu, op->out, op->n, way->each));
}

void cpu_pool_forward(struct device *d, const struct pool_op *op)
{
    cpu_run(d, pool_task, op, &(struct pool_way){pool_forward_image, (size_t)op->c});
}

void cpu_pool_backward(struct device *d, const struct pool_op *op)
{
    cpu_run(d, pool_task, op, &(struct pool_way){pool_backward_image, op->pixels * (size_t)op->c});
}

/* --- the largest of a window --- */

/* The taps of a window that are in bounds, along one axis: first <= i < last. */
struct taps {
    int first, last;
};

static struct taps taps_in(int from, int kernel, int size)
{
    return (struct taps){from < 0 ? -from : 0, from + kernel > size ? size - from : kernel};
}

/* One output pixel, all channels: best[c] and its tap; (y, x0) is the window's corner in the image. */
static void window_max(float *best, uint8_t *tap, const float *image, const struct maxpool_op *op, int y,
                       int x0)
{
    const struct shape in = op->big;
    const int kernel = op->window.kernel;
    const struct taps rows = taps_in(y, kernel, in.h), columns = taps_in(x0, kernel, in.w);

    for (int c = 0; c < in.c; c++)
        best[c] = -INFINITY;
    memset(tap, rows.first * kernel + columns.first, (size_t)in.c);
    for (int ky = rows.first; ky < rows.last; ky++)
        for (int kx = columns.first; kx < columns.last; kx++) {
            const float *x = image + ((size_t)(y + ky) * (size_t)in.w + (size_t)(x0 + kx)) * (size_t)in.c;
            for (int c = 0; c < in.c; c++)
                if (x[c] > best[c] || isnan(x[c])) {
                    best[c] = x[c];
                    tap[c] = (uint8_t)(ky * kernel + kx);
                }
        }
}

/* dx[image] += the gradients of one output pixel, each at the tap that was taken. */
static void window_scatter(float *image, const float *dy, const uint8_t *tap, const struct maxpool_op *op,
                           int y, int x0)
{
    const struct shape in = op->big;
    const int kernel = op->window.kernel;

    for (int c = 0; c < in.c; c++) {
        const int row = y + tap[c] / kernel, column = x0 + tap[c] % kernel;
        image[((size_t)row * (size_t)in.w + (size_t)column) * (size_t)in.c + (size_t)c] += dy[c];
    }
}

static void maxpool_image(const struct maxpool_op *op, size_t n, bool backward)
{
    const size_t big = shape_size(op->big), small = shape_size(op->small), c = (size_t)op->small.c;
    const struct window *w = &op->window;

    if (backward && !op->add) memset(op->out + n * big, 0, big * sizeof *op->out);
    for (int oy = 0; oy < op->small.h; oy++)
        for (int ox = 0; ox < op->small.w; ox++) {
            const size_t at = n * small + ((size_t)oy * (size_t)op->small.w + (size_t)ox) * c;
            const int y = oy * w->stride - w->pad, x = ox * w->stride - w->pad;
            if (backward)
                window_scatter(op->out + n * big, op->in + at, op->tap + at, op, y, x);
            else
                window_max(op->out + at, op->tap + at, op->in + n * big, op, y, x);
        }
}

static void maxpool_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct maxpool_op *op = t->op;
    const bool backward = *(const bool *)t->more;
    struct deal images = team_deal(me, (size_t)op->n);

    for (size_t n; team_next(&n, me, &images);)
        maxpool_image(op, n, backward);
    if (op->range)
        cpu_tell(me, op->range,
                 cpu_range(me, t->cpu, op->out, op->n, shape_size(backward ? op->big : op->small)));
}

void cpu_maxpool_forward(struct device *d, const struct maxpool_op *op)
{
    cpu_run(d, maxpool_task, op, &(bool){false});
}

void cpu_maxpool_backward(struct device *d, const struct maxpool_op *op)
{
    cpu_run(d, maxpool_task, op, &(bool){true});
}
