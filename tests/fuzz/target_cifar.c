/* tests/fuzz/target_cifar.c - CIFAR's binary files: the first byte says whether the rest is of CIFAR-10 or
 * CIFAR-100. */
#include "tests/fuzz/data_row.h"

void fuzz_one(const uint8_t *data, size_t size)
{
    struct data_row r;

    if (size < 1) return;
    data_row_make(&r, data[0] % 2 == 0 ? "cifar10" : "cifar100", 2);
    fuzz_file(0, data + 1, size - 1);
    data_row_read(&r, (const char *const[]){fuzz_file_name(0), NULL});
}
