/* tests/experiments/test_cli_record.c - cptsim info, export and diff as a shell sees them. */
#include "experiments/store/store.h"
#include "tests/fixtures/cli_run.h"

#include <criterion/parameterized.h>

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
