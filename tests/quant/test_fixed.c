/* tests/quant/test_fixed.c - fixed point against SystemC, cell by cell, and against the definitions it
 * does not have. */
#include "quant/element.h"
#include "tests/fixtures/quant_csv.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <ctype.h>
#include <math.h>

/* "RND.SAT" of the file is ":rnd:sat" of a format string. */
static struct format format_of_column(const struct csv *c, const char *column)
{
    char text[96], lower[32], *dot;
    struct format f;

    for (int i = 0; i == 0 || column[i - 1] != '\0'; i++)
        lower[i] = (char)tolower((unsigned char)column[i]);
    dot = strchr(lower, '.');
    *dot = '\0';
    if (strcmp(dot + 1, "wrap_sm0") == 0) dot[strlen("wrap_sm") + 1] = '\0';
    snprintf(text, sizeof text, "fx:%c%s.%s:%s:%s", c->field[0][0] == '1' ? 's' : 'u', c->field[1],
             c->field[2], lower, dot + 1);
    cr_assert(eq(int, format_parse(&f, text), STATUS_OK), "%s: %s", text, status_detail());
    return f;
}

static long check_file(const char *path)
{
    static struct csv c;
    long cells = 0;

    cr_assert(csv_open(&c, path), "%s", path);
    while (csv_next(&c)) {
        const double x = strtod(c.field[3], NULL);
        for (int k = 4; k < c.columns; k++) {
            if (c.field[k][0] == '\0') continue;
            const struct format f = format_of_column(&c, c.header[k]);
            const int64_t got = (int64_t)element_fixed_encode(&f, number_of_double(x), 0).code;
            cr_expect(eq(i64, got, strtoll(c.field[k], NULL, 10)), "%s.%s %s of %s", c.field[1], c.field[2],
                      c.header[k], c.field[3]);
            cells++;
        }
    }
    return cells;
}

Test(fixed, equals_systemc_in_every_cell)
{
    cr_assert(eq(long, check_file("tests/golden/sc_fixed.csv"), 66276));
}

Test(fixed, equals_systemc_in_wraps_with_saturated_bits)
{
    cr_assert(eq(long, check_file("tests/golden/sc_fixed_ext.csv"), 9706));
}

/* The halves and quarters that tell all roundings apart. */
struct row {
    char rounding[16];
    int want[8]; /* of -2.5 -2 -1.5 -0.25 0.25 1.5 2 2.5 */
};

ParameterizedTestParameters(fixed, every_rounding_by_its_definition)
{
    static struct row rows[] = {
        {"trn", {-3, -2, -2, -1, 0, 1, 2, 2}},     {"ceil", {-2, -2, -1, 0, 1, 2, 2, 3}},
        {"trn_zero", {-2, -2, -1, 0, 0, 1, 2, 2}}, {"away", {-3, -2, -2, -1, 1, 2, 2, 3}},
        {"rnd", {-2, -2, -1, 0, 0, 2, 2, 3}},      {"rnd_min_inf", {-3, -2, -2, 0, 0, 1, 2, 2}},
        {"rnd_zero", {-2, -2, -1, 0, 0, 1, 2, 2}}, {"rnd_inf", {-3, -2, -2, 0, 0, 2, 2, 3}},
        {"rnd_conv", {-2, -2, -2, 0, 0, 2, 2, 2}}, {"rnd_conv_odd", {-3, -2, -1, 0, 0, 1, 2, 3}},
        {"odd", {-3, -2, -1, -1, 1, 1, 2, 3}},     {"jam", {-3, -1, -1, -1, 1, 1, 3, 3}},
        {"trn_mag", {-2, -1, -1, 0, 0, 1, 2, 2}},
    };
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct row *row, fixed, every_rounding_by_its_definition)
{
    static const double x[] = {-2.5, -2, -1.5, -0.25, 0.25, 1.5, 2, 2.5};
    char text[64];
    struct format f;

    snprintf(text, sizeof text, "fx:s8.8:%s:sat", row->rounding);
    cr_assert(eq(int, format_parse(&f, text), STATUS_OK));
    for (int i = 0; i < 8; i++) {
        const int64_t got = (int64_t)element_fixed_encode(&f, number_of_double(x[i]), 0).code;
        cr_expect(eq(i64, got, row->want[i]), "%s of %g", row->rounding, x[i]);
    }
}

struct code {
    char format[40];
    double x;
    int64_t want;
};

