/* experiments/read/figures.c - writing the data files of figures, and running gnuplot on them. */
#include "experiments/read/figures.h"
#include "experiments/record/artifact.h"
#include "experiments/record/record_columns.h"
#include "quant/try.h"
#include "sim/base/digest.h"
#include "sim/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct figure figures[] = {
    {"schedule", "forward bits, learning rate and training loss over iterations", false},
    {"accuracy", "accuracy at the final bits over bit operations", true},
};

static const char *const formats[] = {"svg", "png"};

enum { FIGURES = sizeof figures / sizeof *figures, FORMATS = sizeof formats / sizeof *formats };

const struct figure *figure_all(int *count)
{
    *count = FIGURES;
    return figures;
}

/* --- data files --------------------------------------------------------------------------------------- */

static enum status make_folder(const char *path)
{
    struct stat st;

    if (mkdir(path, 0777) == 0 || (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
        return STATUS_OK;
    return status_fail(STATUS_IO, "%s: cannot make the folder: %s", path, strerror(errno));
}

/* Where a data file is written before it takes its place. */
static void aside_name(char aside[PATH_MAX], const char *path)
{
    snprintf(aside, PATH_MAX, "%.4000s.tmp", path);
}

enum status figure_data_open(FILE **out, char path[PATH_MAX], const char *dir, const char *name)
{
    TRY(make_folder(dir));
    snprintf(path, PATH_MAX, "%.3000s/data", dir);
    TRY(make_folder(path));
    snprintf(path, PATH_MAX, "%.3000s/data/%.200s", dir, name);
    char aside[PATH_MAX];
    aside_name(aside, path);
    unlink(aside); /* a link there would be followed */
    *out = fopen(aside, "wx");
    return *out != NULL ? STATUS_OK
                        : status_fail(STATUS_IO, "%s: cannot write it: %s", path, strerror(errno));
}

enum status figure_data_close(FILE *out, const char *path)
{
    const bool wrong = ferror(out) != 0;
    char aside[PATH_MAX];

    aside_name(aside, path);
    if (fclose(out) == 0 && !wrong && rename(aside, path) == 0) return STATUS_OK;
    const enum status s = status_fail(STATUS_IO, "%s: cannot write it: %s", path, strerror(errno));
    remove(aside);
    return s;
}

/* --- whose figures they are --------------------------------------------------------------------------- */

static const char source_name[] = "source";

/* A folder of runs: as its user named it, for people; the digest of where it really is, to know it again. */
struct source {
    char digest[DIGEST_SIZE], runs[PATH_MAX];
};

static enum status source_of(struct source *s, const char *runs)
{
    char place[PATH_MAX];

    if (realpath(runs, place) == NULL) return status_fail(STATUS_IO, "%s: %s", runs, strerror(errno));
    digest_text(s->digest, place);
    snprintf(s->runs, sizeof s->runs, "%s", runs);
    return STATUS_OK;
}

/* False if the folder has none: nothing was drawn there, or by an older program. */
static bool source_read(struct source *s, const char *dir)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%.4000s/data/%s", dir, source_name);
    FILE *in = fopen(path, "r");
    if (in == NULL) return false;
    const bool whole = fscanf(in, "%64s %4095[^\n]", s->digest, s->runs) == 2;
    fclose(in);
    return whole;
}

enum status figures_claim(const char *dir, const char *runs, bool replace)
{
    struct source now, before;
    char path[PATH_MAX];
    FILE *out;

    TRY(source_of(&now, runs));
    if (!replace && source_read(&before, dir) && strcmp(before.digest, now.digest) != 0)
        return status_fail(
            STATUS_IO, "%s: has the figures of %s; --out puts those of %s elsewhere, --force replaces them",
            dir, before.runs, runs);
    TRY(figure_data_open(&out, path, dir, source_name));
    fprintf(out, "%s %s\n", now.digest, now.runs);
    return figure_data_close(out, path);
}

/* --- series ------------------------------------------------------------------------------------------- */

enum { STEM = ARM_NAME + 8 };

/* Name of an arm's files: its number, which makes it unique, and of its title what any file system takes. */
static void file_stem(char out[STEM], const struct arms *a, int i)
{
    snprintf(out, STEM, "%d-%s", i + 1, a->arm[i].name);
    for (char *c = out; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr("-._", *c) == NULL) *c = '_';
}

/* A column of a data file: a data set, read by row, or at the iteration that an evaluation followed. */
struct data_column {
    const char *name;
    char path[STORE_NAME_MAX];
    bool at_iteration; /* row r is the value of iteration iter[r] - 1, iter being the first column */
    struct artifact_column values;
};

static void print_columns(FILE *out, const struct data_column *c, int count)
{
    const int64_t *iter = c[0].values.data;
    char cell[ARTIFACT_CELL];

    for (int i = 0; i < count; i++)
        fprintf(out, "%s%c", c[i].name, i == count - 1 ? '\n' : '\t');
    for (int64_t row = 0; row < c[0].values.info.count; row++) {
        for (int i = 0; i < count; i++) {
            const int64_t at = c[i].at_iteration ? iter[row] - 1 : row;
            snprintf(cell, sizeof cell, "nan");
            if (at >= 0 && at < c[i].values.info.count) artifact_cell(cell, &c[i].values, at);
            fprintf(out, "%s%c", cell, i == count - 1 ? '\n' : '\t');
        }
    }
}

static enum status write_columns(const char *dir, const char *name, struct store *s, struct data_column *c,
                                 int count)
{
    enum status status = STATUS_OK;
    char path[PATH_MAX];
    int loaded = 0;
    FILE *out;

    while (loaded < count && status == STATUS_OK) {
        status = artifact_load(&c[loaded].values, s, c[loaded].path);
        loaded++;
    }
    if (status == STATUS_OK) status = figure_data_open(&out, path, dir, name);
    if (status == STATUS_OK) {
        print_columns(out, c, count);
        status = figure_data_close(out, path);
    }
    for (int i = 0; i < loaded; i++)
        artifact_unload(&c[i].values);
    return status;
}

static enum status write_train(const char *dir, const char *stem, struct store *s)
{
    static const enum record_column columns[] = {RECORD_ITERATION,    RECORD_LOSS,          RECORD_LR,
                                                 RECORD_FORWARD_BITS, RECORD_BACKWARD_BITS, RECORD_BITOPS};
    enum { COUNT = sizeof columns / sizeof *columns };
    struct data_column c[COUNT] = {0};
    char file[STEM + 16];

