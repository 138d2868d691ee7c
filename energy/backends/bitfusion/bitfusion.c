/* energy/backends/bitfusion/bitfusion.c - BitFusion as a back end: nests and hardware come down to a
 * search, its counts to components.
 */
#include "energy/backends/bitfusion/bitfusion.h"

#include "quant/try.h"

#include <math.h>
#include <stdio.h>

/* --- mappings as text --------------------------------------------------------------------------------- */

static const char *const loop_names[BITFUSION_LOOPS] = {"b", "ic", "oc", "oh", "ow"};

void bitfusion_tiling(char *text, size_t size, const struct bitfusion_mapping *m)
{
    static const enum bitfusion_loop loops[] = {BITFUSION_B, BITFUSION_OW, BITFUSION_OH, BITFUSION_IC,
                                                BITFUSION_OC};
    size_t n = 0;
    for (int i = 0; i < BITFUSION_LOOPS && n < size; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%s=%lldx%lld", i ? "|" : "", loop_names[loops[i]],
                              (long long)m->tiles[loops[i]], (long long)m->size[loops[i]]);
}

void bitfusion_order(char *text, size_t size, const struct bitfusion_mapping *m)
{
    size_t n = 0;
    for (int i = 0; i < BITFUSION_LOOPS && n < size; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%s", i ? ">" : "", loop_names[m->order[i]]);
}

/* --- nests and hardware ------------------------------------------------------------------------------- */

static const double hertz_per_mhz = 1e6;

/* A bandwidth that is not a whole number is rounded down to a fraction of a bit, finer where it is small. */
enum { FINE = 1 << 20, COARSE = 1 << 10 };

/* Bits that tiles may fill: of a double buffer the other half takes in the next ones. */
static int64_t room(const struct hardware_buffer *b)
{
    return b->bytes / (b->double_buffer ? 2 : 1) * 8;
}

static enum status describe_bandwidth(struct bitfusion_machine *m, double bits_per_cycle)
{
    if (!(bits_per_cycle >= 1.0 / FINE && bits_per_cycle <= 0x1p30))
        return status_fail(STATUS_INPUT, "bitfusion: dram.bits_per_cycle is %g, not between 2^-20 and 2^30",
                           bits_per_cycle);
    m->bandwidth_cycles = bits_per_cycle == floor(bits_per_cycle) ? 1
                          : bits_per_cycle < COARSE               ? FINE
                                                                  : COARSE;
    m->bandwidth_bits = (int64_t)(bits_per_cycle * (double)m->bandwidth_cycles);
    return STATUS_OK;
}

/* Knobs of other back ends that this one would pass over in silence. */
static enum status check_foreign(const struct hardware *h)
{
    const struct {
        bool given;
        const char *knob, *want;
    } rows[] = {
        {!isnan(h->weight.bits_per_cycle), "buffer.weight.bits_per_cycle", "unlimited"},
        {!isnan(h->input.bits_per_cycle), "buffer.input.bits_per_cycle", "unlimited"},
        {!isnan(h->output.bits_per_cycle), "buffer.output.bits_per_cycle", "unlimited"},
        {h->global.bytes > 0, "buffer.global.bytes", "0"},
        {h->array.register_bytes > 0, "array.register_bytes", "0"},
        {h->mapping.tiles != TILES_POW2, "mapping.tiles", "pow2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].given)
            return status_fail(STATUS_INPUT,
                               "back end 'bitfusion' has no use for %s; want %s, or another back end",
                               rows[i].knob, rows[i].want);
    return STATUS_OK;
}

static enum status check_hardware(const struct nest *n, const struct hardware *h)
{
    if (h->array.mac_model != MAC_BITFUSION)
        return status_fail(STATUS_INPUT,
                           "back end 'bitfusion' is for elements of array.mac_model: bitfusion");
    if (nest_result_bits(n, h) > h->array.accumulator_bits)
        return status_fail(
            STATUS_INPUT,
            "bitfusion: training.%s is %d, but outputs come from accumulators of %d bits; want at most %d",
            n->gradient ? "gradient_bits" : "output_bits", nest_result_bits(n, h), h->array.accumulator_bits,
            h->array.accumulator_bits);
    return check_foreign(h);
}

enum status bitfusion_describe(struct bitfusion_layer *l, struct bitfusion_machine *m, const struct nest *n,
                               const struct hardware *h, const struct prices *p)
{
    TRY(check_hardware(n, h));
    *l = (struct bitfusion_layer){.batch = n->batch,
                                  .in_c = n->in_c,
                                  .out_c = n->out_c,
                                  .out_h = n->out_h,
                                  .out_w = n->out_w,
                                  .kernel_h = n->kernel_h,
                                  .kernel_w = n->kernel_w,
                                  .stride = n->stride,
                                  .im2col = n->from_input,
                                  .input_bits = n->input_bits,
                                  .weight_bits = n->weight_bits,
                                  .output_bits = hardware_stored_bits(h, nest_result_bits(n, h)),
                                  .operand_bits = hardware_stored_bits(h, 0)};
    *m = (struct bitfusion_machine){.rows = h->array.rows,
                                    .columns = h->array.columns,
                                    .pmax = h->array.pmax,
                                    .pmin = h->array.pmin,
                                    .sum_bits = h->array.accumulator_bits,
                                    .compose = h->array.compose,
                                    .input_room = room(&h->input),
                                    .weight_room = room(&h->weight),
                                    .output_room = room(&h->output),
                                    .seconds_per_cycle = 1 / (h->array.mhz * hertz_per_mhz),
                                    .objective = h->mapping.objective,
                                    .dataflow = h->mapping.dataflow,
                                    .prices = *p};
    if (h->bitfusion.compat) {
        m->objective = OBJECTIVE_LATENCY;
    } else {
        m->mends = (struct bitfusion_mends){.output_once = h->bitfusion.output_once,
                                            .input_broadcast = h->bitfusion.input_broadcast,
                                            .core_by_use = h->bitfusion.core_by_use,
                                            .unpadded_dram = h->bitfusion.unpadded_dram,
                                            .first_tile = h->bitfusion.first_tile,
                                            .leakage = h->bitfusion.leakage};
    }
    return describe_bandwidth(m, h->dram.bits_per_cycle);
}

void bitfusion_add(struct counts *out, const struct bitfusion_counts *c, double n)
{
    const double of[COST_COMPONENTS] = {
        [COST_CORE] = c->core,
        [COST_IDLE] = c->idle,
        [COST_NETWORK] = (double)c->hops,
        [COST_WEIGHT_READ] = (double)c->weight_read,
        [COST_WEIGHT_WRITE] = (double)c->weight_write,
        [COST_INPUT_READ] = (double)c->input_read,
        [COST_INPUT_WRITE] = (double)c->input_write,
        [COST_OUTPUT_READ] = (double)c->output_read,
        [COST_OUTPUT_WRITE] = (double)c->output_write,
        [COST_DRAM_READ] = (double)c->dram_read,
        [COST_DRAM_WRITE] = (double)c->dram_write,
        [COST_LEAKAGE] = c->seconds,
        [COST_BACKGROUND] = c->seconds,
    };
    out->cycles += n * (double)c->cycles;
    out->stall_cycles += n * (double)c->stall_cycles;
    for (int i = 0; i < COST_COMPONENTS; i++)
        out->of[i] += n * of[i];
}

enum status bitfusion_count(struct counts *out, const struct nest *n, const struct hardware *h,
                            const struct prices *p)
{
    struct bitfusion_layer layer;
    struct bitfusion_machine machine;
    struct bitfusion_result result;
    TRY(bitfusion_describe(&layer, &machine, n, h, p));
    TRY(bitfusion_search(&result, &layer, &machine));
    bitfusion_add(out, &result.counts, (double)n->instances);
    return STATUS_OK;
}
