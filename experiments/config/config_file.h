/* experiments/config/config_file.h - what an experiment file says, key by key, before anything is
 * interpreted; private. */
#ifndef EXPERIMENTS_CONFIG_CONFIG_FILE_H
#define EXPERIMENTS_CONFIG_CONFIG_FILE_H

#include "experiments/config/config_keys.h"
#include "experiments/config/yaml.h"

enum { CONFIG_BASE = -1 }; /* the file itself, where an arm's number is asked for */

/** The text of row `row` of the table of keys as an arm (or the file) gives it, and where; false if it does not. */
bool config_says(char text[KEY_TEXT], struct config_origin *origin, const struct config_file *f, int arm,
                 int row);

/** The file's name, for messages. */
const char *config_source(const struct config_file *f);

/** The text of a value of the command line, as that of a value in a file. `source` stands in messages. */
STATUS_MUST_CHECK enum status config_value(char text[KEY_TEXT], const struct key *k, const char *value,
                                           const char *source);

#endif
