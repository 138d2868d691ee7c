/* energy/backends/loopnest/loopnest_nested.c - trips, tiles and refills of a mapping's loops, partial
 * tiles included. */
#include "energy/backends/loopnest/loopnest_nested.h"

#include <math.h>

/* --- tensors and dimensions --- */

static const char *const dimension_names[LOOP_DIMENSIONS] = {"N", "C", "M", "P", "Q", "R", "S"};

static const struct {
    const char *name;
    bool depends[LOOP_DIMENSIONS];
} tensors[LOOPNEST_TENSORS] = {
    [LOOPNEST_WEIGHTS] = {"Weights", {[LOOP_C] = true, [LOOP_M] = true, [LOOP_R] = true, [LOOP_S] = true}},
    [LOOPNEST_INPUTS] = {"Inputs",
                         {[LOOP_N] = true,
                          [LOOP_C] = true,
                          [LOOP_P] = true,
                          [LOOP_Q] = true,
                          [LOOP_R] = true,
                          [LOOP_S] = true}},
    [LOOPNEST_OUTPUTS] = {"Outputs", {[LOOP_N] = true, [LOOP_M] = true, [LOOP_P] = true, [LOOP_Q] = true}},
};

const char *loopnest_tensor_name(enum loopnest_tensor t)
{
    return tensors[t].name;
}

const char *loopnest_dimension_name(enum loopnest_dimension d)
{
    return dimension_names[d];
}

bool loopnest_depends(enum loopnest_tensor t, enum loopnest_dimension d)
{
    return tensors[t].depends[d];
}

/* --- loops --- */

enum status nested_check(const struct loopnest_problem *p)
{
    double macs = 1;
    for (int d = 0; d < LOOP_DIMENSIONS; d++) {
        if (p->extent[d] < 1)
            return status_fail(STATUS_INPUT, "the layer's extent %s is %lld; extents are at least 1",
                               loopnest_dimension_name((enum loopnest_dimension)d), (long long)p->extent[d]);
        macs *= (double)p->extent[d];
    }
    if (p->stride < 1)
        return status_fail(STATUS_INPUT, "the layer's stride is %lld; at least 1", (long long)p->stride);
    if (macs * (double)p->stride * (double)p->stride >= 0x1p53)
        return status_fail(STATUS_INPUT, "a layer of %.3g multiply-accumulates: counts are exact below 2^53",
                           macs);
    return STATUS_OK;
}

static double ceil_divide(int64_t a, int64_t b)
{
    const int64_t whole = a / b;
    return (double)(a % b == 0 ? whole : whole + 1);
}

/* Loops from the inside out: how often each runs. A dimension of extent E has ceil(E / I) tiles of I. */
enum status nested_measure(struct nested *n)
{
    const struct loopnest_mapping *m = n->mapping;
    int64_t reach[LOOP_DIMENSIONS] = {1, 1, 1, 1, 1, 1, 1};
    for (int i = m->loops - 1; i >= 0; i--) {
        const enum loopnest_dimension d = m->loop[i].dimension;
        const int64_t extent = n->problem->extent[d], inside = reach[d];
        if (__builtin_mul_overflow(inside, m->loop[i].trips, &reach[d]))
            return status_fail(STATUS_INPUT, "the loops over %s multiply beyond 2^63",
                               loopnest_dimension_name(d));
        const double tiles = ceil_divide(extent, inside);
        n->inside[i] = inside < extent ? inside : extent;
        n->trips[i] = tiles / ceil_divide(extent, reach[d]);
        n->average_in[i] = (double)extent / tiles;
    }
    for (int d = 0; d < LOOP_DIMENSIONS; d++)
        if (reach[d] < n->problem->extent[d])
            return status_fail(STATUS_INPUT, "the loops over %s multiply to %lld, the layer has %lld",
                               loopnest_dimension_name(d), (long long)reach[d],
                               (long long)n->problem->extent[d]);
    return STATUS_OK;
}

/* Steps that the fullest instance takes through `extent` of dimension d, from loop i inwards. */
static double steps(const struct nested *n, enum loopnest_dimension d, int i, int64_t extent)
{
    while (i < n->mapping->loops && n->mapping->loop[i].dimension != d)
        i++;
    if (i == n->mapping->loops) return 1;
    const int64_t inside = n->inside[i], full = (extent - 1) / inside;
    if (n->mapping->loop[i].spatial) return steps(n, d, i + 1, extent < inside ? extent : inside);
    const int64_t rest = extent - full * inside;
    const double last = steps(n, d, i + 1, rest);
    return last + (double)full * (full == 0 || rest == inside ? last : steps(n, d, i + 1, inside));
}

