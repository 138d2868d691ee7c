/* energy/workload/lines.h - tables in text files: line by line, cut into fields.
 *
 *     struct lines l;
 *     TRY(lines_open(&l, path));
 *     while (lines_next(&l))
 *         count = lines_cut(fields, MOST, l.text, lines_delimiter(l.text));
 *     return lines_close(&l, STATUS_OK);
 */
#ifndef ENERGY_WORKLOAD_LINES_H
#define ENERGY_WORKLOAD_LINES_H

#include "quant/status.h"

#include <stdbool.h>
#include <stdio.h>

/** A file and its current line. */
struct lines {
    const char *path; /* for messages */
    FILE *file;
    char *text; /* without its end */
    size_t room;
    int number; /* from 1 */
    int error;  /* errno of a line that could not be read, or 0 */
};

/** Open a file, "-" for standard input; STATUS_IO. */
MUST_CHECK enum status lines_open(struct lines *out, const char *path);

/** The next line that says something: no comment (#), not empty. False after the last. */
bool lines_next(struct lines *l);

/** Close it; `s`, or STATUS_IO if a line could not be read. */
MUST_CHECK enum status lines_close(struct lines *l, enum status s);

/** A tab where there is one, else a comma. */
char lines_delimiter(const char *heading);

/** Cut a text in place; blanks stay. Returns the fields' number; most + 1 means that there are more than
 * `most`. */
int lines_cut(char *fields[], int most, char *text, char delimiter);

#endif
