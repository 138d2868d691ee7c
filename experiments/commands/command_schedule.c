/* experiments/commands/command_schedule.c - cptsim schedule: the bits of every iteration, before anything
 * is trained. */
#include "experiments/commands/command.h"
#include "experiments/config/schedule_options.h"
#include "experiments/print/printout.h"
#include "quant/try.h"

struct options {
    struct schedule_options schedule;
    const char *name;
    bool json;
    int extra;
};

static const struct argp_option rows[] = {
    {"json", 'j', 0, 0, "one JSON object a line: iteration, cycle, phase, bits", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->schedule;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->name) o->extra++;
        o->name = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&schedule_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    rows,
    parse,
    "SCHEDULE",
    "Print the bits of every iteration, one number a line (0 is float32). A static schedule stays at HI. "
    "`cptsim list schedules` has the names and formulas.\vExamples:\n"
    "  cptsim schedule cosine --bits 3:8 --iterations 64000 --cycles 32\n"
    "  cptsim schedule cosine --bits 3:8 --iterations 64000 --cycles 32 | uniq -c\n"
    "  cptsim schedule cosine --bits 3:8 -i 999 -c 10 -r leftover --json\n"
    "  cptsim schedule static --bits 8 --iterations 10\n",
    children,
    NULL,
    NULL};

static void print_bits(const struct schedule_spec *s, int64_t iterations)
{
    struct schedule_point p = {.iterations = iterations, .layer = -1};
    for (; p.iteration < iterations; p.iteration++)
        printf("%d\n", schedule_bits(s, &p));
}

static void print_json(const struct schedule_spec *s, int64_t iterations)
{
    static const char *const columns[] = {"iteration", "cycle", "phase", "bits", NULL};
    struct schedule_point p = {.iterations = iterations, .layer = -1};
    struct printout t = printout_open(stdout, true, columns);

    for (; p.iteration < iterations; p.iteration++) {
        int64_t cycle;
        const double phase = schedule_phase(&cycle, s, &p);
        printout_integer(&t, p.iteration);
        printout_integer(&t, cycle);
        printout_number(&t, phase, 17);
        printout_integer(&t, schedule_bits(s, &p));
    }
}

enum status command_schedule(int argc, char **argv)
{
    struct options o = {0};
    struct schedule_spec s = {.cycles = 1, .remainder = REMAINDER_STRETCH};
    int64_t iterations = 0;

    TRY(command_parse(&argp, argc, argv, &o));
    if (!o.name || o.extra || !o.schedule.bits || !o.schedule.iterations)
        return status_fail(STATUS_USAGE,
                           "schedule takes one name, --bits and --iterations; see cptsim schedule --help");
    TRY(status_usage(schedule_find(&s.type, o.name)));
    TRY(schedule_options_read(&s, &iterations, &o.schedule));
    TRY(status_usage(schedule_check(&s, iterations, "schedule")));
    TRY(status_usage(schedule_check_known(&s, "schedule")));
    if (o.json) {
        print_json(&s, iterations);
    } else {
        print_bits(&s, iterations);
    }
    return STATUS_OK;
}
