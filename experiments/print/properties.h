/* experiments/print/properties.h - named properties of one thing: aligned lines for people, or one JSON object. */
#ifndef EXPERIMENTS_PRINT_PROPERTIES_H
#define EXPERIMENTS_PRINT_PROPERTIES_H

#include <stdbool.h>
#include <stdio.h>

struct properties {
    FILE *out;
    bool json;
    int count;
};

struct properties properties_open(FILE *out, bool json);

/** One property; a name comes once. */
__attribute__((format(printf, 3, 4))) void properties_text(struct properties *p, const char *name,
                                                           const char *format, ...);

/** A number, with `digits` significant digits. */
void properties_number(struct properties *p, const char *name, double value, int digits);

/** A number that is written already, as "8" or "0.25"; null in JSON, which has no word for it, if not
 * finite. */
void properties_digits(struct properties *p, const char *name, const char *digits);

void properties_close(struct properties *p);

#endif
