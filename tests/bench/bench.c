/* tests/bench/bench.c - options, machine, rounds and tables of the benches. See bench.h. */
#include "tests/bench/bench.h"

#include "experiments/record/version.h"
#include "tests/bench/yardstick.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <omp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- the command line --------------------------------------------------------------------------------- */

struct request {
    struct bench *bench;
    const char *kernels, *save;
    bool json;
};

enum { OPTION_KERNELS = 256, OPTION_SAVE };

static const struct argp_option options[] = {
    {"only", 'o', "TEXT", 0, "only rows whose words hold TEXT, as \"16 @32\" or \"int8\"", 0},
    {"threads", 't', "N", 0, "time 1 thread and N (all)", 0},
    {"seconds", 's', "S", 0, "how long those that are compared take turns", 0},
    {"kernels", OPTION_KERNELS, "NAME", 0, "instruction set, of `cptsim list kernels`", 0},
    {"json", 'j', NULL, 0, "JSON, an object a line, instead of tables", 0},
    {"save", OPTION_SAVE, "FILE", 0, "the same JSON to FILE as well", 0},
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct request *r = state->input;
    char *end = "";

    switch (key) {
    case 'o':
        r->bench->only = arg;
        break;
    case 't':
        r->bench->threads = (int)strtol(arg, &end, 10);
        if (*end != '\0' || r->bench->threads < 1) argp_error(state, "--threads wants a number from 1 on");
        break;
    case 's':
        r->bench->seconds = strtod(arg, &end);
        if (*end != '\0' || !(r->bench->seconds > 0)) argp_error(state, "--seconds wants a number above 0");
        break;
    case 'j':
        r->json = true;
        break;
    case OPTION_KERNELS:
        r->kernels = arg;
        break;
    case OPTION_SAVE:
        r->save = arg;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "takes no words, only options; see --help");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

void bench_must(enum status s)
{
    if (s == STATUS_OK) return;
    fprintf(stderr, "bench: %s\n", status_detail());
    exit(status_exit_code(s));
}

/* --- the machine -------------------------------------------------------------------------------------- */

/* The first line of /proc/cpuinfo that begins with `field`, without it. */
static void cpu_says(char *out, size_t size, const char *field)
{
    char line[4096];
    FILE *file = fopen("/proc/cpuinfo", "r");

    snprintf(out, size, "unknown");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *value = strchr(line, ':');
        if (value == NULL || strncmp(line, field, strlen(field)) != 0) continue;
        snprintf(out, size, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
        break;
    }
    if (file != NULL) fclose(file);
}

/* The first line of what is printed: who timed, what, where, when. */
static void print_machine(const struct bench *b)
{
    static const struct bench_column columns[] = {
        {"bench", 0}, {"date_utc", 0},     {"commit", 0},  {"compiler", 0}, {"flags", 0},  {"cpu", 0},
        {"cores", 0}, {"load_average", 0}, {"kernels", 0}, {"threads", 0},  {"onednn", 0}, {"cpu_flags", 0},
        {NULL, 0}};
    char cpu[256], flags[4096], when[32];
    double load = NAN;
    struct tm utc;
    struct bench quiet = *b;
    struct bench_table t;
    const time_t now = time(NULL);
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);

    cpu_says(cpu, sizeof cpu, "model name");
    cpu_says(flags, sizeof flags, "flags");
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    if (getloadavg(&load, 1) != 1) load = NAN;
    quiet.text = NULL; /* people get a sentence */
    bench_table(&t, &quiet, "machine", columns);
    bench_text(&t, b->name);
    bench_text(&t, when);
    bench_text(&t, version_commit);
    bench_text(&t, version_compiler);
    bench_text(&t, version_flags);
    bench_text(&t, cpu);
    bench_number(&t, (double)cores, 0);
    bench_number(&t, load, 2);
    bench_text(&t, b->kernels->name);
    bench_number(&t, b->threads, 0);
    bench_text(&t, yardstick_version());
    bench_text(&t, flags);
    if (b->text != NULL)
        fprintf(b->text,
                "# %s: %s, %ld cores, load %.2f; %s kernels, threads %d; commit %s, %s; oneDNN %s; %s\n",
                b->name, cpu, cores, load, b->kernels->name, b->threads, version_commit, version_compiler,
                yardstick_version() != NULL ? yardstick_version() : "none", when);
}

struct bench bench_open(int argc, char **argv, const char *name, const char *what, double seconds)
{
    const struct argp argp = {options, parse, NULL, what, NULL, NULL, NULL};
    struct bench b = {.name = name, .threads = omp_get_max_threads(), .seconds = seconds};
    struct request r = {.bench = &b};

    argp_err_exit_status = status_exit_code(STATUS_USAGE);
    argp_parse(&argp, argc, argv, 0, NULL, &r);
    bench_must(kernels_find(&b.kernels, r.kernels));
    *(r.json ? &b.json : &b.text) = stdout;
    if (r.save != NULL && (b.saved = fopen(r.save, "w")) == NULL)
        bench_must(status_fail(STATUS_IO, "%s: cannot be written: %s", r.save, strerror(errno)));
    print_machine(&b);
    return b;
}

