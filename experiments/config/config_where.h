/* experiments/config/config_where.h - where a key of a YAML text stands, for messages; private to config.
 *
 * libcyaml turns text into values and forgets where they stood; a message about a value wants its line and
 * column.
 */
#ifndef EXPERIMENTS_CONFIG_CONFIG_WHERE_H
#define EXPERIMENTS_CONFIG_CONFIG_WHERE_H

#include "quant/status.h"

#include <stdbool.h>
#include <stddef.h>

/** A YAML text with the name that messages give it. */
struct yaml_text {
    const char *bytes;
    size_t length;
    const char *source;
};

/** Is it one YAML document, a mapping with at least one key? Failures name line and column. */
MUST_CHECK enum status where_check(const struct yaml_text *text);

/**
 * Write "source:line:column" of a key (or of its value) into place[size].
 *
 * path: keys and entry numbers from the root, as "forward.bits" or "arms.1.forward.bits". Of two equal keys,
 * the second. A path that leads nowhere gives the last part that does.
 */
void where_find(char *place, size_t size, const struct yaml_text *text, const char *path, bool value);

#endif
