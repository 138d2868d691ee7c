/* tests/sim/test_trainer.c - a run is a pure function of its specification. */
#include "tests/fixtures/tiny_run.h"

#include <criterion/parameterized.h>
#include <math.h>

struct way {
    char recipe[12], kernels[8];
    int threads;
};
static struct way ways[] = {
    {"cpt", "auto", 2},     {"cpt", "auto", 3},     {"cpt", "auto", 7},     {"cpt", "ref", 2},
    {"float32", "auto", 2}, {"float32", "auto", 3}, {"float32", "auto", 7}, {"float32", "ref", 2},
};
ParameterizedTestParameters(trainer, same_state_for_any_threads_and_kernels)
{
    return cr_make_param_array(struct way, ways, sizeof ways / sizeof *ways);
}
ParameterizedTest(struct way *w, trainer, same_state_for_any_threads_and_kernels)
{
    char one[65], other[65];
    struct tiny t;
    tiny_open(&t, w->recipe, "auto", 1);
    tiny_run(one, &t, 3);
    tiny_close(&t);
    tiny_open(&t, w->recipe, w->kernels, w->threads);
    tiny_run(other, &t, 3);
    tiny_close(&t);
    cr_assert_str_eq(one, other);
}

Test(trainer, another_seed_is_another_run)
{
    char hash[2][65];
    for (int i = 0; i < 2; i++) {
        struct tiny t;
        tiny_open(&t, "cpt", "auto", 2);
        t.spec.seed += (uint64_t)i;
        tiny_run(hash[i], &t, 1);
        tiny_close(&t);
    }
    cr_assert_str_neq(hash[0], hash[1]);
}

/* Whatever happens between two steps, the run goes on as if nothing had: evaluations change no state. */
Test(trainer, evaluation_changes_nothing)
{
    char plain[65], watched[65];
    struct tiny t;
    tiny_open(&t, "cpt", "auto", 2);
    tiny_run(plain, &t, 4);
    tiny_close(&t);
    tiny_open(&t, "cpt", "auto", 2);
    for (int64_t i = 1; i <= 4; i++) {
        tiny_run(watched, &t, i);
        const struct evaluation q = trainer_evaluate(&t.trainer, SPLIT_TEST, 4);
        const struct evaluation f = trainer_evaluate(&t.trainer, SPLIT_TRAIN, 0);
        cr_assert_eq(q.count, SMALL_TEST);
        cr_assert_eq(f.count, SMALL_TRAIN);
        cr_assert(isfinite(q.loss) && isfinite(f.loss) && q.accuracy >= 0.0 && f.accuracy <= 1.0);
    }
    tiny_close(&t);
    cr_assert_str_eq(plain, watched);
}

/* An evaluation that is stopped and begun anew, and one in steps, give what one in one go does. */
Test(trainer, an_evaluation_can_be_stopped_between_batches)
{
    char hash[65], after[65];
    struct tiny t;
    int steps = 1;

    tiny_open(&t, "cpt", "auto", 2);
    tiny_run(hash, &t, 2);
    const struct evaluation whole = trainer_evaluate(&t.trainer, SPLIT_TRAIN, 4);
    struct evaluation e = trainer_evaluation(&t.trainer, SPLIT_TRAIN, 4);
    cr_assert(trainer_evaluation_step(&t.trainer, &e) && e.seen == t.spec.batch && isnan(e.accuracy));
    e = trainer_evaluation(&t.trainer, SPLIT_TRAIN, 4);
    while (trainer_evaluation_step(&t.trainer, &e))
        steps++;
    cr_assert_eq(steps, (SMALL_TRAIN + t.spec.batch - 1) / t.spec.batch);
    cr_assert(memcmp(&e.loss, &whole.loss, sizeof e.loss) == 0 &&
              memcmp(&e.accuracy, &whole.accuracy, sizeof e.loss) == 0);
    cr_assert(e.seen == SMALL_TRAIN && !trainer_evaluation_step(&t.trainer, &e) && e.seen == SMALL_TRAIN);
    trainer_hash(after, &t.trainer);
    cr_assert_str_eq(after, hash);
    tiny_close(&t);
}

Test(trainer, bits_of_every_step_follow_the_schedule)
{
    struct tiny t;
    tiny_open(&t, "cpt", "auto", 2);
    for (int64_t i = 0; i < 12; i++) {
        struct step_row row;
        must(trainer_step(&t.trainer, &row));
        cr_expect_eq(row.forward_bits, schedule_bits(&t.spec.forward, &(struct schedule_point){
                                                                          .iteration = i, .iterations = 12}));
        cr_expect_eq(row.backward_bits, 8);
        cr_expect_eq(row.epoch, i / 4);
        cr_expect_eq(row.images, i % 4 == 3 ? 2 : 6); /* 20 images in batches of 6 */
    }
    tiny_close(&t);
}

Test(trainer, drop_last_leaves_out_the_small_batch)
{
    struct tiny t;
    tiny_open(&t, "cpt", "auto", 1);
    cr_expect_eq(trainer_epoch_length(&t.spec, &t.small.set), 4);
    t.spec.drop_last = true;
    cr_expect_eq(trainer_epoch_length(&t.spec, &t.small.set), 3);
    tiny_close(&t);
}

Test(trainer, a_loss_that_is_no_number_ends_the_run)
{
    struct tiny t;
    struct step_row row = {0};
    enum status s = STATUS_OK;
    tiny_open(&t, "float32", "auto", 1);
    t.spec.lr.initial = 1e30;
    for (int i = 0; i < 12 && s == STATUS_OK; i++)
        s = trainer_step(&t.trainer, &row);
    cr_assert_eq(s, STATUS_DIVERGED);
    cr_assert(!isfinite(row.loss));
    cr_assert_not_null(strstr(status_detail(), "learning rate"), "%s", status_detail());
    tiny_close(&t);
}

/* Twenty images are learnt by heart: the backward pass points downhill at any precision. */
ParameterizedTestParameters(trainer, loss_falls)
{
    return cr_make_param_array(struct way, ways + 3, 2);
}
ParameterizedTest(struct way *w, trainer, loss_falls)
{
    struct tiny t;
    struct step_row first, row;
    tiny_prepare(&t, w->recipe);
    t.spec.crop = t.spec.flip = false;
    t.spec.drop_last = true;
    t.spec.iterations = 60;
    tiny_start(&t, "auto", 2);
    must(trainer_step(&t.trainer, &first));
    for (int i = 1; i < 60; i++)
        must(trainer_step(&t.trainer, &row));
    cr_assert_lt(row.loss, 0.5 * first.loss, "%g after %g", row.loss, first.loss);
    tiny_close(&t);
}
