/* tests/quant/test_format.c - format strings: what is written is read back, what is wrong is refused with
 * a reason. */
#include "quant/format.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

struct pair {
    char text[64], want[96]; /* the full string, or a part of the refusal */
};

ParameterizedTestParameters(format, fills_in_defaults_and_reads_its_own_writing)
{
    static struct pair rows[] = {
        {"fx:s8.4", "fx:s8.4:rnd_conv:sat"},
        {"fx:u1.-5:sr8:wrap", "fx:u1.-5:sr8:wrap"},
        {"fx:m64.600000:trn", ""},
        {"fx:m64.70:trn_zero:sat_zero:nan", "fx:m64.70:trn_zero:sat_zero:nan"},
        {"fx:s12.4:sr:wrap_sm2", "fx:s12.4:sr16:wrap_sm2"},
        {"fx:s32.4:sr_mid", "fx:s32.4:sr_mid32:sat"},
        {"fx:s8.4:rne:wrap3", "fx:s8.4:rnd_conv:wrap3"},
        {"fp:e4m3fn", "fp:e4m3fn:rne:sat"},
        {"fp:e4m3:rnd_inf:inf", "fp:e4m3fn:rna:inf"},
        {"fp:e5m2ieee:ro:inf:ftz", "fp:e5m2:ro:inf:ftz"},
        {"fp:e4m3b11fnuz:sr_eq3:sat:min", "fp:e4m3b11fnuz:sr_eq3:sat:min"},
        {"fp:e6m9:rnd_conv_odd:inf", "fp:e6m9ieee:rnd_conv_odd:inf"},
        {"fp:e4m3b-3fn", "fp:e4m3b-3fn:rne:sat"},
        {"bfp:8:16", "bfp:8e8:16:floor:rne:sat_sym"},
        {"bfp:4e5:all:carry:trn:sat", "bfp:4e5:all:carry:rd:sat"},
        {"mx:e2m1:32:floor", "mx:e2m1:32:floor:rne"},
        {"mx:e4m3fn:16:midmax:sr4:ignore", "mx:e4m3fn:16:midmax:sr4:ignore"},
        {"nvfp4", "nvfp4:16:rne"},
        {"affine:8", "affine:8:ieee:rne"},
        {"affine:4:rcp:sr", "affine:4:rcp:sr16"},
        {"int:s8:0.0625:3", "int:s8:0x1p-4:3:rne:full"},
        {"int:s4:1:0:trn:narrow", "int:s4:0x1p+0:0:rd:narrow"},
        {"pot:s:-7:0", "pot:s:-7:0:linear:zero"},
        {"pot:u:-3:3:log:min", "pot:u:-3:3:log:min"},
        {"table:nf4:up", "table:nf4:up"},
        {"posit:8.2", "posit:8.2"},
        /* as other tools spell them */
        {"e4m3", "fp:e4m3fn:rne:sat"},
        {"bf16:rz:inf", "fp:bf16:rz:inf"},
        {"nf4", "table:nf4:even"},
        {"ap_fixed<8,4>", "fx:s8.4:trn:wrap"},
        {"ap_ufixed<8,4,AP_RND_CONV,AP_SAT>", "fx:u8.4:rnd_conv:sat"},
        {"ap_fixed<16,8,AP_RND,AP_WRAP,2>", "fx:s16.8:rnd:wrap2"},
        {"sc_fixed<8, 4, SC_RND, SC_SAT_SYM>", "fx:s8.4:rnd:sat_sym"},
        {"ac_fixed<8,4,false>", "fx:u8.4:trn:wrap"},
        {"ac_fixed<8,4,true,AC_RND_CONV_ODD,AC_SAT_ZERO>", "fx:s8.4:rnd_conv_odd:sat_zero"},
        {"ap_int<8>", "fx:s8.8:trn:wrap"},
        {"sc_uint<5>", "fx:u5.5:trn:wrap"},
        {"fx:s8.4:AP_TRN_ZERO:SC_WRAP_SM", "fx:s8.4:trn_zero:wrap_sm"},
    };
    return cr_make_param_array(struct pair, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct pair *row, format, fills_in_defaults_and_reads_its_own_writing)
{
    struct format f, again;
    char text[FORMAT_TEXT], twice[FORMAT_TEXT];

    if (row->want[0] == '\0') {
        cr_assert(ne(int, format_parse(&f, row->text), STATUS_OK));
        return;
    }
    cr_assert(eq(int, format_parse(&f, row->text), STATUS_OK), "%s", status_detail());
    cr_assert(eq(str, (char *)format_print(text, &f), row->want));
    cr_assert(eq(int, format_parse(&again, text), STATUS_OK), "%s", status_detail());
    cr_assert(eq(str, (char *)format_print(twice, &again), text));
    cr_assert(eq(int, format_check(&again), STATUS_OK));
}

ParameterizedTestParameters(format, refuses_with_a_reason_and_the_nearest)
{
    static struct pair rows[] = {
        {"fx:s0.4", "word length 0 is not in 1..64; the nearest valid one is 'fx:s1.4"},
        {"fx:s65.4", "word length 65 is not in 1..64; the nearest valid one is 'fx:s64.4"},
        {"fx:s8.999", "integer bits 999"},
        {"fx:8.4", "'8.4' is not <s|u|m><wl>.<iwl>"},
        {"fx", "is not <s|u|m><wl>.<iwl>"},
        {"", "unknown family ''"},
        {"fx:s8.4:rnd_cnv", "unknown rounding 'rnd_cnv'; the nearest is 'rnd_conv'"},
        {"fx:s8.4:rnd:satt", "unknown overflow 'satt'; the nearest is 'sat'"},
        {"fx:s8.4:rnd3", "takes no number of random bits"},
        {"fx:s8.4:sr33", "number of random bits 33 is not in 1..32"},
        {"fx:s8.4:sr0", "number of random bits 0 is not in 1..32"},
        {"fx:s8.4:rnd:wrap9", "saturated bits 9 is not in 0..8"},
        {"fx:u8.4:rnd:wrap_sm", "wrap_sm is defined on signed"},
        {"fx:m8.4:trn_mag", "trn_mag is defined on two's complement"},
        {"fx:s8.4:rnd:sat:nan:x", "nothing may follow 'nan'"},
        {"fx:s8.4:rnd:inf", "unknown overflow 'inf'"},
        {"fy:s8.4", "unknown family 'fy'; the nearest is 'fx'"},
        {"fp:e4m3fm", "unknown flavour 'fm'; the nearest is 'fn'"},
        {"fp:bf17", "the nearest is 'bf16'"},
        {"fp:e2m1:rne:inf", "a finite float has neither infinity nor NaN"},
        {"fp:e12m3", "number of exponent bits 12 is not in 0..11"},
        {"fp:e4m53", "number of mantissa bits 53 is not in 0..52"},
        {"fp:e5m0ieee", "infinity is not NaN"},
        {"fp:e4m3:jam", "jam is defined on two's complement"},
        {"fp:e4m3:rne:sat:subs", "unknown treatment of subnormals"},
        {"mx:bf16", "an element has a sign, 1..5 exponent"},
        {"mx:e2m1:0", "block size '0'"},
        {"bfp:1:16", "word length 1 is not in 2..24"},
        {"affine:33", "number of bits 33 is not in 1..32"},
        {"affine:8:div", "unknown division 'div'"},
        {"affine:8:ieee:trn", "rounds to nearest even (rne) or adds noise"},
        {"int:s8:-1", "scale -1"},
        {"int:s8:x", "scale 'x' is not a number"},
        {"int:u8:1:300", "300 is not a code, which are 0..255; the nearest valid one is 'int:u8:0x1p+0:255"},
        {"int:u8:1:-1", "zero point -1 is not a code, which are 0..255"},
        {"int:s8:1:128", "zero point 128 is not a code, which are -128..127"},
        {"int:s4:1:-8:rne:narrow", "zero point -8 is not a code, which are -7..7"},
        {"int:s32:1:2147483648", "zero point '2147483648' is not an integer"},
        {"pot:s:3:1", "largest exponent 1 is not in 3..1023"},
        {"table:nf5", "unknown table 'nf5'; the nearest is 'nf4'"},
        {"ap_fixed<8>", "want it as in ap_fixed<8,4>"},
        {"ap_fixed<8,4", "want it as in ap_fixed<8,4>"},
        {"ap_fixed<8,4>x", "want it as in ap_fixed<8,4>"},
        {"ap_fixed<8,4,>", "want it as in ap_fixed<8,4>"},
        {"ap_fixed<,4>", "want it as in ap_fixed<8,4>"},
        {"ap_int<8,4>", "want it as in ap_int<8>"},
        {"ac_fixed<8,4>", "want it as in ac_fixed<8,4,true>"},
        {"ap_fixed<8,4,AP_RND_CONV_AND_MUCH_MORE_BEHIND_IT>", "want it as in ap_fixed<8,4>"},
        {"ap_fixed<x,4>", "'sx.4' is not <s|u|m><wl>.<iwl>"},
        {"ap_fixed<8,4,AP_RNDD>", "unknown rounding 'rndd'"},
        {"posit:17.2", "number of bits 17 is not in 2..16"},
        {"a:b:c:d:e:f:g:h:i", "more than 8 fields"},
    };
    return cr_make_param_array(struct pair, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct pair *row, format, refuses_with_a_reason_and_the_nearest)
{
    struct format f;
    cr_assert(eq(int, format_parse(&f, row->text), STATUS_INPUT), "%s was accepted", row->text);
    cr_assert(strstr(status_detail(), row->want) != NULL, "%s", status_detail());
}

Test(format, every_listed_preset_is_a_format)
{
    int count, presets = 0;
    const struct format_row *row = format_all(&count);

    for (int i = 0; i < count; i++) {
        struct format f;
        cr_expect(row[i].grammar && row[i].meaning && row[i].source);
        if (strchr(row[i].name, ':') == NULL) continue;
        cr_expect(eq(int, format_parse(&f, row[i].name), STATUS_OK), "%s", status_detail());
        presets++;
    }
    cr_assert(ge(int, presets, 20));
}

Test(format, check_refuses_a_struct_that_no_string_gives)
{
    const struct format f = {.family = FAMILY_FLOAT,
                             .overflow = OVERFLOW_INF,
                             .floating = {2, 1, 1, FLAVOUR_FINITE, SUBNORMALS_ON}};
    cr_assert(eq(int, format_check(&f), STATUS_INPUT));
    cr_assert(strstr(status_detail(), "nearest valid one is 'fp:e2m1:rne:sat'") != NULL, "%s",
              status_detail());
}
