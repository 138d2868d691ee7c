/* tests/folder.h - for tests that need files: a fresh folder, and claims about statuses. */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include "quant/status.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** Claim that a call succeeds; otherwise its sentence is printed. */
#define must(expr) cr_assert(STATUS_OK == (expr), "%s: %s", #expr, status_detail())

/** Claim that a call fails with a status and a sentence that holds `part`. */
#define expect_failure(expr, want, part)                                                                     \
    do {                                                                                                     \
        const enum status got_ = (expr);                                                                     \
        cr_assert(got_ == (want), "%s: status '%s': %s", #expr, status_text(got_), status_detail());         \
        cr_assert(strstr(status_detail(), part) != NULL, "'%s' is not in: %s", part, status_detail());       \
    } while (0)

struct folder {
    char path[64];
};

static inline struct folder folder_new(void)
{
    const char *parent = getenv("TMPDIR");
    struct folder f;

    cr_assert(snprintf(f.path, sizeof f.path, "%s/cptsim-test-XXXXXX", parent != NULL ? parent : P_tmpdir) <
              (int)sizeof f.path);
    cr_assert(mkdtemp(f.path) != NULL, "cannot make %s", f.path);
    return f;
}

/** Path of a file in the folder; valid for the next seven calls. */
static inline const char *folder_path(const struct folder *f, const char *name)
{
    static char paths[8][192];
    static int next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", f->path, name);
    return path;
}

static inline void folder_write(const struct folder *f, const char *name, const void *bytes, size_t count)
{
    FILE *file = fopen(folder_path(f, name), "wb");

    cr_assert(file != NULL && fwrite(bytes, 1, count, file) == count && fclose(file) == 0, "cannot write %s",
              name);
}

/** Read at most `size` bytes; returns how many there were. */
static inline size_t folder_read(const struct folder *f, const char *name, void *bytes, size_t size)
{
    FILE *file = fopen(folder_path(f, name), "rb");

    cr_assert(file != NULL, "cannot read %s", name);
    const size_t count = fread(bytes, 1, size, file);
    fclose(file);
    return count;
}

/** Bytes of a file, -1 if there is none. */
static inline long folder_size(const struct folder *f, const char *name)
{
    struct stat st;

    return stat(folder_path(f, name), &st) == 0 ? (long)st.st_size : -1;
}

static inline void folder_remove(const struct folder *f)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", f->path);
    cr_assert(system(command) == 0);
}

#endif
