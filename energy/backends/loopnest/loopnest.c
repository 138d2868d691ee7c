/* energy/backends/loopnest/loopnest.c - the counts of a given mapping. */
#include "energy/backends/loopnest/loopnest_nested.h"
#include "quant/try.h"

#include <math.h>

/* --- checks --- */

static enum status check_loops(const struct loopnest_architecture *a, const struct loopnest_mapping *m)
{
    if (a->levels < 1 || a->levels > LOOPNEST_LEVELS)
        return status_fail(STATUS_INPUT, "an architecture of %d levels: 1 to %d are possible", a->levels,
                           LOOPNEST_LEVELS);
    for (int t = 0; t < LOOPNEST_TENSORS; t++)
        if (!a->level[0].keeps[t])
            return status_fail(STATUS_INPUT, "the outermost level, %s, must keep %s", a->level[0].name,
                               loopnest_tensor_name((enum loopnest_tensor)t));
    for (int i = 0; i < m->loops; i++) {
        const struct loopnest_loop *l = &m->loop[i];
        if (l->level < (i ? m->loop[i - 1].level : 0) || l->level >= a->levels)
            return status_fail(STATUS_INPUT,
                               "loop %d of the mapping is at level %d; levels go from 0 to %d inwards", i + 1,
                               l->level, a->levels - 1);
        if (l->trips < 1)
            return status_fail(STATUS_INPUT, "%s: the loop over %s has %lld trips; at least 1",
                               a->level[l->level].name, loopnest_dimension_name(l->dimension),
                               (long long)l->trips);
    }
    return STATUS_OK;
}

/* --- the network --- */

static int64_t common_divisor(int64_t a, int64_t b)
{
    return b == 0 ? a : common_divisor(b, a % b);
}

/*
 * Different values of a x + b y for a < rows, b < taps: windows of neighbours that fall on each other, as the
 * diagonals of a row-stationary array. (a, b) and (a + y / g, b - x / g) are the same, g = gcd(x, y).
 */
static double different_windows(double rows, double taps, int64_t x, int64_t y)
{
    const double g = (double)common_divisor(x, y);
    return rows * taps - fmax(0, rows - (double)y / g) * fmax(0, taps - (double)x / g);
}

/* The spatial loops of one level. */
struct fan {
    double trips[LOOP_DIMENSIONS];
    int64_t inside[LOOP_DIMENSIONS];
    double all;
};

static struct fan fan_of(const struct nested *n, int level)
{
    struct fan f = {{1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1}, 1};
    for (int i = n->mapping->loops - 1; i >= 0; i--) {
        const struct loopnest_loop *l = &n->mapping->loop[i];
        if (l->level != level || !l->spatial) continue;
        if (f.trips[l->dimension] == 1) f.inside[l->dimension] = n->inside[i];
        f.trips[l->dimension] *= n->trips[i];
        f.all *= n->trips[i];
    }
    return f;
}

/* Instances below `level` that hold different parts of a tensor. */
static double different_instances(const struct nested *n, const struct fan *f, enum loopnest_tensor t)
{
    double count = 1;
    for (int d = 0; d < LOOP_DIMENSIONS; d++)
        if (loopnest_depends((enum loopnest_tensor)t, (enum loopnest_dimension)d)) count *= f->trips[d];
    if (t != LOOPNEST_INPUTS) return count;
    const int pairs[2][2] = {{LOOP_P, LOOP_R}, {LOOP_Q, LOOP_S}};
    for (int k = 0; k < 2; k++) {
        const int o = pairs[k][0], w = pairs[k][1];
        if (f->trips[o] == 1 || f->trips[w] == 1) continue;
        count *=
            different_windows(f->trips[o], f->trips[w], f->inside[o] * n->problem->stride, f->inside[w]) /
            (f->trips[o] * f->trips[w]);
    }
    return count;
}

/* Copies that a parent sends (or receives) for one instance's traffic, levels from..to - 1 in between. */
static double copies(const struct nested *n, int from, int to, enum loopnest_tensor t, bool upwards)
{
    double count = 1;
    for (int level = from; level < to; level++) {
        const struct fan f = fan_of(n, level);
        const struct loopnest_level *l = &n->arch->level[level];
        count *= (upwards ? l->no_reduction : l->unicast) ? f.all : different_instances(n, &f, t);
    }
    return count;
}

/* --- counting --- */

static int level_above(const struct nested *n, int level, enum loopnest_tensor t)
{
    do
        level--;
    while (!n->arch->level[level].keeps[t]);
    return level;
}

