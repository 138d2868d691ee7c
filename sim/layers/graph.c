/* sim/layers/graph.c - a network as a list of layers, its memory planned before the run.
 *
 * Time, for lifetimes: node i runs forward at i and backward at 2 count - 1 - i. A tensor lives from its
 * writer to its last reader; a layer that keeps its input reads it again backward. What a layer reads
 * that may defer its output lives until the reader of that output has run.
 */
#include "sim/layers/graph_skip.h"
#include "sim/layers/layer_parts.h"

#include "quant/try.h"
#include "sim/base/layout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void graph_init(struct graph *g, struct shape input)
{
    *g = (struct graph){.input = input};
    g->in.shape = input;
}

struct shape graph_shape(const struct graph *g, int node)
{
    return node == GRAPH_INPUT ? g->input : g->nodes[node].layer->out;
}

int graph_add(struct graph *g, struct layer *l, int input0, int input1)
{
    assert(l->inputs <= 2);
    return graph_add_inputs(g, l, (const int[]){input0, input1});
}

int graph_add_inputs(struct graph *g, struct layer *l, const int input[])
{
    if (g->count == g->capacity) {
        g->capacity = g->capacity ? 2 * g->capacity : 64;
        g->nodes = realloc(g->nodes, (size_t)g->capacity * sizeof *g->nodes);
        if (!g->nodes) abort(); /* a few kilobytes */
    }
    assert(l->inputs <= LAYER_INPUTS);
    l->id = (uint32_t)g->count;
    g->nodes[g->count] = (struct node){.layer = l};
    for (int j = 0; j < l->inputs; j++) {
        assert(input[j] < g->count);
        g->nodes[g->count].input[j] = input[j];
    }
    return g->count++;
}

static struct tensor *tensor_of(struct graph *g, int node)
{
    return node == GRAPH_INPUT ? &g->in : &g->nodes[node].out;
}

/* Backward goes last to first: whoever of `from`'s readers comes first there assigns its gradient. */
static void mark_writers(struct graph *g)
{
    for (int i = 0; i < g->count; i++)
        for (int j = 0; j < g->nodes[i].layer->inputs; j++)
            g->nodes[i].add[j] = skip_adds(g, i, j, NULL);
}

static void set_shapes(struct graph *g)
{
    for (int i = 0; i < g->count; i++)
        g->nodes[i].out.shape = g->nodes[i].dout.shape = g->nodes[i].layer->out;
}

/* Ranges that somebody wants, and notes: who writes a tensor sees every element anyway. */
static void claim_wishes(struct graph *g, struct arena *a)
{
    for (int i = 0; i < g->count; i++) {
        struct node *n = &g->nodes[i];
        struct tensor *in = tensor_of(g, n->input[0]);
        if (n->layer->wants_error_range) n->dout.range = arena_push(a, sizeof *n->dout.range);
        if (n->layer->quantized) in->range = arena_push(a, sizeof *in->range);
        if (n->layer->notes_input && g->plan.training)
            in->notes =
                arena_push(a, (size_t)g->plan.batch * CONV_NOTES * (size_t)in->shape.c * sizeof(double));
    }
}

/* The only node that reads `from`; -1 if there are more, or none. */
static int only_reader(const struct graph *g, int from)
{
    int reader = -1;

    for (int i = from + 1; i < g->count; i++)
        for (int j = 0; j < g->nodes[i].layer->inputs; j++)
            if (g->nodes[i].input[j] == from) {
                if (reader >= 0) return -1;
                reader = i;
            }
    return reader;
}

/* May passes of this plan quantize activations by the recipe's own quantizer? */
static bool may_code(const struct memory_plan *p)
{
    return p->forward_bits_max > 0 && (!p->recipe || recipe_codes_activations(p->recipe));
}

/* Who may make codes of an output that is then not written. */
static void mark_coders(struct graph *g)
{
    for (int i = 0; i < g->count; i++) {
        const int reader = g->nodes[i].layer->may_defer && may_code(&g->plan) ? only_reader(g, i) : -1;
        const struct layer *l = reader >= 0 ? g->nodes[reader].layer : NULL;
        g->nodes[i].out.coder = l && l->takes_deferred ? l : NULL;
        if (g->nodes[i].out.coder) tensor_of(g, g->nodes[i].input[0])->note_ends = true;
    }
}

