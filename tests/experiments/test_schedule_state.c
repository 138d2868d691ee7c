/* tests/experiments/test_schedule_state.c - claims about a schedule that remembers: it is added here, as a row
 * and nothing else, and is killed and resumed without a trace. */
#include "tests/fixtures/command_line.h"

#include "experiments/record/record_read.h"
#include "experiments/run/run.h"
#include "sim/base/digest.h"
#include "experiments/record/checkpoint.h"
#include "experiments/record/checkpoint_memory.h"

#include <math.h>
#include <signal.h>
#include <unistd.h>

enum { ITERATIONS = 14, PATIENCE = 2, KILLED_AT = 9 };

/* --- the schedule ------------------------------------------------------------------------------------- */

/* Begins at the least bits, and takes one more whenever the loss has found no new low for PATIENCE steps.
 * number[0]: the lowest loss; count[0]: steps since then; count[1]: bits above the least; count[2]: steps. */
static double patience_bits(const struct schedule_spec *s, const struct schedule_state *state,
                            const struct schedule_point *p)
{
    (void)p;
    return fmin((double)s->bits_min + (double)state->count[1], s->bits_max);
}

static int64_t kill_at = -1; /* this process dies as soon as this iteration is done */

static void patience_observe(struct schedule_state *state, const struct schedule_spec *s,
                             const struct schedule_point *p)
{
    (void)s;
    if (p->iteration == kill_at) raise(SIGKILL);
    const bool lower = state->count[2]++ == 0 || p->loss < state->number[0];
    state->count[0] = lower ? 0 : state->count[0] + 1;
    if (lower) state->number[0] = p->loss;
    if (state->count[0] < PATIENCE) return;
    state->count[0] = 0;
    state->count[1]++;
}

static const struct schedule_type patience = {.name = "patience",
                                              .formula = "one bit more after k steps without a lower loss",
                                              .source = "this test",
                                              .bits = patience_bits,
                                              .observe = patience_observe,
                                              .adaptive = true};

/* --- its runs ----------------------------------------------------------------------------------------- */

static void train(struct run_result *result, const struct folder *f, const char *name)
{
    char path[192], dir[192];
    struct config_file *file;
    static struct config config;

    snprintf(path, sizeof path, "%s/tiny.yaml", f->path);
    snprintf(dir, sizeof dir, "%s/%s", f->path, name);
    must(config_open(&file, path));
    must(config_resolve(&config, file, 0, NULL, 0));
    config_close(file);
    config.train.forward.type = &patience;
    must(run_train(result, &config,
                   &(struct run_options){.dir = dir, .resume = true, .quiet = true, .machine.threads = 1}));
}

