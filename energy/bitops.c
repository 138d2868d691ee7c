/* energy/bitops.c - bit operations of training. Sums over a run are integers until the last multiplication.
 */
#include "energy/bitops.h"

static const int float32_bits = 32;

static double width(int bits)
{
    return bits == 0 ? float32_bits : bits;
}

/* Of one multiply-accumulate: forward, backward-data, backward-weights. */
static double per_mac(int forward_bits, int backward_bits)
{
    const double b = width(forward_bits), bg = width(backward_bits);
    return b * b + 2 * b * bg;
}

static double paper_macs(const struct work *w)
{
    return w->macs + 2 * w->norm_elements;
}

double bitops_paper(const struct work *w, double images, int forward_bits, int backward_bits)
{
    return paper_macs(w) * images * per_mac(forward_bits, backward_bits);
}

double bitops_true(const struct graph *g, double images, int forward_bits, int backward_bits)
{
    double sum = 0;

    for (int i = 0; i < g->count; i++) {
        const struct layer *l = g->nodes[i].layer;
        const struct work w = l->type->work(l);
        const double b = width(l->quantized ? forward_bits : 0);
        const double bg = width(l->quantized ? backward_bits : 0);
        const int error_products = g->nodes[i].input[0] == GRAPH_INPUT ? 1 : 2; /* data need no error */
        sum += w.macs * (b * b + error_products * b * bg);
    }
    return sum * images;
}

double bitops_run(const struct work *w, int64_t iterations, int batch, const struct schedule_spec *forward,
                  const struct schedule_spec *backward)
{
    struct schedule_point p = {.iterations = iterations, .layer = -1, .loss = __builtin_nan("")};
    double sum = 0; /* exact: integers below 2^53 */

    for (p.iteration = 0; p.iteration < iterations; p.iteration++)
        sum += per_mac(schedule_bits(forward, &p), schedule_bits(backward, &p));
    return paper_macs(w) * batch * sum;
}
