/* experiments/commands/commands.c - the table of commands. */
#include "experiments/commands/command.h"

#include "quant/try.h"
#include "sim/base/table.h"

static const struct command commands[] = {
    {"schedule", "SCHEDULE --bits LO:HI", "print the bits of every iteration", command_schedule},
    {"cost", "MODEL|--run RUNDIR", "energy, time, traffic, operations of a training run", command_cost},
    {"train", "EXPERIMENT.yaml", "train every arm of an experiment and record it", command_train},
    {"eval", "RUNDIR|CHECKPOINT", "evaluate a trained network at any bits", command_eval},
    {"verify", "REFERENCE.h5", "compare this build with reference vectors", command_verify},
    {"quantize", "FORMAT [VALUE...|-]", "values through a number format: code and value", command_quantize},
    {"explain", "FORMAT VALUE", "why a value becomes what it becomes in a format", command_explain},
    {"report", "RUNSDIR", "print a table of an experiment's runs: accuracy, cost, saving", command_report},
    {"figures", "RUNSDIR", "draw an experiment's runs: bits, loss, accuracy over cost", command_figures},
    {"info", "FILE|RUNDIR", "what a record or checkpoint is, and how far its run came", command_info},
    {"export", "FILE|RUNDIR", "print a record's series as text", command_export},
    {"diff", "A B", "compare two records or checkpoints bit for bit", command_diff},
    {"doctor", "FILE|RUNDIR", "check that a record or checkpoint is whole", command_doctor},
    {"list", "[KIND]", "what there is: data, models, recipes, schedules, kernels, keys, ...", command_list},
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
