/* experiments/config/schedule_options.c - options with the words and limits of an experiment file's keys. */
#include "experiments/config/schedule_options.h"

#include "experiments/config/config_keys.h"
#include "quant/try.h"

enum { KEY_BITS = 'b', KEY_ITERATIONS = 'i', KEY_CYCLES = 'c', KEY_REMAINDER = 'r' };

static const struct argp_option rows[] = {
    {"bits", KEY_BITS, "LO:HI", 0, "widths from LO to HI; one width as 8; float32", 0},
    {"iterations", KEY_ITERATIONS, "T", 0, "length of the run", 0},
    {"cycles", KEY_CYCLES, "N", 0, "number of cycles in the run", 0},
    {"remainder", KEY_REMAINDER, "RULE", 0,
     "iterations that the cycles do not divide: stretch (default: cycles share them, the run ends at the "
     "top) or leftover (as published: they open one more cycle at the bottom)",
     0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct schedule_options *o = state->input;
    switch (key) {
    case KEY_BITS:
        o->bits = arg;
        return 0;
    case KEY_ITERATIONS:
        o->iterations = arg;
        return 0;
    case KEY_CYCLES:
        o->cycles = arg;
        return 0;
    case KEY_REMAINDER:
        o->remainder = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp schedule_argp = {rows, parse, NULL, NULL, NULL, NULL, NULL};

enum status option_read(void *field, const struct key *k, const char *text)
{
    if (text == NULL || k->kind->parse(field, k, text) == STATUS_OK) return STATUS_OK;
    return status_fail(STATUS_USAGE, "%s: %s", k->path, status_detail());
}

enum status schedule_options_read(struct schedule_spec *s, int64_t *iterations,
                                  const struct schedule_options *o)
{
    static const struct key bits = {.path = "--bits", .kind = &kind_bits};
    static const struct key length = {
        .path = "--iterations", .kind = &kind_count, .min = 1, .max = (double)SCHEDULE_ITERATIONS_MOST};
    static const struct key cycles = {.path = "--cycles", .kind = &kind_integer, .min = 1, .max = 1e9};
    static const struct key remainder = {.path = "--remainder", .kind = &kind_remainder};

    TRY(option_read(s, &bits, o->bits));
    TRY(option_read(iterations, &length, o->iterations));
    TRY(option_read(&s->cycles, &cycles, o->cycles));
    TRY(option_read(&s->remainder, &remainder, o->remainder));
    return STATUS_OK;
}
