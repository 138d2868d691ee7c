/* tests/fuzz/data_row.h - rows of the table of data sets with small images, so that an input holds some. */
#ifndef TESTS_FUZZ_DATA_ROW_H
#define TESTS_FUZZ_DATA_ROW_H

#include "sim/data/dataset_images.h"
#include "tests/fuzz/fuzz.h"

struct data_row {
    struct dataset_row row;
    struct dataset_files files;
};

/** The row called `name`, with images of `side` x `side`. */
static inline void data_row_make(struct data_row *out, const char *name, int side)
{
    const struct dataset_row *found;

    fuzz_claim(dataset_find(&found, name) == STATUS_OK, "the data set is known");
    out->row = *found;
    out->files = *found->files;
    out->files.raw.h = out->files.raw.w = side;
    out->row.files = &out->files;
}

/** Read the files in memory `name` as those of the row; every label must be a class. */
static inline void data_row_read(const struct data_row *r, const char *const name[])
{
    struct dataset_part part = {0};

    digest_init(&part.digest);
    if (fuzz_done(r->files.read(&part, &r->row, FUZZ_FOLDER, name))) {
        const size_t size = (size_t)part.count * shape_size(r->files.raw);
        unsigned sum = 0;
        for (size_t i = 0; i < size; i++)
            sum += part.pixel[i];
        for (int64_t i = 0; i < part.count; i++)
            fuzz_claim(part.label[i] < r->row.classes, "a label is a class");
        fuzz_claim(part.count > 0 && sum <= 255 * size, "there are images");
    }
    dataset_part_free(&part);
}

#endif
