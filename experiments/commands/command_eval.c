/* experiments/commands/command_eval.c - `cptsim eval`: the accuracy of a trained network at any bits. */
#include "experiments/record/record_read.h"
#include "experiments/record/artifact.h"
#include "experiments/record/checkpoint.h"
#include "experiments/record/pinned.h"
#include "experiments/commands/command.h"
#include "experiments/config/machine_options.h"
#include "experiments/print/printout.h"
#include "experiments/run/session.h"

#include "experiments/store/store.h"
#include "quant/try.h"
#include "sim/base/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OPTION_DATA = 256 };

struct eval_options {
    const char *path, *bits, *split;
    struct machine_options machine;
    const char *data_dir;
    bool json;
    const char *wrong;
};

static const struct argp_option options[] = {
    {"bits", 'b', "WIDTHS", 0,
     "max, current, all (of its schedule, and float32), float32, numbers or ranges as 3:8 (as trained)", 1},
    {"split", 's', "NAME", 0, "train, validation or test (as trained)", 1},
    {"data-dir", OPTION_DATA, "DIR", 0, "folder of the data set's files, if they moved", 1},
    {"json", 'j', NULL, 0, "one JSON object a line", 3},
    {0}};

static const char doc[] =
    "Evaluate the network of a run, or of one of its checkpoints, at any bits.\vExamples:\n"
    "  cptsim eval runs/quick\n"
    "  cptsim eval runs/quick --bits all\n"
    "  cptsim eval runs/quick --bits 3:8 --json\n"
    "  cptsim eval runs/quick/ckpt/prev.h5 --bits '4 6 float32' --split train\n";

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct eval_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->machine;
        break;
    case 'b':
        o->bits = arg;
        break;
    case 's':
        o->split = arg;
        break;
    case OPTION_DATA:
        o->data_dir = arg;
        break;
    case 'j':
        o->json = true;
        break;
    case ARGP_KEY_ARG:
        if (o->path != NULL) o->wrong = "more than one run; want one";
        o->path = arg;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* Say why a path belongs to no run: it is missing, damaged, a folder of runs or something else. */
static enum status record_missing(const char *path)
{
    struct artifact a;

    const enum status s = artifact_open(&a, path);
    artifact_close(&a);
    TRY(s);
    return status_fail(STATUS_INPUT,
                       "%s: belongs to no run; want a folder with a %s, or a checkpoint in its ckpt/", path,
                       RECORD_FILE);
}

/* The folder around a path. */
static void folder_above(char *path)
{
    char *const slash = strrchr(path, '/');

    if (slash == NULL) snprintf(path, 2, ".");
    if (slash != NULL) slash[slash == path] = '\0'; /* that of "/x" is "/" */
}

/* The record that a path belongs to: RUNDIR/run.h5 for RUNDIR, RUNDIR/run.h5 and RUNDIR/ckpt/ANY.h5. */
static enum status record_find(char record[PATH_MAX], const char *path)
{
    struct stat st;
    const bool is_folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);

    TRY(text_copy(record, PATH_MAX - sizeof "/" RECORD_FILE, NULL, path, strlen(path)));
    for (int up = 0; up <= (is_folder ? 0 : 2); up++) {
        if (up > 0) folder_above(record);
        if (!record_exists(record)) continue;
        const size_t used = strlen(record);
        snprintf(record + used, PATH_MAX - used, "/" RECORD_FILE);
        return STATUS_OK;
    }
    return record_missing(path);
}

/* The configuration that the record's run had, with the command line's wishes. */
static enum status config_of_record(struct config *c, const char *record, const struct eval_options *o)
{
    struct artifact a;

