/* experiments/print/facts.h - named facts about one thing: aligned lines for people, or one JSON object. */
#ifndef EXPERIMENTS_PRINT_FACTS_H
#define EXPERIMENTS_PRINT_FACTS_H

#include <stdbool.h>
#include <stdio.h>

struct facts {
    FILE *out;
    bool json;
    int count;
};

struct facts facts_open(FILE *out, bool json);

/** One fact; a name comes once. */
__attribute__((format(printf, 3, 4))) void facts_text(struct facts *f, const char *name, const char *format,
                                                      ...);

/** A number, with `digits` significant digits. */
void facts_number(struct facts *f, const char *name, double value, int digits);

/** A number that is written already, as "8" or "0.25"; null in JSON, which has no word for it, if not
 * finite. */
void facts_digits(struct facts *f, const char *name, const char *digits);

void facts_close(struct facts *f);

#endif
