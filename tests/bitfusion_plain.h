/* tests/bitfusion_plain.h - BitFusion's search as its description reads: every tiling, 120 orders, no
 * thought.
 *
 * Written for comparison with energy/bitfusion_search.c: tilings ascending, orders in alphabetical order, the
 * first of the best is kept.
 */
#ifndef TESTS_BITFUSION_PLAIN_H
#define TESTS_BITFUSION_PLAIN_H

#include "energy/bitfusion.h"

#include <math.h>
#include <string.h>

struct plain {
    const struct bitfusion_layer *l;
    const struct bitfusion_machine *m;
    int64_t lanes, passes;
    double input_share, weight_share;
    int64_t size[5], tiles[5];       /* by enum bitfusion_loop */
    int64_t load[3], room[3];        /* act, wgt, out */
    int64_t traffic[3], resident[3]; /* of one order */
    bool found;
    struct bitfusion_result best;
};

static int64_t plain_cd(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static int64_t plain_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void plain_width(int64_t *parallel, int64_t *passes, double *share, const struct bitfusion_machine *m,
                        int b)
{
    *parallel = b > m->pmax ? 1 : m->pmax / (b > m->pmin ? b : m->pmin);
    *passes = plain_cd(b, m->pmax);
    *share = (double)(plain_cd(b, m->pmin) * m->pmin) / m->pmax;
    if (*share > (double)*passes / *parallel) *share = (double)*passes / *parallel;
}

static void plain_start(struct plain *s)
{
    int64_t pa, pw, na, nw;
    plain_width(&pa, &na, &s->input_share, s->m, s->l->input_bits);
    plain_width(&pw, &nw, &s->weight_share, s->m, s->l->weight_bits);
    const bool spatial = s->m->compose == COMPOSE_SPATIAL;
    s->lanes = s->m->rows * pa * pw / (spatial ? na * nw : 1);
    s->passes = spatial ? 1 : na * nw;
    s->room[0] = s->m->input_room, s->room[1] = s->m->weight_room, s->room[2] = s->m->output_room;
}

static bool plain_loads(struct plain *s)
{
    const struct bitfusion_layer *l = s->l;
    const int64_t b = s->size[0], ic = s->size[1], oc = s->size[2], oh = s->size[3], ow = s->size[4];
    const int64_t taps = l->kernel_h * l->kernel_w, m = s->m->columns;
    const int64_t ih = l->kernel_h + (oh - 1) * l->stride, iw = l->kernel_w + (ow - 1) * l->stride;
    const bool packed = s->m->mends.unpadded_dram;
    s->load[0] = (l->im2col ? ow * oh * taps : iw * ih) * ic * b * l->input_bits;
    s->load[1] = (packed ? taps * ic : plain_cd(taps * ic, s->lanes) * s->lanes) * oc * l->weight_bits;
    s->load[2] = ow * oh * (packed ? oc : plain_cd(oc, m) * m) * b * s->m->sum_bits;
    return s->load[0] <= s->room[0] && s->load[1] <= s->room[1] && s->load[2] <= s->room[2];
}

/* Inputs of all tiles along one side, the last tile at its true size. */
static int64_t plain_span(int64_t extent, int64_t tile, int64_t kernel, int64_t stride)
{
    int64_t sum = 0;
    for (int64_t at = 0; at < extent; at += tile)
        sum += kernel + (plain_min(tile, extent - at) - 1) * stride;
    return sum;
}

/* Traffic of each tensor if it is moved once. */
static void plain_once(int64_t once[3], const struct plain *s)
{
    const struct bitfusion_layer *l = s->l;
    const int64_t *n = s->tiles, taps = l->kernel_h * l->kernel_w;
    if (!s->m->mends.unpadded_dram) {
        once[0] = s->load[0] * n[0] * n[1] * n[3] * n[4];
        once[1] = s->load[1] * n[1] * n[2];
        once[2] = s->load[2] * n[0] * n[2] * n[3] * n[4];
        return;
    }
    once[0] = l->im2col ? taps * l->out_h * l->out_w
                        : plain_span(l->out_h, s->size[3], l->kernel_h, l->stride) *
                              plain_span(l->out_w, s->size[4], l->kernel_w, l->stride);
    once[0] *= l->in_c * l->batch * l->input_bits;
    once[1] = taps * l->in_c * l->out_c * l->weight_bits;
    once[2] = l->out_h * l->out_w * l->out_c * l->batch * s->m->sum_bits;
}

/* From the innermost loop outwards: how often is each tensor fetched again, and what stays? */
static void plain_walk(struct plain *s, const unsigned char order[5])
{
    static const char *const touching[5] = {"ao", "aw", "wo", "ao", "ao"};
    plain_once(s->traffic, s);
    for (int t = 0; t < 3; t++) {
        bool promote = true;
        s->resident[t] = s->load[t];
        for (int i = 4; i >= 0; i--) {
            const int64_t trips = s->tiles[order[i]];
            const bool touched = strchr(touching[order[i]], "awo"[t]) != NULL;
            if (!touched && !promote) s->traffic[t] *= trips;
            if (touched && promote && s->resident[t] * trips > s->room[t]) promote = false;
            if (touched && promote) s->resident[t] *= trips;
        }
    }
}

static void plain_access(struct bitfusion_counts *c, const struct plain *s, enum hardware_dataflow kind)
{
    const struct bitfusion_layer *l = s->l;
    const int64_t *n = s->tiles, T = n[0] * n[1] * n[2] * n[3] * n[4], oc = s->size[2];
    const int64_t R = l->kernel_h * l->kernel_w * s->size[1], wsl = s->size[0] * s->size[3] * s->size[4];
    const bool broadcast = s->m->mends.input_broadcast;
    const int64_t readers = broadcast ? plain_cd(oc, s->m->columns) : oc;
    c->input_read = T * R * wsl * l->input_bits * (kind == DATAFLOW_IS ? 1 : readers);
    c->weight_read = T * R * oc * l->weight_bits * (kind == DATAFLOW_WS ? 1 : wsl);
    c->output_read = T * wsl * oc * s->m->sum_bits * (kind == DATAFLOW_OS ? 1 : R);
    c->output_write = c->output_read;
    c->hops = broadcast && kind != DATAFLOW_IS ? T * R * wsl * oc * l->input_bits : 0;
}

static enum hardware_dataflow plain_stationary(const struct plain *s)
{
    static const enum hardware_dataflow kinds[] = {DATAFLOW_IS, DATAFLOW_OS, DATAFLOW_WS};
    const struct bitfusion_layer *l = s->l;
    const int64_t taps = l->kernel_h * l->kernel_w, m = s->m->columns, ic = s->size[1];
    const int64_t isl = plain_cd(s->size[2], m) * m, wsl = s->size[0] * s->size[3] * s->size[4];
    const int64_t osl =
        l->im2col ? plain_cd(ic * taps, s->lanes) * s->lanes : plain_cd(ic, s->lanes) * s->lanes * taps;
    const int64_t ba = l->input_bits, bw = l->weight_bits, bs = s->m->sum_bits;
    const int64_t by = s->m->mends.input_broadcast ? m : 1; /* columns that one read serves */
    double proxy[3] = {(double)(osl * wsl * (ba + isl * (bw + bs))),
                       (double)(isl * wsl * bs + osl * wsl * (isl / by * ba + isl * bw)),
                       (double)(osl * isl * bw + osl * wsl * (isl / by * ba + isl * bs))};
    if (s->m->dataflow != DATAFLOW_AUTO) return s->m->dataflow;
    if (s->m->objective != OBJECTIVE_LATENCY)
        for (int i = 0; i < 3; i++) {
            struct bitfusion_counts c = {0};
            plain_access(&c, s, kinds[i]);
            proxy[i] = bitfusion_energy(&c, &s->m->prices);
        }
    int best = 0;
    for (int i = 1; i < 3; i++)
        if (proxy[i] < proxy[best]) best = i;
    return kinds[best];
}

static int64_t plain_transfer(const struct plain *s, int64_t bits)
{
    return plain_cd(bits * s->m->bandwidth_cycles, s->m->bandwidth_bits);
}

static int64_t plain_compute(const struct plain *s)
{
    const struct bitfusion_layer *l = s->l;
    const int64_t *n = s->tiles, taps = l->kernel_h * l->kernel_w;
    const int64_t steps =
        l->im2col ? plain_cd(taps * s->size[1], s->lanes) : taps * plain_cd(s->size[1], s->lanes);
    return n[0] * n[1] * n[2] * n[3] * n[4] * s->size[0] * s->size[3] * s->size[4] *
           plain_cd(s->size[2], s->m->columns) * steps * s->passes;
}

static void plain_counts(struct bitfusion_counts *c, const struct plain *s)
{
    const struct bitfusion_mends *mends = &s->m->mends;
    int64_t once[3], kept[3];
    plain_once(once, s);
    for (int t = 0; t < 3; t++)
        kept[t] = plain_min(mends->first_tile ? s->load[t] : s->resident[t], once[t]);
    const int64_t sums = s->traffic[2] - (mends->output_once ? once[2] : 0);
    const int64_t finished = mends->output_once ? once[2] / s->m->sum_bits * s->l->output_bits : 0;
    const int64_t first = kept[0] + kept[1] + (mends->output_once ? 0 : kept[2]);
    const int64_t last = mends->output_once ? kept[2] / s->m->sum_bits * s->l->output_bits : kept[2];
    plain_access(c, s, plain_stationary(s));
    c->input_write = s->traffic[0];
    c->weight_write = s->traffic[1];
    c->output_write += sums;
    c->output_read += s->traffic[2];
    c->dram_read = s->traffic[0] + s->traffic[1] + sums;
    c->dram_write = sums + finished;
    const int64_t compute = plain_compute(s);
    const int64_t middle = plain_transfer(s, c->dram_read + c->dram_write - first - last);
    c->stall_cycles =
        (middle > compute ? middle - compute : 0) + plain_transfer(s, first) + plain_transfer(s, last);
    c->cycles = compute + c->stall_cycles;
    const double elements = (double)(s->m->rows * s->m->columns);
    const double busy = (double)(s->l->batch * s->l->in_c * s->l->out_c * s->l->out_h * s->l->out_w *
                                 s->l->kernel_h * s->l->kernel_w) *
                        s->input_share * s->weight_share;
    c->core = mends->core_by_use ? busy : elements * compute;
    c->idle = mends->core_by_use ? fmax(0, elements * c->cycles - busy) : 0;
    c->seconds = mends->leakage ? c->cycles * s->m->seconds_per_cycle : 0;
}

static bool plain_better(const struct plain *s, const struct bitfusion_result *a,
                         const struct bitfusion_result *b)
{
    const double ca = a->counts.cycles, cb = b->counts.cycles, ea = a->energy_pj, eb = b->energy_pj;
    switch (s->m->objective) {
    case OBJECTIVE_ENERGY:
        return ea < eb || (ea == eb && ca < cb);
    case OBJECTIVE_EDP:
        return ea * ca < eb * cb || (ea * ca == eb * cb && ca < cb);
    default:
        return ca < cb || (ca == cb && ea < eb);
    }
}

static void plain_tiles(struct plain *s, const unsigned char order[5])
{
    const struct bitfusion_layer *l = s->l;
    const int64_t side = l->out_h > l->out_w ? l->out_h : l->out_w, step = l->im2col ? 1 : s->m->columns;
    const int64_t dims[5] = {l->batch, l->in_c, l->out_c, l->out_h, l->out_w};
    for (int64_t b = 1; b < 2 * l->batch; b *= 2)
        for (int64_t o = 1; o < 2 * side; o *= 2)
            for (int64_t ic = 1; ic < 2 * l->in_c; ic *= 2)
                for (int64_t oc = step; oc == step || oc < 2 * l->out_c; oc *= 2) {
                    const int64_t wanted[5] = {b, ic, oc, o, o};
                    for (int i = 0; i < 5; i++) {
                        s->size[i] = plain_min(wanted[i], dims[i]);
                        s->tiles[i] = plain_cd(dims[i], s->size[i]);
                    }
                    if (!plain_loads(s)) continue;
                    struct bitfusion_result r;
                    plain_walk(s, order);
                    plain_counts(&r.counts, s);
                    r.energy_pj = bitfusion_energy(&r.counts, &s->m->prices);
                    if (s->found && !plain_better(s, &r, &s->best)) continue;
                    memcpy(r.mapping.order, order, 5);
                    memcpy(r.mapping.size, s->size, sizeof s->size);
                    memcpy(r.mapping.tiles, s->tiles, sizeof s->tiles);
                    s->best = r;
                    s->found = true;
                }
}

/* All orders that begin with the n loops of `order`. */
static void plain_orders(struct plain *s, unsigned char order[5], int n)
{
    if (n == 5) {
        plain_tiles(s, order);
        return;
    }
    for (unsigned char loop = 0; loop < 5; loop++) {
        if (memchr(order, loop, n) != NULL) continue;
        order[n] = loop;
        plain_orders(s, order, n + 1);
    }
}

static bool plain_search(struct bitfusion_result *out, const struct bitfusion_layer *l,
                         const struct bitfusion_machine *m)
{
    unsigned char order[5];
    struct plain s = {.l = l, .m = m};
    plain_start(&s);
    if (s.lanes < 1) return false; /* one product takes more rows than there are */
    plain_orders(&s, order, 0);
    *out = s.best;
    return s.found;
}

#endif
