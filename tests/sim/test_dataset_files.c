/* tests/sim/test_dataset_files.c - data sets' files: every pixel of the good ones, a sentence for each
 * kind of bad one. */
#include "tests/fixtures/dataset_files.h"

#include "quant/random.h"

#include <omp.h>
#include <criterion/parameterized.h>
#include <unistd.h>

TestSuite(dataset_files);

/* ---- good files ---- */

struct set {
    char name[16];
    int h, c, frame, classes; /* stored height and width, channels, pixels of zero around it */
    bool gzip;
};

ParameterizedTestParameters(dataset_files, every_pixel_and_label_comes_back)
{
    static struct set rows[] = {
        {"fashion-mnist", 28, 1, 2, 10, false}, {"fashion-mnist", 28, 1, 2, 10, true},
        {"mnist", 28, 1, 2, 10, false},         {"cifar10", 32, 3, 0, 10, false},
        {"cifar10", 32, 3, 0, 10, true},        {"cifar100", 32, 3, 0, 100, false},
    };
    return cr_make_param_array(struct set, rows, sizeof rows / sizeof *rows);
}

/** x[32][32][c] is the made image, normalized. */
static void expect_image(const float *x, const struct dataset *d, const struct set *set, int image)
{
    for (int y = 0; y < 32; y++)
        for (int column = 0; column < 32; column++)
            for (int c = 0; c < set->c; c++, x++) {
                const int from_y = y - set->frame, from_x = column - set->frame;
                const bool inside = from_y >= 0 && from_y < set->h && from_x >= 0 && from_x < set->h;
                const int p = inside ? made_pixel(image, from_y, from_x, c) : 0;
                const float want = ((float)p / 255.0f - d->mean[c]) / d->std[c];
                cr_assert_eq(memcmp(x, &want, sizeof want), 0, "%s image %d y %d x %d c %d: %g, not %g",
                             set->name, image, y, column, c, (double)*x, (double)want);
            }
}

ParameterizedTest(struct set *set, dataset_files, every_pixel_and_label_comes_back)
{
    static float x[SMALL_TRAIN * 32 * 32 * 3];
    static const char *const idx[] = {"train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
    const uint32_t index[SMALL_TRAIN] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,
                                         10, 11, 12, 13, 14, 15, 16, 17, 18, 19};
    int label[SMALL_TRAIN];
    struct dataset d;

    const struct folder folder = folder_new();
    const char *dir = folder.path;
    set_write(dir, set->name);
    for (int i = 0; set->gzip && i < 2; i++)
        file_gzip(dir, set->c == 1 ? idx[i] : i ? "test_batch.bin" : "data_batch_2.bin");
    const struct dataset_spec spec = spec_of(set->name, dir);
    must(dataset_open(&d, &spec));
    cr_assert(d.shape.h == 32 && d.shape.w == 32 && d.shape.c == set->c && d.classes == set->classes);
    cr_assert(d.count[SPLIT_TRAIN] == SMALL_TRAIN && d.count[SPLIT_VALIDATION] == 0);
    cr_assert(d.count[SPLIT_TEST] == SMALL_TEST);
    cr_assert_str_eq(d.source, dir);

    for (int split = SPLIT_TRAIN; split <= SPLIT_TEST; split += SPLIT_TEST) {
        const int n = (int)d.count[split], first = split == SPLIT_TEST ? SMALL_TRAIN : 0;
        dataset_fetch(&(struct batch){.input = x, .target = label, .n = n}, &d, split, index, NULL);
        for (int i = 0; i < n; i++) {
            cr_assert_eq(label[i], made_label(first + i, set->classes));
            expect_image(x + (size_t)i * shape_size(d.shape), &d, set, first + i);
        }
    }
    dataset_close(&d);
    folder_remove(&folder);
}

