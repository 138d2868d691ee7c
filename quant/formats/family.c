/* quant/formats/family.c - what the families share: reasons, roundings and sizes of blocks as words. */
#include "quant/formats/family.h"
#include "quant/formats/format_list.h"
#include "quant/try.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void reason_set(struct reason *why, const char *format, ...)
{
    va_list args;

    if (why->text[0] != '\0') return;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
}

void reason_clamp(struct reason *why, int *value, int lo, int hi, const char *name)
{
    if (*value >= lo && *value <= hi) return;
    reason_set(why, "%s %d is not in %d..%d", name, *value, lo, hi);
    *value = *value < lo ? lo : hi;
}

enum status parse_count(const struct words *in, int most)
{
    static const char *const grammars[][2] = {
#define X(tag, field, name, grammar, meaning, source) {name, grammar},
        FAMILY_LIST(X)
#undef X
    };
    int i = 0;

    if (in->count <= most) return STATUS_OK;
    while (strcmp(grammars[i][0], in->field[0]) != 0) /* it is there: the family's own function reads it */
        i++;
    return status_fail(STATUS_INPUT, "format '%s': nothing may follow '%s'; the grammar is %s", in->whole,
                       in->field[most - 1], grammars[i][1]);
}

enum status parse_word(int *out, const struct words *in, const char *kind, const char *word, word_list *list,
                       int otherwise)
{
    *out = *word == '\0' ? otherwise : word_find(word, list);
    return *out < 0 ? word_unknown(in, kind, word, list) : STATUS_OK;
}

/* Both vocabularies, so that rne and rnd_conv are the same word; a rounding without a float name shows
 * once. */
static const char *rounding_word(int i)
{
    if (i < ROUNDING_COUNT) return rounding_row((enum rounding)i)->name;
    int left = i - ROUNDING_COUNT;
    for (int q = 0; q < ROUNDING_COUNT; q++) {
        const struct rounding_row *row = rounding_row((enum rounding)q);
        if (row->float_name == NULL || strcmp(row->name, row->float_name) == 0) continue;
        if (left-- == 0) return row->float_name;
    }
    return NULL;
}

static enum rounding rounding_of_word(int i)
{
    if (i < ROUNDING_COUNT) return (enum rounding)i;
    for (int q = 0; q < ROUNDING_COUNT; q++) {
        const char *name = rounding_row((enum rounding)q)->float_name;
        if (name != NULL && strcmp(name, rounding_word(i)) == 0) return (enum rounding)q;
    }
    assert(false);
    return ROUND_RND_CONV;
}

enum status parse_rounding(struct format *f, const struct words *in, const char *word)
{
    char name[WORD_ROOM];
    const size_t letters = strcspn(word, "0123456789");
    const char *digits = word + letters;
    int which;

    snprintf(name, sizeof name, "%.*s", (int)letters, word);
    f->random_bits = 0;
    if (*digits != '\0' && (!word_integer(&f->random_bits, &digits) || *digits != '\0'))
        return word_unknown(in, "rounding", word, rounding_word);
    TRY(parse_word(&which, in, "rounding", name, rounding_word, ROUND_RND_CONV));
    f->rounding = rounding_of_word(which);
    if (word[letters] != '\0' && !rounding_is_stochastic(f->rounding))
        return status_fail(STATUS_INPUT, "format '%s': %s takes no number of random bits; write '%s'",
                           in->whole, name, name);
    if (word[letters] != '\0' && f->random_bits == 0) f->random_bits = -1; /* "sr0" is not "sr" */
    return STATUS_OK;
}

const char *print_rounding(char text[static WORD_ROOM], const struct format *f, bool floating)
{
    const struct rounding_row *row = rounding_row(f->rounding);
    const char *name = floating && row->float_name != NULL ? row->float_name : row->name;

    if (rounding_is_stochastic(f->rounding))
        snprintf(text, WORD_ROOM, "%s%d", name, f->random_bits);
    else
        snprintf(text, WORD_ROOM, "%s", name);
    return text;
}

void repair_rounding(struct format *f, struct reason *why, int code_bits, bool floating)
{
    if (floating && (f->rounding == ROUND_JAM || f->rounding == ROUND_TRN_MAG)) {
        reason_set(why, "%s is defined on two's complement, floats have a sign and a magnitude",
                   rounding_row(f->rounding)->name);
        f->rounding = ROUND_ODD;
    }
    if (!rounding_is_stochastic(f->rounding)) {
        f->random_bits = 0;
        return;
    }
    if (f->random_bits == 0) f->random_bits = format_random_bits_default(code_bits);
    if (f->random_bits < 0) f->random_bits = 0;
    reason_clamp(why, &f->random_bits, 1, 32, "number of random bits");
}

enum status parse_block_size(int *out, const struct words *in, const char *word, int otherwise)
{
    const char *at = word;
    *out = otherwise;
    if (*word == '\0') return STATUS_OK;
    if (strcmp(word, "all") == 0) {
        *out = 0;
        return STATUS_OK;
    }
    if (!word_integer(out, &at) || *at != '\0' || *out < 1)
        return status_fail(STATUS_INPUT,
                           "format '%s': block size '%s' is neither a positive integer nor 'all'; write '%d'",
                           in->whole, word, otherwise);
    return STATUS_OK;
}

const char *print_block_size(char text[static WORD_ROOM], int size)
{
    if (size == 0)
        snprintf(text, WORD_ROOM, "all");
    else
        snprintf(text, WORD_ROOM, "%d", size);
    return text;
}

int format_random_bits_default(int code_bits)
{
    return code_bits <= 16 ? 16 : 32;
}
