/* energy/hardware/hardware_knobs.c - the table of knobs. Its defaults are BitFusion's array with its
 * model mended.
 *
 * To add a knob: its field in hardware.h, its row here, and the price or count that reads it. AT_IF_SET keeps
 * the hashes of hardware that does not set it as they were. Words of a choice stand in the order of their
 * enum.
 */
#include "energy/hardware/hardware_knobs.h"

#define FIELD(member)     offsetof(struct hardware, member), sizeof(((struct hardware *)0)->member)
#define AT(member)        FIELD(member), false
#define AT_IF_SET(member) FIELD(member), true

#define NUMBER(path, member, kind, min, max, unit, standard, meaning)                                        \
    {                                                                                                        \
        {path, "a number", unit, standard, meaning, min, max}, &(kind), AT(member)                           \
    }
#define REAL(path, member, min, max, unit, standard, meaning)                                                \
    NUMBER(path, member, knob_real, min, max, unit, standard, meaning)
#define AUTO(path, member, min, max, unit, meaning)                                                          \
    {                                                                                                        \
        {path, "a number or auto", unit, "auto", meaning, min, max}, &knob_auto, AT(member)                  \
    }
#define COUNT(path, member, kind, min, max, unit, standard, meaning)                                         \
    {                                                                                                        \
        {path, "a whole number", unit, standard, meaning, min, max}, &(kind), AT(member)                     \
    }
#define SWITCH(path, member, standard, meaning)                                                              \
    {                                                                                                        \
        {path, "true or false", "", standard, meaning, 0, 0}, &knob_switch, AT(member)                       \
    }
#define CHOICE(path, member, words, standard, meaning)                                                       \
    {                                                                                                        \
        {path, words, "", standard, meaning, 0, 0}, &knob_choice, AT(member)                                 \
    }

#define BYTES_MOST 1099511627776.0 /* 1 TiB */
#define PJ_MOST    1e6

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): strings that are joined can have none */

/* The knobs of one buffer. */
#define BUFFER(name, member, capacity, auto_banks, kind_of_ports, what)                                      \
    {{"buffer." name ".bytes", "bytes, as 65536 or 64 KiB", "bytes", capacity,                               \
      "of the " what "; 0: there is none", 0, BYTES_MOST}, &knob_bytes, AT(member.bytes)},                   \
    {{"buffer." name ".banks", "a whole number or auto", "", "auto",                                         \
      "equal parts with ports of their own: a small bank costs less a bit; auto: " auto_banks, 1, 1e9},      \
     &knob_banks, AT(member.banks)},                                                                         \
    COUNT("buffer." name ".port_bytes", member.port_bytes, knob_count, 1, 4096, "bytes", "4",                \
          "of one access to one bank"),                                                                      \
    CHOICE("buffer." name ".ports", member.ports, "1r1w | 1rw | rw1r1w", kind_of_ports,                      \
           "of a bank: one to read and one to write, one for both, or both of these"),                       \
    SWITCH("buffer." name ".double_buffer", member.double_buffer, "true",                                    \
           "half of it is filled while the other is used: half is usable"),                                  \
    CHOICE("buffer." name ".energy", member.energy, "table | fit | fixed", "table",                          \
           "CACTI's rows, power laws through them, or the two prices below"),                                \
    AUTO("buffer." name ".read_pj_per_bit", member.read_pj_per_bit, 0, PJ_MOST, "pJ/bit",                    \
         "auto: by capacity of a bank, port and node, as energy says"),                                      \
    AUTO("buffer." name ".write_pj_per_bit", member.write_pj_per_bit, 0, PJ_MOST, "pJ/bit",                  \
         "auto: by capacity of a bank, port and node, as energy says"),                                      \
    {{"buffer." name ".bits_per_cycle", "a number or unlimited", "bit/cycle", "unlimited",                   \
      "that it gives and takes at most; not on bitfusion", 1e-6, 1e12}, &knob_unlimited,                     \
     AT(member.bits_per_cycle)}

/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

