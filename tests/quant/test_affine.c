/* tests/quant/test_affine.c - the affine quantizer to the last bit, in both kinds of division.
 *
 * The vectors were computed in strict float32 by two independent programs, in C and in Python; noise is
 * given, so that no generator takes part. `ieee` divides the range by the levels, `rcp` multiplies by the
 * rounded reciprocal.
 */
#include "quant/affine.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <criterion/theories.h>

#include <math.h>
#include <string.h>

enum { LONGEST = 8, DIVISIONS = 2 };

struct vector {
    char name[8]; /* W weight, A activation, G error; .channel */
    int bits, n;
    uint32_t width, zero;
    uint32_t scale[DIVISIONS]; /* ieee, rcp */
    uint32_t x[LONGEST];
    float noise[LONGEST];
    int code[LONGEST];
    uint32_t y[DIVISIONS][LONGEST]; /* ieee, rcp */
};

/* clang-format off */
static struct vector vectors[] = {
    /* half-way values go to even */
    {"W1.0", 2, 4, 0x40400000, 0x00000000, {0x3F800000, 0x3F800000},
     {0x00000000, 0x3F000000, 0x3FC00000, 0x40400000}, {0}, {0, 0, 2, 3},
     {{0x00000000, 0x00000000, 0x40000000, 0x40400000}, {0x00000000, 0x00000000, 0x40000000, 0x40400000}}},
    /* channels have ranges of their own */
    {"W2.0", 3, 4, 0x40000000, 0xBF800000, {0x3E924925, 0x3E924925},
     {0xBF800000, 0xBE800000, 0x3E800000, 0x3F800000}, {0}, {0, 3, 4, 7},
     {{0xBF800000, 0xBE124920, 0x3E124928, 0x3F800000}, {0xBF800000, 0xBE124920, 0x3E124928, 0x3F800000}}},
    {"W2.1", 3, 4, 0x3F400000, 0xBF000000, {0x3DDB6DB7, 0x3DDB6DB8},
     {0xBF000000, 0x00000000, 0x3E000000, 0x3E800000}, {0}, {0, 5, 6, 7},
     {{0xBF000000, 0x3D124920, 0x3E124924, 0x3E800000}, {0xBF000000, 0x3D124930, 0x3E124928, 0x3E800002}}},
    /* zero is not representable */
    {"W3.0", 4, 6, 0x3FCCCCCC, 0xBF333333, {0x3DDA740D, 0x3DDA740E},
     {0xBF333333, 0xBE4CCCCD, 0x00000000, 0x3DCCCCCD, 0x3EA8F5C3, 0x3F666666}, {0}, {0, 5, 7, 8, 10, 15},
     {{0xBF333333, 0xBE2AAAAC, 0x3D3F2580, 0x3E1D0368, 0x3EBBBBBA, 0x3F666665},
      {0xBF333333, 0xBE2AAAA8, 0x3D3F2590, 0x3E1D036C, 0x3EBBBBBE, 0x3F666667}}},
    /* constant: the floor, value kept */
    {"W4.0", 8, 4, 0x00000000, 0x3E99999A, {0x322BCC77, 0x322BCC77},
     {0x3E99999A, 0x3E99999A, 0x3E99999A, 0x3E99999A}, {0}, {0, 0, 0, 0},
     {{0x3E99999A, 0x3E99999A, 0x3E99999A, 0x3E99999A}, {0x3E99999A, 0x3E99999A, 0x3E99999A, 0x3E99999A}}},
    /* the largest element does not come back exactly (rcp) */
    {"W5.0", 8, 6, 0x3EB74EFD, 0xBDFCD6DE, {0x3AB80704, 0x3AB80705},
     {0xBDFCD6DE, 0x3D9CC2AE, 0x3C23D70A, 0xBD4CCCCD, 0x3E70328B, 0x00000000},
     {0}, {0, 142, 95, 52, 255, 88},
     {{0xBDFCD6DE, 0x3D9B78B2, 0x3C229C60, 0xBD4EA256, 0x3E70328B, 0x38CB2000},
      {0xBDFCD6DE, 0x3D9B78B6, 0x3C229C70, 0xBD4EA254, 0x3E70328D, 0x38CB2400}}},
    /* all negative */
    {"W6.0", 5, 5, 0x40033333, 0xC0466666, {0x3D876EA8, 0x3D876EA8},
     {0xC0466666, 0xC02CCCCD, 0xC00CCCCD, 0xBFF33333, 0xBF866666}, {0}, {0, 6, 14, 18, 31},
     {{0xC0466666, 0xC02D01A6, 0xC00B25FC, 0xBFF4704F, 0xBF866666},
      {0xC0466666, 0xC02D01A6, 0xC00B25FC, 0xBFF4704F, 0xBF866666}}},
    /* below the floor: fewer codes */
    {"W7.0", 8, 4, 0x358637BD, 0x00000000, {0x322BCC77, 0x322BCC77},
     {0x00000000, 0x348637BD, 0x350637BD, 0x358637BD}, {0}, {0, 25, 50, 100},
     {{0x00000000, 0x348637BD, 0x350637BD, 0x358637BD}, {0x00000000, 0x348637BD, 0x350637BD, 0x358637BD}}},
    /* single elements */
    {"W8.0", 6, 1, 0x00000000, 0xC0000000, {0x322BCC77, 0x322BCC77},
     {0xC0000000}, {0}, {0},
     {{0xC0000000}, {0xC0000000}}},
    {"W8.1", 6, 1, 0x00000000, 0x00000000, {0x322BCC77, 0x322BCC77},
     {0x00000000}, {0}, {0},
     {{0x00000000}, {0x00000000}}},
    {"W8.2", 6, 1, 0x00000000, 0x40F00000, {0x322BCC77, 0x322BCC77},
     {0x40F00000}, {0}, {0},
     {{0x40F00000}, {0x40F00000}}},
    /* one bit: the two ends */
    {"W9.0", 1, 5, 0x40000000, 0xBF800000, {0x40000000, 0x40000000},
     {0xBF800000, 0xBC23D70A, 0x00000000, 0x3C23D70A, 0x3F800000}, {0}, {0, 0, 0, 1, 1},
     {{0xBF800000, 0xBF800000, 0xBF800000, 0x3F800000, 0x3F800000},
      {0xBF800000, 0xBF800000, 0xBF800000, 0x3F800000, 0x3F800000}}},
    /* 16 bits */
    {"W10.0", 16, 4, 0x3FA66666, 0xBF19999A, {0x37A6670C, 0x37A6670C},
     {0xBF19999A, 0x3DFCD680, 0x3EAAAA9F, 0x3F333333}, {0}, {0, 36471, 47051, 65535},
     {{0xBF19999A, 0x3DFCDB58, 0x3EAAAB42, 0x3F333332}, {0xBF19999A, 0x3DFCDB58, 0x3EAAAB42, 0x3F333332}}},
    /* behind a ReLU */
    {"A1", 3, 8, 0x3FB33333, 0x00000000, {0x3E4CCCCD, 0x3E4CCCCD},
     {0x00000000, 0x00000000, 0x3DCCCCCD, 0x3EB33333, 0x3F000000, 0x3F266666, 0x3F333333, 0x3FB33333},
     {0}, {0, 0, 0, 2, 2, 3, 4, 7},
     {{0x00000000, 0x00000000, 0x00000000, 0x3ECCCCCD, 0x3ECCCCCD, 0x3F19999A, 0x3F4CCCCD, 0x3FB33333},
      {0x00000000, 0x00000000, 0x00000000, 0x3ECCCCCD, 0x3ECCCCCD, 0x3F19999A, 0x3F4CCCCD, 0x3FB33333}}},
    /* signed input */
    {"A2", 4, 6, 0x409E2E3C, 0xC01B75D0, {0x3EA8B9DA, 0x3EA8B9DA},
     {0xC01B75D0, 0xBF800000, 0x00000000, 0x3F000000, 0x3FC00000, 0x4020E6A9}, {0}, {0, 4, 7, 9, 12, 15},
     {{0xC01B75D0, 0xBF8E31C6, 0xBDFA6620, 0x3F096D14, 0x3FC341EE, 0x4020E6A8},
      {0xC01B75D0, 0xBF8E31C6, 0xBDFA6620, 0x3F096D14, 0x3FC341EE, 0x4020E6A8}}},
    /* uniform */
    {"A3", 8, 6, 0x3F800000, 0x00000000, {0x3B808081, 0x3B808081},
     {0x00000000, 0x3E4CCCCD, 0x3ECCCCCD, 0x3F19999A, 0x3F4CCCCD, 0x3F800000},
     {0}, {0, 51, 102, 153, 204, 255},
     {{0x00000000, 0x3E4CCCCE, 0x3ECCCCCE, 0x3F19999A, 0x3F4CCCCE, 0x3F800000},
      {0x00000000, 0x3E4CCCCE, 0x3ECCCCCE, 0x3F19999A, 0x3F4CCCCE, 0x3F800000}}},
    /* all zero */
    {"A4", 5, 4, 0x00000000, 0x00000000, {0x322BCC77, 0x322BCC77},
     {0x00000000, 0x00000000, 0x00000000, 0x00000000}, {0}, {0, 0, 0, 0},
     {{0x00000000, 0x00000000, 0x00000000, 0x00000000}, {0x00000000, 0x00000000, 0x00000000, 0x00000000}}},
    /* smallest above zero */
    {"A5", 4, 5, 0x3F59999A, 0x3E800000, {0x3D681B4F, 0x3D681B50},
     {0x3E800000, 0x3E99999A, 0x3F19999A, 0x3F4CCCCD, 0x3F8CCCCD}, {0}, {0, 1, 6, 10, 15},
     {{0x3E800000, 0x3E9D036A, 0x3F170A3E, 0x3F511111, 0x3F8CCCCD},
      {0x3E800000, 0x3E9D036A, 0x3F170A3E, 0x3F511112, 0x3F8CCCCE}}},
    /* an outlier takes all codes */
    {"A6", 6, 6, 0x42C80000, 0x00000000, {0x3FCB2CB3, 0x3FCB2CB4},
     {0x00000000, 0x3DCCCCCD, 0x3E4CCCCD, 0x3E99999A, 0x3F800000, 0x42C80000}, {0}, {0, 0, 0, 0, 1, 63},
     {{0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x3FCB2CB3, 0x42C80000},
      {0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x3FCB2CB4, 0x42C80001}}},
    /* ties on a 2-bit grid */
    {"A7", 2, 7, 0x40400000, 0x00000000, {0x3F800000, 0x3F800000},
     {0x00000000, 0x3F000000, 0x3F800000, 0x3FC00000, 0x40000000, 0x40200000, 0x40400000},
     {0}, {0, 0, 1, 2, 2, 2, 3},
     {{0x00000000, 0x00000000, 0x3F800000, 0x40000000, 0x40000000, 0x40000000, 0x40400000},
      {0x00000000, 0x00000000, 0x3F800000, 0x40000000, 0x40000000, 0x40000000, 0x40400000}}},
    /* 7 bits */
    {"A8", 7, 5, 0x40A9999A, 0x00000000, {0x3D2AEF79, 0x3D2AEF79},
     {0x00000000, 0x3E99999A, 0x3F451EB8, 0x3FF33333, 0x40A9999A}, {0}, {0, 7, 18, 46, 127},
     {{0x00000000, 0x3E95918A, 0x3F404D68, 0x3FF5B83E, 0x40A9999A},
      {0x00000000, 0x3E95918A, 0x3F404D68, 0x3FF5B83E, 0x40A9999A}}},
    /* evaluation with the range of A9: outside saturates */
    {"A10", 4, 6, 0x3F0F9DB2, 0xBCA3D709, {0x3D1930BE, 0x3D1930BE},
     {0xBF800000, 0xBD4CCCCD, 0x00000000, 0x3E4CCCCD, 0x3ECCCCCD, 0x40000000}, {0}, {0, 0, 1, 6, 11, 15},
     {{0xBCA3D709, 0xBCA3D709, 0x3C8E8A73, 0x3E514E3C, 0x3EC86594, 0x3F0A7EFA},
      {0xBCA3D709, 0xBCA3D709, 0x3C8E8A73, 0x3E514E3C, 0x3EC86594, 0x3F0A7EFA}}},
    /* no noise */
    {"G1", 8, 6, 0x3BE8A71E, 0xBB449BA6, {0x37E990AF, 0x37E990B0},
     {0xBB449BA6, 0xBA83126F, 0x00000000, 0x3A03126F, 0x3B03126F, 0x3B86594B},
     {0}, {0, 72, 108, 126, 180, 255},
     {{0xBB449BA6, 0xBA827488, 0x36ECDC00, 0x3A053B18, 0x3B03D7D0, 0x3B86594B},
      {0xBB449BA6, 0xBA827486, 0x36ECDC00, 0x3A053B1C, 0x3B03D7D2, 0x3B86594C}}},
    /* the same with noise */
    {"G2", 8, 6, 0x3BE8A71E, 0xBB449BA6, {0x37E990AF, 0x37E990B0},
     {0xBB449BA6, 0xBA83126F, 0x00000000, 0x3A03126F, 0x3B03126F, 0x3B86594B},
     {-0.400000006f, 0.300000012f, -0.200000003f, 0.49000001f, -0.49000001f, 0.25f},
     {0, 72, 108, 126, 179, 255},
     {{0xBB449BA6, 0xBA827488, 0x36ECDC00, 0x3A053B18, 0x3B0204AE, 0x3B86594B},
      {0xBB449BA6, 0xBA827486, 0x36ECDC00, 0x3A053B1C, 0x3B0204B0, 0x3B86594C}}},
    /* small range */
    {"G3", 6, 5, 0x37B88CA4, 0xB727C5AC, {0x34BB7A8E, 0x34BB7A8F},
     {0xB727C5AC, 0xB60637BD, 0x00000000, 0x3649539C, 0x3749539C},
     {0.100000001f, -0.100000001f, 0.449999988f, -0.449999988f, 0.300000012f}, {0, 23, 29, 37, 63},
     {{0xB727C5AC, 0xB6041658, 0x34085940, 0x36440020, 0x3749539C},
      {0xB727C5AC, 0xB6041654, 0x34085980, 0x36440024, 0x3749539E}}},
    /* noise beyond both ends is clamped */
    {"G4", 4, 4, 0x3F800000, 0x00000000, {0x3D888889, 0x3D888889},
     {0x00000000, 0x3C23D70A, 0x3F7D70A4, 0x3F800000},
     {-0.5f, -0.5f, 0.499900013f, 0.499900013f}, {0, 0, 15, 15},
     {{0x00000000, 0x00000000, 0x3F800000, 0x3F800000}, {0x00000000, 0x00000000, 0x3F800000, 0x3F800000}}},
    /* all zero */
    {"G5", 8, 4, 0x00000000, 0x00000000, {0x322BCC77, 0x322BCC77},
     {0x00000000, 0x00000000, 0x00000000, 0x00000000},
     {-0.5f, 0.400000006f, 0.100000001f, -0.300000012f}, {0, 0, 0, 0},
     {{0x00000000, 0x00000000, 0x00000000, 0x00000000}, {0x00000000, 0x00000000, 0x00000000, 0x00000000}}},
    /* below the floor */
    {"G6", 8, 4, 0x350637BD, 0x00000000, {0x322BCC77, 0x322BCC77},
     {0x00000000, 0x33D6BF95, 0x348637BD, 0x350637BD}, {0}, {0, 10, 25, 50},
     {{0x00000000, 0x33D6BF95, 0x348637BD, 0x350637BD}, {0x00000000, 0x33D6BF95, 0x348637BD, 0x350637BD}}},
    /* an exact half after the noise goes to even */
    {"G7", 2, 4, 0x40400000, 0x00000000, {0x3F800000, 0x3F800000},
     {0x00000000, 0x3F800000, 0x40000000, 0x40400000}, {0.0f, 0.25f, 0.5f, -0.5f}, {0, 1, 2, 2},
     {{0x00000000, 0x3F800000, 0x40000000, 0x40000000}, {0x00000000, 0x3F800000, 0x40000000, 0x40000000}}},
    /* all negative */
    {"G8", 5, 4, 0x40400000, 0xC0800000, {0x3DC6318C, 0x3DC6318C},
     {0xC0800000, 0xC0400000, 0xC0200000, 0xBF800000},
     {0.200000003f, -0.200000003f, 0.200000003f, -0.200000003f}, {0, 10, 16, 31},
     {{0xC0800000, 0xC0421084, 0xC01CE73A, 0xBF800000}, {0xC0800000, 0xC0421084, 0xC01CE73A, 0xBF800000}}},
    /* 16 bits */
    {"G9", 16, 4, 0x3F99999A, 0xBF000000, {0x37999A34, 0x37999A34},
     {0xBF000000, 0xBDCCCCCD, 0x3E4CCCCD, 0x3F333333},
     {0.0f, 0.499000013f, -0.499000013f, 0.0f}, {0, 21845, 38228, 65535},
     {{0xBF000000, 0xBDCCCCC8, 0x3E4CC938, 0x3F333334}, {0xBF000000, 0xBDCCCCC8, 0x3E4CC938, 0x3F333334}}},
    /* a batch of two samples has one range */
    {"G10", 8, 8, 0x3FD9999A, 0xBF4CCCCD, {0x3BDA740E, 0x3BDA740F},
     {0xBF4CCCCD, 0x3DCCCCCD, 0x3E4CCCCD, 0x3E99999A, 0xBDCCCCCD, 0x3D4CCCCD, 0x3F19999A, 0x3F666666},
     {0.400000006f, -0.400000006f, 0, 0.200000003f, -0.200000003f, 0.1f, -0.300000012f, -0.1f},
     {0, 135, 150, 165, 105, 128, 210, 255},
     {{0xBF4CCCCD, 0x3DCCCCD0, 0x3E4CCCCC, 0x3E99999A, 0xBDCCCCD0, 0x3D5A7410, 0x3F199999, 0x3F666667},
      {0xBF4CCCCD, 0x3DCCCCD8, 0x3E4CCCD4, 0x3E99999E, 0xBDCCCCC8, 0x3D5A7420, 0x3F19999B, 0x3F666669}}},
};
/* clang-format on */

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void check(const struct vector *v, enum division division)
{
    const struct affine q =
        affine_make(float_of(v->zero), float_of(v->width), v->bits, division, AFFINE_FLOOR);

    cr_assert(eq(u32, bits_of(q.scale), v->scale[division]), "%s: scale %a", v->name, q.scale);
    cr_assert(eq(int, q.floored, q.scale == AFFINE_FLOOR));
    for (int i = 0; i < v->n; i++) {
        const float code = affine_code(&q, float_of(v->x[i]), v->noise[i]);
        const float y = affine_value(&q, code);
        cr_assert(eq(int, (int)code, v->code[i]), "%s: code of element %d", v->name, i);
        cr_assert(eq(u32, bits_of(y), v->y[division][i]), "%s: element %d is %a", v->name, i, y);
    }
}

