/* tests/fuzz/target_record.c - a record with edits, given to a command that reads one: the first byte says which. */
#include "experiments/commands/command.h"
#include "tests/fuzz/base_run.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/hdf5_edit.h"

#include <stdio.h>
#include <string.h>

enum { PATH = 128 };

/* "RUN" stands for the record, "DIR" for its folder. */
static const struct reader {
    enum status (*command)(int argc, char **argv);
    const char *argument[3];
} readers[] = {
    {command_doctor, {"RUN"}},          {command_info, {"RUN"}},
    {command_info, {"RUN", "--json"}},  {command_info, {"RUN", "--config"}},
    {command_report, {"DIR"}},          {command_diff, {"RUN", "RUN"}},
    {command_export, {"RUN", "train"}}, {command_export, {"RUN", "layers"}},
    {command_export, {"RUN", "eval"}},  {command_export, {"RUN"}},
    {command_doctor, {"DIR"}},
};

static void read(const struct reader *r, char *run, char *dir)
{
    char *argv[5] = {"cptsim"};
    int argc = 1;

    for (; r->argument[argc - 1] != NULL; argc++)
        argv[argc] = strcmp(r->argument[argc - 1], "RUN") == 0   ? run
                     : strcmp(r->argument[argc - 1], "DIR") == 0 ? dir
                                                                 : (char *)r->argument[argc - 1];
    fuzz_done(r->command(argc, argv));
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static char dir[PATH], path[PATH + 8];
    static struct hdf5_base base;

    if (base.bytes == NULL) {
        snprintf(dir, sizeof dir, "%s/run", hdf5_folder());
        snprintf(path, sizeof path, "%s/run.h5", dir);
        base_run_write(dir);
        hdf5_base_read(&base, path);
    }
    if (size < 1) return;
    hdf5_edit(path, &base, data + 1, size - 1);
    read(&readers[data[0] % (sizeof readers / sizeof *readers)], path, dir);
}
