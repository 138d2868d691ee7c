/* energy/backends/backend.c - the table of back ends, and what holds for all of them. */
#include "energy/backends/backend.h"

#include "energy/backends/bitfusion/bitfusion.h"
#include "energy/backends/loopnest/loopnest_search.h"
#include "energy/backends/systolic.h"
#include "sim/base/table.h"

#include <string.h>

static const double slack = 1e-9; /* of the roofline: divisions round */

/* Its only results are multiply-accumulates and bit operations, which backend_count has for every back
 * end. */
static enum status bitops_count(struct counts *out, const struct nest *n, const struct hardware *h,
                                const struct prices *p)
{
    (void)out, (void)n, (void)h, (void)p;
    return STATUS_OK;
}

static const struct backend bitops = {
    .name = "bitops",
    .title = "operations of no machine: multiply-accumulates and bit operations",
    .source = "Fu et al., ICLR 2021; Fu et al. (FracTrain), NeurIPS 2020",
    .operations_only = true,
    .count = bitops_count,
};

static const struct backend bitfusion = {
    .name = "bitfusion",
    .title = "an array of fusion units that trade operand width for parallelism",
    .source = "Sharma et al., ISCA 2018, and the simulator released with it",
    .times_itself = true,
    .count = bitfusion_count,
};

static const struct backend *const backends[] = {&bitops, &bitfusion, &systolic_backend, &loopnest_backend};

enum { COUNT = sizeof backends / sizeof backends[0] };

const struct backend *const *backend_all(int *count)
{
    *count = COUNT;
    return backends;
}

enum status backend_find(const struct backend **out, const char *name)
{
    size_t i;

    TRY(table_find_pointer(&i, "back end", name, (const void *const *)backends, COUNT));
    *out = backends[i];
    return STATUS_OK;
}

int nest_result_bits(const struct nest *n, const struct hardware *h)
{
    return n->gradient ? h->training.gradient_bits : h->training.output_bits;
}

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
        return fail(STATUS_INPUT,
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
