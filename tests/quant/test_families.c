/* tests/quant/test_families.c - powers of two, tables, posits, affine integers, shared scales: codes,
 * ties, known values. */
#include "quant/block.h"
#include "quant/integer.h"
#include "quant/quantizer.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>

static struct format format_of(const char *text)
{
    struct format f;
    cr_assert(eq(int, format_parse(&f, text), STATUS_OK), "%s: %s", text, status_detail());
    return f;
}

static void check_inverse(const char *text, uint64_t codes)
{
    const struct format f = format_of(text);
    for (uint64_t code = 0; code < codes; code++) {
        const struct number x = element_decode(&f, code);
        const struct encoded back = element_encode(&f, x, 0);
        if (back.code != code || (x.kind != NUMBER_NAN && back.outcome != 0))
            cr_fatal("%s: code %llx came back as %llx", text, (unsigned long long)code,
                     (unsigned long long)back.code);
    }
}

Test(families, decode_and_encode_are_inverse_on_every_code)
{
    char text[32];
    for (int n = 2; n <= 16; n++)
        for (int es = 0; es <= 4; es++) {
            snprintf(text, sizeof text, "posit:%d.%d", n, es);
            check_inverse(text, UINT64_C(1) << n);
        }
    check_inverse("table:nf4", 16);
    check_inverse("table:ternary", 3);
    check_inverse("table:binary", 2);
    check_inverse("table:apot4", 16);
    check_inverse("table:apot5", 31);
    check_inverse("pot:u:-7:0", 9);
    check_inverse("pot:u:-100:100:log", 202);
}

Test(families, posits_are_ordered_as_their_codes_are)
{
    for (int es = 0; es <= 4; es++) {
        const struct posit_format p = {16, es};
        for (int code = -32767; code < 32767; code++)
            cr_assert(number_compare(element_posit_decode(&p, (uint64_t)code & 0xFFFF),
                                     element_posit_decode(&p, (uint64_t)(code + 1) & 0xFFFF)) < 0);
    }
}

struct row {
    char format[32];
    double x, want;
};

ParameterizedTestParameters(families, known_values)
{
    static struct row rows[] = {
        {"pot:s:-7:7", 3.0, 4.0},
        {"pot:s:-7:7", 6.0, 4.0},
        {"pot:s:-7:7", -1.5, -1.0},
        {"pot:s:-7:7:log", 3.0, 4.0},
        {"pot:s:-7:7:log", 1.41, 1.0},
        {"pot:s:-7:7:log", 1.4143, 2.0},
        {"pot:s:-7:7", 0x1.7p-8, 0.0},
        {"pot:s:-7:7", 0x1.9p-8, 0x1p-7},
        {"pot:s:-7:7:linear:min", 1e-9, 0x1p-7},
        {"pot:s:-7:7", 1e9, 128.0},
        {"pot:u:-7:7", -3.0, 0.0},
        {"table:ternary", 0.5, 1.0},
        {"table:ternary", -0.5, -1.0},
        {"table:ternary:up", 0.5, 1.0},
        {"table:ternary:up", -0.5, 0.0},
        {"table:ternary:zero", -0.5, 0.0},
        {"table:binary", -5e-324, -1.0},
        {"table:binary:up", 0.0, 1.0},
        {"table:nf4", 0.04, 0x1.45f5fep-4},
        {"table:nf4", 7.0, 1.0},
        {"table:apot4", 0.8, 0.75},
        {"posit:8.2", 1e-30, 0x1p-24},
        {"posit:8.2", 1e30, 0x1p24},
        {"posit:8.2", 1.0625, 1.0},
        {"posit:8.2", 1.1875, 1.25},
        {"posit:8.0", 3.5, 3.5},
        {"posit:8.2", -0.3, -0.3125},
    };
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct row *row, families, known_values)
{
    const struct format f = format_of(row->format);
    const double y =
        number_to_double(element_decode(&f, element_encode(&f, number_of_double(row->x), 0).code));
    cr_assert(eq(dbl, y, row->want), "%s of %a", row->format, row->x);
}

Test(families, affine_integers_round_before_they_add_the_zero_point)
{
    const struct format f = format_of("int:s8:0.1:2"), narrow = format_of("int:s4:1:0:rne:narrow");
    cr_expect(eq(i64, (int64_t)integer_encode(&f, 0.3, 0).code, 5));
    cr_expect(eq(i64, (int64_t)integer_encode(&f, 0.25, 0).code, 4)); /* 2.5 is 2, plus 2 */
    cr_expect(eq(i64, (int64_t)integer_encode(&f, 99, 0).code, 127));
    cr_expect(eq(i64, (int64_t)integer_encode(&f, NAN, 0).code, 2));
    cr_expect(eq(i64, (int64_t)integer_encode(&narrow, -9, 0).code, -7));
    for (int64_t code = -128; code < 128; code++)
        cr_expect(
            eq(i64, (int64_t)integer_encode(&f, integer_decode(&f.integer, (uint64_t)code), 0).code, code));
}

