/* quant/formats/format_block.c - strings of block formats: "bfp:8:16:floor:rne", "mx:e2m1:32:floor:rne",
 * "nvfp4". */
#include "quant/formats/family.h"
#include "quant/try.h"

#include <stdio.h>

static const char *bfp_rule_word(int i)
{
    static const char *const names[] = {"floor", "carry", NULL};
    return names[i];
}

static const char *mx_rule_word(int i)
{
    static const char *const names[] = {"floor", "ceil", "rne", "midmax", NULL};
    return names[i];
}

static const char *bfp_overflow_word(int i)
{
    static const char *const names[] = {"sat", "sat_sym", NULL};
    return names[i];
}

static const char *special_word(int i)
{
    static const char *const names[] = {"nan", "ignore", NULL};
    return names[i];
}

static enum status bfp_parse(struct format *f, const struct words *in)
{
    const char *at = in->field[1];
    int rule, overflow;

    f->block.exponent_bits = 8;
    bool well = word_integer(&f->block.bits, &at);
    if (well && *at == 'e') {
        at++;
        well = word_integer(&f->block.exponent_bits, &at);
    }
    if (!well || *at != '\0')
        return status_fail(STATUS_INPUT, "format '%s': '%s' is not <wl>[e<bits>]; a valid one is 'bfp:8:16'",
                           in->whole, in->field[1]);
    TRY(parse_block_size(&f->block.size, in, in->field[2], 16));
    TRY(parse_word(&rule, in, "exponent rule", in->field[3], bfp_rule_word, 0));
    TRY(parse_rounding(f, in, in->field[4]));
    TRY(parse_word(&overflow, in, "overflow", in->field[5], bfp_overflow_word, 1));
    f->block.rule = rule == 0 ? SCALE_FLOOR : SCALE_CEIL;
    f->overflow = overflow == 0 ? OVERFLOW_SAT : OVERFLOW_SAT_SYM;
    return parse_count(in, 6);
}

static void bfp_print(char *text, size_t room, const struct format *f)
{
    char size[WORD_ROOM], rounding[WORD_ROOM];

    snprintf(text, room, "bfp:%de%d:%s:%s:%s:%s", f->block.bits, f->block.exponent_bits,
             print_block_size(size, f->block.size), bfp_rule_word(f->block.rule != SCALE_FLOOR),
             print_rounding(rounding, f, true), bfp_overflow_word(f->overflow != OVERFLOW_SAT));
}

static void bfp_repair(struct format *f, struct reason *why)
{
    reason_clamp(why, &f->block.bits, 2, 24, "word length");
    reason_clamp(why, &f->block.exponent_bits, 2, 11, "number of bits of the shared exponent");
    reason_clamp(why, &f->block.size, 0, 1 << 24, "block size");
    repair_rounding(f, why, f->block.bits, true);
}

static int bfp_bits(const struct format *f)
{
    return f->block.bits;
}

const struct family_row family_bfp = {bfp_parse, bfp_print, bfp_repair, bfp_bits};

static enum status mx_parse(struct format *f, const struct words *in)
{
    int rule, special;

    TRY(parse_float_name(&f->block.element, in, in->field[1]));
    TRY(parse_block_size(&f->block.size, in, in->field[2], 32));
    TRY(parse_word(&rule, in, "scale rule", in->field[3], mx_rule_word, SCALE_FLOOR));
    TRY(parse_rounding(f, in, in->field[4]));
    TRY(parse_word(&special, in, "treatment of NaN and infinity", in->field[5], special_word, 0));
    f->block.rule = (enum scale_rule)rule;
    f->block.ignore_special = special == 1;
    return parse_count(in, 6);
}

static void mx_print(char *text, size_t room, const struct format *f)
{
    char name[WORD_ROOM], size[WORD_ROOM], rounding[WORD_ROOM];

    snprintf(text, room, "mx:%s:%s:%s:%s%s", print_float_name(name, &f->block.element),
             print_block_size(size, f->block.size), mx_rule_word((int)f->block.rule),
             print_rounding(rounding, f, true), f->block.ignore_special ? ":ignore" : "");
}

static int element_bits(const struct format *f)
{
    return f->block.element.exponent_bits + f->block.element.mantissa_bits + 1;
}

static void mx_repair(struct format *f, struct reason *why)
{
    struct float_format *e = &f->block.element;

    repair_float(e, why);
    if (e->flavour == FLAVOUR_E8M0 || e->exponent_bits < 1 || e->exponent_bits > 5 || e->mantissa_bits > 10) {
        reason_set(why, "an element has a sign, 1..5 exponent and at most 10 mantissa bits");
        *e = (struct float_format){2, 1, 1, FLAVOUR_FINITE, SUBNORMALS_ON};
    }
    reason_clamp(why, &e->bias, -15, 31, "bias of an element");
    reason_clamp(why, &f->block.size, 0, 1 << 24, "block size");
    repair_rounding(f, why, element_bits(f), true);
}

const struct family_row family_mx = {mx_parse, mx_print, mx_repair, element_bits};

static enum status nvfp4_parse(struct format *f, const struct words *in)
{
    f->block.element = (struct float_format){2, 1, 1, FLAVOUR_FINITE, SUBNORMALS_ON};
    TRY(parse_block_size(&f->block.size, in, in->field[1], 16));
    TRY(parse_rounding(f, in, in->field[2]));
    return parse_count(in, 3);
}

static void nvfp4_print(char *text, size_t room, const struct format *f)
{
    char size[WORD_ROOM], rounding[WORD_ROOM];

    snprintf(text, room, "nvfp4:%s:%s", print_block_size(size, f->block.size),
             print_rounding(rounding, f, true));
}

static void nvfp4_repair(struct format *f, struct reason *why)
{
    reason_clamp(why, &f->block.size, 0, 1 << 24, "block size");
    repair_rounding(f, why, 4, true);
}

const struct family_row family_nvfp4 = {nvfp4_parse, nvfp4_print, nvfp4_repair, element_bits};
