/* energy/backends/backend.c - what holds for all back ends. */
#include "energy/backends/backend.h"

#include "quant/try.h"

static const double slack = 1e-9; /* of the roofline: divisions round */

enum status backend_count(struct counts *out, const struct nest *n, const struct hardware *h,
                          const struct prices *p)
{
    *out = (struct counts){0};
    TRY(h->array.backend->count(out, n, h, p));
    return backend_finish(out, n, h);
}

enum status backend_finish(struct counts *out, const struct nest *n, const struct hardware *h)
{
    const struct backend *b = h->array.backend;

    out->macs = nest_macs(n);
    out->bitops = out->macs * n->input_bits * n->weight_bits;
    if (b->operations_only) return STATUS_OK;

    const double least = roofline_cycles(n, h);
    if (!(out->cycles >= least * (1 - slack)))
        return status_fail(
            STATUS_INPUT,
            "back end '%s' claims %.6g cycles where arithmetic and memory need %.6g: a mistake of "
            "the model, please report it with the hardware file",
            b->name, out->cycles, least);
    const struct counts counted = *out;
    counts_time(out, h->array.mhz);
    if (b->times_itself) {
        out->of[COST_LEAKAGE] = counted.of[COST_LEAKAGE];
        out->of[COST_BACKGROUND] = counted.of[COST_BACKGROUND];
    }
    return STATUS_OK;
}
