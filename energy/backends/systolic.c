/* energy/backends/systolic.c - counts of an output-, weight- or input-stationary systolic array. */
#include "energy/backends/systolic.h"

#include "energy/backends/arithmetic.h"
#include "quant/try.h"

#include <math.h>

enum operand { WEIGHT, INPUT, OUTPUT, OPERANDS };

static const struct {
    enum component read, write;
} ports[OPERANDS + 1] = {
    [WEIGHT] = {COST_WEIGHT_READ, COST_WEIGHT_WRITE},
    [INPUT] = {COST_INPUT_READ, COST_INPUT_WRITE},
    [OUTPUT] = {COST_OUTPUT_READ, COST_OUTPUT_WRITE},
    [OPERANDS] = {COST_GLOBAL_READ, COST_GLOBAL_WRITE},
};

/* Where an operand lives on the chip; a global buffer serves the operands that have no buffer of their
 * own. */
struct home {
    const struct hardware_buffer *buffer;
    int port;    /* row of ports */
    double bits; /* that it can use */
};

/* One nest on one array. */
struct product {
    const struct nest *nest;
    const struct hardware *hardware;
    enum hardware_dataflow dataflow;
    struct systolic_folds folds;
    struct home home[OPERANDS];
    double words[OPERANDS]; /* of the whole nest */
    int bits[OPERANDS];     /* of a word on the chip: outputs are partial sums */
    int stored[OPERANDS];   /* of a word in DRAM, but for finished outputs */
};

/* Words of an operand or sum between array and buffer, and between buffer and DRAM. */
struct traffic {
    double to_array, from_array, fetched, spilled;
};

/* --- the product --- */

static double span(int64_t out, int64_t kernel, int64_t stride)
{
    return fmin((double)(out - 1) * (double)stride + (double)kernel, (double)out * (double)kernel);
}

struct systolic_folds systolic_fold(const struct nest *n, const struct hardware *h, enum hardware_dataflow d)
{
    const double pixels = (double)n->batch * (double)n->out_h * (double)n->out_w;
    const double taps = (double)n->in_c * (double)n->kernel_h * (double)n->kernel_w;
    const double filters = (double)n->out_c, rows = (double)h->array.rows, columns = (double)h->array.columns;
    struct systolic_folds f;

    f.sr = d == DATAFLOW_OS ? pixels : taps;
    f.sc = d == DATAFLOW_IS ? pixels : filters;
    f.t = d == DATAFLOW_OS ? taps : d == DATAFLOW_WS ? pixels : filters;
    f.row_folds = ceil(f.sr / rows);
    f.col_folds = ceil(f.sc / columns);
    const double step = ceil(f.t / arithmetic_throughput(h, n->input_bits, n->weight_bits));
    f.cycles = (2 * rows + columns + step - 2) * f.row_folds * f.col_folds;
    f.utilization = f.sr * f.sc * step / (f.cycles * rows * columns);
    return f;
}

static void find_homes(struct home home[OPERANDS], const struct hardware *h)
{
    const struct hardware_buffer *own[OPERANDS] = {&h->weight, &h->input, &h->output};
    int guests = 0;
    for (int o = 0; o < OPERANDS; o++)
        guests += own[o]->bytes == 0;
    for (int o = 0; o < OPERANDS; o++) {
        const bool has_own = own[o]->bytes > 0;
        home[o].buffer = has_own ? own[o] : &h->global;
        home[o].port = has_own ? o : OPERANDS;
        home[o].bits = arithmetic_usable_bits(home[o].buffer) / (has_own ? 1 : guests);
    }
}

static struct product product_of(const struct nest *n, const struct hardware *h, enum hardware_dataflow d)
{
    struct product l = {.nest = n, .hardware = h, .dataflow = d, .folds = systolic_fold(n, h, d)};
    const double batch = (double)n->batch, in_c = (double)n->in_c, out_c = (double)n->out_c;

