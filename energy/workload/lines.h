/* energy/workload/lines.h - tables in text files: a heading of column names, then a row a line.
 *
 *     struct lines l;
 *     TRY(lines_open(&l, path));
 *     s = lines_heading(&l, "layer,K,O,S,IC,OC");
 *     while (s == STATUS_OK && lines_next(&l))
 *         s = lines_row(fields, &l);
 *     return lines_close(&l, s);
 *
 * Fields are separated by tabs if the heading has one, else by commas; blanks around a field do not belong to
 * it. Empty lines and those that begin with # are left out, and so is a byte-order mark. Every row has as many
 * fields as the heading. Failures name file, line and column.
 */
#ifndef ENERGY_WORKLOAD_LINES_H
#define ENERGY_WORKLOAD_LINES_H

#include "quant/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { LINES_COLUMNS = 96 };

/** A file and its current line. */
struct lines {
    const char *path; /* for messages */
    FILE *file;
    char *text; /* without its end */
    size_t room;
    int number; /* from 1 */
    int error;  /* of a line that could not be read, or 0: text_line_fault tells */

    /* of the heading */
    char delimiter;
    int heading_number;
    char *heading;             /* what `name` points into */
    char *name[LINES_COLUMNS]; /* [columns], all different */
    int columns;
};

/** Open a file, "-" for standard input; STATUS_IO. */
STATUS_MUST_CHECK enum status lines_open(struct lines *out, const char *path);

/** The next line that says something. False after the last. */
bool lines_next(struct lines *l);

/** Read the heading; `example` is one, for the answer to an empty file. STATUS_INPUT: other separators, a name
 * twice, more than LINES_COLUMNS. */
STATUS_MUST_CHECK enum status lines_heading(struct lines *l, const char *example);

/** Cut the current line into fields[l->columns]. */
STATUS_MUST_CHECK enum status lines_row(char *fields[LINES_COLUMNS], struct lines *l);

/** The failure of a column of the heading whose name is not among the rows of a table (sim/base/table.h). */
STATUS_MUST_CHECK enum status lines_unknown(const struct lines *l, int column, const void *rows,
                                            size_t stride, size_t count);

/** Close it; `s`, or STATUS_IO if a line could not be read. */
STATUS_MUST_CHECK enum status lines_close(struct lines *l, enum status s);

#endif