ParameterizedTestParameters(affine, equals_the_golden_vectors)
{
    return cr_make_param_array(struct vector, vectors, sizeof vectors / sizeof vectors[0]);
}

ParameterizedTest(struct vector *v, affine, equals_the_golden_vectors)
{
    check(v, DIVISION_IEEE);
    check(v, DIVISION_RCP);
}

ParameterizedTestParameters(affine, range_is_measured_as_in_the_golden_vectors)
{
    return cr_make_param_array(struct vector, vectors, sizeof vectors / sizeof vectors[0]);
}

ParameterizedTest(struct vector *v, affine, range_is_measured_as_in_the_golden_vectors)
{
    float x[LONGEST];
    if (strcmp(v->name, "A10") == 0) return; /* its range is a running one */
    for (int i = 0; i < v->n; i++)
        x[i] = float_of(v->x[i]);

    const struct affine q = affine_of_range(affine_range_of(x, v->n), v->bits, DIVISION_IEEE, AFFINE_FLOOR);
    cr_assert(eq(u32, bits_of(q.zero), v->zero));
    cr_assert(eq(u32, bits_of(q.scale), v->scale[DIVISION_IEEE]));
}

Test(affine, running_statistics_weigh_the_old_value) /* vector A9 */
{
    const float batch_zero[] = {0, -0.5f, 0.25f}, batch_width[] = {1, 2, 3};
    const uint32_t want_zero[] = {0x00000000, 0xBD4CCCCD, 0xBCA3D709};
    const uint32_t want_width[] = {0x3DCCCCCD, 0x3E947AE1, 0x3F0F9DB2};
    float zero = 0, width = 0;

    for (int i = 0; i < 3; i++) {
        zero = affine_running(zero, batch_zero[i], 0.9);
        width = affine_running(width, batch_width[i], 0.9);
        cr_assert(eq(u32, bits_of(zero), want_zero[i]), "zero after batch %d: %a", i, zero);
        cr_assert(eq(u32, bits_of(width), want_width[i]), "width after batch %d: %a", i, width);
    }
}

