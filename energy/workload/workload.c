/* energy/workload/workload.c - layers of a graph as a cost model sees them, and the nests of their products.
 *
 * Training is mapped as published models of inference can price it: the backward products are convolutions or
 * linear layers of other shapes (see workload_nest).
 */
#include "energy/workload/workload.h"

#include "sim/layers/layer.h"
#include "sim/method/widths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BITS_MOST = 64 };

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* --- sizes --- */

/* a * b, or the largest number there is, which `fits` refuses. */
static int64_t times(int64_t a, int64_t b)
{
    int64_t out;
    return __builtin_mul_overflow(a, b, &out) ? INT64_MAX : out;
}

/* Does the product of extents, all >= 1, stay below 2^63 - 1? */
static bool fits(const int64_t *extents, size_t count)
{
    int64_t all = 1;

    for (size_t i = 0; i < count; i++)
        all = times(all, extents[i]);
    return all < INT64_MAX;
}

static bool positive(const int64_t *extents, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (extents[i] < 1) return false;
    return true;
}

double workload_params(const struct workload_layer *l)
{
    const double count = (double)l->count;
    const int64_t filter = l->in_c / l->groups * l->kernel_h * l->kernel_w;

    switch (l->kind) {
    case WORKLOAD_CONV:
        return count * (double)l->out_c * (double)filter;
    case WORKLOAD_NORM:
        return count * 2 * (double)l->out_c;
    default:
        return 0;
    }
}

double workload_inputs(const struct workload_layer *l)
{
    return (double)l->in_c * (double)l->in_h * (double)l->in_w;
}

double workload_outputs(const struct workload_layer *l)
{
    return (double)l->out_c * (double)l->out_h * (double)l->out_w;
}

struct work work_of_workload(const struct workload *w)
{
    struct work sum = {0};

    for (int i = 0; i < w->count; i++) {
        const struct workload_layer *l = &w->layers[i];
        struct nest product;
        if (workload_nest(&product, l, PHASE_FORWARD, 1, operands_of(0, 0), false))
            sum.macs += nest_macs(&product);
        else if (l->kind == WORKLOAD_NORM)
            sum.norm_elements += (double)l->count * workload_outputs(l);
    }
    return sum;
}

struct work work_of_layer(const struct layer *l)
{
    const struct layer_facts facts = layer_facts_of(l);
    return (struct work){facts.macs, facts.kind == LAYER_NORM ? (double)shape_size(facts.out) : 0};
}

struct work work_of_graph(const struct graph *g)
{
    struct work sum = {0};

    for (int i = 0; i < g->count; i++) {
        const struct work w = work_of_layer(g->nodes[i].layer);
        sum.macs += w.macs;
        sum.norm_elements += w.norm_elements;
    }
    return sum;
}

enum status workload_check(const struct workload_layer *l, const char *where)
{
    const int64_t work[] = {l->count, l->in_c, l->out_c, l->out_h, l->out_w, l->kernel_h, l->kernel_w};
    const int64_t input[] = {l->count, l->in_c, l->in_h, l->in_w, l->stride, l->groups};

    if (!positive(work, LENGTH(work)) || !positive(input, LENGTH(input)))
        return status_fail(STATUS_INPUT, "%s: layer '%s': a size is 0 or negative", where, l->name);
    if (l->in_c % l->groups != 0 || l->out_c % l->groups != 0)
        return status_fail(STATUS_INPUT,
                           "%s: layer '%s': %lld groups do not divide %lld input and %lld output channels",
                           where, l->name, (long long)l->groups, (long long)l->in_c, (long long)l->out_c);
    if (!fits(work, LENGTH(work)) || !fits(input, LENGTH(input)))
        return status_fail(STATUS_INPUT, "%s: layer '%s': its operations do not fit 63 bits", where, l->name);
    return STATUS_OK;
}

/* --- layers of a graph --- */

static void take_conv(struct workload_layer *out, const struct layer_facts *f)
{
    out->kind = WORKLOAD_CONV;
    out->kernel_h = out->kernel_w = f->conv->kernel;
    out->stride = f->conv->stride;
    out->groups = f->conv->groups;
}

