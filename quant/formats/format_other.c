/* quant/formats/format_other.c - strings of affine integers, powers of two, tables and posits. */
#include "quant/formats/family.h"
#include "quant/formats/format_list.h"
#include "quant/integer.h"
#include "quant/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *division_word(int i)
{
    static const char *const names[] = {"ieee", "rcp", NULL};
    return names[i];
}

/* Reads one integer that fills the whole word. */
static enum status parse_whole(int *out, const struct words *in, const char *word, const char *what)
{
    const char *at = word;
    if (word_integer(out, &at) && *at == '\0') return STATUS_OK;
    return status_fail(STATUS_INPUT, "format '%s': %s '%s' is not an integer", in->whole, what, word);
}

static enum status affine_parse(struct format *f, const struct words *in)
{
    int division;

    TRY(parse_whole(&f->affine.bits, in, in->field[1], "number of bits"));
    TRY(parse_word(&division, in, "division", in->field[2], division_word, DIVISION_IEEE));
    TRY(parse_rounding(f, in, in->field[3]));
    f->affine.division = (enum division)division;
    return parse_count(in, 4);
}

static void affine_print(char *text, size_t room, const struct format *f)
{
    char rounding[WORD_ROOM];
    snprintf(text, room, "affine:%d:%s:%s", f->affine.bits, division_word((int)f->affine.division),
             print_rounding(rounding, f, true));
}

static void affine_repair(struct format *f, struct reason *why)
{
    reason_clamp(why, &f->affine.bits, 1, AFFINE_BITS_MAX, "number of bits");
    if (f->rounding != ROUND_RND_CONV && f->rounding != ROUND_SR) {
        reason_set(why, "the published quantizer rounds to nearest even (rne) or adds noise (sr16)");
        f->rounding = ROUND_RND_CONV;
    }
    repair_rounding(f, why, 16, true);
    if (f->rounding == ROUND_SR) reason_clamp(why, &f->random_bits, 16, 16, "number of random bits");
}

static int affine_bits(const struct format *f)
{
    return f->affine.bits;
}

const struct family_row family_affine = {affine_parse, affine_print, affine_repair, affine_bits};

static const char *narrow_word(int i)
{
    static const char *const names[] = {"full", "narrow", NULL};
    return names[i];
}

static enum status int_parse(struct format *f, const struct words *in)
{
    const char *at = in->field[1] + 1;
    char *end;
    int zero = 0, narrow;

    if ((in->field[1][0] != 's' && in->field[1][0] != 'u') || !word_integer(&f->integer.bits, &at) ||
        *at != '\0')
        return status_fail(STATUS_INPUT,
                           "format '%s': '%s' is not <s|u><bits>; a valid one is 'int:s8:0x1p-4'", in->whole,
                           in->field[1]);
    f->integer.is_unsigned = in->field[1][0] == 'u';
    f->integer.scale = strtod(in->field[2], &end);
    if (end == in->field[2] || *end != '\0')
        return status_fail(STATUS_INPUT, "format '%s': scale '%s' is not a number", in->whole, in->field[2]);
    if (in->field[3][0] != '\0') TRY(parse_whole(&zero, in, in->field[3], "zero point"));
    f->integer.zero = zero;
    TRY(parse_rounding(f, in, in->field[4]));
    TRY(parse_word(&narrow, in, "range", in->field[5], narrow_word, 0));
    f->integer.narrow = narrow == 1;
    return parse_count(in, 6);
}

static void int_print(char *text, size_t room, const struct format *f)
{
    char rounding[WORD_ROOM];
    const struct int_format *g = &f->integer;

    snprintf(text, room, "int:%c%d:%a:%lld:%s:%s", g->is_unsigned ? 'u' : 's', g->bits, g->scale,
             (long long)g->zero, print_rounding(rounding, f, true), narrow_word(g->narrow));
}

static void int_repair(struct format *f, struct reason *why)
{
    struct int_format *g = &f->integer;

    reason_clamp(why, &g->bits, 1, 32, "number of bits");
    if (!isfinite(g->scale) || g->scale < 0x1p-1022 || g->scale > 0x1p960) {
        reason_set(why, "scale %g is not in 2^-1022..2^960", g->scale);
        g->scale = 1.0;
    }
    if (g->narrow && g->is_unsigned) {
        reason_set(why, "narrow means -hi..hi, an unsigned range has no such part");
        g->narrow = false;
    }
    const int64_t low = integer_low(g), high = integer_high(g);
    if (g->zero < low || g->zero > high) { /* no code would stand for 0 */
        reason_set(why, "zero point %lld is not a code, which are %lld..%lld", (long long)g->zero,
                   (long long)low, (long long)high);
        g->zero = g->zero < low ? low : high;
    }
    repair_rounding(f, why, g->bits, true);
}

