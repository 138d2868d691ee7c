/* tests/experiments/test_carried.c - what layers carry from batch to batch is in checkpoints: a run that stops in the
 * middle of an epoch goes on with the bits of one that never stopped. */
#include "experiments/record/checkpoint.h"
#include "tests/fixtures/word_run.h"

enum { STOPPED_AT = LENGTH + 2, UNTIL = 3 * LENGTH + 1 };

static void open_record(struct record **r, const struct folder *f, struct word_run *run, bool resume)
{
    const struct record_spec spec = {
        .dir = folder_path(f, "words"), .train = &run->spec, .graph = &run->graph};
    must(resume ? record_resume(r, &spec) : record_open(r, &spec, false));
}

Test(carried, a_run_resumes_in_the_middle_of_an_epoch)
{
    const struct folder f = folder_new();
    char whole[DIGEST_SIZE], pieces[DIGEST_SIZE];
    struct checkpoint_source source;
    struct word_run run;
    struct record *r;

    word_run_open(&run, 1);
    word_run_train(whole, &run, UNTIL);
    word_run_close(&run);

    word_run_open(&run, 1);
    word_run_train(pieces, &run, STOPPED_AT);
    open_record(&r, &f, &run, false);
    must(checkpoint_save(r, &run.trainer));
    must(record_close(&r, STATUS_OK));
    word_run_close(&run);

    word_run_open(&run, 1);
    open_record(&r, &f, &run, true);
    must(checkpoint_load(&source, &run.trainer, r));
    cr_assert(source.loaded && run.trainer.at == STOPPED_AT);
    word_run_train(pieces, &run, STOPPED_AT + 1);
    cr_assert(run.fading->came_in > 0);
    word_run_train(pieces, &run, UNTIL);
    cr_assert_str_eq(pieces, whole);
    must(record_close(&r, STATUS_OK));
    word_run_close(&run);
    folder_remove(&f);
}

/* Who only reads a state may have another batch. */
Test(carried, a_reader_of_the_state_does_not_need_it)
{
    const struct folder f = folder_new();
    char hash[DIGEST_SIZE];
    struct checkpoint_source source;
    struct word_run run;
    struct record *r;

    word_run_open(&run, 1);
    word_run_train(hash, &run, STOPPED_AT);
    open_record(&r, &f, &run, false);
    must(checkpoint_save(r, &run.trainer));
    must(record_close(&r, STATUS_OK));
    struct fading *l = run.fading;
    l->base.carries[0].size--; /* as if it had another size */
    must(checkpoint_read(&source, &run.graph, folder_path(&f, "words")));
    cr_assert(source.loaded);
    word_run_close(&run);
    folder_remove(&f);
}
