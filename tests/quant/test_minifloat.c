/* tests/quant/test_minifloat.c - small floats against MPFR's golden cells, MPFR live, the compiler's
 * types, and laws. */
#include "quant/element.h"
#include "tests/fixtures/quant_csv.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <ctype.h>
#include <math.h>
#include <mpfr.h>

static struct format format_of(const char *text)
{
    struct format f;
    cr_assert(eq(int, format_parse(&f, text), STATUS_OK), "%s: %s", text, status_detail());
    return f;
}

static uint64_t encode(const struct format *f, double x)
{
    return element_float_encode(f, number_of_double(x), 0).code;
}

Test(minifloat, equals_mpfr_in_every_golden_cell)
{
    static struct csv c;
    long cells = 0;

    cr_assert(csv_open(&c, "tests/golden/lowfloat.csv"));
    while (csv_next(&c))
        for (int k = 5; k < c.columns; k++) {
            char text[96], mode[16];
            const char *want = c.field[k];
            if (strcmp(want, "x") == 0) continue;
            for (int i = 0; i == 0 || c.header[k][i - 1] != '\0'; i++)
                mode[i] = c.header[k][i] == '.' ? ':' : (char)tolower((unsigned char)c.header[k][i]);
            /* a finite float that overflows to infinity is not a format, yet the cells within its range are
             * defined */
            *strchr(mode, ':') = '\0';
            snprintf(text, sizeof text, "fp:%s:%s:sat", c.field[0], mode);
            struct format f = format_of(text);
            f.overflow = strstr(c.header[k], ".INF") ? OVERFLOW_INF : OVERFLOW_SAT;
            const uint64_t got = encode(&f, strtod(c.field[3], NULL));
            const bool same = strcmp(want, "nan") == 0
                                  ? element_float_decode(&f.floating, got).kind == NUMBER_NAN
                                  : got == strtoull(want, NULL, 16);
            cr_expect(same, "%s of %s is %llx, not %s", text, c.field[3], (unsigned long long)got, want);
            cells++;
        }
    cr_assert(eq(long, cells, 86880));
}

/* The value that MPFR gives with precision m + 1, exponents from emin, subnormals, and no upper end. */
static double mpfr_round_to(const struct float_format *g, double x, mpfr_rnd_t mode)
{
    mpfr_t t;
    mpfr_set_emin(element_float_exponent_min(g) - g->mantissa_bits + 1);
    mpfr_init2(t, g->mantissa_bits + 1);
    const int inexact = mpfr_set_d(t, x, mode);
    mpfr_subnormalize(t, inexact, mode);
    const double y = mpfr_get_d(t, MPFR_RNDN);
    mpfr_clear(t);
    return y;
}

static double random_double(uint64_t *state, int low, int high)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    const uint64_t bits = *state >> 11;
    const int exponent = low + (int)((*state >> 3) % (uint64_t)(high - low + 1));
    const double fraction =
        1.0 + (double)(bits & ((1 << ((bits >> 40) % 30)) - 1)) * 0x1p-30 * (double)(1 << (bits >> 50) % 16);
    return ldexp(bits & 1 ? -fraction : fraction, exponent);
}

Test(minifloat, equals_mpfr_live_for_any_exponent_and_mantissa_width)
{
    static const mpfr_rnd_t mode[] = {MPFR_RNDN, MPFR_RNDZ, MPFR_RNDU, MPFR_RNDD};
    static const char *const name[] = {"rne", "rz", "ru", "rd"};
    static const char *const flavour[] = {"ieee", "fn", "finite", "fnuz"};
    uint64_t state = 7;

    for (int e = 2; e <= 8; e++)
        for (int m = 1; m <= 24; m += m < 12 ? 1 : 6)
            for (int q = 0; q < 4; q++) {
                char text[64];
                snprintf(text, sizeof text, "fp:e%dm%d%s:%s:sat", e, m, flavour[(e + m) % 4], name[q]);
                const struct format f = format_of(text);
                const int emin = element_float_exponent_min(&f.floating);
                const double top =
                    number_to_double(element_float_decode(&f.floating, element_float_code_max(&f.floating)));
                for (int i = 0; i < 400; i++) {
                    const double x = random_double(&state, emin - m - 3, ilogb(top) + 1);
                    double want = mpfr_round_to(&f.floating, x, mode[q]);
                    if (fabs(want) > top) want = copysign(top, want);
                    const double got = number_to_double(element_float_decode(&f.floating, encode(&f, x)));
                    cr_expect(got == want, "%s of %a is %a, MPFR says %a", text, x, got, want);
                }
            }
}

