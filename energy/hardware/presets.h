/* energy/hardware/presets.h - the hardware files of energy/hardware, as they are, inside of the program.
 *
 * To add one: NAME.yaml in that folder; the build finds it (presets.mk, presets.sh).
 */
#ifndef ENERGY_HARDWARE_PRESETS_H
#define ENERGY_HARDWARE_PRESETS_H

#include <stddef.h>

struct preset {
    const char *name;
    const unsigned char *text; /* [length] */
    size_t length;
};

const struct preset *preset_all(int *count);

#endif
