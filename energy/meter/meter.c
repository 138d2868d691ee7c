/* energy/meter/meter.c - what an iteration costs: products by the back end, the rest by operations.c.
 *
 * Layers that are alike are one class, so that a network of a hundred layers is a dozen of them; nests are
 * searched once (energy/meter/memo.h), iterations are added up once for each set of widths.
 */
#include "energy/meter/meter.h"

#include "energy/meter/bitops.h"
#include "energy/meter/memo.h"
#include "energy/meter/operations.h"
#include "quant/try.h"
#include "sim/base/table.h"
#include "sim/method/widths.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const double hertz_per_mhz = 1e6;

/* Layers that differ in name and count only. */
struct class
{
    struct workload_layer layer; /* its count is that of all of them */
    int first;                   /* the layer that it is named after */
};

/* An iteration that was added up before. */
struct known {
    struct operands *layer; /* [layers]; 1: all alike */
    int layers;
    int64_t images;
    struct cost cost;
};

struct meter {
    struct workload workload;
    struct hardware hardware;
    struct prices prices;
    enum convention convention;
    struct work work;
    struct class *classes;
    int class_count;
    struct memo memo;
    struct known *known;
    int known_count;
};

/* --- conventions --- */

static const char *const conventions[CONVENTIONS] = {"true", "paper"};

const char *convention_name(enum convention c)
{
    return conventions[c];
}

enum status convention_find(enum convention *out, const char *name)
{
    size_t i;

    TRY(table_find(&i, "convention", name, conventions, sizeof *conventions, CONVENTIONS));
    *out = (enum convention)i;
    return STATUS_OK;
}

/* A layer as the convention sees it. */
static struct workload_layer as_counted(const struct workload_layer *l, enum convention c)
{
    struct workload_layer seen = *l;

    if (c == CONVENTION_PAPER) seen.quantized = true;
    return seen;
}

/* The batch norm's part of the paper's count: as many operations in each of the three products. */
static struct counts norm_counts(const struct workload_layer *l, enum phase p, struct operands bits,
                                 int64_t images)
{
    const double macs = BITOPS_OF_NORM * (double)l->count * workload_outputs(l) * (double)images;
    const double a = widths_real(p == PHASE_BACKWARD_WEIGHTS ? bits.activation : bits.weight);
    const double b = widths_real(p == PHASE_FORWARD ? bits.activation : bits.error);

    return (struct counts){.macs = macs, .bitops = macs * a * b};
}

/* The first layer's backward-data, which the paper counts and no program computes. */
static struct counts first_layer_counts(const struct workload_layer *l, struct operands bits, int64_t images)
{
    struct workload_layer inner = as_counted(l, CONVENTION_PAPER);
    struct nest n;

    inner.from_input = false;
    if (!workload_nest(&n, &inner, PHASE_BACKWARD_DATA, images, bits, false)) return (struct counts){0};
    const double macs = nest_macs(&n);
    return (struct counts){.macs = macs, .bitops = macs * widths_real(bits.weight) * widths_real(bits.error)};
}

/* What the paper counts in a phase that has no product on the hardware. */
static struct counts uncharged_counts(const struct workload_layer *l, enum phase p, struct operands bits,
                                      int64_t images)
{
    if (l->kind == WORKLOAD_NORM) return norm_counts(l, p, bits, images);
    if (l->from_input && p == PHASE_BACKWARD_DATA && images > 0 && l->count > 0)
        return first_layer_counts(l, bits, images);
    return (struct counts){0};
}

/* --- opening --- */

static bool alike(const struct workload_layer *a, const struct workload_layer *b)
{
    const int64_t x[] = {a->kind,  a->in_c,      a->out_c,    a->in_h,   a->in_w,   a->out_h,
                         a->out_w, a->kernel_h,  a->kernel_w, a->groups, a->stride, a->from_input,
                         a->relu,  a->quantized, a->residual, a->maximum};
    const int64_t y[] = {b->kind,  b->in_c,      b->out_c,    b->in_h,   b->in_w,   b->out_h,
                         b->out_w, b->kernel_h,  b->kernel_w, b->groups, b->stride, b->from_input,
                         b->relu,  b->quantized, b->residual, b->maximum};
    return memcmp(x, y, sizeof x) == 0;
}

/* A sum of counts beyond 63 bits stops at the largest number, which nest_check refuses. */
static void count_more(struct workload_layer *l, int64_t count)
{
    if (__builtin_add_overflow(l->count, count, &l->count)) l->count = INT64_MAX;
}

static void classify(struct meter *m)
{
    for (int i = 0; i < m->workload.count; i++) {
        const struct workload_layer *l = &m->workload.layers[i];
        int c = 0;
        while (c < m->class_count && !alike(&m->classes[c].layer, l))
            c++;
        if (c < m->class_count)
            count_more(&m->classes[c].layer, l->count);
        else
            m->classes[m->class_count++] = (struct class){*l, i};
    }
}

