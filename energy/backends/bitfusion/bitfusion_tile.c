/* energy/backends/bitfusion/bitfusion_tile.c - what one tiling of a layer takes on BitFusion, whatever
 * the order of its loops. */
#include "energy/backends/bitfusion/bitfusion_inside.h"
#include "quant/try.h"

#include <inttypes.h>
#include <math.h>

/* --- one operand's width ------------------------------------------------------------------------------ */

struct width {
    int64_t parallel, passes; /* operands in one element at a time; passes for one operand */
    double share;             /* of an element's cycle that one operand takes, along this side */
};

static struct width width_make(const struct bitfusion_machine *m, int bits)
{
    const int64_t passes = ceil_div(bits, m->pmax);
    const int64_t parallel = passes > 1 ? 1 : m->pmax / (bits > m->pmin ? bits : m->pmin);
    const double bricks = (double)(ceil_div(bits, m->pmin) * m->pmin) / m->pmax;
    /* Where pmin does not divide evenly, an element holds fewer operands than bricks: never above all of
     * it. */
    return (struct width){parallel, passes, fmin(bricks, (double)passes / (double)parallel)};
}

static enum status plan_widths(struct bitfusion_plan *p)
{
    const struct bitfusion_layer *const l = p->layer;
    const struct bitfusion_machine *const m = p->machine;
    const struct width a = width_make(m, l->input_bits), w = width_make(m, l->weight_bits);
    const int64_t passes = a.passes * w.passes;
    if (passes > 1 && m->compose == COMPOSE_FLOOR)
        return status_fail(
            STATUS_INPUT,
            "bitfusion: operands of %d and %d bits on elements of at most %d; compose: temporal or "
            "spatial would allow them",
            l->input_bits, l->weight_bits, m->pmax);
    const bool spatial = m->compose == COMPOSE_SPATIAL;
    p->lanes = m->rows * a.parallel * w.parallel / (spatial ? passes : 1);
    p->passes = spatial ? 1 : passes;
    if (p->lanes < 1)
        return status_fail(STATUS_INPUT,
                           "bitfusion: one product of %d and %d bits takes %" PRId64
                           " rows side by side, there are %" PRId64 "; compose: temporal would do with one",
                           l->input_bits, l->weight_bits, passes, m->rows);
    p->elements = (double)m->rows * (double)m->columns;
    p->busy = (double)l->batch * (double)l->in_c * (double)l->out_c * (double)l->out_h * (double)l->out_w *
              (double)p->taps * a.share * w.share;
    return STATUS_OK;
}

/* --- tile sizes --------------------------------------------------------------------------------------- */

/* Inputs along one side of a layer: n tiles, each with its halo, `extent` outputs in all. */
static int64_t span(int64_t tiles, int64_t extent, int64_t kernel, int64_t stride)
{
    return plus(times(tiles, kernel), times(extent - tiles, stride));
}

static void list_pixels(struct bitfusion_plan *p)
{
    const struct bitfusion_layer *const l = p->layer;
    const int64_t longest = l->out_h > l->out_w ? l->out_h : l->out_w;
    int64_t size = 1;
    for (p->pixelses = 0;; size *= 2) {
        struct bitfusion_pixels *const o = &p->pixels[p->pixelses++];
        o->width = size < l->out_w ? size : l->out_w;
        o->height = size < l->out_h ? size : l->out_h;
        o->tiles_w = ceil_div(l->out_w, o->width);
        o->tiles_h = ceil_div(l->out_h, o->height);
        o->pixels = times(o->width, o->height);
        if (l->im2col) {
            o->inputs = times(o->pixels, p->taps);
            o->all_inputs = times(times(l->out_w, l->out_h), p->taps);
        } else {
            o->inputs =
                times(span(1, o->width, l->kernel_w, l->stride), span(1, o->height, l->kernel_h, l->stride));
            o->all_inputs = times(span(o->tiles_w, l->out_w, l->kernel_w, l->stride),
                                  span(o->tiles_h, l->out_h, l->kernel_h, l->stride));
        }
        if (size >= longest) return;
    }
}

