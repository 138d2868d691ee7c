/* tests/fuzz/target_checkpoint.c - a checkpoint with edits: verified, loaded into a network, or given to a command:
 * the first byte says which. Programs built for fuzzing pass over a digest that does not fit, which a stranger could set. */
#include "experiments/commands/command.h"
#include "experiments/record/checkpoint.h"
#include "tests/fuzz/base_run.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/hdf5_edit.h"

#include <stdio.h>

enum { PATH = 128 };

void fuzz_one(const uint8_t *data, size_t size)
{
    static char path[PATH];
    static struct hdf5_base base;
    struct checkpoint_source source;
    char hash[65];
    int64_t iteration;

    if (base.bytes == NULL) {
        base_run_write(hdf5_folder());
        snprintf(path, sizeof path, "%s/" CHECKPOINT_LATEST, hdf5_folder());
        hdf5_base_read(&base, path);
        snprintf(path, sizeof path, "%s/edited.h5", hdf5_folder());
    }
    if (size < 1) return;
    hdf5_edit(path, &base, data + 1, size - 1);
    switch (data[0] % 5) {
    case 0:
        fuzz_done(checkpoint_verify(&iteration, hash, path));
        break;
    case 1:
        fuzz_done(checkpoint_read(&source, base_run_graph(), path));
        break;
    case 2:
        fuzz_done(command_info(2, (char *[]){"info", path, NULL}));
        break;
    case 3:
        fuzz_done(command_diff(3, (char *[]){"diff", path, path, NULL}));
        break;
    default:
        fuzz_done(command_doctor(2, (char *[]){"doctor", path, NULL}));
    }
}