enum status meter_open(struct meter **out, const struct meter_spec *spec)
{
    const size_t layers = (size_t)spec->workload->count;
    struct meter *m = calloc(1, sizeof *m);

    *out = NULL;
    if (m == NULL) return status_fail(STATUS_NOMEM, "out of memory");
    m->workload = *spec->workload;
    m->workload.layers = calloc(layers + 1, sizeof *m->workload.layers);
    m->classes = calloc(layers + 1, sizeof *m->classes);
    if (m->workload.layers == NULL || m->classes == NULL) {
        meter_close(m);
        return status_fail(STATUS_NOMEM, "out of memory");
    }
    if (layers > 0) memcpy(m->workload.layers, spec->workload->layers, layers * sizeof *m->workload.layers);
    m->hardware = *spec->hardware;
    m->convention = spec->convention;
    m->work = work_of_workload(&m->workload);
    prices_make(&m->prices, &m->hardware, spec->constants);
    classify(m);
    *out = m;
    return STATUS_OK;
}

void meter_close(struct meter *m)
{
    if (m == NULL) return;
    workload_free(&m->workload);
    memo_free(&m->memo);
    free(m->classes);
    for (int i = 0; i < m->known_count; i++)
        free(m->known[i].layer);
    free(m->known);
    free(m);
}

/* --- counting --- */

/* The nest of a layer's phase under the meter's convention; false where there is none. */
static bool nest_of(struct nest *out, const struct meter *m, const struct workload_layer *l, enum phase p,
                    struct operands bits, int64_t images)
{
    const struct workload_layer seen = as_counted(l, m->convention);
    const bool zero_inserted = m->hardware.mapping.backward_data == BACKWARD_DATA_ZERO_INSERTED;

    return images > 0 && l->count > 0 && workload_nest(out, &seen, p, images, bits, zero_inserted);
}

static enum status want_layer(struct meter *m, const struct workload_layer *l, enum phase p,
                              struct operands bits, int64_t images)
{
    struct nest n;

    if (!nest_of(&n, m, l, p, bits, images)) return STATUS_OK;
    TRY(nest_check(&n, l->name));
    return memo_want(&m->memo, &n);
}

/* What an iteration is summed over: classes where all layers have the same widths, else layers. */
struct parts {
    const struct meter *m;
    const struct operands *layer;
    int layers;
};

static int parts_count(const struct parts *p)
{
    return p->layers == 1 ? p->m->class_count : p->m->workload.count;
}

static const struct workload_layer *parts_layer(struct operands *bits, const struct parts *p, int i)
{
    *bits = p->layer[p->layers == 1 ? 0 : i];
    return p->layers == 1 ? &p->m->classes[i].layer : &p->m->workload.layers[i];
}

static enum status want_iteration(struct meter *m, const struct operands *layer, int layers, int64_t images)
{
    const struct parts parts = {m, layer, layers};
    struct operands bits;

    for (int i = 0; i < parts_count(&parts); i++) {
        const struct workload_layer *l = parts_layer(&bits, &parts, i);
        for (int p = 0; p <= PHASE_BACKWARD_WEIGHTS; p++)
            TRY(want_layer(m, l, (enum phase)p, bits, images));
    }
    return STATUS_OK;
}

/* Does anything but products cost? */
static bool priced(const struct meter *m)
{
    return !m->hardware.training.products_only && !m->hardware.array.backend->operations_only;
}

/* One layer's part; its nest has been counted. */
static struct counts layer_counts(const struct meter *m, const struct workload_layer *l, enum phase p,
                                  struct operands bits, int64_t images)
{
    struct counts out = {0};
    struct nest n;

    if (p <= PHASE_BACKWARD_WEIGHTS) {
        if (nest_of(&n, m, l, p, bits, images)) return memo_counts(&m->memo, &n);
        if (m->convention == CONVENTION_PAPER) return uncharged_counts(l, p, bits, images);
    } else if (priced(m)) {
        const struct workload_layer seen = as_counted(l, m->convention);
        const struct operations o = operations_of(&seen, p, images, bits, &m->hardware);
        operations_count(&out, &o, &m->hardware);
    }
    return out;
}

static struct cost cost_of(const struct meter *m, const struct counts *c)
{
    return (struct cost){.counts = *c,
                         .energy_j = counts_energy(c, &m->prices),
                         .latency_s = c->cycles / (m->hardware.array.mhz * hertz_per_mhz),
                         .dram_bytes = counts_dram_bytes(c)};
}

