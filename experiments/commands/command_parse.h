/* experiments/commands/command_parse.h - how a command reads its arguments, and the options that several
 * commands share: the path that they read, --json. */
#ifndef EXPERIMENTS_COMMANDS_COMMAND_PARSE_H
#define EXPERIMENTS_COMMANDS_COMMAND_PARSE_H

#include "quant/status.h"

#include <argp.h>
#include <stdbool.h>

/**
 * Read argv into `options` by an argp description (options, parser, args_doc, doc; put examples after a "\v"
 * in doc).
 *
 * --help and --usage print on stdout and end the process with 0, an unknown option says so on stderr and ends
 * it with 2: this is argp's own behaviour. Mistakes that only the command can see are left to it: the parser
 * fills `options` and the command returns status_fail(STATUS_USAGE, ...).
 */
STATUS_MUST_CHECK enum status command_parse(const struct argp *argp, int argc, char **argv, void *options);

/** The path of a command that reads one, and --json. */
struct path_options {
    const char *path; /* the last one */
    int paths;
    bool json;
};

/**
 * Children of a command's argp: the path alone, and the path with --json. The command hands over its struct
 * path_options with `case ARGP_KEY_INIT: state->child_inputs[0] = ...`.
 */
extern const struct argp path_argp, path_json_argp;

/** STATUS_USAGE unless there is one path: "`name` takes one `what`; see cptsim `name` --help". */
STATUS_MUST_CHECK enum status path_check(const struct path_options *o, const char *name, const char *what);

#endif
