/* sim/data/dataset_cifar.c - CIFAR's binary version: records of one or two label bytes and three 32 x 32
 * planes.
 *
 *   CIFAR-10   label  red[32][32]  green[32][32]  blue[32][32]
 *   CIFAR-100  coarse label  fine label  red ...
 *
 * There is no header: the size of the file, the range of the labels and, of CIFAR-100, that every class lies in one of
 * the 20 groups of five are all that can be checked.
 */
#include "quant/try.h"
#include "sim/data/dataset_images.h"

#include <stdlib.h>

/** The file is a whole number of records whose labels exist. */
static enum status records_check(const struct dataset_file *f, const struct dataset_row *row, size_t record)
{
    const size_t count = f->size / record, label = (size_t)row->files->label_bytes - 1;

    if (f->size == 0)
        return status_fail(STATUS_INPUT, "%s: empty, but it should hold records of %zu bytes", f->path,
                           record);
    if (f->size % record)
        return status_fail(
            STATUS_INPUT,
            "%s: truncated or of another kind: record %zu (from byte %zu) ends after %zu bytes, but "
            "records of %s have %zu",
            f->path, count, count * record, f->size % record, row->name, record);
    for (size_t i = 0; i < count; i++) {
        const uint8_t value = f->data[i * record + label];
        if (value >= row->classes)
            return status_fail(STATUS_INPUT,
                               "%s: record %zu (byte %zu): label %d, but the labels of %s are 0 to %d",
                               f->path, i, i * record + label, value, row->name, row->classes - 1);
    }
    return STATUS_OK;
}

enum { GROUPS = 20, GROUP_CLASSES = 5, FINE_CLASSES = GROUPS * GROUP_CLASSES };

/** The two labels of CIFAR-100, coarse and fine, tell the same class in every record: exchanged ones do not. */
static enum status groups_check(const struct dataset_file *f, size_t record)
{
    int group_of[FINE_CLASSES], classes_in[GROUPS] = {0};

    for (int i = 0; i < FINE_CLASSES; i++)
        group_of[i] = -1;
    for (size_t i = 0; i < f->size / record; i++) {
        const int coarse = f->data[i * record], fine = f->data[i * record + 1];
        if (coarse >= GROUPS)
            return status_fail(
                STATUS_INPUT,
                "%s: record %zu (byte %zu): coarse label %d, but they are 0 to %d; the coarse label comes "
                "first, the fine one second",
                f->path, i, i * record, coarse, GROUPS - 1);
        if (group_of[fine] < 0) {
            group_of[fine] = coarse;
            classes_in[coarse]++;
        }
        if (group_of[fine] != coarse || classes_in[coarse] > GROUP_CLASSES)
            return status_fail(
                STATUS_INPUT,
                "%s: record %zu (byte %zu): coarse label %d and fine label %d do not belong together as in "
                "the records before it; the coarse label comes first, the fine one second",
                f->path, i, i * record, coarse, fine);
    }
    return STATUS_OK;
}

/** pixel[h*w][c] from plane[c][h*w]. */
static void interleave(uint8_t *pixel, const uint8_t *plane, struct shape raw)
{
    const size_t area = (size_t)raw.h * (size_t)raw.w, channels = (size_t)raw.c;
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < area; i++)
            pixel[i * channels + c] = plane[c * area + i];
}

/** Room for more images behind those that part has. */
static enum status part_grow(struct dataset_part *part, size_t more, size_t pixels)
{
    const size_t count = (size_t)part->count + more;
    uint8_t *pixel = realloc(part->pixel, count * pixels);
    if (pixel) part->pixel = pixel;
    uint16_t *label = realloc(part->label, count * sizeof *label);
    if (label) part->label = label;
    if (!pixel || !label)
        return status_fail(STATUS_NOMEM, "no memory for %zu images of %zu bytes", count, pixels);
    return STATUS_OK;
}

static enum status file_append(struct dataset_part *part, const struct dataset_file *f,
                               const struct dataset_row *row)
{
    const size_t pixels = shape_size(row->files->raw), labels = (size_t)row->files->label_bytes;
    const size_t record = labels + pixels, count = f->size / record;

    TRY(records_check(f, row, record));
    if (labels == 2) TRY(groups_check(f, record));
    TRY(part_grow(part, count, pixels));
    for (size_t i = 0; i < count; i++) {
        const uint8_t *from = f->data + i * record;
        const size_t to = (size_t)part->count + i;
        part->label[to] = from[labels - 1];
        interleave(part->pixel + to * pixels, from + labels, row->files->raw);
    }
    part->count += (int64_t)count;
    return STATUS_OK;
}

enum status dataset_cifar_read(struct dataset_part *part, const struct dataset_row *row, const char *dir,
                               const char *const name[])
{
    for (int i = 0; name[i]; i++) {
        struct dataset_file f;
        enum status s = dataset_file_load(&f, &part->digest, dir, name[i]);
        if (s == STATUS_OK) s = file_append(part, &f, row);
        free(f.data);
        if (s != STATUS_OK) return s;
    }
    return STATUS_OK;
}
