/* experiments/commands/command_parse.c - a command's arguments, by argp; the options that several commands
 * share. */
#include "experiments/commands/command_parse.h"

#include <stdio.h>
#include <string.h>

enum status command_parse(const struct argp *argp, int argc, char **argv, void *options)
{
    char name[64]; /* argp begins its own messages with it */
    char *own = argv[0];

    snprintf(name, sizeof name, "cptsim %s", own);
    argv[0] = name;
    argp_err_exit_status = status_exit_code(STATUS_USAGE);
    const error_t error = argp_parse(argp, argc, argv, 0, NULL, options);
    argv[0] = own;
    return error == 0 ? STATUS_OK : status_fail(STATUS_USAGE, "%s: %s", own, strerror(error));
}

static const struct argp_option json_option[] = {{"json", 'j', NULL, 0, "one JSON object a line", 0}, {0}};

static error_t path_parse(int key, char *arg, struct argp_state *state)
{
    struct path_options *o = state->input;

    switch (key) {
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        o->path = arg;
        o->paths++;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp path_argp = {NULL, path_parse, NULL, NULL, NULL, NULL, NULL};
const struct argp path_json_argp = {json_option, path_parse, NULL, NULL, NULL, NULL, NULL};

enum status path_check(const struct path_options *o, const char *name, const char *what)
{
    return o->paths == 1
               ? STATUS_OK
               : status_fail(STATUS_USAGE, "%s takes one %s; see cptsim %s --help", name, what, name);
}
