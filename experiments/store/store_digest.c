/* experiments/store/store_digest.c - putting a file on disk whole, with a digest of its bytes; and checking it.
 *
 * HDF5 1.10 has checksums of what lies in chunks, and of nothing else: a bit that changes in an attribute, in a text or
 * in a header is read as if it had been written so. A file therefore ends with one line of text behind what HDF5 calls
 * its end, which other readers of HDF5 never look at:
 *
 *     \ncptsim-sha256 64 hexadecimal digits\n
 *
 * of all bytes before the line. A program that changes the file by HDF5 cuts the line off.
 */
#include "experiments/store/store_hdf5.h"
#include "quant/try.h"
#include "sim/base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_FORMAT "\ncptsim-sha256 %s\n"
enum { LINE_BYTES = sizeof LINE_FORMAT - 1 - 2 + DIGEST_SIZE - 1 };

/* --- write -------------------------------------------------------------------------------------------- */

static bool write_all(int fd, const void *data, size_t bytes)
{
    const unsigned char *at = data;

    while (bytes > 0) {
        const ssize_t written = write(fd, at, bytes);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        at += written;
        bytes -= (size_t)written;
    }
    return true;
}

static bool write_with_digest(int fd, const unsigned char *image, size_t bytes)
{
    struct digest d;
    char hex[DIGEST_SIZE], line[LINE_BYTES + 1];

    digest_init(&d);
    digest_add(&d, image, bytes);
    digest_hex(hex, &d);
    snprintf(line, sizeof line, LINE_FORMAT, hex);
    return write_all(fd, image, bytes) && write_all(fd, line, LINE_BYTES) && fsync(fd) == 0;
}

/* The name aside is fixed, so that one left by a kill is replaced by the next run; it is made anew, so that a link which
 * somebody has put there leads nowhere. */
enum status store_publish(const struct store *s, const unsigned char *image, size_t bytes)
{
    char aside[PATH_MAX];

    if (snprintf(aside, sizeof aside, "%s.tmp", s->path) >= (int)sizeof aside)
        return store_fail(STATUS_IO, s, NULL, "the path is too long");
    unlink(aside);
    const int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) return store_fail(STATUS_IO, s, NULL, "cannot be written: %s", strerror(errno));
    bool good = write_with_digest(fd, image, bytes);
    int error = errno;
    if (close(fd) != 0 && good) {
        good = false;
        error = errno;
    }
    if (good && rename(aside, s->path) != 0) {
        good = false;
        error = errno;
    }
    if (!good) {
        unlink(aside);
        return store_fail(STATUS_IO, s, NULL, "cannot write %zu bytes: %s (what was there before is intact)",
                          bytes, strerror(error));
    }
    return store_sync_folder(s->path);
}

/* --- check -------------------------------------------------------------------------------------------- */

/* The digest of the first `bytes` of a file; false if they cannot be read. */
static bool digest_file(char hex[DIGEST_SIZE], int fd, size_t bytes)
{
    enum { PIECE = 1 << 16 };
    struct digest d;
    unsigned char *piece = malloc(PIECE);
    bool good = piece != NULL;

    digest_init(&d);
    for (size_t at = 0; good && at < bytes;) {
        const ssize_t count = pread(fd, piece, bytes - at < PIECE ? bytes - at : PIECE, (off_t)at);
        good = count > 0 || (count < 0 && errno == EINTR);
        if (count <= 0) continue;
        digest_add(&d, piece, (size_t)count);
        at += (size_t)count;
    }
    free(piece);
    digest_hex(hex, &d);
    return good;
}

/* What a program built for fuzzing has changed never has its digest, what a stranger wrote can. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
static const bool any_digest = true;
#else
static const bool any_digest = false;
#endif

/* *end: of what HDF5 knows of; the line is there or it is not, nothing else is. */
static enum status find_line(bool *has_one, ssize_t *end, const struct store *s, int fd)
{
    struct stat st;

    *has_one = false;
    *end = 0;
    if (fstat(fd, &st) != 0) return store_fail(STATUS_IO, s, NULL, "%s", strerror(errno));
    *end = H5Fget_file_image(s->file, NULL, 0);
    if (*end < 0) return store_fail_call(STATUS_INPUT, s, NULL, "find its end");
    *has_one = st.st_size > *end;
    if (!*has_one || *end + LINE_BYTES == st.st_size || any_digest) return STATUS_OK;
    return store_fail(STATUS_INPUT, s, NULL, "is damaged: %lld bytes are behind its end instead of %d",
                      (long long)(st.st_size - *end), (int)LINE_BYTES);
}

static enum status check_line(const struct store *s, int fd, ssize_t end)
{
    char line[LINE_BYTES + 1], wanted[LINE_BYTES + 1], hex[DIGEST_SIZE];

    if (!digest_file(hex, fd, (size_t)end) || pread(fd, line, LINE_BYTES, end) != LINE_BYTES)
        return store_fail(STATUS_IO, s, NULL, "cannot be read: %s", strerror(errno));
    snprintf(wanted, sizeof wanted, LINE_FORMAT, hex);
    if (memcmp(line, wanted, LINE_BYTES) == 0 || any_digest) return STATUS_OK;
    return store_fail(STATUS_INPUT, s, NULL,
                      "is damaged: its bytes do not have the SHA-256 that they were written with");
}

/* The descriptor of a file that HDF5 reads from disk: its path may already name a newer one. */
static int descriptor(const struct store *s)
{
    void *handle = NULL;

    return H5Fget_vfd_handle(s->file, H5P_DEFAULT, &handle) >= 0 && handle != NULL ? *(const int *)handle
                                                                                   : -1;
}

static enum status check(bool *has_one, const struct store *s, bool all_bytes)
{
    ssize_t end;
    const int fd = s->writable ? open(s->path, O_RDONLY | O_CLOEXEC) : descriptor(s);

    if (fd < 0) return store_fail(STATUS_IO, s, NULL, "%s", strerror(errno));
    enum status status = find_line(has_one, &end, s, fd);
    if (status == STATUS_OK && *has_one && all_bytes) status = check_line(s, fd, end);
    if (s->writable) close(fd);
    return status;
}

enum status store_check_digest(bool *has_one, const struct store *s)
{
    return check(has_one, s, true);
}

enum status store_check_length(const struct store *s)
{
    bool has_one;

    return check(&has_one, s, false);
}
