/* experiments/commands/command_train.c - `cptsim train`: every arm of an experiment, one after the other. */
#include "experiments/commands/command.h"
#include "experiments/config/machine_options.h"
#include "experiments/record/record.h"
#include "experiments/run/run.h"
#include "experiments/print/printout.h"
#include "quant/try.h"
#include "sim/base/text.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

enum { OVERRIDES_MAX = 64, OPTION_SEED = 256, OPTION_RESUME, OPTION_FORCE, OPTION_PRINT };

struct train_options {
    const char *file, *out, *arm;
    const char *overrides[OVERRIDES_MAX];
    int override_count;
    char seed[64]; /* --seed N as an override */
    struct machine_options machine;
    bool resume, force, quiet, json, print_config;
    const char *wrong; /* what is wrong with the command line, or NULL */
};

static const struct argp_option options[] = {
    {"set", 's', "KEY=VALUE", 0,
     "override a key of the file, of `cptsim list keys`, as forward.bits=3:6 (any number of times)", 1},
    {"seed", OPTION_SEED, "N", 0, "the same as --set seed=N", 1},
    {"arm", 'a', "NAME", 0, "train only this arm", 1},
    {"out", 'o', "DIR", 0, "where records go: DIR, or DIR/ARM for files with arms (runs/NAME)", 2},
    {"resume", OPTION_RESUME, NULL, 0,
     "go on from the last checkpoint; begin where there is none, leave what is finished", 2},
    {"force", OPTION_FORCE, NULL, 0, "replace existing records", 2},
    {"quiet", 'q', NULL, 0, "no progress on stderr", 4},
    {"json", 'j', NULL, 0, "the table as one JSON object a line", 4},
    {"print-config", OPTION_PRINT, NULL, 0, "print every setting with its value, and stop", 4},
    {0}};

static const char doc[] =
    "Train every arm of an experiment, recording each iteration in DIR/run.h5, and print accuracy and "
    "cost.\vExamples:\n"
    "  cptsim train experiments/quick.yaml\n"
    "  cptsim train experiments/quick.yaml --seed 2 --out runs/quick-2\n"
    "  cptsim train experiments/demo.yaml --arm cpt-3-8 --set forward.cycles=2\n"
    "  cptsim train experiments/demo.yaml --resume\n\n"
    "Ctrl-C finishes the iteration, or a batch of an evaluation, saves a checkpoint and exits with 75; the "
    "same command with --resume goes on and ends in the same bits. Keys of a file: `cptsim list keys`.";

