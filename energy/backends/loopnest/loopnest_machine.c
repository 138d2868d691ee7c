/* energy/backends/loopnest/loopnest_machine.c - hardware as levels of memories, and their accesses as
 * priced components. */
#include "energy/backends/loopnest/loopnest_search.h"

#include "energy/backends/arithmetic.h"
#include "quant/try.h"

#include <math.h>
#include <stdio.h>

struct loopnest_problem loopnest_problem(const struct nest *n, const struct hardware *h)
{
    return (struct loopnest_problem){
        .extent = {[LOOP_N] = n->batch,
                   [LOOP_C] = n->in_c,
                   [LOOP_M] = n->out_c,
                   [LOOP_P] = n->out_w,
                   [LOOP_Q] = n->out_h,
                   [LOOP_R] = n->kernel_w,
                   [LOOP_S] = n->kernel_h},
        .stride = n->stride,
        .bits = {n->weight_bits, n->input_bits, h->array.accumulator_bits},
    };
}

/* Another level inwards, with the components of its traffic. */
static struct loopnest_level *add_level(struct loopnest_machine *m, const char *name, enum component read,
                                        enum component write)
{
    const int at = m->arch.levels++;
    m->port[at].read = read;
    m->port[at].write = write;
    (void)snprintf(m->arch.level[at].name, sizeof m->arch.level[at].name, "%s", name);
    return &m->arch.level[at];
}

static void set_buffer(struct loopnest_level *l, const struct hardware_buffer *b)
{
    l->capacity_bits = (int64_t)arithmetic_usable_bits(b);
    l->bits_per_cycle = isnan(b->bits_per_cycle) ? 0 : b->bits_per_cycle;
}

static void add_buffers(struct loopnest_machine *m, const struct hardware *h, bool weights_pass)
{
    const struct {
        const struct hardware_buffer *buffer;
        const char *name;
        enum component read, write;
    } own[LOOPNEST_TENSORS] = {
        [LOOPNEST_WEIGHTS] = {&h->weight, "the weight buffer", COST_WEIGHT_READ, COST_WEIGHT_WRITE},
        [LOOPNEST_INPUTS] = {&h->input, "the input buffer", COST_INPUT_READ, COST_INPUT_WRITE},
        [LOOPNEST_OUTPUTS] = {&h->output, "the output buffer", COST_OUTPUT_READ, COST_OUTPUT_WRITE},
    };
    if (h->global.bytes > 0) {
        struct loopnest_level *l = add_level(m, "the global buffer", COST_GLOBAL_READ, COST_GLOBAL_WRITE);
        set_buffer(l, &h->global);
        for (int t = 0; t < LOOPNEST_TENSORS; t++)
            l->keeps[t] = own[t].buffer->bytes == 0 && !(t == LOOPNEST_WEIGHTS && weights_pass);
    }
    for (int t = 0; t < LOOPNEST_TENSORS; t++) {
        if (own[t].buffer->bytes == 0 || (t == LOOPNEST_WEIGHTS && weights_pass)) continue;
        struct loopnest_level *l = add_level(m, own[t].name, own[t].read, own[t].write);
        set_buffer(l, own[t].buffer);
        l->keeps[t] = true;
    }
}

void loopnest_machine(struct loopnest_machine *out, const struct nest *n, const struct hardware *h,
                      bool weights_pass)
{
    *out = (struct loopnest_machine){.arch.units = h->array.rows * h->array.columns};
    struct loopnest_level *dram = add_level(out, "DRAM", COST_DRAM_READ, COST_DRAM_WRITE);
    add_buffers(out, h, weights_pass);

    out->array = out->arch.levels;
    struct loopnest_level *array = add_level(out, "the array", COST_NETWORK, COST_NETWORK);
    array->fanout = h->array.rows * h->array.columns;
    array->unicast = !h->noc.multicast && !h->noc.forward;

    out->registers = out->arch.levels;
    struct loopnest_level *registers = add_level(out, "an element's registers", COST_REGISTER, COST_REGISTER);
    const int word_each = n->input_bits + n->weight_bits + h->array.accumulator_bits;
    registers->capacity_bits = h->array.register_bytes > 0 ? 8 * h->array.register_bytes : word_each;
    for (int t = 0; t < LOOPNEST_TENSORS; t++)
        dram->keeps[t] = registers->keeps[t] = true;
}

/* Bits of every level of one instance. */
static void count_traffic(struct counts *out, const struct loopnest_counts *c,
                          const struct loopnest_machine *m, const struct loopnest_problem *p,
                          const struct hardware *h)
{
    for (int level = 0; level < m->arch.levels; level++) {
        if (level == m->registers && h->array.register_bytes == 0) continue; /* part of the element */
        for (int t = 0; t < LOOPNEST_TENSORS; t++) {
            const struct loopnest_access *x = &c->level[level].of[t];
            const bool stored = level == 0 && t != LOOPNEST_OUTPUTS; /* partial sums stay as they are */
            const double bits =
                (stored ? hardware_stored_bits(h, p->bits[t]) : p->bits[t]) * c->level[level].instances;
            out->of[m->port[level].read] += x->reads * bits;
            out->of[m->port[level].write] += (x->fills + x->updates) * bits;
        }
    }
    for (int t = 0; t < LOOPNEST_TENSORS; t++)
        out->of[COST_NETWORK] += c->network[t] * p->bits[t];
}

enum status loopnest_cost(struct counts *out, const struct loopnest_machine *machine,
                          const struct loopnest_mapping *m, const struct nest *n, const struct hardware *h,
                          const struct prices *prices)
{
    const struct loopnest_problem p = loopnest_problem(n, h);
    struct loopnest_counts c;
    TRY(loopnest_count(&c, &p, &machine->arch, m));

    struct counts one = {0};
    count_traffic(&one, &c, machine, &p, h);
    const double outputs = (double)n->batch * (double)n->out_c * (double)n->out_h * (double)n->out_w;
    one.of[COST_DRAM_WRITE] +=
        outputs * (hardware_stored_bits(h, nest_result_bits(n, h)) - h->array.accumulator_bits);

    const double busy =
        ceil((c.cycles - c.stall_cycles) / arithmetic_throughput(h, n->input_bits, n->weight_bits));
    const double dram = ceil((one.of[COST_DRAM_READ] + one.of[COST_DRAM_WRITE]) / h->dram.bits_per_cycle);
    const double buffers = c.stall_cycles > 0 ? c.cycles : 0;
    one.cycles = fmax(busy, fmax(dram, buffers));
    one.stall_cycles = one.cycles - busy;

    *out = (struct counts){0};
    counts_add(out, &one, (double)n->instances);
    arithmetic_count(out, n, h, prices);
    return STATUS_OK;
}
