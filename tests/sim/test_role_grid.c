/* tests/sim/test_role_grid.c - formats on an integer grid: every code comes back, and codes are the
 * values. */
#include "quant/element.h"
#include "quant/integer.h"
#include "sim/roles/role.h"
#include "tests/fixtures/devices.h"
#include "tests/fixtures/folder.h"
#include "tests/fixtures/kernel_data.h"

static const struct role_moment now = {.forward_bits = 8, .seed = 3, .step = 4};

static struct role_setting setting_of(const char *text)
{
    struct role_setting s;
    must(role_parse(&s, ROLE_ACTIVATION, text));
    return s;
}

struct format_case {
    char text[40];
};

/* Every sign and family, the narrowest and the widest, units far from 1. */
static const struct format_case grids[] = {
    {"fx:s8.2"},         {"fx:s{bits}.2:sr8"}, {"fx:u8.3"},          {"fx:m8.1"},
    {"fx:s16.1"},        {"fx:u16.16"},        {"fx:m16.0"},         {"fx:s1.1"},
    {"fx:u1.0"},         {"fx:m1.1"},          {"fx:m2.1"},          {"fx:s9.100"},
    {"fx:u12.-100"},     {"fx:s16.111"},       {"fx:s4.2:trn:wrap"}, {"int:s8:0.0625"},
    {"int:u8:0.75:100"}, {"int:s16:0.5:-7"},   {"int:u16:1.5"},      {"int:s8:0.25:3:rne:narrow"},
    {"int:u1:2:0"},      {"int:s10:4096:511"}, {"int:s4:0.6015625"},
};

/* Value of code i of all 2^bits codes of a format of family fx or int. */
static float value_of(const struct format *f, uint32_t i)
{
    const int bits = format_bits(f);
    if (f->family == FAMILY_INT) {
        const int64_t code = integer_low(&f->integer) + (int64_t)i;
        return (float)integer_decode(&f->integer, (uint64_t)code);
    }
    const uint64_t extended = f->fixed.sign == FIXED_SIGNED && i >> (bits - 1) ? i | UINT64_MAX << bits : i;
    return (float)number_to_double(element_fixed_decode(f, extended));
}

static uint32_t count_of(const struct format *f)
{
    return f->family == FAMILY_INT ? (uint32_t)(integer_high(&f->integer) - integer_low(&f->integer)) + 1
                                   : 1u << format_bits(f);
}

static void expect_codes_back(const struct kernels *k, const struct format_case *g)
{
    const struct role_setting s = setting_of(g->text);
    char text[ROLE_TEXT];
    struct format f;
    struct affine map;

    must(role_expand(text, s.text, 8));
    must(format_parse(&f, text));
    cr_assert(role_grid(&map, &s, ROLE_ACTIVATION, &now), "%s has no grid", g->text);
    cr_assert_eq(map.bits, format_bits(&f));
    const uint32_t n = count_of(&f);
    float *const x = claim(n * sizeof *x), *const y = claim(n * sizeof *y);
    void *const codes = claim(n * code_bytes(map.bits)), *const wanted = claim(n * code_bytes(map.bits));
    for (uint32_t i = 0; i < n; i++) {
        x[i] = value_of(&f, i) + 0.0f; /* -0 becomes +0 */
        const double q = ((double)x[i] - (double)map.zero) / (double)map.scale;
        cr_assert(q == rint(q) && q >= 0 && q <= (double)map.top && (float)q == affine_code(&map, x[i], 0),
                  "%s: %a is %g units from the zero", g->text, (double)x[i], q);
    }
    cr_assert_eq(reference()->encode(wanted, x, n, &map, NULL, 0), 0, "%s is clipped", g->text);
    const struct role_tensor one_row = {.rows = 1, .row = n};
    if (f.rounding != ROUND_SR) { /* values stay what they are, so their codes are those of the map */
        role_encode(codes, x, &one_row, &s, ROLE_ACTIVATION, &now, k->name, 1);
        ASSERT_SAME((char *)codes, (char *)wanted, n * code_bytes(map.bits), "%s, %s", g->text, k->name);
    }
    k->decode(y, (struct codes){wanted, map.bits}, n, &map);
    ASSERT_SAME(y, x, n, "%s, %s", g->text, k->name);
    free(x), free(y), free(codes), free(wanted);
}

ROWS_TEST(role_grid, every_code_of_a_grid_comes_back)
{
    const struct kernels *const k = row_at(at);

    for (size_t i = 0; i < sizeof grids / sizeof grids[0]; i++)
        expect_codes_back(k, &grids[i]);
}

ParameterizedTestParameters(role_grid, everything_else_has_no_map)
{
    static struct format_case rows[] = {
        {"recipe"},
        {"float32"},
        {"fx:s17.2"},
        {"fx:s24.4"},
        {"fx:s8.2:rne:sat:nan"},
        {"fx:s8.-130"},
        {"int:s8:2.658455991569832e36"},
        {"fp:e4m3fn"},
        {"bfp:8:all"},
        {"mx:e4m3fn:32"},
        {"nvfp4"},
        {"affine:8"},
        {"int:s8:0.03"},
        {"int:s17:0.5"},
        {"int:u8:0.1:100"},
        {"pot:s:-6:1"},
        {"table:ternary"},
        {"posit:8.0"},
        {"int:s16:513"},
    };
    return cr_make_param_array(struct format_case, rows, sizeof rows / sizeof rows[0]);
}
ParameterizedTest(struct format_case *g, role_grid, everything_else_has_no_map)
{
    const struct role_setting s = setting_of(g->text);
    struct affine map;

    cr_assert(!role_grid(&map, &s, ROLE_ACTIVATION, &now), "%s: scale %a zero %a", g->text, (double)map.scale,
              (double)map.zero);
}

/* Values with their draws, overflow and NaN as role_apply has them, then codes; any threads. */
static void expect_codes_of_values(const struct kernels *k, const char *text)
{
    enum { N = 13001 };
    static float x[N], y[N], got[N];
    static uint16_t codes[N];
    const struct role_tensor t = {.rows = N, .row = 1, .id = 9};
    const struct role_setting s = setting_of(text);
    struct affine map;

    for (size_t i = 0; i < N; i++)
        x[i] = i % 1000 == 7 ? NAN : i % 1000 == 8 ? INFINITY : real_at(5, i) * 0.01f;
    cr_assert(role_grid(&map, &s, ROLE_ACTIVATION, &now));
    const uint64_t overflow = role_apply(y, x, &t, &s, ROLE_ACTIVATION, &now, "auto", 1);
    for (size_t i = 0; i < N; i++)
        y[i] += 0.0f; /* -0 becomes +0 */
    for (int threads = 1; threads <= 3; threads++) {
        cr_assert_eq(role_encode(codes, x, &t, &s, ROLE_ACTIVATION, &now, k->name, threads), overflow);
        k->decode(got, (struct codes){codes, map.bits}, N, &map);
        ASSERT_SAME(got, y, N, "%s, %s on %d threads", text, k->name, threads);
    }
}

ROWS_TEST(role_grid, codes_are_those_of_the_applied_values)
{
    static const char *const texts[] = {
        "fx:s{bits}.2:sr8:sat", "fx:u6.3:rnd_conv:wrap",  "fx:m8.2:sr_mid12:sat", "fx:s16.4:sr16:sat",
        "fx:s3.1:trn:sat_zero", "int:u8:0.03125:128:sr8", "fx:u1.1:sr8:sat",
    };
    const struct kernels *const k = row_at(at);

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_codes_of_values(k, texts[i]);
}
