/* sim/data/dataset_images.h - private to sim/dataset*.c: images as their files hold them, and who reads
 * the files.
 *
 * A reader trusts nothing that a header says: a file is first read to its end (dataset_file_load), and then
 * its content must be exactly what the header and the table's row announce.
 */
#ifndef SIM_DATA_DATASET_IMAGES_H
#define SIM_DATA_DATASET_IMAGES_H

#include "quant/random.h"
#include "sim/data/dataset.h"
#include "sim/base/digest.h"

enum { DATASET_FILES = 6, DATASET_FOLDER = 512, DATASET_PATH = DATASET_FOLDER + 64 };

/** A file's uncompressed bytes. */
struct dataset_file {
    uint8_t *data; /* [size] */
    size_t size;
    char path[DATASET_PATH];
};

/** The training or the test files' images, as published. */
struct dataset_part {
    uint8_t *pixel;  /* [count][h][w][c] of the raw shape */
    uint16_t *label; /* [count] */
    int64_t count;
    struct shape raw;     /* of an image; the same in both parts */
    int classes;          /* 1 more than the largest label, of IDX files */
    void *map;            /* the file that pixel lies in, or NULL: pixel is the part's own */
    size_t map_size;      /* bytes */
    struct digest digest; /* of all bytes loaded so far */
};

/** How a row's files look: the private half of struct dataset_row. */
struct dataset_files {
    struct shape raw;                   /* of a stored image; it lies centred in the row's shape; 0: any */
    int label_bytes;                    /* of each image; the last one is the label */
    int label_first;                    /* what the first class is called in the files */
    bool resized_crop;                  /* what augmentation's crop does: dataset_crop.c instead of padding */
    const char *package;                /* folder of the Debian package, or NULL */
    const char *subfolder;              /* what the published archive unpacks to, or NULL */
    const char *name[2][DATASET_FILES]; /* training and test files, each list ends with NULL */
    enum status (*read)(struct dataset_part *part, const struct dataset_row *row, const char *dir,
                        const char *const name[]);
    /* Of pixel/255 over the training set, without the frame around a centred image; std 0: measured when opened. */
    float mean[3], std[3];
};

struct dataset_images {
    struct dataset_part part[2]; /* training, test */
    bool resized_crop;
    uint32_t *record[3];      /* per split [count]: where in its part an example lies; ascending */
    float normalized[3][256]; /* per channel: (pixel/255 - mean) / std */
};

static inline struct dataset_images *images_of(const struct dataset *d)
{
    return d->own;
}

/** What the table's rows of images do; dataset_type.fetch of it is in dataset_fetch.c. */
extern const struct dataset_type dataset_images_type;
void dataset_images_fetch(struct batch *b, const struct dataset *d, enum split split, const uint32_t *index,
                          const struct augmentation *a);

/** dir: the first folder with all files of the row; if there is none, the first one looked in. */
STATUS_MUST_CHECK enum status dataset_folder_find(char dir[DATASET_FOLDER], const struct dataset_row *row,
                                                  const char *hint);

/** Fill path with dir/name, dir/name.gz or, as some mirrors have it, one of them with ".idx" for "-idx"; false if
 * there is none. */
bool dataset_file_exists(char path[DATASET_PATH], const char *dir, const char *name);

/** Load dir/name or dir/name.gz and add its uncompressed bytes to the digest. Free f->data in any case. */
STATUS_MUST_CHECK enum status dataset_file_load(struct dataset_file *f, struct digest *digest,
                                                const char *dir, const char *name);

/** IDX, the format of MNIST: name[0] the images, name[1] the labels. */
STATUS_MUST_CHECK enum status dataset_idx_read(struct dataset_part *part, const struct dataset_row *row,
                                               const char *dir, const char *const name[]);

/** CIFAR's binary version: records of label bytes and three planes, in any number of files. */
STATUS_MUST_CHECK enum status dataset_cifar_read(struct dataset_part *part, const struct dataset_row *row,
                                                 const char *dir, const char *const name[]);

/** Packed images, of any size and number, read in place: one file, name[0]. */
STATUS_MUST_CHECK enum status dataset_packed_read(struct dataset_part *part, const struct dataset_row *row,
                                                  const char *dir, const char *const name[]);

/** Give part `count` labels of one byte each, of which `first` names class 0. */
STATUS_MUST_CHECK enum status dataset_labels_set(struct dataset_part *part, const uint8_t *label,
                                                 size_t count, int first);

/** mean[c], std[c] = those of pixel/255 in each channel. Refuses channels whose pixels are all equal. */
STATUS_MUST_CHECK enum status dataset_part_measure(float *mean, float *std, const struct dataset_part *part,
                                                   const char *name);

/** Free what a part holds, whoever read it; fine for one that is all 0. */
void dataset_part_free(struct dataset_part *part);

/** The draws of one example, each from a sequence of its own. */
enum augment_draw { AUGMENT_ROW, AUGMENT_COLUMN, AUGMENT_FLIP, AUGMENT_AREA, AUGMENT_RATIO };

/** The random number of a draw: uniform on 0 .. n-1, or on (0, 1). */
uint32_t dataset_draw(const struct augmentation *a, enum augment_draw which, uint64_t element, uint32_t n);
double dataset_draw_real(const struct augmentation *a, enum augment_draw which, uint64_t element);

/** A rectangle of a stored image, in pixels. */
struct crop {
    int top, left, h, w;
};

/** The random rectangle of one example, h and w at most those of `raw`. */
struct crop dataset_crop_draw(const struct augmentation *a, uint32_t record, struct shape raw);

/** x[h][w][c] of one example: the rectangle of its stored image, resized, mirrored if flip, normalized. */
void dataset_crop_write(float *x, const uint8_t *pixel, const struct dataset *d, struct crop crop, bool flip);

/** order[n] = a permutation of 0 .. n-1, each as likely as any other: a pure function of the name. */
void dataset_permute(uint32_t *order, uint32_t n, struct random_name name);

#endif