enum status meter_layer(struct cost *out, struct meter *m, int layer, enum phase p, struct operands bits,
                        int64_t images)
{
    assert(layer >= 0 && layer < m->workload.count);
    const struct workload_layer *l = &m->workload.layers[layer];

    if (p <= PHASE_BACKWARD_WEIGHTS) {
        TRY(want_layer(m, l, p, bits, images));
        TRY(memo_count(&m->memo, &m->hardware, &m->prices));
    }
    const struct counts c = layer_counts(m, l, p, bits, images);
    *out = cost_of(m, &c);
    return STATUS_OK;
}

static struct counts iteration_counts(const struct meter *m, const struct operands *layer, int layers,
                                      int64_t images)
{
    const struct parts parts = {m, layer, layers};
    struct counts sum = {0};
    struct operands bits;

    for (int i = 0; i < parts_count(&parts); i++) {
        const struct workload_layer *l = parts_layer(&bits, &parts, i);
        for (int p = 0; p < PHASES; p++) {
            const struct counts part = layer_counts(m, l, (enum phase)p, bits, images);
            counts_add(&sum, &part, 1);
        }
    }
    return sum;
}

static enum status remember(struct meter *m, const struct operands *layer, int layers, int64_t images,
                            const struct cost *cost)
{
    struct known *more = realloc(m->known, (size_t)(m->known_count + 1) * sizeof *more);
    if (more != NULL) m->known = more;
    struct operands *copy = malloc((size_t)layers * sizeof *copy);

    if (more == NULL || copy == NULL) {
        free(copy);
        return status_fail(STATUS_NOMEM, "out of memory");
    }
    memcpy(copy, layer, (size_t)layers * sizeof *copy);
    m->known[m->known_count++] = (struct known){copy, layers, images, *cost};
    /* cppcheck-suppress memleak ; m->known has the copy */
    return STATUS_OK;
}

static enum status iteration(struct cost *out, struct meter *m, const struct operands *layer, int layers,
                             int64_t images)
{
    for (int i = 0; i < m->known_count; i++) {
        const struct known *k = &m->known[i];
        if (k->images == images && k->layers == layers &&
            memcmp(k->layer, layer, (size_t)layers * sizeof *layer) == 0) {
            *out = k->cost;
            return STATUS_OK;
        }
    }
    TRY(want_iteration(m, layer, layers, images));
    TRY(memo_count(&m->memo, &m->hardware, &m->prices));
    const struct counts c = iteration_counts(m, layer, layers, images);
    *out = cost_of(m, &c);
    return remember(m, layer, layers, images, out);
}

enum status meter_iteration_layers(struct cost *out, struct meter *m, const struct operands *layer,
                                   int64_t images)
{
    const int layers = operands_alike(layer, m->workload.count) ? 1 : m->workload.count;
    return iteration(out, m, layer, layers, images);
}

enum status meter_iteration(struct cost *out, struct meter *m, struct operands bits, int64_t images)
{
    return iteration(out, m, &bits, 1, images);
}

/* --- runs --- */

/* The paper's count of a run whose layers are all alike: a sum of integers, then one multiplication. False
 * where layers differ; their counts then add up to it, but for rounding. */
static bool paper_bitops(double *out, const struct meter *m, const struct histogram *h)
{
    double sum = 0;

    for (int i = 0; i < h->count; i++) {
        const struct histogram_row *r = &h->rows[i];
        if (r->layers > 1) return false;
        sum += (double)r->iterations * (double)r->images * bitops_per_mac(r->layer[0]);
    }
    *out = bitops_paper_macs(&m->work) * sum;
    return true;
}

enum status meter_run(struct cost *out, struct meter *m, const struct histogram *h)
{
    struct counts sum = {0};
    double bitops;

    for (int i = 0; i < h->count; i++)
        TRY(want_iteration(m, h->rows[i].layer, h->rows[i].layers, h->rows[i].images));
    TRY(memo_count(&m->memo, &m->hardware, &m->prices));
    for (int i = 0; i < h->count; i++) {
        const struct histogram_row *r = &h->rows[i];
        struct cost one;
        TRY(iteration(&one, m, r->layer, r->layers, r->images));
        counts_add(&sum, &one.counts, (double)r->iterations);
    }
    if (m->convention == CONVENTION_PAPER && paper_bitops(&bitops, m, h)) sum.bitops = bitops;
    *out = cost_of(m, &sum);
    return STATUS_OK;
}

void cost_add(struct cost *a, const struct cost *b, double times)
{
    counts_add(&a->counts, &b->counts, times);
    a->energy_j += times * b->energy_j;
    a->latency_s += times * b->latency_s;
    a->dram_bytes += times * b->dram_bytes;
}

void cost_reprice(struct cost *c, const struct prices *p)
{
    c->energy_j = counts_energy(&c->counts, p);
}
