/* sim/data/dataset_packed.c - packed images: one uncompressed file for sets that no memory holds, read in
 * place.
 *
 *   byte  0  "images1\n"
 *         8  number of images, 32 bits; all numbers little-endian
 *        12  height, width, channels, number of classes, 16 bits each
 *        20  twelve zeros
 *        32  SHA-256 of the pixels
 *        64  labels, 16 bits each
 *            pixels [count][height][width][channels], 8 bits each
 *
 * sim/data/pack_imagenet.py writes it. The pixels are mapped and come from the disk as they are used;
 * their digest is in the header, so that header and labels identify the whole. The pixels themselves are
 * not read to check it.
 */
#include "quant/try.h"
#include "sim/data/dataset_images.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[8] = "images1\n"; /* without the final zero */

enum { AT_COUNT = 8, AT_SHAPE = 12, AT_CLASSES = 18, AT_ZEROS = 20, AT_DIGEST = 32, HEADER = 64 };

static uint32_t number(const uint8_t *at, int bytes)
{
    uint32_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

static enum status header_check(const uint8_t *file, size_t size, const char *path,
                                const struct dataset_row *row)
{
    const struct shape raw = row->files->raw;
    const uint32_t h = number(file + AT_SHAPE, 2), w = number(file + AT_SHAPE + 2, 2),
                   c = number(file + AT_SHAPE + 4, 2), classes = number(file + AT_CLASSES, 2);
    const uint64_t count = number(file + AT_COUNT, 4), want = HEADER + count * (2 + shape_size(raw));

    if (memcmp(file, magic, sizeof magic) != 0)
        return status_fail(STATUS_INPUT, "%s: byte 0: not packed images, which begin with \"images1\"", path);
    if (h != (uint32_t)raw.h || w != (uint32_t)raw.w || c != (uint32_t)raw.c)
        return status_fail(STATUS_INPUT,
                           "%s: byte %d: images of %" PRIu32 " x %" PRIu32 " x %" PRIu32
                           ", but those of %s are %d x %d x %d",
                           path, AT_SHAPE, h, w, c, row->name, raw.h, raw.w, raw.c);
    if (classes != (uint32_t)row->classes)
        return status_fail(STATUS_INPUT, "%s: byte %d: %" PRIu32 " classes, but %s has %d", path, AT_CLASSES,
                           classes, row->name, row->classes);
    if (count == 0) return status_fail(STATUS_INPUT, "%s: byte %d: no images", path, AT_COUNT);
    if (size != want)
        return status_fail(STATUS_INPUT,
                           "%s: %s: ends at byte %zu, but the header's %" PRIu64
                           " images end at byte %" PRIu64,
                           path, size < want ? "truncated" : "trailing bytes", size, count, want);
    return STATUS_OK;
}

static enum status labels_read(struct dataset_part *part, const uint8_t *label, const char *path,
                               const struct dataset_row *row)
{
    const size_t count = (size_t)part->count;

    part->label = malloc(count * sizeof *part->label);
    if (!part->label) return status_fail(STATUS_NOMEM, "no memory for %zu labels", count);
    for (size_t i = 0; i < count; i++) {
        part->label[i] = (uint16_t)number(label + 2 * i, 2);
        if (part->label[i] >= row->classes)
            return status_fail(STATUS_INPUT,
                               "%s: byte %zu: label %d of image %zu, but the labels of %s are 0 to %d", path,
                               HEADER + 2 * i, part->label[i], i, row->name, row->classes - 1);
    }
    return STATUS_OK;
}

/** Map the whole of an open file; it must have a header. */
static enum status file_map(struct dataset_part *part, int file, const char *path)
{
    struct stat about;

    if (fstat(file, &about) != 0) return status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode)) return status_fail(STATUS_IO, "%s: not a regular file", path);
    if (about.st_size < HEADER)
        return status_fail(STATUS_INPUT, "%s: truncated: %lld bytes, but the header alone has %d", path,
                           (long long)about.st_size, HEADER);
    void *map = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (map == MAP_FAILED) return status_fail(STATUS_IO, "%s: cannot map: %s", path, strerror(errno));
    part->map = map;
    part->map_size = (size_t)about.st_size;
    return STATUS_OK;
}

enum status dataset_packed_read(struct dataset_part *part, const struct dataset_row *row, const char *dir,
                                const char *const name[])
{
    char path[DATASET_PATH];

    if (!dataset_file_exists(path, dir, name[0]))
        return status_fail(STATUS_IO, "%s/%s: no such file", dir, name[0]);
    if (strcmp(path + strlen(path) - 3, ".gz") == 0)
        return status_fail(STATUS_INPUT, "%s: uncompress it; packed images are read in place", path);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return status_fail(STATUS_IO, "%s: cannot open: %s", path, strerror(errno));
    const enum status s = file_map(part, file, path);
    close(file);
    TRY(s);

    uint8_t *bytes = part->map;
    TRY(header_check(bytes, part->map_size, path, row));
    part->count = number(bytes + AT_COUNT, 4);
    part->pixel = bytes + HEADER + 2 * (size_t)part->count;
    digest_add(&part->digest, bytes, HEADER + 2 * (size_t)part->count);
    return labels_read(part, bytes + HEADER, path, row);
}