/* A convolution of one pixel: whatever its input's shape, every value has its own weight. */
static void take_linear(struct workload_layer *out, const struct layer_facts *f)
{
    out->kind = WORKLOAD_CONV;
    out->in_c = (int64_t)shape_size(f->in);
    out->in_h = out->in_w = 1;
}

static void take_norm(struct workload_layer *out, const struct layer_facts *f)
{
    out->kind = WORKLOAD_NORM;
    out->residual = f->residual;
    out->relu = f->activation != ACTIVATION_NONE;
}

static void take_pool(struct workload_layer *out, const struct layer_facts *f)
{
    out->kind = WORKLOAD_POOL;
    out->maximum = f->kind == LAYER_MAX_POOL;
    out->kernel_h = f->window_h;
    out->kernel_w = f->window_w;
    out->stride = f->window_stride;
}

static void (*const takers[LAYER_KINDS])(struct workload_layer *out, const struct layer_facts *f) = {
    [LAYER_CONV] = take_conv,         [LAYER_LINEAR] = take_linear, [LAYER_NORM] = take_norm,
    [LAYER_AVERAGE_POOL] = take_pool, [LAYER_MAX_POOL] = take_pool,
};

static bool read_by_quantized(const struct graph *g, int node)
{
    for (int i = node + 1; i < g->count; i++)
        for (int k = 0; k < g->nodes[i].layer->inputs; k++)
            if (g->nodes[i].input[k] == node && g->nodes[i].layer->quantized) return true;
    return false;
}

static enum status take(struct workload_layer *out, const struct graph *g, int node)
{
    const struct layer *l = g->nodes[node].layer;
    const struct layer_facts facts = layer_facts_of(l);

    if (takers[facts.kind] == NULL)
        return status_fail(STATUS_INPUT, "layer '%s': no cost model knows layers of type '%s'", l->name,
                           l->type->name);
    *out = (struct workload_layer){.count = 1,
                                   .in_c = l->in.c,
                                   .out_c = l->out.c,
                                   .in_h = l->in.h,
                                   .in_w = l->in.w,
                                   .out_h = l->out.h,
                                   .out_w = l->out.w,
                                   .kernel_h = 1,
                                   .kernel_w = 1,
                                   .groups = 1,
                                   .stride = 1,
                                   .from_input = g->nodes[node].input[0] == GRAPH_INPUT};
    snprintf(out->name, sizeof out->name, "%s", l->name);
    takers[facts.kind](out, &facts);
    out->quantized = out->kind == WORKLOAD_CONV ? l->quantized : read_by_quantized(g, node);
    return workload_check(out, "model");
}

enum status workload_of_graph(struct workload *out, const struct graph *g, const char *name)
{
    *out = (struct workload){.layers = calloc((size_t)g->count + 1, sizeof *out->layers)};
    if (out->layers == NULL) return status_fail(STATUS_NOMEM, "out of memory");
    snprintf(out->name, sizeof out->name, "%s", name);
    for (int i = 0; i < g->count; i++) {
        const enum status s = take(&out->layers[out->count++], g, i);
        if (s != STATUS_OK) {
            workload_free(out);
            return s;
        }
    }
    return STATUS_OK;
}

void workload_free(struct workload *w)
{
    free(w->layers);
    *w = (struct workload){0};
}

struct workload_layer workload_layer_make(const char *name, int64_t count, int64_t k, int64_t o, int64_t s,
                                          int64_t in_c, int64_t out_c, int64_t groups)
{
    struct workload_layer l = {.kind = WORKLOAD_CONV,
                               .count = count,
                               .in_c = in_c,
                               .out_c = out_c,
                               .out_h = o,
                               .out_w = o,
                               .kernel_h = k,
                               .kernel_w = k,
                               .groups = groups,
                               .stride = s,
                               .quantized = true};

    l.in_h = l.in_w = times(o, s);
    snprintf(l.name, sizeof l.name, "%s", name);
    return l;
}

/* --- products --- */

const char *phase_name(enum phase p)
{
    static const char *const names[PHASES] = {"forward",     "backward-data", "backward-weights",
                                              "elementwise", "quantize",      "update"};
    return names[p];
}

