/* energy/hardware/hardware.h - a description of an accelerator: every knob a number or a word, all with
 * defaults.
 *
 * One table of knobs (hardware_knobs.c) says for each its path ("dram.pj_per_bit"), kind, range, default,
 * unit and meaning. Files, --set, sweeps, printing and hashing all go by it. A real knob that is NaN is
 * `auto`: its value follows from others and from energy/prices/constants.h; `cptsim list knobs` says how.
 */
#ifndef ENERGY_HARDWARE_HARDWARE_H
#define ENERGY_HARDWARE_HARDWARE_H

#include "quant/status.h"
#include "sim/base/digest.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { HARDWARE_NAME = 48 };

/* Words that a knob can be; their spellings are in hardware_knobs.c. */
enum hardware_scaling { SCALING_ANCHORS, SCALING_STILLMAKER, SCALING_NONE };
/** The nodes that stillmaker knows. */
enum { STILLMAKER_NM_LEAST = 7, STILLMAKER_NM_MOST = 130 };

enum hardware_leakage { LEAKAGE_OFF, LEAKAGE_LOP, LEAKAGE_HP };
enum hardware_compose {
    COMPOSE_SPATIAL,
    COMPOSE_TEMPORAL,
    COMPOSE_FLOOR
}; /* bits above pmax; floor: refused */
enum hardware_mac { MAC_QUADRATIC, MAC_PE_FIXED, MAC_BITFUSION, MAC_BIT_SERIAL };
enum hardware_buffer_energy { BUFFER_TABLE, BUFFER_FIT, BUFFER_FIXED };
enum hardware_ports { PORTS_1R1W, PORTS_1RW, PORTS_RW1R1W }; /* of one bank: read, write, either */
enum hardware_dataflow { DATAFLOW_AUTO, DATAFLOW_WS, DATAFLOW_OS, DATAFLOW_IS, DATAFLOW_RS };
enum hardware_objective { OBJECTIVE_LATENCY, OBJECTIVE_ENERGY, OBJECTIVE_EDP };
enum hardware_tiles { TILES_POW2, TILES_FACTORS, TILES_ALL };
enum hardware_backward_data { BACKWARD_DATA_DENSE, BACKWARD_DATA_ZERO_INSERTED };
enum hardware_storage {
    STORAGE_EMULATED,
    STORAGE_TRUE
}; /* what DRAM holds: float32 as in the code, or the codes */
enum hardware_optimizer { OPTIMIZER_SGD_MOMENTUM, OPTIMIZER_ADAM };

/** Bytes 0: there is no such buffer. Banks 0: auto, see hardware_banks. */
struct hardware_buffer {
    int64_t bytes, banks, port_bytes;
    enum hardware_ports ports;
    bool double_buffer; /* half of it is usable */
    enum hardware_buffer_energy energy;
    double read_pj_per_bit, write_pj_per_bit; /* NaN: auto */
    double bits_per_cycle;                    /* NaN: no limit */
};

struct backend;

struct hardware {
    char name[HARDWARE_NAME];
    struct {
        double node_nm, temperature_k;
        double vdd;           /* NaN: auto, the node's nominal one */
        double static_w;      /* NaN: auto, by leakage */
        double prices_within; /* every price given here is true within this factor, up and down */
        enum hardware_scaling scaling;
        enum hardware_leakage leakage;
    } tech;
    struct {
        const struct backend *backend; /* a row of energy/backends/backends.h */
        int64_t rows, columns; /* processing elements: input channels x output channels on BitFusion */
        double mhz;
        enum hardware_mac mac_model;
        int pmax, pmin; /* widest and narrowest operand of one processing element */
        enum hardware_compose compose;
        int accumulator_bits;
        double idle_gating;         /* share of a busy element's energy that an idle one takes */
        int64_t register_bytes;     /* of one processing element, e.g. a scratchpad; 0: none */
        double mac_pj, core_pj;     /* 8-bit multiply-accumulate; one element's cycle. NaN: auto */
        double register_pj_per_bit; /* NaN: auto */
    } array;
    struct hardware_buffer weight, input, output, global;
    struct {
        bool multicast, forward;
        double pj_per_bit_mm, pitch_mm; /* NaN: auto, constant `wire` */
        double hop_pj_per_bit;          /* NaN: auto, router and wire of one pitch */
    } noc;
    struct {
        int kind; /* a row of energy/prices/dram.h */
        double bits_per_cycle, capacity_gb;
        double pj_per_bit, background_w; /* NaN: auto, of the kind */
    } dram;
    struct {
        enum hardware_dataflow dataflow;
        enum hardware_objective objective;
        enum hardware_tiles tiles;
        bool fuse_norm, fuse_relu;
        enum hardware_backward_data backward_data;
    } mapping;
    /* BitFusion as its simulator was released, or with its artefacts mended one by one; see
     * energy/backends/bitfusion/bitfusion.h. */
    struct {
        bool compat; /* all of them as released, whatever the switches below say */
        bool output_once, input_broadcast, core_by_use, unpadded_dram, first_tile, leakage;
    } bitfusion;
    struct {
        enum hardware_optimizer optimizer;
        int master_bits, state_bits, gradient_bits, norm_bits, output_bits;
        enum hardware_storage storage;
        bool products_only; /* nothing but the three products is priced, as in BitFusion's released simulator
                             */
    } training;
    struct {
        double chips, host_w, embodied_kg, lifetime_h, hourly_rate;
        double pue, psu_efficiency, gco2_per_kwh, price_per_kwh; /* NaN: auto, the constants */
    } system;
};

/** All knobs at their defaults. */
struct hardware hardware_default(void);

/** Set a knob from text. STATUS_INPUT: unknown knobs name the nearest one, bad values what would be right. */
STATUS_MUST_CHECK enum status hardware_set(struct hardware *h, const char *path, const char *text);

/** Checks between knobs: pmin <= pmax, banks that hold a port's width, prices where they cannot be auto. */
STATUS_MUST_CHECK enum status hardware_check(const struct hardware *h);

/** Banks of one of h's own buffers; auto: rows x columns of weights, rows of inputs, columns of outputs,
 * else 1. */
int64_t hardware_banks(const struct hardware *h, const struct hardware_buffer *b);

/** Bits in DRAM of a value that has so many on the chip: float32's where training.storage is emulated. */
int hardware_stored_bits(const struct hardware *h, int bits);

/** One knob, for lists, printing and sweeps. */
struct knob {
    const char *path, *kind, *unit, *standard, *meaning;
    double min, max; /* of a number */
};

/** The i-th knob, NULL after the last. */
const struct knob *hardware_knob(int i);

/** Its number by its path; STATUS_INPUT with the nearest known one. */
STATUS_MUST_CHECK enum status hardware_find(int *knob, const char *path);

/** Write its value as text that hardware_set reads back: the fewest digits, "auto" for a NaN. */
void hardware_value(char *text, size_t size, const struct hardware *h, int knob);

/** Its value as a number; NaN where it is auto or a word. */
double hardware_number(const struct hardware *h, int knob);

/** Whether a knob is a price (in pJ or W) that h gives instead of leaving it to the constants. */
bool hardware_gives_price(const struct hardware *h, int knob);

/** Multiply such a price. */
void hardware_scale_price(struct hardware *h, int knob, double factor);

/** h with all prices that it gives times `factor`, whose range is 1 / h->tech.prices_within to
 * prices_within. */
struct hardware hardware_at_prices(const struct hardware *h, double factor);

/** SHA-256 of all knobs' values but the name: equal hashes cost the same. */
void hardware_hash(char hex[DIGEST_SIZE], const struct hardware *h);

#endif
