/* energy/meter/bitops.c - bit operations of training. Sums over a run are integers until the last
 * multiplication. */
#include "energy/meter/bitops.h"

#include "sim/method/widths.h"

enum { WIDTHS = WIDTH_MOST + 1 }; /* 0, which is float32, to the widest */

double bitops_per_mac(int forward_bits, int backward_bits)
{
    const double b = widths_real(forward_bits), bg = widths_real(backward_bits);
    return b * b + 2 * b * bg;
}

double bitops_paper_macs(const struct work *w)
{
    return w->macs + 2 * w->norm_elements;
}

double bitops_paper(const struct work *w, double images, int forward_bits, int backward_bits)
{
    return bitops_paper_macs(w) * images * bitops_per_mac(forward_bits, backward_bits);
}

double bitops_true(const struct graph *g, double images, int forward_bits, int backward_bits)
{
    double sum = 0;

    for (int i = 0; i < g->count; i++) {
        const struct layer *l = g->nodes[i].layer;
        const double macs = layer_facts_of(l).macs;
        const double b = widths_real(l->quantized ? forward_bits : 0);
        const double bg = widths_real(l->quantized ? backward_bits : 0);
        const int error_products = g->nodes[i].input[0] == GRAPH_INPUT ? 1 : 2; /* data need no error */
        sum += macs * (b * b + error_products * b * bg);
    }
    return sum * images;
}

/* How many iterations of a run have each pair of widths, [forward][backward]. */
struct width_counts {
    int64_t count[WIDTHS][WIDTHS];
};

static struct width_counts tally_of_run(int64_t iterations, const struct schedule_spec *forward,
                                 const struct schedule_spec *backward)
{
    struct schedule_point p = {.iterations = iterations, .layer = -1, .loss = __builtin_nan("")};
    struct width_counts w = {0};

    for (p.iteration = 0; p.iteration < iterations; p.iteration++)
        w.count[schedule_bits(forward, &p)][schedule_bits(backward, &p)]++;
    return w;
}

double bitops_run(const struct work *w, int64_t iterations, int batch, const struct schedule_spec *forward,
                  const struct schedule_spec *backward)
{
    const struct width_counts run = tally_of_run(iterations, forward, backward);
    double sum = 0; /* exact: integers below 2^53 */

    for (int b = 0; b < WIDTHS; b++)
        for (int bg = 0; bg < WIDTHS; bg++)
            sum += (double)run.count[b][bg] * bitops_per_mac(b, bg);
    return bitops_paper_macs(w) * batch * sum;
}

double bitops_true_run(const struct graph *g, int64_t iterations, int batch,
                       const struct schedule_spec *forward, const struct schedule_spec *backward)
{
    const struct width_counts run = tally_of_run(iterations, forward, backward);
    double sum = 0;

    for (int b = 0; b < WIDTHS; b++)
        for (int bg = 0; bg < WIDTHS; bg++)
            if (run.count[b][bg] > 0) sum += bitops_true(g, (double)run.count[b][bg] * batch, b, bg);
    return sum;
}