/* --- laws --- */

TheoryDataPoints(affine, nearest_is_within_half_a_step) = {
    DataPoints(float, -0.7f, 0.0f, 1e-3f, 12.385f), DataPoints(float, 0.0f, 1e-7f, 0.2385f, 1.6f, 977.0f),
    DataPoints(int, 1, 2, 3, 8, 16), DataPoints(int, DIVISION_IEEE, DIVISION_RCP)};

Theory((float zero, float width, int bits, int division), affine, nearest_is_within_half_a_step)
{
    const struct affine q = affine_make(zero, width, bits, (enum division)division, AFFINE_FLOOR);
    float last = -INFINITY;
    for (int i = 0; i <= 500; i++) {
        const float x = zero + width * ((float)i / 500);
        const float code = affine_code(&q, x, 0), y = affine_value(&q, code);
        const float slack = 4 * 0x1p-24f * (fabsf(zero) + width); /* roundings of x - zero and of the value */
        cr_assert(ge(flt, code, 0));
        cr_assert(le(flt, code, q.top));
        cr_assert(ge(flt, code, last), "monotone");
        cr_assert(le(flt, fabsf(y - x), q.scale / 2 + slack), "%a became %a", x, y);
        last = code;
    }
}

TheoryDataPoints(affine, values_outside_saturate) = {
    DataPoints(float, -0.7f, 0.0f, 12.385f), DataPoints(float, 0.2385f, 977.0f), DataPoints(int, 2, 5, 8)};