static void add_override(struct train_options *o, const char *text)
{
    if (o->override_count == OVERRIDES_MAX) {
        o->wrong = "more than 64 settings to override; write a file";
    } else {
        o->overrides[o->override_count++] = text;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct train_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->machine;
        break;
    case 's':
        add_override(o, arg);
        break;
    case OPTION_SEED:
        if (snprintf(o->seed, sizeof o->seed, "seed=%s", arg) >= (int)sizeof o->seed)
            o->wrong = "--seed has too many digits";
        add_override(o, o->seed);
        break;
    case 'a':
        if (o->arm != NULL) o->wrong = "--arm takes one arm; without it all are trained";
        o->arm = arg;
        break;
    case 'o':
        o->out = arg;
        break;
    case OPTION_RESUME:
        o->resume = true;
        break;
    case OPTION_FORCE:
        o->force = true;
        break;
    case 'q':
        o->quiet = true;
        break;
    case 'j':
        o->json = true;
        break;
    case OPTION_PRINT:
        o->print_config = true;
        break;
    case ARGP_KEY_ARG:
        if (o->file != NULL) o->wrong = "more than one experiment file";
        o->file = arg;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static enum status options_check(const struct train_options *o)
{
    TRY(machine_check(&o->machine, "train"));
    if (o->wrong != NULL) return status_fail(STATUS_USAGE, "train: %s", o->wrong);
    if (o->file == NULL)
        return status_fail(STATUS_USAGE,
                           "train: no experiment file; want one as in `cptsim train experiments/quick.yaml`");
    if (o->resume && o->force)
        return status_fail(STATUS_USAGE,
                           "train: --resume keeps a record and --force replaces it; want one of them");
    return STATUS_OK;
}

/* --- arms --- */

static enum status run_dir(char dir[PATH_MAX], const struct train_options *o, const struct config *c)
{
    char usual[sizeof "runs/" + CONFIG_NAME];

    snprintf(usual, sizeof usual, "runs/%s", c->name);
    const char *parent = o->out != NULL ? o->out : usual;
    TRY(status_usage(text_copy(dir, PATH_MAX - CONFIG_NAME - 1, "--out", parent, strlen(parent))));
    const size_t used = strlen(dir);
    if (c->arm[0] != '\0') snprintf(dir + used, PATH_MAX - used, "/%s", c->arm);
    return STATUS_OK;
}

static const char *const columns[] = {"arm",  "split",   "at",     "bits",    "accuracy",
                                      "loss", "gbitops", "saving", "seconds", NULL};

static void result_print(const struct train_options *o, const struct config *c, const struct run_result *r)
{
    struct printout table = printout_open(stdout, o->json, columns);

    for (int i = 0; i < r->score_count; i++) {
        const struct run_score *s = &r->score[i];
        char bits[16] = "float32";
        if (s->point.bits > 0) snprintf(bits, sizeof bits, "%d", s->point.bits);
        printout_text(&table, c->arm[0] != '\0' ? c->arm : c->name);
        printout_text(&table, config_split_name(s->result.split));
        printout_text(&table, s->point.policy);
        printout_text(&table, bits);
        printout_number(&table, s->result.accuracy, 6);
        printout_number(&table, s->result.loss, 6);
        printout_number(&table, r->bitops / 1e9, 6);
        printout_number(&table, r->saving, 4);
        printout_number(&table, r->seconds, 4);
    }
    if (o->json) {
        printf("{\"arm\": \"%s\", \"peak_memory_bytes\": %" PRId64 ", \"max_rss_bytes\": %" PRId64
               ", \"state_sha256\": \"%s\"}\n",
               c->arm[0] != '\0' ? c->arm : c->name, r->peak_memory_bytes, r->max_rss_bytes, r->state_sha256);
    } else {
        printf("peak memory %.1f MB placed for the network, %.1f MB resident\n",
               (double)r->peak_memory_bytes / 1e6, (double)r->max_rss_bytes / 1e6);
        printf("state sha256 %s\n", r->state_sha256);
    }
    fflush(stdout);
}

/* Before hours are spent on the first arm: can every one of them be run, and is there room for its record? */
static enum status arms_check(const struct train_options *o, const struct config_file *f, int first, int last)
{
    for (int i = first; i <= last; i++) {
        struct config c;
        char dir[PATH_MAX];
        TRY(config_resolve(&c, f, i, o->overrides, o->override_count));
        TRY(session_check(&c));
        TRY(run_dir(dir, o, &c));
        if (!o->print_config && !o->resume && !o->force) TRY(record_place_free(dir));
    }
    return STATUS_OK;
}

static enum status arm_train(const struct train_options *o, const struct config_file *f, int arm, char **argv)
{
    struct config c;
    struct run_result result;
    char dir[PATH_MAX];

    TRY(config_resolve(&c, f, arm, o->overrides, o->override_count));
    if (o->print_config) {
        config_print(stdout, &c);
        return STATUS_OK;
    }
    TRY(run_dir(dir, o, &c));
    if (o->resume && run_finished(&result, &c, dir)) {
        if (!o->quiet)
            fprintf(stderr, "%s: already finished, %" PRId64 " iterations; --force trains it again\n", dir,
                    result.iterations);
        result_print(o, &c, &result);
        return STATUS_OK;
    }
    TRY(run_train(&result, &c,
                  &(struct run_options){.machine = o->machine.machine,
                                        .dir = dir,
                                        .resume = o->resume,
                                        .replace = o->force,
                                        .quiet = o->quiet,
                                        .user_text = config_user_text(f),
                                        .overrides = o->overrides,
                                        .override_count = o->override_count,
                                        .argv = argv}));
    result_print(o, &c, &result);
    return STATUS_OK;
}

static enum status arms_train(const struct train_options *o, const struct config_file *f, char **argv)
{
    int first = 0, last = config_arms(f) - 1;

    if (o->arm != NULL) {
        TRY(config_find_arm(&first, f, o->arm));
        last = first;
    }
    TRY(arms_check(o, f, first, last));
    for (int i = first; i <= last; i++) {
        if (o->print_config && i > first) puts("---");
        TRY(arm_train(o, f, i, argv));
    }
    return STATUS_OK;
}

enum status command_train(int argc, char **argv)
{
    static const struct argp_child children[] = {{&machine_argp, 0, NULL, 3}, {0}};
    const struct argp argp = {options, parse, "EXPERIMENT.yaml", doc, children, NULL, NULL};
    struct train_options o = {0};
    struct config_file *file;

    TRY(command_parse(&argp, argc, argv, &o));
    TRY(options_check(&o));
    TRY(config_open(&file, o.file));
    const enum status s = arms_train(&o, file, argv);
    config_close(file);
    return s;
}
