/* energy/prices/price.c - price lists from knobs and constants. */
#include "energy/prices/price.h"

#include "energy/prices/dram.h"
#include "energy/prices/node.h"
#include "energy/prices/sram.h"

#include <math.h>

static const double pj_per_joule = 1e12, watt_per_mw = 1e-3, kilobyte = 1024;
static const double reference_nm = 45, cacti_kelvin = 360, register_bytes_known = 512;

static double auto_or(double knob, double standard)
{
    return isnan(knob) ? standard : knob;
}

/* --- arithmetic ----------------------------------------------------------------------------------------- */

/* Times that an operand goes through an element. */
static double passes(const struct hardware *h, int bits)
{
    return bits > h->array.pmax ? ceil((double)bits / h->array.pmax) : 1;
}

/* Bits that an element is busy with in each pass: narrower operands than pmin are padded. */
static int width(const struct hardware *h, int bits)
{
    const int padded = bits < h->array.pmin ? h->array.pmin : bits;
    return padded > h->array.pmax ? h->array.pmax : padded;
}

/* How many fusion units an operand of one pass takes: 1/2 where two fit in. */
static double fusion_share(const struct hardware *h, int bits)
{
    const int at_once = h->array.pmax / width(h, bits);
    return 1.0 / at_once;
}

/* Fusion units of an 8 x 8-bit multiply. */
static double fusion_unit(const struct hardware *h)
{
    return pow(passes(h, 8) * fusion_share(h, 8), 2);
}

/* Picojoules of a fixed-width element whose operands have this many bits. */
static double pe_fixed_pj(const struct constants *k, double bits)
{
    return (k->value[PE_FIXED_SQUARE] * bits + k->value[PE_FIXED_SLOPE]) * bits + k->value[PE_FIXED_BASE];
}

/* One pass of two operands that fit, over 8 x 8 bits. */
static double pass_equivalents(const struct hardware *h, const struct constants *k, int a_bits, int b_bits)
{
    const double product = (double)a_bits * b_bits;

    switch (h->array.mac_model) {
    case MAC_QUADRATIC:
        return pow(product / 64, k->value[MULTIPLY_EXPONENT]);
    case MAC_PE_FIXED:
        return pe_fixed_pj(k, sqrt(product)) / pe_fixed_pj(k, 8);
    case MAC_BITFUSION:
        return fusion_share(h, a_bits) * fusion_share(h, b_bits);
    case MAC_BIT_SERIAL:
        return product / 64 * k->value[BIT_SERIAL_OVERHEAD];
    }
    return 0;
}

double multiply_equivalents(const struct hardware *h, const struct constants *k, int a_bits, int b_bits)
{
    const double unit = h->array.mac_model == MAC_BITFUSION ? fusion_unit(h) : 1;
    return passes(h, a_bits) * passes(h, b_bits) *
           pass_equivalents(h, k, width(h, a_bits), width(h, b_bits)) / unit;
}

bool price_weighs_widths(enum constant_name c)
{
    static const enum constant_name all[] = {MULTIPLY_EXPONENT, ADD_EXPONENT,   BIT_SERIAL_OVERHEAD,
                                             PE_FIXED_BASE,     PE_FIXED_SLOPE, PE_FIXED_SQUARE};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] == c) return true;
    return false;
}

/* Is the accumulation in the price of the product? */
static bool adds_inside(const struct hardware *h)
{
    return h->array.mac_model == MAC_PE_FIXED || h->array.mac_model == MAC_BITFUSION;
}

double add_equivalents(const struct hardware *h, const struct constants *k, int bits)
{
    return adds_inside(h) ? 0 : pow(bits / 8.0, k->value[ADD_EXPONENT]);
}

/* One cycle of a fusion unit: a power law through the two that were synthesized. */
static double fusion_core_pj(const struct hardware *h, const struct constants *k)
{
    const double ratio = k->value[FUSION_CORE_16] / k->value[FUSION_CORE];
    return k->value[FUSION_CORE] * pow(ratio, log2(h->array.pmax / 8.0)) * node_logic(h, k, reference_nm);
}

/* An 8 x 8-bit multiply, and an 8-bit addition. mac_pj is one of the former with the accumulation after
 * it. */
