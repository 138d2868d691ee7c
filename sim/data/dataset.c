/* sim/data/dataset.c - the table of data sets, and what each of them does by its type. */
#include "quant/try.h"
#include "sim/data/dataset_images.h"
#include "sim/base/table.h"

#include <stdio.h>

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

static const struct dataset_files kmnist_files = {
    .raw = {28, 28, 1},
    .label_bytes = 1,
    .subfolder = "KMNIST/raw",
    .name = {{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
             {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}},
    .read = dataset_idx_read,
};

#define EMNIST_FILES(split, first)                                                                           \
    {                                                                                                        \
        .raw = {28, 28, 1}, .label_bytes = 1, .label_first = (first), .subfolder = "gzip",                   \
        .name = {{"emnist-" split "-train-images-idx3-ubyte", "emnist-" split "-train-labels-idx1-ubyte"},   \
                 {"emnist-" split "-test-images-idx3-ubyte", "emnist-" split "-test-labels-idx1-ubyte"}},    \
        .read = dataset_idx_read                                                                             \
    }

static const struct dataset_files emnist_balanced_files = EMNIST_FILES("balanced", 0),
                                  emnist_letters_files = EMNIST_FILES("letters", 1),
                                  emnist_digits_files = EMNIST_FILES("digits", 0);

static const struct dataset_files own_files = {
    .label_bytes = 1,
    .name = {{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
             {"test-images-idx3-ubyte", "test-labels-idx1-ubyte"}},
    .read = dataset_idx_read,
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

#define EMNIST_INSTALL(split)                                                                                \
    "get the EMNIST archive, gzip.zip (https://www.nist.gov/itl/products-and-services/emnist-dataset), and " \
    "unpack it so that data/emnist-" split "/gzip/emnist-" split "-train-images-idx3-ubyte.gz exists"

/* To add a data set: see dataset.h. */
static const struct dataset_row rows[] = {
    {.name = "fashion-mnist",
     .type = &dataset_images_type,
     .title = "Fashion-MNIST: 60000 + 10000 grey images of clothes",
     .install = "apt-get install dataset-fashion-mnist",
     .classes = 10,
     .shape = {32, 32, 1},
     .files = &fashion_files},
    {.name = "mnist",
     .type = &dataset_images_type,
     .title = "MNIST: 60000 + 10000 grey images of handwritten digits",
     .install = "get the four IDX files (http://yann.lecun.com/exdb/mnist/ or a mirror), plain or .gz, and "
                "put them so that data/mnist/train-images-idx3-ubyte.gz exists",
     .classes = 10,
     .shape = {32, 32, 1},
     .files = &mnist_files},
    {.name = "kmnist",
     .type = &dataset_images_type,
     .title = "Kuzushiji-MNIST: 60000 + 10000 grey images of cursive hiragana",
     .install =
         "get the four IDX files of kmnist (http://codh.rois.ac.jp/kmnist/), plain or .gz, and put them so that "
         "data/kmnist/train-images-idx3-ubyte.gz exists",
     .classes = 10,
     .shape = {32, 32, 1},
     .files = &kmnist_files},
    {.name = "emnist-balanced",
     .type = &dataset_images_type,
     .title = "EMNIST balanced: 112800 + 18800 grey images of digits and letters, transposed as published",
     .install = EMNIST_INSTALL("balanced"),
     .classes = 47,
     .shape = {32, 32, 1},
     .files = &emnist_balanced_files},
    {.name = "emnist-letters",
     .type = &dataset_images_type,
     .title = "EMNIST letters: 124800 + 20800 grey images of letters, transposed as published",
     .install = EMNIST_INSTALL("letters"),
     .classes = 26,
     .shape = {32, 32, 1},
     .files = &emnist_letters_files},
    {.name = "emnist-digits",
     .type = &dataset_images_type,
     .title = "EMNIST digits: 240000 + 40000 grey images of digits, transposed as published",
     .install = EMNIST_INSTALL("digits"),
     .classes = 10,
     .shape = {32, 32, 1},
     .files = &emnist_digits_files},
    {.name = "own",
     .type = &dataset_images_type,
     .title = "your own images, of any size and number of classes, as IDX files",
     .install = "write train-images-idx3-ubyte, train-labels-idx1-ubyte and the same of test (README.md has "
                "how), and name their folder by data.dir, or put them into data/own",
     .files = &own_files},
    {.name = "cifar10",
     .type = &dataset_images_type,
     .title = "CIFAR-10: 50000 + 10000 colour images of things and animals",
     .install = "get the CIFAR-10 binary version, cifar-10-binary.tar.gz "
                "(https://www.cs.toronto.edu/~kriz/cifar.html), and unpack it so that "
                "data/cifar10/data_batch_1.bin exists",
     .classes = 10,
     .shape = {32, 32, 3},
     .files = &cifar10_files},
    {.name = "cifar100",
     .type = &dataset_images_type,
     .title = "CIFAR-100: 50000 + 10000 colour images of 100 kinds",
     .install = "get the CIFAR-100 binary version, cifar-100-binary.tar.gz "
                "(https://www.cs.toronto.edu/~kriz/cifar.html), and unpack it so that "
                "data/cifar100/train.bin exists",
     .classes = 100,
     .shape = {32, 32, 3},
     .files = &cifar100_files},
    {.name = "imagenet",
     .type = &dataset_images_type,
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

bool dataset_found(char dir[512], const char *name, const char *dir_hint)
{
    const struct dataset_row *row;

    *dir = '\0';
    if (dataset_find(&row, name) != STATUS_OK) return false;
    return !row->files || dataset_folder_find(dir, row, dir_hint) == STATUS_OK;
}

enum status dataset_open(struct dataset *d, const struct dataset_spec *spec)
{
    const struct dataset_row *row;

    *d = (struct dataset){0};
    TRY(dataset_find(&row, spec->name));
    *d = (struct dataset){
        .type = row->type, .shape = row->shape, .classes = row->classes, .targets = 1, .tokens = row->tokens};
    snprintf(d->name, sizeof d->name, "%s", row->name);
    const enum status s = d->type->open(d, row, spec);
    if (s != STATUS_OK) dataset_close(d);
    return s;
}

void dataset_close(struct dataset *d)
{
    if (d->type) d->type->close(d);
    *d = (struct dataset){0};
}

void dataset_order(uint32_t *order, const struct dataset *d, uint64_t seed, uint32_t epoch)
{
    d->type->order(order, d, seed, epoch);
}

void dataset_fetch(struct batch *b, const struct dataset *d, enum split split, const uint32_t *index,
                   const struct augmentation *a)
{
    d->type->fetch(b, d, split, index, a);
}

size_t dataset_input_bytes(const struct dataset *d)
{
    return shape_size(d->shape) * (d->tokens ? sizeof(int) : sizeof(float));
}
