/* tests/fuzz/target_set.c - --set of an experiment: a line is one "key=value". */
#include "experiments/config/config.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS = 16 };

void fuzz_one(const uint8_t *data, size_t size)
{
    static const char file[] = "model: resnet8\ndata: {name: cifar10}\n";
    const char *word[WORDS];
    char *text = fuzz_text(data, size), *rest = NULL;
    struct config_file *f;
    struct config c;
    int count = 0;

    for (char *line = strtok_r(text, "\n", &rest); line != NULL && count < WORDS;
         line = strtok_r(NULL, "\n", &rest))
        word[count++] = line;
    fuzz_claim(config_parse(&f, file, sizeof file - 1, "experiment.yaml") == STATUS_OK, "the file is right");
    if (fuzz_done(config_resolve(&c, f, 0, word, count))) free(config_text(&c));
    config_close(f);
    free(text);
}
