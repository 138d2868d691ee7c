/* tests/sim/test_dataset.c - data sets: where they are found, splits, orders, augmentation, and Fashion-MNIST
 * itself. */
#include "tests/fixtures/dataset_files.h"

#include <omp.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <unistd.h>

static void one_thread(void)
{
    omp_set_num_threads(1); /* most batches here are of one image */
}

TestSuite(dataset, .init = one_thread);

enum { SIDE = 32 };

/* ---- the table and the folders ---- */

Test(dataset, every_row_says_how_to_get_it)
{
    int count;
    const struct dataset_row *row = dataset_all(&count);

    cr_assert_eq(count, 10);
    for (int i = 0; i < count; i++) {
        cr_assert(*row[i].name && *row[i].title && *row[i].install);
        if (row[i].classes == 0) continue; /* the files tell */
        cr_assert(row[i].shape.h >= SIDE && row[i].shape.w == row[i].shape.h && row[i].classes >= 10);
    }
}

Test(dataset, an_unknown_name_gets_the_nearest_known_one)
{
    struct dataset d;
    char dir[512];
    const struct dataset_spec spec = spec_of("fashion_mnist", "");

    cr_assert_eq(dataset_open(&d, &spec), STATUS_INPUT);
    cr_assert(strstr(status_detail(), "fashion_mnist") && strstr(status_detail(), "'fashion-mnist'"));
    cr_assert_not(dataset_found(dir, "fashion_mnist", ""));
    cr_assert_str_eq(dir, "");
}

struct absent {
    char name[16], words[3][48];
};

