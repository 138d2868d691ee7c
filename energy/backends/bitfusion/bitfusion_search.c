/* energy/backends/bitfusion/bitfusion_search.c - the best tiling and loop order of a layer on BitFusion:
 * all tried, few walked.
 *
 * A tiling is first judged by a lower bound (is_hopeless). Its orders are built from the innermost loop
 * outwards, so that orders with the same inner loops share the work, and a branch ends where its own lower
 * bound is worse than the best mapping known. The bounds are admissible, so that the result is that of trying
 * everything (tests/energy/test_bitfusion_search.c compares):
 *
 * 1. Traffic only grows while loops are added: a loop multiplies an operand's traffic or leaves it. The bound
 *    has the loops that move the operand in any order, and those found so far to fetch it again.
 * 2. cycles = max(compute, ceil(middle / w)) + ceil(first / w) + ceil(last / w), where first + middle + last
 *    is the traffic. ceil is subadditive, hence cycles >= ceil(traffic / w). What is first loaded and last
 *    stored is a tile or more, hence cycles >= compute + ceil(first tile / w) + ceil(last tile / w).
 * 3. Energy is the same sum of the same terms for a bound and for a mapping, each term non-decreasing in
 *    traffic and cycles. Rounding is monotone, so that the computed sum is non-decreasing, too.
 * 4. A branch is left only if its bound is worse, not if it is equal: ties are decided among all mappings.
 * 5. Sums and products stop at INT64_MAX, below what they stand for; a mapping that meets it is not taken.
 *
 * A loop of one trip changes nothing, wherever it is, so that only the others are permuted; two loops that
 * move the same operands in equal numbers of trips may change places, so that one order stands for both.
 */
#include "energy/backends/bitfusion/bitfusion_inside.h"
#include "quant/try.h"

#include <string.h>

/* Which loops move which operands. */
static const bool touches[BITFUSION_LOOPS][OPERANDS] = {
    [BITFUSION_B] = {[OPERAND_INPUT] = true, [OPERAND_OUTPUT] = true},
    [BITFUSION_IC] = {[OPERAND_INPUT] = true, [OPERAND_WEIGHT] = true},
    [BITFUSION_OC] = {[OPERAND_WEIGHT] = true, [OPERAND_OUTPUT] = true},
    [BITFUSION_OH] = {[OPERAND_INPUT] = true, [OPERAND_OUTPUT] = true},
    [BITFUSION_OW] = {[OPERAND_INPUT] = true, [OPERAND_OUTPUT] = true},
};

/* The operands under the loops from the innermost one outwards. */
struct flow {
    int64_t total[OPERANDS];    /* traffic, the loops still to come that touch it included */
    int64_t resident[OPERANDS]; /* what the buffer keeps */
    bool grows[OPERANDS];       /* the next touching loop may add to what is kept */
};

struct search {
    const struct bitfusion_plan *plan;
    const struct bitfusion_tile *tile;
    int64_t number;                      /* of the tiling, in the order of the released program's loops */
    unsigned char path[BITFUSION_LOOPS]; /* loops from the innermost one outwards */
    bool found;
    int64_t best_number;
    struct bitfusion_result best;
};

/* --- counts ------------------------------------------------------------------------------------------- */

/* Add a loop around what there is: the rule of the released simulator. */
static void flow_add(struct flow *f, const struct bitfusion_plan *p, int loop, int64_t trips)
{
    for (int t = 0; t < OPERANDS; t++) {
        if (!touches[loop][t]) {
            if (!f->grows[t]) f->total[t] = times(f->total[t], trips);
        } else if (f->grows[t]) {
            const int64_t grown = times(f->resident[t], trips);
            f->grows[t] = grown <= p->room[t];
            if (f->grows[t]) f->resident[t] = grown;
        }
    }
}

struct moved {
    int64_t read, written; /* of DRAM */
};

