/* experiments/commands/command_report.c - cptsim report: the arms of an experiment in one table. */
#include "experiments/read/arms.h"
#include "experiments/commands/command.h"
#include "experiments/run/progress.h"
#include "experiments/print/printout.h"
#include "quant/try.h"
#include "sim/base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static error_t parse(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = state->input;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&path_json_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    NULL,
    parse,
    "RUNSDIR",
    "Print a table of the runs in a folder, at any depth, the dearest first: the bits that each was trained at, its last "
    "accuracy with the bits that it was measured at, the accuracy of its weights in float32, its bit "
    "operations in the convention of the CPT paper, what it saves, how long its training steps took, and the "
    "number formats of roles that are not the recipe's own. A run that goes on is shown as of its last "
    "flush. A run that cannot be read is named, and the exit code is that of its trouble. The table is Markdown.\v"
    "Examples:\n"
    "  cptsim report runs/demo\n"
    "  cptsim report runs/demo --json\n",
    children,
    NULL,
    NULL};

/* The state of a run that cannot be read. */
static const char unreadable[] = "unreadable";

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* --- for programs ------------------------------------------------------------------------------------- */

static void print_json(const struct arms *a)
{
    static const char *const columns[] = {"arm",
                                          "status",
                                          "iterations",
                                          "planned_iterations",
                                          "precision",
                                          "split",
                                          "bits",
                                          "accuracy",
                                          "accuracy_float32",
                                          "gbitops",
                                          "saving",
                                          "seconds",
                                          "dir",
                                          "roles",
                                          NULL};
    struct printout t = printout_open(stdout, true, columns);

    for (int i = 0; i < a->count; i++) {
        const struct arm *arm = &a->arm[i];
        printout_text(&t, arm->name);
        printout_text(&t, arm->status);
        printout_integer(&t, arm->iterations);
        printout_integer(&t, arm->planned);
        printout_text(&t, arm->precision);
        printout_text(&t, arm_split(arm));
        printout_integer(&t, arm->bits);
        printout_number(&t, arm->accuracy, 6);
        printout_number(&t, arm->float32_accuracy, 6);
        printout_number(&t, arm->bitops / 1e9, 6);
        printout_number(&t, arm_saving(a, arm), 4);
        printout_number(&t, arm->seconds, 4);
        printout_text(&t, arm->dir);
        printout_text(&t, arm->roles);
    }
    for (int i = 0; i < a->broken_count; i++) {
        printout_text(&t, base_name(a->broken[i].dir));
        printout_text(&t, unreadable);
        for (const char *const *c = &columns[2]; strcmp(*c, "dir") != 0; c++)
            printout_text(&t, NULL);
        printout_text(&t, a->broken[i].dir);
        printout_text(&t, NULL);
    }
}

/* --- for people --------------------------------------------------------------------------------------- */

enum column { NAME, PRECISION, ACCURACY, AT, FLOAT32, GBITOPS, SAVING, TIME, STATUS, ROLES, COLUMNS };

enum { CELL = CONFIG_ROLES };

struct line {
    char cell[COLUMNS][CELL];
};

static const struct line heading = {
    {"arm", "bits", "accuracy", "at", "in float32", "GBitOPs", "saving", "time", "status", "roles"}};

static bool is_number(enum column c)
{
    return c == ACCURACY || (c >= FLOAT32 && c <= TIME);
}

static void percent(char *out, double fraction, int digits)
{
    if (isnan(fraction)) {
        snprintf(out, CELL, "-");
    } else {
        snprintf(out, CELL, "%.*f %%", digits, 100 * fraction);
    }
}

static bool titles_differ(const struct arms *a)
{
    for (int i = 0; i < a->count; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(a->arm[i].name, a->arm[j].name) == 0) return false;
    return true;
}

static bool folders_differ(const struct arms *a)
{
    for (int i = 0; i < a->count; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(base_name(a->arm[i].dir), base_name(a->arm[j].dir)) == 0) return false;
    return true;
}

/* Arms are called by their titles; if two share one, all of them by their folders; if two of these do, by their
 * paths. */
static const char *arm_label(const struct arms *a, const struct arm *arm)
{
    if (titles_differ(a)) return arm->name;
    return folders_differ(a) ? base_name(arm->dir) : arm->dir;
}

/* Short runs to a tenth of a second. */
static void duration(char *out, double seconds)
{
    if (seconds < 9.95) {
        snprintf(out, CELL, "%.1f s", seconds);
    } else {
        progress_time(out, CELL, seconds);
    }
}

/* Titles and states are of whoever wrote the record; a bar would end the cell. A long one says that it goes on. */
static void cell_text(char cell[CELL], const char *text)
{
    char c[TEXT_VISIBLE];
    size_t used = 0;

    while (*text != '\0' && used < CELL - 2 * TEXT_VISIBLE) {
        text_visible(c, &text);
        used += (size_t)snprintf(cell + used, CELL - used, "%s%s", *c == '|' ? "\\" : "", c);
    }
    snprintf(cell + used, CELL - used, "%s", *text != '\0' ? "..." : "");
}

