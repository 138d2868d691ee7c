/* sim/data/dataset_draw.c - the random numbers of a data set, each named: permutations, and what augmentation
 * draws for an example. */
#include "sim/data/dataset_images.h"
#include "sim/base/scalar.h"

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

void dataset_order_shuffled(uint32_t *order, const struct dataset *d, uint64_t seed, uint32_t epoch)
{
    const struct random_name name = {seed, random_stream(RANDOM_ORDER, 0), epoch};
    dataset_permute(order, (uint32_t)d->count[SPLIT_TRAIN], name);
}

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