/* In a process of its own, which ends when iteration `last` is done. */
static void train_until(const struct folder *f, const char *name, int64_t last)
{
    int status;
    const pid_t child = fork();

    if (child == 0) {
        struct run_result unused;
        kill_at = last;
        train(&unused, f, name);
        _exit(0);
    }
    cr_assert(child > 0 && waitpid(child, &status, 0) == child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static struct store *record_of(const struct folder *f, const char *name)
{
    char path[64];
    struct store *s;

    snprintf(path, sizeof path, "%s/" RECORD_FILE, name);
    must(store_open(&s, folder_path(f, path), STORE_READ));
    return s;
}

/* Claim that the record has the bits which the schedule makes of the losses beside them. */
static void expect_bits_of_losses(const struct folder *f, const char *name)
{
    const struct schedule_spec spec = {.type = &patience, .bits_min = 3, .bits_max = 8, .cycles = 2};
    struct schedule_state state = {0};
    struct schedule_point p = {.iterations = ITERATIONS, .layer = -1};
    struct store *s = record_of(f, name);
    int64_t *bits, count, losses;
    double *loss;

    must(record_read_integers(&bits, &count, s, RECORD_FORWARD_BITS));
    must(record_read_numbers(&loss, &losses, s, RECORD_LOSS));
    cr_assert(count == ITERATIONS && losses == ITERATIONS);
    for (; p.iteration < ITERATIONS; p.iteration++) {
        cr_assert_eq(bits[p.iteration], (int64_t)patience_bits(&spec, &state, &p), "iteration %d",
                     (int)p.iteration);
        p.loss = loss[p.iteration];
        patience_observe(&state, &spec, &p);
    }
    cr_assert(bits[ITERATIONS - 1] > bits[0], "the loss fell in every step: nothing is shown");
    free(bits);
    free(loss);
    store_close(&s);
}

Test(schedule_state, a_schedule_that_remembers_is_a_row_and_survives_a_kill)
{
    const struct folder f = tiny_experiment(ITERATIONS);
    struct run_result whole, pieces;

    train_until(&f, "pieces", KILLED_AT); /* before this process starts threads, which a fork would lose */
    train(&pieces, &f, "pieces");
    train(&whole, &f, "whole");
    cr_assert_str_eq(pieces.state_sha256, whole.state_sha256);
    cr_assert(pieces.iterations == ITERATIONS && pieces.bitops == whole.bitops);
    expect_bits_of_losses(&f, "whole");
    expect_bits_of_losses(&f, "pieces");
    folder_remove(&f);
}

/* --- where it is refused ------------------------------------------------------------------------------ */

Test(schedule_state, bits_that_follow_the_run_are_not_asked_for_before_it)
{
    const struct schedule_spec spec = {.type = &patience, .bits_min = 3, .bits_max = 8, .cycles = 1};

    expect_failure(schedule_check_known(&spec, "forward"), STATUS_INPUT,
                   "forward: schedule 'patience' follows what the run measures");
}

/* Take from a checkpoint what schema 1.0 had not. */
static void make_old(const struct folder *f, const char *name)
{
    static const char *const groups[] = {"model", "optim", "buffers"};
    struct digest d;
    struct store *s;
    int64_t head[2];
    double loss;
    char text[DIGEST_SIZE];

    must(store_open(&s, folder_path(f, name), STORE_UPDATE));
    must(store_get_integer(&head[0], s, "", "iter"));
    must(store_get_integer(&head[1], s, "", "seed"));
    must(store_get_number(&loss, s, "", "loss"));
    must(store_get_text(text, sizeof text, s, "", "config_sha256"));
    digest_init(&d);
    digest_add(&d, head, sizeof head);
    digest_add(&d, &loss, sizeof loss);
    digest_add(&d, text, strlen(text) + 1);
    for (int group = 0; group < 3; group++) {
        struct store_names names;
        must(store_members(&names, s, groups[group]));
        for (int i = 0; i < names.count; i++) {
            char path[STORE_NAME_MAX + 16];
            struct store_info info;
            void *value;
            snprintf(path, sizeof path, "%s/%s", groups[group], names.name[i]);
            must(store_load(&value, &info, STORE_F32, s, path));
            digest_add(&d, path, strlen(path) + 1);
            digest_add(&d, &info.count, sizeof info.count);
            digest_add(&d, value, (size_t)info.count * sizeof(float));
            free(value);
        }
        store_names_free(&names);
    }
    digest_hex(text, &d);
    must(store_set_text(s, "", "payload_sha256", text));
    must(store_set_text(s, "", "schema_version", checkpoint_versions[CHECKPOINT_TENSORS]));
    must(store_flush(s));
    store_close(&s);
}

/* Claim that a run of ITERATIONS whose checkpoints are old goes on, or is refused with `sentence`. */
static void expect_resumed(const struct schedule_type *type, const char *sentence)
{
    const struct folder f = tiny_experiment(ITERATIONS);
    struct session session;
    struct config_file *file;
    struct config config;
    struct checkpoint_source source;
    struct record *r;

    must(config_open(&file, folder_path(&f, "tiny.yaml")));
    must(config_resolve(&config, file, 0, NULL, 0));
    config_close(file);
    config.train.forward.type = type;
    must(session_open(&session, &config, &(struct machine){.threads = 1}));
    const struct record_spec spec = {
        .dir = folder_path(&f, "run"), .train = &session.config.train, .graph = &session.graph};
    must(record_open(&r, &spec, false));
    session.trainer.schedule[SCHEDULE_FORWARD].count[1] = 3;
    must(checkpoint_save(r, &session.trainer));
    make_old(&f, "run/" CHECKPOINT_LATEST);
    if (sentence != NULL) {
        expect_failure(checkpoint_load(&source, &session.trainer, r), STATUS_INPUT, sentence);
    } else {
        must(checkpoint_load(&source, &session.trainer, r));
        cr_assert(source.loaded && session.trainer.schedule[SCHEDULE_FORWARD].count[1] == 0);
    }
    must(record_close(&r, STATUS_OK));
    session_close(&session);
    folder_remove(&f);
}

Test(schedule_state, old_checkpoints_resume_where_nothing_is_remembered)
{
    const struct schedule_type *cosine;

    must(schedule_find(&cosine, "cosine"));
    expect_resumed(cosine, NULL);
    expect_resumed(&patience, "does not hold what schedule 'patience' remembers");
}
