/* experiments/print/json.h - one JSON value written piece by piece: objects in objects, lists, no memory.
 *
 *     struct json j = json_open(stdout);
 *     json_begin(&j, NULL, '{');
 *     json_text(&j, "model", "resnet74");
 *     json_begin(&j, "bits", '[');
 *     json_number(&j, NULL, 8, 6);
 *     json_end(&j);
 *     json_end(&j);
 */
#ifndef EXPERIMENTS_PRINT_JSON_H
#define EXPERIMENTS_PRINT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH = 8 };

struct json {
    FILE *out;
    int depth;
    bool filled[JSON_DEPTH + 1]; /* something stands before, at this depth */
    char close[JSON_DEPTH + 1];
};

struct json json_open(FILE *out);

/** Begin an object '{' or a list '['. `name` is its key in the object around it; NULL in a list or
 * outside. */
void json_begin(struct json *j, const char *name, char kind);

/** End the innermost one; the outermost ends its line. */
void json_end(struct json *j);

void json_text(struct json *j, const char *name, const char *text);
void json_integer(struct json *j, const char *name, int64_t value);

/** `digits` significant digits; NaN and infinities are null. */
void json_number(struct json *j, const char *name, double value, int digits);

#endif
