/* tests/experiments/test_checkpoint.c - claims about checkpoints: exact, whole, and passed over when
 * damaged. */
#include "experiments/store/store.h"
#include "tests/fixtures/run_fixture.h"

#include <criterion/parameterized.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LATEST "runs/small/ckpt/latest.h5"
#define PREV   "runs/small/ckpt/prev.h5"

/* A record with `rows` iterations and a checkpoint after them, whose state is fixture_fill(rows). */
static void save(struct fixture *f, struct record *r, int64_t from, int64_t rows)
{
    fixture_rows(r, from, rows);
    fixture_fill(f, (int)rows);
    f->trainer.at = rows;
    f->trainer.loss = 2.385 / (double)rows;
    must(checkpoint_save(r, &f->trainer));
}

static struct record *start(struct fixture *f)
{
    struct record *r;

    fixture_open(f);
    must(record_open(&r, &f->spec, false));
    return r;
}

static void expect_state(struct fixture *f, int64_t iteration)
{
    char got[65], want[65];
    struct trainer *t = &f->trainer;

    cr_assert_eq(t->at, iteration);
    cr_assert_eq(t->loss, 2.385 / (double)iteration);
    trainer_hash(got, t);
    fixture_fill(f, (int)iteration);
    trainer_hash(want, t);
    cr_assert_str_eq(got, want);
}

static void damage(struct fixture *f, const char *name)
{
    static char bytes[1 << 20];
    const size_t size = folder_read(&f->folder, name, bytes, sizeof bytes);

    for (size_t i = 0; i + 4 <= size; i++) { /* a byte of a weight: HDF5 itself does not notice */
        const float first = f->graph.nodes[0].layer->params[0].value[0];
        if (memcmp(bytes + i, &first, sizeof first) == 0) bytes[i] ^= 1;
    }
    folder_write(&f->folder, name, bytes, size);
}

/* --- exact -------------------------------------------------------------------------------------------- */

Test(checkpoint, every_bit_of_the_state_comes_back)
{
    struct fixture f;
    struct checkpoint_source source;
    struct record *r = start(&f);

    must(checkpoint_load(&source, &f.trainer, r));
    cr_assert(!source.loaded && source.iteration == 0, "there is none yet");
    f.graph.nodes[0].layer->params[0].value[0] = -0.0f;
    save(&f, r, 0, 40);
    fixture_fill(&f, 99);
    f.trainer.at = 0;
    must(checkpoint_load(&source, &f.trainer, r));
    cr_assert(source.loaded && source.iteration == 40, "%s", source.note);
    expect_state(&f, 40);
    must(record_close(&r, STATUS_OK));
    fixture_close(&f);
}

Test(checkpoint, the_state_before_is_kept)
{
    struct fixture f;
    struct checkpoint_source source;
    struct record *r = start(&f);
    int64_t iteration;

    save(&f, r, 0, 10);
    cr_assert_eq(folder_size(&f.folder, PREV), -1L);
    save(&f, r, 10, 20);
    save(&f, r, 20, 30);
    must(checkpoint_verify(&iteration, NULL, folder_path(&f.folder, LATEST)));
    cr_assert_eq(iteration, 30);
    must(checkpoint_verify(&iteration, NULL, folder_path(&f.folder, PREV)));
    cr_assert_eq(iteration, 20);
    cr_assert_eq(folder_size(&f.folder, "runs/small/ckpt/next.h5"), -1L);
    must(checkpoint_load(&source, &f.trainer, r));
    expect_state(&f, 30);
    must(record_close(&r, STATUS_OK));
    fixture_close(&f);
}

Test(checkpoint, the_record_is_never_behind_it)
{
    struct fixture f;
    struct store *s;
    struct store_info info;
    struct record *r = start(&f);

    save(&f, r, 0, 33); /* no flush but its own */
    must(store_open(&s, folder_path(&f.folder, "runs/small/run.h5"), STORE_READ));
    must(store_look(&info, s, "train/iter"));
    cr_assert_eq(info.count, 33);
    store_close(&s);
    must(record_close(&r, STATUS_OK));
    fixture_close(&f);
}