static const struct knob_row rows[] = {
    {{"name", "a name", "", "default", "names the hardware; not part of its identity", 0, 0},
     &knob_name,
     AT(name)},

    REAL("tech.node_nm", tech.node_nm, 1, 250, "nm", "45", "technology node; DRAM does not follow it"),
    AUTO("tech.vdd", tech.vdd, 0.3, 1.5, "V", "supply; auto: the node's nominal one, 0.9 V at 45 nm"),
    REAL("tech.temperature_k", tech.temperature_k, 233, 423, "K", "360",
         "of the chip: leakage grows with it"),
    CHOICE("tech.scaling", tech.scaling, "anchors | stillmaker | none", "anchors",
           "from 45 nm to the node: published measurements, Stillmaker and Baas' polynomials with CACTI's "
           "nodes for SRAM, or nothing"),
    CHOICE("tech.leakage", tech.leakage, "off | lop | hp", "lop",
           "static power of buffers and elements: none, low-operating-power or high-performance cells"),
    {{"tech.prices_within", "a number", "", "1",
      "every pJ and W given here is true within this factor; 1: exactly", 1, 100},
     &knob_real,
     AT_IF_SET(tech.prices_within)},
    AUTO("tech.static_w", tech.static_w, 0, 1e6, "W",
         "of the whole chip while on; auto: buffers and elements by leakage"),

    {{"array.backend", "a row of `cptsim list backends`", "", "bitfusion", "what counts cycles and accesses",
      0, 0},
     &knob_backend,
     AT(array.backend)},
    COUNT("array.rows", array.rows, knob_count, 1, 65536, "", "16",
          "of processing elements; on BitFusion input channels"),
    COUNT("array.columns", array.columns, knob_count, 1, 65536, "", "32",
          "of processing elements; on BitFusion output channels"),
    REAL("array.mhz", array.mhz, 1e-3, 1e5, "MHz", "500", "clock of the array"),
    CHOICE("array.mac_model", array.mac_model, "quadratic | pe-fixed | bitfusion | bit-serial", "bitfusion",
           "how a product's energy follows its operands' widths"),
    COUNT("array.pmax", array.pmax, knob_int, 1, 64, "bits", "8", "widest operand of one element"),
    COUNT("array.pmin", array.pmin, knob_int, 1, 64, "bits", "2",
          "narrowest operand that is cheaper or faster: others are padded to it"),
    CHOICE("array.compose", array.compose, "spatial | temporal | floor", "temporal",
           "operands wider than pmax: several elements, several passes (but on bitfusion both come to the "
           "same), or refused as in BitFusion's released code"),
    COUNT("array.accumulator_bits", array.accumulator_bits, knob_int, 1, 128, "bits", "32",
          "of partial sums"),
    REAL("array.idle_gating", array.idle_gating, 0, 1, "", "0.3",
         "share of a busy element's energy that an idle one takes"),
    {{"array.register_bytes", "bytes, as 512 or 1 KiB", "bytes", "0",
      "of one element's scratchpad; 0: none, as bitfusion wants it", 0, 1 << 20},
     &knob_bytes,
     AT(array.register_bytes)},
    AUTO("array.mac_pj", array.mac_pj, 0, PJ_MOST, "pJ",
         "8-bit multiply with its accumulation, padded to pmin; auto: constants, scaled to the node"),
    AUTO("array.core_pj", array.core_pj, 0, PJ_MOST, "pJ/cycle",
         "one element's busy cycle; auto: fusion_core on a bitfusion array, else a product of pmax bits"),
    AUTO("array.register_pj_per_bit", array.register_pj_per_bit, 0, PJ_MOST, "pJ/bit",
         "auto: constants scratchpad and register, by register_bytes"),

    BUFFER("weight", weight, "65536", "rows x columns", "1r1w", "weight buffer"),
    BUFFER("input", input, "32768", "rows", "1r1w", "input buffer"),
    BUFFER("output", output, "16384", "columns", "rw1r1w", "output buffer"),
    BUFFER("global", global, "0", "1", "1r1w", "buffer shared by all tensors"),

    SWITCH("noc.multicast", noc.multicast, "true",
           "one read serves all elements that want the same word; on systolic and loopnest either this or "
           "forward does, and bitfusion has a switch of its own, input_broadcast"),
    SWITCH("noc.forward", noc.forward, "true",
           "elements hand operands on to their neighbours; see multicast"),
    AUTO("noc.pj_per_bit_mm", noc.pj_per_bit_mm, 0, PJ_MOST, "pJ/bit/mm", "auto: constant wire"),
    REAL("noc.pitch_mm", noc.pitch_mm, 1e-6, 100, "mm", "0.1", "from one element to the next"),
    AUTO("noc.hop_pj_per_bit", noc.hop_pj_per_bit, 0, PJ_MOST, "pJ/bit",
         "auto: constant router and one pitch of wire"),

    {{"dram.kind", "a row of `cptsim list dram`", "", "lpddr3", "what a bit costs, unless pj_per_bit says it",
      0, 0},
     &knob_dram,
     AT(dram.kind)},
    AUTO("dram.pj_per_bit", dram.pj_per_bit, 0, PJ_MOST, "pJ/bit", "read or written; auto: of the kind"),
    REAL("dram.bits_per_cycle", dram.bits_per_cycle, 1e-6, 1e9, "bit/cycle", "192",
         "of the array's clock, both ways together"),
    AUTO("dram.background_w", dram.background_w, 0, 1e6, "W", "while on; auto: of the kind, by capacity"),
    REAL("dram.capacity_gb", dram.capacity_gb, 1e-6, 1e9, "GB", "4", "for the background power"),

    CHOICE("mapping.dataflow", mapping.dataflow, "auto | ws | os | is | rs", "auto",
           "what stays: the best, weights, outputs, inputs, rows; of back ends that have a choice"),
    CHOICE("mapping.objective", mapping.objective, "latency | energy | edp", "energy",
           "what the search for tiles minimizes; latency as in BitFusion's simulator, where energy may then "
           "rise with bandwidth"),
    CHOICE("mapping.tiles", mapping.tiles, "pow2 | factors | all", "pow2",
           "sizes of tiles that are tried: by loopnest; bitfusion has pow2 only, systolic no tiles"),
    SWITCH("mapping.fuse_norm", mapping.fuse_norm, "true",
           "batch norm where the products leave the array: no traffic of its own"),
    SWITCH("mapping.fuse_relu", mapping.fuse_relu, "true", "the same for ReLU"),
    CHOICE("mapping.backward_data", mapping.backward_data, "dense | zero-inserted", "dense",
           "strided layers' errors: only what is needed, or stride^2 times the products"),

    SWITCH("bitfusion.compat", bitfusion.compat, "false",
           "as its simulator was released, whatever the switches below say"),
    SWITCH("bitfusion.output_once", bitfusion.output_once, "true",
           "outputs go to DRAM once, not as 32 bits both ways"),
    SWITCH("bitfusion.input_broadcast", bitfusion.input_broadcast, "true",
           "an input is read once for all columns"),
    SWITCH("bitfusion.core_by_use", bitfusion.core_by_use, "true",
           "elements cost what they compute, not a price a cycle"),
    SWITCH("bitfusion.unpadded_dram", bitfusion.unpadded_dram, "true",
           "padding to the array stays on the chip"),
    SWITCH("bitfusion.first_tile", bitfusion.first_tile, "true",
           "computing waits for a tile, not for all that stays resident"),
    SWITCH("bitfusion.leakage", bitfusion.leakage, "true", "static power is charged"),

    CHOICE("training.optimizer", training.optimizer, "sgd-momentum | adam", "sgd-momentum",
           "state it reads and writes"),
    COUNT("training.master_bits", training.master_bits, knob_int, 1, 64, "bits", "32",
          "of the weights that are updated"),
    COUNT("training.state_bits", training.state_bits, knob_int, 1, 64, "bits", "32",
          "of each word of the optimizer's state"),
    COUNT("training.gradient_bits", training.gradient_bits, knob_int, 1, 64, "bits", "32",
          "of weight gradients, from the array to the optimizer"),
    COUNT("training.norm_bits", training.norm_bits, knob_int, 1, 64, "bits", "32",
          "of batch norm's arithmetic and parameters"),
    COUNT("training.output_bits", training.output_bits, knob_int, 1, 64, "bits", "32",
          "of layers' outputs and errors before batch norm, in memory"),
    CHOICE("training.storage", training.storage, "emulated | true", "true",
           "what DRAM holds: float32 as in emulating code, or the codes; on the chip, and for partial sums "
           "that leave it, nothing changes"),
    SWITCH("training.products_only", training.products_only, "false",
           "price nothing but the three products, as BitFusion's released simulator does"),

    REAL("system.chips", system.chips, 1, 1e9, "", "1",
         "equal ones that share the work; for embodied carbon and rent"),
    AUTO("system.pue", system.pue, 1, 10, "",
         "power of the facility over that of its machines; auto: constant pue"),
    AUTO("system.psu_efficiency", system.psu_efficiency, 0.01, 1, "",
         "of power supplies; auto: constant psu_efficiency"),
    REAL("system.host_w", system.host_w, 0, 1e9, "W", "0", "the rest of the machine, while the array runs"),
    {{"system.gco2_per_kwh", "a number, a row of `cptsim list places`, or auto", "g/kWh", "auto",
      "of the grid; auto: the world's", 0, 1e5},
     &knob_grid,
     AT(system.gco2_per_kwh)},
    AUTO("system.price_per_kwh", system.price_per_kwh, 0, 1e6, "USD/kWh",
         "of electricity; auto: constant price_per_kwh"),
    REAL("system.hourly_rate", system.hourly_rate, 0, 1e6, "USD/h", "0", "rent of a chip"),
    REAL("system.embodied_kg", system.embodied_kg, 0, 1e9, "kg", "0",
         "CO2e of making a chip, spread over its lifetime"),
    REAL("system.lifetime_h", system.lifetime_h, 1, 1e7, "h", "26280", "three years by default"),
};

const struct knob_row *knob_rows(int *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}
