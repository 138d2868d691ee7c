/* experiments/record/lock.c - a lock file by open-file-description locks, which also work over NFS. */
#include "experiments/record/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct flock whole_file = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

static void read_holder(char holder[LOCK_HOLDER_MAX], int fd)
{
    char text[LOCK_HOLDER_MAX - 16];
    const ssize_t length = pread(fd, text, sizeof text - 1, 0);

    text[length > 0 ? length : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    snprintf(holder, LOCK_HOLDER_MAX, "process %s", *text != '\0' ? text : "unknown");
}

/* Opens a regular file itself: a link that somebody has put there is not followed, a pipe does not stop us. Sets errno. */
static int open_itself(const char *path, int flags)
{
    struct stat st;
    const int fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);

    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))) return fd;
    close(fd);
    errno = EEXIST;
    return -1;
}

/* A holder removes its file when it lets go: what was opened before that is no longer the file at `path`. */
static bool still_there(int fd, const char *path)
{
    struct stat open_one, named_one;

    return fstat(fd, &open_one) == 0 && lstat(path, &named_one) == 0 && open_one.st_ino == named_one.st_ino &&
           open_one.st_dev == named_one.st_dev;
}

static bool write_holder(int fd)
{
    char text[LOCK_HOLDER_MAX - 16], host[64] = "";

    gethostname(host, sizeof host - 1);
    const int length = snprintf(text, sizeof text, "%ld on %s\n", (long)getpid(), host);
    return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)length, 0) == length;
}

enum status lock_take(int *lock, const char *path, const char *what)
{
    char holder[LOCK_HOLDER_MAX];

    for (;;) {
        struct flock range = whole_file;
        const int fd = open_itself(path, O_RDWR | O_CREAT);
        if (fd < 0 && (errno == ELOOP || errno == EEXIST))
            return status_fail(STATUS_IO,
                               "%s: is a link or a device, not the file that a run makes; remove it", path);
        if (fd < 0) return status_fail(STATUS_IO, "%s: cannot be written: %s", path, strerror(errno));
        if (fcntl(fd, F_OFD_SETLK, &range) != 0) {
            read_holder(holder, fd);
            close(fd);
            return status_fail(STATUS_IO, LOCK_REFUSAL, what, holder);
        }
        if (!still_there(fd, path)) {
            close(fd);
            continue;
        }
        if (!write_holder(fd)) {
            const int error = errno;
            lock_release(fd, path);
            return status_fail(STATUS_IO, "%s: cannot be written: %s", path, strerror(error));
        }
        *lock = fd;
        return STATUS_OK;
    }
}

enum status lock_check(int lock, const char *path, const char *what)
{
    if (still_there(lock, path)) return STATUS_OK;
    return status_fail(
        STATUS_IO, "%s: was removed or replaced while this process wrote it; nothing more is written", what);
}

void lock_release(int lock, const char *path)
{
    if (lock < 0) return;
    if (still_there(lock, path)) unlink(path); /* not the lock of somebody else */
    close(lock);
}

enum lock_state lock_look(char holder[LOCK_HOLDER_MAX], const char *path)
{
    struct flock range = whole_file;
    const int fd = open_itself(path, O_RDONLY);

    holder[0] = '\0';
    if (fd < 0) return LOCK_NONE;
    const bool held = fcntl(fd, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
    read_holder(holder, fd);
    close(fd);
    return held ? LOCK_HELD : LOCK_LEFT;
}