static int int_bits(const struct format *f)
{
    return f->integer.bits;
}

const struct family_row family_int = {int_parse, int_print, int_repair, int_bits};

static const char *sign_word(int i)
{
    static const char *const names[] = {"s", "u", NULL};
    return names[i];
}

static const char *ties_domain_word(int i)
{
    static const char *const names[] = {"linear", "log", NULL};
    return names[i];
}

static const char *below_word(int i)
{
    static const char *const names[] = {"zero", "min", NULL};
    return names[i];
}

static enum status pot_parse(struct format *f, const struct words *in)
{
    int sign, domain, below;

    TRY(parse_word(&sign, in, "sign", in->field[1], sign_word, 0));
    TRY(parse_whole(&f->pot.emin, in, in->field[2], "smallest exponent"));
    TRY(parse_whole(&f->pot.emax, in, in->field[3], "largest exponent"));
    TRY(parse_word(&domain, in, "domain of ties", in->field[4], ties_domain_word, 0));
    TRY(parse_word(&below, in, "treatment of small values", in->field[5], below_word, 0));
    f->pot.is_unsigned = sign == 1;
    f->pot.log_ties = domain == 1;
    f->pot.keep_min = below == 1;
    return parse_count(in, 6);
}

static void pot_print(char *text, size_t room, const struct format *f)
{
    snprintf(text, room, "pot:%s:%d:%d:%s:%s", sign_word(f->pot.is_unsigned), f->pot.emin, f->pot.emax,
             ties_domain_word(f->pot.log_ties), below_word(f->pot.keep_min));
}

static void pot_repair(struct format *f, struct reason *why)
{
    reason_clamp(why, &f->pot.emin, -1022, 1023, "smallest exponent");
    reason_clamp(why, &f->pot.emax, f->pot.emin, 1023, "largest exponent");
}

/* Codes 0 (zero) and 1..emax-emin+1, and a sign. */
static int pot_bits(const struct format *f)
{
    const int codes = f->pot.emax - f->pot.emin + 2;
    return 32 - __builtin_clz((unsigned)(codes - 1)) + !f->pot.is_unsigned;
}

const struct family_row family_pot = {pot_parse, pot_print, pot_repair, pot_bits};

static const char *table_word(int i)
{
    static const char *const names[] = {
#define X(name, values, meaning, source) name,
        TABLE_LIST(X)
#undef X
            NULL};
    return names[i];
}

static const char *table_ties_word(int i)
{
    static const char *const names[] = {"even", "up", "zero", NULL};
    return names[i];
}

static enum status table_parse(struct format *f, const struct words *in)
{
    int ties;

    TRY(parse_word(&f->table.which, in, "table", in->field[1], table_word, -1));
    TRY(parse_word(&ties, in, "rule for ties", in->field[2], table_ties_word, TIES_EVEN_CODE));
    f->table.ties = (enum table_ties)ties;
    return parse_count(in, 3);
}

static void table_print(char *text, size_t room, const struct format *f)
{
    snprintf(text, room, "table:%s:%s", table_word(f->table.which), table_ties_word((int)f->table.ties));
}

static void table_repair(struct format *f, struct reason *why)
{
    int last = 0;
    while (table_word(last + 1) != NULL)
        last++;
    reason_clamp(why, &f->table.which, 0, last, "table");
}

static int table_bits(const struct format *f)
{
    static const int bits[] = {4, 2, 1, 4, 5};
    return bits[f->table.which];
}

const struct family_row family_table = {table_parse, table_print, table_repair, table_bits};

static enum status posit_parse(struct format *f, const struct words *in)
{
    const char *at = in->field[1];
    const bool well = word_integer(&f->posit.bits, &at) && *at++ == '.' && word_integer(&f->posit.es, &at);

    if (!well || *at != '\0')
        return status_fail(STATUS_INPUT, "format '%s': '%s' is not <n>.<es>; a valid one is 'posit:8.2'",
                           in->whole, in->field[1]);
    return parse_count(in, 2);
}

static void posit_print(char *text, size_t room, const struct format *f)
{
    snprintf(text, room, "posit:%d.%d", f->posit.bits, f->posit.es);
}

static void posit_repair(struct format *f, struct reason *why)
{
    reason_clamp(why, &f->posit.bits, 2, 16, "number of bits");
    reason_clamp(why, &f->posit.es, 0, 4, "number of exponent bits");
}

static int posit_bits(const struct format *f)
{
    return f->posit.bits;
}

const struct family_row family_posit = {posit_parse, posit_print, posit_repair, posit_bits};
