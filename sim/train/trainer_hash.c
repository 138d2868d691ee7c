/* sim/train/trainer_hash.c - the SHA-256 by which two runs are compared: every trained value and
 * statistic, in graph order. */
#include "sim/train/trainer.h"

#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>

static void add(struct sha256_ctx *h, const char *layer, const char *name, const float *x, size_t n)
{
    if (!x) return;
    sha256_update(h, strlen(layer) + 1, (const uint8_t *)layer);
    sha256_update(h, strlen(name) + 1, (const uint8_t *)name);
    sha256_update(h, n * sizeof *x, (const uint8_t *)x);
}

void trainer_hash(char hex[65], const struct trainer *t)
{
    struct sha256_ctx h;
    uint8_t digest[SHA256_DIGEST_SIZE];
    const uint64_t at = (uint64_t)t->at;

    sha256_init(&h);
    sha256_update(&h, sizeof at, (const uint8_t *)&at);
    for (int i = 0; i < t->graph->count; i++) {
        const struct layer *l = t->graph->nodes[i].layer;
        for (int j = 0; j < l->param_count; j++) {
            add(&h, l->name, l->params[j].name, l->params[j].value, l->params[j].size);
            add(&h, l->name, "momentum", l->params[j].momentum, l->params[j].size);
        }
        for (int j = 0; j < l->buffer_count; j++)
            add(&h, l->name, l->buffers[j].name, l->buffers[j].value, l->buffers[j].size);
    }
    sha256_digest(&h, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}