static void list_inputs(struct bitfusion_plan *p)
{
    const struct bitfusion_layer *const l = p->layer;
    int64_t size = 1;
    for (p->inputses = 0;; size *= 2) {
        struct bitfusion_inputs *const ic = &p->inputs[p->inputses++];
        ic->size = size < l->in_c ? size : l->in_c;
        ic->tiles = ceil_div(l->in_c, ic->size);
        const int64_t together = ceil_div(times(p->taps, ic->size), p->lanes);
        ic->rows = times(together, p->lanes);
        ic->steps = l->im2col ? together : times(p->taps, ceil_div(ic->size, p->lanes));
        ic->slots = times(ic->steps, p->lanes);
        if (size >= l->in_c) return;
    }
}

static void list_sizes(struct bitfusion_plan *p)
{
    const struct bitfusion_layer *const l = p->layer;
    int64_t size = 1;
    for (p->batches = 0;; size *= 2) {
        struct bitfusion_batch *const b = &p->batch[p->batches++];
        b->size = size < l->batch ? size : l->batch;
        b->tiles = ceil_div(l->batch, b->size);
        if (size >= l->batch) break;
    }
    size = l->im2col ? 1 : p->machine->columns;
    for (p->outputses = 0;; size *= 2) {
        struct bitfusion_outputs *const oc = &p->outputs[p->outputses++];
        oc->size = size < l->out_c ? size : l->out_c;
        oc->tiles = ceil_div(l->out_c, oc->size);
        oc->groups = ceil_div(oc->size, p->machine->columns);
        if (size >= l->out_c) break;
    }
    list_pixels(p);
    list_inputs(p);
}

/* --- checks ------------------------------------------------------------------------------------------- */

static enum status check(const struct bitfusion_layer *l, const struct bitfusion_machine *m)
{
    const struct {
        const char *what;
        int64_t value, most;
    } rows[] = {
        /* beyond these a power-of-two tile size, or a product of two of them, would not fit 63 bits */
        {"batch", l->batch, INT64_C(1) << 40},
        {"in_c", l->in_c, INT64_C(1) << 40},
        {"out_c", l->out_c, INT64_C(1) << 40},
        {"out_h", l->out_h, INT64_C(1) << 40},
        {"out_w", l->out_w, INT64_C(1) << 40},
        {"kernel_h", l->kernel_h, 1 << 20},
        {"kernel_w", l->kernel_w, 1 << 20},
        {"stride", l->stride, 1 << 20},
        {"input_bits", l->input_bits, 64},
        {"weight_bits", l->weight_bits, 64},
        {"output_bits", l->output_bits, 64},
        {"rows", m->rows, 1 << 20},
        {"columns", m->columns, 1 << 20},
        {"pmax", m->pmax, 64},
        {"pmin", m->pmin, m->pmax},
        {"accumulator_bits", m->sum_bits, 1024},
        {"bandwidth_bits", m->bandwidth_bits, INT64_C(1) << 40},
        {"bandwidth_cycles", m->bandwidth_cycles, 1 << 20},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].value < 1 || rows[i].value > rows[i].most)
            return status_fail(STATUS_INPUT, "bitfusion: %s is %" PRId64 ", not between 1 and %" PRId64,
                               rows[i].what, rows[i].value, rows[i].most);
    return STATUS_OK;
}

static void loads(int64_t load[OPERANDS], const struct bitfusion_plan *p, const struct bitfusion_batch *b,
                  const struct bitfusion_pixels *o, const struct bitfusion_inputs *ic,
                  const struct bitfusion_outputs *oc)
{
    const struct bitfusion_layer *const l = p->layer;
    const struct bitfusion_machine *const m = p->machine;
    const bool packed = m->mends.unpadded_dram;
    const int64_t rows = packed ? times(p->taps, ic->size) : ic->rows;
    const int64_t columns = packed ? oc->size : oc->groups * m->columns;
    load[OPERAND_INPUT] = times(times(times(o->inputs, ic->size), b->size), l->input_bits);
    load[OPERAND_WEIGHT] = times(times(rows, oc->size), l->weight_bits);
    load[OPERAND_OUTPUT] = times(times(times(o->pixels, columns), b->size), m->sum_bits);
}

