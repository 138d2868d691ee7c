/* energy/backends/loopnest/loopnest_search.c - dataflows as presets, and the best tiles and orders for
 * them. */
#include "energy/backends/loopnest/loopnest_search.h"

#include "energy/backends/arithmetic.h"
#include "energy/backends/loopnest/loopnest_nested.h"
#include "quant/try.h"

/* End of a list of dimensions. */
#define END LOOP_DIMENSIONS

/*
 * To add a preset: its dimensions in the order in which they fill the two axes of the array, and the loops
 * over what is left between buffers and array, outermost first. With `rows_stay` elements hold a kernel row,
 * and as many filters and channels as fit.
 */
static const struct preset {
    enum hardware_dataflow dataflow;
    bool rows_stay;
    enum loopnest_dimension rows[LOOP_DIMENSIONS + 1], columns[LOOP_DIMENSIONS + 1], order[LOOP_DIMENSIONS];
} presets[] = {
    {DATAFLOW_WS,
     false,
     {LOOP_C, LOOP_S, LOOP_R, END},
     {LOOP_M, END},
     {LOOP_M, LOOP_C, LOOP_S, LOOP_R, LOOP_N, LOOP_Q, LOOP_P}},
    {DATAFLOW_OS,
     false,
     {LOOP_P, LOOP_Q, LOOP_N, END},
     {LOOP_M, END},
     {LOOP_M, LOOP_N, LOOP_Q, LOOP_P, LOOP_C, LOOP_S, LOOP_R}},
    {DATAFLOW_IS,
     false,
     {LOOP_C, LOOP_S, LOOP_R, END},
     {LOOP_P, LOOP_Q, LOOP_N, END},
     {LOOP_C, LOOP_S, LOOP_R, LOOP_N, LOOP_Q, LOOP_P, LOOP_M}},
    {DATAFLOW_RS,
     true,
     {LOOP_S, LOOP_C, LOOP_M, END},
     {LOOP_Q, LOOP_M, LOOP_N, END},
     {LOOP_S, LOOP_R, LOOP_C, LOOP_M, LOOP_N, LOOP_Q, LOOP_P}},
    {DATAFLOW_RS,
     true,
     {LOOP_S, LOOP_M, LOOP_C, END},
     {LOOP_Q, LOOP_M, LOOP_N, END},
     {LOOP_S, LOOP_R, LOOP_C, LOOP_M, LOOP_N, LOOP_Q, LOOP_P}},
    {DATAFLOW_RS,
     true,
     {LOOP_S, LOOP_Q, LOOP_C, END},
     {LOOP_Q, LOOP_M, LOOP_N, END},
     {LOOP_S, LOOP_R, LOOP_C, LOOP_M, LOOP_N, LOOP_Q, LOOP_P}},
};

enum { PRESETS = sizeof presets / sizeof presets[0] };

/* Orders of the DRAM loops, outermost first: outputs, weights, inputs stay longest. */
static const enum loopnest_dimension dram_orders[][5] = {
    {LOOP_N, LOOP_Q, LOOP_P, LOOP_M, LOOP_C},
    {LOOP_M, LOOP_C, LOOP_N, LOOP_Q, LOOP_P},
    {LOOP_N, LOOP_Q, LOOP_P, LOOP_C, LOOP_M},
};

enum { DRAM_ORDERS = sizeof dram_orders / sizeof dram_orders[0] };

/* One candidate: trips of every dimension on the array, in the registers and at DRAM; buffers do the rest. */
struct tiling {
    int64_t rows[LOOP_DIMENSIONS], columns[LOOP_DIMENSIONS], registers[LOOP_DIMENSIONS],
        dram[LOOP_DIMENSIONS];
    const struct preset *preset;
    int dram_order;
};

struct search {
    const struct nest *nest;
    const struct hardware *hardware;
    const struct prices *prices;
    struct loopnest_machine machine;
    struct loopnest_problem problem;
    struct loopnest_choice *best;
    bool any;
    enum status last; /* of the last mapping that was tried */
};

