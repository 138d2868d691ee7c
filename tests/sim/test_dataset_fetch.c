/* tests/sim/test_dataset_fetch.c - batches: orders, crops, flips and threads. */
#include "tests/fixtures/dataset_files.h"

#include <omp.h>
#include <criterion/parameterized.h>
#include <math.h>

enum { SIDE = 32, POSITIONS = 9, PAD = 4 };

static void one_thread(void)
{
    omp_set_num_threads(1); /* most batches here are of one image */
}

TestSuite(dataset_fetch, .init = one_thread);

/* ---- orders ---- */

/* Expected values: an independent Philox4x32-10 and shuffle in Python. */
Test(dataset_fetch, orders_are_those_of_the_named_permutation)
{
    static const uint32_t seed7_epoch3[] = {10, 6,  16, 5, 18, 14, 4, 12, 9, 15,
                                            17, 11, 7,  8, 13, 19, 2, 0,  3, 1};
    static const uint32_t large_seed[] = {14, 12, 7,  9, 15, 5, 4,  3,  19, 10,
                                          8,  2,  16, 0, 13, 1, 11, 18, 6,  17};
    uint32_t order[SMALL_TRAIN];
    struct small small;

    small_open(&small, "mnist", NULL);
    const struct dataset *d = &small.set;
    dataset_order(order, d, 7, 3);
    cr_assert_arr_eq(order, seed7_epoch3, sizeof order);
    dataset_order(order, d, 0x123456789abcdef0, 0);
    cr_assert_arr_eq(order, large_seed, sizeof order);
    small_close(&small);
}

Test(dataset_fetch, an_order_is_a_permutation_of_its_seed_and_epoch)
{
    uint32_t order[SMALL_TRAIN], again[SMALL_TRAIN], before[SMALL_TRAIN] = {0};
    struct small small;

    small_open(&small, "mnist", NULL);
    const struct dataset *d = &small.set;
    for (uint32_t epoch = 0; epoch < 300; epoch++) {
        uint32_t seen = 0;
        dataset_order(order, d, 5, epoch);
        for (int i = 0; i < SMALL_TRAIN; i++)
            seen |= 1u << order[i];
        cr_assert_eq(seen, (1u << SMALL_TRAIN) - 1);
        dataset_order(again, d, 5, epoch);
        cr_assert_arr_eq(order, again, sizeof order);
        dataset_order(again, d, 6, epoch);
        cr_assert_arr_neq(order, again, sizeof order);
        cr_assert_arr_neq(order, before, sizeof order);
        memcpy(before, order, sizeof order);
    }
    small_close(&small);
}

Test(dataset_fetch, all_orders_are_equally_likely)
{
    const struct dataset_spec limits = {.train_limit = 4};
    int count[4 * 4 * 4 * 4] = {0}, orders = 0;
    const int epochs = 24000;
    double chi2 = 0.0;
    struct small small;

    small_open(&small, "mnist", &limits);
    const struct dataset *d = &small.set;
    for (int epoch = 0; epoch < epochs; epoch++) {
        uint32_t order[4];
        dataset_order(order, d, 3, (uint32_t)epoch);
        count[((order[0] * 4 + order[1]) * 4 + order[2]) * 4 + order[3]]++;
    }
    for (int i = 0; i < 256; i++) {
        if (!count[i]) continue;
        chi2 += (count[i] - epochs / 24.0) * (count[i] - epochs / 24.0) / (epochs / 24.0);
        orders++;
    }
    cr_assert_eq(orders, 24);
    cr_assert_lt(chi2, 49.7, "chi2 %g, 99.9 %% of 23 degrees lie below 49.7", chi2);
    small_close(&small);
}

/* ---- augmentation ---- */

/** x[32][32][c] shows the image shifted by (row, column) - PAD and perhaps mirrored, with zeros around it. */
static bool shows(const float *x, const struct dataset *d, int image, int row, int column, bool flip)
{
    const int stored = d->shape.c == 1 ? 28 : SIDE, frame = (SIDE - stored) / 2;
    for (int y = 0; y < SIDE; y++)
        for (int i = 0; i < SIDE; i++)
            for (int c = 0; c < d->shape.c; c++, x++) {
                const int from_y = y + row - PAD - frame;
                const int from_x = (flip ? SIDE - 1 - i : i) + column - PAD - frame;
                const bool inside = from_y >= 0 && from_y < stored && from_x >= 0 && from_x < stored;
                const int p = inside ? made_pixel(image, from_y, from_x, c) : 0;
                if (*x != ((float)p / 255.0f - d->mean[c]) / d->std[c]) return false;
            }
    return true;
}

