/* tests/experiments/test_resume.c - a run that was killed, interrupted or continued is the run that never
 * stopped. */
#include "tests/fixtures/command_line.h"

#include "experiments/store/store.h"

#include <criterion/parameterized.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { ITERATIONS = 24, KILLS = 10 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Begin or resume the run in DIR/NAME without waiting for it. */
static pid_t start(const struct folder *f, const char *name)
{
    char file[192], out[192], log[192];
    snprintf(file, sizeof file, "%s/tiny.yaml", f->path);
    snprintf(out, sizeof out, "%s/%s", f->path, name);
    snprintf(log, sizeof log, "%s/stderr", f->path);
    const char *path = program();
    const pid_t pid = fork();
    if (pid == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL || freopen(log, "w", stderr) == NULL) _exit(126);
        execl(path, "cptsim", "train", file, "--out", out, "--resume", (char *)NULL);
        _exit(127);
    }
    cr_assert(pid > 0);
    return pid;
}

static int signal_after(pid_t pid, double seconds, int signal)
{
    int status;
    usleep((useconds_t)(seconds * 1e6));
    kill(pid, signal);
    waitpid(pid, &status, 0);
    return status;
}

/* Train to the end and give the final state. */
static void finish(char state[128], const struct folder *f, const char *name)
{
    struct answer o;
    cli(&o, f, "train %s/tiny.yaml --out %s/%s --resume", f->path, f->path, name);
    cr_assert(o.code == 0, "%s", o.err);
    snprintf(state, 128, "%.127s", last_line(o.out));
}

/* Claim that a column of both records holds the same bytes. */
static void expect_same_column(const struct folder *f, const char *one, const char *other, const char *column)
{
    struct store *a, *b;
    struct store_info ia, ib;
    void *da, *db;
    char path[64];

    snprintf(path, sizeof path, "%s/run.h5", one);
    must(store_open(&a, folder_path(f, path), STORE_READ));
    snprintf(path, sizeof path, "%s/run.h5", other);
    must(store_open(&b, folder_path(f, path), STORE_READ));
    must(store_load(&da, &ia, STORE_F64, a, column));
    must(store_load(&db, &ib, STORE_F64, b, column));
    cr_assert(ia.count == ib.count, "%s: %ld and %ld values", column, (long)ia.count, (long)ib.count);
    cr_assert(memcmp(da, db, (size_t)ia.count * sizeof(double)) == 0, "%s differs", column);
    free(da);
    free(db);
    store_close(&a);
    store_close(&b);
}

static void expect_same_record(const struct folder *f, const char *one, const char *other)
{
    static const char *const columns[] = {
        "train/iter",   "train/loss",     "train/lr",        "train/bits_fw",
        "train/bitops", "eval/max/iter",  "eval/max/bits",   "eval/max/test_acc",
        "layers/iter",  "layers/act/max", "layers/err/clip", "layers/weight/min",
    };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        expect_same_column(f, one, other, columns[i]);
}

Test(resume, ten_kills_leave_no_trace_in_the_result)
{
    const struct folder f = tiny_experiment(ITERATIONS);
    char whole[128], pieces[128];
    const double before = now();

    finish(whole, &f, "whole");
    const double duration = now() - before;
    for (int i = 0; i < KILLS; i++) {
        const double part = (double)(i * 7 % KILLS + 1) / (KILLS + 1); /* early, late, in between */
        (void)signal_after(start(&f, "pieces"), part * duration, SIGKILL);
    }
    finish(pieces, &f, "pieces");
    cr_assert(strcmp(whole, pieces) == 0, "%s is not %s", pieces, whole);
    expect_same_record(&f, "whole", "pieces");
    folder_remove(&f);
}

ParameterizedTestParameters(resume, a_signal_to_stop_checkpoints_and_exits_with_75)
{
    static int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGXCPU};
    return cr_make_param_array(int, signals, sizeof signals / sizeof signals[0]);
}

ParameterizedTest(int *which, resume, a_signal_to_stop_checkpoints_and_exits_with_75)
{
    const struct folder f = tiny_experiment(100000);
    struct answer o;

    const pid_t pid = start(&f, "run");
    for (int i = 0; i < 600 && folder_size(&f, "run/ckpt/latest.h5") < 0; i++)
        usleep(50000);
    const int status = signal_after(pid, 0, *which);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 75, "status %d", status);
    slurp(o.err, sizeof o.err, &f, "stderr");
    cr_assert(strstr(o.err, "the same command with --resume goes on") != NULL, "%s", o.err);
    cr_assert(folder_size(&f, "run/ckpt/latest.h5") > 0);
    folder_remove(&f);
}

