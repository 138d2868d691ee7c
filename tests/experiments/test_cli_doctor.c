/* tests/experiments/test_cli_doctor.c - cptsim doctor as a shell sees it. */
#include "experiments/store/store.h"
#include "tests/fixtures/cli_run.h"

#include <signal.h>
#include <sys/prctl.h>

Test(cli_doctor, finds_what_is_not_whole)
{
    struct fixture f;
    struct store *s;

    fixture_open(&f);
    make_run(&f, "a", -1);
    expect(&f, "doctor a", 0, "ok\ttrain has every iteration once, in order\n");
    expect(&f, "doctor a/ckpt/latest.h5", 0, "ok\ta/ckpt/latest.h5 has the digest");
    cr_assert(truncate(folder_path(&f.folder, "a/ckpt/latest.h5"), 3000) == 0);
    expect(&f, "doctor a", EXIT_INPUT, "BAD\ta/ckpt/latest.h5 has the digest it was written with: ");
    must(store_open(&s, folder_path(&f.folder, "a/run.h5"), STORE_UPDATE));
    must(store_write(s, "train/more", (double[]){1, 2}, STORE_F64, 1, (int64_t[]){2}));
    must(store_flush(s));
    store_close(&s);
    expect(&f, "doctor a/run.h5", EXIT_INPUT, "'train/more' has 2 rows, 'iter' has 30");
    fixture_close(&f);
}

Test(cli_doctor, what_may_not_be_read_is_no_bad_input)
{
    struct fixture f;

    fixture_open(&f);
    make_run(&f, "a", -1);
    make_run(&f, "shut", -1);
    cr_assert(chmod(folder_path(&f.folder, "a/ckpt/latest.h5"), 0) == 0);
    cr_assert(chmod(folder_path(&f.folder, "shut"), 0) == 0);
    cr_assert(chmod(f.folder.path, 0755) == 0);
    const uid_t uid = geteuid(); /* root may read everything: somebody else asks */
    cr_assert(uid != 0 || setresuid(65534, 65534, 0) == 0);
    const bool can_run = access(getenv("CPTSIM") != NULL ? getenv("CPTSIM") : "./cptsim", X_OK) == 0;
    if (can_run) {
        expect(&f, "doctor a", EXIT_IO, "a: 1 check failed; the first: a/ckpt/latest.h5: Permission denied");
        expect(&f, "info shut", EXIT_IO, "shut: Permission denied; want a run directory");
        expect(&f, "report shut", EXIT_IO, "shut: Permission denied; want a folder of runs");
    }
    cr_assert(uid != 0 || setresuid(0, 0, 0) == 0);
    cr_assert(chmod(folder_path(&f.folder, "shut"), 0755) == 0);
    fixture_close(&f);
    if (!can_run) cr_skip_test("nobody may not run the program here");
}

static const char *const unfinished[] = {"run.h5.tmp", "ckpt/next.h5", "ckpt/next.h5.tmp",
                                         "ckpt/prev.h5.tmp"};
enum { UNFINISHED = sizeof unfinished / sizeof *unfinished };

/* A run that stopped with its lock, an unfinished record and unfinished checkpoints beside it. */
static void make_killed_run(struct fixture *f, const char *dir)
{
    char name[64];

    make_run(f, dir, -1);
    for (int i = 0; i < UNFINISHED; i++) {
        snprintf(name, sizeof name, "%s/%s", dir, unfinished[i]);
        folder_write(&f->folder, name, "half", 4);
    }
    snprintf(name, sizeof name, "%s/lock", dir);
    folder_write(&f->folder, name, "4711 on node3\n", 14);
}

Test(cli_doctor, tells_what_a_kill_left_and_removes_it_when_asked)
{
    struct fixture f;

    fixture_open(&f);
    make_killed_run(&f, "a");
    expect(&f, "doctor a", 0,
           "left\ta/lock: the lock of process 4711 on node3, which holds it no more; --repair");
    expect(&f, "doctor a", 0, "left\ta/run.h5.tmp: a file that was not finished; --repair removes it\n");
    expect(&f, "doctor a --repair", 0, "removed\ta/ckpt/next.h5.tmp\n");
    cr_assert_eq(folder_size(&f.folder, "a/lock"), -1L);
    for (int i = 0; i < UNFINISHED; i++) {
        char name[64];
        snprintf(name, sizeof name, "a/%s", unfinished[i]);
        cr_assert(folder_size(&f.folder, name) == -1, "%s is there", name);
    }
    expect(&f, "doctor a --repair", 0, "ok\ta/ckpt/latest.h5 is not ahead of the record\n");
    cr_assert(strstr(output, "left") == NULL && strstr(output, "removed") == NULL, "%s", output);
    fixture_close(&f);
}