/* The smallest sizes make the smallest tile of every tensor: if one does not fit, nothing does. */
static enum status check_rooms(const struct bitfusion_plan *p)
{
    static const char *const names[OPERANDS] = {"input", "weight", "output"};
    int64_t load[OPERANDS];
    loads(load, p, p->batch, p->pixels, p->inputs, p->outputs);
    for (int t = 0; t < OPERANDS; t++)
        if (load[t] > p->room[t])
            return status_fail(STATUS_INPUT,
                               "bitfusion: the %s buffer has room for tiles of %" PRId64
                               " bytes; the smallest one of this layer needs %" PRId64,
                               names[t], p->room[t] / 8, ceil_div(load[t], 8));
    return STATUS_OK;
}

enum status bitfusion_plan_make(struct bitfusion_plan *out, const struct bitfusion_layer *l,
                                const struct bitfusion_machine *m)
{
    TRY(check(l, m));
    out->layer = l;
    out->machine = m;
    out->taps = l->kernel_h * l->kernel_w;
    out->room[OPERAND_INPUT] = m->input_room;
    out->room[OPERAND_WEIGHT] = m->weight_room;
    out->room[OPERAND_OUTPUT] = m->output_room;
    if (m->dataflow == DATAFLOW_RS)
        return status_fail(STATUS_INPUT,
                           "bitfusion: its tiles are weight, output or input stationary: ws, os, is or auto");
    TRY(plan_widths(out));
    list_sizes(out);
    return check_rooms(out);
}

/* --- one tiling --------------------------------------------------------------------------------------- */

/* Buffer accesses of the array with one operand kept still. */
static void accesses(struct bitfusion_tile *t, const struct bitfusion_plan *p, int64_t sums, int64_t depth,
                     int64_t groups, enum hardware_dataflow stationary)
{
    const struct bitfusion_layer *const l = p->layer;
    const bool broadcast = p->machine->mends.input_broadcast;
    const int64_t oc = t->size[BITFUSION_OC];
    int64_t all = 1; /* tiles */
    for (int i = 0; i < BITFUSION_LOOPS; i++)
        all = times(all, t->tiles[i]);
    const int64_t uses = times(times(all, depth), sums); /* of inputs by a column, in all tiles */
    const int64_t macs = times(uses, oc);
    const bool moves = stationary != DATAFLOW_IS; /* inputs come anew for every multiply */
    const int64_t fetches = moves ? times(uses, broadcast ? groups : oc) : uses;
    t->stationary = stationary;
    t->reads[OPERAND_INPUT] = times(fetches, l->input_bits);
    t->reads[OPERAND_WEIGHT] =
        times(stationary == DATAFLOW_WS ? times(times(all, depth), oc) : macs, l->weight_bits);
    t->reads[OPERAND_OUTPUT] =
        times(stationary == DATAFLOW_OS ? times(times(all, sums), oc) : macs, p->machine->sum_bits);
    t->hops = broadcast && moves ? times(macs, l->input_bits) : 0;
}

/* The released rule: what the array would access, with padding, in one tile; ties as in the order of rows. */
static enum hardware_dataflow released_choice(const struct bitfusion_plan *p, int64_t sums, int64_t slots,
                                              int64_t groups)
{
    const struct bitfusion_machine *const m = p->machine;
    const int64_t ba = p->layer->input_bits, bw = p->layer->weight_bits, bs = m->sum_bits;
    const int64_t outs = groups * m->columns, area = times(slots, sums);
    const int64_t fetches = m->mends.input_broadcast ? groups : outs;
    const int64_t is = times(area, plus(ba, times(outs, bw + bs)));
    const int64_t os =
        plus(times(times(outs, sums), bs), times(area, plus(times(fetches, ba), times(outs, bw))));
    const int64_t ws =
        plus(times(times(slots, outs), bw), times(area, plus(times(fetches, ba), times(outs, bs))));
    if (is <= os && is <= ws) return DATAFLOW_IS;
    return os <= ws ? DATAFLOW_OS : DATAFLOW_WS;
}

