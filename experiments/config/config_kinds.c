/* experiments/config/config_kinds.c - the kinds of values of an experiment file: text to field and back.
 *
 * A parse function says only what is wrong with the text; where it stands and under which key is the caller's
 * to say. A print function writes the shortest text that reads back as the same field, so that equal settings
 * have equal resolved forms however they were written.
 */
#include "experiments/config/config_keys.h"

#include "quant/try.h"
#include "sim/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- names and folders ------------------------------------------------------------------------------- */

static enum status label_parse(void *field, const struct key *k, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr("._-", *c) == NULL)
            return status_fail(STATUS_INPUT, "'%s' has a '%c'; want letters, digits, '.', '_' and '-'", text,
                               *c);
    }
    if (text[0] == '.' || text[0] == '-')
        return status_fail(STATUS_INPUT, "'%s' begins with '%c'; want a letter or a digit", text, text[0]);
    return text_copy(field, k->size, NULL, text, strlen(text));
}

static enum status name_parse(void *field, const struct key *k, const char *text)
{
    if (text[0] == '\0') return status_fail(STATUS_INPUT, "is empty; want a name");
    return label_parse(field, k, text);
}

static enum status path_parse(void *field, const struct key *k, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (iscntrl((unsigned char)*c))
            return status_fail(STATUS_INPUT, "has a control character; want a path");
    }
    return text_copy(field, k->size, NULL, text, strlen(text));
}

static enum status hardware_parse_name(void *field, const struct key *k, const char *text)
{
    if (text[0] == '\0')
        return status_fail(STATUS_INPUT, "is empty; want a hardware's name, its file, or none");
    return path_parse(field, k, text);
}

/* In double quotes: a folder may hold anything, and a name may look like a number. */
static void text_print(FILE *out, const void *field)
{
    fputc('"', out);
    for (const char *c = field; *c != '\0'; c++)
        fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
    fputc('"', out);
}

static void name_print(FILE *out, const void *field)
{
    const char *text = field;
    if (isalpha((unsigned char)text[0])) {
        fputs(text, out);
    } else {
        text_print(out, text);
    }
}

const struct kind kind_name = {"a name", false, name_parse, name_print};
const struct kind kind_label = {"a name or nothing", false, label_parse, name_print};
const struct kind kind_path = {"a folder", false, path_parse, text_print};
const struct kind kind_hardware = {"a name or a file", false, hardware_parse_name, text_print};

/* --- numbers ----------------------------------------------------------------------------------------- */

static enum status whole(int64_t *out, const struct key *k, const char *text)
{
    int64_t value = 0;
    const enum text_number is = text_whole(&value, text);

    if (is == TEXT_NO_NUMBER) return status_fail(STATUS_INPUT, "'%s' is not a whole number", text);
    if (is == TEXT_TOO_LARGE || (double)value < k->min || (double)value > k->max)
        return status_fail(STATUS_INPUT, "%s is out of range; want %.0f to %.0f", text, k->min, k->max);
    *out = value;
    return STATUS_OK;
}

static enum status integer_parse(void *field, const struct key *k, const char *text)
{
    int64_t value = 0;
    TRY(whole(&value, k, text));
    *(int *)field = (int)value;
    return STATUS_OK;
}

static void integer_print(FILE *out, const void *field)
{
    fprintf(out, "%d", *(const int *)field);
}

static enum status count_parse(void *field, const struct key *k, const char *text)
{
    return whole(field, k, text);
}

static void count_print(FILE *out, const void *field)
{
    fprintf(out, "%" PRId64, *(const int64_t *)field);
}

static enum status limit_parse(void *field, const struct key *k, const char *text)
{
    if (strcmp(text, "all") == 0) {
        *(int64_t *)field = 0;
        return STATUS_OK;
    }
    const enum status s = whole(field, k, text);
    return s == STATUS_OK ? s : status_fail(s, "%s, or all", status_detail());
}

static void limit_print(FILE *out, const void *field)
{
    if (*(const int64_t *)field == 0) {
        fputs("all", out);
    } else {
        count_print(out, field);
    }
}

static enum status seed_parse(void *field, const struct key *k, const char *text)
{
    (void)k;
    switch (text_natural(field, text)) {
    case TEXT_NUMBER:
        return STATUS_OK;
    case TEXT_TOO_LARGE:
        return status_fail(STATUS_INPUT, "%s is too large for a seed; want a whole number from 0 to 2^64 - 1",
                           text);
    default:
        return status_fail(STATUS_INPUT, "'%s' is not a seed; want a whole number from 0 to 2^64 - 1", text);
    }
}