double nested_instances(const struct nested *n, int level)
{
    double count = 1;
    for (int i = 0; i < n->mapping->loops && n->mapping->loop[i].level < level; i++)
        if (n->mapping->loop[i].spatial) count *= n->trips[i];
    return count;
}

double nested_steps(const struct nested *n)
{
    double count = 1;
    for (int d = 0; d < LOOP_DIMENSIONS; d++)
        count *= steps(n, (enum loopnest_dimension)d, 0, n->problem->extent[d]);
    return count;
}

/* --- tiles --- */

/* Elements along an axis of the input under `out` outputs and `taps` taps: a stride beyond them leaves
 * gaps. */
static double window(double out, double taps, double stride)
{
    return fmin((out - 1) * stride + taps, out * taps);
}

static double volume(enum loopnest_tensor t, const double e[LOOP_DIMENSIONS], double stride)
{
    switch (t) {
    case LOOPNEST_WEIGHTS:
        return e[LOOP_C] * e[LOOP_M] * e[LOOP_R] * e[LOOP_S];
    case LOOPNEST_INPUTS:
        return e[LOOP_N] * e[LOOP_C] * window(e[LOOP_P], e[LOOP_R], stride) *
               window(e[LOOP_Q], e[LOOP_S], stride);
    default:
        return e[LOOP_N] * e[LOOP_M] * e[LOOP_P] * e[LOOP_Q];
    }
}

/* Average extents of what the loops at `level` and below span. */
static void extents_at(double e[LOOP_DIMENSIONS], const struct nested *n, int level)
{
    for (int d = 0; d < LOOP_DIMENSIONS; d++)
        e[d] = 1;
    for (int i = n->mapping->loops - 1; i >= 0 && n->mapping->loop[i].level >= level; i--)
        e[n->mapping->loop[i].dimension] *= n->trips[i];
}

double loopnest_tile(const struct loopnest_problem *p, const struct loopnest_mapping *m, int level,
                     enum loopnest_tensor t)
{
    double e[LOOP_DIMENSIONS] = {1, 1, 1, 1, 1, 1, 1};
    for (int i = 0; i < m->loops; i++)
        if (m->loop[i].level >= level) e[m->loop[i].dimension] *= (double)m->loop[i].trips;
    for (int d = 0; d < LOOP_DIMENSIONS; d++)
        e[d] = fmin(e[d], (double)p->extent[d]);
    return volume(t, e, (double)p->stride);
}

/*
 * Words of one step of the innermost temporal loop that moves an input window, over all its trips: what of a
 * window is already there is not brought again. 0: the loop slides nothing.
 */
static double slide(const struct nested *n, int loop, const double e[LOOP_DIMENSIONS])
{
    const enum loopnest_dimension d = n->mapping->loop[loop].dimension;
    const bool along_p = d == LOOP_P || d == LOOP_R, is_output = d == LOOP_P || d == LOOP_Q;
    if (!along_p && d != LOOP_Q && d != LOOP_S) return 0;
    const double stride = (double)n->problem->stride, trips = n->trips[loop];
    const double size = along_p ? window(e[LOOP_P], e[LOOP_R], stride) : window(e[LOOP_Q], e[LOOP_S], stride);
    const double step = n->average_in[loop] * (is_output ? stride : 1);
    const double across = volume(LOOPNEST_INPUTS, e, stride) / size;
    return across * fmin(trips * size, (trips - 1) * step + size);
}

double nested_refilled(const struct nested *n, int level, enum loopnest_tensor t)
{
    double e[LOOP_DIMENSIONS];
    extents_at(e, n, level);
    double words = volume(t, e, (double)n->problem->stride);
    bool stays = true, innermost = true;
    for (int i = n->mapping->loops - 1; i >= 0; i--) {
        const struct loopnest_loop *l = &n->mapping->loop[i];
        if (l->level >= level || l->spatial || n->trips[i] == 1) continue;
        if (stays && loopnest_depends(t, l->dimension)) {
            const double slid = innermost && t == LOOPNEST_INPUTS ? slide(n, i, e) : 0;
            words = slid > 0 ? slid : words * n->trips[i];
            stays = false;
        } else if (!stays) {
            words *= n->trips[i];
        }
        innermost = false;
    }
    return words;
}

double nested_outputs(const struct nested *n, int level)
{
    double words = 1;
    for (int i = 0; i < n->mapping->loops; i++) {
        const struct loopnest_loop *l = &n->mapping->loop[i];
        const bool splits = l->spatial && l->level < level;
        if (loopnest_depends(LOOPNEST_OUTPUTS, l->dimension) && !splits) words *= n->trips[i];
    }
    return words;
}