/* Traffic of one tensor between `child` (the number of levels: the multipliers) and the level above it. */
static void count_edge(struct loopnest_counts *out, const struct nested *n, int child, enum loopnest_tensor t)
{
    const int parent = level_above(n, child, t), levels = n->arch->levels;
    struct loopnest_access *above = &out->level[parent].of[t];
    const double instances = nested_instances(n, child);
    double moved = child == levels ? out->macs / instances : nested_refilled(n, child, t), back = 0;
    if (t == LOOPNEST_OUTPUTS) {
        above->updates = moved * copies(n, parent, child, t, true);
        above->reads = fmax(0, above->updates - nested_outputs(n, parent));
        back = child == levels ? 0 : fmax(0, moved - nested_outputs(n, child));
        if (child < levels) out->level[child].of[t].fills = back;
    } else {
        above->reads = moved * copies(n, parent, child, t, false);
        if (child < levels) out->level[child].of[t].fills = moved;
    }
    if (instances > nested_instances(n, parent)) out->network[t] += (moved + back) * instances;
}

static enum status check_level(const struct nested *n, int level)
{
    const struct loopnest_level *l = &n->arch->level[level];
    int64_t spread = 1;
    for (int i = 0; i < n->mapping->loops; i++) {
        const struct loopnest_loop *loop = &n->mapping->loop[i];
        if (loop->level == level && loop->spatial && __builtin_mul_overflow(spread, loop->trips, &spread))
            return status_fail(STATUS_INPUT, "%s: spatial loops multiply beyond 2^63", l->name);
    }
    if (l->fanout > 0 && spread > l->fanout)
        return status_fail(STATUS_INPUT, "%s: spatial loops use %lld instances, there are %lld", l->name,
                           (long long)spread, (long long)l->fanout);
    double bits = 0;
    for (int t = 0; t < LOOPNEST_TENSORS; t++)
        if (l->keeps[t]) bits += loopnest_tile(n->problem, n->mapping, level, t) * n->problem->bits[t];
    if (l->capacity_bits > 0 && bits > (double)l->capacity_bits)
        return status_fail(STATUS_INPUT, "%s holds %lld bytes, its tiles need %.0f", l->name,
                           (long long)l->capacity_bits / 8, ceil(bits / 8));
    return STATUS_OK;
}

static double accesses(double words, int per_access)
{
    return per_access > 1 ? ceil(words / per_access) : words;
}

/* Energy and, if the level is slower than the multipliers, the cycles it takes. */
static double price_level(struct loopnest_level_counts *c, const struct loopnest_level *l,
                          const struct loopnest_problem *p)
{
    double bits = 0;
    for (int t = 0; t < LOOPNEST_TENSORS; t++) {
        struct loopnest_access *x = &c->of[t];
        const double writes =
            accesses(x->fills, l->words_per_access) + accesses(x->updates, l->words_per_access);
        x->energy_pj =
            c->instances * (accesses(x->reads, l->words_per_access) * l->read_pj + writes * l->fill_pj);
        c->energy_pj += x->energy_pj;
        bits += (x->reads + x->fills + x->updates) * p->bits[t];
    }
    return l->bits_per_cycle > 0 ? ceil(bits / l->bits_per_cycle) : 0;
}

enum status loopnest_count(struct loopnest_counts *out, const struct loopnest_problem *p,
                           const struct loopnest_architecture *a, const struct loopnest_mapping *m)
{
    struct nested n = {.problem = p, .arch = a, .mapping = m};
    TRY(nested_check(p));
    TRY(check_loops(a, m));
    TRY(nested_measure(&n));
    for (int level = 0; level < a->levels; level++)
        TRY(check_level(&n, level));

    *out = (struct loopnest_counts){.macs = 1};
    for (int d = 0; d < LOOP_DIMENSIONS; d++)
        out->macs *= (double)p->extent[d];
    for (int t = 0; t < LOOPNEST_TENSORS; t++)
        for (int level = 1; level <= a->levels; level++)
            if (level == a->levels || a->level[level].keeps[t]) count_edge(out, &n, level, t);

    out->energy_pj = out->macs * a->mac_pj;
    const double busy = nested_steps(&n);
    out->cycles = busy;
    for (int level = 0; level < a->levels; level++) {
        struct loopnest_level_counts *c = &out->level[level];
        c->instances = nested_instances(&n, level);
        for (int t = 0; t < LOOPNEST_TENSORS; t++)
            if (a->level[level].keeps[t]) c->of[t].tile = loopnest_tile(p, m, level, t);
        out->cycles = fmax(out->cycles, price_level(c, &a->level[level], p));
    }
    for (int level = 0; level < a->levels; level++) {
        struct loopnest_level_counts *c = &out->level[level];
        c->energy_pj += a->level[level].leak_pj * c->instances * out->cycles;
        out->energy_pj += c->energy_pj;
    }
    out->stall_cycles = out->cycles - busy;
    out->utilization = a->units > 0 ? out->macs / (out->cycles * (double)a->units) : 0;
    return STATUS_OK;
}
