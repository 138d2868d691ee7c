/* tests/dataset_files.h - small data sets in the exact published formats, for the tests of sim/dataset. */
#ifndef TESTS_DATASET_FILES_H
#define TESTS_DATASET_FILES_H

#include "sim/dataset.h"
#include "tests/folder.h"

#include <zlib.h>

enum { SMALL_TRAIN = 20, SMALL_TEST = 6, SMALL_BATCH = 4, FILE_ROOM = 1 << 17 };

static inline void file_write(const char *dir, const char *name, const uint8_t *data, size_t size)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f, "%s", path);
    cr_assert_eq(fwrite(data, 1, size, f), size);
    cr_assert_eq(fclose(f), 0);
}

static inline size_t file_read(uint8_t *data, const char *dir, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f, "%s", path);
    const size_t size = fread(data, 1, FILE_ROOM, f);
    fclose(f);
    return size;
}

static inline void file_remove(const char *dir, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    cr_assert_eq(remove(path), 0);
}

/** dir/name becomes dir/name.gz. */
static inline void file_gzip(const char *dir, const char *name)
{
    static uint8_t data[FILE_ROOM];
    char path[256];
    const size_t size = file_read(data, dir, name);
    snprintf(path, sizeof path, "%s/%s.gz", dir, name);
    gzFile f = gzopen(path, "wb9");
    cr_assert_eq(gzwrite(f, data, (unsigned)size), (int)size);
    cr_assert_eq(gzclose(f), Z_OK);
    file_remove(dir, name);
}

/** The pixel of a made image: no two images, rows, columns or channels are alike, nor mirror images. */
static inline uint8_t made_pixel(int image, int y, int x, int c)
{
    return (uint8_t)(1 + (37 * image + 11 * y + (x * x + 5 * x) + 83 * c + (x * y) / 3) % 255);
}

static inline uint8_t made_label(int image, int classes)
{
    return (uint8_t)((7 * image + 3) % classes);
}

static inline size_t put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    return 4;
}

/** Images first .. first+n-1 as IDX files of 28 x 28. */
static inline void idx_write(const char *dir, const char *images, const char *labels, int first, int n)
{
    static uint8_t data[FILE_ROOM];
    size_t size = put32(data, 0x803);
    size += put32(data + size, (uint32_t)n);
    size += put32(data + size, 28);
    size += put32(data + size, 28);
    for (int i = 0; i < n; i++)
        for (int y = 0; y < 28; y++)
            for (int x = 0; x < 28; x++)
                data[size++] = made_pixel(first + i, y, x, 0);
    file_write(dir, images, data, size);

    size = put32(data, 0x801);
    size += put32(data + size, (uint32_t)n);
    for (int i = 0; i < n; i++)
        data[size++] = made_label(first + i, 10);
    file_write(dir, labels, data, size);
}

/** A whole Fashion-MNIST or MNIST: test images are numbered on from the training images. */
static inline void mnist_write(const char *dir)
{
    idx_write(dir, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 0, SMALL_TRAIN);
    idx_write(dir, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", SMALL_TRAIN, SMALL_TEST);
}

/** Images first .. first+n-1 as records with one (10 classes) or two labels, planes of 32 x 32. */
static inline void cifar_write(const char *dir, const char *name, int first, int n, int classes)
{
    static uint8_t data[FILE_ROOM];
    size_t size = 0;
    for (int i = first; i < first + n; i++) {
        if (classes == 100) data[size++] = (uint8_t)(i % 20);
        data[size++] = made_label(i, classes);
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < 32; y++)
                for (int x = 0; x < 32; x++)
                    data[size++] = made_pixel(i, y, x, c);
    }
    file_write(dir, name, data, size);
}

static inline void cifar10_write(const char *dir)
{
    for (int b = 0; b < 5; b++) {
        char name[32];
        snprintf(name, sizeof name, "data_batch_%d.bin", b + 1);
        cifar_write(dir, name, b * SMALL_BATCH, SMALL_BATCH, 10);
    }
    cifar_write(dir, "test_batch.bin", SMALL_TRAIN, SMALL_TEST, 10);
}

static inline void cifar100_write(const char *dir)
{
    cifar_write(dir, "train.bin", 0, SMALL_TRAIN, 100);
    cifar_write(dir, "test.bin", SMALL_TRAIN, SMALL_TEST, 100);
}

/** The small set of that name, in its format. */
static inline void set_write(const char *dir, const char *name)
{
    if (strcmp(name, "cifar10") == 0)
        cifar10_write(dir);
    else if (strcmp(name, "cifar100") == 0)
        cifar100_write(dir);
    else
        mnist_write(dir);
}

static inline struct dataset_spec spec_of(const char *name, const char *dir)
{
    struct dataset_spec spec = {.split_seed = 1};
    snprintf(spec.name, sizeof spec.name, "%.31s", name);
    snprintf(spec.dir, sizeof spec.dir, "%s", dir);
    return spec;
}

/** A small data set that is open, and the folder of its files. */
struct small {
    struct dataset set;
    struct folder folder;
};

/** Open the small set of that name, with the limits and the seed of the specification if there is one. */
static inline void small_open(struct small *s, const char *name, const struct dataset_spec *limits)
{
    s->folder = folder_new();
    set_write(s->folder.path, name);
    struct dataset_spec spec = limits ? *limits : (struct dataset_spec){.split_seed = 1};
    snprintf(spec.name, sizeof spec.name, "%.31s", name);
    snprintf(spec.dir, sizeof spec.dir, "%s", s->folder.path);
    must(dataset_open(&s->set, &spec));
}

static inline void small_close(struct small *s)
{
    dataset_close(&s->set);
    folder_remove(&s->folder);
}

#endif
