/* tests/fuzz/target_record.c - a record with edits, given to every command that reads one. */
#include "experiments/commands/command.h"
#include "tests/fuzz/base_run.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/hdf5_edit.h"

#include <stdio.h>

enum { PATH = 128 };

static void run(enum status (*command)(int, char **), char *name, char *a, char *b)
{
    char *argv[] = {name, a, b, NULL};
    fuzz_done(command(b != NULL ? 3 : 2, argv));
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
    hdf5_edit(path, &base, data, size);
    run(command_doctor, "doctor", path, NULL);
    run(command_info, "info", path, NULL);
    run(command_info, "info", path, "--json");
    run(command_info, "info", path, "--config");
    run(command_report, "report", dir, NULL);
    run(command_diff, "diff", path, path);
    run(command_export, "export", path, NULL);
    run(command_export, "export", path, "train");
    run(command_export, "export", path, "layers");
    run(command_export, "export", path, "eval");
}
