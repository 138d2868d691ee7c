/* tests/experiments/test_cli.c - the program as its users meet it: exit codes, sentences, tables,
 * refusals that lose nothing. */
#include "tests/fixtures/command_line.h"

#include "experiments/commands/command.h"

/* --- help, names, usage --- */

Test(cli, help_names_every_command_and_every_command_has_help_with_examples)
{
    const struct folder f = folder_new();
    struct answer help, o;
    int count;
    const struct command *c = command_all(&count);

    cli(&help, &f, "--help");
    cr_assert(help.code == 0 && help.err[0] == '\0');
    for (int i = 0; i < count; i++) {
        cr_assert(strstr(help.out, c[i].name) != NULL && strstr(help.out, c[i].summary) != NULL, "%s",
                  c[i].name);
        cli(&o, &f, "%s --help", c[i].name);
        cr_assert(o.code == 0, "%s --help: exit code %d", c[i].name, o.code);
        cr_assert(strstr(o.out, "Usage: cptsim ") != NULL && strstr(o.out, "xample") != NULL,
                  "%s --help:\n%s", c[i].name, o.out);
    }
    folder_remove(&f);
}

struct usage {
    char arguments[64], part[64];
};

static struct usage mistakes[] = {
    {"", "no command"},
    {"trian x.yaml", "unknown command 'trian'; did you mean 'train'?"},
    {"train", "train: no experiment file"},
    {"train a.yaml b.yaml", "more than one experiment file"},
    {"train a.yaml --resume --force", "want one of them"},
    {"train a.yaml --threads 0", "--threads wants a number from 1 to 4096"},
    {"train a.yaml --threads many", "--threads wants a number from 1 to 4096"},
    {"eval", "eval: no run"},
    {"list dta", "unknown list 'dta'; did you mean 'data'?"},
    {"list data models", "more than one kind"},
    {"list data --names --json", "--json and --names; want one of them"},
};

Test(cli, wrong_usage_exits_with_2_and_says_what_would_be_right)
{
    const struct folder f = folder_new();
    struct answer o;

    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        cli(&o, &f, "%s", mistakes[i].arguments);
        cr_assert(o.code == 2, "%s: exit code %d", mistakes[i].arguments, o.code);
        cr_assert(strstr(o.err, mistakes[i].part) != NULL, "'%s' is not in: %s", mistakes[i].part, o.err);
        cr_assert(o.out[0] == '\0', "data on stdout: %s", o.out);
    }
    cli(&o, &f, "train --no-such-option");
    cr_assert(o.code == 2 && strstr(o.err, "cptsim train: unrecognized option") != NULL, "%s", o.err);
    folder_remove(&f);
}

Test(cli, lists_say_where_data_is_or_what_to_install)
{
    const struct folder f = folder_new();
    struct answer o;

    mnist_write(f.path);
    cli(&o, &f, "list data");
    cr_assert(o.code == 0 && strstr(o.out, "fashion-mnist") != NULL && strstr(o.out, "cifar100") != NULL);
    cli(&o, &f, "list keys");
    cr_assert(o.code == 0 && strstr(o.out, "forward.bits") != NULL && strstr(o.out, "default 3:8") != NULL);
    cli(&o, &f, "list figures");
    cr_assert(o.code == 0 &&
                  strstr(o.out, "  accuracy  accuracy at the final bits over bit operations\n") != NULL,
              "%s", o.out);
    cli(&o, &f, "list kernels --names");
    cr_assert(o.code == 0 && strcmp(o.out, "ref\navx2\navx512\n") == 0, "%s", o.out);
    cli(&o, &f, "list models --names");
    cr_assert(o.code == 0 && strncmp(o.out, "resnet8\nresnet14\n", 17) == 0, "%s", o.out);
    cli(&o, &f, "list commands");
    cr_assert(o.code == 0 && strstr(o.out, "  train     train every arm of an experiment") != NULL, "%s",
              o.out);
    cli(&o, &f, "list kernels --json");
    cr_assert(o.code == 0 && strncmp(o.out, "{\"list\": \"kernels\", \"name\": \"ref\", ", 35) == 0, "%s",
              o.out);
    folder_remove(&f);
}

/* --- train --- */

