/* tests/experiments/test_cli_exit.c - exit codes: what is wrong on the command line is 2, the same in a
 * file is 3. */
#include "tests/fixtures/command_line.h"

enum { CODE_USAGE = 2, CODE_INPUT = 3, CODE_IO = 4 };

/* --- settings of an experiment -------------------------------------------------------------------------- */

/* A setting as --set has it, as a file has it, and part of the sentence that refuses it. */
struct setting {
    const char *set, *yaml, *says;
};

static const struct setting settings[] = {
    {"forward.bits=99", "forward: {bits: 99}", "forward.bits: 99 is out of range"},
    {"bits=8", "bits: 8", "unknown key 'bits'"},
    {"seed=x", "seed: x", "'x' is not a seed"},
    {"model=vgg", "model: vgg", "unknown model 'vgg'"},
    {"recipe=ctp", "recipe: ctp", "unknown recipe 'ctp'"},
    {"data.name=nmist", "data: {name: nmist}", "unknown data set 'nmist'"},
    {"data.train=1000", "data: {train: 1000}", "train limit 1000, but there are"},
    {"hardware=nope", "hardware: nope", "unknown hardware 'nope'"},
    {"roles.weight=fp:e4m3fm", "roles: {weight: fp:e4m3fm}", "roles.weight: format 'fp:e4m3fm'"},
    {"roles.weight=posit:{bits}.1 --set forward.bits=3:17",
     "roles: {weight: \"posit:{bits}.1\"}, forward: {bits: 3:17}", "'posit:{bits}.1' at 17 bits"},
    {"evaluate.split=validation", "evaluate: {split: validation}", "holds out no images"},
    {"forward.schedule=static", "forward: {schedule: static}", "'static' holds one width"},
    {"forward.cycles=50", "forward: {cycles: 50}", "50 cycles in 20 iterations"},
    {"length=1", "length: 1, forward: {cycles: 2}", "2 cycles in 1 iterations"},
    {"length=0.001 epochs", "length: 0.001 epochs", "less than one iteration"},
};

/* An experiment that can be trained; `arm`, keys in a flow mapping, is laid over it. */
static void write_experiment(const struct folder *f, const char *name, const char *arm)
{
    char text[1024];

    const int length = snprintf(text, sizeof text,
                                "data: {name: mnist, dir: %s, batch: 4}\nmodel: resnet8\n"
                                "length: 20 iterations\nforward: {cycles: 2}\narms:\n  - {name: a%s%s}\n",
                                f->path, arm[0] != '\0' ? ", " : "", arm);
    folder_write(f, name, text, (size_t)length);
}

Test(cli_exit, a_wrong_setting_is_usage_on_the_command_line_and_input_in_a_file)
{
    static struct answer o;
    const struct folder f = folder_new();

    mnist_write(f.path);
    write_experiment(&f, "good.yaml", "");
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const struct setting *s = &settings[i];
        char set[128];
        const char *const second = strstr(s->set, " --set ");
        snprintf(set, sizeof set, "'%.*s'%s",
                 (int)(second != NULL ? (size_t)(second - s->set) : strlen(s->set)), s->set,
                 second != NULL ? second : "");
        cli(&o, &f, "train %s/good.yaml --out %s/run --set %s", f.path, f.path, set);
        expect_refusal(&o, CODE_USAGE, s->says);
        cr_assert(strncmp(o.err, "cptsim: --set ", 14) == 0, "no option is named: %s", o.err);
        write_experiment(&f, "bad.yaml", s->yaml);
        cli(&o, &f, "train %s/bad.yaml --out %s/run", f.path, f.path);
        expect_refusal(&o, CODE_INPUT, s->says);
        cr_assert(strstr(o.err, "/bad.yaml:6:") != NULL, "no place in the file is named: %s", o.err);
        cli(&o, &f, "train %s/bad.yaml --out %s/run --set optimizer.momentum=0.5", f.path, f.path);
        expect_refusal(&o, CODE_INPUT, s->says); /* another setting's being right does not make it usage */
    }
    folder_remove(&f);
}

/* Before anything is read of the data: each of these ends --print-config too. */
Test(cli_exit, what_a_file_alone_can_tell_is_checked_before_the_data)
{
    static const char *const yaml[] = {"model: resnet9",
                                       "model: vgg",
                                       "hardware: nope",
                                       "forward: {cycles: 50}",
                                       "evaluate: {split: validation}",
                                       "forward: {schedule: static}"};
    static struct answer o;
    const struct folder f = folder_new();

    for (size_t i = 0; i < sizeof yaml / sizeof *yaml; i++) {
        write_experiment(&f, "bad.yaml", yaml[i]);
        cli(&o, &f, "train %s/bad.yaml --print-config", f.path);
        cr_assert(o.code == CODE_INPUT && strstr(o.err, "/bad.yaml:6:") != NULL, "%s: exit code %d: %s",
                  yaml[i], o.code, o.err);
        cr_assert(o.out[0] == '\0', "%s", o.out);
    }
    write_experiment(&f, "good.yaml", "length: 1 iterations, forward: {schedule: static, bits: 8}");
    cli(&o, &f, "train %s/good.yaml --print-config --set forward.cycles=8", f.path);
    cr_assert(o.code == 0, "a static schedule has no cycles that must fit: %s", o.err);
    folder_remove(&f);
}