Theory((float zero, float width, int bits), affine, values_outside_saturate)
{
    const struct affine q = affine_make(zero, width, bits, DIVISION_IEEE, AFFINE_FLOOR);
    cr_assert(eq(flt, affine_code(&q, zero - 10 * width, 0), 0));
    cr_assert(eq(flt, affine_code(&q, zero + 10 * width, 0), q.top));
    cr_assert(eq(flt, affine_code(&q, -INFINITY, 0), 0));
    cr_assert(eq(flt, affine_code(&q, INFINITY, 0), q.top));
    cr_assert(eq(u32, bits_of(affine_value(&q, 0)), bits_of(zero)), "the smallest value comes back exactly");
}

Test(affine, stochastic_rounding_is_unbiased)
{
    enum { N = 100000 };
    const struct random_name name = {.seed = 3, .stream = random_stream(RANDOM_ERROR, 1)};
    const struct affine q = affine_make(0, 15, 4, DIVISION_IEEE, AFFINE_FLOOR);
    const float x[] = {0.1f, 0.5f, 7.3f,
                       14.9f}; /* the outer two would clamp; codes there may not be biased either */

    for (int k = 0; k < 4; k++) {
        double sum = 0;
        for (uint64_t i = 0; i < N; i++)
            sum += affine_code(&q, x[k], affine_noise(name, i));
        cr_assert(lt(dbl, fabs(sum / N - x[k]), 5 * 0.5 / sqrt(N)), "%g became %g on average", x[k], sum / N);
    }
}