    enum status s = artifact_open(&a, record);
    if (s == STATUS_OK) s = artifact_config(c, a.store);
    artifact_close(&a);
    TRY(s);
    if (o->data_dir != NULL)
        TRY(status_usage(
            text_copy(c->data.dir, sizeof c->data.dir, "--data-dir", o->data_dir, strlen(o->data_dir))));
    if (o->split != NULL && config_parse_split(&c->evaluate_split, o->split) != STATUS_OK)
        return status_fail(STATUS_USAGE, "--split: %s", status_detail());
    if (o->bits != NULL && config_parse_eval_bits(&c->evaluate_bits, o->bits) != STATUS_OK)
        return status_fail(STATUS_USAGE, "--bits: %s", status_detail());
    if (o->bits != NULL)
        config_from_command_line(c, "evaluate.bits"); /* which formats of roles may not have */
    if (c->evaluate_split == SPLIT_VALIDATION && c->data.validation == 0)
        return status_fail(STATUS_USAGE, "%s: held out no validation images; want --split test or train",
                           record);
    return STATUS_OK;
}

/* Load the network, on the data that the record pins. *current: forward bits of its last iteration. */
static enum status network_load(int *current, struct checkpoint_source *source, struct session *s,
                                struct store *record, const char *path)
{
    char run_id[96];
    int backward_bits;

    TRY(pinned_data_check(record, &s->data));
    TRY(checkpoint_read(source, &s->graph, path));
    TRY(store_get_text(run_id, sizeof run_id, record, "provenance", "run_id"));
    if (strcmp(run_id, source->run_id) != 0)
        return status_fail(STATUS_INPUT, "%s: is a checkpoint of run %s, but %s is the record of run %s",
                           source->path, source->run_id, store_path(record), run_id);
    return record_read_bits(current, &backward_bits, record, source->iteration - 1);
}

static enum status record_load(int *current, struct checkpoint_source *source, struct session *s,
                               const char *record, const char *path)
{
    struct artifact a;

    enum status status = artifact_open(&a, record);
    if (status == STATUS_OK) status = network_load(current, source, s, a.store, path);
    artifact_close(&a);
    return status;
}

static enum status evaluate(struct session *s, const char *record, const struct eval_options *o)
{
    static const char *const columns[] = {"iteration", "split", "at",     "bits",
                                          "accuracy",  "loss",  "images", NULL};
    struct checkpoint_source source;
    struct eval_point point[EVAL_POINTS];
    int current;

    TRY(record_load(&current, &source, s, record, o->path));
    const int count = config_eval_points(point, &s->config, current);
    struct printout table = printout_open(stdout, o->json, columns);
    for (int i = 0; i < count; i++) {
        char bits[16] = "float32";
        if (point[i].bits > 0) snprintf(bits, sizeof bits, "%d", point[i].bits);
        const struct evaluation e = trainer_evaluate(&s->trainer, s->config.evaluate_split, point[i].bits);
        printout_integer(&table, source.iteration);
        printout_text(&table, config_split_name(e.split));
        printout_text(&table, point[i].policy);
        printout_text(&table, bits);
        printout_number(&table, e.accuracy, 6);
        printout_number(&table, e.loss, 6);
        printout_integer(&table, e.count);
        fflush(stdout);
    }
    return STATUS_OK;
}

enum status command_eval(int argc, char **argv)
{
    static const struct argp_child children[] = {{&machine_argp, 0, NULL, 2}, {0}};
    const struct argp argp = {options, parse, "RUNDIR|CHECKPOINT", doc, children, NULL, NULL};
    struct eval_options o = {0};
    struct session session;
    struct config config;
    char record[PATH_MAX];

    TRY(command_parse(&argp, argc, argv, &o));
    TRY(machine_check(&o.machine, "eval"));
    if (o.wrong != NULL) return status_fail(STATUS_USAGE, "eval: %s", o.wrong);
    if (o.path == NULL)
        return status_fail(STATUS_USAGE, "eval: no run; want one as in `cptsim eval runs/quick`");
    TRY(record_find(record, o.path));
    TRY(config_of_record(&config, record, &o));
    TRY(session_open(&session, &config, &o.machine.machine));
    const enum status s = evaluate(&session, record, &o);
    session_close(&session);
    return s;
}
