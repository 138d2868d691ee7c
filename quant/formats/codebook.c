/* quant/formats/codebook.c - powers of two, and the nearest of a list of values.
 *
 * Known values: 3 is 4 by linear ties to even exponents (1.5 * 2^1 is a tie, 2 is even) and 4 in the log
 * domain (3 > 2^1.5); 0.04 in nf4 is code 8 (0x1.45f5fep-4).
 */
#include "quant/element.h"
#include "quant/formats/format_list.h"

#include <assert.h>

__extension__ typedef unsigned __int128 wide;

/* The exponent k of the power of two that |x| > 0 rounds to. */
static int pot_exponent(const struct pot_format *f, struct number x)
{
    assert(x.m != 0);
    const int e = number_exponent(x);
    const uint64_t m = x.m << (64 - number_width(x.m)); /* |x| = m 2^(e-63), 2^63 <= m < 2^64 */

    if (f->log_ties)
        return e + ((wide)m * m >= (wide)1 << 127); /* |x| >= 2^(e+1/2), which no number equals */
    const uint64_t tie = UINT64_C(3) << 62;
    return e + (m > tie || (m == tie && e % 2 != 0));
}

static int pot_sign_shift(const struct pot_format *f)
{
    const struct format whole = {.family = FAMILY_POT, .pot = *f};
    return format_bits(&whole) - 1;
}

/* Codes: 0 is zero, c > 0 is 2^(emin + c - 1); the sign above. What rounds below 2^emin is 0 or 2^emin. */
struct encoded element_pot_encode(const struct format *f, struct number x, uint32_t random)
{
    const struct pot_format *g = &f->pot;
    const uint64_t sign = !g->is_unsigned && x.negative ? UINT64_C(1) << pot_sign_shift(g) : 0;
    const uint64_t top = (uint64_t)(g->emax - g->emin) + 1;

    (void)random;
    if (x.kind == NUMBER_NAN) return (struct encoded){0, OUTCOME_NAN | OUTCOME_INEXACT};
    if (number_is_zero(x)) return (struct encoded){0, 0};
    if (g->is_unsigned && x.negative) return (struct encoded){0, OUTCOME_INEXACT | OUTCOME_OVERFLOW};
    if (x.kind == NUMBER_INFINITE) return (struct encoded){sign | top, OUTCOME_INEXACT | OUTCOME_OVERFLOW};
    const int k = pot_exponent(g, x);
    const bool exact = (x.m & (x.m - 1)) == 0;
    if (k > g->emax) return (struct encoded){sign | top, OUTCOME_INEXACT | OUTCOME_OVERFLOW};
    if (k >= g->emin)
        return (struct encoded){sign | (uint64_t)(k - g->emin + 1), exact ? 0 : OUTCOME_INEXACT};
    if (g->keep_min) return (struct encoded){sign | 1, OUTCOME_INEXACT};
    return (struct encoded){0, OUTCOME_INEXACT | OUTCOME_UNDERFLOW};
}

struct number element_pot_decode(const struct pot_format *f, uint64_t code)
{
    const bool negative = !f->is_unsigned && (code >> pot_sign_shift(f)) & 1;
    const uint64_t k = f->is_unsigned ? code : code & ((UINT64_C(1) << pot_sign_shift(f)) - 1);

    if (k == 0) return number_zero(false);
    return (struct number){.m = 1, .e = f->emin + (int)k - 1, .negative = negative};
}

/* bitsandbytes, kernels of QLoRA; binary32 values. */
static const double nf4[] = {-1.0,           -0x1.647362p-1, -0x1.0cd66p-1,  -0x1.946540p-2,
                             -0x1.23449ap-2, -0x1.7a6a7ep-3, -0x1.74f0e2p-4, 0.0,
                             0x1.45f5fep-4,  0x1.4995c6p-3,  0x1.f809bap-3,  0x1.5a0674p-2,
                             0x1.c34970p-2,  0x1.200f56p-1,  0x1.722766p-1,  1.0};
static const double ternary[] = {-1.0, 0.0, 1.0};
static const double binary[] = {-1.0, 1.0};
/* In 32nds: {0, 2, 8, 32} + {0, 1, 4, 16}. */
#define APOT4_POSITIVE                                                                                       \
    1 / 32.0, 2 / 32.0, 3 / 32.0, 4 / 32.0, 6 / 32.0, 8 / 32.0, 9 / 32.0, 12 / 32.0, 16 / 32.0, 18 / 32.0,   \
        24 / 32.0, 32 / 32.0, 33 / 32.0, 36 / 32.0, 48 / 32.0
static const double apot4[] = {0.0, APOT4_POSITIVE};
static const double apot5[] = {-48 / 32.0, -36 / 32.0, -33 / 32.0, -32 / 32.0, -24 / 32.0,    -18 / 32.0,
                               -16 / 32.0, -12 / 32.0, -9 / 32.0,  -8 / 32.0,  -6 / 32.0,     -4 / 32.0,
                               -3 / 32.0,  -2 / 32.0,  -1 / 32.0,  0.0,        APOT4_POSITIVE};

const double *element_table_values(const struct table_format *f, int *count)
{
    static const struct {
        const double *values;
        int count;
    } tables[] = {
#define X(name, values, meaning, source) {values, sizeof(values) / sizeof((values)[0])},
        TABLE_LIST(X)
#undef X
    };
    *count = tables[f->which].count;
    return tables[f->which].values;
}

/* Sign of x - (a + b) / 2. The tables' sums of neighbours are exact in binary64 in any rounding direction. */
static int compare_middle(struct number x, double a, double b)
{
    struct number middle = number_of_double(a + b);
    middle.e -= 1;
    return number_compare(x, middle);
}

int element_codebook_nearest(const double *values, int count, enum table_ties ties, struct number x)
{
    int below = 0; /* the last value <= x, or the first of all */

    assert(count > 0 && x.kind != NUMBER_NAN);
    while (below + 1 < count && number_compare(x, number_of_double(values[below + 1])) >= 0)
        below++;
    if (below + 1 == count) return below;
    const int side = compare_middle(x, values[below], values[below + 1]);
    if (side != 0) return below + (side > 0);
    switch (ties) {
    case TIES_UP:
        return below + 1;
    case TIES_ZERO:
        return values[below] + values[below + 1] > 0 ? below : below + 1;
    default:
        return below + (below & 1);
    }
}

struct encoded element_table_encode(const struct format *f, struct number x, uint32_t random)
{
    int count;
    const double *values = element_table_values(&f->table, &count);

    (void)random;
    if (x.kind == NUMBER_NAN)
        return (struct encoded){
            (uint64_t)element_codebook_nearest(values, count, f->table.ties, number_zero(false)),
            OUTCOME_NAN | OUTCOME_INEXACT};
    const int i = element_codebook_nearest(values, count, f->table.ties, x);
    const bool exact = number_compare(x, number_of_double(values[i])) == 0;
    const bool outside = number_compare(x, number_of_double(values[0])) < 0 ||
                         number_compare(x, number_of_double(values[count - 1])) > 0;
    return (struct encoded){(uint64_t)i, (exact ? 0 : OUTCOME_INEXACT) | (outside ? OUTCOME_OVERFLOW : 0) |
                                             (!exact && values[i] == 0 && !outside ? OUTCOME_UNDERFLOW : 0)};
}

struct number element_table_decode(const struct table_format *f, uint64_t code)
{
    int count;
    const double *values = element_table_values(f, &count);
    return number_of_double(values[code < (uint64_t)count ? code : (uint64_t)count - 1]);
}