Test(dataset_files, the_hash_is_of_the_uncompressed_files_joined)
{
    static const char *const names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"};
    char command[256], plain[65] = "";
    struct dataset d;

    const struct folder folder = folder_new();
    const char *dir = folder.path;
    mnist_write(dir);
    snprintf(command, sizeof command, "cd %s && cat %s %s | sha256sum", dir, names[0], names[1]);
    FILE *p = popen(command, "r");
    cr_assert_eq(fread(plain, 1, 64, p), 64);
    pclose(p);
    file_gzip(dir, names[0]);
    const struct dataset_spec spec = spec_of("mnist", dir);
    must(dataset_open(&d, &spec));
    cr_assert_str_eq(d.sha256[0], plain);
    cr_assert_str_neq(d.sha256[1], plain);
    dataset_close(&d);
    folder_remove(&folder);
}

/* ---- bad files ---- */

/** Opening fails with this status; the sentence has all these words. */
static void expect_refused(const char *set, const char *dir, enum status status, const char *const words[])
{
    struct dataset d;
    const struct dataset_spec spec = spec_of(set, dir);
    const enum status s = dataset_open(&d, &spec);

    cr_assert_eq(s, status, "status %s, not %s: %s", status_text(s), status_text(status), status_detail());
    for (int i = 0; words[i]; i++)
        cr_assert(strstr(status_detail(), words[i]), "no \"%s\" in: %s", words[i], status_detail());
    cr_assert_null(d.own);
    dataset_close(&d);
}

/* What is done to one file of a good set, and what the sentence must say beside the file's name. */
struct damage {
    char set[16], file[32];
    bool gzip;     /* compress it first */
    int keep;      /* bytes left, from the end if negative; 0: all; EMPTY: none */
    int append;    /* bytes more */
    int at, value; /* the byte changed, from the end if negative; value -1: none */
    char words[3][44];
};

enum { EMPTY = -1000000 };

#define TRAIN_IMAGES "fashion-mnist", "train-images-idx3-ubyte"
#define TRAIN_LABELS "fashion-mnist", "train-labels-idx1-ubyte"
#define TEST_LABELS  "mnist", "t10k-labels-idx1-ubyte"
#define BATCH        "cifar10", "data_batch_3.bin"