/* A damaged file is at fault, whoever named it. */
Test(cli_exit, a_damaged_data_file_is_input_even_if_its_folder_was_typed)
{
    static struct answer o;
    const struct folder f = folder_new();

    mnist_write(f.path);
    write_experiment(&f, "good.yaml", "");
    file_write(f.path, "t10k-labels-idx1-ubyte", (const uint8_t *)"junk", 4);
    cli(&o, &f, "train %s/good.yaml --out %s/run --set data.name=mnist --set data.dir=%s", f.path, f.path,
        f.path);
    expect_refusal(&o, CODE_INPUT, "t10k-labels-idx1-ubyte: byte 0");
    folder_remove(&f);
}

/* --- words and options ---------------------------------------------------------------------------------- */

/* Arguments in which @ stands for the folder, part of the sentence, and the exit code. */
struct mistake_of {
    const char *arguments, *says;
    int code;
};

static const struct mistake_of mistakes[] = {
    {"train @/tiny.yaml --out @/new --seed x", "'x' is not a seed", CODE_USAGE},
    {"train @/tiny.yaml --out @/new --arm nope", "no arm 'nope'", CODE_USAGE},
    {"train @/tiny.yaml --out @/new --threads x", "--threads wants a number", CODE_USAGE},
    {"train @/tiny.yaml --out @/new --kernels nope", "unknown kernels 'nope'", CODE_USAGE},
    {"train @/tiny.yaml --out @/new --set data.dir=@/absent", "data set 'mnist' not found", CODE_IO},
    {"train @/absent.yaml", "No such file", CODE_IO},
    {"eval @/run --bits 99", "99 is out of range", CODE_USAGE},
    {"eval @/run --bits x", "'x' is not a width", CODE_USAGE},
    {"eval @/run --split x", "'x' is none of", CODE_USAGE},
    {"eval @/run --split validation", "held out no validation images", CODE_USAGE},
    {"eval @/run --threads 0", "--threads wants a number", CODE_USAGE},
    {"eval @/run --kernels nope", "unknown kernels 'nope'", CODE_USAGE},
    {"eval @/posit --bits 17", "'posit:{bits}.1' at 17 bits", CODE_USAGE},
    {"export @/run --series nope", "unknown series 'nope'", CODE_USAGE},
    {"export @/run --columns iter,nope", "no column 'nope'", CODE_USAGE},
    {"export @/tiny.yaml", "is not an HDF5 file", CODE_INPUT},
    {"figures @/run --figure nope", "unknown figure 'nope'", CODE_USAGE},
    {"list nope", "unknown list 'nope'", CODE_USAGE},
    {"nope", "unknown command 'nope'", CODE_USAGE},
    {"cost resnet8 --carbon XX", "--carbon: unknown place 'XX'", CODE_USAGE},
    {"quantize 'ap_fixed<8' 1", "want it as in ap_fixed<8,4>", CODE_USAGE},
    {"train @/tiny.yaml --out @/new --set data.name=CIFAR-10", "did you mean 'cifar10'?", CODE_USAGE},
    {"train @/tiny.yaml --out @/new --set model=ResNet20", "did you mean 'resnet20'?", CODE_USAGE},
    {"quantize nope 1", "unknown family 'nope'", CODE_USAGE},
    {"quantize fp:e4m3 1 x", "value 2, 'x', is not a number", CODE_USAGE},
    {"quantize fp:e4m3 - <@/words", "value 2, 'x', is not a number", CODE_INPUT},
    {"explain nope 1", "unknown family 'nope'", CODE_USAGE},
    {"explain fp:e4m3 x", "value 1, 'x', is not a number", CODE_USAGE},
    {"schedule nope --bits 3:8 --iterations 9", "unknown schedule 'nope'", CODE_USAGE},
    {"schedule cosine --bits 99 --iterations 9", "99 is out of range", CODE_USAGE},
    {"schedule cosine --bits 3:8 --iterations 9 --cycles 10", "10 cycles in 9 iterations", CODE_USAGE},
    {"verify @/tiny.yaml --kernels nope", "unknown kernels 'nope'", CODE_USAGE},
};

Test(cli_exit, a_wrong_word_or_option_is_usage_and_a_wrong_file_is_not)
{
    static struct answer o;
    const struct folder f = tiny_experiment(2);
    char arguments[512];

    cli(&o, &f, "train %s/tiny.yaml --out %s/run", f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    cli(&o, &f, "train %s/tiny.yaml --out %s/posit --set 'roles.weight=posit:{bits}.1'", f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    folder_write(&f, "words", "1 x", 3);
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        with_folder(arguments, sizeof arguments, mistakes[i].arguments, &f);
        cli(&o, &f, "%s", arguments);
        expect_refusal(&o, mistakes[i].code, mistakes[i].says);
    }
    folder_remove(&f);
}
