/* tests/fuzz/target_packed.c - packed images. */
#include "tests/fuzz/data_row.h"

void fuzz_one(const uint8_t *data, size_t size)
{
    struct data_row r;

    data_row_make(&r, "imagenet", 2);
    fuzz_file(0, data, size);
    data_row_read(&r, (const char *const[]){fuzz_file_name(0), NULL});
}
