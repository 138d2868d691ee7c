/* experiments/print/printout.h - rows of named columns on a stream: separated by tabs or commas, or one JSON
 * object a line.
 *
 *     struct printout t = printout_open(stdout, json, (const char *[]){"bits", "accuracy", NULL});
 *     printout_integer(&t, 8);
 *     printout_number(&t, 0.8951, 4);
 *
 * Texts may be of anybody: control characters in them are spelt, as text_visible does, or as JSON has it.
 */
#ifndef EXPERIMENTS_PRINT_PRINTOUT_H
#define EXPERIMENTS_PRINT_PRINTOUT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct printout {
    FILE *out;
    bool json;
    char separator;             /* of text: a tab, or a comma */
    const char *const *columns; /* names, NULL at the end; the caller keeps them alive */
    int at;                     /* column of the next cell */
};

/** A printout on `out`; as text the column names are printed at once, as JSON they become the keys. */
struct printout printout_open(FILE *out, bool json, const char *const *columns);

/** The same as comma-separated values; texts with commas or quotes in them are quoted. */
struct printout printout_open_csv(FILE *out, const char *const *columns);

/** The next cell. A row ends with its last column. text may be NULL: empty, or null in JSON. */
void printout_text(struct printout *t, const char *text);
void printout_integer(struct printout *t, int64_t value);

/** `digits` significant digits; NaN and infinities are null in JSON, which has no word for them. */
void printout_number(struct printout *t, double value, int digits);

/** Print `text` as a JSON string, quotes included. */
void printout_json_string(FILE *out, const char *text);

/** As RFC 4180 has it: in quotes, with quotes doubled, where it could be misread. */
void printout_csv_string(FILE *out, const char *text);

/** A line of two fields: a word or path, and a sentence about it. */
__attribute__((format(printf, 3, 0))) void printout_fact(FILE *out, const char *head, const char *format,
                                                         va_list args);

#endif
