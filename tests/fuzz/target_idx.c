/* tests/fuzz/target_idx.c - IDX files of images and labels: two bytes, big-endian, say how many bytes of the rest are
 * the images. */
#include "tests/fuzz/data_row.h"

void fuzz_one(const uint8_t *data, size_t size)
{
    struct data_row r;

    if (size < 2) return;
    const size_t rest = size - 2, announced = (size_t)data[0] << 8 | data[1];
    const size_t images = announced < rest ? announced : rest;
    data_row_make(&r, "mnist", 2);
    fuzz_file(0, data + 2, images);
    fuzz_file(1, data + 2 + images, rest - images);
    data_row_read(&r, (const char *const[]){fuzz_file_name(0), fuzz_file_name(1), NULL});
}
