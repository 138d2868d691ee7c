/* sim/data/dataset_fetch.c - batches out of a data set: crop, flip and normalization in one pass. */
#include "sim/data/dataset_images.h"

#include <assert.h>

/** Where a stored image comes to lie: (y, x) of the output, x mirrored if flip, shows its (y + top, x +
 * left). */
struct placement {
    int top, left;
    bool flip;
};

static bool is_flipped(const struct augmentation *a, uint32_t record)
{
    return a && a->flip && dataset_draw(a, AUGMENT_FLIP, record, 2);
}

static struct placement place(const struct augmentation *a, uint32_t record, struct shape out,
                              struct shape raw)
{
    struct placement at = {
        .top = -(out.h - raw.h) / 2, .left = -(out.w - raw.w) / 2, .flip = is_flipped(a, record)};
    if (a && a->crop) {
        const uint32_t positions = 2 * (uint32_t)a->pad + 1;
        at.top += (int)dataset_draw(a, AUGMENT_ROW, record, positions) - a->pad;
        at.left += (int)dataset_draw(a, AUGMENT_COLUMN, record, positions) - a->pad;
    }
    return at;
}

/** x[h][w][c] of one example. */
static void write_example(float *x, const uint8_t *pixel, const struct dataset *d, struct placement at)
{
    const struct shape out = d->shape, raw = images_of(d)->part[0].raw;
    const float(*normalized)[256] = (const float(*)[256])images_of(d)->normalized;

    for (int y = 0; y < out.h; y++) {
        const int row = y + at.top;
        for (int column = 0; column < out.w; column++) {
            const int from = (at.flip ? out.w - 1 - column : column) + at.left;
            const bool inside = row >= 0 && row < raw.h && from >= 0 && from < raw.w;
            const uint8_t *p =
                inside ? pixel + ((size_t)row * (size_t)raw.w + (size_t)from) * (size_t)raw.c : NULL;
            for (int c = 0; c < raw.c; c++)
                *x++ = normalized[c][p ? p[c] : 0];
        }
    }
}

void dataset_images_fetch(struct batch *b, const struct dataset *d, enum split split, const uint32_t *index,
                          const struct augmentation *a)
{
    const struct dataset_images *images = images_of(d);
    const struct dataset_part *part = &images->part[split == SPLIT_TEST];
    const size_t raw_size = shape_size(part->raw), size = shape_size(d->shape);

    assert(!a || a->pad >= 0);
#pragma omp parallel for schedule(static) if (b->n > 1)
    for (int i = 0; i < b->n; i++) {
        assert(index[i] < d->count[split]);
        const uint32_t record = images->record[split][index[i]];
        const uint8_t *pixel = part->pixel + record * raw_size;
        float *x = (float *)b->input + (size_t)i * size;
        b->target[i] = part->label[record];
        if (a && a->crop && images->resized_crop)
            dataset_crop_write(x, pixel, d, dataset_crop_draw(a, record, part->raw), is_flipped(a, record));
        else
            write_example(x, pixel, d, place(a, record, d->shape, part->raw));
    }
}
