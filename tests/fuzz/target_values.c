/* tests/fuzz/target_values.c - values on standard input: `cptsim quantize FORMAT -`. */
#include "experiments/commands/numbers.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

void fuzz_one(const uint8_t *data, size_t size)
{
    struct numbers v = {.program = "quantize"};
    char *text = fuzz_text(data, size);
    FILE *const before = stdin;

    stdin = fmemopen(text, size > 0 ? size : 1, "r"); /* glibc lets it be replaced */
    if (stdin == NULL) abort();
    numbers_argument(&v, "-");
    if (fuzz_done(numbers_finish(&v))) fuzz_claim(v.count > 0 && v.count <= size, "a value has a character");
    numbers_free(&v);
    fclose(stdin);
    stdin = before;
    free(text);
}
