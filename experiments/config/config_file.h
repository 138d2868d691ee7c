/* experiments/config/config_file.h - what an experiment file says, key by key, before anything is
 * interpreted; private. */
#ifndef EXPERIMENTS_CONFIG_CONFIG_FILE_H
#define EXPERIMENTS_CONFIG_CONFIG_FILE_H

#include "experiments/config/config_keys.h"

enum { CONFIG_BASE = -1 }; /* the file itself, where an arm's number is asked for */

/** The text of row `row` of the table of keys as an arm (or the file) gives it; false if it does not. */
bool config_says(char text[KEY_TEXT], const struct config_file *f, int arm, int row);

/** Write "file:line:column" of that row's value. */
void config_place(char *place, size_t size, const struct config_file *f, int arm, int row);

#endif