    for (int i = 0; i < COUNT; i++) {
        c[i].name = record_train_columns[columns[i]].name;
        record_train_path(c[i].path, columns[i]);
    }
    snprintf(file, sizeof file, "%s.train.dat", stem);
    return write_columns(dir, file, s, c, COUNT);
}

static enum status write_eval(const char *dir, const char *stem, struct store *s, const struct arm *arm)
{
    enum { ITER, BITS, ACCURACY, LOSS, BITOPS, COUNT };
    struct data_column c[COUNT] = {[ITER].name = "iter",
                                   [BITS].name = "bits",
                                   [ACCURACY].name = "acc",
                                   [LOSS].name = "loss",
                                   [BITOPS] = {.name = "bitops", .at_iteration = true}};
    char file[STEM + 16];

    if (isnan(arm->accuracy)) return STATUS_OK;
    record_eval_path(c[ITER].path, arm->policy, RECORD_EVAL_ITERATION);
    record_eval_path(c[BITS].path, arm->policy, RECORD_EVAL_BITS);
    record_eval_path(c[ACCURACY].path, arm->policy, record_eval_score(arm->split, RECORD_SCORE_ACCURACY));
    record_eval_path(c[LOSS].path, arm->policy, record_eval_score(arm->split, RECORD_SCORE_LOSS));
    record_train_path(c[BITOPS].path, RECORD_BITOPS);
    snprintf(file, sizeof file, "%s.eval.dat", stem);
    return write_columns(dir, file, s, c, COUNT);
}

/* One line an arm. */
static enum status write_arms(const char *dir, const struct arms *a)
{
    char path[PATH_MAX], stem[STEM];
    FILE *out;

    TRY(figure_data_open(&out, path, dir, "arms.dat"));
    fputs("file\tname\tkind\tprecision\tsplit\tbits\tacc\tacc_float32\tbitops\tsaving\n", out);
    for (int i = 0; i < a->count; i++) {
        const struct arm *arm = &a->arm[i];
        file_stem(stem, a, i);
        fprintf(out, "%s\t", stem);
        text_show(out, arm->name, "");
        fprintf(out, "\t%d\t%s\t%s\t%d\t%.17g\t%.17g\t%.17g\t%.17g\n", (int)arm->kind, arm->precision,
                isnan(arm->accuracy) ? "none" : arm_split(arm), arm->bits, arm->accuracy,
                arm->float32_accuracy, arm->bitops, arm_saving(a, arm));
    }
    return figure_data_close(out, path);
}

enum status figures_write_data(const char *dir, const struct arms *a)
{
    char path[PATH_MAX], stem[STEM];

