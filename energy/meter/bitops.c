/* energy/meter/bitops.c - bit operations of training. */
#include "energy/meter/bitops.h"

#include "sim/method/widths.h"

double bitops_per_mac(struct operands bits)
{
    const double w = widths_real(bits.weight), a = widths_real(bits.activation), e = widths_real(bits.error);
    return w * a + (w + a) * e;
}

double bitops_paper_macs(const struct work *w)
{
    return w->macs + BITOPS_OF_NORM * w->norm_elements;
}

double bitops_paper(const struct work *w, double images, int forward_bits, int backward_bits)
{
    return bitops_paper_macs(w) * images * bitops_per_mac(operands_of(forward_bits, backward_bits));
}

double bitops_paper_layers(const struct graph *g, double images, const struct operands *layer)
{
    double sum = 0;

    for (int i = 0; i < g->count; i++) {
        const struct work w = work_of_layer(g->nodes[i].layer);
        sum += bitops_paper_macs(&w) * images * bitops_per_mac(layer[i]);
    }
    return sum;
}