/* The scale code and the decoded first value of {x, 1}. */
struct scale_row {
    char format[32];
    float x, want;
    uint32_t code;
};

ParameterizedTestParameters(families, scale_rules)
{
    static struct scale_row rows[] = {
        {"mx:e4m3fn:2:floor", 957, 896, 128}, {"mx:e4m3fn:2:ceil", 957, 960, 129},
        {"mx:e4m3fn:2:rne", 957, 896, 128},   {"mx:e4m3fn:2:midmax", 957, 960, 129},
        {"mx:e2m1:2:floor", 7, 6, 127},       {"mx:e2m1:2:ceil", 7, 8, 128},
        {"mx:e2m1:2:rne", 9, 8, 128},         {"mx:e2m1:2:rne", 8.5f, 6, 127},
        {"bfp:4:2:floor", 7.9f, 7, 130},      {"bfp:4:2:carry", 7.9f, 8, 131},
        {"bfp:4:2:carry", 7.0f, 7, 130},
    };
    return cr_make_param_array(struct scale_row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct scale_row *row, families, scale_rules)
{
    const struct format f = format_of(row->format);
    const float x[] = {row->x, 1};
    struct quantizer p;
    uint64_t code[2];
    uint32_t scale[1];
    float y[2];

    cr_assert(eq(int, quantizer_make(&p, &f, CARRIER_FLOAT32), STATUS_OK));
    quantizer_encode_f32(&p, code, scale, x, 2, (struct draw){.first = 0}, NULL);
    quantizer_decode_f32(&p, y, code, scale, 2);
    cr_expect(eq(u32, scale[0], row->code), "%s of %g", row->format, (double)row->x);
    cr_expect(eq(flt, y[0], row->want), "%s of %g", row->format, (double)row->x);
}

Test(families, a_block_with_nan_is_nan_and_tiny_and_huge_blocks_do_not_overflow)
{
    const struct format f = format_of("mx:e2m1:2");
    const float x[] = {NAN, 1, 0x1p-149f, 0x1p-148f, 0x1.8p127f, 0x1p127f, 0, -0.0f};
    float y[8];
    struct quantizer p;
    cr_assert(eq(int, quantizer_make(&p, &f, CARRIER_FLOAT32), STATUS_OK));
    quantizer_apply_f32(&p, y, x, 8, (struct draw){.first = 0}, NULL);
    cr_expect(isnan(y[0]) && isnan(y[1]));
    cr_expect(y[2] == 0 && y[3] == 0, "X stops at 2^-127");
    cr_expect(y[4] == 0x1.8p127f && y[5] == 0x1p127f);
    cr_expect(y[6] == 0 && signbit(y[7]));
}

Test(families, rows_have_scales_of_their_own)
{
    const struct format f = format_of("int:s8:1"), affine = format_of("affine:2");
    const float x[] = {1, 2, 3, 10, 20, 40};
    const double scale[] = {1, 10};
    const int64_t zero[] = {0, 5};
    float y[6];
    struct quantizer p;

    cr_assert(eq(int, quantizer_make(&p, &f, CARRIER_FLOAT32), STATUS_OK));
    cr_assert(eq(int, quantizer_apply_rows_f32(&p, y, x, 2, 3, scale, zero, (struct draw){.first = 0}, NULL),
                 STATUS_OK));
    for (int i = 0; i < 6; i++)
        cr_expect(eq(flt, y[i], x[i]));
    cr_assert(eq(int, quantizer_make(&p, &affine, CARRIER_FLOAT32), STATUS_OK));
    cr_assert(eq(int, quantizer_apply_rows_f32(&p, y, x, 2, 3, NULL, NULL, (struct draw){.first = 0}, NULL),
                 STATUS_OK));
    cr_expect(eq(flt, y[0], 1.0f));
    cr_expect(eq(flt, y[2], 3.0f));
    cr_expect(eq(flt, y[5], 40.0f));
    const double bad[] = {1, -1};
    cr_assert(eq(int, quantizer_make(&p, &f, CARRIER_FLOAT32), STATUS_OK));
    cr_expect(eq(int, quantizer_apply_rows_f32(&p, y, x, 2, 3, bad, zero, (struct draw){.first = 0}, NULL),
                 STATUS_INPUT));
}
