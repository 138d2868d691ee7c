/* energy/hardware/hardware_knobs.h - the table of knobs, for hardware*.c and for tables of other
 * rooms whose rows a knob names. */
#ifndef ENERGY_HARDWARE_HARDWARE_KNOBS_H
#define ENERGY_HARDWARE_HARDWARE_KNOBS_H

#include "energy/hardware/hardware.h"

#include <stddef.h>

struct knob_row;

/** How a knob's text becomes a field of struct hardware, and back. To add a kind: hardware_kinds.c. */
struct knob_kind {
    /** Fails with a sentence that begins with what is wrong; the caller puts the path before it. */
    enum status (*parse)(void *field, const struct knob_row *row, const char *text);
    /** Text that parse turns into the same field. */
    void (*print)(char *text, size_t size, const void *field, const struct knob_row *row);
    /** NaN where it is auto; NULL where it is a word. */
    double (*number)(const void *field);
    /** What h's other knobs must say where the field is as it is; NULL: nothing. */
    enum status (*check)(const struct hardware *h);
};

struct knob_row {
    struct knob knob; /* of a choice, its kind holds the words in the enum's order, "a | b | c" */
    const struct knob_kind *kind;
    size_t offset, size; /* of the field in struct hardware */
    bool if_set;         /* in the hash only where it is not its default: younger than hashes in records */
};

extern const struct knob_kind knob_name, knob_real, knob_auto, knob_unlimited;
extern const struct knob_kind knob_count, knob_banks, knob_bytes, knob_int, knob_switch, knob_choice;

/* Of rows of other tables, beside which they stand. */
extern const struct knob_kind knob_dram, knob_grid, knob_backend;

/** The rows, in the order of the printed form: knobs of one group stand together. */
const struct knob_row *knob_rows(int *count);

#endif
