/* quant/format.c - formats as strings: the table of families. */
#include "quant/formats/family.h"
#include "quant/formats/foreign.h"
#include "quant/formats/format_list.h"
#include "quant/try.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* To add a family: see format.h. */
static const struct family_row *const families[] = {
#define X(tag, field, name, grammar, meaning, source) [FAMILY_##tag] = &family_##field,
    FAMILY_LIST(X)
#undef X
};

static const struct format_row listed[] = {
#define X(tag, field, name, grammar, meaning, source) {name, grammar, meaning, source},
    FAMILY_LIST(X)
#undef X
#define X(name, e, m, bias, flavour, meaning, source)                                                        \
    {"fp:" name, "fp:" name "[:<rounding>[:...]]", meaning, source},
        FLOAT_PRESET_LIST(X)
#undef X
#define X(name, values, meaning, source) {"table:" name, "table:" name "[:<even|up|zero>]", meaning, source},
            TABLE_LIST(X)
#undef X
};

const struct format_row *format_all(int *count)
{
    *count = sizeof listed / sizeof listed[0];
    return listed;
}

const struct family_row *family_row(enum family family)
{
    assert(family < FAMILY_COUNT);
    return families[family];
}

static const char *family_name(int i)
{
    return i < FAMILY_COUNT ? listed[i].name : NULL;
}

int format_bits(const struct format *f)
{
    return families[f->family]->bits(f);
}

const char *format_print(char text[static FORMAT_TEXT], const struct format *f)
{
    families[f->family]->print(text, FORMAT_TEXT, f);
    return text;
}

enum status format_check(const struct format *f)
{
    struct format nearest = *f;
    struct reason why = {""};
    char asked[FORMAT_TEXT], valid[FORMAT_TEXT];

    families[f->family]->repair(&nearest, &why);
    if (why.text[0] == '\0') return STATUS_OK;
    return status_fail(STATUS_INPUT, "format '%s': %s; the nearest valid one is '%s'", format_print(asked, f),
                       why.text, format_print(valid, &nearest));
}

/* A preset without its family: "e4m3:rne" is "fp:e4m3:rne". */
static enum status preset_split(struct words *in, const char *text)
{
    char whole[WORDS_TEXT];

    for (size_t i = FAMILY_COUNT; i < sizeof listed / sizeof listed[0]; i++) {
        const char *const preset = strchr(listed[i].name, ':') + 1;
        if (strcmp(in->field[0], preset) != 0) continue;
        const int length =
            snprintf(whole, sizeof whole, "%.*s%s", (int)(preset - listed[i].name), listed[i].name, text);
        return length < WORDS_TEXT ? words_split(in, whole) : STATUS_OK;
    }
    return STATUS_OK;
}

enum status format_parse(struct format *out, const char *text)
{
    struct words in;
    struct reason why = {""};
    char valid[FORMAT_TEXT], ours[WORDS_TEXT];

    *out = (struct format){.family = FAMILY_FIXED};
    TRY(foreign_read(ours, text));
    TRY(words_split(&in, ours));
    if (in.field[0][0] != '\0') TRY(preset_split(&in, ours));
    const int family = word_find(in.field[0], family_name);
    if (family < 0) return word_unknown(&in, "family", in.field[0], family_name);
    out->family = (enum family)family;
    TRY(families[family]->parse(out, &in));
    families[family]->repair(out, &why);
    if (why.text[0] == '\0') return STATUS_OK;
    return status_fail(STATUS_INPUT, "format '%s': %s; the nearest valid one is '%s'", text, why.text,
                       format_print(valid, out));
}
