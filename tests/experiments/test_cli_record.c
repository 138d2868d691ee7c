/* tests/experiments/test_cli_record.c - cptsim info, export, diff and doctor as a shell sees them. */
#include "experiments/store/store.h"
#include "tests/fixtures/run_fixture.h"

#include <criterion/parameterized.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT = 1 << 20, EXIT_DIFFERENT = 1, EXIT_USAGE = 2, EXIT_INPUT = 3, EXIT_IO = 4 };

static char output[OUTPUT];

/* Run cptsim in the folder; what it printed on both streams is in output[]. Returns its exit code. */
static int cptsim(const struct fixture *f, const char *words)
{
    const char *program = getenv("CPTSIM");
    char *path = realpath(program != NULL ? program : "./cptsim", NULL), line[1024];

    cr_assert(path != NULL, "no cptsim to test");
    snprintf(line, sizeof line, "cd %s && '%s' %s 2>&1", f->folder.path, path, words);
    free(path);
    FILE *pipe = popen(line, "r");
    cr_assert(pipe != NULL);
    output[fread(output, 1, sizeof output - 1, pipe)] = '\0';
    return WEXITSTATUS(pclose(pipe));
}

static void expect(const struct fixture *f, const char *words, int code, const char *part)
{
    const int got = cptsim(f, words);

    cr_assert(got == code, "cptsim %s: exit code %d instead of %d:\n%s", words, got, code, output);
    cr_assert(strstr(output, part) != NULL, "cptsim %s: no '%s' in:\n%s", words, part, output);
}

/* A record in DIR of a run whose loss at iteration `changed` is another one (-1: none). */
static void make_run(struct fixture *f, const char *dir, int64_t changed)
{
    struct record *r;
    char path[192];

    snprintf(path, sizeof path, "%s/%s", f->folder.path, dir);
    f->spec.dir = path;
    fixture_fill(f, 3);
    must(record_open(&r, &f->spec, false));
    for (int64_t i = 0; i < 30; i++) {
        struct run_row row = fixture_row(i);
        if (i == changed) row.step.loss = -row.step.loss;
        must(record_row(r, &row));
        if (i % 10 == 9) must(record_layers(r, &f->graph, i));
    }
    const struct evaluation e = fixture_evaluation(30, 8);
    must(record_evaluation(r, &e, 30, "max"));
    must(record_event(r, 30, "note", "a, \"quoted\" text"));
    must(record_summary_number(r, "test_acc_max", e.accuracy, "1"));
    f->trainer.at = 30;
    f->trainer.loss = 0.5;
    must(checkpoint_save(r, &f->trainer));
    must(record_close(&r, STATUS_OK));
}

/* --- info -------------------------------------------------------------------------------------------- */

Test(cli_record, info_says_what_a_run_reached_and_at_which_bits)
{
    struct fixture f;

    fixture_open(&f);
    make_run(&f, "a", -1);
    expect(&f, "info a", 0, "status                         done\n");
    expect(&f, "info a/run.h5", 0, "iterations                     30 of 1000\n");
    expect(&f, "info a", 0, "test accuracy, 8 bits (max)    0.253\n");
    expect(&f, "info a", 0, "ckpt/latest.h5                 after 30 iterations, its digest is right\n");
    expect(&f, "info a --json", 0, "\"test accuracy, 8 bits (max)\": 0.253, ");
    expect(&f, "info a --json", 0, "\"seed\": 7, ");
    expect(&f, "info a --json", 0,
           "\"iterations\": 30, \"planned_iterations\": 1000, \"training loss\": 0.07");
    expect(&f, "info a --json", 0,
           "\"test images, 8 bits (max)\": 10000, \"test iterations, 8 bits (max)\": 30, ");
    expect(&f, "info a --json", 0, "\"summary test_acc_max\": 0.253, ");
    expect(&f, "info a --json", 0, "\"provenance threads\": 1, ");
    expect(&f, "info a --json", 0, "\"provenance hdf5_version\": \"");
    expect(&f, "info a/ckpt/latest.h5 --json", 0,
           "\"iterations\": 30, \"model tensors\": 5, \"model values\": ");
    cr_assert_eq(cptsim(&f, "info a --config"), 0);
    cr_assert_str_eq(output, f.spec.config.resolved);
    expect(&f, "info a --tree", 0, "train/loss\tfloat64 [30]\n");
    expect(&f, "info a/ckpt/latest.h5", 0, "model                          5 tensors, ");
    expect(&f, "info --cpu", 0, "ref\tnothing\tyes\t");
    fixture_close(&f);
}

