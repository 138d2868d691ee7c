/* experiments/commands/commands.c - the table of commands. */
#include "experiments/commands/command.h"

#include "quant/try.h"
#include "sim/base/table.h"

static const struct command commands[] = {
#define X(name, usage, summary) {#name, usage, summary, command_##name},
    COMMAND_LIST(X)
#undef X
};

enum { COUNT = sizeof commands / sizeof commands[0] };

const struct command *command_all(int *count)
{
    *count = COUNT;
    return commands;
}

enum status command_find(const struct command **out, const char *name)
{
    size_t i;

    TRY(status_usage(table_find(&i, "command", name, commands, sizeof *commands, COUNT)));
    *out = &commands[i];
    return STATUS_OK;
}
