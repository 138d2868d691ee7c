/* energy/prices/node.c - technology nodes: anchors, polynomials, or nothing. */
#include "energy/prices/node.h"

#include <math.h>

static const double reference_nm = 45, reference_v = 0.9, anchor_nm = 7;

/* From large to small, nm, a, b, c, nominal V. Source: Stillmaker and Baas, Integration 58, 2017, with its
 * corrigendum, as Accelergy tabulates it. 45 nm has the voltage of the energies that are scaled from there.
 */
static const struct stillmaker nodes[] = {
    {130, 7.171, -6.709, 2.904, 1.2},      {90, 4.762, -4.781, 2.092, 1.1},
    {65, 3.755, -4.398, 1.975, 1.1},       {45, 1.103, -0.362, 0.2767, 0.9},
    {32, 0.9559, -0.7823, 0.471, 0.9},     {20, 0.373, -0.1582, 0.04104, 0.9},
    {16, 0.2958, -0.1241, 0.03024, 0.8},   {14, 0.2363, -0.09675, 0.02239, 0.8},
    {10, 0.2068, -0.09311, 0.02375, 0.75}, {7, 0.1776, -0.09097, 0.02447, 0.7},
};

enum { NODES = sizeof nodes / sizeof nodes[0] };

double stillmaker_polynomial(const struct stillmaker *s, double volt)
{
    return (s->a * volt + s->b) * volt + s->c;
}

/* y on the line through two points, logarithmic in x; beyond them too. */
static double between(double x, double x0, double y0, double x1, double y1)
{
    return x == x0 ? y0 : x == x1 ? y1 : y0 + (y1 - y0) * log(x / x0) / log(x1 / x0);
}

/* The same, logarithmic in both. */
static double log_between(double x, double x0, double y0, double x1, double y1)
{
    return x == x0 ? y0 : x == x1 ? y1 : y0 * pow(y1 / y0, log(x / x0) / log(x1 / x0));
}

/* The row whose node is the next larger one; the last but one at most. */
static const struct stillmaker *node_above(double nm)
{
    int i = 0;
    while (i < NODES - 2 && nodes[i + 1].nm >= nm)
        i++;
    return &nodes[i];
}

double stillmaker_energy(double nm, double volt)
{
    const struct stillmaker *large = node_above(nm), *small = large + 1;
    return log_between(nm, large->nm, stillmaker_polynomial(large, volt), small->nm,
                       stillmaker_polynomial(small, volt));
}

double node_nominal_vdd(double nm)
{
    const struct stillmaker *large = node_above(nm), *small = large + 1;

    if (nm >= nodes[0].nm) return nodes[0].nominal_v;
    if (nm <= nodes[NODES - 1].nm) return nodes[NODES - 1].nominal_v;
    return between(nm, large->nm, large->nominal_v, small->nm, small->nominal_v);
}

double node_vdd(const struct hardware *h)
{
    return isnan(h->tech.vdd) ? node_nominal_vdd(h->tech.node_nm) : h->tech.vdd;
}

/* Below the smallest anchor energy falls as the square root of the length, as Accelergy has it. */
static double below_anchor(double nm)
{
    return sqrt(nm / anchor_nm);
}

/* Logic at nm over logic at 45 nm by the anchors, each at its nominal voltage. */
static double anchored_logic(const struct constants *k, double nm)
{
    const double at_7nm = k->value[LOGIC_7NM];

    if (nm >= reference_nm) return log_between(nm, reference_nm, 1, 65, k->value[LOGIC_65NM]);
    if (nm < anchor_nm) return at_7nm * below_anchor(nm);
    return log_between(nm, reference_nm, 1, anchor_nm, at_7nm);
}

/* Dynamic energy over that at the node's nominal voltage. */
static double voltage_square(const struct hardware *h)
{
    const double volt = node_vdd(h) / node_nominal_vdd(h->tech.node_nm);
    return volt * volt;
}

static double stillmaker_logic(const struct hardware *h, double from_nm)
{
    const double from_v = from_nm == reference_nm ? reference_v : node_nominal_vdd(from_nm);
    return stillmaker_energy(h->tech.node_nm, node_vdd(h)) / stillmaker_energy(from_nm, from_v);
}

double node_logic(const struct hardware *h, const struct constants *k, double from_nm)
{
    switch (h->tech.scaling) {
    case SCALING_ANCHORS:
        return anchored_logic(k, h->tech.node_nm) / anchored_logic(k, from_nm) * voltage_square(h);
    case SCALING_STILLMAKER:
        return stillmaker_logic(h, from_nm);
    case SCALING_NONE:
        break;
    }
    return 1;
}

double node_between(const struct hardware *h, const struct constants *k, enum constant_name at_45nm,
                    enum constant_name at_7nm)
{
    const double nm = h->tech.node_nm, large = k->value[at_45nm], small = k->value[at_7nm];

    if (h->tech.scaling != SCALING_ANCHORS || nm >= reference_nm)
        return large * node_logic(h, k, reference_nm);
    return voltage_square(h) * (nm < anchor_nm ? small * below_anchor(nm)
                                               : log_between(nm, reference_nm, large, anchor_nm, small));
}
