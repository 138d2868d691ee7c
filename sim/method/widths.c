/* sim/method/widths.c - widths of operands. */
#include "sim/method/widths.h"

bool width_known(int64_t bits)
{
    return bits == WIDTH_FLOAT32 || (bits >= WIDTH_LEAST && bits <= WIDTH_MOST);
}

int widths_real(int bits)
{
    return bits == WIDTH_FLOAT32 ? FLOAT32_BITS : bits;
}
