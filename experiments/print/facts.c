/* experiments/print/facts.c - named facts as aligned lines or as one JSON object. */
#include "experiments/print/facts.h"
#include "experiments/print/printout.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

enum { NAME_WIDTH = 30, FACT_MAX = 4096 };

struct facts facts_open(FILE *out, bool json)
{
    if (json) fputc('{', out);
    return (struct facts){.out = out, .json = json};
}

static void begin(struct facts *f, const char *name)
{
    if (f->json) {
        if (f->count > 0) fputs(", ", f->out);
        printout_json_string(f->out, name);
        fputs(": ", f->out);
    } else {
        fprintf(f->out, "%-*s ", NAME_WIDTH, name);
    }
    f->count++;
}

void facts_text(struct facts *f, const char *name, const char *format, ...)
{
    char text[FACT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    begin(f, name);
    if (f->json) {
        printout_json_string(f->out, text);
    } else {
        fprintf(f->out, "%s\n", text);
    }
}

void facts_number(struct facts *f, const char *name, double value, int digits)
{
    begin(f, name);
    if (f->json && !isfinite(value)) {
        fputs("null", f->out);
    } else {
        fprintf(f->out, "%.*g", digits, value);
    }
    if (!f->json) fputc('\n', f->out);
}

void facts_digits(struct facts *f, const char *name, const char *digits)
{
    begin(f, name);
    fputs(f->json && strpbrk(digits, "ni") != NULL ? "null" : digits, f->out); /* nan, inf */
    if (!f->json) fputc('\n', f->out);
}

void facts_close(struct facts *f)
{
    if (f->json) fputs("}\n", f->out);
}
