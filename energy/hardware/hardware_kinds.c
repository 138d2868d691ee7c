/* energy/hardware/hardware_kinds.c - the kinds of knobs: text to field and back.
 *
 * A parse function says only what is wrong with the text; which knob it was for is the caller's to say. Kinds that name
 * a row of a table stand beside that table: knob_dram in energy/prices/dram.c, knob_grid in carbon.c there,
 * knob_backend in energy/backends/backends.c.
 */
#include "energy/hardware/hardware_knobs.h"

#include "quant/try.h"
#include "sim/base/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- names and choices ---------------------------------------------------------------------------------- */

static enum status name_parse(void *field, const struct knob_row *row, const char *text)
{
    if (*text == '\0') return status_fail(STATUS_INPUT, "is empty; want a name");
    for (const char *c = text; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr("._-+=", *c) == NULL)
            return status_fail(STATUS_INPUT, "'%s' has a '%c'; want letters, digits and any of ._-+=", text,
                               *c);
    }
    return text_copy(field, row->size, NULL, text, strlen(text));
}

static void name_print(char *text, size_t size, const void *field, const struct knob_row *row)
{
    (void)row;
    snprintf(text, size, "%s", (const char *)field);
}

static enum status switch_parse(void *field, const struct knob_row *row, const char *text)
{
    (void)row;
    return text_switch(field, text);
}

static void switch_print(char *text, size_t size, const void *field, const struct knob_row *row)
{
    (void)row;
    snprintf(text, size, "%s", *(const bool *)field ? "true" : "false");
}

static double switch_number(const void *field)
{
    return *(const bool *)field ? 1 : 0;
}

/* The word after this one in "a | b | c"; NULL after the last. */
static const char *word_next(const char *word)
{
    const char *bar = strstr(word, " | ");
    return bar == NULL ? NULL : bar + 3;
}

static enum status choice_parse(void *field, const struct knob_row *row, const char *text)
{
    int choice = 0;

    for (const char *w = row->knob.kind; w != NULL; w = word_next(w), choice++) {
        if (strcspn(w, " ") == strlen(text) && strncmp(w, text, strlen(text)) == 0) {
            memcpy(field, &choice, sizeof choice);
            return STATUS_OK;
        }
    }
    return status_fail(STATUS_INPUT, "'%s' is not one of: %s", text, row->knob.kind);
}

static void choice_print(char *text, size_t size, const void *field, const struct knob_row *row)
{
    const char *w = row->knob.kind;
    int choice;

    for (memcpy(&choice, field, sizeof choice); choice > 0; choice--)
        w = word_next(w);
    snprintf(text, size, "%.*s", (int)strcspn(w, " "), w);
}

const struct knob_kind knob_name = {.parse = name_parse, .print = name_print};
const struct knob_kind knob_switch = {.parse = switch_parse, .print = switch_print, .number = switch_number};
const struct knob_kind knob_choice = {.parse = choice_parse, .print = choice_print};

/* --- numbers -------------------------------------------------------------------------------------------- */

