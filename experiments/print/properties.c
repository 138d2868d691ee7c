/* experiments/print/properties.c - named properties as aligned lines or as one JSON object. */
#include "experiments/print/properties.h"
#include "experiments/print/printout.h"
#include "sim/base/text.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

enum { NAME_WIDTH = 30, TEXT_MAX = 4096 };

struct properties properties_open(FILE *out, bool json)
{
    if (json) fputc('{', out);
    return (struct properties){.out = out, .json = json};
}

static void begin(struct properties *p, const char *name)
{
    if (p->json) {
        if (p->count > 0) fputs(", ", p->out);
        printout_json_string(p->out, name);
        fputs(": ", p->out);
    } else {
        const int printed = text_show(p->out, name, "");
        fprintf(p->out, "%*s", printed < NAME_WIDTH ? NAME_WIDTH + 1 - printed : 1, "");
    }
    p->count++;
}

void properties_text(struct properties *p, const char *name, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    begin(p, name);
    if (p->json) {
        printout_json_string(p->out, text);
    } else {
        text_show(p->out, text, "");
        fputc('\n', p->out);
    }
}

void properties_number(struct properties *p, const char *name, double value, int digits)
{
    begin(p, name);
    if (p->json && !isfinite(value)) {
        fputs("null", p->out);
    } else {
        fprintf(p->out, "%.*g", digits, value);
    }
    if (!p->json) fputc('\n', p->out);
}

void properties_digits(struct properties *p, const char *name, const char *digits)
{
    begin(p, name);
    fputs(p->json && strpbrk(digits, "ni") != NULL ? "null" : digits, p->out); /* nan, inf */
    if (!p->json) fputc('\n', p->out);
}

void properties_close(struct properties *p)
{
    if (p->json) fputs("}\n", p->out);
}
