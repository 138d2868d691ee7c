/* experiments/record/lock.h - one process at a time: a file that is locked by the kernel and says by whom. */
#ifndef EXPERIMENTS_RECORD_LOCK_H
#define EXPERIMENTS_RECORD_LOCK_H

#include "quant/status.h"

enum { LOCK_HOLDER_MAX = 128 };

/* What is said of a place, WHAT, that a process holds; and nothing that would be refused next. */
#define LOCK_REFUSAL "%s: %s is writing it; wait for it, stop it, or write elsewhere with --out"

/**
 * Take the lock file at `path`, making it; *lock is to be given to lock_release. If another process holds it:
 * fails with STATUS_IO and "WHAT: process PID on HOST ...". The kernel lets go when a process dies, so a
 * file that one left behind is in nobody's way.
 */
STATUS_MUST_CHECK enum status lock_take(int *lock, const char *path, const char *what);

/** STATUS_IO if the file was removed or replaced, so that another process may have taken WHAT since. */
STATUS_MUST_CHECK enum status lock_check(int lock, const char *path, const char *what);

/** Let go and remove the file. lock < 0 is fine. */
void lock_release(int lock, const char *path);

enum lock_state { LOCK_NONE, LOCK_LEFT, LOCK_HELD };

/** Is there such a file, and is it held? *holder says by whom it is or was: "process 4711 on node3". */
enum lock_state lock_look(char holder[LOCK_HOLDER_MAX], const char *path);

#endif
