/* tests/sim/test_dataset_own.c - claims about data sets whose size, classes or normalization their files tell: a user's
 * own, and the relatives of MNIST. */
#include "tests/fixtures/dataset_files.h"

#include <criterion/parameterized.h>
#include <math.h>

/* An IDX file pair of n images h x w x c (c 0: without channels), labels first, first + 1, ... of `classes`. */
static void pair_write(const char *dir, const char *images, const char *labels, int n, const int size[3],
                       int first, int classes)
{
    static uint8_t data[FILE_ROOM];
    const int channels = size[2] > 0 ? size[2] : 1;
    size_t at = put32(data, size[2] > 0 ? 0x804 : 0x803);

    at += put32(data + at, (uint32_t)n);
    for (int i = 0; i < 2 + (size[2] > 0); i++)
        at += put32(data + at, (uint32_t)size[i]);
    for (int i = 0; i < n; i++)
        for (int y = 0; y < size[0]; y++)
            for (int x = 0; x < size[1]; x++)
                for (int c = 0; c < channels; c++)
                    data[at++] = made_pixel(i, y, x, c);
    file_write(dir, images, data, at);
    at = put32(data, 0x801);
    at += put32(data + at, (uint32_t)n);
    for (int i = 0; i < n; i++)
        data[at++] = (uint8_t)(first + i % classes);
    file_write(dir, labels, data, at);
}

static void own_write(const char *dir, int h, int w, int c, int classes)
{
    const int size[3] = {h, w, c};

    pair_write(dir, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 12, size, 0, classes);
    pair_write(dir, "test-images-idx3-ubyte", "test-labels-idx1-ubyte", 5, size, 0,
               classes < 5 ? classes : 5);
}

struct size {
    int h, w, c, classes;
};

