/* tests/test_record.c - claims about a record: what it holds, who may write it, what going on leaves. */
#include "sim/store.h"
#include "tests/run_fixture.h"

#include <criterion/parameterized.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *run_file(const struct fixture *f)
{
    return folder_path(&f->folder, "runs/small/run.h5");
}

static struct store *open_run(const struct fixture *f)
{
    struct store *s;

    must(store_open(&s, run_file(f), STORE_READ));
    return s;
}

static double *numbers(int64_t *count, struct store *s, const char *path)
{
    struct store_info info;
    void *data;

    must(store_load(&data, &info, STORE_F64, s, path));
    *count = info.count;
    return data;
}

/* --- what it holds ------------------------------------------------------------------------------------ */

Test(record, holds_every_iteration_under_fixed_names)
{
    struct fixture f;
    struct record *r;
    int64_t count;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    fixture_rows(r, 0, 200);
    must(record_close(&r, STATUS_OK));
    struct store *s = open_run(&f);
    double *loss = numbers(&count, s, "train/loss"), *bits = numbers(&count, s, "train/bits_fw"),
           *sum = numbers(&count, s, "train/bitops"), *step = numbers(&count, s, "train/bitops_step");
    cr_assert_eq(count, 200);
    double expected = 0;
    for (int64_t i = 0; i < 200; i++) {
        const struct step_row row = fixture_row(i);
        expected += row.bitops;
        cr_assert(loss[i] == row.loss && bits[i] == row.forward_bits && step[i] == row.bitops &&
                      sum[i] == expected,
                  "row %d", (int)i);
    }
    free(loss);
    free(bits);
    free(sum);
    free(step);
    store_close(&s);
    fixture_close(&f);
}

Test(record, says_what_it_is_and_how_it_ended)
{
    struct fixture f;
    struct record *r;
    char text[128], *config;
    int64_t last;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    struct store *s = open_run(&f); /* on disk from the beginning */
    must(store_get_text(text, sizeof text, s, "", "status"));
    cr_assert_str_eq(text, "running");
    store_close(&s);
    fixture_rows(r, 0, 3);
    must(record_summary_number(r, "test_acc", 0.8951, "1"));
    must(record_close(&r, STATUS_DIVERGED));
    cr_assert(r == NULL);
    s = open_run(&f);
    must(store_get_text(text, sizeof text, s, "", "schema"));
    cr_assert_str_eq(text, "cptsim-run");
    must(store_get_text(text, sizeof text, s, "", "status"));
    cr_assert_str_eq(text, "diverged");
    must(store_get_integer(&last, s, "", "last_iter"));
    cr_assert_eq(last, 3);
    must(store_load_text(&config, s, "config/resolved"));
    cr_assert_str_eq(config, f.spec.resolved);
    free(config);
    must(store_load_text(&config, s, "config/overrides"));
    cr_assert_str_eq(config, "seed=7\nmodel=none\n");
    free(config);
    must(store_get_text(text, sizeof text, s, "train/loss", "units"));
    cr_assert_str_eq(text, "1");
    must(store_get_text(text, sizeof text, s, "train/wall_s", "units"));
    cr_assert_str_eq(text, "s");
    cr_assert(store_has_attribute(s, "provenance", "git_commit"));
    cr_assert(store_has_attribute(s, "provenance", "cpu_seconds"));
    store_close(&s);
    fixture_close(&f);
}

Test(record, an_evaluation_stands_beside_its_bits_once)
{
    struct fixture f;
    struct record *r;
    int64_t count;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    struct evaluation test = fixture_evaluation(10, 8), validation = test;
    validation.split = SPLIT_VALIDATION;
    validation.accuracy = 0.5;
    must(record_evaluation(r, &test, 10, "max"));
    must(record_evaluation(r, &validation, 10, "max")); /* the same row */
    must(record_evaluation(r, &test, 10, "max"));       /* again: replaces */
    test.bits = 3;
    must(record_evaluation(r, &test, 10, "all"));
    test.bits = 4;
    must(record_evaluation(r, &test, 10, "all")); /* other bits: another row */
    must(record_close(&r, STATUS_OK));
    struct store *s = open_run(&f);
    double *accuracy = numbers(&count, s, "eval/max/test_acc");
    cr_assert_eq(count, 1);
    cr_assert_eq(accuracy[0], test.accuracy);
    free(accuracy);
    accuracy = numbers(&count, s, "eval/max/val_acc");
    cr_assert_eq(accuracy[0], 0.5);
    free(accuracy);
    accuracy = numbers(&count, s, "eval/max/train_acc");
    cr_assert(isnan(accuracy[0]));
    free(accuracy);
    double *bits = numbers(&count, s, "eval/all/bits");
    cr_assert(count == 2 && bits[0] == 3 && bits[1] == 4);
    free(bits);
    store_close(&s);
    fixture_close(&f);
}

