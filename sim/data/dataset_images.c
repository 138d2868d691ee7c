/* sim/data/dataset_images.c - a data set of images: read its files, split it. */
#include "quant/try.h"
#include "sim/data/dataset_images.h"

#include <inttypes.h>
#include <stdlib.h>

static bool shape_equal(struct shape a, struct shape b)
{
    return a.h == b.h && a.w == b.w && a.c == b.c;
}

/* What the row leaves open is as the files have it. */
static enum status facts_set(struct dataset *d, const struct dataset_row *row)
{
    struct dataset_images *images = images_of(d);
    const struct dataset_part *train = &images->part[0], *test = &images->part[1];

    if (!shape_equal(train->raw, test->raw))
        return status_fail(STATUS_INPUT,
                           "%s: training images of %d x %d x %d and test images of %d x %d x %d", d->source,
                           train->raw.h, train->raw.w, train->raw.c, test->raw.h, test->raw.w, test->raw.c);
    if (row->shape.h == 0) d->shape = train->raw;
    if (row->classes > 0) return STATUS_OK;
    if (test->classes > train->classes)
        return status_fail(STATUS_INPUT,
                           "%s: a test image has label %d, but the largest of a training image is %d",
                           d->source, test->classes - 1, train->classes - 1);
    if (train->classes < 2)
        return status_fail(STATUS_INPUT, "%s: every label is 0; want two classes or more", d->source);
    d->classes = train->classes;
    return STATUS_OK;
}

static enum status parts_read(struct dataset *d, const struct dataset_row *row)
{
    for (int i = 0; i < 2; i++) {
        struct dataset_part *part = &images_of(d)->part[i];
        digest_init(&part->digest);
        part->raw = row->files->raw;
        TRY(row->files->read(part, row, d->source, row->files->name[i]));
        if (part->count > UINT32_MAX)
            return status_fail(STATUS_INPUT, "%s: more than 2^32 images in %s", d->source,
                               row->files->name[i][0]);
        digest_hex(d->sha256[i], &part->digest);
    }
    return facts_set(d, row);
}

/** How many examples each split gets; what the specification asks for must be there. */
static enum status counts_set(struct dataset *d, const struct dataset_spec *spec)
{
    const int64_t train = images_of(d)->part[0].count, test = images_of(d)->part[1].count;

    if (spec->validation < 0 || spec->validation >= train)
        return status_fail(STATUS_USAGE,
                           "data set '%s': validation %" PRId64 " of %" PRId64
                           " training images; it must be 0 or more and leave some to train on",
                           d->name, spec->validation, train);
    const int64_t rest = train - spec->validation;
    if (spec->train_limit < 0 || spec->train_limit > rest)
        return status_fail(STATUS_USAGE,
                           "data set '%s': train limit %" PRId64 ", but there are %" PRId64
                           " training images; want 1 to %" PRId64 ", or all",
                           d->name, spec->train_limit, rest, rest);
    if (spec->test_limit < 0 || spec->test_limit > test)
        return status_fail(STATUS_USAGE,
                           "data set '%s': test limit %" PRId64 ", but there are %" PRId64
                           " test images; want 1 to %" PRId64 ", or all",
                           d->name, spec->test_limit, test, test);
    d->count[SPLIT_VALIDATION] = spec->validation;
    d->count[SPLIT_TRAIN] = spec->train_limit ? spec->train_limit : rest;
    d->count[SPLIT_TEST] = spec->test_limit ? spec->test_limit : test;
    return STATUS_OK;
}

static int ascending(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/**
 * A permutation of the training images gives the validation set first, then as many as asked for to train on:
 * a larger limit keeps what a smaller one has. Within a split the images stay in the order of the files.
 */
static enum status splits_make(struct dataset *d, uint64_t seed)
{
    struct dataset_images *images = d->own;
    const struct random_name name = {seed, random_stream(RANDOM_SPLIT, 0), 0};
    const size_t train = (size_t)images->part[0].count, test = (size_t)d->count[SPLIT_TEST];
    uint32_t *record = malloc((train + test) * sizeof *record);

    if (!record) return status_fail(STATUS_NOMEM, "no memory to split %zu images", train + test);
    images->record[SPLIT_VALIDATION] = record;
    images->record[SPLIT_TRAIN] = record + d->count[SPLIT_VALIDATION];
    images->record[SPLIT_TEST] = record + train;
    dataset_permute(record, (uint32_t)train, name);
    for (int s = SPLIT_TRAIN; s <= SPLIT_VALIDATION; s++)
        qsort(images->record[s], (size_t)d->count[s], sizeof *record, ascending);
    for (uint32_t i = 0; i < test; i++)
        images->record[SPLIT_TEST][i] = i;
    return STATUS_OK;
}

/** What a pixel becomes: three float32 operations, as in the published transforms. */
static enum status normalization_fill(struct dataset *d, const struct dataset_files *files)
{
    struct dataset_images *images = images_of(d);

    for (int c = 0; c < d->shape.c; c++) {
        d->mean[c] = files->mean[c];
        d->std[c] = files->std[c];
    }
    if (files->std[0] == 0.0f) TRY(dataset_part_measure(d->mean, d->std, &images->part[0], d->source));
    for (int c = 0; c < d->shape.c; c++)
        for (int p = 0; p < 256; p++)
            images->normalized[c][p] = ((float)p / 255.0f - d->mean[c]) / d->std[c];
    return STATUS_OK;
}

static enum status images_open(struct dataset *d, const struct dataset_row *row,
                               const struct dataset_spec *spec)
{
    struct dataset_images *images = calloc(1, sizeof *images);

    if (!images) return status_fail(STATUS_NOMEM, "no memory for data set '%s'", row->name);
    d->own = images;
    images->resized_crop = row->files->resized_crop;
    TRY(dataset_folder_find(d->source, row, spec->dir));
    TRY(parts_read(d, row));
    TRY(normalization_fill(d, row->files));
    TRY(counts_set(d, spec));
    return splits_make(d, spec->split_seed);
}

static void images_close(struct dataset *d)
{
    struct dataset_images *images = d->own;

    if (!images) return;
    for (int i = 0; i < 2; i++)
        dataset_part_free(&images->part[i]);
    free(images->record[SPLIT_VALIDATION]); /* the first of the three, in one block */
    free(images);
}

const struct dataset_type dataset_images_type = {.open = images_open,
                                                 .close = images_close,
                                                 .order = dataset_order_shuffled,
                                                 .fetch = dataset_images_fetch};
