/* experiments/print/table.h - rows of named columns on a stream: separated by tabs or commas, or one JSON
 * object a line.
 *
 *     struct table t = table_open(stdout, json, (const char *[]){"bits", "accuracy", NULL});
 *     table_integer(&t, 8);
 *     table_number(&t, 0.8951, 4);
 */
#ifndef EXPERIMENTS_PRINT_TABLE_H
#define EXPERIMENTS_PRINT_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct table {
    FILE *out;
    bool json;
    char separator;             /* of text: a tab, or a comma */
    const char *const *columns; /* names, NULL at the end; the caller keeps them alive */
    int at;                     /* column of the next cell */
};

/** A table on `out`; as text the column names are printed at once, as JSON they become the keys. */
struct table table_open(FILE *out, bool json, const char *const *columns);

/** The same as comma-separated values; texts with commas or quotes in them are quoted. */
struct table table_open_csv(FILE *out, const char *const *columns);

/** The next cell. A row ends with its last column. text may be NULL: empty, or null in JSON. */
void table_text(struct table *t, const char *text);
void table_integer(struct table *t, int64_t value);

/** `digits` significant digits; NaN and infinities are null in JSON, which has no word for them. */
void table_number(struct table *t, double value, int digits);

/** Print `text` as a JSON string, quotes included. */
void table_json_string(FILE *out, const char *text);

#endif
