/* experiments/main.c - cptsim: find the command, run it, say what went wrong, exit. */
#include "experiments/commands/command.h"
#include "experiments/record/version.h"
#include "quant/try.h"
#include "sim/base/text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void help(FILE *out)
{
    int count;
    const struct command *c = command_all(&count);

    fputs("cptsim - train networks with cyclic precision, in arithmetic exact to the bit, and price every "
          "step\n\n"
          "usage: cptsim COMMAND [ARGUMENT...]\n\n",
          out);
    for (int i = 0; i < count; i++)
        fprintf(out, "  %-10s %-28s %s\n", c[i].name, c[i].usage, c[i].summary);
    fputs("\n`cptsim COMMAND --help` has the options and examples. First steps:\n\n"
          "    cptsim train experiments/quick.yaml\n"
          "    cptsim list data\n"
          "    cptsim schedule cosine --bits 3:8 --iterations 64000 --cycles 32\n\n"
          "Data goes to stdout, talk to stderr. Exit codes: 0 fine, 1 values differ, 2 wrong usage, 3 bad "
          "input,\n"
          "4 cannot read or write, 5 training diverged, 75 interrupted and resumable.\n",
          out);
}

enum { ARGUMENT_MOST = 3000 }; /* so that a path with all that is put behind it stays below PATH_MAX */

static enum status arguments_check(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const size_t length = strlen(argv[i]);
        if (length > ARGUMENT_MOST)
            return status_fail(STATUS_USAGE, "argument %d: '%.*s...' has %zu characters; at most %d", i,
                               (int)text_beginning(argv[i], length, 40), argv[i], length, ARGUMENT_MOST);
    }
    return STATUS_OK;
}

static enum status run(int argc, char **argv)
{
    const struct command *command;

    if (argc < 2) {
        help(stderr);
        return status_fail(STATUS_USAGE, "no command");
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        help(stdout);
        return STATUS_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("cptsim %s (%s, %s, %s)\n", version_number, version_commit, version_compiler, version_flags);
        return STATUS_OK;
    }
    TRY(arguments_check(argc, argv));
    TRY(command_find(&command, argv[1]));
    return command->run(argc - 1, argv + 1);
}

/* Threads that spin while they wait gain little on an idle machine and lose most of it on a shared one:
 * beside two other processes on two cores a run took five times as long. OpenMP reads its policy before main,
 * hence exec. */
static void wait_without_spinning(char **argv)
{
    if (getenv("OMP_WAIT_POLICY") != NULL || setenv("OMP_WAIT_POLICY", "passive", 1) != 0) return;
    execv("/proc/self/exe", argv); /* where that fails, threads spin */
}

int main(int argc, char **argv)
{
    wait_without_spinning(argv);
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is an error of write(), with a sentence */
    enum status s = run(argc, argv);

    /* ferror: what could not be written may have been flushed on the way, and is forgotten by the stream. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && s == STATUS_OK)
        s = status_fail(STATUS_IO, "cannot write to stdout");
    if (s != STATUS_OK) {
        fputs("cptsim: ", stderr);
        text_show(stderr, status_detail(), "");
        fputc('\n', stderr);
    }
    return status_exit_code(s);
}
