/* tests/fuzz/target_experiment.c - experiment files: each arm that resolves is printed, and what is printed is the
 * same run. */
#include "experiments/config/config.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void print_and_read(const struct config *c)
{
    char hash[2][DIGEST_SIZE];
    struct config_file *f;
    struct config again;
    char *text = config_text(c), *second;

    fuzz_claim(text != NULL, "a resolved run can be printed");
    fuzz_claim(config_parse(&f, text, strlen(text), "printed") == STATUS_OK, "what is printed can be read");
    fuzz_claim(config_resolve(&again, f, 0, NULL, 0) == STATUS_OK, "what is printed resolves");
    config_hash(hash[0], c);
    config_hash(hash[1], &again);
    second = config_text(&again);
    fuzz_claim(strcmp(hash[0], hash[1]) == 0, "what is printed is the same run");
    fuzz_claim(second != NULL && strcmp(text, second) == 0, "printing is a fixed point");
    config_close(f);
    free(text);
    free(second);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct config_file *f;
    char *text = fuzz_text(data, size);

    if (fuzz_done(config_parse(&f, text, size, "experiment.yaml"))) {
        for (int arm = 0; arm < config_arms(f); arm++) {
            struct config c;
            if (!fuzz_done(config_resolve(&c, f, arm, NULL, 0))) continue;
            print_and_read(&c);
            fuzz_done(config_settle(&c, 100));
        }
        config_close(f);
    }
    free(text);
}