Test(record, layers_are_described_and_traced)
{
    struct fixture f;
    struct record *r;
    int64_t count;
    void *names;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    f.graph.nodes[0].layer->trace = (struct layer_trace){.weight = {-0.5f, 0.25f},
                                                         .activation = {-1.0f, 2.385f},
                                                         .clipped_activation = 17,
                                                         .floored_channels = 2};
    must(record_layers(r, &f.graph, 0));
    must(record_layers(r, &f.graph, 10));
    must(record_close(&r, STATUS_OK));
    struct store *s = open_run(&f);
    must(store_load(&names, NULL, STORE_TEXT, s, "layers/name"));
    cr_assert_str_eq((char *)names, "conv1");
    cr_assert_str_eq((char *)names + NAME_LENGTH, "fc");
    free(names);
    double *max = numbers(&count, s, "layers/act/max"), *clip = numbers(&count, s, "layers/act/clip"),
           *floored = numbers(&count, s, "layers/weight/floor"), *macs = numbers(&count, s, "layers/macs");
    cr_assert(max[2] == (double)2.385f && clip[2] == 17 && floored[2] == 2, "second row, first layer");
    cr_assert(isnan(max[3]), "the linear layer stays float32");
    cr_assert_eq(macs[0], 6.0 * 6 * 4 * 3 * 9);
    free(max);
    free(clip);
    free(floored);
    free(macs);
    store_close(&s);
    fixture_close(&f);
}

Test(record, flushes_by_itself_every_few_seconds)
{
    struct fixture f;
    struct record *r;
    int64_t count;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    fixture_rows(r, 0, 7);
    struct store *s = open_run(&f);
    free(numbers(&count, s, "train/loss"));
    cr_assert_eq(count, 0);
    store_close(&s);
    sleep(RECORD_FLUSH_SECONDS);
    usleep(200000);
    fixture_rows(r, 7, 8);
    s = open_run(&f);
    free(numbers(&count, s, "train/loss"));
    cr_assert_eq(count, 8);
    store_close(&s);
    must(record_close(&r, STATUS_OK));
    fixture_close(&f);
}

/* --- who may write it --------------------------------------------------------------------------------- */

Test(record, an_existing_one_is_refused_and_kept)
{
    struct fixture f;
    struct record *r;
    int64_t count;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    fixture_rows(r, 0, 5);
    must(record_close(&r, STATUS_OK));
    expect_failure(record_open(&r, &f.spec, false), STATUS_IO,
                   "there is a record already (done, 5 iterations)");
    cr_assert(r == NULL);
    struct store *s = open_run(&f);
    free(numbers(&count, s, "train/loss"));
    cr_assert_eq(count, 5);
    store_close(&s);
    must(record_open(&r, &f.spec, true));
    must(record_close(&r, STATUS_OK));
    s = open_run(&f);
    free(numbers(&count, s, "train/loss"));
    cr_assert_eq(count, 0);
    store_close(&s);
    fixture_close(&f);
}

Test(record, a_second_process_is_told_who_writes)
{
    struct fixture f;
    struct record *r, *second;
    char holder[128], pid[32];
    int ready[2], status;

    fixture_open(&f);
    cr_assert(pipe(ready) == 0);
    const pid_t child = fork();
    if (child == 0) {
        const bool opened = record_open(&r, &f.spec, false) == STATUS_OK;
        if (write(ready[1], &opened, 1) != 1) _exit(1);
        pause();
        _exit(0);
    }
    char opened = 0;
    cr_assert(read(ready[0], &opened, 1) == 1 && opened);
    snprintf(pid, sizeof pid, "process %ld on ", (long)child);
    cr_assert(record_writer(holder, sizeof holder, f.dir));
    cr_assert(strstr(holder, pid) != NULL, "%s", holder);
    expect_failure(record_open(&second, &f.spec, true), STATUS_IO, pid);
    expect_failure(record_resume(&second, &f.spec), STATUS_IO, pid);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    cr_assert(!record_writer(holder, sizeof holder, f.dir)); /* the kernel let go */
    must(record_resume(&second, &f.spec));
    must(record_close(&second, STATUS_OK));
    fixture_close(&f);
}

/* Opens a record, waits until told, and ends with the status of a flush. */
static void write_when_told(struct fixture *f, int ready, int told)
{
    struct record *r;
    char byte = 0;

    must(record_open(&r, &f->spec, false));
    fixture_rows(r, 0, 10);
    _exit(write(ready, &byte, 1) == 1 && read(told, &byte, 1) == 1 ? (int)record_flush(r) : -1);
}

