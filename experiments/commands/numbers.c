/* experiments/commands/numbers.c - reading numbers from words and from standard input. */
#include "experiments/commands/numbers.h"
#include "sim/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MOST = 1200 }; /* an exact decimal binary64 has at most 1076 characters */

/* wrong: the status for a word that is not a number, which depends on where it stands. */
static void value_add(struct numbers *v, const char *word, enum status wrong)
{
    char *end;
    const double x = strtod(word, &end); /* beyond binary64: infinity or zero, as the nearest */

    if (v->status != STATUS_OK) return;
    if (end == word || *end != '\0') {
        v->status =
            status_fail(wrong,
                        "%s: value %zu, '%.*s', is not a number; write decimal (0.3, 1e-4) or hexadecimal "
                        "floats (0x1.8p-2), inf or nan",
                        v->program, v->count + 1, (int)text_beginning(word, strlen(word), 40), word);
        return;
    }
    if (v->count == v->room) {
        const size_t room = v->room == 0 ? 64 : 2 * v->room;
        double *grown = realloc(v->value, room * sizeof *grown);
        if (grown == NULL) {
            v->status = status_fail(STATUS_NOMEM, "%s: no memory for %zu values", v->program, room);
            return;
        }
        v->value = grown;
        v->room = room;
    }
    v->value[v->count++] = x;
}

/* What stands between values: blanks, commas, comments from # to the end of their line. The first character behind. */
static int skip_between(void)
{
    int c = getchar();

    for (; c != EOF && (isspace(c) || c == ',' || c == '#'); c = getchar())
        while (c == '#' && (c = getchar()) != EOF && c != '\n')
            c = '#';
    return c;
}

/* The next word. False: there is none, or it is too long to be a number. */
static bool word_read(char word[WORD_MOST + 1], struct numbers *v)
{
    size_t used = 0;
    int c = skip_between();

    for (; c != EOF && !isspace(c) && c != ',' && c != '#'; c = getchar()) {
        if (used == WORD_MOST) {
            v->status =
                status_fail(STATUS_INPUT, "%s: value %zu of standard input has more than %d characters",
                            v->program, v->count + 1, WORD_MOST);
            return false;
        }
        word[used++] = (char)c;
    }
    if (c == '#') ungetc(c, stdin); /* to be left out to the end of its line */
    word[used] = '\0';
    return used > 0;
}

static void values_stdin(struct numbers *v)
{
    char word[WORD_MOST + 1];

    for (bool first = true; v->status == STATUS_OK && word_read(word, v); first = false) {
        const char *const begin = first ? text_after_mark(word) : word;
        if (*begin != '\0') value_add(v, begin, STATUS_INPUT);
    }
    if (ferror(stdin))
        v->status = status_fail(STATUS_IO, "%s: standard input: %s", v->program, strerror(errno));
}

static bool is_negative_number(const char *word)
{
    char *end;
    if (word[0] != '-' || word[1] == '\0') return false;
    strtod(word, &end);
    return *end == '\0';
}

char **numbers_protect(int argc, char **argv)
{
    size_t bytes = (size_t)(argc + 1) * sizeof(char *);
    for (int i = 0; i < argc; i++)
        bytes += strlen(argv[i]) + 2;
    char **out = malloc(bytes);
    if (out == NULL) return NULL;
    char *text = (char *)(out + argc + 1);
    for (int i = 0; i < argc; i++) {
        out[i] = text;
        text += sprintf(text, "%s%s", is_negative_number(argv[i]) ? " " : "", argv[i]) + 1;
    }
    out[argc] = NULL;
    return out;
}

error_t numbers_argument(struct numbers *v, const char *word)
{
    if (strcmp(word, "-") == 0)
        values_stdin(v);
    else
        value_add(v, word, STATUS_USAGE);
    return 0;
}

error_t numbers_integer(struct argp_state *state, const char *option, const char *text, uint64_t most,
                        uint64_t *out)
{
    if (text_natural(out, text) != TEXT_NUMBER || *out > most)
        argp_error(state, "%s wants an integer in 0..%" PRIu64 ", not '%s'", option, most, text);
    return 0;
}

enum status numbers_finish(struct numbers *v)
{
    if (v->status != STATUS_OK) return v->status;
    if (v->count == 0)
        return status_fail(STATUS_USAGE, "%s needs values, or '-' to read them from standard input",
                           v->program);
    return STATUS_OK;
}

void numbers_free(struct numbers *v)
{
    free(v->value);
    *v = (struct numbers){.count = 0};
}

static bool code_is_decimal(enum family family)
{
    return family == FAMILY_FIXED || family == FAMILY_BFP || family == FAMILY_AFFINE || family == FAMILY_INT;
}

void numbers_code(char text[static CODE_TEXT], const struct format *f, uint64_t code)
{
    const bool magnitude = f->family == FAMILY_FIXED && f->fixed.sign == FIXED_SIGN_MAGNITUDE;
    const bool is_unsigned = f->family == FAMILY_AFFINE ||
                             (f->family == FAMILY_FIXED && !magnitude && f->fixed.sign == FIXED_UNSIGNED);
    if (magnitude) {
        const struct number x = element_fixed_decode(f, code);
        snprintf(text, CODE_TEXT, "%s%" PRIu64, x.negative ? "-" : "", x.m);
    } else if (!code_is_decimal(f->family))
        snprintf(text, CODE_TEXT, "%" PRIx64, code);
    else if (is_unsigned)
        snprintf(text, CODE_TEXT, "%" PRIu64, code);
    else
        snprintf(text, CODE_TEXT, "%" PRId64, (int64_t)code);
}

struct number numbers_value(const struct format *f, struct number x, uint64_t code)
{
    const bool keep_nan = f->family == FAMILY_FIXED && f->fixed.keep_nan && x.kind == NUMBER_NAN;

    return keep_nan ? x : element_decode(f, code);
}
