/* sim/layers/graph.c - a network as a list of layers, its memory planned before the run.
 *
 * Time, for lifetimes: node i runs forward at i and backward at 2 count - 1 - i. A tensor lives from its
 * writer to its last reader; a layer that keeps its input reads it again backward. What a layer reads
 * that may defer its output lives until the reader of that output has run.
 */
#include "sim/layers/graph.h"

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
    if (g->count == g->capacity) {
        g->capacity = g->capacity ? 2 * g->capacity : 64;
        g->nodes = realloc(g->nodes, (size_t)g->capacity * sizeof *g->nodes);
        if (!g->nodes) abort(); /* a few kilobytes */
    }
    assert(input0 < g->count && input1 < g->count);
    l->id = (uint32_t)g->count;
    g->nodes[g->count] = (struct node){.layer = l, .input = {input0, input1}};
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
        for (int j = 0; j < g->nodes[i].layer->inputs; j++) {
            g->nodes[i].add[j] = false;
            for (int k = i; k < g->count; k++)
                for (int m = 0; m < g->nodes[k].layer->inputs; m++)
                    if ((k > i || m < j) && g->nodes[k].input[m] == g->nodes[i].input[j])
                        g->nodes[i].add[j] = true;
        }
}

/* Who wants what noted about which tensor. */
static void mark_wishes(struct graph *g)
{
    for (int i = 0; i < g->count; i++) {
        struct node *n = &g->nodes[i];
        n->out.shape = n->dout.shape = n->layer->out;
        n->dout.wants_range = n->layer->wants_error_range;
        if (n->layer->quantized) tensor_of(g, n->input[0])->wants_range = true;
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
static bool may_code(const struct plan *p)
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
        if (g->nodes[i].out.coder) tensor_of(g, g->nodes[i].input[0])->notes.ends = true;
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
            if (training && j == 0 && g->nodes[i].layer->keeps_input) extend(&b[from], 2 * n - 1 - i);
            if (b[n + from].first > 2 * n - 1 - i) b[n + from].first = 2 * n - 1 - i;
        }
}

static enum status place_tensors(struct graph *g)
{
    struct block *b = calloc((size_t)g->count * 2, sizeof *b);
    if (!b) abort();
    find_lifetimes(b, g);

    const size_t input = shape_size(g->input) * (size_t)g->plan.batch * sizeof(float);
    const size_t total = place_blocks(b, 2 * g->count);
    const enum status s = arena_open(&g->step, total + input + 64, "the tensors of a step");
    if (s == STATUS_OK) {
        unsigned char *base = arena_push(&g->step, total);
        g->in.data = arena_push(&g->step, input);
        for (int i = 0; i < g->count; i++) {
            g->nodes[i].out.data = (void *)(base + b[i].offset);
            g->nodes[i].dout.data = g->plan.training ? (void *)(base + b[g->count + i].offset) : NULL;
        }
    }
    free(b);
    return s;
}

/* Parameters, statistics and whatever else the layers keep for the run: measure, then place. */
static void claim_state(struct graph *g, struct arena *a)
{
    for (int i = 0; i < g->count; i++) {
        struct node *n = &g->nodes[i];
        n->layer->type->plan(n->layer, &g->plan, a);
        if (!n->layer->notes_input || !g->plan.training) continue;
        struct tensor *t = tensor_of(g, n->input[0]);
        t->notes.at = arena_push(a, (size_t)g->plan.batch * CONV_NOTES * (size_t)t->shape.c * sizeof(double));
    }
}

static enum status place_scratch(struct graph *g)
{
    size_t mine = 64, shared = 64;
    for (int i = 0; i < g->count; i++) {
        const struct layer *l = g->nodes[i].layer;
        if (l->scratch_bytes > mine) mine = l->scratch_bytes;
        if (l->shared_bytes > shared) shared = l->shared_bytes;
    }
    mine += 4096; /* threads must not share a page, nor kernels read past the end of the last one */
    TRY(arena_open(&g->scratch, shared + (size_t)g->plan.threads * (mine + 64) + 4096,
                   "the scratch buffers"));
    g->shared = arena_push(&g->scratch, shared);
    g->scratch_of = calloc((size_t)g->plan.threads, sizeof *g->scratch_of);
    if (!g->scratch_of) abort();
    for (int i = 0; i < g->plan.threads; i++)
        g->scratch_of[i] = arena_push(&g->scratch, mine);
    return STATUS_OK;
}

enum status graph_plan(struct graph *g, const struct plan *p)
{
    struct arena measure = {0};

    assert(g->count > 0);
    g->plan = *p;
    if (g->plan.threads == 0) g->plan.threads = omp_get_max_threads();
    mark_wishes(g);
    mark_writers(g);
    mark_coders(g);
    claim_state(g, &measure);
    TRY(arena_open(&g->state, measure.used, "parameters and saved codes"));
    claim_state(g, &g->state);
    TRY(place_tensors(g));
    return place_scratch(g);
}

size_t graph_bytes(const struct graph *g)
{
    return g->state.size + g->step.size + g->scratch.size;
}

void graph_pass(struct pass *p, const struct graph *g)
{
    p->kernels = g->plan.kernels;
    p->threads = g->plan.threads;
    p->scratch = g->scratch_of;
    p->shared = g->shared;
}

/* Range of the batch, over images in any order. */
static void note_input_range(struct graph *g, const struct pass *p)
{
    const size_t each = shape_size(g->input);
    g->in.range = RANGE_EMPTY;
    for (int n = 0; n < p->n; n++)
        g->in.range = range_join(g->in.range, p->kernels->range(g->in.data + (size_t)n * each, each));
}

struct tensor *graph_forward(struct graph *g, const struct pass *p)
{
    assert(p->n <= g->plan.batch);
    if (g->in.wants_range) note_input_range(g, p);
    for (int i = 0; i < g->count; i++) {
        struct node *n = &g->nodes[i];
        struct tensor *const in[LAYER_INPUTS] = {tensor_of(g, n->input[0]), tensor_of(g, n->input[1])};
        n->layer->type->forward(n->layer, &n->out, in, p);
    }
    return &g->nodes[g->count - 1].out;
}

void graph_backward_node(struct graph *g, int node, bool data, const struct pass *p)
{
    struct node *n = &g->nodes[node];
    struct tensor *in[LAYER_INPUTS] = {0}, *din[LAYER_INPUTS] = {0};

    for (int j = 0; j < n->layer->inputs; j++) {
        in[j] = tensor_of(g, n->input[j]);
        if (data && n->input[j] != GRAPH_INPUT)
            din[j] = &g->nodes[n->input[j]].dout; /* images need no gradient */
    }
    n->layer->type->backward(n->layer, din, n->add, &n->dout, in, p);
}

void graph_backward(struct graph *g, const struct pass *p)
{
    for (int i = g->count - 1; i >= 0; i--)
        graph_backward_node(g, i, true, p);
}

void graph_free(struct graph *g)
{
    for (int i = 0; i < g->count; i++)
        free(g->nodes[i].layer);
    free(g->nodes);
    free(g->scratch_of);
    arena_close(&g->state);
    arena_close(&g->step);
    arena_close(&g->scratch);
    *g = (struct graph){0};
}