static void seed_print(FILE *out, const void *field)
{
    fprintf(out, "%" PRIu64, *(const uint64_t *)field);
}

static enum status real(double *out, const struct key *k, const char *text)
{
    char *end;
    const double value = strtod(text, &end);

    if (end == text || *end != '\0' || isnan(value))
        return status_fail(STATUS_INPUT, "'%s' is not a number", text);
    if (isinf(value)) return status_fail(STATUS_INPUT, "'%s' is too large a number", text);
    if (value < k->min || value > k->max)
        return status_fail(STATUS_INPUT, "%s is out of range; want %g to %g", text, k->min, k->max);
    *out = value;
    return STATUS_OK;
}

void real_write(FILE *out, double value)
{
    char text[32];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    if (value == floor(value) && fabs(value) < 1e15)
        snprintf(text, sizeof text, "%.0f", value); /* 20, not 2e+01 */
    fputs(text, out);
}

static enum status real_parse(void *field, const struct key *k, const char *text)
{
    return real(field, k, text);
}

static void real_print(FILE *out, const void *field)
{
    real_write(out, *(const double *)field);
}

static enum status switch_parse(void *field, const struct key *k, const char *text)
{
    (void)k;
    return text_switch(field, text);
}

static void switch_print(FILE *out, const void *field)
{
    fputs(*(const bool *)field ? "true" : "false", out);
}

const struct kind kind_integer = {"a whole number", false, integer_parse, integer_print};
const struct kind kind_count = {"a whole number", false, count_parse, count_print};
const struct kind kind_limit = {"a whole number, or all", false, limit_parse, limit_print};
const struct kind kind_seed = {"a seed", false, seed_parse, seed_print};
const struct kind kind_real = {"a number", false, real_parse, real_print};
const struct kind kind_switch = {"true or false", false, switch_parse, switch_print};

/* --- rows of tables ---------------------------------------------------------------------------------- */

static enum status dataset_parse(void *field, const struct key *k, const char *text)
{
    const struct dataset_row *row;

    TRY(dataset_find(&row, text));
    return name_parse(field, k, text);
}

static enum status recipe_parse(void *field, const struct key *k, const char *text)
{
    (void)k;
    return recipe_find(field, text);
}

static void recipe_print(FILE *out, const void *field)
{
    fputs(((const struct recipe *)field)->name, out);
}

static enum status schedule_parse(void *field, const struct key *k, const char *text)
{
    (void)k;
    return schedule_find(field, text);
}

static void schedule_print(FILE *out, const void *field)
{
    fputs((*(const struct schedule_type *const *)field)->name, out);
}

static enum status policy_parse(void *field, const struct key *k, const char *text)
{
    (void)k;
    return lr_find(field, text);
}

static void policy_print(FILE *out, const void *field)
{
    fputs((*(const struct lr_type *const *)field)->name, out);
}

static enum status optimizer_parse(void *field, const struct key *k, const char *text)
{
    (void)k;
    return optimizer_find(field, text);
}

static void optimizer_print(FILE *out, const void *field)
{
    fputs((*(const struct optimizer_type *const *)field)->name, out);
}

/* The key's own name says which role. */
static enum status role_kind_parse(void *field, const struct key *k, const char *text)
{
    int count;
    const struct role_row *rows = role_all(&count);

    for (int i = 0; i < count; i++)
        if (strcmp(rows[i].name, key_name(k)) == 0) return role_parse(field, (enum role)i, text);
    return status_fail(STATUS_INPUT, "no role is called '%s'", key_name(k));
}

/* In quotes, because a brace in a format would begin a mapping. */
static void role_kind_print(FILE *out, const void *field)
{
    const char *text = role_print(field);
    if (strchr(text, '{') != NULL)
        text_print(out, text);
    else
        fputs(text, out);
}

const struct kind kind_role = {"a number format, recipe or float32", false, role_kind_parse, role_kind_print};
const struct kind kind_dataset = {"a data set", false, dataset_parse, name_print};
const struct kind kind_recipe = {"a recipe", false, recipe_parse, recipe_print};
const struct kind kind_schedule = {"a precision schedule", false, schedule_parse, schedule_print};
const struct kind kind_policy = {"a learning-rate policy", false, policy_parse, policy_print};
const struct kind kind_optimizer = {"an optimizer", false, optimizer_parse, optimizer_print};
