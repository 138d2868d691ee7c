/* sim/data/dataset.h - data sets in memory, and batches of them: functions of seeds.
 *
 * An example is an array of numbers, float32 or tokens, with one target or several. What a kind of data set does
 * is a struct dataset_type: images (dataset_images.h) are one.
 *
 * To add a data set of images: its files (names, reader, mean, std) and its row (name, how to get it, shape) in
 * dataset.c, one more row in tests/sim/test_dataset.c; if its format is new, a reader beside dataset_idx.c,
 * dataset_cifar.c and dataset_packed.c, and its test on small files made in the exact format. Of another kind:
 * a struct dataset_type in a file of its own, as tests/sim/test_tokens.c has one, and its row.
 */
#ifndef SIM_DATA_DATASET_H
#define SIM_DATA_DATASET_H

#include "quant/status.h"
#include "sim/base/shape.h"

#include <stdbool.h>
#include <stdint.h>

enum split { SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST };

struct dataset_spec {
    char name[32]; /* row of the table */
    char dir[512]; /* looked in alone; "": $CPTSIM_DATA/NAME, ./data/NAME, then the row's Debian package */
    int64_t train_limit; /* use only so many training images, the first of a seeded permutation; 0: all */
    int64_t test_limit;  /* first so many test images; 0: all */
    int64_t validation;  /* images held out of the training set by a seeded permutation; 0: none */
    uint64_t split_seed;
};

struct dataset_row;
struct dataset_type;

struct dataset {
    char name[32], source[512];
    const struct dataset_type *type;
    struct shape shape; /* of an example as the network sees it: Fashion-MNIST 32 32 1, zero-padded from 28 */
    bool tokens;        /* examples are integers, not float32 */
    int targets;        /* of an example */
    int classes;        /* that a target may be */
    float mean[3], std[3]; /* of pixel/255 */
    int64_t count[3];      /* examples per split */
    char sha256[2][65];    /* of the training and the test files, uncompressed: images, then labels; of
                              packed images: of header, which has the pixels' digest, and labels */
    void *own;             /* what its type keeps */
};

/** Examples on the host. */
struct batch {
    void *input; /* [n][shape]: float32, or int where the data set has tokens */
    int *target; /* [n][targets] */
    int n;
    int64_t epoch; /* by the loader */
};

/**
 * Random zero-pad-and-crop (pad pixels) and horizontal flip (p = 1/2), named by (seed, epoch, example). The
 * example counts by its place in the files: an image meets the same crops in whatever subset it is. For
 * imagenet a crop is, as published, a random rectangle (8 to 100 % of the area, 3:4 to 4:3) resized.
 */
struct augmentation {
    bool crop, flip;
    int pad; /* 4 as published */
    uint64_t seed;
    uint32_t epoch;
};

/**
 * Read a data set. A missing one names the package to install; a broken file names file and place; limits
 * larger than the data are STATUS_USAGE. After a failure d is empty, and dataset_close(d) does nothing. Within a
 * split the examples keep the order of the files.
 */
STATUS_MUST_CHECK enum status dataset_open(struct dataset *d, const struct dataset_spec *spec);
void dataset_close(struct dataset *d);

/** order[count[SPLIT_TRAIN]] = the examples in the order of `epoch`: a pure function of (seed, epoch). */
void dataset_order(uint32_t *order, const struct dataset *d, uint64_t seed, uint32_t epoch);

/**
 * Fill b->input and b->target with the b->n examples index[n] of a split; a: NULL for none.
 * Of images: (pixel/255 - mean) / std. Padding is zero before normalization, as published; of stored images that
 * are larger than the shape, the centre is taken. Parallel; same bits for any threads.
 */
void dataset_fetch(struct batch *b, const struct dataset *d, enum split split, const uint32_t *index,
                   const struct augmentation *a);

/** Bytes of one example in a batch. */
size_t dataset_input_bytes(const struct dataset *d);

/** What data sets of one kind do. */
struct dataset_type {
    /** Fill in what dataset_open has not: source, count, sha256, own; name and what the row says are there. */
    enum status (*open)(struct dataset *d, const struct dataset_row *row, const struct dataset_spec *spec);
    void (*close)(struct dataset *d); /* also after an open that failed */
    /** As dataset_order, dataset_fetch: pure functions of their arguments, from any thread. */
    void (*order)(uint32_t *order, const struct dataset *d, uint64_t seed, uint32_t epoch);
    void (*fetch)(struct batch *b, const struct dataset *d, enum split split, const uint32_t *index,
                  const struct augmentation *a);
};

/** dataset_type.order of sets whose examples stand alone: the seeded permutation of each epoch. */
void dataset_order_shuffled(uint32_t *order, const struct dataset *d, uint64_t seed, uint32_t epoch);

/** A row of the table: what it is called, what to install or where to put its files, what it holds. */
struct dataset_row {
    const char *name, *title, *install; /* e.g. "apt-get install dataset-fashion-mnist" */
    const struct dataset_type *type;
    bool tokens;
    int classes; /* 0: as the files have it; their shape, too */
    struct shape shape;
    const struct dataset_files *files; /* private */
};
const struct dataset_row *dataset_all(int *count);

/** The row called `name`. STATUS_INPUT for an unknown one names those there are. */
STATUS_MUST_CHECK enum status dataset_find(const struct dataset_row **out, const char *name);

/** Are all files of the row there? Fills the folder found, or the first one looked in. */
bool dataset_found(char dir[512], const char *name, const char *dir_hint);

#endif
