/* sim/layers/graph_skip.c - passes that leave blocks out.
 *
 * Backward goes from the last node to the first, and the first one there to write a tensor's gradient assigns,
 * the others add. Which one is first depends on who runs.
 */
#include "sim/layers/graph_skip.h"

#include <assert.h>

enum { HANDED = 1 }; /* the input that stands for the output */

/* Does node k, as it takes part in the pass, read its input m? */
static bool reads(int k, int m, const enum skip *skips)
{
    if (!skips || skips[k] == SKIP_NOT) return true;
    return skips[k] == SKIP_HANDS_ON && m == HANDED;
}

bool skip_adds(const struct graph *g, int i, int j, const enum skip *skips)
{
    for (int k = i; k < g->count; k++)
        for (int m = 0; m < g->nodes[k].layer->inputs; m++)
            if ((k > i || m < j) && g->nodes[k].input[m] == g->nodes[i].input[j] && reads(k, m, skips))
                return true;
    return false;
}

static bool is_read(const struct graph *g, int from, const enum skip *skips)
{
    for (int k = from + 1; k < g->count; k++)
        for (int m = 0; m < g->nodes[k].layer->inputs; m++)
            if (g->nodes[k].input[m] == from && reads(k, m, skips)) return true;
    return false;
}

static bool may_hand_on(const struct graph *g, int i)
{
    const struct node *n = &g->nodes[i];
    if (!n->layer->hands_on || n->layer->inputs <= HANDED) return false;
    const int from = n->input[HANDED];
    const struct shape in = from == GRAPH_INPUT ? g->input : g->nodes[from].layer->out, out = n->layer->out;
    return in.h == out.h && in.w == out.w && in.c == out.c && !n->out.notes && !n->out.coder &&
           (from == GRAPH_INPUT ? !g->tokens : !g->nodes[from].out.coder);
}

void graph_skips(enum skip *skips, const struct graph *g, const bool *skip)
{
    for (int i = g->count - 1; i >= 0; i--) {
        assert(!skip[i] || may_hand_on(g, i));
        skips[i] = skip[i] ? SKIP_HANDS_ON : SKIP_NOT;
        if (i < g->count - 1 && !is_read(g, i, skips)) skips[i] = SKIP_IDLE;
    }
}

void skip_forward(struct graph *g, int i, const struct tensor *in, const struct pass *p)
{
    struct tensor *out = &g->nodes[i].out;

    if (p->skips[i] == SKIP_IDLE) return;
    p->device->ops->hand_on(p->device, &(struct hand_on_op){.out = out->data,
                                                            .range = out->range,
                                                            .in = in->data,
                                                            .n = p->n,
                                                            .each = shape_size(out->shape)});
}

void skip_backward(struct graph *g, int i, struct tensor *din, const struct pass *p)
{
    const struct tensor *dout = &g->nodes[i].dout;

    if (p->skips[i] == SKIP_IDLE || !din) return;
    p->device->ops->hand_on(p->device, &(struct hand_on_op){.out = din->data,
                                                            .add = skip_adds(g, i, HANDED, p->skips),
                                                            .range = din->range,
                                                            .in = dout->data,
                                                            .n = p->n,
                                                            .each = shape_size(dout->shape)});
}
