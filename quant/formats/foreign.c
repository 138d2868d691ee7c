/* quant/formats/foreign.c - formats as other tools spell them. Sources: IEEE 1666 (SystemC), 7.10; Vitis HLS user guide,
 * arbitrary precision fixed-point types; Algorithmic C datatypes, 2.3. Their names of roundings and overflows are ours. */
#include "quant/formats/foreign.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool foreign_word(char out[WORD_ROOM], const char *word)
{
    static const char *const prefixes[] = {"AP_", "AC_", "SC_"};

    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (strncmp(word, prefixes[i], 3) != 0) continue;
        snprintf(out, WORD_ROOM, "%s", word + 3);
        for (char *c = out; *c != '\0'; c++)
            *c = (char)tolower((unsigned char)*c);
        return true;
    }
    return false;
}

/* A type by its name. */
static const struct type {
    const char *name;
    char sign;       /* 0: the third argument says */
    bool is_integer; /* all of its bits stand before the point */
} types[] = {
    {"ap_fixed", 's', false},  {"ap_ufixed", 'u', false}, {"sc_fixed", 's', false},
    {"sc_ufixed", 'u', false}, {"ac_fixed", 0, false},    {"ap_int", 's', true},
    {"ap_uint", 'u', true},    {"sc_int", 's', true},     {"sc_uint", 'u', true},
};

enum { TYPES = sizeof types / sizeof types[0], ARGUMENTS = 5 };

/* Cut "8, 4, AP_RND>" into its arguments; how many, or 0 if it is no such list. */
static int arguments_cut(char argument[ARGUMENTS][WORD_ROOM], const char *at)
{
    for (int n = 0; n < ARGUMENTS; n++) {
        size_t used = 0;
        for (; *at != '\0' && *at != ',' && *at != '>'; at++) {
            if (isspace((unsigned char)*at)) continue;
            if (used == WORD_ROOM - 1) return 0;
            argument[n][used++] = *at;
        }
        argument[n][used] = '\0';
        if (*at == '\0' || used == 0) return 0;
        if (*at++ == '>') return *at == '\0' ? n + 1 : 0;
    }
    return 0;
}

static enum status too_long(const char *text)
{
    return status_fail(STATUS_INPUT, "format '%.40s...' is too long; the longest has %d characters", text,
                       WORDS_TEXT - 1);
}

/* Argument i, or the standard one: in our spelling. */
static const char *mode(char word[WORD_ROOM], char argument[ARGUMENTS][WORD_ROOM], int count, int i,
                        const char *standard)
{
    if (i >= count) return standard;
    return foreign_word(word, argument[i]) ? word : argument[i];
}

static enum status type_read(char out[WORDS_TEXT], const struct type *t, const char *text)
{
    char argument[ARGUMENTS][WORD_ROOM], rounding[WORD_ROOM], overflow[WORD_ROOM];
    const int count = arguments_cut(argument, text + strlen(t->name) + 1), first = t->sign == 0 ? 3 : 2;
    const char *const bits = argument[0], *const before = argument[t->is_integer ? 0 : 1];

    if (count == 0 || (t->is_integer ? count > 1 : count < first))
        return status_fail(STATUS_INPUT, "format '%s': want it as in %s<8%s>, or as fx:s8.4:rnd:sat", text,
                           t->name,
                           t->is_integer  ? ""
                           : t->sign == 0 ? ",4,true"
                                          : ",4");
    const char sign = t->sign != 0 ? t->sign : strcmp(argument[2], "false") == 0 ? 'u' : 's';
    const int length = snprintf(out, WORDS_TEXT, "fx:%c%s.%s:%s:%s%s", sign, bits, before,
                                mode(rounding, argument, count, first, "trn"),
                                mode(overflow, argument, count, first + 1, "wrap"),
                                first + 2 < count ? argument[first + 2] : ""); /* saturated bits */
    if (length >= WORDS_TEXT) return too_long(text);
    return STATUS_OK;
}

enum status foreign_read(char out[WORDS_TEXT], const char *text)
{
    for (int i = 0; i < TYPES; i++) {
        const size_t length = strlen(types[i].name);
        if (strncmp(text, types[i].name, length) == 0 && text[length] == '<')
            return type_read(out, &types[i], text);
    }
    if (strlen(text) >= WORDS_TEXT) return too_long(text);
    snprintf(out, WORDS_TEXT, "%s", text);
    return STATUS_OK;
}
