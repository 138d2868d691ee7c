/* experiments/record/leftovers.c - what a killed run left: its lock, and files that were not whole yet. */
#include "experiments/record/leftovers.h"
#include "experiments/record/checkpoint.h"
#include "experiments/record/lock.h"
#include "quant/try.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STORE_ASIDE ".tmp" /* what store_flush ends a name with until the file is whole */

/* To add a file that is written aside: its name here. A run that goes on replaces each of them. */
static const char *const asides[] = {
    RECORD_FILE STORE_ASIDE,
    CHECKPOINT_NEXT,
    CHECKPOINT_NEXT STORE_ASIDE,
    CHECKPOINT_PREV_ASIDE,
};
enum { ASIDES = sizeof asides / sizeof *asides };
_Static_assert((int)ASIDES < (int)LEFTOVERS_MAX, "LEFTOVERS_MAX is too small for the files and the lock");

int leftovers_find(struct leftover left[LEFTOVERS_MAX], const char *dir)
{
    char holder[LOCK_HOLDER_MAX];
    int count = 0;

    snprintf(left->path, sizeof left->path, "%.4000s/" RECORD_LOCK, dir);
    if (lock_look(holder, left->path) == LOCK_LEFT)
        snprintf(left[count++].what, sizeof left->what, "the lock of %s, which holds it no more", holder);
    for (int i = 0; i < ASIDES; i++) {
        struct leftover *l = &left[count];
        snprintf(l->path, sizeof l->path, "%.4000s/%s", dir, asides[i]);
        if (access(l->path, F_OK) != 0) continue;
        snprintf(l->what, sizeof l->what, "a file that was not finished");
        count++;
    }
    return count;
}

enum status leftovers_remove(const char *dir)
{
    char path[PATH_MAX], aside[PATH_MAX];
    int lock;
    enum status status = STATUS_OK;

    snprintf(path, sizeof path, "%.4000s/" RECORD_LOCK, dir);
    TRY(lock_take(&lock, path, dir));
    for (int i = 0; i < ASIDES && status == STATUS_OK; i++) {
        snprintf(aside, sizeof aside, "%.4000s/%s", dir, asides[i]);
        if (unlink(aside) != 0 && errno != ENOENT)
            status = status_fail(STATUS_IO, "%s: cannot be removed: %s", aside, strerror(errno));
    }
    lock_release(lock, path); /* the lock file goes with it */
    return status;
}
