/* quant/exact_sum.c - exact arithmetic on integers: two numbers, or a register as wide as all their
 * products. */
#include "quant/exact_sum.h"

#include <assert.h>

__extension__ typedef unsigned __int128 wide;

/* m 2^e, or a little more if `sticky`, in 64 bits rounded to odd. */
static struct number odd_number(wide m, int e, bool negative, bool sticky)
{
    const uint64_t high = (uint64_t)(m >> 64);

    if (high != 0) {
        const int cut = number_width(high);
        sticky = sticky || (m & (((wide)1 << cut) - 1)) != 0;
        m >>= cut;
        e += cut;
    }
    return (struct number){.m = (uint64_t)m | sticky, .e = e, .negative = negative && (m != 0 || sticky)};
}

struct number exact_sum_product(struct number a, struct number b)
{
    return odd_number((wide)a.m * b.m, a.e + b.e, a.negative != b.negative, false);
}

/* The larger is moved up as far as 126 bits allow; what the smaller then loses below is told by sticky. */
struct number exact_sum_two(struct number a, struct number b)
{
    if (a.m == 0) return b.m == 0 ? number_zero(false) : b;
    if (b.m == 0) return a;
    if (number_compare_magnitude(a, b) < 0) {
        const struct number swap = a;
        a = b;
        b = swap;
    }
    const int up = 126 - number_width(a.m), e = a.e - up, shift = b.e - e;
    const wide large = (wide)a.m << up;
    wide small = 0;
    bool sticky = false;

    if (shift >= 0)
        small = (wide)b.m << shift; /* not beyond `large`, which fits */
    else if (shift > -64) {
        small = b.m >> -shift;
        sticky = (small << -shift) != b.m;
    } else
        sticky = true;
    if (a.negative == b.negative) return odd_number(large + small, e, a.negative, sticky);
    return odd_number(large - small - sticky, e, a.negative,
                      sticky); /* a - (small + rest) = (a - small - 1) + (1 - rest) */
}

static void limbs_add(struct exact_sum *s, size_t at, uint64_t low, uint64_t high)
{
    wide carry = (wide)s->limb[at] + low;
    s->limb[at++] = (uint64_t)carry;
    carry = (wide)s->limb[at] + high + (uint64_t)(carry >> 64);
    s->limb[at++] = (uint64_t)carry;
    for (bool more = (carry >> 64) != 0; more && at < EXACT_LIMBS; at++)
        more = ++s->limb[at] == 0;
}

static void limbs_subtract(struct exact_sum *s, size_t at, uint64_t low, uint64_t high)
{
    bool borrow = s->limb[at] < low;
    s->limb[at++] -= low;
    const wide taken = (wide)high + borrow;
    borrow = s->limb[at] < taken;
    s->limb[at++] -= (uint64_t)taken;
    for (; borrow && at < EXACT_LIMBS; at++)
        borrow = s->limb[at]-- == 0;
}

static void exact_sum_add_64(struct exact_sum *s, uint64_t m, int e, bool negative)
{
    const unsigned place = (unsigned)(e - EXACT_BASE);
    const size_t limb = place / 64;
    const wide moved = (wide)m << place % 64;

    assert(e >= EXACT_BASE && limb + 1 < EXACT_LIMBS);
    if (negative)
        limbs_subtract(s, limb, (uint64_t)moved, (uint64_t)(moved >> 64));
    else
        limbs_add(s, limb, (uint64_t)moved, (uint64_t)(moved >> 64));
}

void exact_sum_add(struct exact_sum *s, struct number x)
{
    assert(x.kind == NUMBER_FINITE);
    if (x.m != 0) exact_sum_add_64(s, x.m, x.e, x.negative);
}

void exact_sum_add_product(struct exact_sum *s, struct number a, struct number b)
{
    const wide m = (wide)a.m * b.m;
    const bool negative = a.negative != b.negative;

    assert(a.kind == NUMBER_FINITE && b.kind == NUMBER_FINITE);
    if ((uint64_t)m != 0) exact_sum_add_64(s, (uint64_t)m, a.e + b.e, negative);
    if ((uint64_t)(m >> 64) != 0) exact_sum_add_64(s, (uint64_t)(m >> 64), a.e + b.e + 64, negative);
}

struct number exact_sum_value(const struct exact_sum *s)
{
    struct exact_sum t = *s;
    const bool negative = t.limb[EXACT_LIMBS - 1] >> 63;
    bool sticky = false;
    int top = EXACT_LIMBS - 1;

    if (negative) { /* two's complement: invert and add one */
        bool carry = true;
        for (int i = 0; i < EXACT_LIMBS; i++) {
            t.limb[i] = ~t.limb[i] + carry;
            carry = carry && t.limb[i] == 0;
        }
    }
    while (top > 0 && t.limb[top] == 0)
        top--;
    for (int i = 0; i + 1 < top; i++)
        sticky = sticky || t.limb[i] != 0;
    const wide m = top > 0 ? (wide)t.limb[top] << 64 | t.limb[top - 1] : t.limb[0];
    return odd_number(m, EXACT_BASE + 64 * (top > 0 ? top - 1 : 0), negative, sticky);
}
