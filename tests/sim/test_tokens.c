/* tests/sim/test_tokens.c - claims about data that are no images and layers that remember: tokens with several
 * targets an example go through loader and trainer; what a layer carries lives from batch to batch of an epoch. */
#include "tests/fixtures/word_run.h"

Test(tokens, an_example_has_tokens_and_a_target_for_each)
{
    struct word_run r;
    word_run_open(&r, 1);
    const struct batch b = loader_batch(r.trainer.loader, 1);
    const int *word = b.input;
    cr_assert(b.n == LANES && b.epoch == 0);
    for (int i = 0; i < LANES; i++)
        for (int t = 0; t < T; t++) {
            const int64_t at = (i * LENGTH + 1) * T + t;
            cr_assert(word[i * T + t] == word_at(at) && b.target[i * T + t] == word_at(at + 1));
        }
    word_run_close(&r);
}

Test(tokens, a_stream_is_learnt_by_trainer_step)
{
    struct word_run r;
    struct step_row first;
    char hash[DIGEST_SIZE];
    word_run_open(&r, 2);
    must(trainer_step(&r.trainer, &first));
    const struct evaluation before = trainer_evaluate(&r.trainer, SPLIT_TEST, 0);
    const double last = word_run_train(hash, &r, 400);
    const struct evaluation after = trainer_evaluate(&r.trainer, SPLIT_TEST, 0);
    cr_assert(last < 0.6 * first.loss, "%g after %g", last, first.loss);
    cr_assert(after.loss < before.loss && after.accuracy > 0.5 && after.accuracy <= 1, "%g, %g: %g",
              before.loss, after.loss, after.accuracy);
    cr_assert_eq(after.count, LANES + 1);
    cr_assert(fabs(after.accuracy - (double)after.correct / ((LANES + 1) * T)) < 1e-15);
    word_run_close(&r);
}

Test(tokens, a_network_of_images_does_not_take_them)
{
    struct word_run r;
    word_run_open(&r, 1);
    struct graph *g = &r.graph;
    trainer_close(&r.trainer);
    g->tokens = false;
    struct trainer other;
    expect_failure(trainer_open(&other, &r.spec, g->plan.device, g, &r.data), STATUS_INPUT,
                   "data set 'words' has tokens and 6 targets an example, the network floats and 6");
    trainer_close(&other);
    graph_close(g);
}

/* --- what is carried ----------------------------------------------------------------------------- */

Test(carry, it_lives_within_an_epoch_and_begins_with_zeros)
{
    struct word_run r;
    word_run_open(&r, 1);
    for (int i = 0; i < 3 * LENGTH; i++) {
        struct step_row row;
        must(trainer_step(&r.trainer, &row));
        cr_assert((r.fading->came_in == 0) == (i % LENGTH == 0), "iteration %d: %g", i,
                  (double)r.fading->came_in);
    }
    word_run_close(&r);
}

Test(carry, an_evaluation_begins_with_zeros_and_leaves_the_training_alone)
{
    struct word_run plain, watched;
    char want[DIGEST_SIZE], got[DIGEST_SIZE];
    struct evaluation first = {0};
    word_run_open(&plain, 1);
    word_run_train(want, &plain, 2 * LENGTH - 1);
    word_run_open(&watched, 2);
    for (int64_t i = 1; i < 2 * LENGTH; i++) {
        word_run_train(got, &watched, i);
        struct evaluation e = trainer_evaluation(&watched.trainer, SPLIT_TEST, 0);
        cr_assert(trainer_evaluation_step(&watched.trainer, &e) && watched.fading->came_in == 0);
        cr_assert(!trainer_evaluation_step(&watched.trainer, &e) && watched.fading->came_in > 0);
        if (i == 1) first = e;
    }
    trainer_hash(got, &watched.trainer);
    cr_assert_str_eq(got, want);
    cr_assert(isfinite(first.loss));
    word_run_close(&plain);
    word_run_close(&watched);
}

Test(carry, it_is_part_of_the_state_that_a_digest_sees)
{
    struct word_run r;
    char before[DIGEST_SIZE], after[DIGEST_SIZE];
    int found = 0;
    word_run_open(&r, 1);
    word_run_train(before, &r, 2);
    for (struct state_at at = state_begin(&r.graph); at.value; state_next(&at))
        if (at.kind == STATE_CARRY) {
            cr_assert(strcmp(at.name, "h") == 0 && at.size == LANES * WORDS && at.value[1] != 0);
            at.value[1] += 1;
            found++;
        }
    trainer_hash(after, &r.trainer);
    cr_assert_eq(found, 1, "that of evaluations is no state");
    cr_assert_str_neq(before, after);
    word_run_close(&r);
}
