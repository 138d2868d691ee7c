/* sim/base/digest.h - SHA-256 in hexadecimal, in one call or piece by piece. */
#ifndef SIM_BASE_DIGEST_H
#define SIM_BASE_DIGEST_H

#include <nettle/sha2.h>
#include <stddef.h>

enum { DIGEST_SIZE = 65 }; /* 64 hexadecimal digits and the final zero */

struct digest {
    struct sha256_ctx sha;
};

void digest_init(struct digest *d);
void digest_add(struct digest *d, const void *data, size_t bytes);

/** The digest of all that was added, as hexadecimal digits; d is fresh again. */
void digest_hex(char hex[DIGEST_SIZE], struct digest *d);

/** The digest of one text, without its final zero. */
void digest_text(char hex[DIGEST_SIZE], const char *text);

#endif