    TRY(make_folder(dir));
    snprintf(path, sizeof path, "%.3000s/data", dir);
    TRY(make_folder(path));
    for (int i = 0; i < a->count; i++) {
        struct artifact run;
        file_stem(stem, a, i);
        enum status status = artifact_open(&run, a->arm[i].dir);
        if (status == STATUS_OK) status = write_train(dir, stem, run.store);
        if (status == STATUS_OK) status = write_eval(dir, stem, run.store, &a->arm[i]);
        artifact_close(&run);
        TRY(status);
    }
    return write_arms(dir, a);
}

/* --- gnuplot ------------------------------------------------------------------------------------------ */

enum { NOT_FOUND = 127, LOG_MAX = 400 };

/* In the child: pinned locale and clock, no settings of the user's, complaints into the log. */
static void become_gnuplot(const char *script, const char *data, const char *out, const char *format,
                           const char *log)
{
    /* Not by freopen, which would print the parent's unwritten output a second time. */
    const int nothing = open("/dev/null", O_RDWR);
    const int complaints = open(log, O_WRONLY | O_CREAT | O_EXCL, 0666);

    if (dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0 ||
        dup2(complaints, STDERR_FILENO) < 0)
        _exit(1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TZ", "UTC", 1);
    execlp("gnuplot", "gnuplot", "--default-settings", "-c", script, data, out, format, (char *)NULL);
    _exit(NOT_FOUND);
}

/* The lines of a log as one. */
static void read_log(char text[LOG_MAX], const char *path)
{
    FILE *log = fopen(path, "r");
    const size_t length = log != NULL ? fread(text, 1, LOG_MAX - 1, log) : 0;

    text[length] = '\0';
    for (size_t i = 0; i < length; i++)
        if (isspace((unsigned char)text[i])) text[i] = ' ';
    if (log != NULL) fclose(log);
}

/* gnuplot opens a pipe to a shell for a name that begins with '|' or '<': no name that it gets may begin so. */
static void plain_name(char out[PATH_MAX], const char *path)
{
    snprintf(out, PATH_MAX, "%s%.4000s", path[0] == '/' ? "" : "./", path);
}

/* gnuplot exits with 0 where it could not write: a whole file ends as its format does. */
static bool is_whole(const char *path, const char *format)
{
    const char *const end = strcmp(format, "svg") == 0 ? "</svg>" : "IEND";
    char tail[64] = "";
    FILE *const file = fopen(path, "rb");
    size_t length = 0;

    if (file != NULL && fseek(file, -(long)(sizeof tail), SEEK_END) == 0)
        length = fread(tail, 1, sizeof tail, file);
    if (file != NULL) fclose(file);
    return memmem(tail, length, end, strlen(end)) != NULL;
}

static enum status run_gnuplot(const char *script, const char *data, const char *out, const char *format)
{
    char log[PATH_MAX], text[LOG_MAX];
    int outcome = -1;

    snprintf(log, sizeof log, "%.4000s/gnuplot.log", data);
    unlink(log);
    unlink(out);
    const pid_t child = fork();
    if (child == 0) become_gnuplot(script, data, out, format, log);
    if (child < 0 || waitpid(child, &outcome, 0) != child)
        return status_fail(STATUS_IO, "cannot run gnuplot: %s", strerror(errno));
    read_log(text, log);
    unlink(log);
    if (WIFEXITED(outcome) && WEXITSTATUS(outcome) == NOT_FOUND)
        return status_fail(STATUS_IO,
                           "gnuplot is missing; install it with 'sudo apt-get install gnuplot-nox "
                           "fonts-dejavu-core'; the data files are in %s",
                           data);
    if (!WIFEXITED(outcome) || WEXITSTATUS(outcome) != 0)
        return status_fail(STATUS_IO, "%s: gnuplot cannot draw it: %s", script, text);
    return STATUS_OK;
}

enum status figure_draw(const struct figure *f, const char *dir, const char *scripts)
{
    char script[PATH_MAX], data[PATH_MAX], out[PATH_MAX], aside[PATH_MAX], plain[2][PATH_MAX];

    plain_name(plain[0], dir);
    plain_name(plain[1], scripts);
    snprintf(script, sizeof script, "%.4000s/%s.gp", plain[1], f->name);
    snprintf(data, sizeof data, "%.4000s/data", plain[0]);
    for (int i = 0; i < FORMATS; i++) {
        snprintf(out, sizeof out, "%.4000s/%s.%s", dir, f->name, formats[i]);
        snprintf(aside, sizeof aside, "%.4000s/.%s.%s", plain[0], f->name, formats[i]);
        enum status status = run_gnuplot(script, data, aside, formats[i]);
        if (status == STATUS_OK && !is_whole(aside, formats[i]))
            status = status_fail(STATUS_IO, "%s: cannot write all of it: is the disk full?", out);
        if (status != STATUS_OK) {
            unlink(aside);
            return status;
        }
        if (rename(aside, out) != 0)
            return status_fail(STATUS_IO, "%s: cannot write it: %s", out, strerror(errno));
    }
    return STATUS_OK;
}

/* --- scripts ------------------------------------------------------------------------------------------ */

enum status figures_find_scripts(char scripts[PATH_MAX])
{
    static const char *const places[] = {"plots", "../plots", "../../plots", "../share/cptsim/plots"};
    char program[PATH_MAX], place[PATH_MAX], probe[PATH_MAX + 16];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

    program[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash != NULL) *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(place, sizeof place, "%.4000s/%s", program, places[i]);
        if (realpath(place, scripts) == NULL) continue;
        snprintf(probe, sizeof probe, "%s/style.gp", scripts);
        if (access(probe, R_OK) == 0) return STATUS_OK;
    }
    return status_fail(
        STATUS_IO, "%s: no folder 'plots' with gnuplot scripts is near it; name it with --scripts", program);
}