static void arithmetic_prices(struct prices *out, const struct hardware *h, const struct constants *k)
{
    const double logic = node_logic(h, k, reference_nm);
    double multiply = node_between(h, k, INT8_MULTIPLY, INT8_MULTIPLY_7NM);
    double add = node_between(h, k, INT8_ADD, INT8_ADD_7NM);

    if (h->array.mac_model == MAC_PE_FIXED) multiply = pe_fixed_pj(k, 8) * logic;
    if (h->array.mac_model == MAC_BITFUSION)
        multiply = auto_or(h->array.core_pj, fusion_core_pj(h, k)) * fusion_unit(h);
    if (!isnan(h->array.mac_pj)) {
        const double mac = multiply * multiply_equivalents(h, k, 8, 8) +
                           add * add_equivalents(h, k, h->array.accumulator_bits);
        multiply *= h->array.mac_pj / mac;
        if (!adds_inside(h)) add *= h->array.mac_pj / mac;
    }
    out->pj[COST_MULTIPLY] = multiply;
    out->pj[COST_ADD] = add;
    out->pj[COST_FLOAT_MULTIPLY] = node_between(h, k, FLOAT32_MULTIPLY, FLOAT32_MULTIPLY_7NM);
    out->pj[COST_FLOAT_ADD] = node_between(h, k, FLOAT32_ADD, FLOAT32_ADD_7NM);
}

/* A busy cycle of an element: on a bitfusion array as synthesized, elsewhere a product of its widest
 * operands. */
static double core_price(const struct prices *p, const struct hardware *h, const struct constants *k)
{
    if (!isnan(h->array.core_pj)) return h->array.core_pj;
    if (h->array.mac_model == MAC_BITFUSION && isnan(h->array.mac_pj)) return fusion_core_pj(h, k);
    return p->pj[COST_MULTIPLY] * multiply_equivalents(h, k, h->array.pmax, h->array.pmax) +
           p->pj[COST_ADD] * add_equivalents(h, k, h->array.accumulator_bits);
}

/* --- memory --------------------------------------------------------------------------------------------- */

/* A scratchpad by its size, never below one register. */
static double register_price(const struct hardware *h, const struct constants *k)
{
    const double one = k->value[REGISTER] * node_logic(h, k, constant_of(REGISTER)->node_nm);
    const double size = (double)h->array.register_bytes / register_bytes_known;
    const double pad = k->value[SCRATCHPAD] * node_logic(h, k, constant_of(SCRATCHPAD)->node_nm) *
                       pow(size, k->value[SCRATCHPAD_EXPONENT]);
    return fmax(one, pad);
}

static double hop_price(const struct hardware *h, const struct constants *k)
{
    return k->value[ROUTER] * node_logic(h, k, reference_nm) +
           auto_or(h->noc.pj_per_bit_mm, k->value[WIRE]) * h->noc.pitch_mm;
}

/* An array of `bytes` at 7 nm over the same at 45 nm: lines through the three that were published. */
static double sram_at_7nm(const struct constants *k, double bytes)
{
    const double kb = fmin(1024, fmax(8, bytes / kilobyte));
    const double small = k->value[SRAM_7NM_8KB], middle = k->value[SRAM_7NM_32KB],
                 large = k->value[SRAM_7NM_1MB];
    return kb < 32 ? small * pow(middle / small, log2(kb / 8) / 2)
                   : middle * pow(large / middle, log2(kb / 32) / 5);
}

/* The node at which CACTI's rows are taken, and what is left to the hardware's: see energy/prices/node.h. */
static double sram_node(double *factor, const struct hardware *h, const struct constants *k, double bytes)
{
    const double nm = h->tech.node_nm, known = fmin(SRAM_MOST_NM, fmax(SRAM_LEAST_NM, nm));
    const double volt = node_vdd(h) / node_nominal_vdd(nm);

    *factor = volt * volt;
    if (h->tech.scaling == SCALING_NONE) *factor = 1;
    if (h->tech.scaling == SCALING_STILLMAKER && nm != known)
        *factor *=
            stillmaker_energy(nm, node_nominal_vdd(nm)) / stillmaker_energy(known, node_nominal_vdd(known));
    if (h->tech.scaling == SCALING_STILLMAKER) return known;
    if (h->tech.scaling == SCALING_NONE) return reference_nm;
    if (nm > known) *factor *= node_logic(h, k, known) / (volt * volt);
    if (nm < reference_nm)
        *factor *= pow(sram_at_7nm(k, bytes), log(reference_nm / fmax(nm, 7)) / log(reference_nm / 7)) *
                   sqrt(fmin(1, nm / 7));
    return fmax(reference_nm, known);
}

/* One bank of a buffer on h. Leakage is the table's at the node, whatever the scaling: there are no
 * anchors. */