Test(checkpoint, is_read_from_a_file_or_a_run_directory)
{
    struct fixture f;
    struct checkpoint_source source;
    struct record *r = start(&f);

    save(&f, r, 0, 20);
    must(record_close(&r, STATUS_OK));
    fixture_fill(&f, 1);
    must(checkpoint_read(&source, &f.graph, f.dir));
    expect_state(&f, 20);
    fixture_fill(&f, 1);
    must(checkpoint_read(&source, &f.graph, folder_path(&f.folder, LATEST)));
    cr_assert_eq(source.iteration, 20);
    expect_state(&f, 20);
    expect_failure(checkpoint_read(&source, &f.graph, f.folder.path), STATUS_IO, "there is no checkpoint");
    expect_failure(checkpoint_read(&source, &f.graph, "none.h5"), STATUS_IO, "none.h5: No such file");
    expect_failure(checkpoint_read(&source, &f.graph, folder_path(&f.folder, "runs/small/run.h5")),
                   STATUS_INPUT, "is not a checkpoint");
    fixture_close(&f);
}

/* --- damage ------------------------------------------------------------------------------------------- */

Test(checkpoint, a_damaged_one_is_passed_over_and_said_so)
{
    struct fixture f;
    struct checkpoint_source source;
    struct record *r = start(&f);

    save(&f, r, 0, 10);
    save(&f, r, 10, 20);
    damage(&f, LATEST);
    must(checkpoint_load(&source, &f.trainer, r));
    cr_assert(strstr(source.note, "latest.h5: is damaged: its bytes do not have the SHA-256") != NULL, "%s",
              source.note);
    cr_assert(strstr(source.note, "prev.h5 at iteration 10") != NULL, "%s", source.note);
    expect_state(&f, 10);
    must(record_rewind(r, source.iteration, source.note));
    must(record_close(&r, STATUS_OK));
    fixture_close(&f);
}

Test(checkpoint, a_truncated_one_is_passed_over)
{
    struct fixture f;
    struct checkpoint_source source;
    struct record *r = start(&f);

    save(&f, r, 0, 10);
    save(&f, r, 10, 20);
    cr_assert(truncate(folder_path(&f.folder, LATEST), folder_size(&f.folder, LATEST) / 2) == 0);
    must(checkpoint_load(&source, &f.trainer, r));
    expect_state(&f, 10);
    must(record_close(&r, STATUS_OK));
    fixture_close(&f);
}

Test(checkpoint, without_a_good_one_nothing_is_touched)
{
    struct fixture f;
    struct checkpoint_source source;
    char before[65], after[65];
    struct record *r = start(&f);

    save(&f, r, 0, 10);
    save(&f, r, 10, 20);
    damage(&f, LATEST);
    folder_write(&f.folder, PREV, "gone", 4);
    fixture_fill(&f, 3);
    f.trainer.at = 0;
    trainer_hash(before, &f.trainer);
    expect_failure(checkpoint_load(&source, &f.trainer, r), STATUS_INPUT,
                   "there is no other good checkpoint");
    trainer_hash(after, &f.trainer);
    cr_assert_str_eq(before, after);
    must(record_close(&r, STATUS_OK));
    fixture_close(&f);
}

Test(checkpoint, another_models_is_refused)
{
    struct fixture f, other;
    struct checkpoint_source source;
    struct record *r = start(&f);

    save(&f, r, 0, 10);
    fixture_open(&other);
    snprintf(other.graph.nodes[0].layer->name, NAME_LENGTH, "stem");
    expect_failure(checkpoint_read(&source, &other.graph, f.dir), STATUS_INPUT,
                   "has no 'model/stem.weight' of 108 values: it was written for another model");
    must(record_close(&r, STATUS_OK));
    fixture_close(&other);
    fixture_close(&f);
}

/* A record in the place of one that had a checkpoint, whose bytes are kept: how many. */
static size_t replaced_record(struct record **r, char *bytes, size_t room, struct fixture *f)
{
    *r = start(f);
    save(f, *r, 0, 10);
    const size_t size = folder_read(&f->folder, LATEST, bytes, room);
    must(record_close(r, STATUS_OK));
    sleep(1); /* runs are told apart by second, process and host */
    must(record_open(r, &f->spec, true));
    return size;
}

