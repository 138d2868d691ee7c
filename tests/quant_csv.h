/* tests/quant_csv.h - golden CSV files row by row: a header line, then fields by column name or number. */
#ifndef TESTS_QUANT_CSV_H
#define TESTS_QUANT_CSV_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CSV_FIELDS = 64, CSV_LINE = 2048 };

struct csv {
    FILE *file;
    int columns;
    char header_line[CSV_LINE], line[CSV_LINE];
    char *header[CSV_FIELDS], *field[CSV_FIELDS];
};

static inline int csv_cut(char *line, char *field[CSV_FIELDS])
{
    int n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; at != NULL && n < CSV_FIELDS;) {
        field[n++] = at;
        at = strchr(at, ',');
        if (at != NULL) *at++ = '\0';
    }
    return n;
}

static inline int csv_open(struct csv *c, const char *path)
{
    c->file = fopen(path, "r");
    if (c->file == NULL || fgets(c->header_line, CSV_LINE, c->file) == NULL) return 0;
    c->columns = csv_cut(c->header_line, c->header);
    return 1;
}

static inline int csv_next(struct csv *c)
{
    while (fgets(c->line, CSV_LINE, c->file) != NULL)
        if (c->line[0] != '#') return csv_cut(c->line, c->field) == c->columns;
    fclose(c->file);
    return 0;
}

#endif