Test(record, a_directory_that_is_replaced_is_not_written_by_the_old_process)
{
    struct fixture f;
    struct record *r;
    int ready[2], told[2], status;
    char byte = 0;
    int64_t count;

    fixture_open(&f);
    cr_assert(pipe(ready) == 0 && pipe(told) == 0);
    const pid_t child = fork();
    if (child == 0) write_when_told(&f, ready[1], told[0]);
    cr_assert(read(ready[0], &byte, 1) == 1);
    cr_assert(rename(f.dir, folder_path(&f.folder, "runs/moved")) == 0);
    must(record_open(&r, &f.spec, false));
    fixture_rows(r, 0, 20);
    must(record_flush(r));
    cr_assert(write(told[1], &byte, 1) == 1);
    waitpid(child, &status, 0);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == STATUS_IO, "the old process must see it");
    struct store *s = open_run(&f);
    free(numbers(&count, s, "train/loss"));
    cr_assert_eq(count, 20);
    store_close(&s);
    must(record_close(&r, STATUS_OK));
    fixture_close(&f);
}

/* --- going on ----------------------------------------------------------------------------------------- */

struct kill_point {
    int64_t rows, checkpoint; /* recorded before the kill; iterations of the checkpoint */
};

ParameterizedTestParameters(record, a_resumed_record_has_no_gap_and_no_double_row)
{
    static struct kill_point points[] = {{0, 0},   {1, 0},     {40, 40},  {41, 40},
                                         {99, 40}, {300, 100}, {300, 240}};

    return cr_make_param_array(struct kill_point, points, sizeof points / sizeof *points);
}

/* What a run does every iteration, every 10th and every 20th. */
static void run_iterations(struct record *r, const struct fixture *f, int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++) {
        fixture_rows(r, i, i + 1);
        if (i % 10 == 0) must(record_layers(r, &f->graph, i));
        if ((i + 1) % 20 != 0) continue;
        const struct evaluation e = fixture_evaluation(i + 1, 8);
        must(record_evaluation(r, &e, i + 1, "max"));
    }
}

ParameterizedTest(struct kill_point *p, record, a_resumed_record_has_no_gap_and_no_double_row)
{
    struct fixture f;
    struct record *r;
    int64_t count;
    int status;

    fixture_open(&f);
    const pid_t child = fork();
    if (child == 0) { /* is killed after its last flush */
        must(record_open(&r, &f.spec, false));
        run_iterations(r, &f, 0, p->rows);
        must(record_flush(r));
        raise(SIGKILL);
    }
    waitpid(child, &status, 0);
    cr_assert(WIFSIGNALED(status));
    must(record_resume(&r, &f.spec));
    must(record_rewind(r, p->checkpoint, "from a test"));
    if (p->checkpoint > 0 && p->checkpoint % 20 == 0) { /* some runs evaluate once more where they stand */
        const struct evaluation e = fixture_evaluation(p->checkpoint, 8);
        must(record_evaluation(r, &e, p->checkpoint, "max"));
    }
    run_iterations(r, &f, p->checkpoint, 320);
    double expected = 0;
    for (int64_t i = 0; i < 320; i++)
        expected += fixture_row(i).bitops;
    cr_assert(record_bitops(r) == expected, "sums go on exactly");
    must(record_close(&r, STATUS_OK));

    struct store *s = open_run(&f);
    double *iter = numbers(&count, s, "train/iter");
    cr_assert_eq(count, 320);
    for (int64_t i = 0; i < count; i++)
        cr_assert_eq((int64_t)iter[i], i);
    free(iter);
    iter = numbers(&count, s, "eval/max/iter");
    cr_assert_eq(count, 16);
    for (int64_t i = 0; i < count; i++)
        cr_assert_eq((int64_t)iter[i], 20 * (i + 1));
    free(iter);
    iter = numbers(&count, s, "layers/iter");
    cr_assert_eq(count, 32);
    for (int64_t i = 0; i < count; i++)
        cr_assert_eq((int64_t)iter[i], 10 * i);
    free(iter);
    free(numbers(&count, s, "provenance/events/iter"));
    cr_assert_eq(count, 1);
    store_close(&s);
    fixture_close(&f);
}

