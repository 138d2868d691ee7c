/* experiments/print/json.c - where commas, keys and brackets of a JSON value go. */
#include "experiments/print/json.h"
#include "experiments/print/printout.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

struct json json_open(FILE *out)
{
    return (struct json){.out = out};
}

/* The comma after what stands before, and the key. */
static void value_begin(struct json *j, const char *name)
{
    if (j->filled[j->depth]) fputs(", ", j->out);
    j->filled[j->depth] = true;
    if (name == NULL) return;
    printout_json_string(j->out, name);
    fputs(": ", j->out);
}

void json_begin(struct json *j, const char *name, char kind)
{
    assert(j->depth < JSON_DEPTH);
    value_begin(j, name);
    fputc(kind, j->out);
    j->depth++;
    j->close[j->depth] = kind == '{' ? '}' : ']';
    j->filled[j->depth] = false;
}

void json_end(struct json *j)
{
    assert(j->depth > 0);
    fputc(j->close[j->depth], j->out);
    j->depth--;
    if (j->depth == 0) fputc('\n', j->out);
}

void json_text(struct json *j, const char *name, const char *text)
{
    value_begin(j, name);
    printout_json_string(j->out, text);
}

void json_integer(struct json *j, const char *name, int64_t value)
{
    value_begin(j, name);
    fprintf(j->out, "%" PRId64, value);
}

void json_number(struct json *j, const char *name, double value, int digits)
{
    value_begin(j, name);
    if (isfinite(value)) {
        fprintf(j->out, "%.*g", digits, value);
    } else {
        fputs("null", j->out);
    }
}
