/* tests/experiments/test_record_writer.c - claims about who may write a record, where, and what a full
 * disk leaves. */
#include "tests/fixtures/run_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- one process at a time ---------------------------------------------------------------------------- */

Test(record_writer, an_existing_one_is_refused_and_kept)
{
    struct fixture f;
    struct record *r;
    int64_t count;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    fixture_rows(r, 0, 5);
    must(record_close(&r, STATUS_OK));
    expect_failure(record_open(&r, &f.spec, false), STATUS_IO, "holds a record already (done, 5 iterations)");
    cr_assert(r == NULL);
    struct store *s = fixture_store(&f);
    free(fixture_numbers(&count, s, "train/loss"));
    cr_assert_eq(count, 5);
    store_close(&s);
    must(record_open(&r, &f.spec, true));
    must(record_close(&r, STATUS_OK));
    s = fixture_store(&f);
    free(fixture_numbers(&count, s, "train/loss"));
    cr_assert_eq(count, 0);
    store_close(&s);
    fixture_close(&f);
}

Test(record_writer, a_second_process_is_told_who_writes)
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
    expect_failure(record_place_free(f.dir), STATUS_IO, pid);
    cr_assert(strstr(status_detail(), "--resume") == NULL && strstr(status_detail(), "--force") == NULL,
              "recommends what is refused next: %s", status_detail());
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

Test(record_writer, a_directory_that_is_replaced_is_not_written_by_the_old_process)
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
    struct store *s = fixture_store(&f);
    free(fixture_numbers(&count, s, "train/loss"));
    cr_assert_eq(count, 20);
    store_close(&s);
    must(record_close(&r, STATUS_OK));
    fixture_close(&f);
}

/* --- places that cannot be written -------------------------------------------------------------------- */

Test(record_writer, a_directory_that_cannot_be_made_is_named)
{
    struct fixture f;
    struct record *r;

    fixture_open(&f);
    folder_write(&f.folder, "runs", "a file in the way", 17);
    expect_failure(record_open(&r, &f.spec, false), STATUS_IO, "/runs: is a file; want a folder for the run");
    f.spec.dir = folder_path(&f.folder, "runs");
    expect_failure(record_open(&r, &f.spec, false), STATUS_IO, "/runs: is a file; want a folder for the run");
    f.spec.dir = "";
    expect_failure(record_open(&r, &f.spec, false), STATUS_IO, "cannot name a run directory");
    fixture_close(&f);
}

Test(record_writer, an_unwritable_directory_is_named)
{
    struct fixture f;
    struct record *r;

    fixture_open(&f);
    if (geteuid() == 0 && setuid(65534) != 0) cr_skip_test("root may write everywhere");
    f.spec.dir = "/proc/cptsim";
    expect_failure(record_open(&r, &f.spec, false), STATUS_IO, "/proc/cptsim: cannot make the folder");
    graph_free(&f.graph);
}

Test(record_writer, a_full_disk_keeps_the_record_and_the_run_may_go_on)
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
    struct store *s = fixture_store(&f);
    free(fixture_numbers(&count, s, "train/loss"));
    cr_assert_eq(count, 10);
    store_close(&s);
    fixture_rows(r, 20, 30);
    must(record_close(&r, STATUS_OK));
    s = fixture_store(&f);
    free(fixture_numbers(&count, s, "train/loss"));
    cr_assert_eq(count, 30);
    store_close(&s);
    fixture_close(&f);
}

/* --- links -------------------------------------------------------------------------------------------- */

Test(record_writer, links_in_a_run_directory_are_not_followed)
{
    static const char *const names[] = {"run.h5",           "run.h5.tmp",     "ckpt/next.h5",
                                        "ckpt/next.h5.tmp", "ckpt/latest.h5", "ckpt/prev.h5",
                                        "ckpt/prev.h5.tmp"};
    struct fixture f;
    struct record *r;
    char name[64], text[16] = "";

    fixture_open(&f);
    folder_write(&f.folder, "precious", "precious", 8);
    must(record_open(&r, &f.spec, false));
    cr_assert(mkdir(folder_path(&f.folder, "runs/small/ckpt"), 0777) == 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "runs/small/%s", names[i]);
        unlink(folder_path(&f.folder, name));
        cr_assert(symlink(folder_path(&f.folder, "precious"), folder_path(&f.folder, name)) == 0);
    }
    fixture_rows(r, 0, 3);
    f.trainer.at = 3;
    must(checkpoint_save(r, &f.trainer));
    must(checkpoint_save(r, &f.trainer));
    must(record_close(&r, STATUS_OK));
    must(checkpoint_verify(NULL, NULL, folder_path(&f.folder, "runs/small/ckpt/latest.h5")));
    cr_assert(folder_read(&f.folder, "precious", text, sizeof text) == 8 && memcmp(text, "precious", 8) == 0);
    fixture_close(&f);
}

Test(record_writer, a_link_in_place_of_a_lock_or_a_folder_is_refused)
{
    struct fixture f;
    struct record *r;
    char holder[128], text[16] = "";

    fixture_open(&f);
    folder_write(&f.folder, "precious", "precious", 8);
    cr_assert(mkdir(folder_path(&f.folder, "runs"), 0777) == 0 &&
              mkdir(folder_path(&f.folder, "runs/small"), 0777) == 0 &&
              mkdir(folder_path(&f.folder, "elsewhere"), 0777) == 0);
    const char *lock = folder_path(&f.folder, "runs/small/lock");
    cr_assert(symlink(folder_path(&f.folder, "precious"), lock) == 0);
    expect_failure(record_open(&r, &f.spec, false), STATUS_IO, "runs/small/lock: is a link or a device");
    cr_assert(!record_writer(holder, sizeof holder, f.dir));
    cr_assert(unlink(lock) == 0 && mkfifo(lock, 0666) == 0);
    cr_assert(!record_writer(holder, sizeof holder, f.dir), "a pipe is waited for");
    expect_failure(record_open(&r, &f.spec, false), STATUS_IO, "runs/small/lock: is a link or a device");
    cr_assert(unlink(lock) == 0);
    must(record_open(&r, &f.spec, false));
    cr_assert(symlink(folder_path(&f.folder, "elsewhere"), folder_path(&f.folder, "runs/small/ckpt")) == 0);
    expect_failure(checkpoint_save(r, &f.trainer), STATUS_IO, "ckpt: is a link or a file");
    must(record_close(&r, STATUS_OK));
    cr_assert(folder_read(&f.folder, "precious", text, sizeof text) == 8 && memcmp(text, "precious", 8) == 0);
    fixture_close(&f);
}
