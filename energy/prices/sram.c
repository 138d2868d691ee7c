/* energy/prices/sram.c - memory on the chip between the rows that CACTI printed.
 *
 * A curve is the rows of one node, kind of ports and width, over capacity; a value is found on two curves of
 * neighbouring widths, on those of two neighbouring nodes.
 */
#include "energy/prices/sram.h"
#include "energy/prices/sram_table.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

static const double fit_nm = 45, kilobyte = 1024;

/* Power laws through the table at 45 nm by width of the port; fitted once, tests/energy/test_sram.c fits
 * them again. */
static const struct {
    double port_bytes, read, read_exponent, write, write_exponent;
} fits[] = {
    {4, 0.0519, 0.562, 0.0768, 0.468},
    {8, 0.0346, 0.566, 0.0615, 0.461},
    {32, 0.0244, 0.541, 0.0467, 0.473},
};

static const double fit_leakage_mw_per_kb = 1.5, fit_area_mm2_per_kb = 0.0072; /* of arrays above 8 KB */

enum { FITS = sizeof fits / sizeof fits[0] };

/* --- arithmetic of banks -------------------------------------------------------------------------------- */

static double geometric(double a, double b, double t)
{
    return a == b ? a : a * pow(b / a, t);
}

/* On the line from a to b in logarithms: a at t = 0, b at t = 1. */
static struct sram blend(struct sram a, struct sram b, double t)
{
    if (t <= 0) return a;
    if (t >= 1) return b;
    return (struct sram){geometric(a.read_pj_per_bit, b.read_pj_per_bit, t),
                         geometric(a.write_pj_per_bit, b.write_pj_per_bit, t),
                         geometric(a.leakage_mw, b.leakage_mw, t), geometric(a.area_mm2, b.area_mm2, t)};
}

/* Where x lies between a and b, in logarithms; 0 and 1 beyond them. */
static double place(double x, double a, double b)
{
    return a == b ? 0 : fmin(1, fmax(0, log(x / a) / log(b / a)));
}

static struct sram times(struct sram a, struct sram b)
{
    return (struct sram){a.read_pj_per_bit * b.read_pj_per_bit, a.write_pj_per_bit * b.write_pj_per_bit,
                         a.leakage_mw * b.leakage_mw, a.area_mm2 * b.area_mm2};
}

static struct sram over(struct sram a, struct sram b)
{
    return (struct sram){a.read_pj_per_bit / b.read_pj_per_bit, a.write_pj_per_bit / b.write_pj_per_bit,
                         a.leakage_mw / b.leakage_mw, a.area_mm2 / b.area_mm2};
}

/* --- curves --------------------------------------------------------------------------------------------- */

struct curve {
    const struct sram_row *rows; /* [count], of one node, kind of ports and width */
    int count;
};

/* The curve that begins at row i of `count`. */
static struct curve curve_at(const struct sram_row *rows, int i, int count)
{
    const struct sram_row *first = &rows[i];
    struct curve c = {first, 0};

    while (i + c.count < count && first[c.count].node_nm == first->node_nm &&
           first[c.count].ports == first->ports && first[c.count].port_bytes == first->port_bytes)
        c.count++;
    return c;
}

/* Beyond the ends of the curves: what `bytes` cost over what `from` bytes do. */
static struct sram law(double bytes, double from, double port_bytes)
{
    const double r = bytes / from;
    int i = 0;

    while (i < FITS - 1 && fits[i].port_bytes < port_bytes)
        i++;
    return (struct sram){pow(r, fits[i].read_exponent), pow(r, fits[i].write_exponent), r, r};
}

static struct sram curve_value(struct curve c, double bytes)
{
    const struct sram_row *last = &c.rows[c.count - 1];
    int i = 0;

    if (bytes < c.rows->bytes) return times(c.rows->sram, law(bytes, c.rows->bytes, c.rows->port_bytes));
    if (bytes > last->bytes) return times(last->sram, law(bytes, last->bytes, last->port_bytes));
    while (i < c.count - 1 && c.rows[i + 1].bytes <= bytes)
        i++;
    if (c.rows[i].bytes == bytes) return c.rows[i].sram;
    return blend(c.rows[i].sram, c.rows[i + 1].sram, place(bytes, c.rows[i].bytes, c.rows[i + 1].bytes));
}

