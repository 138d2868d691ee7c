/* sim/base/available.h - how much memory this process may still take. */
#ifndef SIM_BASE_AVAILABLE_H
#define SIM_BASE_AVAILABLE_H

#include <stdint.h>

/**
 * Bytes: what the kernel says is available, and what every control group around this process (versions 1 and 2) still
 * allows, whichever is least; UINT64_MAX if nobody says. A machine that gives more than it has (overcommit) kills whoever
 * then uses it, so that malloc is not the one to ask. `root`: "" but in tests.
 */
uint64_t memory_available(const char *root);

#endif