/** Which of the 9 x 9 x 2 placements x shows; exactly one. */
static int placement_of(const float *x, const struct dataset *d, int image)
{
    int found = -1;
    for (int i = 0; i < POSITIONS * POSITIONS * 2; i++)
        if (shows(x, d, image, i / (2 * POSITIONS), i / 2 % POSITIONS, i % 2)) {
            cr_assert_eq(found, -1, "placements %d and %d look alike", found, i);
            found = i;
        }
    cr_assert_neq(found, -1, "no placement of image %d", image);
    return found;
}

struct name {
    char text[16];
};

ParameterizedTestParameters(dataset_fetch, crops_and_flips_are_uniform)
{
    static struct name rows[] = {{"mnist"}, {"cifar10"}};
    return cr_make_param_array(struct name, rows, 2);
}

ParameterizedTest(struct name *name, dataset_fetch, crops_and_flips_are_uniform)
{
    static float x[SIDE * SIDE * 3];
    enum { EPOCHS = 150, DRAWS = EPOCHS * SMALL_TRAIN };
    int rows[POSITIONS] = {0}, columns[POSITIONS] = {0}, flips = 0, label;
    double chi2[2] = {0.0, 0.0};
    struct small small;

    small_open(&small, name->text, NULL);
    const struct dataset *d = &small.set;
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        const struct augmentation a = {.crop = true, .flip = true, .pad = PAD, .seed = 8, .epoch = epoch};
        for (uint32_t i = 0; i < SMALL_TRAIN; i++) {
            dataset_fetch(&(struct batch){.input = x, .target = &label, .n = 1}, d, SPLIT_TRAIN, &i, &a);
            const int at = placement_of(x, d, (int)i);
            cr_assert_eq(label, made_label((int)i, 10));
            rows[at / (2 * POSITIONS)]++;
            columns[at / 2 % POSITIONS]++;
            flips += at % 2;
        }
    }
    for (int i = 0; i < POSITIONS; i++) {
        const double mean = (double)DRAWS / POSITIONS;
        chi2[0] += (rows[i] - mean) * (rows[i] - mean) / mean;
        chi2[1] += (columns[i] - mean) * (columns[i] - mean) / mean;
    }
    cr_assert(chi2[0] < 26.1 && chi2[1] < 26.1, "chi2 %g, %g; 99.9 %% of 8 degrees lie below 26.1", chi2[0],
              chi2[1]);
    cr_assert_lt(fabs(flips - DRAWS / 2.0), 3.3 * sqrt(DRAWS) / 2.0, "%d flips of %d", flips, DRAWS);
    small_close(&small);
}

/* Expected values: row, column and flip of images 0 to 5 from an independent Philox4x32-10; seed 11,
 * epoch 2. */
Test(dataset_fetch, crops_and_flips_are_those_of_the_named_draws)
{
    static const int want[6][3] = {{3, 5, 0}, {8, 3, 0}, {1, 3, 0}, {8, 8, 1}, {6, 7, 1}, {3, 5, 1}};
    static float x[6 * SIDE * SIDE * 3];
    const struct augmentation a = {.crop = true, .flip = true, .pad = PAD, .seed = 11, .epoch = 2};
    const uint32_t index[6] = {0, 1, 2, 3, 4, 5};
    int label[6];
    struct small small;

    small_open(&small, "cifar10", NULL);
    const struct dataset *d = &small.set;
    dataset_fetch(&(struct batch){.input = x, .target = label, .n = 6}, d, SPLIT_TRAIN, index, &a);
    for (int i = 0; i < 6; i++)
        cr_assert(shows(x + i * SIDE * SIDE * 3, d, i, want[i][0], want[i][1], want[i][2]), "image %d", i);
    small_close(&small);
}