/* The curves of a node and kind of ports whose widths enclose port_bytes; the nearest twice beyond them. */
static void curves_around(struct curve out[2], double node_nm, enum hardware_ports ports, double port_bytes)
{
    int count;
    const struct sram_row *rows = sram_rows(&count);

    out[0] = out[1] = (struct curve){NULL, 0};
    for (int i = 0; i < count;) {
        const struct curve c = curve_at(rows, i, count);
        i += c.count;
        if (c.rows->node_nm != node_nm || c.rows->ports != ports) continue;
        if (out[0].rows == NULL || c.rows->port_bytes <= port_bytes) out[0] = c;
        if (out[1].rows == NULL || out[1].rows->port_bytes < port_bytes) out[1] = c;
    }
    assert(out[0].rows != NULL && out[1].rows != NULL);
}

static struct sram at_node(double node_nm, enum hardware_ports ports, double port_bytes, double bytes)
{
    struct curve c[2];

    curves_around(c, node_nm, ports, port_bytes);
    return blend(curve_value(c[0], bytes), curve_value(c[1], bytes),
                 place(port_bytes, c[0].rows->port_bytes, c[1].rows->port_bytes));
}

/* What another kind of ports costs over one of reading and one of writing, at the nearest size that is
 * known. */
static struct sram ports_ratio(enum hardware_ports ports, double port_bytes, double bytes)
{
    struct curve c[2];

    curves_around(c, fit_nm, ports, port_bytes);
    const double known = fmin(fmax(bytes, c[0].rows->bytes), c[0].rows[c[0].count - 1].bytes);
    const double width = fmin(fmax(port_bytes, c[0].rows->port_bytes), c[1].rows->port_bytes);
    return over(at_node(fit_nm, ports, width, known), at_node(fit_nm, PORTS_1R1W, width, known));
}

static bool row_find(struct sram *out, double bytes, double port_bytes, enum hardware_ports ports, double nm)
{
    int count;
    const struct sram_row *rows = sram_rows(&count);

    for (int i = 0; i < count; i++) {
        if (rows[i].bytes != bytes || rows[i].port_bytes != port_bytes) continue;
        if (rows[i].ports != ports || rows[i].node_nm != nm) continue;
        *out = rows[i].sram;
        return true;
    }
    return false;
}

struct sram sram_of_table(double bytes, double port_bytes, enum hardware_ports ports, double node_nm)
{
    static const double nodes[] = {SRAM_MOST_NM, 45, 32, SRAM_LEAST_NM};
    struct sram out;
    int i = 0;

    if (row_find(&out, bytes, port_bytes, ports, node_nm)) return out;
    while (i < 2 && nodes[i + 1] > node_nm)
        i++;
    out = blend(at_node(nodes[i], PORTS_1R1W, port_bytes, bytes),
                at_node(nodes[i + 1], PORTS_1R1W, port_bytes, bytes), place(node_nm, nodes[i], nodes[i + 1]));
    return ports == PORTS_1R1W ? out : times(out, ports_ratio(ports, port_bytes, bytes));
}

struct sram sram_fit(double bytes, double port_bytes, double node_nm)
{
    const double kb = bytes / kilobyte, standard = 64 * kilobyte;
    int i = 0;

    while (i < FITS - 2 && fits[i + 1].port_bytes <= port_bytes)
        i++;
    const struct sram narrow = {fits[i].read * pow(kb, fits[i].read_exponent),
                                fits[i].write * pow(kb, fits[i].write_exponent), fit_leakage_mw_per_kb * kb,
                                fit_area_mm2_per_kb * kb};
    const struct sram wide = {fits[i + 1].read * pow(kb, fits[i + 1].read_exponent),
                              fits[i + 1].write * pow(kb, fits[i + 1].write_exponent), narrow.leakage_mw,
                              narrow.area_mm2};
    return times(blend(narrow, wide, place(port_bytes, fits[i].port_bytes, fits[i + 1].port_bytes)),
                 over(sram_of_table(standard, 4, PORTS_1R1W, node_nm),
                      sram_of_table(standard, 4, PORTS_1R1W, fit_nm)));
}
