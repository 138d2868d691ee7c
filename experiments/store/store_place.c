/* experiments/store/store_place.c - how HDF5 opens a file, and what makes the name of a new one last. */
#include "experiments/store/store_hdf5.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MEMORY_STEP = 1 << 20 }; /* a file in memory grows by this many bytes */

hid_t store_access_properties(bool in_memory)
{
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);

    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    H5Pset_file_locking(access, false, true); /* files on disk are always complete: see store_flush */
    if (in_memory) H5Pset_fapl_core(access, MEMORY_STEP, false);
    return access;
}

enum status store_sync_folder(const char *path)
{
    char folder[PATH_MAX];

    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        snprintf(folder, sizeof folder, ".");
    } else {
        slash[slash == folder] = '\0'; /* the folder of "/x" is "/" */
    }
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return status_fail(STATUS_IO, "%s: %s", folder, strerror(errno));
    const bool synced = fsync(fd) == 0 || errno == EINVAL; /* EINVAL: a file system that has no such thing */
    const int error = errno;
    close(fd);
    return synced ? STATUS_OK : status_fail(STATUS_IO, "%s: cannot fsync: %s", folder, strerror(error));
}
