/* tests/command_line.h - for tests that run the program itself, as its users do. */
#ifndef TESTS_COMMAND_LINE_H
#define TESTS_COMMAND_LINE_H

#include "tests/dataset_files.h"

#include <stdarg.h>
#include <sys/wait.h>

/** What a command did. */
struct outcome {
    int code; /* its exit status; 128 + signal */
    char out[32768], err[8192];
};

/**
 * The program under test: $CPTSIM, or the one in the repository's root. Its threads sleep rather than spin
 * while they wait, because many tests run at once; under AddressSanitizer it may not leak, whatever the tests
 * themselves do.
 */
static inline const char *program(void)
{
    setenv("OMP_WAIT_POLICY", "passive", 1);
    setenv("ASAN_OPTIONS", "detect_leaks=1", 1);
    setenv("LSAN_OPTIONS", "suppressions=.ci/lsan:print_suppressions=0", 1);
    const char *path = getenv("CPTSIM");
    return path != NULL ? path : "./cptsim";
}

static inline void slurp(char *text, size_t size, const struct folder *f, const char *name)
{
    text[folder_read(f, name, text, size - 1)] = '\0';
}

/** Run `cptsim ARGUMENTS` by the shell, with its output in files of the folder. */
__attribute__((format(printf, 3, 4))) static inline void cli(struct outcome *o, const struct folder *f,
                                                             const char *format, ...)
{
    char arguments[2048], command[3072];
    va_list args;

    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    snprintf(command, sizeof command, "'%s' %s >'%s/stdout' 2>'%s/stderr'", program(), arguments, f->path,
             f->path);
    const int status = system(command);
    o->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    slurp(o->out, sizeof o->out, f, "stdout");
    slurp(o->err, sizeof o->err, f, "stderr");
}

/** `text` with the folder's path for each @. */
static inline void with_folder(char *out, size_t size, const char *text, const struct folder *f)
{
    size_t used = 0;

    for (; *text != '\0' && used < size; text++)
        used += (size_t)snprintf(out + used, size - used, "%.*s", *text == '@' ? 64 : 1,
                                 *text == '@' ? f->path : text);
}

/** Claim that a command ends with `code` and that one line on stderr, beginning "cptsim: ", holds `part`. */
#define expect_refusal(o, want, part)                                                                        \
    do {                                                                                                     \
        cr_assert((o)->code == (want), "exit code %d: %s", (o)->code, (o)->err);                             \
        cr_assert(strstr((o)->err, part) != NULL, "'%s' is not in: %s", part, (o)->err);                     \
        cr_assert(strncmp((o)->err, "cptsim: ", 8) == 0, "not our sentence: %s", (o)->err);                  \
        cr_assert(strchr((o)->err, '\n') == (o)->err + strlen((o)->err) - 1, "not one line: %s", (o)->err);  \
    } while (0)

/** A folder with a tiny data set in it and tiny.yaml: ResNet-8, cyclic precision, 4 images a step. */
static inline struct folder tiny_experiment(int iterations)
{
    const struct folder f = folder_new();
    char text[1024];

    mnist_write(f.path);
    const int length =
        snprintf(text, sizeof text,
                 "name: tiny\nmodel: resnet8\ndata: {name: mnist, dir: %s, batch: 4}\n"
                 "forward: {schedule: cosine, bits: 3:8, cycles: 2}\nlength: %d iterations\n"
                 "learning_rate: {initial: 0.05}\nevaluate: {every: 5 iterations, bits: max float32}\n"
                 "record: {layers_every: 3 iterations, checkpoint_every: 2 iterations}\n",
                 f.path, iterations);
    folder_write(&f, "tiny.yaml", text, (size_t)length);
    return f;
}

/** The last line of a text, without its newline: cuts the text. */
static inline char *last_line(char *text)
{
    const size_t length = strlen(text);
    if (length > 0 && text[length - 1] == '\n') text[length - 1] = '\0';
    char *newline = strrchr(text, '\n');
    return newline != NULL ? newline + 1 : text;
}

/** Words after `cptsim cost`, part of the sentence that answers them, and the exit code. */
struct mistake {
    char words[96], says[96];
    int code;
};

/** Claim that a mistake is answered by its sentence, and nothing on stdout. */
static inline void expect_mistake(const struct mistake *m)
{
    static struct outcome o;
    const struct folder f = folder_new();

    cli(&o, &f, "cost %s", m->words);
    expect_refusal(&o, m->code, m->says);
    cr_assert(o.out[0] == '\0', "nothing on stdout: %s", o.out);
    folder_remove(&f);
}

#endif
