/* sim/data/dataset_fetch.c - batches out of a data set: order, then crop, flip and normalization in one
 * pass. */
#include "sim/data/dataset_images.h"
#include "sim/base/scalar.h"

#include <assert.h>

/**
 * Uniform on 0 .. n-1. The word times n has its result in the upper half; the few words that would make some
 * results likelier are rejected (Lemire, TOMACS 2019). Scaling by a floating-point number would be nearly as
 * uniform, but nearly is a thing to explain. Attempts lie 2^32 elements apart: they meet no other element's.
 */
static uint32_t uniform_below(struct random_name name, uint64_t element, uint32_t n)
{
    const uint32_t excess = (0u - n) % n; /* 2^32 mod n */
    for (uint64_t attempt = 0;; attempt++) {
        const uint64_t product = (uint64_t)n * random_bits32(name, element + (attempt << 32));
        if ((uint32_t)product >= excess) return (uint32_t)(product >> 32);
    }
}

/* Fisher and Yates, from the end. */
void dataset_permute(uint32_t *order, uint32_t n, struct random_name name)
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        const uint32_t j = uniform_below(name, i - 1, i), last = order[i - 1];
        order[i - 1] = order[j];
        order[j] = last;
    }
}

void dataset_order(uint32_t *order, const struct dataset *d, uint64_t seed, uint32_t epoch)
{
    const struct random_name name = {seed, random_stream(RANDOM_ORDER, 0), epoch};
    dataset_permute(order, (uint32_t)d->count[SPLIT_TRAIN], name);
}

/** Where a stored image comes to lie: (y, x) of the output, x mirrored if flip, shows its (y + top, x +
 * left). */
struct placement {
    int top, left;
    bool flip;
};

static struct random_name draw_name(const struct augmentation *a, enum augment_draw which)
{
    return (struct random_name){a->seed, random_stream(RANDOM_AUGMENT, which), a->epoch};
}

uint32_t dataset_draw(const struct augmentation *a, enum augment_draw which, uint64_t element, uint32_t n)
{
    return uniform_below(draw_name(a, which), element, n);
}

double dataset_draw_real(const struct augmentation *a, enum augment_draw which, uint64_t element)
{
    return scalar_uniform(draw_name(a, which), element);
}

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
    const struct shape out = d->shape, raw = d->images->raw;
    const float(*normalized)[256] = (const float(*)[256])d->images->normalized;

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

void dataset_fetch(float *x, int *label, const struct dataset *d, enum split split, const uint32_t *index,
                   int n, const struct augmentation *a)
{
    const struct dataset_images *images = d->images;
    const struct dataset_part *part = &images->part[split == SPLIT_TEST];
    const size_t raw_size = shape_size(images->raw), size = shape_size(d->shape);

    assert(!a || a->pad >= 0);
#pragma omp parallel for schedule(static) if (n > 1)
    for (int i = 0; i < n; i++) {
        assert(index[i] < d->count[split]);
        const uint32_t record = images->record[split][index[i]];
        label[i] = part->label[record];
        const uint8_t *pixel = part->pixel + record * raw_size;
        if (a && a->crop && images->resized_crop)
            dataset_crop_write(x + (size_t)i * size, pixel, d, dataset_crop_draw(a, record, images->raw),
                               is_flipped(a, record));
        else
            write_example(x + (size_t)i * size, pixel, d, place(a, record, d->shape, images->raw));
    }
}