static int64_t ceil_divide(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

static int64_t left(const struct search *s, const struct tiling *t, int d)
{
    return ceil_divide(s->problem.extent[d], t->rows[d] * t->columns[d] * t->registers[d]);
}

/* --- mappings --- */

static void add_loop(struct loopnest_mapping *m, int level, int d, int64_t trips, bool spatial)
{
    if (trips == 1) return;
    m->loop[m->loops++] = (struct loopnest_loop){level, (enum loopnest_dimension)d, trips, spatial};
}

static struct loopnest_mapping mapping_of(const struct search *s, const struct tiling *t)
{
    struct loopnest_mapping m = {.loops = 0};
    const enum loopnest_dimension *dram = dram_orders[t->dram_order], *order = t->preset->order;

    for (int i = 0; i < 5; i++)
        add_loop(&m, 0, dram[i], t->dram[dram[i]], false);
    for (int i = 0; i < LOOP_DIMENSIONS; i++)
        add_loop(&m, s->machine.array - 1, order[i], ceil_divide(left(s, t, order[i]), t->dram[order[i]]),
                 false);
    for (int d = 0; d < LOOP_DIMENSIONS; d++)
        add_loop(&m, s->machine.array, d, t->columns[d], true);
    for (int d = 0; d < LOOP_DIMENSIONS; d++)
        add_loop(&m, s->machine.array, d, t->rows[d], true);
    for (int d = 0; d < LOOP_DIMENSIONS; d++)
        add_loop(&m, s->machine.registers, d, t->registers[d], false);
    return m;
}

/* Whether it fits; if so it may become the best. */
static bool try_tiling(struct search *s, const struct tiling *t)
{
    const struct loopnest_mapping m = mapping_of(s, t);
    struct counts c;

    s->last = loopnest_cost(&c, &s->machine, &m, s->nest, s->hardware, s->prices);
    if (s->last != STATUS_OK) return false;
    if (!s->any || arithmetic_better(&c, &s->best->counts, s->hardware, s->prices)) {
        *s->best = (struct loopnest_choice){t->preset->dataflow, s->machine, m, c};
        s->any = true;
    }
    return true;
}

static bool try_orders(struct search *s, struct tiling *t)
{
    t->dram_order = 0;
    if (!try_tiling(s, t)) return false;
    for (t->dram_order = 1; t->dram_order < DRAM_ORDERS; t->dram_order++)
        (void)try_tiling(s, t);
    return true;
}

/* --- tiles --- */

/* The least divisor of `whole` that is not below `from`; its cofactors are tried where those are fewer. */
static int64_t next_divisor(int64_t from, int64_t whole)
{
    int64_t n = from;

    for (; n <= whole / n; n++)
        if (whole % n == 0) return n;
    for (int64_t size = whole / n; size > 1; size--)
        if (whole % size == 0) return whole / size;
    return whole;
}

/* The number of tiles to try after `tiles` of `whole` steps; 0: that was the last. */
static int64_t next_tiles(int64_t tiles, int64_t whole, enum hardware_tiles kind)
{
    if (tiles >= whole) return 0;
    if (kind == TILES_POW2) return tiles > whole / 2 ? whole : 2 * tiles;
    const int64_t next = ceil_divide(whole, ceil_divide(whole, tiles) - 1);
    return kind == TILES_ALL ? next : next_divisor(next, whole);
}

/*
 * All orders of the DRAM loops for the least cut of the pixels that fits: into rows first, single rows then
 * into columns. Finer cuts would turn every dataflow into one that keeps outputs.
 */
static bool try_pixels(struct search *s, struct tiling *t)
{
    const int64_t q = left(s, t, LOOP_Q), p = left(s, t, LOOP_P);

    t->dram[LOOP_Q] = t->dram[LOOP_P] = 1;
    while (!try_orders(s, t)) {
        if (t->dram[LOOP_Q] < q)
            t->dram[LOOP_Q] = next_tiles(t->dram[LOOP_Q], q, TILES_POW2);
        else if (t->dram[LOOP_P] < p)
            t->dram[LOOP_P] = next_tiles(t->dram[LOOP_P], p, TILES_POW2);
        else
            return false;
    }
    return true;
}

static bool try_buffers(struct search *s, struct tiling *t)
{
    const enum hardware_tiles kind = s->hardware->mapping.tiles;
    int64_t *const dram = t->dram;
    const int64_t n = left(s, t, LOOP_N), m = left(s, t, LOOP_M), c = left(s, t, LOOP_C);
    bool fits = false;

    for (dram[LOOP_N] = 1; dram[LOOP_N]; dram[LOOP_N] = next_tiles(dram[LOOP_N], n, kind))
        for (dram[LOOP_M] = 1; dram[LOOP_M]; dram[LOOP_M] = next_tiles(dram[LOOP_M], m, kind))
            for (dram[LOOP_C] = 1; dram[LOOP_C]; dram[LOOP_C] = next_tiles(dram[LOOP_C], c, kind))
                fits |= try_pixels(s, t);
    return fits;
}

/* Words of the registers: a kernel row for each filter and channel, its window, a sum for each filter. */
static bool registers_hold(const struct search *s, int64_t filters, int64_t channels, int64_t taps)
{
    const struct loopnest_problem *p = &s->problem;
    const double bits = (double)(filters * channels * taps) * p->bits[LOOPNEST_WEIGHTS] +
                        (double)(channels * taps) * p->bits[LOOPNEST_INPUTS] +
                        (double)filters * p->bits[LOOPNEST_OUTPUTS];
    return bits <= (double)s->machine.arch.level[s->machine.registers].capacity_bits;
}

/*
 * For each number of filters as many channels as fit, or fewer if the buffers cannot feed so many; kernel
 * rows that do not fit are not kept.
 */
static void try_registers(struct search *s, struct tiling *t)
{
    const int64_t filters = left(s, t, LOOP_M), channels = left(s, t, LOOP_C), taps = left(s, t, LOOP_R);
    int64_t *const held = t->registers;

    held[LOOP_R] = registers_hold(s, 1, 1, taps) ? taps : 1;
    for (int64_t m = 1; m > 0; m = next_tiles(m, filters, TILES_POW2)) {
        if (m > 1 && !registers_hold(s, m, 1, held[LOOP_R]))
            break; /* one is tried, to be refused by its size */
        int64_t c = 1;
        while (c < channels && registers_hold(s, m, c + 1, held[LOOP_R]))
            c++;
        held[LOOP_M] = m;
        held[LOOP_C] = ceil_divide(channels, ceil_divide(channels, c));
        while (!try_buffers(s, t) && held[LOOP_C] > 1)
            held[LOOP_C] = ceil_divide(held[LOOP_C], 2);
        held[LOOP_M] = held[LOOP_C] = 1;
    }
}

/* --- the array --- */

/* Fill one axis: each dimension in equal shares, the next with the room that is left. */
static void fill_axis(int64_t axis[LOOP_DIMENSIONS], const struct search *s, const struct tiling *t,
                      const enum loopnest_dimension *dimensions, int64_t room)
{
    for (int i = 0; dimensions[i] != END; i++) {
        const int64_t extent = left(s, t, dimensions[i]);
        axis[dimensions[i]] = ceil_divide(extent, ceil_divide(extent, room));
        room /= axis[dimensions[i]];
    }
}

static void try_preset(struct search *s, const struct preset *preset)
{
    struct tiling t = {.preset = preset};
    for (int d = 0; d < LOOP_DIMENSIONS; d++)
        t.rows[d] = t.columns[d] = t.registers[d] = t.dram[d] = 1;
    fill_axis(t.columns, s, &t, preset->columns, s->hardware->array.columns);
    fill_axis(t.rows, s, &t, preset->rows, s->hardware->array.rows);
    if (preset->rows_stay)
        try_registers(s, &t);
    else
        (void)try_buffers(s, &t);
}

/* All presets of the wanted dataflow, weights through their buffer or past it. */
static void try_presets(struct search *s, bool weights_pass)
{
    const enum hardware_dataflow wanted = s->hardware->mapping.dataflow;
    loopnest_machine(&s->machine, s->nest, s->hardware, weights_pass);
    for (int i = 0; i < PRESETS; i++)
        if (wanted == DATAFLOW_AUTO || wanted == presets[i].dataflow) try_preset(s, &presets[i]);
}

enum status loopnest_search(struct loopnest_choice *out, const struct nest *n, const struct hardware *h,
                            const struct prices *p)
{
    const bool shares = h->global.bytes > 0 && h->weight.bytes == 0;
    struct search s = {.nest = n, .hardware = h, .prices = p, .problem = loopnest_problem(n, h), .best = out};

    TRY(arithmetic_check(n, h));
    TRY(nested_check(&s.problem));
    try_presets(&s, false);
    if (shares || !s.any) try_presets(&s, true);
    return s.any ? STATUS_OK : s.last;
}

static enum status count(struct counts *out, const struct nest *n, const struct hardware *h,
                         const struct prices *p)
{
    struct loopnest_choice choice;
    TRY(loopnest_search(&choice, n, h, p));
    *out = choice.counts;
    return STATUS_OK;
}

const struct backend loopnest_backend = {
    .name = "loopnest",
    .title = "memories and an array by counted loops: the best of a search over weight, output, input or row "
             "stationary mappings",
    .source = "Parashar et al. (Timeloop), ISPASS 2019; Chen et al. (Eyeriss), ISCA 2016",
    .count = count,
};
