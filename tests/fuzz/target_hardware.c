/* tests/fuzz/target_hardware.c - hardware files: a possible machine is printed, and what is printed is the same. */
#include "experiments/config/hardware_file.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_and_read(const struct hardware *h)
{
    enum { VALUE = 64 };
    char hash[2][DIGEST_SIZE], value[VALUE], *text = NULL;
    struct hardware again;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) abort();
    for (int i = 1; hardware_knob(i) != NULL; i++) { /* 0: the name, of which nothing depends */
        hardware_value(value, sizeof value, h, i);
        fprintf(out, "%s: %s\n", hardware_knob(i)->path, value);
    }
    if (fclose(out) != 0) abort();
    fuzz_claim(hardware_parse(&again, text, size, "printed") == STATUS_OK, "what is printed can be read");
    hardware_hash(hash[0], h);
    hardware_hash(hash[1], &again);
    fuzz_claim(strcmp(hash[0], hash[1]) == 0, "what is printed is the same machine");
    free(text);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct hardware h;
    char *text = fuzz_text(data, size);

    if (fuzz_done(hardware_parse(&h, text, size, "hardware.yaml")) && fuzz_done(hardware_check(&h)))
        print_and_read(&h);
    free(text);
}
