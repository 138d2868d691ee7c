/* experiments/record/provenance.c - what made a result, as attributes of /provenance.
 *
 * Everything here may differ between runs of equal results, and nothing elsewhere in a record may: `diff`
 * relies on it.
 */
#include "experiments/record/provenance.h"
#include "experiments/record/pinned.h"
#include "experiments/record/version.h"
#include "quant/try.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

void provenance_time(char utc[PROVENANCE_TIME])
{
    const time_t now = time(NULL);
    struct tm parts;

    gmtime_r(&now, &parts);
    strftime(utc, PROVENANCE_TIME, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

double provenance_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int64_t provenance_max_rss(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (int64_t)used.ru_maxrss * 1024;
}

static void cpu_model(char *out, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");

    snprintf(out, size, "unknown");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *value = strchr(line, ':');
        if (value == NULL || strncmp(line, "model name", 10) != 0) continue;
        snprintf(out, size, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
        break;
    }
    if (file != NULL) fclose(file);
}

enum { ARGV_MOST = 60000 }; /* HDF5's attributes end at 64 KiB */

/* The command line with blanks between the words; of an endless one the beginning, which says so. To be freed. */
static char *command_line(char *const *words)
{
    char *text = NULL;
    size_t size = 0;
    FILE *const out = open_memstream(&text, &size);
    int i = 0;

    if (out == NULL) return NULL;
    for (; words != NULL && words[i] != NULL && ftell(out) + (long)strlen(words[i]) < ARGV_MOST; i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", words[i]);
    if (words != NULL && words[i] != NULL) fputs(" ... and more", out);
    return fclose(out) == 0 ? text : NULL;
}

static enum status write_argv(struct store *s, char *const *words)
{
    char *const text = command_line(words);
    const enum status status = text != NULL ? store_set_text(s, "provenance", "argv", text)
                                            : status_fail(STATUS_NOMEM, "no memory for the command line");

    free(text);
    return status;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static enum status write_machine(struct store *s)
{
    struct utsname os = {0};
    char cpu[256], kernel[256];

    uname(&os);
    cpu_model(cpu, sizeof cpu);
    snprintf(kernel, sizeof kernel, "%.60s %.60s %.20s", os.sysname, os.release, os.machine);
    TRY(store_set_text(s, "provenance", "hostname", os.nodename));
    TRY(store_set_text(s, "provenance", "os_kernel", kernel));
    TRY(store_set_text(s, "provenance", "cpu_model", cpu));
    TRY(store_set_integer(s, "provenance", "ncores", sysconf(_SC_NPROCESSORS_ONLN)));
    return store_set_integer(s, "provenance", "ram_bytes",
                             (int64_t)sysconf(_SC_PHYS_PAGES) * (int64_t)sysconf(_SC_PAGESIZE));
}

static enum status write_program(struct store *s)
{
    TRY(store_set_text(s, "provenance", "program_version", version_number));
    TRY(store_set_text(s, "provenance", "git_commit", version_commit));
    TRY(store_set_text(s, "provenance", "compiler", version_compiler));
    TRY(store_set_text(s, "provenance", "cflags", version_flags));
    TRY(store_set_text(s, "provenance", "hdf5_version", store_library_version()));
    return store_set_text(s, "provenance", "libc", gnu_get_libc_version());
}

static enum status write_invocation(struct store *s, const struct provenance *p)
{
    char text[4096], utc[PROVENANCE_TIME];
    static const char *const slurm[][2] = {{"SLURM_JOB_ID", "slurm_job_id"},
                                           {"SLURM_ARRAY_TASK_ID", "slurm_array_task"}};

    provenance_time(utc);
    TRY(write_argv(s, p->argv));
    TRY(store_set_text(s, "provenance", "cwd_basename", getcwd(text, sizeof text) ? last_part(text) : ""));
    TRY(store_set_text(s, "provenance", "kernels", p->kernels ? p->kernels : ""));
    TRY(store_set_integer(s, "provenance", "threads", p->threads));
    if (p->memory_bytes >
        0) /* here, not in /summary: scratch grows with the threads, packing with the kernels */
        TRY(store_set_integer(s, "provenance", "peak_memory_bytes", p->memory_bytes));
    for (size_t i = 0; i < sizeof slurm / sizeof *slurm; i++)
        if (getenv(slurm[i][0]) != NULL)
            TRY(store_set_text(s, "provenance", slurm[i][1], getenv(slurm[i][0])));
    return store_set_text(s, "provenance", "start_utc", utc);
}

enum status provenance_write(struct store *s, const struct provenance *p)
{
    TRY(store_group(s, "provenance"));
    TRY(write_program(s));
    TRY(write_machine(s));
    TRY(write_invocation(s, p));
    return p->data != NULL ? pinned_data_write(s, p->data) : STATUS_OK;
}

enum status provenance_finish(struct store *s, double started)
{
    struct rusage used;
    char utc[PROVENANCE_TIME];

    getrusage(RUSAGE_SELF, &used);
    const double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                       1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    provenance_time(utc);
    TRY(store_set_text(s, "provenance", "finished_utc", utc));
    TRY(store_set_number(s, "provenance", "wall_seconds", provenance_clock() - started));
    TRY(store_set_number(s, "provenance", "cpu_seconds", cpu));
    return store_set_integer(s, "provenance", "max_rss_bytes", provenance_max_rss());
}