static void fill(struct line *line, const struct arms *a, const struct arm *arm)
{
    cell_text(line->cell[NAME], arm_label(a, arm));
    snprintf(line->cell[PRECISION], CELL, "%s", arm->precision);
    percent(line->cell[ACCURACY], arm->accuracy, 2);
    snprintf(line->cell[AT], CELL,
             isnan(arm->accuracy) ? "-"
             : arm->bits > 0      ? "%d bits"
                                  : "float32",
             arm->bits);
    percent(line->cell[FLOAT32], arm->float32_accuracy, 2);
    snprintf(line->cell[GBITOPS], CELL, arm->bitops < 1e12 ? "%.4g" : "%.0f", arm->bitops / 1e9);
    percent(line->cell[SAVING], arm_saving(a, arm), 1);
    duration(line->cell[TIME], arm->seconds);
    cell_text(line->cell[STATUS], arm->status);
    const size_t used = strlen(line->cell[STATUS]);
    if (arm->iterations < arm->planned)
        snprintf(line->cell[STATUS] + used, CELL - used, ", %" PRId64 " of %" PRId64, arm->iterations,
                 arm->planned);
    snprintf(line->cell[ROLES], CELL, "%s", arm->roles[0] != '\0' ? arm->roles : "-");
}

static void fill_broken(struct line *line, const struct arm_broken *b)
{
    for (int c = 0; c < COLUMNS; c++)
        snprintf(line->cell[c], CELL, "-");
    cell_text(line->cell[NAME], base_name(b->dir));
    snprintf(line->cell[STATUS], CELL, "%s", unreadable);
}

static void widen(int width[COLUMNS], const struct line *line)
{
    for (int c = 0; c < COLUMNS; c++)
        if ((int)strlen(line->cell[c]) > width[c]) width[c] = (int)strlen(line->cell[c]);
}

static void print_line(const struct line *line, const int width[], int columns)
{
    for (int c = 0; c < columns; c++)
        printf("| %*s ", is_number((enum column)c) ? width[c] : -width[c], line->cell[c]);
    puts("|");
}

static void print_rule(const int width[], int columns)
{
    for (int c = 0; c < columns; c++) {
        putchar('|');
        for (int i = 0; i < width[c] + 1; i++)
            putchar('-');
        putchar(is_number((enum column)c) ? ':' : '-');
    }
    puts("|");
}

/* What can be done about runs that did not come to their end. */
static void print_unfinished(const struct arms *a)
{
    for (int i = 0; i < a->count; i++) {
        const char *const status = a->arm[i].status;
        if (strcmp(status, "killed") != 0 && strcmp(status, "interrupted") != 0) continue;
        puts("killed, interrupted: the same 'cptsim train' with --resume goes on.");
        return;
    }
}

/* What the column of savings is of. */
static void print_footnote(const struct arms *a)
{
    const char *const own = "at its largest bits throughout";
    bool others = false;

    for (int i = 0; i < a->count; i++)
        others = others || (a->arm[i].kind != ARM_FLOAT32 && !arm_comparable(a, &a->arm[i]));
    if (a->reference == NULL) {
        printf("\nbits: forward/backward. saving: of the GBitOPs of the same run %s.\n", own);
        return;
    }
    fputs("\nbits: forward/backward. saving: of the GBitOPs of ", stdout);
    text_show(stdout, arm_label(a, a->reference), "");
    if (others) printf("; for a run of another length, model or data, of the same run %s", own);
    puts(".");
}

static enum status print_table(const struct arms *a)
{
    int width[COLUMNS] = {0}, columns = ROLES; /* the last one only where there is something to say */
    const int count = a->count + a->broken_count;
    struct line *line = calloc((size_t)count, sizeof *line);

    if (line == NULL) return status_fail(STATUS_NOMEM, "no memory for a table of %d runs", count);
    widen(width, &heading);
    for (int i = 0; i < a->count; i++) {
        fill(&line[i], a, &a->arm[i]);
        widen(width, &line[i]);
        if (a->arm[i].roles[0] != '\0') columns = COLUMNS;
    }
    for (int i = a->count; i < count; i++) {
        fill_broken(&line[i], &a->broken[i - a->count]);
        widen(width, &line[i]);
    }
    print_line(&heading, width, columns);
    print_rule(width, columns);
    for (int i = 0; i < count; i++)
        print_line(&line[i], width, columns);
    print_footnote(a);
    print_unfinished(a);
    for (int i = 0; i < a->broken_count; i++) {
        printf("%s: ", unreadable);
        text_show(stdout, a->broken[i].why, "");
        putchar('\n');
    }
    free(line);
    return STATUS_OK;
}

enum status command_report(int argc, char **argv)
{
    struct path_options o = {0};

    TRY(command_parse(&argp, argc, argv, &o));
    TRY(path_check(&o, "report", "folder of runs"));
    struct arms *arms = malloc(sizeof *arms);
    if (arms == NULL) return status_fail(STATUS_NOMEM, "no memory for a list of runs");
    enum status status = arms_read(arms, o.path);
    if (status == STATUS_OK && o.json) print_json(arms);
    if (status == STATUS_OK && !o.json) status = print_table(arms);
    if (status == STATUS_OK) status = arms_whole(arms);
    free(arms);
    return status;
}
