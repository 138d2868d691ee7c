/* sim/data/dataset_idx.c - IDX files (MNIST and its like): a big-endian header, then one byte a pixel or
 * a label.
 *
 *   images  00000803  count  height  width  pixel[count][height][width]
 *           00000804  count  height  width  channels  pixel[count][height][width][channels]
 *   labels  00000801  count  label[count]
 */
#include "quant/try.h"
#include "sim/data/dataset_images.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct idx_kind {
    const char *noun;
    uint32_t magic;
    size_t header; /* bytes */
};

static const struct idx_kind images_kind = {"images", 0x803, 16};
static const struct idx_kind colours_kind = {"images", 0x804, 20}; /* with channels */
static const struct idx_kind labels_kind = {"labels", 0x801, 8};

static uint32_t big_endian(const uint8_t b[4])
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/** The file is of this kind and has a whole header; count is what the header says, not yet believed. */
static enum status header_read(uint32_t *count, const struct dataset_file *f, const struct idx_kind *kind)
{
    const struct idx_kind *other = kind == &images_kind ? &labels_kind : &images_kind;
    const uint32_t magic = f->size >= 4 ? big_endian(f->data) : 0;

    if (f->size >= 4 && magic == other->magic)
        return status_fail(STATUS_INPUT, "%s: byte 0: magic 0x%08x of IDX %s where %s (0x%08x) should be",
                           f->path, magic, other->noun, kind->noun, kind->magic);
    if (f->size >= 4 && magic != kind->magic)
        return status_fail(STATUS_INPUT,
                           "%s: byte 0: magic 0x%08x, but IDX %s start with 0x%08x, plain or in gzip",
                           f->path, magic, kind->noun, kind->magic);
    if (f->size < kind->header)
        return status_fail(STATUS_INPUT,
                           "%s: truncated: ends at byte %zu, within the %zu bytes of its IDX header", f->path,
                           f->size, kind->header);
    *count = big_endian(f->data + 4);
    if (*count == 0)
        return status_fail(STATUS_INPUT, "%s: byte 4: announces no %s at all", f->path, kind->noun);
    return STATUS_OK;
}

/** After the header there are count items of so many bytes, and nothing else. */
static enum status content_check(const struct dataset_file *f, const struct idx_kind *kind, uint32_t count,
                                 size_t item)
{
    const uint64_t size = kind->header + (uint64_t)count * item;
    if (f->size == size) return STATUS_OK;
    return status_fail(
        STATUS_INPUT, "%s: %s: ends at byte %zu, but the header's %" PRIu32 " %s end at byte %" PRIu64,
        f->path, f->size < size ? "truncated" : "trailing bytes", f->size, count, kind->noun, size);
}

/* What a row leaves open: up to a photograph's size, grey or three channels. */
enum { SIDE_MOST = 4096 };

static enum status shape_check(struct shape raw, const struct dataset_file *f, const struct dataset_row *row)
{
    const struct shape want = row->files->raw;

    if (want.h == 0) {
        if (raw.h >= 1 && raw.h <= SIDE_MOST && raw.w >= 1 && raw.w <= SIDE_MOST &&
            (raw.c == 1 || raw.c == 3))
            return STATUS_OK;
        return status_fail(STATUS_INPUT,
                           "%s: byte 8: images of %u x %u x %u; want 1 to %d pixels a side, 1 or 3 channels",
                           f->path, (unsigned)raw.h, (unsigned)raw.w, (unsigned)raw.c, SIDE_MOST);
    }
    if (raw.h == want.h && raw.w == want.w && raw.c == want.c) return STATUS_OK;
    return status_fail(STATUS_INPUT, "%s: byte 8: images of %u x %u, but those of %s are %d x %d", f->path,
                       (unsigned)raw.h, (unsigned)raw.w, row->name, want.h, want.w);
}

static enum status images_check(struct dataset_part *part, const struct idx_kind **kind,
                                const struct dataset_file *f, const struct dataset_row *row)
{
    uint32_t count;

    *kind = f->size >= 4 && big_endian(f->data) == colours_kind.magic ? &colours_kind : &images_kind;
    TRY(header_read(&count, f, *kind));
    part->count = count;
    part->raw = (struct shape){(int)big_endian(f->data + 8), (int)big_endian(f->data + 12),
                               *kind == &colours_kind ? (int)big_endian(f->data + 16) : 1};
    TRY(shape_check(part->raw, f, row));
    return content_check(f, *kind, count, shape_size(part->raw));
}

static enum status labels_check(const struct dataset_file *f, const struct dataset_row *row, uint32_t images,
                                const char *images_path)
{
    const int first = row->files->label_first, end = row->classes > 0 ? first + row->classes : UINT8_MAX + 1;
    uint32_t count;

    TRY(header_read(&count, f, &labels_kind));
    if (count != images)
        return status_fail(STATUS_INPUT, "%s: byte 4: %" PRIu32 " labels, but %s has %" PRIu32 " images",
                           f->path, count, images_path, images);
    TRY(content_check(f, &labels_kind, count, 1));
    for (size_t at = labels_kind.header; at < f->size; at++)
        if (f->data[at] < first || f->data[at] >= end)
            return status_fail(STATUS_INPUT,
                               "%s: byte %zu: label %d of image %zu, but the labels of %s are %d to %d",
                               f->path, at, f->data[at], at - labels_kind.header, row->name, first, end - 1);
    return STATUS_OK;
}

/** The file's memory without the header; from here on it is the caller's. */
static uint8_t *content_take(struct dataset_file *f, size_t header)
{
    uint8_t *content = f->data;
    memmove(content, content + header, f->size - header);
    f->data = NULL;
    return content;
}

enum status dataset_idx_read(struct dataset_part *part, const struct dataset_row *row, const char *dir,
                             const char *const name[])
{
    struct dataset_file images, labels = {0};
    const struct idx_kind *kind = NULL;

    enum status s = dataset_file_load(&images, &part->digest, dir, name[0]);
    if (s == STATUS_OK) s = images_check(part, &kind, &images, row);
    if (s == STATUS_OK) s = dataset_file_load(&labels, &part->digest, dir, name[1]);
    if (s == STATUS_OK) s = labels_check(&labels, row, (uint32_t)part->count, images.path);
    if (s == STATUS_OK) {
        part->pixel = content_take(&images, kind->header);
        s = dataset_labels_set(part, labels.data + labels_kind.header, (size_t)part->count,
                               row->files->label_first);
    }
    free(images.data);
    free(labels.data);
    return s;
}
