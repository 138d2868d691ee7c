/* experiments/config/machine_options.c - --threads and --kernels, for every command that computes. */
#include "experiments/config/machine_options.h"

#include "sim/kernels/kernels.h"
#include "sim/base/text.h"

#include <stdlib.h>

enum { THREADS_MAX = 4096, KEY_KERNELS = 0x10000 }; /* a key that no command has for an option of its own */

static const struct argp_option options[] = {
    {"threads", 't', "N", 0, "threads to use (all); results do not depend on it", 0},
    {"kernels", KEY_KERNELS, "NAME", 0,
     "instruction set, of `cptsim list kernels`; results do not depend on it", 0},
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct machine_options *o = state->input;
    int64_t threads;

    switch (key) {
    case 't':
        o->wrong_threads = text_whole(&threads, arg) != TEXT_NUMBER || threads < 1 || threads > THREADS_MAX;
        if (!o->wrong_threads) o->machine.threads = (int)threads;
        return 0;
    case KEY_KERNELS:
        o->machine.kernels = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp machine_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

enum status machine_check(const struct machine_options *o, const char *name)
{
    const struct kernels *unused;

    if (o->wrong_threads)
        return status_fail(STATUS_USAGE, "%s: --threads wants a number from 1 to %d", name, THREADS_MAX);
    return o->machine.kernels == NULL ? STATUS_OK : status_usage(kernels_find(&unused, o->machine.kernels));
}
