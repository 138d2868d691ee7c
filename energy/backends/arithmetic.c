/* energy/backends/arithmetic.c - products, idle elements, and which of two mappings is better. */
#include "energy/backends/arithmetic.h"

#include <math.h>

enum status arithmetic_check(const struct nest *n, const struct hardware *h)
{
    const int widest = n->input_bits > n->weight_bits ? n->input_bits : n->weight_bits;

    if (h->array.compose == COMPOSE_FLOOR && widest > h->array.pmax)
        return status_fail(
            STATUS_INPUT,
            "operands of %d bits on elements of array.pmax = %d: array.compose floor refuses them; "
            "spatial and temporal take several elements or passes",
            widest, h->array.pmax);
    return STATUS_OK;
}

double arithmetic_throughput(const struct hardware *h, int input_bits, int weight_bits)
{
    return roofline_macs_per_cycle(h, input_bits, weight_bits) /
           ((double)h->array.rows * (double)h->array.columns);
}

void arithmetic_count(struct counts *c, const struct nest *n, const struct hardware *h,
                      const struct prices *p)
{
    const double macs = nest_macs(n);
    const double all = c->cycles * (double)h->array.rows * (double)h->array.columns;

    if (n->float32) {
        c->of[COST_FLOAT_MULTIPLY] += macs;
        c->of[COST_FLOAT_ADD] += macs;
    } else {
        c->of[COST_MULTIPLY] += macs * multiply_equivalents(h, &p->constants, n->input_bits, n->weight_bits);
        c->of[COST_ADD] += macs * add_equivalents(h, &p->constants, h->array.accumulator_bits);
    }
    if (isnan(h->array.core_pj))
        c->of[COST_IDLE] += fmax(0, all - macs / arithmetic_throughput(h, n->input_bits, n->weight_bits));
    else
        c->of[COST_CORE] += all;
}

double arithmetic_usable_bits(const struct hardware_buffer *b)
{
    return 8 * (double)b->bytes / (b->double_buffer ? 2 : 1);
}

bool arithmetic_better(const struct counts *a, const struct counts *b, const struct hardware *h,
                       const struct prices *p)
{
    struct counts with_time[2] = {*a, *b};
    double energy[2], value[2];

    for (int i = 0; i < 2; i++) {
        counts_time(&with_time[i], h->array.mhz);
        energy[i] = counts_energy(&with_time[i], p);
        value[i] = h->mapping.objective == OBJECTIVE_LATENCY  ? with_time[i].cycles
                   : h->mapping.objective == OBJECTIVE_ENERGY ? energy[i]
                                                              : energy[i] * with_time[i].cycles;
    }
    if (value[0] != value[1]) return value[0] < value[1];
    if (energy[0] != energy[1]) return energy[0] < energy[1];
    return a->cycles < b->cycles;
}