ParameterizedTestParameters(dataset_own, shape_classes_and_normalization_are_those_of_the_files)
{
    static struct size rows[] = {{5, 7, 0, 3}, {32, 32, 3, 10}, {1, 1, 1, 2}, {9, 4, 3, 12}};
    return cr_make_param_array(struct size, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct size *s, dataset_own, shape_classes_and_normalization_are_those_of_the_files)
{
    static float x[12 * 32 * 32 * 3];
    static const uint32_t index[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const struct folder f = folder_new();
    const int channels = s->c > 0 ? s->c : 1;
    int label[12];
    struct dataset d;

    own_write(f.path, s->h, s->w, s->c, s->classes);
    const struct dataset_spec spec = spec_of("own", f.path);
    must(dataset_open(&d, &spec));
    cr_assert(d.shape.h == s->h && d.shape.w == s->w && d.shape.c == channels && d.classes == s->classes);
    dataset_fetch(&(struct batch){.input = x, .target = label, .n = 12}, &d, SPLIT_TRAIN, index, NULL);
    for (int c = 0; c < channels; c++) {
        double sum = 0, squares = 0;
        const int n = 12 * s->h * s->w;
        for (int i = 0; i < n; i++) {
            sum += (double)x[i * channels + c];
            squares += (double)x[i * channels + c] * (double)x[i * channels + c];
        }
        /* mean, deviation and each value are rounded to float32: some 2^-24 of values of about 1 */
        cr_assert(fabs(sum / n) < 1e-6 && fabs(squares / n - 1) < 1e-6, "channel %d: mean %g, variance %g", c,
                  sum / n, squares / n);
    }
    for (int i = 0; i < 12; i++)
        cr_assert_eq(label[i], i % s->classes);
    dataset_close(&d);
    folder_remove(&f);
}

/* --- refusals --- */

struct broken {
    int train[4], test[4]; /* h, w, channels, classes */
    char says[80];
};

ParameterizedTestParameters(dataset_own, what_does_not_fit_together_is_refused)
{
    static struct broken rows[] = {
        {{5, 7, 0, 3}, {7, 5, 0, 3}, "training images of 5 x 7 x 1 and test images of 7 x 5 x 1"},
        {{5, 7, 0, 3}, {5, 7, 3, 3}, "training images of 5 x 7 x 1 and test images of 5 x 7 x 3"},
        {{5, 7, 0, 3}, {5, 7, 0, 4}, "a test image has label 3, but the largest of a training image is 2"},
        {{5, 7, 0, 1}, {5, 7, 0, 1}, "every label is 0; want two classes or more"},
        {{5, 7, 2, 3},
         {5, 7, 2, 3},
         "byte 8: images of 5 x 7 x 2; want 1 to 4096 pixels a side, 1 or 3 channels"},
        {{0, 7, 0, 3}, {0, 7, 0, 3}, "byte 8: images of 0 x 7 x 1"},
        {{1, 5000, 0, 3}, {1, 5000, 0, 3}, "byte 8: images of 1 x 5000 x 1"},
    };
    return cr_make_param_array(struct broken, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct broken *b, dataset_own, what_does_not_fit_together_is_refused)
{
    const struct folder f = folder_new();
    struct dataset d;

    pair_write(f.path, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 6, b->train, 0, b->train[3]);
    pair_write(f.path, "test-images-idx3-ubyte", "test-labels-idx1-ubyte", 6, b->test, 0, b->test[3]);
    const struct dataset_spec spec = spec_of("own", f.path);
    expect_failure(dataset_open(&d, &spec), STATUS_INPUT, b->says);
    folder_remove(&f);
}

Test(dataset_own, pixels_that_are_all_equal_are_refused)
{
    const struct folder f = folder_new();
    static uint8_t zeros[16 + 12] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2};
    struct dataset d;

    own_write(f.path, 2, 2, 0, 3);
    file_write(f.path, "train-images-idx3-ubyte", zeros, sizeof zeros);
    file_write(f.path, "train-labels-idx1-ubyte", (const uint8_t[]){0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 2}, 11);
    const struct dataset_spec spec = spec_of("own", f.path);
    expect_failure(dataset_open(&d, &spec), STATUS_INPUT,
                   "all pixels of channel 0 of the training images are 0");
    folder_remove(&f);
}

/* --- relatives of MNIST --- */

Test(dataset_own, names_with_a_dot_are_found_plain_and_in_gzip)
{
    static const int size[3] = {28, 28, 0};
    const struct folder f = folder_new();
    struct dataset d;

    pair_write(f.path, "train-images.idx3-ubyte", "train-labels.idx1-ubyte", 12, size, 0, 10);
    pair_write(f.path, "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte", 12, size, 0, 10);
    file_gzip(f.path, "t10k-images.idx3-ubyte");
    for (int i = 0; i < 2; i++) {
        const struct dataset_spec spec = spec_of(i == 0 ? "mnist" : "kmnist", f.path);
        must(dataset_open(&d, &spec));
        cr_assert(d.count[SPLIT_TEST] == 12 && d.shape.h == 32 && d.classes == 10);
        dataset_close(&d);
    }
    folder_remove(&f);
}

Test(dataset_own, letters_of_emnist_are_counted_from_1)
{
    static float x[26 * 32 * 32];
    static const int size[3] = {28, 28, 0};
    const struct folder f = folder_new();
    const uint32_t index[2] = {0, 25};
    int label[2];
    struct dataset d;

    pair_write(f.path, "emnist-letters-train-images-idx3-ubyte", "emnist-letters-train-labels-idx1-ubyte", 26,
               size, 1, 26);
    pair_write(f.path, "emnist-letters-test-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte", 26,
               size, 1, 26);
    const struct dataset_spec spec = spec_of("emnist-letters", f.path);
    must(dataset_open(&d, &spec));
    dataset_fetch(&(struct batch){.input = x, .target = label, .n = 2}, &d, SPLIT_TRAIN, index, NULL);
    cr_assert(d.classes == 26 && label[0] == 0 && label[1] == 25);
    dataset_close(&d);

    pair_write(f.path, "emnist-letters-test-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte", 26,
               size, 0, 26);
    expect_failure(dataset_open(&d, &spec), STATUS_INPUT,
                   "label 0 of image 0, but the labels of emnist-letters are 1 to 26");
    folder_remove(&f);
}
