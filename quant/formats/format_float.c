/* quant/formats/format_float.c - strings of small floats: "fp:e4m3fn:rne:sat", "fp:e4m3b7fn:rne:sat". */
#include "quant/formats/family.h"
#include "quant/formats/format_list.h"
#include "quant/try.h"

#include <stdio.h>
#include <string.h>

static const struct float_preset {
    const char *name;
    struct float_format format;
} presets[] = {
#define X(name, e, m, bias, flavour, meaning, source) {name, {e, m, bias, FLAVOUR_##flavour, SUBNORMALS_ON}},
    FLOAT_PRESET_LIST(X)
#undef X
};

enum { PRESETS = sizeof presets / sizeof presets[0] };

static const char *preset_word(int i)
{
    return i < PRESETS ? presets[i].name : NULL;
}

static const char *flavour_word(int i)
{
    static const char *const names[] = {"ieee", "fn", "finite", "fnuz", "e8m0", NULL};
    return names[i];
}

static const char *overflow_word(int i)
{
    return i == 0 ? "sat" : i == 1 ? "inf" : NULL;
}

static const char *subnormals_word(int i)
{
    static const char *const names[] = {"sub", "ftz", "min", NULL};
    return names[i];
}

static int default_bias(int exponent_bits, enum flavour flavour)
{
    const int half = exponent_bits > 0 && exponent_bits < 16 ? 1 << (exponent_bits - 1) : 1;
    return flavour == FLAVOUR_FNUZ ? half : half - 1;
}

enum status parse_float_name(struct float_format *out, const struct words *in, const char *word)
{
    const int preset = word_find(word, preset_word);
    const char *at = word + 1;
    bool has_bias = false;
    int flavour;

    if (preset >= 0) {
        *out = presets[preset].format;
        return STATUS_OK;
    }
    *out = (struct float_format){.flavour = FLAVOUR_IEEE};
    bool well = word[0] == 'e' && word_integer(&out->exponent_bits, &at) && *at++ == 'm';
    well = well && word_integer(&out->mantissa_bits, &at);
    if (well && *at == 'b') {
        at++;
        has_bias = true;
        well = word_integer(&out->bias, &at);
    }
    if (!well) return word_unknown(in, "float (eXmY[bZ]flavour or a name)", word, preset_word);
    TRY(parse_word(&flavour, in, "flavour", at, flavour_word, FLAVOUR_IEEE));
    out->flavour = (enum flavour)flavour;
    if (!has_bias) out->bias = default_bias(out->exponent_bits, out->flavour);
    return STATUS_OK;
}

const char *print_float_name(char text[static WORD_ROOM], const struct float_format *f)
{
    char bias[16] = "";

    for (int i = 0; i < PRESETS; i++) {
        const struct float_format *p = &presets[i].format;
        if (p->exponent_bits != f->exponent_bits || p->mantissa_bits != f->mantissa_bits ||
            p->bias != f->bias || p->flavour != f->flavour)
            continue;
        snprintf(text, WORD_ROOM, "%s", presets[i].name);
        return text;
    }
    if (f->bias != default_bias(f->exponent_bits, f->flavour)) snprintf(bias, sizeof bias, "b%d", f->bias);
    snprintf(text, WORD_ROOM, "e%dm%d%s%s", f->exponent_bits, f->mantissa_bits, bias,
             flavour_word((int)f->flavour));
    return text;
}

void repair_float(struct float_format *f, struct reason *why)
{
    reason_clamp(why, &f->exponent_bits, 0, 11, "number of exponent bits");
    reason_clamp(why, &f->mantissa_bits, 0, 52, "number of mantissa bits");
    if (f->flavour == FLAVOUR_E8M0) {
        reason_clamp(why, &f->exponent_bits, 1, 11, "number of exponent bits of flavour e8m0");
        reason_clamp(why, &f->mantissa_bits, 0, 0, "number of mantissa bits of flavour e8m0");
    }
    if (f->flavour == FLAVOUR_IEEE) {
        reason_clamp(why, &f->exponent_bits, 1, 11, "number of exponent bits of flavour ieee");
        reason_clamp(why, &f->mantissa_bits, 1, 52,
                     "number of mantissa bits of flavour ieee (infinity is not NaN)");
    }
    if (f->exponent_bits + f->mantissa_bits == 0) {
        reason_set(why, "no exponent and no mantissa bits leave nothing to store");
        f->mantissa_bits = 1;
    }
    if (f->flavour == FLAVOUR_FN && f->exponent_bits + f->mantissa_bits < 2) {
        reason_set(why, "one bit is NaN or zero in flavour fn");
        f->mantissa_bits = 2 - f->exponent_bits;
    }
    reason_clamp(why, &f->bias, -1022, 2046, "bias");
}

static enum status float_parse(struct format *f, const struct words *in)
{
    int overflow, subnormals;

    TRY(parse_float_name(&f->floating, in, in->field[1]));
    TRY(parse_rounding(f, in, in->field[2]));
    TRY(parse_word(&overflow, in, "overflow of floats", in->field[3], overflow_word, 0));
    TRY(parse_word(&subnormals, in, "treatment of subnormals", in->field[4], subnormals_word, 0));
    f->overflow = overflow == 0 ? OVERFLOW_SAT : OVERFLOW_INF;
    f->floating.subnormals = (enum subnormals)subnormals;
    return parse_count(in, 5);
}

static void float_print(char *text, size_t room, const struct format *f)
{
    char name[WORD_ROOM], rounding[WORD_ROOM];
    const enum subnormals s = f->floating.subnormals;

    snprintf(text, room, "fp:%s:%s:%s%s%s", print_float_name(name, &f->floating),
             print_rounding(rounding, f, true), f->overflow == OVERFLOW_INF ? "inf" : "sat",
             s == SUBNORMALS_ON ? "" : ":", s == SUBNORMALS_ON ? "" : subnormals_word((int)s));
}

static int float_bits(const struct format *f)
{
    return f->floating.exponent_bits + f->floating.mantissa_bits + (f->floating.flavour != FLAVOUR_E8M0);
}

static void float_repair(struct format *f, struct reason *why)
{
    repair_float(&f->floating, why);
    repair_rounding(f, why, float_bits(f), true);
    if (f->overflow != OVERFLOW_SAT && f->overflow != OVERFLOW_INF) {
        reason_set(why, "floats overflow to infinity (inf) or to their largest value (sat)");
        f->overflow = OVERFLOW_SAT;
    }
    if (f->overflow == OVERFLOW_INF && f->floating.flavour == FLAVOUR_FINITE) {
        reason_set(why, "a finite float has neither infinity nor NaN to overflow to");
        f->overflow = OVERFLOW_SAT;
    }
    if (f->floating.subnormals != SUBNORMALS_ON && f->floating.flavour == FLAVOUR_E8M0) {
        reason_set(why, "e8m0 has no subnormals");
        f->floating.subnormals = SUBNORMALS_ON;
    }
}

const struct family_row family_float = {float_parse, float_print, float_repair, float_bits};