Test(affine, noise_is_symmetric_and_inside_one_half)
{
    const struct random_name name = {.seed = 3};
    float low = 0, high = 0;
    for (uint64_t i = 0; i < 1 << 20; i++) {
        const float u = affine_noise(name, i);
        low = u < low ? u : low;
        high = u > high ? u : high;
    }
    cr_assert(eq(flt, low, -0.5f + 0x1p-17f));
    cr_assert(eq(flt, high, 0.5f - 0x1p-17f));
}

/* --- arrays and ranges --- */

TheoryDataPoints(affine, any_split_of_an_array_gives_the_same_bits) = {
    DataPoints(int, 0, 1, 7, 8, 32, 63, 64, 199), DataPoints(int, 0, 1)};

Theory((int cut, int noisy), affine, any_split_of_an_array_gives_the_same_bits)
{
    enum { N = 200 };
    const struct random_name name = {.seed = 9, .stream = 4, .step = 2};
    const struct random_name *noise = noisy ? &name : NULL;
    const struct affine q = affine_make(-1, 2, 6, DIVISION_IEEE, AFFINE_FLOOR);
    float x[N], whole[N], parts[N];
    for (int i = 0; i < N; i++)
        x[i] = 1.3f * sinf(0.731f * (float)i);

    const size_t clipped = affine_quantize(whole, x, N, &q, noise, 0);
    const size_t first = affine_quantize(parts, x, cut, &q, noise, 0);
    const size_t second = affine_quantize(parts + cut, x + cut, N - cut, &q, noise, cut);
    cr_assert(zero(int, memcmp(whole, parts, sizeof whole)));
    cr_assert(eq(sz, clipped, first + second));
    cr_assert(lt(sz, 0, clipped));
}