ParameterizedTestParameters(dataset_files, damage_is_named_with_file_and_place)
{
    static struct damage rows[] = {
        {TRAIN_IMAGES, false, 0, 0, 3, 1, {"byte 0", "IDX labels where images", "0x00000803"}},
        {TRAIN_LABELS, false, 0, 0, 3, 3, {"byte 0", "IDX images where labels", "0x00000801"}},
        {TRAIN_IMAGES, false, 0, 0, 0, 'P', {"byte 0", "magic 0x50000803", "start with 0x00000803"}},
        {TRAIN_IMAGES, true, 0, 0, 0, 0, {"byte 0", "magic 0x008b0800", "start with 0x00000803"}},
        {TRAIN_IMAGES, false, 0, 0, 11, 20, {"byte 8", "images of 20 x 28", "28 x 28"}},
        {TRAIN_IMAGES, false, 0, 0, 15, 32, {"byte 8", "images of 28 x 32", "28 x 28"}},
        {TRAIN_IMAGES, false, 0, 0, 7, 0, {"byte 4", "no images"}},
        {TRAIN_IMAGES,
         false,
         0,
         0,
         7,
         21,
         {"truncated", "ends at byte 15696", "21 images end at byte 16480"}},
        {TRAIN_IMAGES, false, 0, 0, 4, 255, {"truncated", "4278190100 images", "byte 3354101038416"}},
        {TRAIN_IMAGES, false, 0, 0, 7, 19, {"trailing bytes", "byte 15696", "19 images end at byte 14912"}},
        {TRAIN_IMAGES, false, 1000, 0, 0, -1, {"truncated", "ends at byte 1000", "end at byte 15696"}},
        {TRAIN_IMAGES, false, 10, 0, 0, -1, {"truncated", "ends at byte 10", "the 16 bytes"}},
        {TRAIN_IMAGES, false, 3, 0, 0, -1, {"truncated", "ends at byte 3", "the 16 bytes"}},
        {TRAIN_IMAGES, false, EMPTY, 0, 0, -1, {"truncated", "ends at byte 0", "the 16 bytes"}},
        {TRAIN_IMAGES, false, 0, 1, 0, -1, {"trailing bytes", "byte 15697", "end at byte 15696"}},
        {TRAIN_IMAGES, true, 0, 0, -8, -2, {"corrupt gzip data near byte", "incorrect data check"}},
        {TRAIN_IMAGES, true, 0, 0, -2, -2, {"corrupt gzip data near byte", "incorrect length check"}},
        {TRAIN_IMAGES, true, -20, 0, 0, -1, {"truncated: the gzip data stop at byte"}},
        {TRAIN_IMAGES, true, 5, 0, 0, -1, {"truncated: the gzip data stop at byte"}},
        {TRAIN_LABELS, false, 0, 0, 7, 19, {"byte 4", "19 labels", "train-images-idx3-ubyte has 20 images"}},
        {TRAIN_LABELS, false, 0, 0, 10, 10, {"byte 10", "label 10 of image 2", "0 to 9"}},
        {TRAIN_LABELS, false, 27, 0, 0, -1, {"truncated", "ends at byte 27", "20 labels end at byte 28"}},
        {TRAIN_LABELS, false, 6, 0, 0, -1, {"truncated", "ends at byte 6", "the 8 bytes"}},
        {TRAIN_LABELS, false, 0, 2, 0, -1, {"trailing bytes", "byte 30", "end at byte 28"}},
        {TEST_LABELS, false, 0, 0, 13, 255, {"byte 13", "label 255 of image 5", "mnist are 0 to 9"}},
        {TEST_LABELS, true, 0, 0, -8, -2, {"corrupt gzip data near byte"}},
        {BATCH, false, 3072, 0, 0, -1, {"record 0 (from byte 0)", "3072 bytes", "have 3073"}},
        {BATCH, false, 0, 1, 0, -1, {"record 4 (from byte 12292)", "after 1 bytes", "have 3073"}},
        {BATCH, false, EMPTY, 0, 0, -1, {"empty", "3073 bytes"}},
        {BATCH, false, 0, 0, 3073, 10, {"record 1 (byte 3073)", "label 10", "0 to 9"}},
        {BATCH, true, 0, 0, -8, -2, {"corrupt gzip data near byte"}},
        {"cifar10", "test_batch.bin", false, 0, 0, 0, 77, {"record 0 (byte 0)", "label 77", "0 to 9"}},
        {"cifar100", "train.bin", false, 0, 0, 3075, 100, {"record 1 (byte 3075)", "label 100", "0 to 99"}},
        {"cifar100",
         "test.bin",
         false,
         -1,
         0,
         0,
         -1,
         {"record 5 (from byte 15370)", "3073 bytes", "have 3074"}},
    };
    return cr_make_param_array(struct damage, rows, sizeof rows / sizeof *rows);
}

static void damage_file(const char *dir, const char *name, const struct damage *damage)
{
    static uint8_t data[FILE_ROOM];
    size_t size = file_read(data, dir, name);

    if (damage->keep == EMPTY)
        size = 0;
    else if (damage->keep)
        size = (size_t)(damage->keep > 0 ? damage->keep : (int)size + damage->keep);
    if (damage->value != -1) {
        uint8_t *byte = data + (damage->at >= 0 ? damage->at : (int)size + damage->at);
        *byte = damage->value == -2 ? (uint8_t) ~*byte : (uint8_t)damage->value;
    }
    memset(data + size, 0xA5, (size_t)damage->append);
    file_write(dir, name, data, size + (size_t)damage->append);
}