ParameterizedTestParameters(fixed, special_values_and_wide_words)
{
    static struct code rows[] = {
        {"fx:s8.4:rnd_conv:sat", NAN, 0},
        {"fx:s8.4:rnd_conv:sat", INFINITY, 127},
        {"fx:s8.4:rnd_conv:sat_sym", -INFINITY, -127},
        {"fx:s8.4:jam:wrap", INFINITY, 0},
        {"fx:s8.4:rnd_conv:sat_zero", -INFINITY, 0},
        {"fx:s8.4:jam:sat", -0.0, 1},
        {"fx:s64.64:rnd_conv:sat", 0x1p63, INT64_MAX},
        {"fx:s64.64:rnd_conv:wrap", 0x1p63, INT64_MIN},
        {"fx:s64.64:rnd_conv:wrap_sm", 0x1p64, -1},
        {"fx:u64.64:rnd_conv:sat", 0x1p70, -1},
        {"fx:s4.4:trn:numeric_std", 9, 1},
        {"fx:s4.4:trn:numeric_std", -9, -1},
        {"fx:s4.4:trn:numeric_std", -8, -8},
        {"fx:m4.4:rnd_conv:sat", -0.0, 8},
        {"fx:m4.4:rnd_conv:sat", -0.25, 8},
        {"fx:m4.4:rnd_conv:sat", -9, 15},
        {"fx:m4.4:rnd_conv:wrap", -9, 9},
        {"fx:m4.4:trn:sat", -1.5, 10},
        {"fx:m4.4:rnd_conv:wrap2", 8, 6},
        {"fx:s8.-500:trn:sat", -5e-324, -1},
        {"fx:s8.500:trn:sat", -5e-324, -1},
    };
    return cr_make_param_array(struct code, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct code *row, fixed, special_values_and_wide_words)
{
    struct format f;
    cr_assert(eq(int, format_parse(&f, row->format), STATUS_OK), "%s", status_detail());
    const int64_t got = (int64_t)element_fixed_encode(&f, number_of_double(row->x), 0).code;
    cr_assert(eq(i64, got, row->want), "%s of %a", row->format, row->x);
}

Test(fixed, outcomes_name_what_happened)
{
    struct format f;
    cr_assert(eq(int, format_parse(&f, "fx:s8.4:rnd_conv:sat"), STATUS_OK));
    cr_expect(eq(uint, element_fixed_encode(&f, number_of_double(1.0), 0).outcome, 0));
    cr_expect(eq(uint, element_fixed_encode(&f, number_of_double(1.01), 0).outcome, OUTCOME_INEXACT));
    cr_expect(eq(uint, element_fixed_encode(&f, number_of_double(0.01), 0).outcome,
                 OUTCOME_INEXACT | OUTCOME_UNDERFLOW));
    cr_expect(eq(uint, element_fixed_encode(&f, number_of_double(99), 0).outcome,
                 OUTCOME_INEXACT | OUTCOME_OVERFLOW));
    cr_expect(eq(uint, element_fixed_encode(&f, number_of_double(7.96), 0).outcome, OUTCOME_INEXACT));
    cr_expect(eq(uint, element_fixed_encode(&f, number_of_double(7.97), 0).outcome,
                 OUTCOME_INEXACT | OUTCOME_OVERFLOW));
}

Test(fixed, decode_and_encode_are_inverse_on_every_code)
{
    static const char *const sign = "sum";
    for (int s = 0; s < 3; s++)
        for (int bits = 1; bits <= 16; bits++)
            for (int q = 0; q < ROUNDING_COUNT; q++) {
                if (q == ROUND_JAM || q == ROUND_TRN_MAG) continue;
                char text[64];
                struct format f;
                snprintf(text, sizeof text, "fx:%c%d.3:%s:sat", sign[s], bits, rounding_row(q)->name);
                cr_assert(eq(int, format_parse(&f, text), STATUS_OK), "%s", status_detail());
                for (int64_t k = 0; k < INT64_C(1) << bits; k++) {
                    const uint64_t code = s == 0 ? (uint64_t)(k + element_fixed_low(&f.fixed)) : (uint64_t)k;
                    const struct encoded back =
                        element_fixed_encode(&f, element_fixed_decode(&f, code), (uint32_t)k & 1);
                    if (back.code != code || back.outcome != 0)
                        cr_fatal("%s code %lld came back as %lld", text, (long long)code,
                                 (long long)back.code);
                }
            }
}