/* Bits that an operand has in DRAM, of those that it has on the chip. */
static int64_t stored(const struct search *s, int64_t bits, int width)
{
    const int wide = s->plan->layer->operand_bits;
    return wide == 0 || bits == INT64_MAX ? bits : times(bits / width, wide);
}

/* Bits of both operands in DRAM. */
static int64_t operands(const struct search *s, int64_t input, int64_t weight)
{
    const struct bitfusion_layer *const l = s->plan->layer;
    return plus(stored(s, input, l->input_bits), stored(s, weight, l->weight_bits));
}

static struct moved flow_moved(const struct flow *f, const struct search *s)
{
    const struct bitfusion_tile *const t = s->tile;
    const int64_t in = operands(s, f->total[OPERAND_INPUT], f->total[OPERAND_WEIGHT]),
                  sums = f->total[OPERAND_OUTPUT];
    if (!s->plan->machine->mends.output_once || sums == INT64_MAX)
        return (struct moved){plus(in, sums), sums};
    const int64_t partial = sums - t->whole[OPERAND_OUTPUT]; /* all visits of a sum but one */
    return (struct moved){plus(in, partial), plus(partial, t->finished)};
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What the array waits for before it starts and after it ends, given what of each tensor counts for it. */
static struct moved edges(const struct search *s, const int64_t kept[OPERANDS])
{
    const struct bitfusion_tile *const t = s->tile;
    const struct bitfusion_machine *const m = s->plan->machine;
    /* Kept tiles are whole; without padding the tensor may be less. */
    const int64_t in = operands(s, least(kept[OPERAND_INPUT], t->whole[OPERAND_INPUT]),
                                least(kept[OPERAND_WEIGHT], t->whole[OPERAND_WEIGHT]));
    const int64_t sums = least(kept[OPERAND_OUTPUT], t->whole[OPERAND_OUTPUT]);
    if (!m->mends.output_once) return (struct moved){plus(in, sums), sums};
    return (struct moved){in, times(sums / m->sum_bits, s->plan->layer->output_bits)};
}

static void counts_make(struct bitfusion_counts *c, const struct search *s, const struct flow *f,
                        struct moved moved, int64_t cycles)
{
    const struct bitfusion_tile *const t = s->tile;
    const struct bitfusion_plan *const p = s->plan;
    const struct bitfusion_machine *const m = p->machine;
    const int64_t fills = m->mends.output_once && f->total[OPERAND_OUTPUT] < INT64_MAX
                              ? f->total[OPERAND_OUTPUT] - t->whole[OPERAND_OUTPUT]
                              : f->total[OPERAND_OUTPUT];
    c->cycles = cycles;
    c->stall_cycles = cycles - t->compute;
    c->input_read = t->reads[OPERAND_INPUT];
    c->input_write = f->total[OPERAND_INPUT];
    c->weight_read = t->reads[OPERAND_WEIGHT];
    c->weight_write = f->total[OPERAND_WEIGHT];
    c->output_read = plus(t->reads[OPERAND_OUTPUT], f->total[OPERAND_OUTPUT]);
    c->output_write = plus(t->reads[OPERAND_OUTPUT], fills);
    c->dram_read = moved.read;
    c->dram_write = moved.written;
    c->hops = t->hops;
    if (m->mends.core_by_use) {
        const double idle = p->elements * (double)cycles - p->busy;
        c->core = p->busy;
        c->idle = idle > 0 ? idle : 0;
    } else {
        c->core = p->elements * (double)t->compute;
        c->idle = 0;
    }
    c->seconds = m->mends.leakage ? (double)cycles * m->seconds_per_cycle : 0;
}

double bitfusion_energy(const struct bitfusion_counts *c, const struct prices *p)
{
    const double *const pj = p->pj;
    return c->core * pj[COST_CORE] + c->idle * pj[COST_IDLE] + (double)c->hops * pj[COST_NETWORK] +
           (double)c->weight_read * pj[COST_WEIGHT_READ] + (double)c->weight_write * pj[COST_WEIGHT_WRITE] +
           (double)c->input_read * pj[COST_INPUT_READ] + (double)c->input_write * pj[COST_INPUT_WRITE] +
           (double)c->output_read * pj[COST_OUTPUT_READ] + (double)c->output_write * pj[COST_OUTPUT_WRITE] +
           (double)c->dram_read * pj[COST_DRAM_READ] + (double)c->dram_write * pj[COST_DRAM_WRITE] +
           c->seconds * (pj[COST_LEAKAGE] + pj[COST_BACKGROUND]);
}

/* --- comparing ---------------------------------------------------------------------------------------- */

static int sign(double a, double b)
{
    return (a > b) - (a < b);
}

/* Negative if c is better than the best so far, 0 if they tie but for order and sizes. */
static int compare(const struct search *s, const struct bitfusion_counts *c, double energy)
{
    const int cycles = (c->cycles > s->best.counts.cycles) - (c->cycles < s->best.counts.cycles);
    const int joules = sign(energy, s->best.energy_pj);
    switch (s->plan->machine->objective) {
    case OBJECTIVE_ENERGY:
        return joules ? joules : cycles;
    case OBJECTIVE_EDP: {
        const int product =
            sign(energy * (double)c->cycles, s->best.energy_pj * (double)s->best.counts.cycles);
        return product ? product : cycles;
    }
    case OBJECTIVE_LATENCY:
        break;
    }
    return cycles ? cycles : joules;
}

/* The orders are alike where loops of one trip are anywhere: the first in alphabetical order of those with
 * the permuted loops in their places. */
static void order_make(unsigned char order[BITFUSION_LOOPS], const struct search *s, int depth)
{
    int idle = 0, n = 0;
    while (n < BITFUSION_LOOPS) {
        while (idle < BITFUSION_LOOPS && s->tile->tiles[idle] > 1)
            idle++;
        const int next = depth > 0 ? s->path[depth - 1] : BITFUSION_LOOPS;
        if (idle < next) {
            order[n++] = (unsigned char)idle++;
        } else {
            order[n++] = (unsigned char)next;
            depth--;
        }
    }
}

static bool fits_63_bits(const struct bitfusion_counts *c, const struct flow *f)
{
    const int64_t all[] = {c->cycles,       c->input_read,  c->input_write,          c->weight_read,
                           c->weight_write, c->output_read, c->output_write,         c->dram_read,
                           c->dram_write,   c->hops,        f->total[OPERAND_OUTPUT]};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] == INT64_MAX) return false;
    return true;
}