ParameterizedTest(struct damage *damage, dataset_files, damage_is_named_with_file_and_place)
{
    char name[40];
    const char *const words[] = {damage->file, damage->words[0], damage->words[1], damage->words[2], NULL};

    const struct folder folder = folder_new();
    const char *dir = folder.path;
    set_write(dir, damage->set);
    if (damage->gzip) file_gzip(dir, damage->file);
    snprintf(name, sizeof name, "%s%s", damage->file, damage->gzip ? ".gz" : "");
    damage_file(dir, name, damage);
    expect_refused(damage->set, dir, STATUS_INPUT, words);
    folder_remove(&folder);
}

/* The two labels of each of four records of CIFAR-100, and what is said of them. */
struct labels {
    uint8_t coarse_fine[4][2];
    char says[72];
};

ParameterizedTestParameters(dataset_files, coarse_and_fine_labels_must_belong_together)
{
    static struct labels rows[] = {
        {{{18, 8}, {18, 13}, {4, 0}, {20, 99}},
         "record 3 (byte 9222): coarse label 20, but they are 0 to 19"},
        {{{8, 18}, {13, 18}, {0, 4}, {1, 1}},
         "record 1 (byte 3074): coarse label 13 and fine label 18 do not"},
        {{{4, 0}, {18, 8}, {18, 13}, {5, 8}}, "record 3 (byte 9222): coarse label 5 and fine label 8 do not"},
    };
    return cr_make_param_array(struct labels, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct labels *row, dataset_files, coarse_and_fine_labels_must_belong_together)
{
    static uint8_t data[4 * 3074];
    const struct folder folder = folder_new();

    set_write(folder.path, "cifar100");
    for (int i = 0; i < 4; i++)
        memcpy(data + 3074 * i, row->coarse_fine[i], 2);
    file_write(folder.path, "train.bin", data, sizeof data);
    expect_refused("cifar100", folder.path, STATUS_INPUT,
                   (const char *const[]){"train.bin", row->says, NULL});
    folder_remove(&folder);
}

/* ---- files that cannot be read ---- */

Test(dataset_files, a_directory_is_no_file)
{
    char path[128];

    const struct folder folder = folder_new();
    const char *dir = folder.path;
    mnist_write(dir);
    file_remove(dir, "t10k-images-idx3-ubyte");
    snprintf(path, sizeof path, "%s/t10k-images-idx3-ubyte", dir);
    cr_assert_eq(mkdir(path, 0755), 0);
    expect_refused("mnist", dir, STATUS_IO, (const char *const[]){path, "is a directory", NULL});
    folder_remove(&folder);
}

Test(dataset_files, a_file_without_permission_says_so)
{
    char path[128];

    const struct folder folder = folder_new();
    const char *dir = folder.path;
    mnist_write(dir);
    snprintf(path, sizeof path, "%s/train-labels-idx1-ubyte", dir);
    cr_assert(chmod(path, 0) == 0 && chmod(dir, 0755) == 0);
    const uid_t user = geteuid();
    if (user == 0) cr_assert_eq(seteuid(65534), 0); /* root may read everything */
    expect_refused("mnist", dir, STATUS_IO,
                   (const char *const[]){path, "cannot open: Permission denied", NULL});
    cr_assert_eq(seteuid(user), 0);
    folder_remove(&folder);
}

Test(dataset_files, a_read_error_says_where)
{
    char path[128];

    const struct folder folder = folder_new();
    const char *dir = folder.path;
    mnist_write(dir);
    file_remove(dir, "train-labels-idx1-ubyte");
    snprintf(path, sizeof path, "%s/train-labels-idx1-ubyte", dir);
    cr_assert_eq(symlink("/proc/self/mem", path), 0); /* opens, but has nothing to read at 0 */
    expect_refused("mnist", dir, STATUS_IO, (const char *const[]){path, "cannot read after byte 0", NULL});
    folder_remove(&folder);
}

/* ---- fuzzing ---- */

/** Word i of case `number`. */
static uint32_t fuzz(int number, int i, uint32_t below)
{
    const struct random_name name = {2021, random_stream(RANDOM_USER, 0), (uint32_t)number};
    return random_bits32(name, (uint64_t)i) % below;
}

/** One to three changed bytes, a cut, an insertion or all of them; the new size. */
static size_t corrupt(uint8_t *data, size_t size, int number)
{
    const uint32_t kind = fuzz(number, 0, 4), head = size < 32 ? (uint32_t)size : 32;
    for (uint32_t i = 0; kind != 1 && i <= fuzz(number, 1, 3); i++) {
        const bool early = fuzz(number, 10 + (int)i, 2); /* headers are short: aim at them */
        data[fuzz(number, 20 + (int)i, early ? head : (uint32_t)size)] =
            (uint8_t)fuzz(number, 30 + (int)i, 256);
    }
    if (kind == 1 || kind == 3) size = fuzz(number, 2, (uint32_t)size + 1);
    if (kind >= 2) {
        const uint32_t at = fuzz(number, 3, (uint32_t)size + 1), more = 1 + fuzz(number, 4, 64);
        memmove(data + at + more, data + at, size - at);
        for (uint32_t i = 0; i < more; i++)
            data[at + i] = (uint8_t)fuzz(number, 100 + (int)i, 256);
        size += more;
    }
    return size;
}

/** Whatever was accepted is in range: counts, labels, normalized pixels. */
static void expect_in_range(const struct dataset *d)
{
    float x[32 * 32 * 3];
    int label;

    cr_assert(d->count[SPLIT_TRAIN] >= 1 && d->count[SPLIT_TRAIN] <= SMALL_TRAIN + 1);
    for (uint32_t i = 0; i < d->count[SPLIT_TRAIN]; i++) {
        dataset_fetch(&(struct batch){.input = x, .target = &label, .n = 1}, d, SPLIT_TRAIN, &i, NULL);
        cr_assert(label >= 0 && label < d->classes);
        for (size_t j = 0; j < shape_size(d->shape); j++)
            cr_assert(x[j] >= -3.0f && x[j] <= 3.0f);
    }
}

Test(dataset_files, two_thousand_corrupted_files_crash_nothing, .timeout = 300)
{
    static uint8_t good[FILE_ROOM], data[FILE_ROOM + 64];
    static const char sets[5][2][32] = {{"mnist", "train-images-idx3-ubyte"},
                                        {"mnist", "train-labels-idx1-ubyte"},
                                        {"fashion-mnist", "train-images-idx3-ubyte.gz"},
                                        {"cifar10", "data_batch_1.bin"},
                                        {"cifar100", "train.bin"}};
    int accepted = 0, refused = 0;

    omp_set_num_threads(1);
    for (int i = 0; i < 5; i++) {
        const struct folder folder = folder_new();
        const char *dir = folder.path;
        set_write(dir, sets[i][0]);
        if (strstr(sets[i][1], ".gz")) file_gzip(dir, "train-images-idx3-ubyte");
        const size_t size = file_read(good, dir, sets[i][1]);
        const struct dataset_spec spec = spec_of(sets[i][0], dir);
        for (int number = 400 * i; number < 400 * (i + 1); number++) {
            struct dataset d;
            memcpy(data, good, size);
            file_write(dir, sets[i][1], data, corrupt(data, size, number));
            const enum status s = dataset_open(&d, &spec);
            cr_assert(s == STATUS_OK || s == STATUS_INPUT, "case %d: %s", number, status_detail());
            if (s == STATUS_OK) expect_in_range(&d);
            *(s == STATUS_OK ? &accepted : &refused) += 1;
            dataset_close(&d);
        }
        folder_remove(&folder);
    }
    cr_assert(accepted > 100 && refused > 1000, "%d accepted, %d refused", accepted, refused);
}