void bench_close(struct bench *b)
{
    if (b->saved != NULL && fclose(b->saved) != 0)
        bench_must(status_fail(STATUS_IO, "--save: cannot be written: %s", strerror(errno)));
    b->saved = NULL;
}

bool bench_wants(const struct bench *b, const char *format, ...)
{
    char words[256];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return b->only == NULL || strstr(words, b->only) != NULL;
}

int bench_threads(int thread[2], const struct bench *b)
{
    thread[0] = 1;
    thread[1] = b->threads;
    return b->threads > 1 ? 2 : 1;
}

/* --- time --------------------------------------------------------------------------------------------- */

double bench_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double time_once(const struct contender *c)
{
    if (c->run == NULL) return NAN;
    if (c->prepare != NULL) c->prepare(c->with);
    const double start = bench_clock();
    c->run(c->with);
    return bench_clock() - start;
}

int bench_race(struct contender *c, int count, double seconds)
{
    int rounds = 0;

    for (int i = 0; i < count; i++)
        time_once(&c[i]);
    const double start = bench_clock();
    while (rounds < BENCH_ROUNDS_MIN || (rounds < BENCH_ROUNDS_MAX && bench_clock() - start < seconds)) {
        for (int i = 0; i < count; i++)
            c[i].seconds[rounds] = time_once(&c[i]);
        rounds++;
    }
    return rounds;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median_of(const double *v, int n)
{
    double sorted[BENCH_ROUNDS_MAX];

    memcpy(sorted, v, (size_t)n * sizeof *v);
    qsort(sorted, (size_t)n, sizeof *sorted, by_size);
    return n % 2 != 0 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
}

double bench_median(const struct contender *c, int rounds)
{
    return median_of(c->seconds, rounds);
}

double bench_fastest(const struct contender *c, int rounds)
{
    double least = c->seconds[0];

    for (int i = 1; i < rounds; i++)
        if (c->seconds[i] < least) least = c->seconds[i];
    return least;
}

double bench_ratio(const struct contender *a, const struct contender *b, int rounds)
{
    double ratio[BENCH_ROUNDS_MAX];

    for (int i = 0; i < rounds; i++)
        ratio[i] = a->seconds[i] / b->seconds[i];
    return median_of(ratio, rounds);
}

/* --- memory ------------------------------------------------------------------------------------------- */

void *claim(size_t bytes)
{
    const size_t whole = (bytes + 127) / 64 * 64;
    void *const p = aligned_alloc(64, whole);

    if (p == NULL) bench_must(status_fail(STATUS_NOMEM, "no memory for %zu bytes", whole));
    return memset(p, 0, whole);
}

void fill_reals(float *x, size_t n)
{
    uint32_t state = 1;

    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (float)(state >> 8) * 0x1p-24f;
    }
}

/* --- tables ------------------------------------------------------------------------------------------- */

void bench_table(struct bench_table *t, const struct bench *b, const char *name,
                 const struct bench_column *columns)
{
    *t = (struct bench_table){.bench = b, .columns = columns, .name = name, .keys = {"table"}};
    for (int i = 0; i < BENCH_COLUMNS && columns[i].name != NULL; i++)
        t->keys[i + 1] = columns[i].name;
    if (b->json != NULL) t->json = printout_open(b->json, true, t->keys);
    if (b->saved != NULL) t->saved = printout_open(b->saved, true, t->keys);
    if (b->text == NULL) return;
    fprintf(b->text, "\n%s\n", name);
    for (int i = 0; columns[i].name != NULL; i++)
        fprintf(b->text, "%s%*s", i > 0 ? "  " : "", columns[i].width, columns[i].name);
    fputc('\n', b->text);
}

/* Before a cell: in JSON, the table's name goes first. */
static void cell_begin(struct bench_table *t)
{
    if (t->at > 0) return;
    if (t->bench->json != NULL) printout_text(&t->json, t->name);
    if (t->bench->saved != NULL) printout_text(&t->saved, t->name);
}

static void cell_end(struct bench_table *t)
{
    t->at = t->columns[t->at + 1].name != NULL ? t->at + 1 : 0;
    if (t->bench->text != NULL) fputs(t->at == 0 ? "\n" : "  ", t->bench->text);
    if (t->at == 0)
        fflush(NULL); /* who watches sees each row at once, and an interrupted bench leaves them */
}

void bench_text(struct bench_table *t, const char *text)
{
    cell_begin(t);
    if (t->bench->json != NULL) printout_text(&t->json, text);
    if (t->bench->saved != NULL) printout_text(&t->saved, text);
    if (t->bench->text != NULL)
        fprintf(t->bench->text, "%*s", t->columns[t->at].width, text != NULL ? text : "-");
    cell_end(t);
}

void bench_number(struct bench_table *t, double value, int decimals)
{
    enum { DIGITS = 6 };
    const int width = t->columns[t->at].width;

    cell_begin(t);
    if (t->bench->json != NULL) printout_number(&t->json, value, DIGITS);
    if (t->bench->saved != NULL) printout_number(&t->saved, value, DIGITS);
    if (t->bench->text != NULL && isfinite(value)) fprintf(t->bench->text, "%*.*f", width, decimals, value);
    if (t->bench->text != NULL && !isfinite(value)) fprintf(t->bench->text, "%*s", width, "-");
    cell_end(t);
}