/* All loops are placed: is it the best? */
static void judge(struct search *s, const struct flow *f, int depth)
{
    const struct bitfusion_machine *const m = s->plan->machine;
    const struct moved all = flow_moved(f, s);
    const struct moved edge = edges(s, m->mends.first_tile ? s->tile->load : f->resident);
    const int64_t middle = plus(all.read - edge.read, all.written - edge.written);
    const int64_t busy = transfer(m, middle), compute = s->tile->compute;
    const int64_t cycles =
        plus(compute > busy ? compute : busy, plus(transfer(m, edge.read), transfer(m, edge.written)));
    struct bitfusion_result r;
    counts_make(&r.counts, s, f, all, cycles);
    if (!fits_63_bits(&r.counts, f)) return;
    r.energy_pj = bitfusion_energy(&r.counts, &m->prices);
    const int worse = s->found ? compare(s, &r.counts, r.energy_pj) : -1;
    if (worse > 0) return;
    order_make(r.mapping.order, s, depth);
    if (worse == 0) {
        const int later = memcmp(r.mapping.order, s->best.mapping.order, BITFUSION_LOOPS);
        if (later > 0 || (later == 0 && s->number > s->best_number)) return;
    }
    memcpy(r.mapping.size, s->tile->size, sizeof r.mapping.size);
    memcpy(r.mapping.tiles, s->tile->tiles, sizeof r.mapping.tiles);
    r.mapping.stationary = s->tile->stationary;
    s->best = r;
    s->best_number = s->number;
    s->found = true;
}

/* --- searching ---------------------------------------------------------------------------------------- */