Test(cli, train_prints_a_table_and_ends_with_the_state)
{
    const struct folder f = tiny_experiment(10);
    struct answer o;

    cli(&o, &f, "train %s/tiny.yaml --out %s/run", f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    cr_assert(strncmp(o.out, "arm\tsplit\tat\tbits\taccuracy\t", 27) == 0, "%s", o.out);
    cr_assert(strstr(o.out, "\ntiny\ttest\tmax\t8\t") != NULL &&
              strstr(o.out, "\ntiny\ttest\tfp32\tfloat32\t") != NULL);
    const char *last = last_line(o.out);
    cr_assert(strncmp(last, "state sha256 ", 13) == 0 && strlen(last) == 13 + 64, "%s", last);
    cr_assert(folder_size(&f, "run/run.h5") > 0);

    cli(&o, &f, "train %s/tiny.yaml --out %s/fp8 --set roles.weight=fp:e4m3:rne --set length=2", f.path,
        f.path);
    cr_assert(o.code == 0 && strstr(o.err, "\ntiny: roles weight=fp:e4m3fn\n") != NULL, "%s", o.err);
    cli(&o, &f, "train %s/tiny.yaml --out %s/quiet --quiet --json", f.path, f.path);
    cr_assert(o.code == 0 && o.err[0] == '\0' && o.out[0] == '{', "%s%s", o.out, o.err);
    folder_remove(&f);
}

Test(cli, the_state_does_not_depend_on_threads_or_kernels)
{
    const struct folder f = tiny_experiment(6);
    static const char *const ways[] = {"--threads 1", "--threads 2", "--threads 3", "--kernels ref",
                                       "--kernels auto"};
    char first[128] = "";
    struct answer o;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        cli(&o, &f, "train %s/tiny.yaml --out %s/run%zu %s", f.path, f.path, i, ways[i]);
        cr_assert(o.code == 0, "%s", o.err);
        const char *state = last_line(o.out);
        if (i == 0) snprintf(first, sizeof first, "%.127s", state);
        cr_assert(strcmp(state, first) == 0, "%s: %s is not %s", ways[i], state, first);
    }
    folder_remove(&f);
}

Test(cli, print_config_resolves_to_itself_and_trains_nothing)
{
    const struct folder f = tiny_experiment(6);
    struct answer once, twice;

    cli(&once, &f, "train %s/tiny.yaml --set forward.cycles=3 --seed 7 --print-config", f.path);
    cr_assert(once.code == 0 && strstr(once.out, "cycles: 3\n") != NULL &&
              strstr(once.out, "seed: 7\n") != NULL);
    folder_write(&f, "again.yaml", once.out, strlen(once.out));
    cli(&twice, &f, "train %s/again.yaml --print-config", f.path);
    cr_assert(twice.code == 0 && strcmp(once.out, twice.out) == 0, "%s", twice.err);
    folder_remove(&f);
}

