/* sim/data/dataset_folder.c - where the files of a data set are looked for. */
#include "quant/try.h"
#include "sim/data/dataset_images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FOLDERS = 6 };

/** Append base/tail, and the folder in it that the published archive unpacks to; leave out what is too
 * long. */
static int folder_add(char folder[][DATASET_FOLDER], int n, const struct dataset_row *row, const char *base,
                      const char *tail)
{
    const char *within[] = {"", row->files->subfolder};
    for (int i = 0; i < 2 && within[i]; i++) {
        const int length = snprintf(folder[n], DATASET_FOLDER, "%s%s%s%s%s", base, *tail ? "/" : "", tail,
                                    *within[i] ? "/" : "", within[i]);
        if (length < DATASET_FOLDER) n++;
    }
    return n;
}

/** The folders to look in, in this order. One that the user names is the only one: no silent substitute. */
static int folders_list(char folder[MAX_FOLDERS][DATASET_FOLDER], const struct dataset_row *row,
                        const char *hint)
{
    const char *home = getenv("CPTSIM_DATA");
    int n = 0;

    if (hint && *hint) return folder_add(folder, 0, row, hint, "");
    if (home && *home) n = folder_add(folder, n, row, home, row->name);
    n = folder_add(folder, n, row, "data", row->name);
    if (row->files->package) n = folder_add(folder, n, row, row->files->package, "");
    return n;
}

/** How many of the row's files the folder has; *lacking: the first that it lacks, or NULL. */
static int files_count(const char **lacking, const struct dataset_row *row, const char *folder)
{
    char path[DATASET_PATH];
    int count = 0;

    *lacking = NULL;
    for (int part = 0; part < 2; part++)
        for (const char *const *name = row->files->name[part]; *name; name++)
            if (dataset_file_exists(path, folder, *name))
                count++;
            else if (!*lacking)
                *lacking = *name;
    return count;
}

/* dir: the first folder with all files of the row; if there is none, the first one looked in. */
enum status dataset_folder_find(char dir[DATASET_FOLDER], const struct dataset_row *row, const char *hint)
{
    char folder[MAX_FOLDERS][DATASET_FOLDER] = {""}, looked[MAX_FOLDERS * DATASET_PATH] = "";
    const int n = folders_list(folder, row, hint);
    const char *lacking;

    for (int i = 0; i < n; i++) {
        files_count(&lacking, row, folder[i]);
        if (lacking) continue;
        memcpy(dir, folder[i], DATASET_FOLDER);
        return STATUS_OK;
    }
    memcpy(dir, folder[0], DATASET_FOLDER);
    for (int i = 0; i < n; i++) {
        if (files_count(&lacking, row, folder[i]) > 0)
            return status_fail(STATUS_IO, "data set '%s' in %s is incomplete: no file %s; to get it: %s",
                               row->name, folder[i], lacking, row->install);
        const size_t length = strlen(looked);
        snprintf(looked + length, sizeof looked - length, "%s%s", i ? ", " : "", folder[i]);
    }
    return status_fail(
        STATUS_IO, "data set '%s' not found; %s, or let CPTSIM_DATA name the folder of %s/ (looked in %s)",
        row->name, row->install, row->name, looked);
}
