/* sim/base/digest.c - SHA-256 through nettle. */
#include "sim/base/digest.h"

#include <stdio.h>
#include <string.h>

void digest_init(struct digest *d)
{
    sha256_init(&d->sha);
}

void digest_add(struct digest *d, const void *data, size_t bytes)
{
    sha256_update(&d->sha, bytes, data);
}

void digest_hex(char hex[DIGEST_SIZE], struct digest *d)
{
    uint8_t sum[SHA256_DIGEST_SIZE];

    sha256_digest(&d->sha, sizeof sum, sum);
    for (size_t i = 0; i < sizeof sum; i++)
        snprintf(hex + 2 * i, 3, "%02x", sum[i]);
}

void digest_text(char hex[DIGEST_SIZE], const char *text)
{
    struct digest d;

    digest_init(&d);
    digest_add(&d, text, strlen(text));
    digest_hex(hex, &d);
}
