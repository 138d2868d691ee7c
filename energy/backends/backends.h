/* energy/backends/backends.h - the table of cost models. */
#ifndef ENERGY_BACKENDS_BACKENDS_H
#define ENERGY_BACKENDS_BACKENDS_H

#include "energy/backends/backend.h"

/** All rows; *count is set. */
const struct backend *const *backend_all(int *count);

/** Back end by name; STATUS_INPUT with the nearest known one. */
STATUS_MUST_CHECK enum status backend_find(const struct backend **out, const char *name);

#endif
