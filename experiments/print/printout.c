/* experiments/print/printout.c - rows of named columns as text with tabs or commas, or as JSON lines. */
#include "experiments/print/printout.h"

#include "sim/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void print_heading(FILE *out, const char *const *columns, char separator)
{
    for (int i = 0; columns[i] != NULL; i++) {
        if (i > 0) fputc(separator, out);
        text_show(out, columns[i], "");
    }
    fputc('\n', out);
}

struct printout printout_open(FILE *out, bool json, const char *const *columns)
{
    if (!json) print_heading(out, columns, '\t');
    return (struct printout){.out = out, .json = json, .separator = '\t', .columns = columns};
}

struct printout printout_open_csv(FILE *out, const char *const *columns)
{
    print_heading(out, columns, ',');
    return (struct printout){.out = out, .separator = ',', .columns = columns};
}

void printout_json_string(FILE *out, const char *text)
{
    uint32_t number;
    size_t length;

    fputc('"', out);
    for (; *text != '\0'; text += length) {
        if (text_is_spelt(&number, &length, text)) {
            fprintf(out, "\\u%04x", (unsigned)number);
        } else {
            fprintf(out, "%s%.*s", *text == '"' || *text == '\\' ? "\\" : "", (int)length, text);
        }
    }
    fputc('"', out);
}

/* What comes before a cell: the separator, and in JSON the key. */
static void cell_begin(struct printout *t)
{
    if (t->json) {
        fputs(t->at == 0 ? "{" : ", ", t->out);
        printout_json_string(t->out, t->columns[t->at]);
        fputs(": ", t->out);
    } else if (t->at > 0) {
        fputc(t->separator, t->out);
    }
}

void printout_csv_string(FILE *out, const char *text)
{
    const bool quoted = strpbrk(text, ",\"") != NULL;
    char c[TEXT_VISIBLE];

    if (quoted) fputc('"', out);
    while (*text != '\0') {
        if (*text == '"') fputc('"', out);
        text_visible(c, &text);
        fputs(c, out);
    }
    if (quoted) fputc('"', out);
}

static void cell_end(struct printout *t)
{
    t->at++;
    if (t->columns[t->at] != NULL) return;
    fputs(t->json ? "}\n" : "\n", t->out);
    t->at = 0;
}

void printout_text(struct printout *t, const char *text)
{
    cell_begin(t);
    if (!t->json && t->separator == ',') {
        printout_csv_string(t->out, text != NULL ? text : "");
    } else if (!t->json) {
        text_show(t->out, text != NULL ? text : "", "");
    } else if (text == NULL) {
        fputs("null", t->out);
    } else {
        printout_json_string(t->out, text);
    }
    cell_end(t);
}

void printout_integer(struct printout *t, int64_t value)
{
    cell_begin(t);
    fprintf(t->out, "%lld", (long long)value);
    cell_end(t);
}

void printout_number(struct printout *t, double value, int digits)
{
    cell_begin(t);
    if (t->json && !isfinite(value)) {
        fputs("null", t->out);
    } else {
        fprintf(t->out, "%.*g", digits, value);
    }
    cell_end(t);
}

void printout_fact(FILE *out, const char *head, const char *format, va_list args)
{
    char *text;

    text_show(out, head, "");
    fputc('\t', out);
    if (vasprintf(&text, format, args) < 0) return;
    text_show(out, text, "");
    free(text);
    fputc('\n', out);
}
