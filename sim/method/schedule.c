/* sim/method/schedule.c - the table of precision schedules, and how cycles divide a run. */
#include "sim/method/schedule.h"

#include "quant/try.h"
#include "sim/base/table.h"
#include "sim/base/scalar.h"
#include "sim/method/widths.h"

#include <assert.h>
#include <math.h>

static const double pi = 0x1.921fb54442d18p+1;

static double static_bits(const struct schedule_spec *s, const struct schedule_state *state,
                          const struct schedule_point *p)
{
    (void)state;
    (void)p;
    return s->bits_max;
}

/* The published code's operations in their order. (1 - cos(pi u)) / 2 is the same function, but this
 * argument's rounding decides every exact half, such as 3-12 bits in the middle of a cycle: 7 (published),
 * where half to even of the exact value would be 8. */
static double cosine_bits(const struct schedule_spec *s, const struct schedule_state *state,
                          const struct schedule_point *p)
{
    (void)state;
    int64_t cycle;
    const double u = schedule_phase(&cycle, s, p);
    return s->bits_min + 0.5 * (s->bits_max - s->bits_min) * (1 + scalar_cos(pi * u + pi));
}

static const struct schedule_type types[] = {
    {.name = "static", .formula = "bits = max", .source = "the baseline", .bits = static_bits, .rises = true},
    {.name = "cosine",
     .formula = "bits = min + (max - min) (1 - cos(pi u)) / 2, u = position in the cycle",
     .source = "Fu et al., ICLR 2021, equation 1 and published code",
     .bits = cosine_bits,
     .cyclic = true,
     .rises = true},
};

enum { COUNT = sizeof types / sizeof types[0] };

/* The one rounding. */
static int bits_at(const struct schedule_spec *s, const struct schedule_state *state,
                   const struct schedule_point *p)
{
    if (s->bits_max == 0) return 0;
    const int bits = (int)rint(s->type->bits(s, state, p));
    assert(bits >= s->bits_min && bits <= s->bits_max);
    return bits;
}

enum status schedule_check_known(const struct schedule_spec *s, const char *where)
{
    if (!s->type->adaptive) return STATUS_OK;
    return status_fail(
        STATUS_INPUT,
        "%s: schedule '%s' follows what the run measures, so its bits are known only when it has "
        "trained; read them from the record, as `cptsim cost --run RUNDIR` does",
        where, s->type->name);
}

int schedule_bits(const struct schedule_spec *s, const struct schedule_point *p)
{
    static const struct schedule_state nothing;

    assert(!s->type->adaptive);
    return bits_at(s, &nothing, p);
}

struct widths schedule_widths(struct widths *layer, int layers, const struct schedule_spec *forward,
                              const struct schedule_spec *backward,
                              const struct schedule_state state[SCHEDULES], const struct schedule_point *p)
{
    struct schedule_point at = *p;
    const struct schedule_state *f = &state[SCHEDULE_FORWARD], *b = &state[SCHEDULE_BACKWARD];

    at.layer = -1;
    const struct widths common = {bits_at(forward, f, &at), bits_at(backward, b, &at)};
    for (int i = 0; i < layers; i++) {
        at.layer = i;
        layer[i] = common;
        if (forward->type->by_layer) layer[i].forward = bits_at(forward, f, &at);
        if (backward->type->by_layer) layer[i].backward = bits_at(backward, b, &at);
    }
    return common;
}

void schedule_observe(struct schedule_state state[SCHEDULES], const struct schedule_spec *forward,
                      const struct schedule_spec *backward, const struct schedule_point *p)
{
    if (schedule_remembers(forward)) forward->type->observe(&state[SCHEDULE_FORWARD], forward, p);
    if (schedule_remembers(backward)) backward->type->observe(&state[SCHEDULE_BACKWARD], backward, p);
}

bool schedule_remembers(const struct schedule_spec *s)
{
    return s->type != NULL && s->type->observe != NULL;
}

bool schedule_by_layer(const struct schedule_spec *s)
{
    return s->type != NULL && s->type->by_layer;
}

/* As published: N cycles of P = floor(T / N); what is left opens cycle N, at the bottom again. */
static double phase_leftover(int64_t *cycle, int cycles, int64_t i, int64_t iterations)
{
    const int64_t length = iterations / cycles;
    *cycle = i / length;
    return (double)(i % length) / (double)length;
}

/* Cycle c begins at floor(T c / N): lengths differ by at most one, the longest is last. Where N divides T
 * this is the published u = j / P, whose last value, 1 - 1/P, only rounds to the top if P is not tiny. Where
 * it does not, nothing published exists to equal, and u = j / (P - 1) makes each cycle, and so the run, end
 * at the top exactly. */
static double phase_stretch(int64_t *cycle, int cycles, int64_t i, int64_t iterations)
{
    const int64_t c = ((i + 1) * cycles - 1) / iterations; /* the last one that begins at or before i */
    const int64_t begin = iterations * c / cycles, end = iterations * (c + 1) / cycles;
    const int64_t span = iterations % cycles == 0 ? end - begin : end - begin - 1;

    *cycle = c;
    return span > 0 ? (double)(i - begin) / (double)span : 0;
}