ParameterizedTestParameters(dataset, a_missing_set_names_its_source_and_the_folders)
{
    static struct absent rows[] = {
        {"fashion-mnist", {"apt-get install dataset-fashion-mnist", "CPTSIM_DATA"}},
        {"mnist", {"IDX files", "data/mnist/train-images-idx3-ubyte.gz exists"}},
        {"cifar10",
         {"CIFAR-10 binary version", "cifar-10-binary.tar.gz", "data/cifar10/data_batch_1.bin exists"}},
        {"cifar100",
         {"CIFAR-100 binary version", "cifar-100-binary.tar.gz", "data/cifar100/train.bin exists"}},
        {"imagenet", {"image-net.org", "sim/data/pack_imagenet.py", "data/imagenet/train.images exists"}},
    };
    return cr_make_param_array(struct absent, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct absent *absent, dataset, a_missing_set_names_its_source_and_the_folders)
{
    char found[512];
    struct dataset d;

    const struct folder folder = folder_new();
    const char *dir = folder.path;
    const struct dataset_spec spec = spec_of(absent->name, dir);
    cr_assert_eq(dataset_open(&d, &spec), STATUS_IO);
    cr_assert(strstr(status_detail(), "not found") && strstr(status_detail(), dir), "%s", status_detail());
    for (int i = 0; i < 3; i++)
        cr_assert(strstr(status_detail(), absent->words[i]), "no \"%s\" in: %s", absent->words[i],
                  status_detail());
    cr_assert_not(dataset_found(found, absent->name, dir));
    cr_assert_str_eq(found, dir);
    dataset_close(&d);
    folder_remove(&folder);
}

Test(dataset, an_incomplete_set_names_the_file_that_is_not_there)
{
    struct dataset d;

    const struct folder folder = folder_new();
    const char *dir = folder.path;
    cifar10_write(dir);
    file_remove(dir, "data_batch_4.bin");
    const struct dataset_spec spec = spec_of("cifar10", dir);
    expect_failure(dataset_open(&d, &spec), STATUS_IO, "incomplete: no file data_batch_4.bin");
    folder_remove(&folder);
}

Test(dataset, folders_are_looked_in_in_the_promised_order)
{
    char path[128], found[512];

    const struct folder folder = folder_new();
    const char *dir = folder.path;
    const struct folder second = folder_new();
    const char *other = second.path;
    cr_assert_eq(chdir(dir), 0);
    cr_assert_eq(system("mkdir -p data/cifar100 home/cifar100/cifar-100-binary"), 0);
    snprintf(path, sizeof path, "%s/home", dir);
    cr_assert_eq(setenv("CPTSIM_DATA", path, 1), 0);
    cr_assert_not(dataset_found(found, "cifar100", ""));

    cifar100_write("data/cifar100");
    cr_assert(dataset_found(found, "cifar100", ""));
    cr_assert_str_eq(found, "data/cifar100");

    cifar100_write("home/cifar100/cifar-100-binary"); /* as the published archive unpacks */
    cr_assert(dataset_found(found, "cifar100", ""));
    snprintf(path, sizeof path, "%s/home/cifar100/cifar-100-binary", dir);
    cr_assert_str_eq(found, path);

    cr_assert_not(dataset_found(found, "cifar100", other), "a folder that the user names is the only one");
    cifar100_write(other);
    cr_assert(dataset_found(found, "cifar100", other));
    cr_assert_str_eq(found, other);
    cr_assert_eq(chdir("/"), 0);
    folder_remove(&folder);
    folder_remove(&second);
}

/* ---- splits ---- */

/** The number of the made image that example i of a split is. */
static int image_of(const struct dataset *d, enum split split, uint32_t i)
{
    float x[SIDE * SIDE * 3];
    int label, found = -1;

    dataset_fetch(&(struct batch){.input = x, .target = &label, .n = 1}, d, split, &i, NULL);
    for (int image = 0; image < SMALL_TRAIN + SMALL_TEST; image++) {
        bool same = true;
        for (int p = 0; same && p < SIDE * SIDE; p++) {
            const float want =
                ((float)made_pixel(image, p / SIDE, p % SIDE, 0) / 255.0f - d->mean[0]) / d->std[0];
            same = x[3 * p] == want;
        }
        if (same) found = image;
    }
    cr_assert(found >= 0);
    cr_assert_eq(label, made_label(found, 10));
    return found;
}

static void expect_images(const struct dataset *d, enum split split, int n, const int want[])
{
    cr_assert_eq(d->count[split], n);
    for (int i = 0; i < n; i++)
        cr_assert_eq(image_of(d, split, (uint32_t)i), want[i], "split %d example %d: image %d, not %d", split,
                     i, image_of(d, split, (uint32_t)i), want[i]);
}

/* Expected values: an independent Philox4x32-10 and shuffle in Python; seed 1, twenty images. */
Test(dataset, splits_are_those_of_the_named_permutation)
{
    const struct dataset_spec limits = {.train_limit = 7, .validation = 5, .test_limit = 2, .split_seed = 1};
    struct small small;

    small_open(&small, "cifar10", &limits);
    const struct dataset *d = &small.set;
    expect_images(d, SPLIT_VALIDATION, 5, (const int[]){4, 13, 15, 16, 19});
    expect_images(d, SPLIT_TRAIN, 7, (const int[]){2, 8, 10, 11, 14, 17, 18});
    expect_images(d, SPLIT_TEST, 2, (const int[]){20, 21});
    small_close(&small);
}

Test(dataset, training_and_validation_are_disjoint_and_cover_all)
{
    for (uint64_t seed = 0; seed < 10; seed++) {
        const struct dataset_spec limits = {.validation = 8, .split_seed = seed};
        int seen[SMALL_TRAIN] = {0};
        struct small small;

        small_open(&small, "cifar10", &limits);
        const struct dataset *d = &small.set;
        cr_assert(d->count[SPLIT_TRAIN] == 12 && d->count[SPLIT_VALIDATION] == 8);
        for (uint32_t i = 0; i < 12; i++)
            seen[image_of(d, SPLIT_TRAIN, i)]++;
        for (uint32_t i = 0; i < 8; i++)
            seen[image_of(d, SPLIT_VALIDATION, i)]++;
        for (int i = 0; i < SMALL_TRAIN; i++)
            cr_assert_eq(seen[i], 1, "seed %d image %d: %d times", (int)seed, i, seen[i]);
        small_close(&small);
    }
}

Test(dataset, a_larger_limit_keeps_what_a_smaller_one_has)
{
    uint32_t had = 0;
    for (int limit = 1; limit <= 15; limit++) {
        const struct dataset_spec limits = {.train_limit = limit, .validation = 5, .split_seed = 9};
        uint32_t has = 0;
        struct small small;

        small_open(&small, "cifar10", &limits);
        const struct dataset *d = &small.set;
        for (uint32_t i = 0; i < (uint32_t)limit; i++)
            has |= 1u << image_of(d, SPLIT_TRAIN, i);
        cr_assert_eq(__builtin_popcount(has), limit);
        cr_assert_eq(has & had, had);
        had = has;
        small_close(&small);
    }
}

struct limits {
    int64_t train, validation, test;
    char words[48];
};

ParameterizedTestParameters(dataset, limits_beyond_the_data_are_refused)
{
    static struct limits rows[] = {
        {21, 0, 0, "train limit 21, but there are 20"},
        {17, 4, 0, "train limit 17, but there are 16"},
        {-1, 0, 0, "train limit -1"},
        {0, 20, 0, "validation 20 of 20 training images"},
        {0, -3, 0, "validation -3"},
        {0, 0, 7, "test limit 7, but there are 6"},
        {0, 0, -7, "test limit -7"},
        {0, INT64_MIN, 0, "validation -9223372036854775808"},
        {0, INT64_MAX, 0, "validation 9223372036854775807"},
    };
    return cr_make_param_array(struct limits, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct limits *limits, dataset, limits_beyond_the_data_are_refused)
{
    struct dataset d;

    const struct folder folder = folder_new();
    const char *dir = folder.path;
    mnist_write(dir);
    struct dataset_spec spec = spec_of("mnist", dir);
    spec.train_limit = limits->train;
    spec.validation = limits->validation;
    spec.test_limit = limits->test;
    expect_failure(dataset_open(&d, &spec), STATUS_USAGE, limits->words);
    folder_remove(&folder);
}

/* ---- the real one ---- */

/** Histogram of the stored pixels of all training images; what lies around them must be zero. */
static void histogram_fill(int64_t histogram[256], const struct dataset *d)
{
    static float x[SIDE * SIDE];
    const float zero = (0.0f - d->mean[0]) / d->std[0];
    int label;

    for (uint32_t i = 0; i < d->count[SPLIT_TRAIN]; i++) {
        dataset_fetch(&(struct batch){.input = x, .target = &label, .n = 1}, d, SPLIT_TRAIN, &i, NULL);
        for (int p = 0; p < SIDE * SIDE; p++) {
            const int y = p / SIDE, column = p % SIDE;
            if (y >= 2 && y < 30 && column >= 2 && column < 30)
                histogram[lrintf((x[p] * d->std[0] + d->mean[0]) * 255.0f)]++;
            else
                cr_assert_eq(x[p], zero);
        }
    }
}

Test(dataset, fashion_mnist_is_the_published_one, .timeout = 120)
{
    static const int first[8] = {9, 0, 0, 3, 0, 2, 7, 2};
    const uint32_t index[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    static float x[8 * SIDE * SIDE];
    int64_t histogram[256] = {0};
    double sum = 0.0, squares = 0.0;
    char dir[512];
    int label[8];
    struct dataset d;
    const struct dataset_spec spec = spec_of("fashion-mnist", "");

    if (!dataset_found(dir, "fashion-mnist", ""))
        cr_skip_test("package dataset-fashion-mnist is not installed");
    omp_set_num_threads(1);
    must(dataset_open(&d, &spec));
    cr_assert(d.count[SPLIT_TRAIN] == 60000 && d.count[SPLIT_TEST] == 10000);
    cr_assert_str_eq(d.sha256[0], "d9ef4273af5c2e360155dad0c06bd939447bf37a6620db007d69fc79e4732045");
    cr_assert_str_eq(d.sha256[1], "30214f3fe91405cb8ea60b11ecf0914a65dd6a6ca8e13c13a62eb434f2d9fe56");
    dataset_fetch(&(struct batch){.input = x, .target = label, .n = 8}, &d, SPLIT_TRAIN, index, NULL);
    cr_assert_arr_eq(label, first, sizeof first);

    histogram_fill(histogram, &d);
    for (int p = 0; p < 256; p++) {
        sum += (double)histogram[p] * p / 255.0;
        squares += (double)histogram[p] * p * p / (255.0 * 255.0);
    }
    const double pixels = 60000.0 * 28 * 28, mean = sum / pixels, std = sqrt(squares / pixels - mean * mean);
    cr_assert_lt(fabs(mean - (double)d.mean[0]), 1e-6, "mean %.8f, table %.8f", mean, (double)d.mean[0]);
    cr_assert_lt(fabs(std - (double)d.std[0]), 1e-6, "deviation %.8f, table %.8f", std, (double)d.std[0]);
    dataset_close(&d);
}