static void extend(struct block *b, int time)
{
    if (time > b->last) b->last = time;
}

/* Lifetimes of outputs [0, count) and of gradients [count, 2 count). */
static void find_lifetimes(struct block *b, const struct graph *g)
{
    const int n = g->count;
    const bool training = g->plan.training;

    for (int i = 0; i < n; i++) {
        const size_t size = shape_size(g->nodes[i].layer->out) * (size_t)g->plan.batch * sizeof(float);
        b[i] = (struct block){.size = size, .first = i, .last = i};
        b[n + i] = (struct block){.size = training ? size : 0, .first = 2 * n - 1 - i, .last = 2 * n - 1 - i};
    }
    extend(&b[n - 1], n); /* the loss reads the logits */
    for (int i = 0; i < n; i++)
        for (int j = 0; j < g->nodes[i].layer->inputs; j++) {
            const int from = g->nodes[i].input[j];
            if (from == GRAPH_INPUT) continue;
            extend(&b[from], g->nodes[i].out.coder ? only_reader(g, i) : i);
            if (training && g->nodes[i].layer->keeps >> j & 1u) extend(&b[from], 2 * n - 1 - i);
            if (b[n + from].first > 2 * n - 1 - i) b[n + from].first = 2 * n - 1 - i;
        }
}

/* What the neediest layer wants while it runs. */
static size_t shared_bytes(const struct graph *g)
{
    size_t most = 0;
    for (int i = 0; i < g->count; i++)
        if (g->nodes[i].layer->shared_bytes > most) most = g->nodes[i].layer->shared_bytes;
    return most;
}

static enum status place_tensors(struct graph *g)
{
    struct block *b = calloc((size_t)g->count * 2, sizeof *b);
    if (!b) abort();
    find_lifetimes(b, g);

    const size_t input = shape_size(g->input) * (size_t)g->plan.batch * sizeof(float);
    const size_t total = place_blocks(b, 2 * g->count), shared = shared_bytes(g);
    const enum status s = arena_open(&g->step, device_memory(g->plan.device), total + input + shared + 128,
                                     "the tensors of a step");
    if (s == STATUS_OK) {
        unsigned char *base = arena_push(&g->step, total);
        void *batch = arena_push(&g->step, input), *free_between = arena_push(&g->step, shared);
        g->in.data = g->tokens ? NULL : batch;
        g->in.tokens = g->tokens ? batch : NULL;
        for (int i = 0; i < g->count; i++) {
            g->nodes[i].layer->shared = free_between;
            g->nodes[i].out.data = (void *)(base + b[i].offset);
            g->nodes[i].dout.data = g->plan.training ? (void *)(base + b[g->count + i].offset) : NULL;
        }
    }
    free(b);
    return s;
}

int graph_targets(const struct graph *g)
{
    const struct shape last = g->nodes[g->count - 1].layer->out;
    return last.h * last.w;
}

/* Parameters, statistics and whatever else is kept for the run: measure, then place. */
static void claim_state(struct graph *g, struct arena *a)
{
    for (int i = 0; i < g->count; i++)
        g->nodes[i].layer->type->plan(g->nodes[i].layer, &g->plan, a);
    claim_wishes(g, a);
    const size_t targets = (size_t)g->plan.batch * (size_t)graph_targets(g);
    g->loss = arena_push(a, sizeof *g->loss);
    g->losses = arena_push(a, targets * sizeof *g->losses);
    g->targets = arena_push(a, targets * sizeof *g->targets);
}

enum status graph_plan(struct graph *g, const struct memory_plan *p)
{
    struct arena measure = {0};

    assert(g->count > 0 && p->device);
    g->plan = *p;
    set_shapes(g);
    mark_writers(g);
    mark_coders(g);
    claim_state(g, &measure);
    TRY(arena_open(&g->state, device_memory(p->device), measure.used, "parameters and saved codes"));
    claim_state(g, &g->state);
    TRY(place_tensors(g));
    return p->device->ops->settle(p->device);
}