/* Is even the lower bound of these loops worse than the best? */
static bool is_hopeless(const struct search *s, const struct flow *f, int64_t shortest)
{
    if (!s->found) return false;
    const struct bitfusion_machine *const m = s->plan->machine;
    const struct moved moved = flow_moved(f, s);
    const int64_t busy = transfer(m, plus(moved.read, moved.written));
    const int64_t cycles = shortest > busy ? shortest : busy;
    if (m->objective == OBJECTIVE_LATENCY && cycles != s->best.counts.cycles)
        return cycles > s->best.counts.cycles;
    struct bitfusion_counts bound;
    counts_make(&bound, s, f, moved, cycles);
    return compare(s, &bound, bitfusion_energy(&bound, &m->prices)) > 0;
}

/* A loop that may change places with a later one: the later one goes inside. */
static bool has_twin(const struct search *s, int loop, unsigned left)
{
    for (int other = loop + 1; other < BITFUSION_LOOPS; other++)
        if (left >> other & 1 && s->tile->tiles[other] == s->tile->tiles[loop] &&
            memcmp(touches[other], touches[loop], sizeof *touches) == 0)
            return true;
    return false;
}

/* Place each of the loops left around those placed, and go on. */
static void walk(struct search *s, const struct flow *f, int64_t shortest, unsigned left, int depth)
{
    if (left == 0) {
        judge(s, f, depth);
        return;
    }
    for (int loop = 0; loop < BITFUSION_LOOPS; loop++) {
        if (!(left >> loop & 1) || has_twin(s, loop, left)) continue;
        struct flow next = *f;
        flow_add(&next, s->plan, loop, s->tile->tiles[loop]);
        if (is_hopeless(s, &next, shortest)) continue;
        s->path[depth] = (unsigned char)loop;
        walk(s, &next, shortest, left & ~(1u << loop), depth + 1);
    }
}

static void try_tile(struct search *s, const struct bitfusion_tile *t)
{
    const struct bitfusion_machine *const m = s->plan->machine;
    struct flow f;
    s->tile = t;
    for (int i = 0; i < OPERANDS; i++) {
        f.total[i] = t->whole[i];
        f.resident[i] = t->load[i];
        f.grows[i] = true;
    }
    const struct moved edge = edges(s, t->load);
    const int64_t shortest = plus(t->compute, plus(transfer(m, edge.read), transfer(m, edge.written)));
    if (is_hopeless(s, &f, shortest)) return;
    unsigned loops = 0;
    for (int i = 0; i < BITFUSION_LOOPS; i++)
        if (t->tiles[i] > 1) loops |= 1u << i;
    walk(s, &f, shortest, loops, 0);
}

/* Large tiles first: they move little, and a good mapping found early ends the others soon. */
static void search_all(struct search *s)
{
    const struct bitfusion_plan *const p = s->plan;
    struct bitfusion_tile tile;
    for (int b = p->batches - 1; b >= 0; b--)
        for (int o = p->pixelses - 1; o >= 0; o--)
            for (int ic = p->inputses - 1; ic >= 0; ic--)
                for (int oc = p->outputses - 1; oc >= 0; oc--) {
                    if (!bitfusion_tile_make(&tile, p, &p->batch[b], &p->pixels[o], &p->inputs[ic],
                                             &p->outputs[oc]))
                        continue;
                    s->number = (((int64_t)b * p->pixelses + o) * p->inputses + ic) * p->outputses + oc;
                    try_tile(s, &tile);
                }
}

enum status bitfusion_search(struct bitfusion_result *out, const struct bitfusion_layer *l,
                             const struct bitfusion_machine *m)
{
    struct bitfusion_plan plan;
    TRY(bitfusion_plan_make(&plan, l, m));
    struct search s = {.plan = &plan};
    search_all(&s);
    if (!s.found) return status_fail(STATUS_INPUT, "bitfusion: a count of this layer would pass 2^63 - 1");
    *out = s.best;
    return STATUS_OK;
}