/* Wait until the run says so on stderr. */
static void wait_for(const struct folder *f, const char *words)
{
    static char text[8192];

    for (int i = 0; i < 6000; i++) {
        slurp(text, sizeof text, f, "stderr");
        if (strstr(text, words) != NULL) return;
        usleep(10000);
    }
    cr_assert_fail("never said '%s': %s", words, text);
}

/* With modelled accumulators an evaluation may take hours: here, of 80 images, a second or two. */
Test(resume, an_evaluation_is_left_between_batches_and_made_up_for)
{
    const struct folder f = tiny_experiment(1);
    char whole[128], pieces[128], text[8192];

    idx_write(f.path, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", SMALL_TRAIN, 80);
    slurp(text, sizeof text, &f, "tiny.yaml");
    char *cycles = strstr(text, "cycles: 2");
    memcpy(cycles, "cycles: 1", 9);
    strcat(text, "roles: {accumulator: \"fp:fp16\"}\n");
    folder_write(&f, "tiny.yaml", text, strlen(text));
    finish(whole, &f, "whole");

    folder_write(&f, "stderr", "", 0); /* what the whole run said */
    const pid_t pid = start(&f, "pieces");
    wait_for(&f, "tiny 1/1 ");
    const int status = signal_after(pid, 0, SIGTERM);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 75, "status %d", status);
    wait_for(&f, "pieces: stopped in an evaluation after 1 of 1 iterations; the same command with --resume");
    cr_assert(folder_size(&f, "pieces/ckpt/latest.h5") > 0);
    finish(pieces, &f, "pieces");
    cr_assert(strcmp(whole, pieces) == 0, "%s is not %s", pieces, whole);
    expect_same_record(&f, "whole", "pieces");
    folder_remove(&f);
}

/* Of a table and the lines below it, leave out seconds, which are the last column, and memory. */
static void without_times(char *text)
{
    char *out = text, *end;

    for (char *line = text; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        const char *tab = memrchr(line, '\t', (size_t)(end - line));
        const size_t length = (size_t)((tab != NULL ? tab : end) - line);
        if (strncmp(line, "peak memory", 11) == 0) continue;
        memmove(out, line, length);
        out[length] = '\n';
        out += length + 1;
    }
    *out = '\0';
}

/* A result as it was printed when the run ended, and the record untouched: its times are of the training. */
Test(resume, a_finished_run_says_so_and_prints_its_result_again)
{
    static const char *const bits[] = {"max float32", "current 5 all"};

    for (int i = 0; i < 2; i++) {
        static char first[1 << 20], second[1 << 20];
        static struct answer once, twice;
        const struct folder f = tiny_experiment(5);
        cli(&once, &f, "train %s/tiny.yaml --out %s/run --set evaluate.bits='%s'", f.path, f.path, bits[i]);
        cr_assert(once.code == 0, "%s", once.err);
        const size_t length = folder_read(&f, "run/run.h5", first, sizeof first);
        cli(&twice, &f, "train %s/tiny.yaml --out %s/run --set evaluate.bits='%s' --resume", f.path, f.path,
            bits[i]);
        without_times(once.out);
        without_times(twice.out);
        cr_assert(twice.code == 0 && strcmp(twice.out, once.out) == 0, "%s is not\n%s", twice.out, once.out);
        cr_assert(strstr(twice.err, "/run: already finished, 5 iterations; --force trains it again\n") !=
                      NULL,
                  "%s", twice.err);
        cr_assert(length < sizeof first && length == folder_read(&f, "run/run.h5", second, sizeof second) &&
                  memcmp(first, second, length) == 0);
        cli(&twice, &f, "train %s/tiny.yaml --out %s/run --set evaluate.bits=4 --resume", f.path, f.path);
        expect_refusal(&twice, 3, "was made with another configuration");
        folder_remove(&f);
    }
}

