/* experiments/whatif/whatif.c - counting once, pricing again. */
#include "experiments/whatif/whatif.h"

#include "energy/prices/price.h"
#include "quant/try.h"

#include <string.h>

/* Knobs that energy/prices/price.c reads and no back end does; a group ends with a dot. Not
 * array.core_pj: whether it is given decides what is counted. */
static const char *const price_knobs[] = {
    "tech.",
    "array.idle_gating",
    "array.mac_pj",
    "array.register_pj_per_bit",
    "buffer.weight.read_pj_per_bit",
    "buffer.weight.write_pj_per_bit",
    "buffer.input.read_pj_per_bit",
    "buffer.input.write_pj_per_bit",
    "buffer.output.read_pj_per_bit",
    "buffer.output.write_pj_per_bit",
    "buffer.global.read_pj_per_bit",
    "buffer.global.write_pj_per_bit",
    "noc.pj_per_bit_mm",
    "noc.pitch_mm",
    "noc.hop_pj_per_bit",
    "dram.kind",
    "dram.pj_per_bit",
    "dram.background_w",
    "dram.capacity_gb",
    "system.",
};

bool whatif_is_price(const char *path)
{
    for (size_t i = 0; i < sizeof price_knobs / sizeof *price_knobs; i++) {
        const size_t length = strlen(price_knobs[i]);
        const bool group = price_knobs[i][length - 1] == '.';
        if (group ? strncmp(path, price_knobs[i], length) == 0 : strcmp(path, price_knobs[i]) == 0)
            return true;
    }
    return false;
}

enum status whatif_count(struct whatif_counts *out, const struct cost_case *c)
{
    const struct backend *b = c->hardware.array.backend;
    struct cost_pair pair;

    if (b->operations_only)
        return status_fail(STATUS_INPUT,
                           "back end '%s' counts operations without a machine: nothing costs energy there",
                           b->name);
    TRY(cost_case_price(&pair, c));
    *out = (struct whatif_counts){pair.run.cost.counts, pair.top.cost.counts};
    return STATUS_OK;
}

struct whatif_result whatif_reprice(const struct whatif_counts *counts, const struct hardware *h,
                                    const struct constants *k)
{
    static const double hertz_per_mhz = 1e6;
    struct prices p;

    prices_make(&p, h, k);
    const double energy = counts_energy(&counts->run, &p);
    return (struct whatif_result){
        .energy_j = energy,
        .energy_saving = saving_percent(energy, counts_energy(&counts->top, &p)),
        .bitops_saving = saving_percent(counts->run.bitops, counts->top.bitops),
        .latency_s = counts->run.cycles / (h->array.mhz * hertz_per_mhz),
    };
}
