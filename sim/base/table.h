/* sim/base/table.h - tables of named rows: the row of a name, and the nearest known name to one that is
 * unknown.
 *
 *     static const struct fruit {const char *name; double grams;} fruits[] = {...};
 *     size_t i;
 *     TRY(table_find(&i, "fruit", "pear", fruits, sizeof *fruits, FRUITS));
 *
 * A table is described by three arguments. rows: where the name of its first row stands, and so the table
 * itself if a row begins with `const char *name`; stride: bytes from one row to the next; count: rows. A list
 * of names is a table too, of stride sizeof(char *).
 */
#ifndef SIM_BASE_TABLE_H
#define SIM_BASE_TABLE_H

#include "quant/status.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * Number of the row called `name`. If there is none, *row stays and STATUS_INPUT says "unknown KIND 'NAME';
 * did you mean 'X'? known: a, b, c", without the question if no name is near.
 */
STATUS_MUST_CHECK enum status table_find(size_t *row, const char *kind, const char *name, const void *rows,
                                         size_t stride, size_t count);

/** The same in a table of pointers to rows; rows[i] points to the name of row i. */
STATUS_MUST_CHECK enum status table_find_pointer(size_t *row, const char *kind, const char *name,
                                                 const void *const *rows, size_t count);

/** Is there a row called `name`? *row is its number, and stays if there is none: for sentences of one's own. */
bool table_has(size_t *row, const char *name, const void *rows, size_t stride, size_t count);

/** Number of the row whose name resembles `name` most; -1 if none does. */
int table_nearest(const char *name, const void *rows, size_t stride, size_t count);

/** The failure of table_find. */
enum status table_unknown(const char *kind, const char *name, const void *rows, size_t stride, size_t count);

#endif