Test(checkpoint, those_of_a_replaced_record_are_none_of_this_run)
{
    struct fixture f;
    struct checkpoint_source source;
    static char bytes[1 << 20];
    struct record *r;

    const size_t size = replaced_record(&r, bytes, sizeof bytes, &f);
    cr_assert_eq(folder_size(&f.folder, LATEST), -1L);
    folder_write(&f.folder, LATEST, bytes, size); /* as if the kill had come before it was removed */
    must(checkpoint_load(&source, &f.trainer, r));
    cr_assert(!source.loaded);
    must(record_close(&r, STATUS_OK));
    fixture_close(&f);
}

Test(checkpoint, one_of_another_run_beside_a_record_is_refused)
{
    struct fixture f;
    struct checkpoint_source source;
    static char bytes[1 << 20];
    struct record *r;

    const size_t size = replaced_record(&r, bytes, sizeof bytes, &f);
    fixture_rows(r, 0, 3);
    folder_write(&f.folder, LATEST, bytes, size);
    expect_failure(checkpoint_load(&source, &f.trainer, r), STATUS_INPUT,
                   "latest.h5: belongs to another run (");
    save(&f, r, 3, 7); /* now the other one is prev.h5, which nobody asks for */
    must(checkpoint_load(&source, &f.trainer, r));
    cr_assert_eq(source.iteration, 7);
    must(record_close(&r, STATUS_OK));
    fixture_close(&f);
}

/* --- full disk, kills --------------------------------------------------------------------------------- */

Test(checkpoint, a_full_disk_keeps_both)
{
    struct fixture f;
    struct checkpoint_source source;
    struct rlimit limit;
    struct record *r = start(&f);

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    save(&f, r, 0, 10);
    save(&f, r, 10, 20);
    fixture_rows(r, 20, 30);
    f.trainer.at = 30;
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){100, limit.rlim_max});
    expect_failure(checkpoint_save(r, &f.trainer), STATUS_IO, "cannot write");
    setrlimit(RLIMIT_FSIZE, &limit);
    must(checkpoint_load(&source, &f.trainer, r));
    expect_state(&f, 20);
    must(checkpoint_verify(NULL, NULL, folder_path(&f.folder, PREV)));
    must(record_close(&r, STATUS_OK));
    fixture_close(&f);
}

/* Saves without end until it is killed. */
static void run_until_killed(struct fixture *f)
{
    struct record *r;
    struct checkpoint_source source = {0};

    if (record_exists(f->dir)) {
        must(record_resume(&r, &f->spec));
        must(checkpoint_load(&source, &f->trainer, r));
        must(record_rewind(r, source.iteration, source.note));
    } else {
        must(record_open(&r, &f->spec, false));
    }
    for (int64_t at = source.iteration;; at += 3)
        save(f, r, at, at + 3);
}

Test(checkpoint, kills_at_any_moment_leave_a_run_that_goes_on, .timeout = 300)
{
    struct fixture f;
    struct checkpoint_source source;
    struct record *r;
    struct store *s;
    struct store_info info;
    int64_t reached = 0;
    int status, advances = 0;

    fixture_open(&f);
    for (int attempt = 0; attempt < 25 || advances < 8; attempt++) {
        const pid_t child = fork();
        if (child == 0) run_until_killed(&f);
        usleep((3000u + 7919u * (unsigned)attempt % 60000u)
               << (unsigned)attempt / 10u %
                      5u); /* from 3 ms on; twice as late after each ten, for slow machines */
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "attempt %d ended by itself", attempt);
        if (!record_exists(f.dir)) continue;
        must(record_resume(&r, &f.spec));
        must(checkpoint_load(&source, &f.trainer, r));
        must(record_rewind(r, source.iteration, source.note));
        cr_assert_geq(source.iteration, reached, "attempt %d lost a checkpoint", attempt);
        advances += source.iteration > reached;
        reached = source.iteration;
        if (reached > 0) expect_state(&f, reached);
        must(record_close(&r, STATUS_INTERRUPTED));
    }
    must(store_open(&s, folder_path(&f.folder, "runs/small/run.h5"), STORE_READ));
    must(store_look(&info, s, "train/iter"));
    cr_assert_eq(info.count, reached);
    store_close(&s);
    fixture_close(&f);
}