    l.words[WEIGHT] = in_c * out_c * (double)n->kernel_h * (double)n->kernel_w;
    l.words[INPUT] =
        batch * in_c * span(n->out_h, n->kernel_h, n->stride) * span(n->out_w, n->kernel_w, n->stride);
    l.words[OUTPUT] = batch * out_c * (double)n->out_h * (double)n->out_w;
    l.bits[WEIGHT] = n->weight_bits;
    l.bits[INPUT] = n->input_bits;
    l.bits[OUTPUT] = h->array.accumulator_bits;
    l.stored[WEIGHT] = hardware_stored_bits(h, n->weight_bits);
    l.stored[INPUT] = hardware_stored_bits(h, n->input_bits);
    l.stored[OUTPUT] = h->array.accumulator_bits;
    find_homes(l.home, h);
    return l;
}

/* --- DRAM --- */

static bool fits(const struct product *l, enum operand o, double words)
{
    return words * l->bits[o] <= l->home[o].bits;
}

/*
 * Sweep folds, columns within rows or rows within columns. An operand cut by rows alone is the same for all
 * columns: it is fetched once if the part of one row stays while columns pass, or, with rows inside, if all
 * of it stays; otherwise once for each fold of columns. The same with rows and columns exchanged.
 */
static double fetches(const struct product *l, enum operand o, bool cut_by_rows, bool rows_inside)
{
    const double own = cut_by_rows ? l->folds.row_folds : l->folds.col_folds;
    const double other = cut_by_rows ? l->folds.col_folds : l->folds.row_folds;
    const bool passes_whole = cut_by_rows == rows_inside;
    return fits(l, o, passes_whole ? l->words[o] : l->words[o] / own) ? 1 : other;
}

/* DRAM words in one order of sweeps. Partial sums exist where rows cut the reduction: not if outputs stay. */
static void move_dram(struct traffic t[OPERANDS], const struct product *l, bool rows_inside)
{
    const double *words = l->words;
    for (int o = 0; o < OPERANDS; o++) {
        t[o].fetched = o == OUTPUT ? 0 : words[o];
        t[o].spilled = 0;
    }
    if (l->dataflow == DATAFLOW_OS) {
        t[INPUT].fetched *= fetches(l, INPUT, true, rows_inside);
        t[WEIGHT].fetched *= fetches(l, WEIGHT, false, rows_inside);
        return;
    }
    const enum operand streamed = l->dataflow == DATAFLOW_WS ? INPUT : WEIGHT;
    t[streamed].fetched *= fetches(l, streamed, true, rows_inside);
    const double times = fetches(l, OUTPUT, false, rows_inside);
    t[OUTPUT].fetched = t[OUTPUT].spilled = (times - 1) * words[OUTPUT];
}

static double finished_bits(const struct product *l)
{
    return l->words[OUTPUT] * hardware_stored_bits(l->hardware, nest_result_bits(l->nest, l->hardware));
}

static double dram_bits(const struct traffic t[OPERANDS], const struct product *l)
{
    double bits = finished_bits(l);
    for (int o = 0; o < OPERANDS; o++)
        bits += (t[o].fetched + t[o].spilled) * l->stored[o];
    return bits;
}

/* --- buffers and elements --- */

/* Words between array and buffers over all folds. */
static void move_array(struct traffic t[OPERANDS], const struct product *l)
{
    const struct systolic_folds *f = &l->folds;
    const bool shared = l->hardware->noc.forward || l->hardware->noc.multicast;
    const double macs = f->sr * f->sc * f->t;
    const double by_row = shared ? f->t * f->sr * f->col_folds : macs;
    const double by_column = shared ? f->t * f->sc * f->row_folds : macs;

    if (l->dataflow == DATAFLOW_OS) {
        t[INPUT].to_array = by_row;
        t[WEIGHT].to_array = by_column;
        t[OUTPUT].from_array = f->sr * f->sc;
        return;
    }
    const bool ws = l->dataflow == DATAFLOW_WS;
    t[ws ? WEIGHT : INPUT].to_array = f->sr * f->sc;
    t[ws ? INPUT : WEIGHT].to_array = by_row;
    t[OUTPUT].from_array = f->t * f->sc * f->row_folds;
    t[OUTPUT].to_array = t[OUTPUT].from_array - l->words[OUTPUT];
}

/* Bits handed from element to element, and next to them: each product takes what does not stay one hop on. */
static void count_elements(struct counts *c, const struct product *l, double macs)
{
    const bool stays[OPERANDS] = {
        [WEIGHT] = l->dataflow == DATAFLOW_WS,
        [INPUT] = l->dataflow == DATAFLOW_IS,
        [OUTPUT] = l->dataflow == DATAFLOW_OS,
    };
    for (int o = 0; o < OPERANDS; o++) {
        if (!stays[o]) c->of[COST_NETWORK] += macs * l->bits[o];
        if (l->hardware->array.register_bytes > 0)
            c->of[COST_REGISTER] += macs * l->bits[o] * (o == OUTPUT ? 2 : 1);
    }
}

