/* tests/fuzz/target_gzip.c - a data file, plain or gzip, read to its end. */
#include "tests/fuzz/data_row.h"

#include <stdlib.h>

void fuzz_one(const uint8_t *data, size_t size)
{
    struct dataset_file f;
    struct digest digest;

    digest_init(&digest);
    fuzz_file(0, data, size);
    if (fuzz_done(dataset_file_load(&f, &digest, FUZZ_FOLDER, fuzz_file_name(0))) &&
        (size < 2 || data[0] != 0x1f))
        fuzz_claim(f.size == size, "a plain file is read as it is");
    free(f.data);
}