Test(record, another_configuration_is_not_gone_on_with)
{
    struct fixture f;
    struct record *r;

    fixture_open(&f);
    expect_failure(record_resume(&r, &f.spec), STATUS_IO, "no such record to go on with");
    must(record_open(&r, &f.spec, false));
    must(record_close(&r, STATUS_INTERRUPTED));
    f.spec.resolved = "seed: 8\nmodel: none\n";
    expect_failure(record_resume(&r, &f.spec), STATUS_INPUT, "was made with another configuration");
    fixture_close(&f);
}

Test(record, a_record_behind_its_checkpoint_is_refused)
{
    struct fixture f;
    struct record *r;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    fixture_rows(r, 0, 30);
    must(record_close(&r, STATUS_INTERRUPTED));
    must(record_resume(&r, &f.spec));
    expect_failure(record_rewind(r, 40, ""), STATUS_INPUT,
                   "has 30 iterations, but the checkpoint was made after 40");
    must(record_close(&r, STATUS_INTERRUPTED));
    fixture_close(&f);
}

/* --- bad input ---------------------------------------------------------------------------------------- */

Test(record, foreign_damaged_and_incomplete_files_are_refused_and_kept)
{
    struct fixture f;
    struct record *r;
    struct store *s;
    static char bytes[1 << 20];

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    fixture_rows(r, 0, 30);
    must(record_close(&r, STATUS_OK));
    const size_t size = folder_read(&f.folder, "runs/small/run.h5", bytes, sizeof bytes);
    folder_write(&f.folder, "runs/small/run.h5", bytes, size / 2);
    expect_failure(record_resume(&r, &f.spec), STATUS_INPUT, "run.h5: cannot open it: is it damaged?");
    expect_failure(record_open(&r, &f.spec, false), STATUS_IO, "there is a record already (unreadable");
    cr_assert_eq(folder_size(&f.folder, "runs/small/run.h5"), (long)(size / 2));
    folder_write(&f.folder, "runs/small/run.h5", "not HDF5 at all", 15);
    expect_failure(record_resume(&r, &f.spec), STATUS_INPUT, "is not an HDF5 file");

    must(store_open(&s, run_file(&f), STORE_REPLACE));
    must(store_flush(s));
    expect_failure(record_resume(&r, &f.spec), STATUS_INPUT, "is not the record of a run");
    must(store_set_text(s, "", "schema", RECORD_SCHEMA));
    must(store_set_text(s, "", "schema_version", "9.0"));
    must(store_flush(s));
    expect_failure(record_resume(&r, &f.spec), STATUS_INPUT, "has schema version 9.0");
    store_close(&s);
    fixture_close(&f);
}

Test(record, a_directory_that_cannot_be_made_is_named)
{
    struct fixture f;
    struct record *r;

    fixture_open(&f);
    folder_write(&f.folder, "runs", "a file in the way", 17);
    expect_failure(record_open(&r, &f.spec, false), STATUS_IO, "/runs");
    f.spec.dir = "";
    expect_failure(record_open(&r, &f.spec, false), STATUS_IO, "cannot name a run directory");
    fixture_close(&f);
}

Test(record, an_unwritable_directory_is_named)
{
    struct fixture f;
    struct record *r;

    fixture_open(&f);
    if (geteuid() == 0 && setuid(65534) != 0) cr_skip_test("root may write everywhere");
    f.spec.dir = "/proc/cptsim";
    expect_failure(record_open(&r, &f.spec, false), STATUS_IO, "/proc/cptsim: cannot make the folder");
    graph_free(&f.graph);
}

Test(record, a_full_disk_keeps_the_record_and_the_run_may_go_on)
{
    struct fixture f;
    struct record *r;
    struct rlimit limit;
    int64_t count;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    fixture_open(&f);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){100, limit.rlim_max});
    expect_failure(record_open(&r, &f.spec, false), STATUS_IO, "run.h5: cannot write");
    cr_assert(!record_exists(f.dir), "nothing half-written");
    cr_assert_eq(folder_size(&f.folder, "runs/small"), -1L, "no empty folder is left");
    setrlimit(RLIMIT_FSIZE, &limit);

    must(record_open(&r, &f.spec, false));
    fixture_rows(r, 0, 10);
    must(record_flush(r));
    fixture_rows(r, 10, 20);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){100, limit.rlim_max});
    expect_failure(record_flush(r), STATUS_IO, "run.h5: cannot write");
    setrlimit(RLIMIT_FSIZE, &limit);
    struct store *s = open_run(&f);
    free(numbers(&count, s, "train/loss"));
    cr_assert_eq(count, 10);
    store_close(&s);
    fixture_rows(r, 20, 30);
    must(record_close(&r, STATUS_OK));
    s = open_run(&f);
    free(numbers(&count, s, "train/loss"));
    cr_assert_eq(count, 30);
    store_close(&s);
    fixture_close(&f);
}
