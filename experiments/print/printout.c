/* experiments/print/printout.c - rows of named columns as text with tabs or commas, or as JSON lines. */
#include "experiments/print/printout.h"

#include <math.h>
#include <string.h>

static void print_heading(FILE *out, const char *const *columns, char separator)
{
    for (int i = 0; columns[i] != NULL; i++) {
        if (i > 0) fputc(separator, out);
        fputs(columns[i], out);
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
    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            fprintf(out, "\\%c", *c);
        } else if (*c < 0x20) {
            fprintf(out, "\\u%04x", *c);
        } else {
            fputc(*c, out);
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

/* As RFC 4180 has it: in quotes, with quotes doubled, where it could be misread. */
static void print_csv(FILE *out, const char *text)
{
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"') fputc('"', out);
        fputc(*c, out);
    }
    fputc('"', out);
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
        print_csv(t->out, text != NULL ? text : "");
    } else if (!t->json) {
        fputs(text != NULL ? text : "", t->out);
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