size_t graph_bytes(const struct graph *g)
{
    return g->state.size + g->step.size + g->plan.device->scratch_bytes;
}

void graph_put(struct graph *g, const void *input, int n)
{
    struct device *d = g->plan.device;
    const size_t each = shape_size(g->input) * (g->tokens ? sizeof(int) : sizeof(float));

    assert(n <= g->plan.batch);
    d->ops->put(d, g->tokens ? (void *)g->in.tokens : (void *)g->in.data, input, (size_t)n * each);
}

void graph_get(float *out, const struct graph *g, int n)
{
    struct device *d = g->plan.device;
    const struct tensor *last = &g->nodes[g->count - 1].out;
    d->ops->get(d, out, last->data, (size_t)n * shape_size(last->shape) * sizeof *out);
}

struct tensor *graph_forward(struct graph *g, const struct pass *p)
{
    assert(p->n <= g->plan.batch);
    layer_range(&g->in, shape_size(g->input), p);
    for (int i = 0; i < g->count; i++) {
        struct node *n = &g->nodes[i];
        struct tensor *in[LAYER_INPUTS] = {0};
        for (int j = 0; j < n->layer->inputs; j++)
            in[j] = tensor_of(g, n->input[j]);
        if (pass_runs(p, n->layer))
            n->layer->type->forward(n->layer, &n->out, in, p);
        else
            skip_forward(g, i, in[1], p);
    }
    return &g->nodes[g->count - 1].out;
}

void graph_loss(struct graph *g, const int *target, int n, bool gradient)
{
    struct device *d = g->plan.device;
    const struct node *last = &g->nodes[g->count - 1];
    const int rows = n * graph_targets(g);

    d->ops->put(d, g->targets, target, (size_t)rows * sizeof *target);
    d->ops->loss(d, &(struct loss_op){.out = g->loss,
                                      .each = g->losses,
                                      .dlogits = gradient ? last->dout.data : NULL,
                                      .logits = last->out.data,
                                      .labels = g->targets,
                                      .n = rows,
                                      .classes = last->layer->out.c});
}

struct loss graph_loss_get(const struct graph *g)
{
    struct device *d = g->plan.device;
    struct loss l;

    d->ops->get(d, &l, g->loss, sizeof l);
    return l;
}

void graph_backward_node(struct graph *g, int node, bool data, const struct pass *p)
{
    struct node *n = &g->nodes[node];
    struct tensor *in[LAYER_INPUTS] = {0}, *din[LAYER_INPUTS] = {0};
    bool add[LAYER_INPUTS];

    for (int j = 0; j < n->layer->inputs; j++) {
        in[j] = tensor_of(g, n->input[j]);
        add[j] = p->skips ? skip_adds(g, node, j, p->skips) : n->add[j];
        if (data && n->input[j] != GRAPH_INPUT)
            din[j] = &g->nodes[n->input[j]].dout; /* images need no gradient */
    }
    if (pass_runs(p, n->layer))
        n->layer->type->backward(n->layer, din, add, &n->dout, in, p);
    else
        skip_backward(g, node, din[1], p);
}

void graph_backward(struct graph *g, const struct pass *p)
{
    for (int i = g->count - 1; i >= 0; i--)
        graph_backward_node(g, i, true, p);
}

void graph_carry_drop(struct graph *g, enum carry_use use)
{
    struct device *d = g->plan.device;

    for (int i = 0; i < g->count; i++)
        for (int j = 0; j < g->nodes[i].layer->carry_count; j++) {
            const struct carry *c = &g->nodes[i].layer->carries[j];
            const size_t size = (size_t)g->plan.batch * c->size;
            float *zeros = calloc(size, sizeof *zeros);
            if (!zeros) abort(); /* no larger than what a pass writes */
            d->ops->put(d, c->value[use], zeros, size * sizeof *zeros);
            free(zeros);
        }
}

void graph_free(struct graph *g)
{
    for (int i = 0; i < g->count; i++)
        free(g->nodes[i].layer);
    free(g->nodes);
    arena_close(&g->state);
    arena_close(&g->step);
    *g = (struct graph){0};
}