static double access_energy(const struct bitfusion_tile *t, const double *pj)
{
    return (double)t->reads[OPERAND_INPUT] * pj[COST_INPUT_READ] +
           (double)t->reads[OPERAND_WEIGHT] * pj[COST_WEIGHT_READ] +
           (double)t->reads[OPERAND_OUTPUT] * (pj[COST_OUTPUT_READ] + pj[COST_OUTPUT_WRITE]) +
           (double)t->hops * pj[COST_NETWORK];
}

/* Nothing else depends on the stationary operand, so that the least energy here is the least in all. */
static void choose_stationary(struct bitfusion_tile *t, const struct bitfusion_plan *p, int64_t sums,
                              const struct bitfusion_inputs *ic, int64_t groups)
{
    static const enum hardware_dataflow kinds[] = {DATAFLOW_IS, DATAFLOW_OS, DATAFLOW_WS};
    const struct bitfusion_machine *const m = p->machine;
    const int64_t depth = times(p->taps, ic->size);
    enum hardware_dataflow best = m->dataflow;
    if (best == DATAFLOW_AUTO && m->objective == OBJECTIVE_LATENCY)
        best = released_choice(p, sums, ic->slots, groups);
    if (best == DATAFLOW_AUTO) {
        double least = INFINITY;
        for (int i = 0; i < 3; i++) {
            accesses(t, p, sums, depth, groups, kinds[i]);
            const double energy = access_energy(t, m->prices.pj);
            if (energy < least || i == 0) best = kinds[i];
            least = fmin(least, energy);
        }
    }
    accesses(t, p, sums, depth, groups, best);
}

static void traffic(struct bitfusion_tile *t, const struct bitfusion_plan *p,
                    const struct bitfusion_pixels *o)
{
    const struct bitfusion_layer *const l = p->layer;
    const int64_t *const n = t->tiles;
    const int64_t pixels = times(times(n[BITFUSION_B], n[BITFUSION_OH]), n[BITFUSION_OW]);
    if (p->machine->mends.unpadded_dram) {
        const int64_t channels = times(l->batch, l->in_c);
        t->whole[OPERAND_INPUT] = times(times(o->all_inputs, channels), l->input_bits);
        t->whole[OPERAND_WEIGHT] = times(times(times(p->taps, l->in_c), l->out_c), l->weight_bits);
        t->whole[OPERAND_OUTPUT] =
            times(times(times(times(l->out_h, l->out_w), l->batch), l->out_c), p->machine->sum_bits);
    } else {
        t->whole[OPERAND_INPUT] = times(t->load[OPERAND_INPUT], times(pixels, n[BITFUSION_IC]));
        t->whole[OPERAND_WEIGHT] = times(t->load[OPERAND_WEIGHT], times(n[BITFUSION_IC], n[BITFUSION_OC]));
        t->whole[OPERAND_OUTPUT] = times(t->load[OPERAND_OUTPUT], times(pixels, n[BITFUSION_OC]));
    }
    t->finished = times(t->whole[OPERAND_OUTPUT] / p->machine->sum_bits, l->output_bits);
}

bool bitfusion_tile_make(struct bitfusion_tile *out, const struct bitfusion_plan *p,
                         const struct bitfusion_batch *b, const struct bitfusion_pixels *o,
                         const struct bitfusion_inputs *ic, const struct bitfusion_outputs *oc)
{
    loads(out->load, p, b, o, ic, oc);
    for (int t = 0; t < OPERANDS; t++)
        if (out->load[t] > p->room[t]) return false;
    const int64_t sizes[BITFUSION_LOOPS] = {b->size, ic->size, oc->size, o->height, o->width};
    const int64_t tiles[BITFUSION_LOOPS] = {b->tiles, ic->tiles, oc->tiles, o->tiles_h, o->tiles_w};
    const int64_t sums = times(b->size, o->pixels);
    int64_t compute = times(times(sums, oc->groups), times(ic->steps, p->passes));
    for (int i = 0; i < BITFUSION_LOOPS; i++) {
        out->size[i] = sizes[i];
        out->tiles[i] = tiles[i];
        compute = times(compute, tiles[i]);
    }
    out->compute = compute;
    traffic(out, p, o);
    choose_stationary(out, p, sums, ic, oc->groups);
    return true;
}
