/* tests/experiments/test_record_resume.c - claims about going on with a record: no gap, no double row, no
 * wrong file. */
#include "tests/fixtures/run_fixture.h"

#include <criterion/parameterized.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct kill_point {
    int64_t rows, checkpoint; /* recorded before the kill; iterations of the checkpoint */
};

ParameterizedTestParameters(record_resume, a_resumed_record_has_no_gap_and_no_double_row)
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

ParameterizedTest(struct kill_point *p, record_resume, a_resumed_record_has_no_gap_and_no_double_row)
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

    struct store *s = fixture_store(&f);
    double *iter = fixture_numbers(&count, s, "train/iter");
    cr_assert_eq(count, 320);
    for (int64_t i = 0; i < count; i++)
        cr_assert_eq((int64_t)iter[i], i);
    free(iter);
    iter = fixture_numbers(&count, s, "eval/max/iter");
    cr_assert_eq(count, 16);
    for (int64_t i = 0; i < count; i++)
        cr_assert_eq((int64_t)iter[i], 20 * (i + 1));
    free(iter);
    iter = fixture_numbers(&count, s, "layers/iter");
    cr_assert_eq(count, 32);
    for (int64_t i = 0; i < count; i++)
        cr_assert_eq((int64_t)iter[i], 10 * i);
    free(iter);
    free(fixture_numbers(&count, s, "provenance/events/iter"));
    cr_assert_eq(count, 1);
    store_close(&s);
    fixture_close(&f);
}

Test(record_resume, another_configuration_is_not_gone_on_with)
{
    struct fixture f;
    struct record *r;

    fixture_open(&f);
    expect_failure(record_resume(&r, &f.spec), STATUS_IO, "no such record to go on with");
    must(record_open(&r, &f.spec, false));
    must(record_close(&r, STATUS_INTERRUPTED));
    f.spec.config.resolved = "seed: 8\nmodel: none\n";
    expect_failure(record_resume(&r, &f.spec), STATUS_INPUT, "was made with another configuration");
    fixture_close(&f);
}

Test(record_resume, a_record_behind_its_checkpoint_is_refused)
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

Test(record_resume, foreign_damaged_and_incomplete_files_are_refused_and_kept)
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
    expect_failure(record_open(&r, &f.spec, false), STATUS_IO, "holds a record already (unreadable");
    cr_assert_eq(folder_size(&f.folder, "runs/small/run.h5"), (long)(size / 2));
    folder_write(&f.folder, "runs/small/run.h5", "not HDF5 at all", 15);
    expect_failure(record_resume(&r, &f.spec), STATUS_INPUT, "is not an HDF5 file");

    must(store_open(&s, fixture_run_file(&f), STORE_REPLACE));
    must(store_flush(s));
    expect_failure(record_resume(&r, &f.spec), STATUS_INPUT, "is not the record of a run");
    must(store_set_text(s, "", "schema", RECORD_SCHEMA));
    must(store_set_text(s, "", "schema_version", "9.0"));
    must(store_flush(s));
    expect_failure(record_resume(&r, &f.spec), STATUS_INPUT, "has schema version 9.0");
    store_close(&s);
    fixture_close(&f);
}