/* Nothing goes on from a checkpoint alone: every command says what is left and what to do. */
Test(resume, a_damaged_record_beside_a_whole_checkpoint_says_what_can_be_done)
{
    static const char *const commands[] = {"train @/tiny.yaml --out @/run --resume",
                                           "info @/run",
                                           "doctor @/run",
                                           "eval @/run/ckpt/latest.h5",
                                           "report @/run",
                                           "export @/run/run.h5"};
    static struct answer o;
    const struct folder f = tiny_experiment(5);
    char arguments[512], path[192];

    cli(&o, &f, "train %s/tiny.yaml --out %s/run", f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    snprintf(path, sizeof path, "%s/run/run.h5", f.path);
    cr_assert(truncate(path, 3000) == 0);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        with_folder(arguments, sizeof arguments, commands[i], &f);
        cli(&o, &f, "%s", arguments);
        expect_refusal(&o, 3, "run.h5: cannot open it: is it damaged? (HDF5: truncated file");
        cr_assert(strstr(o.err,
                         "; ckpt/latest.h5 (5 iterations) is whole, but a run goes on only with both: put "
                         "back a copy of run.h5 that is no older, or begin again by train --force\n") != NULL,
                  "%s: %s", commands[i], o.err);
    }
    cr_assert(truncate(path, 0) == 0);
    cr_assert(unlink(folder_path(&f, "run/ckpt/latest.h5")) == 0 &&
              unlink(folder_path(&f, "run/ckpt/prev.h5")) == 0);
    cli(&o, &f, "info %s/run", f.path);
    expect_refusal(&o, 3,
                   "is empty, not an HDF5 file; put back a copy of it, or begin again by train --force");
    folder_remove(&f);
}

/* --- what a record pins ------------------------------------------------------------------------------- */

/* A run of 5 iterations that says that it was stopped, and the command line that goes on with it. */
static struct folder stopped_run(void)
{
    static struct answer o;
    struct store *s;
    const struct folder f = tiny_experiment(5);

    cli(&o, &f, "train %s/tiny.yaml --out %s/run", f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    must(store_open(&s, folder_path(&f, "run/run.h5"), STORE_UPDATE));
    must(store_set_text(s, "", "status", "interrupted"));
    must(store_flush(s));
    store_close(&s);
    return f;
}

/* Claim that a command is refused by a sentence with `part`, and changes no byte of the record. */
static void expect_kept(const struct folder *f, const char *words, const char *part)
{
    static char before[1 << 20], after[1 << 20];
    static struct answer o;
    char arguments[512];

    const size_t size = folder_read(f, "run/run.h5", before, sizeof before);
    with_folder(arguments, sizeof arguments, words, f);
    cli(&o, f, "%s", arguments);
    expect_refusal(&o, 3, part);
    cr_assert(size == folder_read(f, "run/run.h5", after, sizeof after) && memcmp(before, after, size) == 0);
}

Test(resume, other_data_are_refused_with_the_names_of_what_differs)
{
    static const char *const commands[] = {"train @/tiny.yaml --out @/run --resume", "eval @/run",
                                           "eval @/run/ckpt/latest.h5", "eval @/run --data-dir @"};
    const struct folder f = stopped_run();

    idx_write(f.path, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 100, SMALL_TRAIN);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        expect_kept(&f, commands[i], "run.h5: was trained on other data than those in");
        expect_kept(&f, commands[i], "(sha256_train ");
    }
    mnist_write(f.path);
    idx_write(f.path, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 100, SMALL_TEST + 1);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        expect_kept(&f, commands[i], "(n_test 6, now 7; sha256_test ");
    folder_remove(&f);
}

Test(resume, another_configuration_is_refused_with_the_names_of_what_differs)
{
    static const struct {
        const char *set, *says;
    } cases[] = {
        {"--set forward.cycles=1", "another configuration (forward.cycles 2, now 1); undo"},
        {"--seed 2 --set data.batch=5", "another configuration (seed 1, now 2; data.batch 4, now 5); undo"},
        {"--set roles.error=float32", "another configuration (roles.error recipe, now float32); undo"},
        {"--set hardware=none", "is priced on hardware 'bitfusion', not on none"},
        {"--set hardware=eyeriss", "is priced on hardware 'bitfusion' ("},
    };
    const struct folder f = stopped_run();
    char words[256];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(words, sizeof words, "train @/tiny.yaml --out @/run --resume %s", cases[i].set);
        expect_kept(&f, words, cases[i].says);
    }
    folder_remove(&f);
}

Test(resume, a_checkpoint_of_another_run_is_not_evaluated_as_this_one)
{
    static struct answer o;
    char bytes[1 << 20];
    const struct folder f = stopped_run();

    cli(&o, &f, "train %s/tiny.yaml --seed 2 --out %s/other", f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    const size_t size = folder_read(&f, "other/ckpt/latest.h5", bytes, sizeof bytes);
    cr_assert(size < sizeof bytes);
    folder_write(&f, "run/ckpt/latest.h5", bytes, size);
    expect_kept(&f, "eval @/run", "run/ckpt/latest.h5: is a checkpoint of run ");
    expect_kept(&f, "eval @/run/ckpt/latest.h5", "run/ckpt/latest.h5: is a checkpoint of run ");
    folder_remove(&f);
}