Test(cli, every_arm_has_a_folder_of_its_own)
{
    const struct folder f = tiny_experiment(4);
    struct answer o;
    char text[2048];

    slurp(text, sizeof text, &f, "tiny.yaml");
    strcat(text, "arms:\n  - name: plain\n    recipe: float32\n  - name: cyclic\n");
    folder_write(&f, "arms.yaml", text, strlen(text));
    cli(&o, &f, "train %s/arms.yaml --out %s/both", f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    cr_assert(folder_size(&f, "both/plain/run.h5") > 0 && folder_size(&f, "both/cyclic/run.h5") > 0);
    cr_assert(strstr(o.out, "plain\ttest\tmax\tfloat32") != NULL, "float32 is measured in float32: %s",
              o.out);
    cr_assert(strstr(o.err, " % in float32\n") != NULL && strstr(o.err, " in float32, ") == NULL,
              "an accuracy is said once: %s", o.err);

    cli(&o, &f, "train %s/arms.yaml --out %s/one --arm cyclic", f.path, f.path);
    cr_assert(o.code == 0 && folder_size(&f, "one/plain/run.h5") < 0);
    cli(&o, &f, "train %s/arms.yaml --out %s/none --arm cylic", f.path, f.path);
    expect_refusal(&o, 2, "no arm is called 'cylic'; its arms: plain, cyclic");
    cli(&o, &f, "train %s/arms.yaml --out %s/none --arm plain --arm cyclic", f.path, f.path);
    expect_refusal(&o, 2, "--arm takes one arm");
    folder_remove(&f);
}

Test(cli, eval_measures_a_run_at_any_bits)
{
    const struct folder f = tiny_experiment(5);
    struct answer o;

    cli(&o, &f, "train %s/tiny.yaml --out %s/run", f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    cli(&o, &f, "eval %s/run --bits all", f.path);
    cr_assert(o.code == 0 && strstr(o.out, "5\ttest\tbits_03\t3\t") != NULL, "%s%s", o.out, o.err);
    cli(&o, &f, "eval %s/run/ckpt/latest.h5 --bits '12 max' --split train", f.path);
    cr_assert(o.code == 0 && strstr(o.out, "5\ttrain\tbits_12\t12\t") != NULL, "%s%s", o.out, o.err);
    cli(&o, &f, "eval %s/run --bits '3:5 float32' | cut -f 3,4", f.path);
    cr_assert(strcmp(o.out, "at\tbits\nbits_03\t3\nbits_04\t4\nbits_05\t5\nfp32\tfloat32\n") == 0, "%s%s",
              o.out, o.err);
    cli(&o, &f, "eval %s/run --bits 2:32 --json", f.path);
    cr_assert(o.code == 0 && strstr(o.out, "\"at\": \"bits_32\", \"bits\": ") != NULL, "%s%s", o.out, o.err);
    cli(&o, &f, "eval %s/run --bits 3:8/8", f.path);
    expect_refusal(&o, 2, "--bits: '3:8/8' has backward bits, and an evaluation goes only forward; want 3:8");
    cli(&o, &f, "eval %s/run --bits 8:3", f.path);
    expect_refusal(&o, 2, "--bits: 8:3 has the larger width first; want 3:8");
    cli(&o, &f, "eval %s/run --bits 3:", f.path);
    expect_refusal(&o, 2, "--bits: '3:' is not a width; want max, ");
    cli(&o, &f, "eval %s/run --bits 33", f.path);
    expect_refusal(&o, 2, "--bits: 33 is out of range; want 2 to 32 bits");
    cli(&o, &f, "eval %s/run --split validation", f.path);
    expect_refusal(&o, 2, "held out no validation images");
    cli(&o, &f, "eval %s", f.path);
    expect_refusal(&o, 4, "holds no record (run.h5), but runs; want one of them, as in ");
    mkdir(folder_path(&f, "run/other"), 0777);
    cli(&o, &f, "eval %s/run/other", f.path); /* a folder in a run's is not the run */
    expect_refusal(&o, 4, "other: holds no record (run.h5)");
    cli(&o, &f, "eval %s/absent", f.path);
    expect_refusal(&o, 4, "absent: No such file or directory");
    mkdir(folder_path(&f, "deep"), 0777);
    folder_write(&f, "deep/text.h5", "text", 4);
    cli(&o, &f, "eval %s/deep/text.h5", f.path);
    expect_refusal(&o, 3, "text.h5: is not an HDF5 file; want a run directory or its run.h5");
    folder_remove(&f);
}

/* --- refusals that lose nothing --- */

Test(cli, bad_settings_exit_with_2_and_leave_no_folder)
{
    const struct folder f = tiny_experiment(4);
    static const struct usage bad[] = {
        {"forward.bits=1", "forward.bits: 1 is out of range"},
        {"forward.bits=8:3", "larger width first; want 3:8"},
        {"forward.cylces=3", "did you mean 'forward.cycles'?"},
        {"forward.cycles=5", "5 cycles in 4 iterations"},
        {"model=resnet21", "resnet21"},
        {"model=vgg", "vgg"},
    };
    struct answer o;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cli(&o, &f, "train %s/tiny.yaml --out %s/run --set %s", f.path, f.path, bad[i].arguments);
        expect_refusal(&o, 2, bad[i].part);
        cr_assert(folder_size(&f, "run") < 0, "%s left a folder", bad[i].arguments);
    }
    cli(&o, &f, "train %s/absent.yaml", f.path);
    expect_refusal(&o, 4, "absent.yaml: No such file or directory");
    cli(&o, &f, "train %s", f.path);
    expect_refusal(&o, 3, "is a folder; want an experiment file");
    folder_remove(&f);
}

Test(cli, an_existing_record_is_refused_whole)
{
    const struct folder f = tiny_experiment(4);
    struct answer o;
    static char before[1 << 20], after[1 << 20];

    cli(&o, &f, "train %s/tiny.yaml --out %s/run", f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    const size_t size = folder_read(&f, "run/run.h5", before, sizeof before);
    cli(&o, &f, "train %s/tiny.yaml --out %s/run --seed 2", f.path, f.path);
    expect_refusal(&o, 4, "holds a record already (done, 4 iterations); --resume goes on with it if the");
    cli(&o, &f, "train %s/tiny.yaml --out %s/run --seed 2 --resume --quiet", f.path, f.path);
    expect_refusal(&o, 3, "another configuration");
    cr_assert(folder_read(&f, "run/run.h5", after, sizeof after) == size && memcmp(before, after, size) == 0);
    cli(&o, &f, "train %s/tiny.yaml --out %s/run --seed 2 --force", f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    folder_remove(&f);
}

Test(cli, unwritable_places_and_full_disks_exit_with_4)
{
    const struct folder f = tiny_experiment(4);
    struct answer o;

    cli(&o, &f, "train %s/tiny.yaml --quiet --out /proc/cptsim", f.path);
    expect_refusal(&o, 4, "/proc/cptsim");
    cli(&o, &f, "train %s/tiny.yaml --quiet --out %s/tiny.yaml", f.path, f.path);
    expect_refusal(&o, 4, "tiny.yaml");
    char command[1024];
    snprintf(command, sizeof command,
             "ulimit -f 16; trap '' XFSZ; '%s' train %s/tiny.yaml --quiet --out %s/full 2>%s/stderr",
             program(), f.path, f.path, f.path);
    const int status = system(command);
    o.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    slurp(o.err, sizeof o.err, &f, "stderr");
    expect_refusal(&o, 4, "File too large");
    cr_assert(folder_size(&f, "full/run.h5") < 0, "half a record was left");
    folder_remove(&f);
}

/* A line for each command that prints; @ stands for a folder with a run in it. To add a command: its line. */
static const char *const printing[] = {
    "schedule cosine --bits 3:8 -i 9 -c 1",
    "cost resnet8",
    "train @/tiny.yaml --quiet --out @/full",
    "eval @/run",
    "verify tests/golden/cpt_reference.h5",
    "quantize fx:s8.4 1",
    "explain fx:s8.4 1",
    "report @/run",
    "figures @/run --out @/figures",
    "info @/run",
    "export @/run",
    "diff @/run @/run",
    "doctor @/run",
    "list",
};

Test(cli, a_full_stdout_is_an_error_of_every_command)
{
    static struct answer o;
    const struct folder f = tiny_experiment(4);
    int count;
    const struct command *c = command_all(&count);

    cli(&o, &f, "train %s/tiny.yaml --out %s/run", f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    for (int i = 0; i < count; i++) {
        char arguments[512], command[2048], err[4096];
        cr_assert(i < (int)(sizeof printing / sizeof printing[0]), "'%s' has no line", c[i].name);
        cr_assert(strncmp(printing[i], c[i].name, strlen(c[i].name)) == 0, "'%s' is not line %d", c[i].name,
                  i);
        with_folder(arguments, sizeof arguments, printing[i], &f);
        snprintf(command, sizeof command, "'%s' %s >/dev/full 2>'%s/err'", program(), arguments, f.path);
        const int status = system(command);
        slurp(err, sizeof err, &f, "err");
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 4, "%s: %d: %s", printing[i], status, err);
        cr_assert(strstr(err, "cptsim: cannot write to stdout") != NULL, "%s: %s", printing[i], err);
    }
    folder_remove(&f);
}

Test(cli, missing_data_names_the_package)
{
    const struct folder f = tiny_experiment(4);
    struct answer o;

    cli(&o, &f,
        "train %s/tiny.yaml --quiet --out %s/run --set data.name=fashion-mnist --set data.dir=%s/none",
        f.path, f.path, f.path);
    expect_refusal(&o, 4, "apt-get install dataset-fashion-mnist");
    cr_assert(folder_size(&f, "run") < 0);
    folder_remove(&f);
}

Test(cli, a_loss_that_is_not_finite_is_recorded_and_exits_with_5)
{
    const struct folder f = tiny_experiment(20);
    struct answer o;

    cli(&o, &f, "train %s/tiny.yaml --quiet --out %s/run --set learning_rate.initial=1000000", f.path,
        f.path);
    expect_refusal(&o, 5, "try a lower learning rate");
    cli(&o, &f, "info %s/run", f.path);
    cr_assert(o.code == 0 && strstr(o.out, "diverged") != NULL, "%s%s", o.out, o.err);
    folder_remove(&f);
}