static void count_buffers(struct counts *c, const struct traffic t[OPERANDS], const struct product *l)
{
    double busy[OPERANDS + 1] = {0};
    for (int o = 0; o < OPERANDS; o++) {
        const int port = l->home[o].port;
        const double out = o == OUTPUT ? t[o].spilled + l->words[o] : 0;
        const double read = (t[o].to_array + out) * l->bits[o];
        const double written = (t[o].from_array + t[o].fetched) * l->bits[o];
        busy[port] += read + written;
        c->of[ports[port].read] += read;
        c->of[ports[port].write] += written;
        if (!isnan(l->home[o].buffer->bits_per_cycle))
            c->cycles = fmax(c->cycles, ceil(busy[port] / l->home[o].buffer->bits_per_cycle));
    }
}

void systolic_count(struct counts *out, const struct nest *n, const struct hardware *h,
                    enum hardware_dataflow d)
{
    const struct product l = product_of(n, h, d);
    struct traffic t[OPERANDS] = {{0}}, other[OPERANDS] = {{0}};

    move_dram(t, &l, false);
    move_dram(other, &l, true);
    if (dram_bits(other, &l) < dram_bits(t, &l)) move_dram(t, &l, true);
    move_array(t, &l);

    *out = (struct counts){.cycles = l.folds.cycles};
    count_buffers(out, t, &l);
    count_elements(out, &l, nest_macs(n) / (double)n->instances);
    for (int o = 0; o < OPERANDS; o++)
        out->of[COST_DRAM_READ] += t[o].fetched * l.stored[o];
    out->of[COST_DRAM_WRITE] = t[OUTPUT].spilled * l.stored[OUTPUT] + finished_bits(&l);
    out->cycles = fmax(out->cycles, ceil(dram_bits(t, &l) / h->dram.bits_per_cycle));
    out->stall_cycles = out->cycles - l.folds.cycles;
}

/* --- the back end --- */

/* The batch in equal parts and a rest. */
static void count_parts_of_batch(struct counts *out, const struct nest *n, const struct hardware *h,
                                 enum hardware_dataflow d, int64_t part)
{
    const int64_t whole = n->batch / part;
    struct nest piece = *n;
    struct counts counts;

    *out = (struct counts){0};
    piece.batch = part;
    systolic_count(&counts, &piece, h, d);
    counts_add(out, &counts, (double)whole);
    piece.batch = n->batch % part;
    if (piece.batch == 0) return;
    systolic_count(&counts, &piece, h, d);
    counts_add(out, &counts, 1);
}

static enum status count(struct counts *out, const struct nest *n, const struct hardware *h,
                         const struct prices *p)
{
    static const enum hardware_dataflow all[] = {DATAFLOW_WS, DATAFLOW_OS, DATAFLOW_IS};
    const enum hardware_dataflow wanted = h->mapping.dataflow;
    bool any = false;

    if (wanted == DATAFLOW_RS)
        return status_fail(STATUS_INPUT,
                           "mapping.dataflow rs: a systolic array keeps weights, outputs or inputs; "
                           "take ws, os, is or auto, or back end loopnest");
    TRY(arithmetic_check(n, h));
    for (int i = 0; i < 3; i++) {
        if (wanted != DATAFLOW_AUTO && wanted != all[i]) continue;
        for (int64_t part = n->batch;; part = (part + 1) / 2) {
            struct counts one, c = {0};
            count_parts_of_batch(&one, n, h, all[i], part);
            counts_add(&c, &one, (double)n->instances);
            arithmetic_count(&c, n, h, p);
            if (!any || arithmetic_better(&c, out, h, p)) *out = c;
            any = true;
            if (part == 1) break;
        }
    }
    return STATUS_OK;
}

const struct backend systolic_backend = {
    .name = "systolic",
    .title = "systolic array, weight, output or input stationary, in closed form",
    .source = "Samajdar et al., SCALE-Sim, arXiv:1811.02883",
    .count = count,
};
