/* experiments/commands/command.h - the commands of `cptsim`: one table, one function each.
 *
 * To add a command: a file command_NAME.c with its function and its argp, whose doc ends in examples
 * ("\vExamples:\n  cptsim NAME ..."); its row in COMMAND_LIST, its claims in tests/experiments/test_cli.c. The
 * function reads its arguments with command_parse, prints data on stdout and talk on stderr, and returns a status;
 * it never exits and never prints its own error: main does both.
 */
#ifndef EXPERIMENTS_COMMANDS_COMMAND_H
#define EXPERIMENTS_COMMANDS_COMMAND_H

#include "experiments/commands/command_parse.h"

/** Every command in the order of `cptsim --help`: its name, what follows it, half a line on what it does. */
#define COMMAND_LIST(X)                                                                                      \
    X(schedule, "SCHEDULE --bits LO:HI", "print the bits of every iteration")                                \
    X(cost, "MODEL|--run RUNDIR", "energy, time, traffic, operations of a training run")                     \
    X(train, "EXPERIMENT.yaml", "train every arm of an experiment and record it")                            \
    X(eval, "RUNDIR|CHECKPOINT", "evaluate a trained network at any bits")                                   \
    X(verify, "REFERENCE.h5", "compare this build with reference vectors")                                   \
    X(quantize, "FORMAT [VALUE...|-]", "values through a number format: code and value")                     \
    X(explain, "FORMAT VALUE", "why a value becomes what it becomes in a format")                            \
    X(report, "RUNSDIR", "print a table of an experiment's runs: accuracy, cost, saving")                    \
    X(figures, "RUNSDIR", "draw an experiment's runs: bits, loss, accuracy over cost")                       \
    X(info, "FILE|RUNDIR", "what a record or checkpoint is, and how far its run came")                       \
    X(export, "FILE|RUNDIR", "print a record's series as text")                                              \
    X(diff, "A B", "compare two records or checkpoints bit for bit")                                         \
    X(doctor, "FILE|RUNDIR", "check that a record or checkpoint is whole")                                   \
    X(list, "[KIND]", "what there is: data, models, recipes, schedules, kernels, keys, ...")

struct command {
    const char *name;    /* "train" */
    const char *usage;   /* what follows the name: "EXPERIMENT.yaml [OPTION...]" */
    const char *summary; /* half a line for `cptsim --help` */
    /** argv[0] is the command's name, argv[1..argc-1] its arguments. */
    enum status (*run)(int argc, char **argv);
};

/** All rows of the list; *count is set. */
const struct command *command_all(int *count);

/** Row by name; STATUS_USAGE with the nearest known name. */
STATUS_MUST_CHECK enum status command_find(const struct command **out, const char *name);

#define X(name, usage, summary) enum status command_##name(int argc, char **argv);
COMMAND_LIST(X)
#undef X

#endif
