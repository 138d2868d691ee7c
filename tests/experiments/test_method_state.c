/* tests/experiments/test_method_state.c - claims about a method's state in checkpoints: its numbers and its masks
 * come back, and a run that goes on has the bits of one that never stopped. */
#include "experiments/record/checkpoint.h"
#include "experiments/record/checkpoint_memory.h"
#include "experiments/run/session.h"
#include "sim/layers/params.h"
#include "tests/fixtures/command_line.h"

enum { ITERATIONS = 12, STOPPED_AT = 5 };

/* From the third step on, what is masked depends on what is remembered: forget either and the bits differ. */
static void thin_before(struct method_state *state, bool *skip, struct trainer *t)
{
    (void)skip;
    state->number[3] += 0.5 * t->loss > 0 ? 1.25 : 0;
    if (++state->count[2] % 3 != 0) return;
    for (struct param_at at = params_begin(t->graph); at.param; params_next(&at)) {
        float *mask = malloc(at.param->size * sizeof *mask);
        for (size_t i = 0; i < at.param->size; i++)
            mask[i] = ((int64_t)i + state->count[2]) % 5 != 0 || state->number[3] < 2;
        params_mask(t->graph, at.param, mask);
        free(mask);
    }
}

static const struct method thin = {
    .name = "thin", .source = "this test", .masks = true, .before_step = thin_before};

struct running {
    struct session session;
    struct record *record;
};

static void begin(struct running *r, const struct folder *f, const char *name, bool resume)
{
    struct config_file *file;
    static struct config config;

    must(config_open(&file, folder_path(f, "tiny.yaml")));
    must(config_resolve(&config, file, 0, NULL, 0));
    config_close(file);
    config.train.method = &thin;
    must(session_open(&r->session, &config, &(struct machine){.threads = 1}));
    const struct record_spec spec = {
        .dir = folder_path(f, name), .train = &r->session.config.train, .graph = &r->session.graph};
    must(resume ? record_resume(&r->record, &spec) : record_open(&r->record, &spec, false));
}

static void end(struct running *r)
{
    must(record_close(&r->record, STATUS_OK));
    session_close(&r->session);
}

static void train(struct running *r, int64_t until)
{
    struct step_row row;
    while (r->session.trainer.at < until)
        must(trainer_step(&r->session.trainer, &row));
}

Test(method_state, a_method_resumes_with_its_numbers_and_masks)
{
    const struct folder f = tiny_experiment(ITERATIONS);
    char whole[DIGEST_SIZE], pieces[DIGEST_SIZE];
    struct checkpoint_source source;
    struct running r;

    begin(&r, &f, "whole", false);
    train(&r, ITERATIONS);
    trainer_hash(whole, &r.session.trainer);
    end(&r);

    begin(&r, &f, "pieces", false);
    train(&r, STOPPED_AT);
    must(checkpoint_save(r.record, &r.session.trainer));
    end(&r);
    begin(&r, &f, "pieces", true);
    must(checkpoint_load(&source, &r.session.trainer, r.record));
    cr_assert(source.loaded && r.session.trainer.at == STOPPED_AT);
    cr_assert_eq(r.session.trainer.method.count[2], STOPPED_AT);
    train(&r, ITERATIONS);
    trainer_hash(pieces, &r.session.trainer);
    end(&r);
    cr_assert_str_eq(pieces, whole);
    folder_remove(&f);
}

Test(method_state, a_file_of_a_version_without_methods_is_refused)
{
    struct store *s;
    const struct folder f = folder_new();
    const struct train_spec none = {0}, with = {.method = &thin};

    must(store_open(&s, folder_path(&f, "old.h5"), STORE_REPLACE));
    must(checkpoint_memory_fits(&none, CHECKPOINT_SCHEDULES, s));
    must(checkpoint_memory_fits(&with, CHECKPOINT_METHODS, s));
    expect_failure(checkpoint_memory_fits(&with, CHECKPOINT_SCHEDULES, s), STATUS_INPUT,
                   "does not hold what method 'thin' remembers");
    store_close(&s);
    folder_remove(&f);
}
