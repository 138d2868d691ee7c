/* sim/kernels/tile/pad.c - the copy of an image into its border of zeros. */
#include "sim/kernels/tile/pad.h"

#include "sim/kernels/tile/tile.h"

#include <string.h>

enum element tile_element(int bits, enum conv_path path)
{
    if (path == CONV_PATH_I64) return ELEMENT_U16_SPLIT;
    if (bits > 8) return ELEMENT_U16_S16;
    return path == CONV_PATH_I8 ? ELEMENT_U8 : ELEMENT_U8_S16;
}

static size_t source_bytes(enum element e)
{
    return e == ELEMENT_F32 ? 4 : e == ELEMENT_U8 || e == ELEMENT_U8_S16 ? 1 : 2;
}

size_t tile_element_bytes(enum element e)
{
    return e == ELEMENT_F32 ? 4 : e == ELEMENT_U8 ? 1 : 2;
}

/* n elements; the split writes the upper 15 bits to out, the lowest to out + low. */
static void copy_elements(void *restrict out, const void *restrict x, enum element e, size_t n, ptrdiff_t low)
{
    int16_t *const s16 = out;

    switch (e) {
    case ELEMENT_U8:
    case ELEMENT_U16_S16:
    case ELEMENT_F32:
        memcpy(out, x, n * tile_element_bytes(e));
        break;
    case ELEMENT_U8_S16:
        for (size_t i = 0; i < n; i++)
            s16[i] = ((const uint8_t *)x)[i];
        break;
    case ELEMENT_U16_SPLIT:
        for (size_t i = 0; i < n; i++) {
            s16[i] = (int16_t)(((const uint16_t *)x)[i] >> 1);
            s16[low + (ptrdiff_t)i] = (int16_t)(((const uint16_t *)x)[i] & 1);
        }
        break;
    }
}

/* Row y of the part, without its borders. */
static void copy_row(char *out, const struct pad *p, int y, ptrdiff_t low)
{
    const size_t in = source_bytes(p->element), size = tile_element_bytes(p->element);
    const char *const row = (const char *)p->image + ((size_t)y * p->w * p->c + p->first) * in;

    if (p->count == p->c)
        copy_elements(out, row, p->element, (size_t)p->w * p->count, low);
    else
        for (int i = 0; i < p->w; i++)
            copy_elements(out + (size_t)i * p->count * size, row + (size_t)i * p->c * in, p->element,
                          p->count, low);
}

struct padded tile_pad(void *scratch, const struct pad *p)
{
    const size_t size = tile_element_bytes(p->element);
    const ptrdiff_t pitch = (ptrdiff_t)(p->left + p->w + p->right) * p->count;
    const ptrdiff_t plane = (p->top + p->h + p->bottom) * pitch;
    const ptrdiff_t low = p->element == ELEMENT_U16_SPLIT ? plane : 0;
    const size_t inside = (size_t)p->w * p->count * size;
    const size_t before = (size_t)p->left * p->count * size, after = (size_t)p->right * p->count * size;
    char *out = scratch;

    if (low) memset(out + low * size, 0, plane * size);
    memset(out, 0, p->top * pitch * size);
    out += p->top * pitch * size;
    for (int y = 0; y < p->h; y++) {
        memset(out, 0, before);
        copy_row(out + before, p, y, low);
        memset(out + before + inside, 0, after);
        out += before + inside + after;
    }
    memset(out, 0, p->bottom * pitch * size);
    memset((char *)scratch + (low ? 2 : 1) * plane * size, 0, TILE_SPARE);
    return (struct padded){scratch, pitch, low};
}

/* As floats, or as two planes of int16_t. */
size_t tile_padded_bytes(int h, int w, int c)
{
    return round_up((size_t)h * w * c * sizeof(float) + TILE_SPARE, 64);
}