static void real_print(char *text, size_t size, const void *field, const struct knob_row *row)
{
    const double value = *(const double *)field;
    (void)row;

    if (value == floor(value) && fabs(value) < 1e15) {
        snprintf(text, size, "%.0f", value);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
}

static enum status real_parse(void *field, const struct knob_row *row, const char *text)
{
    char *end, least[32], most[32];
    const double value = strtod(text, &end);

    if (end == text || *end != '\0' || isnan(value))
        return status_fail(STATUS_INPUT, "'%s' is not a number; want one as in %s%s%s", text,
                           isdigit((unsigned char)row->knob.standard[0]) ? row->knob.standard : "0.5",
                           row->knob.unit[0] != '\0' ? ", in " : "", row->knob.unit);
    real_print(least, sizeof least, &row->knob.min, row);
    real_print(most, sizeof most, &row->knob.max, row);
    if (!(value >= row->knob.min && value <= row->knob.max))
        return status_fail(STATUS_INPUT, "%s is out of range; want %s to %s%s%s", text, least, most,
                           row->knob.unit[0] != '\0' ? " " : "", row->knob.unit);
    *(double *)field = value;
    return STATUS_OK;
}

static double real_number(const void *field)
{
    return *(const double *)field;
}

/* A real, or a word that stands for NaN. */
static enum status real_or_word(double *out, const struct knob_row *row, const char *text, const char *word)
{
    if (strcmp(text, word) == 0) {
        *out = NAN;
        return STATUS_OK;
    }
    const enum status s = real_parse(out, row, text);
    return s == STATUS_OK ? s : status_fail(s, "%s, or %s", status_detail(), word);
}

static enum status auto_parse(void *field, const struct knob_row *row, const char *text)
{
    return real_or_word(field, row, text, "auto");
}

static void auto_print(char *text, size_t size, const void *field, const struct knob_row *row)
{
    if (isnan(*(const double *)field)) {
        snprintf(text, size, "auto");
    } else {
        real_print(text, size, field, row);
    }
}

static enum status unlimited_parse(void *field, const struct knob_row *row, const char *text)
{
    return real_or_word(field, row, text, "unlimited");
}

static void unlimited_print(char *text, size_t size, const void *field, const struct knob_row *row)
{
    if (isnan(*(const double *)field)) {
        snprintf(text, size, "unlimited");
    } else {
        real_print(text, size, field, row);
    }
}

static enum status whole(int64_t *out, const struct knob_row *row, const char *text, int64_t unit)
{
    int64_t value = 0;
    const enum text_number is = text_whole(&value, text);

    if (is == TEXT_NO_NUMBER) return status_fail(STATUS_INPUT, "'%s' is not a whole number", text);
    if (is == TEXT_TOO_LARGE || (double)value * (double)unit < row->knob.min ||
        (double)value * (double)unit > row->knob.max)
        return status_fail(STATUS_INPUT, "%s is out of range; want %.0f to %.0f%s%s", text, row->knob.min,
                           row->knob.max, row->knob.unit[0] != '\0' ? " " : "", row->knob.unit);
    *out = value * unit;
    return STATUS_OK;
}

static enum status count_parse(void *field, const struct knob_row *row, const char *text)
{
    return whole(field, row, text, 1);
}

/* 0 is auto. */
static enum status banks_parse(void *field, const struct knob_row *row, const char *text)
{
    if (strcmp(text, "auto") == 0) {
        *(int64_t *)field = 0;
        return STATUS_OK;
    }
    const enum status s = whole(field, row, text, 1);
    return s == STATUS_OK ? s : status_fail(s, "%s, or auto", status_detail());
}

/* "65536", "64 KiB", "2 MiB". */
static enum status bytes_parse(void *field, const struct knob_row *row, const char *text)
{
    static const struct {
        const char *name;
        int64_t bytes;
    } units[] = {{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
    const size_t digits = strspn(text, "0123456789"), unit = digits + strspn(text + digits, " ");

    for (int i = 0; i < 3; i++) {
        char number[24];
        if (digits == 0 || strcmp(text + unit, units[i].name) != 0) continue;
        TRY(text_copy(number, sizeof number, NULL, text, digits));
        return whole(field, row, number, units[i].bytes);
    }
    const enum status s = whole(field, row, text, 1);
    return s == STATUS_OK ? s : status_fail(s, "%s, as 65536 or 64 KiB", status_detail());
}

static void count_print(char *text, size_t size, const void *field, const struct knob_row *row)
{
    (void)row;
    snprintf(text, size, "%" PRId64, *(const int64_t *)field);
}

static void banks_print(char *text, size_t size, const void *field, const struct knob_row *row)
{
    if (*(const int64_t *)field == 0) {
        snprintf(text, size, "auto");
    } else {
        count_print(text, size, field, row);
    }
}

static double banks_number(const void *field)
{
    return *(const int64_t *)field == 0 ? NAN : (double)*(const int64_t *)field;
}

static double count_number(const void *field)
{
    return (double)*(const int64_t *)field;
}

static enum status int_parse(void *field, const struct knob_row *row, const char *text)
{
    int64_t value = 0;
    TRY(whole(&value, row, text, 1));
    *(int *)field = (int)value;
    return STATUS_OK;
}

static void int_print(char *text, size_t size, const void *field, const struct knob_row *row)
{
    (void)row;
    snprintf(text, size, "%d", *(const int *)field);
}

static double int_number(const void *field)
{
    return *(const int *)field;
}

const struct knob_kind knob_real = {.parse = real_parse, .print = real_print, .number = real_number};
const struct knob_kind knob_auto = {.parse = auto_parse, .print = auto_print, .number = real_number};
const struct knob_kind knob_unlimited = {
    .parse = unlimited_parse, .print = unlimited_print, .number = real_number};
const struct knob_kind knob_count = {.parse = count_parse, .print = count_print, .number = count_number};
const struct knob_kind knob_banks = {.parse = banks_parse, .print = banks_print, .number = banks_number};
const struct knob_kind knob_bytes = {.parse = bytes_parse, .print = count_print, .number = count_number};
const struct knob_kind knob_int = {.parse = int_parse, .print = int_print, .number = int_number};
