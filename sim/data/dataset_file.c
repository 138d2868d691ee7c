/* sim/data/dataset_file.c - a data set's file in memory, plain or gzip, read to its very end. */
#include "quant/try.h"
#include "sim/data/dataset_images.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define FIRST_CAPACITY ((size_t)1 << 16)
#define LARGEST_FILE   ((size_t)1 << 32) /* uncompressed: a small gzip file can grow a thousandfold */
#define LARGEST_READ   ((size_t)1 << 30)
#define ZLIB_BUFFER    (1u << 16)

bool dataset_file_exists(char path[DATASET_PATH], const char *dir, const char *name)
{
    static const char *const suffix[] = {"", ".gz"};
    const char *const idx = strstr(name, "-idx");

    for (int i = 0; i < (idx ? 4 : 2); i++) {
        const int length = snprintf(path, DATASET_PATH, "%s/%s%s", dir, name, suffix[i % 2]);
        if (length >= DATASET_PATH) continue;
        if (i >= 2) path[strlen(dir) + 1 + (size_t)(idx - name)] = '.';
        if (access(path, F_OK) == 0) return true;
    }
    return false;
}

/** The sentence for what zlib reports after a read. */
static enum status read_failure(const char *path, gzFile gz)
{
    const int cause = errno;
    const long long at = (long long)gzoffset(gz);
    int code;
    const char *words = gzerror(gz, &code);

    switch (code) {
    case Z_ERRNO:
        return status_fail(STATUS_IO, "%s: cannot read after byte %lld: %s", path, at, strerror(cause));
    case Z_MEM_ERROR:
        return status_fail(STATUS_NOMEM, "%s: no memory to uncompress it", path);
    case Z_BUF_ERROR:
        return status_fail(
            STATUS_INPUT,
            "%s: truncated: the gzip data stop at byte %lld before their end; get the file again", path, at);
    default:
        return status_fail(
            STATUS_INPUT,
            "%s: corrupt gzip data near byte %lld of the compressed file (%s); get the file again", path, at,
            words);
    }
}

/** Double the memory: it grows with what the file really holds, not with what a header says. */
static enum status grow(struct dataset_file *f, size_t *capacity)
{
    const size_t wanted = *capacity ? 2 * *capacity : FIRST_CAPACITY;
    if (wanted > LARGEST_FILE)
        return status_fail(STATUS_INPUT,
                           "%s: more than %zu MiB uncompressed, which no data set of the table has", f->path,
                           LARGEST_FILE >> 20);
    uint8_t *data = realloc(f->data, wanted);
    if (!data) return status_fail(STATUS_NOMEM, "%s: no memory for %zu MiB", f->path, wanted >> 20);
    f->data = data;
    *capacity = wanted;
    return STATUS_OK;
}

/** Up to and including the end of the file, where zlib compares the checksum. */
static enum status read_all(struct dataset_file *f, gzFile gz)
{
    size_t capacity = 0;
    for (;;) {
        if (f->size == capacity) TRY(grow(f, &capacity));
        const size_t room = capacity - f->size;
        errno = 0;
        const int got = gzread(gz, f->data + f->size, (unsigned)(room < LARGEST_READ ? room : LARGEST_READ));
        int code;
        gzerror(gz, &code);
        if (got < 0 || code != Z_OK) return read_failure(f->path, gz);
        if (got == 0) return STATUS_OK;
        f->size += (size_t)got;
    }
}

enum status dataset_file_load(struct dataset_file *f, struct digest *digest, const char *dir,
                              const char *name)
{
    struct stat about;
    *f = (struct dataset_file){0};
    if (!dataset_file_exists(f->path, dir, name))
        return status_fail(STATUS_IO, "%s/%s: no such file, and no %s.gz either", dir, name, name);
    if (stat(f->path, &about) == 0 && !S_ISREG(about.st_mode))
        return status_fail(STATUS_IO, "%s: %s, but this should be a data file", f->path,
                           S_ISDIR(about.st_mode) ? "is a directory" : "not a regular file");

    errno = 0;
    gzFile gz = gzopen(f->path, "rb");
    if (!gz) return status_fail(STATUS_IO, "%s: cannot open: %s", f->path, strerror(errno ? errno : ENOMEM));
    gzbuffer(gz, ZLIB_BUFFER);
    const enum status s = read_all(f, gz);
    gzclose(gz);
    if (s != STATUS_OK) return s;

    uint8_t *fitting = realloc(f->data, f->size ? f->size : 1);
    if (fitting) f->data = fitting;
    digest_add(digest, f->data, f->size);
    return STATUS_OK;
}