Test(cli_record, info_tells_a_killed_run_from_a_running_one)
{
    struct fixture f;
    struct record *r;
    int status;

    fixture_open(&f);
    const pid_t child = fork();
    if (child == 0) {
        must(record_open(&r, &f.spec, false));
        raise(SIGKILL);
    }
    waitpid(child, &status, 0);
    expect(&f, "info runs/small", 0,
           "killed; 'cptsim train EXPERIMENT.yaml --out runs/small --resume' goes on");
    must(record_resume(&r, &f.spec));
    expect(&f, "info runs/small", 0, "running (process ");
    must(record_close(&r, STATUS_INTERRUPTED));
    expect(&f, "info runs/small", 0,
           "interrupted; 'cptsim train EXPERIMENT.yaml --out runs/small --resume' goes on");
    f.spec.config.resolved = "name: all\narm: small\n";
    must(record_open(&r, &f.spec, true));
    must(record_close(&r, STATUS_INTERRUPTED));
    expect(&f, "info runs/small", 0,
           "'cptsim train EXPERIMENT.yaml --out runs --arm small --resume' goes on");
    fixture_close(&f);
}

/* --- export ------------------------------------------------------------------------------------------ */

Test(cli_record, export_prints_a_header_and_a_row_per_iteration)
{
    struct fixture f;

    fixture_open(&f);
    make_run(&f, "a", -1);
    expect(&f, "export a", 0, "iter\tepoch\tloss\tacc\tlr\tbits_fw\tbits_bw\t");
    expect(&f, "export a --columns iter,loss,bits_fw | head -3", 0,
           "iter\tloss\tbits_fw\n0\t2.385\t3\n1\t1.1925\t4\n");
    expect(&f, "export a --columns bits_fw,iter --csv | tail -1", 0, "8,29\n");
    expect(&f, "export a --columns iter,acc --json | head -1", 0, "{\"iter\": 0, \"acc\": 0}\n");
    expect(&f, "export a | wc -l", 0, "31\n");
    fixture_close(&f);
}

Test(cli_record, export_has_every_series)
{
    struct fixture f;

    fixture_open(&f);
    make_run(&f, "a", -1);
    expect(&f, "export a --series eval --columns policy,iter,bits,test_acc,test_n", 0,
           "policy\titer\tbits\ttest_acc\ttest_n\nmax\t30\t8\t0.253\t10000\n");
    expect(&f, "export a --series eval --columns val_acc --json", 0, "{\"val_acc\": null}\n");
    expect(&f, "export a --series layers --columns iter,layer,act_clip,err_min --csv | head -3", 0,
           "iter,layer,act_clip,err_min\n9,conv1,0,0\n9,fc,0,nan\n");
    expect(&f, "export a --series layers | wc -l", 0, "7\n");
    expect(&f, "export a --series events --columns kind,text --csv", 0, "note,\"a, \"\"quoted\"\" text\"\n");
    fixture_close(&f);
}

/* --- diff -------------------------------------------------------------------------------------------- */

Test(cli_record, equal_runs_are_equal_though_times_differ)
{
    struct fixture f;

    fixture_open(&f);
    make_run(&f, "a", -1);
    make_run(&f, "b", -1);
    expect(&f, "diff a b", 0, "equal: ");
    expect(&f, "diff a/ckpt/latest.h5 b/ckpt/latest.h5", 0, "equal: ");
    fixture_close(&f);
}

Test(cli_record, diff_names_path_index_and_values)
{
    struct fixture f;

    fixture_open(&f);
    make_run(&f, "a", -1);
    make_run(&f, "b", 1);
    expect(&f, "diff a b", EXIT_DIFFERENT, "train/loss\t[1] 1.1925 != -1.1925 (1 of 30 values differ)\n");
    expect(&f, "diff a b", EXIT_DIFFERENT, "cptsim: a and b differ in 1 places, the first is train/loss\n");
    expect(&f, "diff a b --ignore /train", 0, "equal: ");
    expect(&f, "diff -q a b", EXIT_DIFFERENT, "");
    expect(&f, "diff a a/ckpt/latest.h5", EXIT_DIFFERENT, "train/loss\tonly in a\n");
    fixture_close(&f);
}