double schedule_phase(int64_t *cycle, const struct schedule_spec *s, const struct schedule_point *p)
{
    assert(s->cycles >= 1 && s->cycles <= p->iterations && p->iteration < p->iterations);
    return s->remainder == REMAINDER_LEFTOVER ? phase_leftover(cycle, s->cycles, p->iteration, p->iterations)
                                              : phase_stretch(cycle, s->cycles, p->iteration, p->iterations);
}

/* --- without asking for each iteration ---------------------------------------------------------------- */

/* Where the cycle of this iteration ends. */
static int64_t cycle_end(const struct schedule_spec *s, const struct schedule_point *p)
{
    int64_t cycle;

    if (!s->type->cyclic) return p->iterations;
    (void)schedule_phase(&cycle, s, p);
    if (s->remainder == REMAINDER_STRETCH) return p->iterations * (cycle + 1) / s->cycles;
    const int64_t end = p->iterations / s->cycles * (cycle + 1);
    return end < p->iterations ? end : p->iterations;
}

/* Does the formula itself round to `bits` there, whatever its last digits are? Then a formula that rises has
 * them at each iteration between two such. */
static bool surely(const struct schedule_spec *s, const struct schedule_point *p, int64_t iteration, int bits)
{
    static const struct schedule_state nothing;
    static const double margin = 1e-9; /* double precision errs by less than 1e-13 */
    struct schedule_point at = *p;

    at.iteration = iteration;
    return fabs(s->type->bits(s, &nothing, &at) - bits) < 0.5 - margin;
}

int64_t schedule_same_until(const struct schedule_spec *s, const struct schedule_point *p)
{
    const int bits = schedule_bits(s, p);
    int64_t last = p->iteration;

    if (s->bits_max == 0) return p->iterations;
    if (!s->type->rises || !surely(s, p, last, bits)) return last + 1;
    for (int64_t beyond = cycle_end(s, p); beyond - last > 1;) {
        const int64_t middle = last + (beyond - last) / 2;
        if (surely(s, p, middle, bits)) {
            last = middle;
        } else {
            beyond = middle;
        }
    }
    return last + 1;
}

static int parts_of_cycles(struct schedule_part part[SCHEDULE_PARTS], const struct schedule_spec *s,
                           int64_t iterations)
{
    const int64_t length = iterations / s->cycles, rest = iterations % s->cycles;
    const bool stretched = s->remainder == REMAINDER_STRETCH;

    part[0] = (struct schedule_part){0, length, stretched ? s->cycles - rest : s->cycles};
    part[1] = stretched ? (struct schedule_part){iterations - length - 1, iterations, rest}
                        : (struct schedule_part){iterations - rest, iterations, 1};
    return rest > 0 ? 2 : 1;
}

int schedule_parts(struct schedule_part part[SCHEDULE_PARTS], const struct schedule_spec *forward,
                   const struct schedule_spec *backward, int64_t iterations)
{
    const struct schedule_type *f = forward->type, *b = backward->type;
    const bool alike = !f->cyclic || !b->cyclic ||
                       (forward->cycles == backward->cycles && forward->remainder == backward->remainder);

    if (f->rises && b->rises && (f->cyclic || b->cyclic) && alike)
        return parts_of_cycles(part, f->cyclic ? forward : backward, iterations);
    part[0] = (struct schedule_part){0, iterations, 1};
    return 1;
}

enum status schedule_check(const struct schedule_spec *s, int64_t iterations, const char *where)
{
    const int lo = s->bits_min, hi = s->bits_max;

    if (iterations < 1 || iterations > SCHEDULE_ITERATIONS_MOST)
        return status_fail(STATUS_INPUT, "%s: %lld iterations; a run has 1 to %lld", where,
                           (long long)iterations, (long long)SCHEDULE_ITERATIONS_MOST);
    if ((lo != 0 || hi != 0) && (lo < WIDTH_LEAST || hi > WIDTH_MOST))
        return status_fail(STATUS_INPUT, "%s: bits %d to %d; widths go from %d to %d (or 0 0 for float32)",
                           where, lo, hi, WIDTH_LEAST, WIDTH_MOST);
    if (lo > hi)
        return status_fail(STATUS_INPUT, "%s: bits %d to %d; the smaller width comes first: %d to %d", where,
                           lo, hi, hi, lo);
    if (s->type->cyclic && (s->cycles < 1 || s->cycles > iterations))
        return status_fail(STATUS_INPUT, "%s: %d cycles in %lld iterations; want 1 to %lld", where, s->cycles,
                           (long long)iterations, (long long)iterations);
    return STATUS_OK;
}

const struct schedule_type *schedule_all(int *count)
{
    *count = COUNT;
    return types;
}

enum status schedule_find(const struct schedule_type **out, const char *name)
{
    size_t i;

    TRY(table_find(&i, "schedule", name, types, sizeof *types, COUNT));
    *out = &types[i];
    return STATUS_OK;
}
