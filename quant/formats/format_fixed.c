/* quant/formats/format_fixed.c - strings of fixed point: "fx:s8.4:rnd_conv:sat". */
#include "quant/formats/family.h"
#include "quant/try.h"

#include <stdio.h>
#include <string.h>

static const char *overflow_word(int i)
{
    static const char *const names[] = {"sat", "sat_sym", "sat_zero", "wrap", "wrap_sm", "numeric_std", NULL};
    return names[i];
}

static const char *nan_word(int i)
{
    return i == 0 ? "nan" : NULL;
}

static const char sign_letter[] = {
    [FIXED_SIGNED] = 's', [FIXED_UNSIGNED] = 'u', [FIXED_SIGN_MAGNITUDE] = 'm'};

/* "wrap2" is wrap with two saturated bits. */
static enum status parse_overflow(struct format *f, const struct words *in, const char *word)
{
    char name[WORD_ROOM];
    const size_t letters = strcspn(word, "0123456789");
    const char *digits = word + letters;
    int which;

    snprintf(name, sizeof name, "%.*s", (int)letters, word);
    TRY(parse_word(&which, in, "overflow", name, overflow_word, OVERFLOW_SAT));
    f->overflow = (enum overflow)which;
    f->saturated_bits = 0;
    if (*digits == '\0') return STATUS_OK;
    const bool counts = f->overflow == OVERFLOW_WRAP || f->overflow == OVERFLOW_WRAP_SM;
    if (!counts)
        return status_fail(STATUS_INPUT, "format '%s': %s takes no number of bits; write '%s'", in->whole,
                           name, name);
    if (!word_integer(&f->saturated_bits, &digits) || *digits != '\0')
        return word_unknown(in, "overflow", word, overflow_word);
    return STATUS_OK;
}

static enum status fixed_parse(struct format *f, const struct words *in)
{
    const char *at = in->field[1];
    const char *letter = *at == '\0' ? NULL : memchr(sign_letter, *at, sizeof sign_letter);
    bool well = letter != NULL;
    int nan;

    at++;
    well = well && word_integer(&f->fixed.bits, &at) && *at++ == '.';
    well = well && word_integer(&f->fixed.integer_bits, &at) && *at == '\0';
    if (!well)
        return status_fail(
            STATUS_INPUT, "format '%s': '%s' is not <s|u|m><wl>.<iwl>; a valid one is 'fx:s8.4:rnd_conv:sat'",
            in->whole, in->field[1]);
    f->fixed.sign = (enum fixed_sign)(letter - sign_letter);
    TRY(parse_rounding(f, in, in->field[2]));
    TRY(parse_overflow(f, in, in->field[3]));
    TRY(parse_word(&nan, in, "option", in->field[4], nan_word, 1));
    f->fixed.keep_nan = nan == 0;
    return parse_count(in, 5);
}

static void fixed_print(char *text, size_t room, const struct format *f)
{
    char rounding[WORD_ROOM], count[16] = "";
    const struct fixed_format *x = &f->fixed;
    const char *overflow = f->overflow <= OVERFLOW_NUMERIC_STD ? overflow_word((int)f->overflow) : "inf";

    if (f->saturated_bits != 0) snprintf(count, sizeof count, "%d", f->saturated_bits);
    snprintf(text, room, "fx:%c%d.%d:%s:%s%s%s", sign_letter[x->sign], x->bits, x->integer_bits,
             print_rounding(rounding, f, false), overflow, count, x->keep_nan ? ":nan" : "");
}

static void fixed_repair(struct format *f, struct reason *why)
{
    struct fixed_format *x = &f->fixed;

    reason_clamp(why, &x->bits, 1, 64, "word length");
    reason_clamp(why, &x->integer_bits, -512, 512, "number of integer bits");
    repair_rounding(f, why, x->bits, false);
    if (f->rounding == ROUND_TRN_MAG && x->sign == FIXED_SIGN_MAGNITUDE) {
        reason_set(why, "trn_mag is defined on two's complement");
        f->rounding = ROUND_TRN_ZERO;
    }
    if (f->overflow > OVERFLOW_NUMERIC_STD) {
        reason_set(why, "fixed point has no infinity");
        f->overflow = OVERFLOW_SAT;
    }
    if (f->overflow == OVERFLOW_WRAP_SM && x->sign != FIXED_SIGNED) {
        reason_set(why, "wrap_sm is defined on signed numbers");
        f->overflow = OVERFLOW_WRAP;
    }
    const int most = x->sign == FIXED_SIGN_MAGNITUDE ? x->bits - 1 : x->bits;
    reason_clamp(why, &f->saturated_bits, 0, most, "number of saturated bits");
}

static int fixed_bits(const struct format *f)
{
    return f->fixed.bits;
}

const struct family_row family_fixed = {fixed_parse, fixed_print, fixed_repair, fixed_bits};
