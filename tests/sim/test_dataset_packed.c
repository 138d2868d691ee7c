/* tests/sim/test_dataset_packed.c - packed images as ImageNet's, and the random rectangles that it is
 * trained on. */
#include "sim/data/dataset_images.h"
#include "tests/fixtures/dataset_files.h"

#include <omp.h>
#include <criterion/parameterized.h>
#include <math.h>

enum { STORED = 256, SIDE = 224, TRAIN = 5, VAL = 3, HEADER = 64, PIXELS = STORED * STORED * 3 };

static const uint16_t labels[TRAIN + VAL] = {0, 999, 256, 255, 7, 512, 998, 1};

static void put_little(uint8_t *at, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* Images first .. first+n-1 of the made ones; returns the file's size. */
static size_t packed_make(uint8_t *file, int first, int n)
{
    uint8_t *pixel = file + HEADER + 2 * n;
    struct digest digest;

    memset(file, 0, HEADER);
    memcpy(file, "images1\n", 8);
    put_little(file + 8, (uint32_t)n, 4);
    put_little(file + 12, STORED, 2);
    put_little(file + 14, STORED, 2);
    put_little(file + 16, 3, 2);
    put_little(file + 18, 1000, 2);
    for (int i = 0; i < n; i++) {
        put_little(file + HEADER + 2 * i, labels[first + i], 2);
        for (int y = 0; y < STORED; y++)
            for (int x = 0; x < STORED; x++)
                for (int c = 0; c < 3; c++)
                    *pixel++ = made_pixel(first + i, y, x, c);
    }
    digest_init(&digest);
    digest_add(&digest, file + HEADER + 2 * n, (size_t)n * PIXELS);
    sha256_digest(&digest.sha, 32, file + 32);
    return HEADER + (size_t)n * (2 + PIXELS);
}

static struct folder packed_folder(void)
{
    static uint8_t file[HEADER + TRAIN * (2 + PIXELS)];
    const struct folder folder = folder_new();

    folder_write(&folder, "train.images", file, packed_make(file, 0, TRAIN));
    folder_write(&folder, "val.images", file, packed_make(file, TRAIN, VAL));
    return folder;
}

static void packed_open(struct dataset *d, struct folder *folder)
{
    *folder = packed_folder();
    const struct dataset_spec spec = spec_of("imagenet", folder->path);
    must(dataset_open(d, &spec));
}

Test(dataset_packed, images_come_with_labels_and_the_centre_is_tested)
{
    static float x[VAL * SIDE * SIDE * 3];
    static const uint32_t index[VAL] = {0, 1, 2};
    static const float mean[3] = {0.485f, 0.456f, 0.406f}, std[3] = {0.229f, 0.224f, 0.225f};
    struct dataset d;
    struct folder folder;
    int label[TRAIN];

    packed_open(&d, &folder);
    cr_assert(d.count[SPLIT_TRAIN] == TRAIN && d.count[SPLIT_TEST] == VAL && d.classes == 1000);
    dataset_fetch(&(struct batch){.input = x, .target = label, .n = VAL}, &d, SPLIT_TEST, index, NULL);
    for (int n = 0; n < VAL; n++) {
        cr_expect_eq(label[n], labels[TRAIN + n]);
        for (int i = 0; i < SIDE * SIDE * 3; i++) {
            const int c = i % 3, column = i / 3 % SIDE, y = i / 3 / SIDE;
            const float pixel = (float)made_pixel(TRAIN + n, y + 16, column + 16, c);
            cr_assert_eq(x[n * SIDE * SIDE * 3 + i], (pixel / 255.0f - mean[c]) / std[c]);
        }
    }
    dataset_close(&d);
    folder_remove(&folder);
}

/* ---- random rectangles ---- */

/* 2000 draws: areas fill 8 to 100 %, ratios 3:4 to 4:3 up to rounding, both middles are where they should
 * be. */
Test(dataset_packed, rectangles_are_drawn_as_published)
{
    const struct augmentation a = {.crop = true, .seed = 3};
    double least = 1, most = 0, narrow = 2, wide = 0, sum = 0, whole = 0;

    for (uint32_t i = 0; i < 2000; i++) {
        const struct crop c = dataset_crop_draw(&a, i, (struct shape){STORED, STORED, 3});
        const double area = (double)c.h * c.w / (STORED * STORED), ratio = (double)c.w / c.h;
        cr_assert(c.top >= 0 && c.left >= 0 && c.top + c.h <= STORED && c.left + c.w <= STORED);
        least = fmin(least, area), most = fmax(most, area), sum += area;
        narrow = fmin(narrow, ratio), wide = fmax(wide, ratio), whole += c.h == STORED && c.w == STORED;
    }
    cr_expect(least > 0.078 && least < 0.09 && most > 0.97, "%g to %g", least, most);
    cr_expect(narrow > 0.74 && narrow < 0.77 && wide < 1.35 && wide > 1.3, "%g to %g", narrow, wide);
    cr_expect_float_eq(sum / 2000, 0.5, 0.05, "mean area %g", sum / 2000); /* large ones fit less often */
    cr_expect_lt(whole, 40);
}

/* A made set of one image in memory, whose normalization is the level itself. */
struct one {
    struct dataset set;
    struct dataset_images images;
    uint8_t pixel[PIXELS];
};

static struct one *one_new(int (*level)(int y, int x, int c))
{
    struct one *o = calloc(1, sizeof *o);
    o->set = (struct dataset){.type = &dataset_images_type, .shape = {SIDE, SIDE, 3}, .own = &o->images};
    o->images.part[0].raw = o->images.part[1].raw = (struct shape){STORED, STORED, 3};
    for (int c = 0; c < 3; c++)
        for (int p = 0; p < 256; p++)
            o->images.normalized[c][p] = (float)p;
    for (int i = 0; i < PIXELS; i++)
        o->pixel[i] = (uint8_t)level(i / 3 / STORED, i / 3 % STORED, i % 3);
    return o;
}

static int made(int y, int x, int c)
{
    return made_pixel(0, y, x, c);
}

static int ramp(int y, int x, int c)
{
    return c == 0 ? x : c == 1 ? y : 77;
}

Test(dataset_packed, a_rectangle_of_the_same_size_is_copied)
{
    static float x[SIDE * SIDE * 3];
    struct one *o = one_new(made);

    for (int flip = 0; flip < 2; flip++) {
        dataset_crop_write(x, o->pixel, &o->set, (struct crop){9, 30, SIDE, SIDE}, flip);
        for (int i = 0; i < SIDE * SIDE * 3; i++) {
            const int to = i / 3 % SIDE, column = flip ? SIDE - 1 - to : to;
            cr_assert_eq(x[i], (float)made(9 + i / 3 / SIDE, 30 + column, i % 3));
        }
    }
    free(o);
}

ParameterizedTestParameters(dataset_packed, a_ramp_stays_a_ramp)
{
    static struct crop crops[] = {
        {0, 0, STORED, STORED}, {10, 100, 60, 75}, {200, 0, 56, 256}, {3, 5, 250, 230}, {7, 7, 1, 1},
    };
    return cr_make_param_array(struct crop, crops, sizeof crops / sizeof *crops);
}

/* Away from the borders, where the triangle is cut, a resized ramp is the ramp at the new pixels' centres. */
ParameterizedTest(struct crop *crop, dataset_packed, a_ramp_stays_a_ramp)
{
    static float x[SIDE * SIDE * 3];
    struct one *o = one_new(ramp);

    dataset_crop_write(x, o->pixel, &o->set, *crop, false);
    for (int y = 0; y < SIDE; y++)
        for (int column = 0; column < SIDE; column++) {
            const float *got = x + (y * SIDE + column) * 3;
            const double along = (column + 0.5) * crop->w / SIDE - 0.5,
                         down = (y + 0.5) * crop->h / SIDE - 0.5;
            cr_assert_eq(got[2], 77.0f);
            if (along > 1 && along < crop->w - 2)
                cr_assert(fabs((double)got[0] - crop->left - along) <= 0.5 + 1e-9, "column %d", column);
            if (down > 1 && down < crop->h - 2)
                cr_assert(fabs((double)got[1] - crop->top - down) <= 0.5 + 1e-9, "row %d", y);
            cr_assert(got[0] >= crop->left && got[0] < crop->left + crop->w);
            cr_assert(got[1] >= crop->top && got[1] < crop->top + crop->h);
        }
    free(o);
}

Test(dataset_packed, crops_differ_by_epoch_and_not_by_threads)
{
    static float x[3][TRAIN * SIDE * SIDE * 3];
    static const uint32_t index[TRAIN] = {4, 2, 0, 1, 3};
    struct dataset d;
    struct folder folder;
    int label[TRAIN];

    packed_open(&d, &folder);
    for (int i = 0; i < 3; i++) {
        const struct augmentation a = {.crop = true, .flip = true, .pad = 4, .seed = 5, .epoch = i == 2};
        omp_set_num_threads(1 + 2 * i);
        dataset_fetch(&(struct batch){.input = x[i], .target = label, .n = TRAIN}, &d, SPLIT_TRAIN, index,
                      &a);
        for (int n = 0; n < TRAIN; n++)
            cr_expect_eq(label[n], labels[index[n]]);
    }
    cr_expect_arr_eq(x[0], x[1], sizeof x[0]);
    cr_expect_arr_neq(x[0], x[2], sizeof x[0]);
    dataset_close(&d);
    folder_remove(&folder);
}

/* ---- broken files ---- */

struct damage {
    int at, bytes; /* in train.images: overwritten with */
    uint32_t value;
    int resize; /* bytes added at the end */
    char says[64];
};

ParameterizedTestParameters(dataset_packed, a_broken_file_names_the_place)
{
    static struct damage rows[] = {
        {0, 1, 'I', 0, "byte 0: not packed images"},
        {8, 4, TRAIN + 1, 0, "truncated: ends at byte 983114, but"},
        {8, 4, TRAIN - 1, 0, "trailing bytes"},
        {8, 4, 0, 0, "byte 8: no images"},
        {12, 2, 224, 0, "byte 12: images of 224 x 256 x 3, but"},
        {18, 2, 100, 0, "byte 18: 100 classes, but imagenet has 1000"},
        {HEADER + 4, 2, 1000, 0, "byte 68: label 1000 of image 2"},
        {0, 0, 0, 1, "trailing bytes"},
        {0, 0, 0, -1, "truncated"},
        {0, 0, 0, 63 - HEADER - TRAIN * (2 + PIXELS), "truncated: 63 bytes"},
    };
    return cr_make_param_array(struct damage, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct damage *row, dataset_packed, a_broken_file_names_the_place)
{
    static uint8_t file[HEADER + TRAIN * (2 + PIXELS) + 1];
    const struct folder folder = packed_folder();
    const struct dataset_spec spec = spec_of("imagenet", folder.path);
    const size_t size = packed_make(file, 0, TRAIN);
    struct dataset d;

    put_little(file + row->at, row->value, row->bytes);
    folder_write(&folder, "train.images", file, size + (size_t)row->resize);
    expect_failure(dataset_open(&d, &spec), STATUS_INPUT, row->says);
    expect_failure(dataset_open(&d, &spec), STATUS_INPUT, "train.images");
    folder_remove(&folder);
}

Test(dataset_packed, a_compressed_file_is_to_be_uncompressed)
{
    static const uint8_t nothing[1];
    struct dataset d;
    const struct folder folder = packed_folder();
    const struct dataset_spec spec = spec_of("imagenet", folder.path);

    file_remove(folder.path, "val.images");
    folder_write(&folder, "val.images.gz", nothing, 1);
    expect_failure(dataset_open(&d, &spec), STATUS_INPUT, "val.images.gz: uncompress it");
    folder_remove(&folder);
}
