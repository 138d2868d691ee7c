/* sim/data/dataset.c - the table of data sets, where their files are looked for, and the splits. */
#include "quant/try.h"
#include "sim/data/dataset_images.h"
#include "sim/base/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FOLDERS = 6 };

static const struct dataset_files fashion_files = {
    .raw = {28, 28, 1},
    .label_bytes = 1,
    .package = "/usr/share/datasets/fashion-mnist",
    .name = {{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
             {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}},
    .read = dataset_idx_read,
    .mean = {0.2860406f},
    .std = {0.3530242f},
};

static const struct dataset_files mnist_files = {
    .raw = {28, 28, 1},
    .label_bytes = 1,
    .subfolder = "MNIST/raw", /* where PyTorch's downloads lie */
    .name = {{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
             {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}},
    .read = dataset_idx_read,
    .mean = {0.1306605f},
    .std = {0.3081078f},
};

/* CPT trains both CIFARs with the mean and the deviation of CIFAR-10 that its code inherited. */
static const struct dataset_files cifar10_files = {
    .raw = {32, 32, 3},
    .label_bytes = 1,
    .subfolder = "cifar-10-batches-bin",
    .name = {{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
              "data_batch_5.bin"},
             {"test_batch.bin"}},
    .read = dataset_cifar_read,
    .mean = {0.4914f, 0.4822f, 0.4465f},
    .std = {0.2023f, 0.1994f, 0.2010f},
};

static const struct dataset_files cifar100_files = {
    .raw = {32, 32, 3},
    .label_bytes = 2,
    .subfolder = "cifar-100-binary",
    .name = {{"train.bin"}, {"test.bin"}},
    .read = dataset_cifar_read,
    .mean = {0.4914f, 0.4822f, 0.4465f},
    .std = {0.2023f, 0.1994f, 0.2010f},
};

/* Stored as published for testing, the shorter side resized to 256 and the centre cut out; training crops
 * from that square too, where the published code has the whole image. */
static const struct dataset_files imagenet_files = {
    .raw = {256, 256, 3},
    .resized_crop = true,
    .name = {{"train.images"}, {"val.images"}},
    .read = dataset_packed_read,
    .mean = {0.485f, 0.456f, 0.406f},
    .std = {0.229f, 0.224f, 0.225f},
};

/* To add a data set: its files above, its row here; dataset.h tells the rest. */
static const struct dataset_row rows[] = {
    {.name = "fashion-mnist",
     .title = "Fashion-MNIST: 60000 + 10000 grey images of clothes",
     .install = "apt-get install dataset-fashion-mnist",
     .classes = 10,
     .shape = {32, 32, 1},
     .files = &fashion_files},
    {.name = "mnist",
     .title = "MNIST: 60000 + 10000 grey images of handwritten digits",
     .install = "get the four IDX files (http://yann.lecun.com/exdb/mnist/ or a mirror), plain or .gz, and "
                "put them so that data/mnist/train-images-idx3-ubyte.gz exists",
     .classes = 10,
     .shape = {32, 32, 1},
     .files = &mnist_files},
    {.name = "cifar10",
     .title = "CIFAR-10: 50000 + 10000 colour images of things and animals",
     .install = "get the CIFAR-10 binary version, cifar-10-binary.tar.gz "
                "(https://www.cs.toronto.edu/~kriz/cifar.html), and unpack it so that "
                "data/cifar10/data_batch_1.bin exists",
     .classes = 10,
     .shape = {32, 32, 3},
     .files = &cifar10_files},
    {.name = "cifar100",
     .title = "CIFAR-100: 50000 + 10000 colour images of 100 kinds",
     .install = "get the CIFAR-100 binary version, cifar-100-binary.tar.gz "
                "(https://www.cs.toronto.edu/~kriz/cifar.html), and unpack it so that "
                "data/cifar100/train.bin exists",
     .classes = 100,
     .shape = {32, 32, 3},
     .files = &cifar100_files},
    {.name = "imagenet",
     .title = "ImageNet (ILSVRC 2012): 1281167 + 50000 photographs of 1000 kinds",
     .install =
         "get its training and validation images (https://www.image-net.org), one folder for each class, and "
         "pack them, 260 GB, by sim/data/pack_imagenet.py so that data/imagenet/train.images exists",
     .classes = 1000,
     .shape = {224, 224, 3},
     .files = &imagenet_files},
};

enum { ROWS = sizeof rows / sizeof *rows };

const struct dataset_row *dataset_all(int *count)
{
    *count = ROWS;
    return rows;
}

enum status dataset_find(const struct dataset_row **out, const char *name)
{
    size_t i;

    *out = NULL;
    TRY(table_find(&i, "data set", name, rows, sizeof *rows, ROWS));
    *out = &rows[i];
    return STATUS_OK;
}

/* ---- where the files are ---- */

/** Append base/tail, and the folder in it that the published archive unpacks to; leave out what is too
 * long. */
static int folder_add(char folder[][DATASET_FOLDER], int n, const struct dataset_row *row, const char *base,
                      const char *tail)
{
    const char *within[] = {"", row->files->subfolder};
    for (int i = 0; i < 2 && within[i]; i++) {
        const int length = snprintf(folder[n], DATASET_FOLDER, "%s%s%s%s%s", base, *tail ? "/" : "", tail,
                                    *within[i] ? "/" : "", within[i]);
        if (length < DATASET_FOLDER) n++;
    }
    return n;
}

/** The folders to look in, in this order. One that the user names is the only one: no silent substitute. */
static int folders_list(char folder[MAX_FOLDERS][DATASET_FOLDER], const struct dataset_row *row,
                        const char *hint)
{
    const char *home = getenv("CPTSIM_DATA");
    int n = 0;

    if (hint && *hint) return folder_add(folder, 0, row, hint, "");
    if (home && *home) n = folder_add(folder, n, row, home, row->name);
    n = folder_add(folder, n, row, "data", row->name);
    if (row->files->package) n = folder_add(folder, n, row, row->files->package, "");
    return n;
}

/** How many of the row's files the folder has; *lacking: the first that it lacks, or NULL. */
static int files_count(const char **lacking, const struct dataset_row *row, const char *folder)
{
    char path[DATASET_PATH];
    int count = 0;

    *lacking = NULL;
    for (int part = 0; part < 2; part++)
        for (const char *const *name = row->files->name[part]; *name; name++)
            if (dataset_file_exists(path, folder, *name))
                count++;
            else if (!*lacking)
                *lacking = *name;
    return count;
}

/** dir: the first folder with all files of the row; if there is none, the first one looked in. */
static enum status folder_find(char dir[DATASET_FOLDER], const struct dataset_row *row, const char *hint)
{
    char folder[MAX_FOLDERS][DATASET_FOLDER] = {""}, looked[MAX_FOLDERS * DATASET_PATH] = "";
    const int n = folders_list(folder, row, hint);
    const char *lacking;

    for (int i = 0; i < n; i++) {
        files_count(&lacking, row, folder[i]);
        if (lacking) continue;
        memcpy(dir, folder[i], DATASET_FOLDER);
        return STATUS_OK;
    }
    memcpy(dir, folder[0], DATASET_FOLDER);
    for (int i = 0; i < n; i++) {
        if (files_count(&lacking, row, folder[i]) > 0)
            return status_fail(STATUS_IO, "data set '%s' in %s is incomplete: no file %s; to get it: %s",
                               row->name, folder[i], lacking, row->install);
        const size_t length = strlen(looked);
        snprintf(looked + length, sizeof looked - length, "%s%s", i ? ", " : "", folder[i]);
    }
    return status_fail(
        STATUS_IO, "data set '%s' not found; %s, or let CPTSIM_DATA name the folder of %s/ (looked in %s)",
        row->name, row->install, row->name, looked);
}

bool dataset_found(char dir[512], const char *name, const char *dir_hint)
{
    const struct dataset_row *row;

    *dir = '\0';
    return dataset_find(&row, name) == STATUS_OK && folder_find(dir, row, dir_hint) == STATUS_OK;
}

/* ---- reading and splitting ---- */

static enum status parts_read(struct dataset *d, const struct dataset_row *row)
{
    for (int i = 0; i < 2; i++) {
        struct dataset_part *part = &d->images->part[i];
        digest_init(&part->digest);
        TRY(row->files->read(part, row, d->source, row->files->name[i]));
        if (part->count > UINT32_MAX)
            return status_fail(STATUS_INPUT, "%s: more than 2^32 images in %s", d->source,
                               row->files->name[i][0]);
        digest_hex(d->sha256[i], &part->digest);
    }
    return STATUS_OK;
}

/** How many examples each split gets; what the specification asks for must be there. */
static enum status counts_set(struct dataset *d, const struct dataset_spec *spec)
{
    const int64_t train = d->images->part[0].count, test = d->images->part[1].count;

    if (spec->validation < 0 || spec->validation >= train)
        return status_fail(STATUS_INPUT,
                           "data set '%s': validation %" PRId64 " of %" PRId64
                           " training images; it must be 0 or more and leave some to train on",
                           d->name, spec->validation, train);
    const int64_t rest = train - spec->validation;
    if (spec->train_limit < 0 || spec->train_limit > rest)
        return status_fail(STATUS_INPUT,
                           "data set '%s': train limit %" PRId64 ", but there are %" PRId64
                           " training images; want 1 to %" PRId64 ", or all",
                           d->name, spec->train_limit, rest, rest);
    if (spec->test_limit < 0 || spec->test_limit > test)
        return status_fail(STATUS_INPUT,
                           "data set '%s': test limit %" PRId64 ", but there are %" PRId64
                           " test images; want 1 to %" PRId64 ", or all",
                           d->name, spec->test_limit, test, test);
    d->count[SPLIT_VALIDATION] = spec->validation;
    d->count[SPLIT_TRAIN] = spec->train_limit ? spec->train_limit : rest;
    d->count[SPLIT_TEST] = spec->test_limit ? spec->test_limit : test;
    return STATUS_OK;
}

static int ascending(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/**
 * A permutation of the training images gives the validation set first, then as many as asked for to train on:
 * a larger limit keeps what a smaller one has. Within a split the images stay in the order of the files.
 */
static enum status splits_make(struct dataset *d, uint64_t seed)
{
    struct dataset_images *images = d->images;
    const struct random_name name = {seed, random_stream(RANDOM_SPLIT, 0), 0};
    const size_t train = (size_t)images->part[0].count, test = (size_t)d->count[SPLIT_TEST];
    uint32_t *record = malloc((train + test) * sizeof *record);

    if (!record) return status_fail(STATUS_NOMEM, "no memory to split %zu images", train + test);
    images->record[SPLIT_VALIDATION] = record;
    images->record[SPLIT_TRAIN] = record + d->count[SPLIT_VALIDATION];
    images->record[SPLIT_TEST] = record + train;
    dataset_permute(record, (uint32_t)train, name);
    for (int s = SPLIT_TRAIN; s <= SPLIT_VALIDATION; s++)
        qsort(images->record[s], (size_t)d->count[s], sizeof *record, ascending);
    for (uint32_t i = 0; i < test; i++)
        images->record[SPLIT_TEST][i] = i;
    return STATUS_OK;
}

/** What a pixel becomes: three float32 operations, as in the published transforms. */
static void normalization_fill(struct dataset *d, const struct dataset_files *files)
{
    for (int c = 0; c < d->shape.c; c++) {
        d->mean[c] = files->mean[c];
        d->std[c] = files->std[c];
        for (int p = 0; p < 256; p++)
            d->images->normalized[c][p] = ((float)p / 255.0f - files->mean[c]) / files->std[c];
    }
}

enum status dataset_open(struct dataset *d, const struct dataset_spec *spec)
{
    const struct dataset_row *row;
    *d = (struct dataset){0};
    TRY(dataset_find(&row, spec->name));

    snprintf(d->name, sizeof d->name, "%s", row->name);
    d->shape = row->shape;
    d->classes = row->classes;
    d->images = calloc(1, sizeof *d->images);
    if (!d->images) {
        dataset_close(d);
        return status_fail(STATUS_NOMEM, "no memory for data set '%s'", row->name);
    }
    d->images->raw = row->files->raw;
    d->images->resized_crop = row->files->resized_crop;
    normalization_fill(d, row->files);
    enum status s = folder_find(d->source, row, spec->dir);
    if (s == STATUS_OK) s = parts_read(d, row);
    if (s == STATUS_OK) s = counts_set(d, spec);
    if (s == STATUS_OK) s = splits_make(d, spec->split_seed);
    if (s != STATUS_OK) dataset_close(d);
    return s;
}

void dataset_close(struct dataset *d)
{
    if (d->images) {
        for (int i = 0; i < 2; i++)
            dataset_part_free(&d->images->part[i]);
        free(d->images->record[SPLIT_VALIDATION]); /* the first of the three, in one block */
        free(d->images);
    }
    *d = (struct dataset){0};
}
