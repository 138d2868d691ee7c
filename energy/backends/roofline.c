/* energy/backends/roofline.c - the least that a nest can cost: peak arithmetic and compulsory traffic.
 *
 *     cycles >= max(MACs / (peak MACs per cycle at these widths), DRAM bits / (DRAM bits per cycle))
 *
 * Source: Williams, Waterman and Patterson, CACM 2009, with the throughput of precision-scalable elements as
 * in Sharma et al., ISCA 2018.
 */
#include "energy/backends/roofline.h"

#include <math.h>

/* Operands that a processing element of pmax bits takes at once: several narrow ones, or a part of a wide
 * one. */
static double operands(const struct hardware *h, int bits)
{
    const int stored = bits < h->array.pmin ? h->array.pmin : bits;

    if (stored > h->array.pmax) return 1 / ceil((double)stored / h->array.pmax);
    const int whole = h->array.pmax / stored;
    if (h->array.mac_model == MAC_BITFUSION) return whole;
    return h->array.mac_model == MAC_BIT_SERIAL ? (double)h->array.pmax / stored : 1;
}

double roofline_macs_per_cycle(const struct hardware *h, int input_bits, int weight_bits)
{
    return (double)h->array.rows * (double)h->array.columns * operands(h, input_bits) *
           operands(h, weight_bits);
}

/* Of `out` outputs along one axis: the inputs that are read whatever the padding (at most kernel - 1
 * pixels). */
static double touched(int64_t out, int64_t kernel, int64_t stride)
{
    return (double)(out - 1) * (double)(stride < kernel ? stride : kernel) + 1;
}

double roofline_dram_bits(const struct nest *n, const struct hardware *h)
{
    const double batch = (double)n->batch, in_c = (double)n->in_c, out_c = (double)n->out_c;
    const double input =
        batch * in_c * touched(n->out_h, n->kernel_h, n->stride) * touched(n->out_w, n->kernel_w, n->stride);
    const double weight = out_c * in_c * (double)n->kernel_h * (double)n->kernel_w;
    const double output = batch * out_c * (double)n->out_h * (double)n->out_w;

    return (double)n->instances * (input * hardware_stored_bits(h, n->input_bits) +
                                   weight * hardware_stored_bits(h, n->weight_bits) +
                                   output * hardware_stored_bits(h, nest_result_bits(n, h)));
}

double roofline_cycles(const struct nest *n, const struct hardware *h)
{
    const double arithmetic = nest_macs(n) / roofline_macs_per_cycle(h, n->input_bits, n->weight_bits);
    const double traffic = roofline_dram_bits(n, h) / h->dram.bits_per_cycle;

    return arithmetic > traffic ? arithmetic : traffic;
}

int nest_result_bits(const struct nest *n, const struct hardware *h)
{
    return n->gradient ? h->training.gradient_bits : h->training.output_bits;
}
