/* sim/layers/layer_maxpool.c - the largest value of each window, and which one it was. */
#include "sim/layers/layer_parts.h"

#include <assert.h>

enum { MAXPOOL_KERNEL = 16 }; /* largest kernel: a tap is one byte */

struct maxpool {
    struct layer base;
    struct window window;
    uint8_t *tap; /* [device][n][oh][ow][c]: which of the window's values was taken, row * kernel + column */
};

static void maxpool_plan(struct layer *l, const struct memory_plan *p, struct arena *run)
{
    struct maxpool *m = (struct maxpool *)l;

    layer_claim_state(l, p, run);
    m->tap = arena_push(run, (size_t)p->batch * shape_size(l->out));
}

static struct maxpool_op op_of(const struct layer *l, const struct tensor *out, const struct tensor *in,
                               const struct pass *p)
{
    const struct maxpool *m = (const struct maxpool *)l;
    return (struct maxpool_op){.out = out->data,
                               .range = out->range,
                               .tap = m->tap,
                               .in = in->data,
                               .big = l->in,
                               .small = l->out,
                               .window = m->window,
                               .n = p->n};
}

static void maxpool_forward(struct layer *l, struct tensor *out, struct tensor *const in[],
                            const struct pass *p)
{
    const struct maxpool_op op = op_of(l, out, in[0], p);
    p->device->ops->maxpool_forward(p->device, &op);
}

static void maxpool_backward(struct layer *l, struct tensor *const din[], const bool add[],
                             struct tensor *dout, struct tensor *const in[], const struct pass *p)
{
    (void)in;
    if (!din[0]) return;
    struct maxpool_op op = op_of(l, din[0], dout, p);
    op.add = add[0];
    p->device->ops->maxpool_backward(p->device, &op);
}

static void maxpool_facts(struct layer_facts *out, const struct layer *l)
{
    const struct maxpool *m = (const struct maxpool *)l;

    out->kind = LAYER_MAX_POOL;
    out->window_h = out->window_w = m->window.kernel;
    out->window_stride = m->window.stride;
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
    m->window = (struct window){kernel, stride, pad};
    return &m->base;
}