Test(minifloat, fp16_equals_the_compilers_half)
{
    const struct format f = format_of("fp:fp16:rne:inf");
    uint64_t state = 3;
    for (int i = 0; i < 300000; i++) {
        const double x = random_double(&state, -27, 17);
        __extension__ const _Float16 half = (_Float16)x;
        uint16_t want;
        memcpy(&want, &half, sizeof want);
        cr_assert(eq(u64, encode(&f, x), want), "%a", x);
    }
}

Test(minifloat, decode_and_encode_are_inverse_on_every_code_up_to_16_bits)
{
    static const char *const names[] = {"e4m3fn",     "e5m2",   "e4m3ieee",  "e4m3fnuz",    "e5m2fnuz",
                                        "e3m2",       "e2m3",   "e2m1",      "e8m0",        "e5m3",
                                        "hfp8f",      "bf16",   "fp16",      "e0m7finite",  "e6m0fnuz",
                                        "e1m2finite", "e3m0fn", "e10m5ieee", "e2m13b-9ieee"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        for (int q = 0; q < ROUNDING_COUNT; q++) {
            char text[64];
            if (q == ROUND_JAM || q == ROUND_TRN_MAG) continue;
            snprintf(text, sizeof text, "fp:%s:%s:sat", names[n], rounding_row(q)->name);
            const struct format f = format_of(text);
            for (uint64_t code = 0; code < UINT64_C(1) << format_bits(&f); code++) {
                const struct number x = element_float_decode(&f.floating, code);
                if (x.kind == NUMBER_INFINITE) continue; /* saturates */
                const struct encoded back = element_float_encode(&f, x, 0);
                const bool same = x.kind == NUMBER_NAN ? back.code == element_float_code_nan(&f.floating)
                                                       : back.code == code && back.outcome == 0;
                if (!same)
                    cr_fatal("%s code %llx came back as %llx", text, (unsigned long long)code,
                             (unsigned long long)back.code);
            }
        }
}

struct row {
    char format[32];
    double x;
    uint64_t want;
};

ParameterizedTestParameters(minifloat, special_cases)
{
    static struct row rows[] = {
        {"fp:e4m3fn:rne:sat", 464, 0x7e},      {"fp:e4m3fn:rne:inf", 464.0, 0x7e},
        {"fp:e4m3fn:rne:inf", 465.0, 0x7f},    {"fp:e4m3fn:rne:sat", NAN, 0x7f},
        {"fp:e5m2:rne:inf", -NAN, 0x7e},       {"fp:bf16:rne:inf", NAN, 0x7fc0},
        {"fp:fp16:ro:inf", 1e6, 0x7bff},       {"fp:fp16:ro:inf", INFINITY, 0x7c00},
        {"fp:fp16:rd:inf", 1e6, 0x7bff},       {"fp:fp16:rd:inf", -1e6, 0xfc00},
        {"fp:fp16:away:inf", 65505, 0x7c00},   {"fp:e2m1:rne:sat", NAN, 0},
        {"fp:e2m1:rne:sat", -INFINITY, 0xf},   {"fp:e4m3fnuz:rne:sat", -0.0, 0},
        {"fp:e4m3fnuz:rne:sat", -1e-9, 0},     {"fp:e4m3fnuz:rne:sat", NAN, 0x80},
        {"fp:e8m0:rne:sat", 3.0, 128},         {"fp:e8m0:rne:sat", 1.5, 128},
        {"fp:e8m0:rne:sat", 0.0, 0},           {"fp:e8m0:rne:sat", -1.0, 255},
        {"fp:e8m0:rz:sat", 0x1.8p+127, 254},   {"fp:e8m0:rne:inf", 0x1.8p+127, 254},
        {"fp:e8m0:ru:inf", 0x1.8p+127, 255},   {"fp:e8m0:ru:sat", 0x1.01p-127, 1},
        {"fp:e5m2:rne:sat:ftz", 0x1.fp-15, 0}, {"fp:e5m2:rne:sat:min", 0x1.fp-15, 4},
        {"fp:e5m2:rne:sat:min", 0x1p-15, 0},   {"fp:e5m2:rna:sat:min", -0x1p-15, 0x84},
        {"fp:e5m2:ru:sat:min", 5e-324, 4},     {"fp:e5m2:rd:sat:min", 5e-324, 0},
        {"fp:e5m2:ru:sat", -5e-324, 0x80},     {"fp:e5m2:ru:sat", 5e-324, 1},
        {"fp:e3m0finite:rne:sat", 1.5, 4},     {"fp:e3m0finite:rne:sat", 3.0, 4},
        {"fp:e3m0finite:rne:sat", 0.125, 0},
    };
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct row *row, minifloat, special_cases)
{
    const struct format f = format_of(row->format);
    cr_assert(eq(u64, encode(&f, row->x), row->want), "%s of %a", row->format, row->x);
}