Test(dataset_fetch, without_crop_and_flip_augmentation_changes_nothing)
{
    static float plain[SMALL_TRAIN * SIDE * SIDE * 3], x[SMALL_TRAIN * SIDE * SIDE * 3];
    const struct augmentation nothing = {.pad = PAD, .seed = 3},
                              no_room = {.crop = true, .pad = 0, .seed = 3};
    const struct augmentation only_crop = {.crop = true, .pad = PAD, .seed = 3};
    uint32_t order[SMALL_TRAIN];
    int label[SMALL_TRAIN], centred = 0;
    struct small small;

    small_open(&small, "cifar10", NULL);
    const struct dataset *d = &small.set;
    dataset_order(order, d, 1, 1);
    dataset_fetch(&(struct batch){.input = plain, .target = label, .n = SMALL_TRAIN}, d, SPLIT_TRAIN, order,
                  NULL);
    dataset_fetch(&(struct batch){.input = x, .target = label, .n = SMALL_TRAIN}, d, SPLIT_TRAIN, order,
                  &nothing);
    cr_assert_arr_eq(x, plain, sizeof x);
    dataset_fetch(&(struct batch){.input = x, .target = label, .n = SMALL_TRAIN}, d, SPLIT_TRAIN, order,
                  &no_room);
    cr_assert_arr_eq(x, plain, sizeof x);
    for (uint32_t epoch = 0; epoch < 50;
         epoch++) { /* where the offset is the pad, the image is the plain one */
        struct augmentation a = only_crop;
        a.epoch = epoch;
        dataset_fetch(&(struct batch){.input = x, .target = label, .n = 1}, d, SPLIT_TRAIN, order, &a);
        const bool centre = placement_of(x, d, (int)order[0]) == 2 * (PAD * POSITIONS + PAD);
        cr_assert_eq(memcmp(x, plain, SIDE * SIDE * 3 * sizeof *x) == 0, centre);
        centred += centre;
    }
    cr_assert_lt(centred, 5);
    small_close(&small);
}

Test(dataset_fetch, an_image_meets_the_same_crops_in_any_subset)
{
    const struct augmentation a = {.crop = true, .flip = true, .pad = PAD, .seed = 4, .epoch = 6};
    const struct dataset_spec limits = {.train_limit = 7, .validation = 5, .split_seed = 1};
    static float of_all[SIDE * SIDE * 3], of_few[SIDE * SIDE * 3];
    static const uint32_t image[7] = {2, 8, 10, 11, 14, 17, 18}; /* as tests/sim/test_dataset.c has it */
    struct small all, few;
    int label;

    small_open(&all, "cifar10", NULL);
    small_open(&few, "cifar10", &limits);
    for (uint32_t i = 0; i < 7; i++) {
        dataset_fetch(&(struct batch){.input = of_few, .target = &label, .n = 1}, &few.set, SPLIT_TRAIN, &i,
                      &a);
        dataset_fetch(&(struct batch){.input = of_all, .target = &label, .n = 1}, &all.set, SPLIT_TRAIN,
                      &image[i], &a);
        cr_assert_arr_eq(of_few, of_all, sizeof of_all);
    }
    small_close(&all);
    small_close(&few);
}

Test(dataset_fetch, threads_change_no_bit)
{
    static float one[SMALL_TRAIN * SIDE * SIDE * 3], three[SMALL_TRAIN * SIDE * SIDE * 3];
    const struct augmentation a = {.crop = true, .flip = true, .pad = PAD, .seed = 4, .epoch = 6};
    int label_one[SMALL_TRAIN], label_three[SMALL_TRAIN];
    uint32_t order[SMALL_TRAIN];
    struct small small;

    small_open(&small, "cifar10", NULL);
    const struct dataset *d = &small.set;
    dataset_order(order, d, 1, 1);
    omp_set_num_threads(1);
    dataset_fetch(&(struct batch){.input = one, .target = label_one, .n = SMALL_TRAIN}, d, SPLIT_TRAIN, order,
                  &a);
    omp_set_num_threads(3);
    dataset_fetch(&(struct batch){.input = three, .target = label_three, .n = SMALL_TRAIN}, d, SPLIT_TRAIN,
                  order, &a);
    cr_assert_arr_eq(one, three, sizeof one);
    cr_assert_arr_eq(label_one, label_three, sizeof label_one);
    small_close(&small);
}
