/* energy/hardware/hardware_memory.c - banks of a buffer and bits of a value in DRAM, by the description. */
#include "energy/hardware/hardware.h"

#include "sim/method/widths.h"

int64_t hardware_banks(const struct hardware *h, const struct hardware_buffer *b)
{
    if (b->banks > 0) return b->banks;
    return b == &h->weight   ? h->array.rows * h->array.columns
           : b == &h->input  ? h->array.rows
           : b == &h->output ? h->array.columns
                             : 1;
}

int hardware_stored_bits(const struct hardware *h, int bits)
{
    return h->training.storage == STORAGE_EMULATED ? FLOAT32_BITS : bits;
}
