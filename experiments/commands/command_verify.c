/* experiments/commands/command_verify.c - cptsim verify: is this build right? */
#include "experiments/commands/command.h"
#include "experiments/verify/verify.h"
#include "quant/try.h"

#include <stdlib.h>

struct options {
    const char *path, *kernels;
    bool json;
    int extra;
};

static const struct argp_option rows[] = {
    {"kernels", 'k', "NAME", 0, "instruction set to check: auto, ref, avx2, ...", 0},
    {"json", 'j', 0, 0, "print JSON", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 'k':
        o->kernels = arg;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->path) o->extra++;
        o->path = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    rows,
    parse,
    "REFERENCE.h5",
    "Check this build against reference vectors: quantizers and schedules in every bit, layers and float32 "
    "training within 1e-5, quantized training within twice what REFERENCE_spread.csv says of how far the "
    "published code is from itself. One line a vector: path, largest absolute difference, relative difference, "
    "ok or FAIL. Exit status 0 only if all hold, 1 if one differs.\vExamples:\n"
    "  cptsim verify tests/golden/cpt_reference.h5\n"
    "  cptsim verify reference.h5 | grep FAIL\n",
    NULL,
    NULL,
    NULL};

enum status command_verify(int argc, char **argv)
{
    struct options o = {0};
    struct verify v = {.out = stdout};

    TRY(command_parse(&argp, argc, argv, &o));
    if (!o.path || o.extra)
        return status_fail(STATUS_USAGE, "verify takes one reference file; see cptsim verify --help");
    const struct kernels *kernels;
    TRY(o.kernels != NULL ? status_usage(kernels_find(&kernels, o.kernels)) : kernels_find(&kernels, NULL));
    v.machine.kernels = kernels->name;
    v.json = o.json;
    return verify_file(&v, o.path);
}