static void write_zero(const struct fixture *f, const char *name, float zero)
{
    struct store *s;

    must(store_open(&s, folder_path(&f->folder, name), STORE_CREATE));
    must(store_write(s, "x", &zero, STORE_F32, 0, NULL));
    must(store_flush(s));
    store_close(&s);
}

Test(cli_record, diff_compares_bits_not_values)
{
    struct fixture f;

    fixture_open(&f);
    write_zero(&f, "plus.h5", 0.0f);
    write_zero(&f, "minus.h5", -0.0f);
    write_zero(&f, "nan1.h5", NAN);
    write_zero(&f, "nan2.h5", NAN);
    expect(&f, "diff plus.h5 minus.h5", EXIT_DIFFERENT, "x\t[0] 0 != -0 ");
    expect(&f, "diff nan1.h5 nan2.h5", 0, "equal: ");
    fixture_close(&f);
}

/* --- doctor ------------------------------------------------------------------------------------------ */

Test(cli_record, doctor_finds_what_is_not_whole)
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

Test(cli_record, what_may_not_be_read_is_no_bad_input)
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

Test(cli_record, doctor_tells_what_a_kill_left_and_removes_it_when_asked)
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

Test(cli_record, doctor_repairs_nothing_while_a_process_writes)
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

Test(cli_record, doctor_tells_of_a_record_that_nobody_writes_any_more)
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

/* --- wrong usage, bad input -------------------------------------------------------------------------- */

struct mistake {
    char words[64];
    int code;
    char part[96];
};

ParameterizedTestParameters(cli_record, mistakes_get_a_sentence_and_their_exit_code)
{
    static struct mistake rows[] = {
        {"info", EXIT_USAGE, "info takes one file or run directory, or --cpu"},
        {"export", EXIT_USAGE, "export takes one file"},
        {"diff a", EXIT_USAGE, "diff takes two"},
        {"doctor", EXIT_USAGE, "doctor takes one"},
        {"export a --wrong", EXIT_USAGE, "--wrong"},
        {"info none", EXIT_IO, "none: No such file or directory"},
        {"info .", EXIT_IO, ".: holds no record (run.h5)"},
        {"info text.h5", EXIT_INPUT, "text.h5: is not an HDF5 file"},
        {"diff a text.h5", EXIT_INPUT, "text.h5: is not an HDF5 file"},
        {"export a --series trian", EXIT_USAGE, "unknown series 'trian'; did you mean 'train'?"},
        {"export a --columns iter,lost", EXIT_USAGE, "no column 'lost'; there are: iter, epoch, loss,"},
        {"export a/ckpt/latest.h5", EXIT_INPUT, "is not the record of a run"},
        {"info a/ckpt/latest.h5 --config", EXIT_INPUT, "is not the record of a run"},
        {"doctor plus.h5", EXIT_INPUT, "is neither a record nor a checkpoint"},
        {"doctor a/ckpt/latest.h5 --repair", EXIT_INPUT, "is a checkpoint; --repair wants the directory"},
        {"info cut.h5", EXIT_INPUT, "cut.h5: cannot open it: is it damaged? (HDF5: truncated file"},
        {"export foreign.h5", EXIT_INPUT, "is not the record of a run"},
    };

    return cr_make_param_array(struct mistake, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct mistake *m, cli_record, mistakes_get_a_sentence_and_their_exit_code)
{
    struct fixture f;

    fixture_open(&f);
    make_run(&f, "a", -1);
    folder_write(&f.folder, "text.h5", "seed: 7\n", 8);
    write_zero(&f, "plus.h5", 0.0f);
    write_zero(&f, "foreign.h5", 0.0f);
    write_zero(&f, "cut.h5", 0.0f);
    cr_assert(truncate(folder_path(&f.folder, "cut.h5"), folder_size(&f.folder, "cut.h5") - 200) == 0);
    expect(&f, m->words, m->code, m->part);
    fixture_close(&f);
}

Test(cli_record, every_command_has_help_with_examples)
{
    static const char *const names[] = {"info", "export", "diff", "doctor"};
    struct fixture f;

    fixture_open(&f);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char words[64], example[64];
        snprintf(words, sizeof words, "%s --help", names[i]);
        snprintf(example, sizeof example, "Examples:\n  cptsim %s ", names[i]);
        expect(&f, words, 0, example);
    }
    fixture_close(&f);
}