static struct sram bank_of(const struct hardware *h, const struct constants *k,
                           const struct hardware_buffer *b)
{
    const double bytes = (double)b->bytes / (double)hardware_banks(h, b), port = (double)b->port_bytes;
    double factor;
    const double node = sram_node(&factor, h, k, bytes);
    const double leaky_node = h->tech.scaling == SCALING_NONE ? reference_nm : h->tech.node_nm;
    struct sram s =
        b->energy == BUFFER_FIT ? sram_fit(bytes, port, node) : sram_of_table(bytes, port, b->ports, node);

    s.read_pj_per_bit *= factor * k->value[SRAM_SCALE];
    s.write_pj_per_bit *= factor * k->value[SRAM_SCALE];
    s.leakage_mw = sram_of_table(bytes, port, b->ports, leaky_node).leakage_mw * k->value[SRAM_LEAKAGE_SCALE];
    return s;
}

/* Prices of a buffer; adds the watts that it leaks. */
static void buffer_price(double *read, double *write, double *watt, const struct hardware *h,
                         const struct constants *k, const struct hardware_buffer *b)
{
    *read = *write = 0;
    if (b->bytes == 0) return;
    const struct sram bank = bank_of(h, k, b);
    *read = auto_or(b->read_pj_per_bit, bank.read_pj_per_bit);
    *write = auto_or(b->write_pj_per_bit, bank.write_pj_per_bit);
    *watt += bank.leakage_mw * watt_per_mw * (double)hardware_banks(h, b);
}

/* --- static power --------------------------------------------------------------------------------------- */

/* Watts of the chip: cells as CACTI's table has them, made lop if asked for; elements as synthesized. */
static double leakage_watt(const struct hardware *h, const struct constants *k, double buffers_watt)
{
    const double elements = (double)h->array.rows * (double)h->array.columns, wide = h->array.pmax / 8.0;
    const double share = h->tech.leakage == LEAKAGE_LOP ? k->value[SRAM_LOP_SHARE] : 1;
    const double heat = pow(2, (h->tech.temperature_k - cacti_kelvin) / k->value[LEAKAGE_DOUBLING]);
    const double array_watt =
        elements * wide * wide * k->value[PE_LEAKAGE] * watt_per_mw * node_logic(h, k, reference_nm);

    if (!isnan(h->tech.static_w)) return h->tech.static_w;
    return h->tech.leakage == LEAKAGE_OFF ? 0 : (buffers_watt * share + array_watt) * heat;
}

static double background_watt(const struct hardware *h, const struct constants *k,
                              const struct dram_kind *kind)
{
    if (!isnan(h->dram.background_w)) return h->dram.background_w;
    return k->value[kind->background_w_per_gb] * h->dram.capacity_gb;
}

void prices_make(struct prices *out, const struct hardware *h, const struct constants *k)
{
    int count;
    const struct dram_kind *kind = &dram_all(&count)[h->dram.kind];

    *out = (struct prices){.constants = *k};
    double *const pj = out->pj;
    double watt = 0;
    arithmetic_prices(out, h, k);
    pj[COST_CORE] = core_price(out, h, k);
    pj[COST_IDLE] = pj[COST_CORE] * h->array.idle_gating;
    pj[COST_REGISTER] = auto_or(h->array.register_pj_per_bit, register_price(h, k));
    pj[COST_NETWORK] = auto_or(h->noc.hop_pj_per_bit, hop_price(h, k));
    buffer_price(&pj[COST_WEIGHT_READ], &pj[COST_WEIGHT_WRITE], &watt, h, k, &h->weight);
    buffer_price(&pj[COST_INPUT_READ], &pj[COST_INPUT_WRITE], &watt, h, k, &h->input);
    buffer_price(&pj[COST_OUTPUT_READ], &pj[COST_OUTPUT_WRITE], &watt, h, k, &h->output);
    buffer_price(&pj[COST_GLOBAL_READ], &pj[COST_GLOBAL_WRITE], &watt, h, k, &h->global);
    pj[COST_DRAM_READ] = isnan(h->dram.pj_per_bit) ? k->value[kind->pj_per_bit] : h->dram.pj_per_bit;
    pj[COST_DRAM_WRITE] = pj[COST_DRAM_READ];
    pj[COST_LEAKAGE] = leakage_watt(h, k, watt) * pj_per_joule;
    pj[COST_BACKGROUND] = background_watt(h, k, kind) * pj_per_joule;
    pj[COST_HOST] = h->system.host_w * pj_per_joule;
}
