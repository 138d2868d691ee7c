/* sim/kernels/kernels.c - the table of instruction sets, and the proof that picks a product's integer
 * width. */
#include "sim/kernels/kernels.h"
#include "quant/try.h"
#include "sim/kernels/kernels_table.h"
#include "sim/base/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Slowest first. To add an instruction set: see kernels.h. */
static const struct kernels *const table[] = {&kernels_ref, &kernels_avx2, &kernels_avx512};

enum { TABLE_COUNT = sizeof table / sizeof table[0] };

const struct kernels *const *kernels_all(int *count)
{
    *count = TABLE_COUNT;
    return table;
}

enum status kernels_find(const struct kernels **out, const char *name)
{
    const char *const asked = name ? name : getenv("CPTSIM_KERNELS");
    const char *names[TABLE_COUNT + 1] = {[TABLE_COUNT] = "auto"};

    if (!asked || !*asked || strcmp(asked, "auto") == 0) {
        for (int i = 0; i < TABLE_COUNT; i++)
            if (table[i]->available()) *out = table[i];
        return STATUS_OK;
    }
    size_t row;
    for (int i = 0; i < TABLE_COUNT; i++)
        names[i] = table[i]->name;
    TRY(table_find(&row, name ? "kernels" : "kernels in CPTSIM_KERNELS", asked, names, sizeof *names,
                   TABLE_COUNT + 1));
    if (!table[row]->available())
        return status_fail(STATUS_INPUT,
                           "kernels '%s' need %s, which this CPU lacks; 'auto' takes what it has", asked,
                           table[row]->needs);
    *out = table[row];
    return STATUS_OK;
}

struct conv_shape conv_shape_make(int h, int w, int c, int k, int kernel, int stride, int pad, int groups)
{
    assert(h > 0 && w > 0 && c > 0 && k > 0 && kernel > 0 && stride > 0 && pad >= 0 && groups > 0);
    assert(c % groups == 0 && k % groups == 0);
    assert(h + 2 * pad >= kernel && w + 2 * pad >= kernel);
    return (struct conv_shape){.h = h,
                               .w = w,
                               .c = c,
                               .oh = (h + 2 * pad - kernel) / stride + 1,
                               .ow = (w + 2 * pad - kernel) / stride + 1,
                               .k = k,
                               .kernel = kernel,
                               .stride = stride,
                               .pad = pad,
                               .groups = groups};
}

/* Proof. With A = 2^a_bits - 1 and W = 2^(w_bits-1), a product lies in [-A W, A (W-1)], so a sum of n
 * products has a magnitude of at most n A W, and so has every partial sum, in any order; padding with zero
 * terms adds nothing.
 *
 *   I8      operands fit u8 and s8. A pair's sum is at most 2 A W <= 2^15 - 1, so that one pair fits 16
 *           bits, and conv_pairs_i16 pairs do. The whole sum, at most length A W <= 2^31 - 1, fits 32.
 *   I16     A <= 2^15 - 1 and W <= 2^15 fit s16; a pair's sum is at most 2 A W < 2^31, and the whole sum
 *           fits 32.
 *   I16_64  as I16 for one pair; conv_pairs_i32 pairs fit 32 bits. The whole sum is below length 2^30: 64
 *           hold it.
 *   I64     A <= 2^16 - 1, W <= 2^15: the whole sum is below length 2^31.
 */
enum conv_path conv_path(int a_bits, int w_bits, int64_t length)
{
    assert(a_bits >= 1 && a_bits <= 16 && w_bits >= 1 && w_bits <= 16);
    assert(length > 0 && length < INT32_MAX);
    const int64_t product = conv_product_max(a_bits, w_bits);
    const bool fits32 = product <= INT32_MAX / length;

    if (a_bits <= 8 && w_bits <= 8 && conv_pairs_i16(a_bits, w_bits) >= 1 && fits32) return CONV_PATH_I8;
    if (a_bits <= 15 && fits32) return CONV_PATH_I16;
    if (a_bits <= 15) return CONV_PATH_I16_64;
    return CONV_PATH_I64;
}

int conv_weights_images(int x_bits, int e_bits, const struct conv_shape *s)
{
    const int64_t pixels = (int64_t)s->oh * s->ow;
    const enum conv_path path = conv_path(x_bits, e_bits, pixels);
    int images = 8;

    while (images > 1 && (images * pixels >= INT32_MAX || conv_path(x_bits, e_bits, images * pixels) != path))
        images /= 2;
    return images;
}
