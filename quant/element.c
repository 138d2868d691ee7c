/* quant/element.c - the elementwise families side by side. */
#include "quant/element.h"

#include <assert.h>
#include <stddef.h>

static struct number float_decode_whole(const struct format *f, uint64_t code)
{
    return element_float_decode(&f->floating, code);
}

static struct number pot_decode_whole(const struct format *f, uint64_t code)
{
    return element_pot_decode(&f->pot, code);
}

static struct number table_decode_whole(const struct format *f, uint64_t code)
{
    return element_table_decode(&f->table, code);
}

static struct number posit_decode_whole(const struct format *f, uint64_t code)
{
    return element_posit_decode(&f->posit, code);
}

static const struct {
    struct encoded (*encode)(const struct format *f, struct number x, uint32_t random);
    struct number (*decode)(const struct format *f, uint64_t code);
} elements[FAMILY_COUNT] = {
    [FAMILY_FIXED] = {element_fixed_encode, element_fixed_decode},
    [FAMILY_FLOAT] = {element_float_encode, float_decode_whole},
    [FAMILY_POT] = {element_pot_encode, pot_decode_whole},
    [FAMILY_TABLE] = {element_table_encode, table_decode_whole},
    [FAMILY_POSIT] = {element_posit_encode, posit_decode_whole},
};

bool element_is_family(enum family family)
{
    return elements[family].encode != NULL;
}

struct encoded element_encode(const struct format *f, struct number x, uint32_t random)
{
    assert(element_is_family(f->family));
    return elements[f->family].encode(f, x, random);
}

struct number element_decode(const struct format *f, uint64_t code)
{
    assert(element_is_family(f->family));
    return elements[f->family].decode(f, code);
}