Test(cli_doctor, repairs_nothing_while_a_process_writes)
{
    struct fixture f;
    struct record *r;

    fixture_open(&f);
    make_killed_run(&f, "a");
    f.spec.dir = folder_path(&f.folder, "a");
    must(record_resume(&r, &f.spec));
    expect(&f, "doctor a", 0, "ok\ta is being written by process ");
    expect(&f, "doctor a --repair", EXIT_IO, "is writing it; wait for it or stop it, then repair");
    cr_assert_eq(folder_size(&f.folder, "a/run.h5.tmp"), 4);
    must(record_close(&r, STATUS_INTERRUPTED));
    fixture_close(&f);
}

Test(cli_doctor, tells_of_a_record_that_nobody_writes_any_more)
{
    struct fixture f;
    struct store *s;

    fixture_open(&f);
    make_run(&f, "a", -1);
    must(store_open(&s, folder_path(&f.folder, "a/run.h5"), STORE_UPDATE));
    must(store_set_text(s, "", "status", "running"));
    must(store_flush(s));
    store_close(&s);
    expect(&f, "doctor a", 0, "left\ta/run.h5 says 'running', but no process writes it");
    fixture_close(&f);
}

/* Trains and saves without end, as fast as it can. */
static void write_on(struct fixture *f)
{
    struct record *r;

    must(record_open(&r, &f->spec, false));
    for (int64_t i = 0;; i++) {
        const struct run_row row = fixture_row(i);
        must(record_row(r, &row));
        f->trainer.at = i + 1;
        must(checkpoint_save(r, &f->trainer));
    }
}

Test(cli_doctor, a_run_that_goes_on_is_never_called_bad)
{
    enum { TIMES = 12 };
    struct fixture f;

    fixture_open(&f);
    f.spec.dir = folder_path(&f.folder, "a");
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a claim that fails leaves nobody behind */
        write_on(&f);
    }
    while (folder_size(&f.folder, "a/ckpt/prev.h5") < 0)
        usleep(1000);
    for (int i = 0; i < TIMES; i++)
        expect(&f, "doctor a", 0, "ok\ta is being written by process ");
    cr_assert(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    fixture_close(&f);
}

/* --- damage ------------------------------------------------------------------------------------------- */

static char whole[1 << 20], hurt[1 << 20];

/* Change one bit of the byte `at` places behind the first `text` in a file, claim that doctor says BAD, and change it
 * back. */
static void expect_damage(const struct fixture *f, const char *name, const char *text, size_t at,
                          const char *says)
{
    const size_t size = folder_read(&f->folder, name, whole, sizeof whole);
    const char *found = memmem(whole, size, text, strlen(text));

    cr_assert(found != NULL, "no '%s' in %s", text, name);
    memcpy(hurt, whole, size);
    hurt[(size_t)(found - whole) + at] ^= 1;
    folder_write(&f->folder, name, hurt, size);
    expect(f, "doctor a", EXIT_INPUT, says);
    folder_write(&f->folder, name, whole, size);
}

Test(cli_doctor, one_bit_anywhere_is_damage)
{
    static const struct {
        const char *text;
        size_t at;
    } bits[] = {{"seed: 7\nmodel: none", 6}, /* config/resolved */
                {"# a comment", 3},          /* config/user */
                {"test_acc_max@units", 2},   /* the name of an attribute of summary */
                {"created_utc", 40},         /* a value in provenance, or what HDF5 says about it */
                {"\ncptsim-sha256 ", 0},     /* the digest itself */
                {"\ncptsim-sha256 ", 30}};
    struct fixture f;

    fixture_open(&f);
    make_run(&f, "a", -1);
    expect(&f, "doctor a", 0, "ok\ta/run.h5 is byte for byte as it was written\n");
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        expect_damage(&f, "a/run.h5", bits[i].text, bits[i].at,
                      "BAD\ta/run.h5 is byte for byte as it was written: ");
    expect_damage(&f, "a/ckpt/latest.h5", "created_utc", 40,
                  "BAD\ta/ckpt/latest.h5 has the digest it was written with: ");
    expect(&f, "doctor a", 0, "ok\ta/run.h5 is byte for byte as it was written\n");
    fixture_close(&f);
}

Test(cli_doctor, a_record_without_a_digest_opens_and_doctor_says_so)
{
    enum { LINE = 80 };
    struct fixture f;

    fixture_open(&f);
    make_run(&f, "a", -1);
    const char *path = folder_path(&f.folder, "a/run.h5");
    cr_assert(truncate(path, folder_size(&f.folder, "a/run.h5") - LINE) == 0);
    expect(&f, "info a", 0, "status                         done\n");
    expect(&f, "doctor a", 0, "ok\ta/run.h5 has no digest of its bytes: ");
    fixture_close(&f);
}
