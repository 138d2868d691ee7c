/* experiments/commands/command.h - the commands of `cptsim`: one table, one function each.
 *
 * To add a command: a file command_NAME.c with its function and its argp, whose doc ends in examples
 * ("\vExamples:\n  cptsim NAME ..."); its declaration below, its row in commands.c, its claims in
 * tests/experiments/test_cli.c. The function reads its arguments with command_parse, prints data on stdout
 * and talk on stderr, and returns a status; it never exits and never prints its own error: main does both.
 */
#ifndef EXPERIMENTS_COMMANDS_COMMAND_H
#define EXPERIMENTS_COMMANDS_COMMAND_H

#include "experiments/commands/command_parse.h"

struct command {
    const char *name;    /* "train" */
    const char *usage;   /* what follows the name: "EXPERIMENT.yaml [OPTION...]" */
    const char *summary; /* half a line for `cptsim --help` */
    /** argv[0] is the command's name, argv[1..argc-1] its arguments. */
    enum status (*run)(int argc, char **argv);
};

/** All rows in the order of `cptsim --help`; *count is set. */
const struct command *command_all(int *count);

/** Row by name; STATUS_USAGE with the nearest known name. */
STATUS_MUST_CHECK enum status command_find(const struct command **out, const char *name);

enum status command_train(int argc, char **argv);
enum status command_eval(int argc, char **argv);
enum status command_verify(int argc, char **argv);
enum status command_quantize(int argc, char **argv);
enum status command_explain(int argc, char **argv);
enum status command_schedule(int argc, char **argv);
enum status command_cost(int argc, char **argv);
enum status command_export(int argc, char **argv);
enum status command_report(int argc, char **argv);
enum status command_figures(int argc, char **argv);
enum status command_info(int argc, char **argv);
enum status command_diff(int argc, char **argv);
enum status command_doctor(int argc, char **argv);
enum status command_list(int argc, char **argv);

#endif
