/* experiments/config/hardware_file.h - descriptions of hardware by name, from a YAML file, and with --set
 * over them.
 *
 *     base: bitfusion            a hardware of `cptsim list hardware` to start from; without it, the defaults
 *     array: {rows: 32}          knobs of `cptsim list knobs`, in groups as their paths have it
 *     dram.kind: hbm2            or with the whole path
 */
#ifndef EXPERIMENTS_CONFIG_HARDWARE_FILE_H
#define EXPERIMENTS_CONFIG_HARDWARE_FILE_H

#include "energy/hardware/hardware.h"

#include <stddef.h>

/**
 * Read a hardware, lay sets[count] ("array.rows=32") over it, check it. what: a name of `cptsim list
 * hardware`, which needs no file, or the path of a YAML file. What the sets change is added to its name:
 * "bitfusion+dram.kind=hbm2", "bitfusion+2" after two changes. Failures name file, line and column, or
 * the --set; STATUS_USAGE: `what` names nothing or a set is wrong, STATUS_INPUT: the file is.
 */
STATUS_MUST_CHECK enum status hardware_load(struct hardware *out, const char *what, const char *const *sets,
                                            int count);

/** The same from a text, which messages call `source`; not checked. */
STATUS_MUST_CHECK enum status hardware_parse(struct hardware *out, const char *text, size_t length,
                                             const char *source);

/** The first comment line of a hardware of the program, without its mark and last dot: what it is. */
void hardware_title(char *title, size_t size, int preset);

#endif