static struct nest forward_nest(const struct workload_layer *l, int64_t batch)
{
    return (struct nest){.batch = batch,
                         .in_c = l->in_c / l->groups,
                         .out_c = l->out_c / l->groups,
                         .out_h = l->out_h,
                         .out_w = l->out_w,
                         .kernel_h = l->kernel_h,
                         .kernel_w = l->kernel_w,
                         .stride = l->stride,
                         .instances = times(l->count, l->groups),
                         .from_input = l->from_input};
}

static struct nest data_nest(const struct workload_layer *l, int64_t batch, bool zero_inserted)
{
    struct nest n = forward_nest(l, batch);

    n.in_c = l->out_c / l->groups;
    n.out_c = l->in_c / l->groups;
    if (zero_inserted) {
        n.out_h = times(n.out_h, l->stride);
        n.out_w = times(n.out_w, l->stride);
    }
    n.stride = 1;
    n.from_input = false;
    return n;
}

static struct nest weights_nest(const struct workload_layer *l, int64_t batch)
{
    return (struct nest){.batch = l->out_c / l->groups,
                         .in_c = times(batch, l->out_h * l->out_w),
                         .out_c = l->kernel_h * l->kernel_w * (l->in_c / l->groups),
                         .out_h = 1,
                         .out_w = 1,
                         .kernel_h = 1,
                         .kernel_w = 1,
                         .stride = 1,
                         .instances = times(l->count, l->groups)};
}

bool operands_equal(struct operands a, struct operands b)
{
    return a.activation == b.activation && a.weight == b.weight && a.error == b.error;
}

bool operands_alike(const struct operands *layer, int layers)
{
    for (int i = 1; i < layers; i++)
        if (!operands_equal(layer[i], layer[0])) return false;
    return true;
}

bool workload_nest(struct nest *out, const struct workload_layer *l, enum phase p, int64_t batch,
                   struct operands bits, bool zero_inserted)
{
    const struct operands w = l->quantized ? bits : (struct operands){0};

    if (l->kind != WORKLOAD_CONV) return false;
    switch (p) {
    case PHASE_FORWARD:
        *out = forward_nest(l, batch);
        out->input_bits = widths_real(w.activation);
        out->weight_bits = widths_real(w.weight);
        out->float32 = w.activation == 0 && w.weight == 0;
        return true;
    case PHASE_BACKWARD_DATA:
        if (l->from_input) return false;
        *out = data_nest(l, batch, zero_inserted);
        break;
    case PHASE_BACKWARD_WEIGHTS:
        *out = weights_nest(l, batch);
        break;
    default:
        return false;
    }
    const int other = p == PHASE_BACKWARD_DATA ? w.weight : w.activation;
    out->input_bits = widths_real(w.error);
    out->weight_bits = widths_real(other);
    out->float32 = other == 0 && w.error == 0;
    out->gradient = p == PHASE_BACKWARD_WEIGHTS;
    return true;
}

double nest_macs(const struct nest *n)
{
    return (double)n->batch * (double)n->in_c * (double)n->out_c * (double)n->out_h * (double)n->out_w *
           (double)n->kernel_h * (double)n->kernel_w * (double)n->instances;
}

enum status nest_check(const struct nest *n, const char *name)
{
    const int64_t extents[] = {n->batch, n->in_c,     n->out_c,    n->out_h,
                               n->out_w, n->kernel_h, n->kernel_w, n->instances};

    if (!positive(extents, LENGTH(extents)) || n->stride < 1)
        return status_fail(STATUS_INPUT, "layer '%s': a size is 0 or negative", name);
    if (n->input_bits < 1 || n->input_bits > BITS_MOST || n->weight_bits < 1 || n->weight_bits > BITS_MOST)
        return status_fail(STATUS_INPUT, "layer '%s': widths of %d and %d bits: 1 to %d can be priced", name,
                           n->input_bits, n->weight_bits, BITS_MOST);
    if (!fits(extents, LENGTH(extents)))
        return status_fail(STATUS_INPUT, "layer '%s': its multiply-accumulates do not fit 63 bits", name);
    return STATUS_OK;
}
