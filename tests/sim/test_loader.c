/* tests/sim/test_loader.c - batches made ahead are those of their iterations, in whatever order they are
 * asked for. */
#include "sim/data/loader.h"
#include "tests/fixtures/dataset_files.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string.h>
#include <time.h>

enum { BATCH = 6, ITERATIONS = 13, PER_EPOCH = 4, SIZE = 32 * 32 };

struct run {
    struct small small;
    struct loader_spec spec;
    struct loader *loader;
};

static void run_open(struct run *r)
{
    *r = (struct run){0};
    small_open(&r->small, "fashion-mnist", NULL);
    r->spec = (struct loader_spec){.data = &r->small.set,
                                   .seed = 5,
                                   .iterations = ITERATIONS,
                                   .batch = BATCH,
                                   .crop = true,
                                   .flip = true,
                                   .pad = 4};
    must(loader_open(&r->loader, &r->spec));
}

static void run_close(struct run *r)
{
    loader_close(r->loader);
    small_close(&r->small);
}

/* The batch as the data set itself makes it. */
static void expect_batch(struct run *r, int64_t iteration)
{
    static float images[BATCH * SIZE];
    uint32_t order[SMALL_TRAIN];
    int labels[BATCH];
    const struct batch b = loader_batch(r->loader, iteration);
    const int64_t epoch = iteration / PER_EPOCH, first = iteration % PER_EPOCH * BATCH;
    const int n = first + BATCH > SMALL_TRAIN ? SMALL_TRAIN - (int)first : BATCH;

    dataset_order(order, &r->small.set, r->spec.seed, (uint32_t)epoch);
    dataset_fetch(&(struct batch){.input = images, .target = labels, .n = n}, &r->small.set, SPLIT_TRAIN,
                  order + first, &(struct augmentation){true, true, 4, r->spec.seed, (uint32_t)epoch});
    cr_assert(eq(int, b.n, n));
    cr_assert(eq(i64, b.epoch, epoch));
    cr_assert(memcmp(b.input, images, (size_t)n * SIZE * sizeof(float)) == 0, "iteration %ld",
              (long)iteration);
    cr_assert(memcmp(b.target, labels, (size_t)n * sizeof(int)) == 0, "iteration %ld", (long)iteration);
}

Test(loader, batches_are_those_of_their_iterations)
{
    struct run r;
    run_open(&r);
    cr_assert(eq(i64, loader_epoch_length(&r.spec), PER_EPOCH));
    for (int64_t i = 0; i < ITERATIONS; i++)
        expect_batch(&r, i);
    run_close(&r);
}

Test(loader, a_run_may_begin_anywhere_go_back_and_ask_twice)
{
    static const int64_t order[] = {7, 8, 2, 3, 3, 4, 12, 12, 0, 11};
    struct run r;
    run_open(&r);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        expect_batch(&r, order[i]);
    run_close(&r);
}

Test(loader, a_batch_stays_while_the_next_one_is_made)
{
    static float before[BATCH * SIZE];
    struct run r;
    run_open(&r);
    for (int64_t i = 0; i + 1 < ITERATIONS; i++) {
        const struct batch b = loader_batch(r.loader, i);
        memcpy(before, b.input, (size_t)b.n * SIZE * sizeof(float));
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); /* long enough for the next one */
        cr_assert(memcmp(before, b.input, (size_t)b.n * SIZE * sizeof(float)) == 0);
    }
    run_close(&r);
}

Test(loader, may_be_closed_at_any_moment)
{
    for (int asked = 0; asked < 40; asked++) {
        struct run r;
        run_open(&r);
        for (int64_t i = 0; i < asked % 3; i++)
            (void)loader_batch(r.loader, i);
        run_close(&r);
    }
    loader_close(NULL);
}