Test(affine, clipped_counts_what_the_clamp_moved_beyond_rounding)
{
    const struct affine q = affine_make(0, 3, 2, DIVISION_IEEE, AFFINE_FLOOR);
    const float x[] = {-0.6f, -0.5f, 0, 1.5f, 3, 3.5f, 3.6f};
    float y[7];
    cr_assert(eq(sz, affine_quantize(y, x, 7, &q, NULL, 0), 2));
}

Test(affine, quantize_may_write_over_its_input)
{
    const struct affine q = affine_make(0, 3, 2, DIVISION_IEEE, AFFINE_FLOOR);
    float x[] = {0.2f, 1.5f, 2.9f};
    affine_quantize(x, x, 3, &q, NULL, 0);
    const float want[] = {0, 2, 3};
    for (int i = 0; i < 3; i++)
        cr_assert(eq(flt, x[i], want[i]));
}

Test(affine, range_of_nothing_is_empty_and_joins_as_nothing)
{
    const struct range empty = affine_range_of(NULL, 0), some = {-2, 3};
    cr_assert(lt(flt, empty.hi, empty.lo));
    const struct range both = affine_range_join(empty, some);
    cr_assert(eq(flt, both.lo, some.lo));
    cr_assert(eq(flt, both.hi, some.hi));
}

Test(affine, nan_is_seen_wherever_it_is)
{
    for (int at = 0; at < 3; at++) {
        float x[] = {1, 2, 3};
        x[at] = NAN;
        cr_assert(isnan(affine_range_of(x, 3).lo) && isnan(affine_range_of(x, 3).hi));
    }
    const struct range bad = {NAN, NAN}, good = {0, 1};
    cr_assert(isnan(affine_range_join(bad, good).lo) && isnan(affine_range_join(good, bad).hi));
}

Test(affine, floor_costs_a_small_range_its_codes)
{
    const struct affine q = affine_make(0, 1e-6f, 8, DIVISION_IEEE, AFFINE_FLOOR);
    cr_assert(q.floored);
    cr_assert(eq(flt, affine_code(&q, 1e-6f, 0), 100));
    cr_assert(not(affine_make(0, 1e-6f, 8, DIVISION_IEEE, 0).floored));
}
