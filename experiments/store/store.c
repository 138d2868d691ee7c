/* experiments/store/store.c - opening, publishing and closing a file. */
#include "experiments/store/store_hdf5.h"
#include "quant/try.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- open, close -------------------------------------------------------------------------------------- */

/* What can be said about a file before HDF5 sees it. */
static enum status check_file(const struct store *s, enum store_mode mode)
{
    struct stat st;

    if (stat(s->path, &st) != 0) {
        if (errno == ENOENT && mode >= STORE_CREATE) return STATUS_OK;
        return store_fail(STATUS_IO, s, NULL, "%s", strerror(errno));
    }
    if (S_ISDIR(st.st_mode)) return store_fail(STATUS_IO, s, NULL, "is a folder, not an HDF5 file");
    if (!S_ISREG(st.st_mode)) return store_fail(STATUS_IO, s, NULL, "is not a regular file");
    if (mode == STORE_CREATE) return store_fail(STATUS_IO, s, NULL, "exists already");
    if (mode == STORE_REPLACE) return STATUS_OK;
    if (access(s->path, R_OK) != 0) return store_fail(STATUS_IO, s, NULL, "%s", strerror(errno));
    if (st.st_size == 0) return store_fail(STATUS_INPUT, s, NULL, "is empty, not an HDF5 file");
    return STATUS_OK;
}

static hid_t creation_properties(void)
{
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE);

    H5Pset_obj_track_times(creation, false);
    H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_attr_creation_order(creation, H5P_CRT_ORDER_TRACKED);
    return creation;
}

static enum status open_hdf5(struct store *s, enum store_mode mode)
{
    const hid_t access = store_access_properties(s->writable), creation = creation_properties();
    enum status status = STATUS_OK;

    if (mode >= STORE_CREATE) {
        s->file = H5Fcreate(s->path, H5F_ACC_TRUNC, creation, access);
        if (s->file < 0) status = store_fail_call(STATUS_IO, s, NULL, "begin it");
    } else if (H5Fis_hdf5(s->path) == 0) {
        status = store_fail(STATUS_INPUT, s, NULL, "is not an HDF5 file");
    } else {
        s->file = H5Fopen(s->path, s->writable ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access);
        if (s->file < 0) status = store_fail_call(STATUS_INPUT, s, NULL, "open it: is it damaged?");
    }
    H5Pclose(creation);
    H5Pclose(access);
    return status;
}

enum status store_open(struct store **out, const char *path, enum store_mode mode)
{
    struct store *s = calloc(1, sizeof *s);

    *out = NULL;
    if (s == NULL || (s->path = strdup(path)) == NULL) {
        free(s);
        return status_fail(STATUS_NOMEM, "%s: no memory to open it", path);
    }
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* sentences are made here, not printed there */
    s->file = -1;
    s->writable = mode != STORE_READ;
    enum status status = check_file(s, mode);
    if (status == STATUS_OK && mode < STORE_CREATE) status = store_guard(s);
    if (status == STATUS_OK) status = open_hdf5(s, mode);
    if (status == STATUS_OK && mode < STORE_CREATE) status = store_check_length(s);
    if (status != STATUS_OK) {
        store_close(&s);
        return status;
    }
    *out = s;
    return STATUS_OK;
}

void store_close(struct store **s)
{
    if (*s == NULL) return;
    store_series_free(*s);
    if ((*s)->file >= 0) H5Fclose((*s)->file);
    free((*s)->path);
    free(*s);
    *s = NULL;
}

const char *store_path(const struct store *s)
{
    return s->path;
}

#define NUMBER_TEXT(x)                      #x
#define VERSION_TEXT(major, minor, release) NUMBER_TEXT(major) "." NUMBER_TEXT(minor) "." NUMBER_TEXT(release)

const char *store_library_version(void)
{
    return VERSION_TEXT(H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE);
}

/* --- on disk, whole ----------------------------------------------------------------------------------- */

enum status store_flush(struct store *s)
{
    if (!s->writable) return STATUS_OK;
    TRY(store_series_flush(s));
    if (H5Fflush(s->file, H5F_SCOPE_GLOBAL) < 0) return store_fail_call(STATUS_IO, s, NULL, "flush it");
    const ssize_t bytes = H5Fget_file_image(s->file, NULL, 0);
    unsigned char *image = bytes > 0 ? malloc((size_t)bytes) : NULL;
    if (image == NULL) return store_fail(STATUS_NOMEM, s, NULL, "no memory to write it");
    enum status status = H5Fget_file_image(s->file, image, (size_t)bytes) == bytes
                             ? store_publish(s, image, (size_t)bytes)
                             : store_fail_call(STATUS_IO, s, NULL, "collect its bytes");
    free(image);
    return status;
}
