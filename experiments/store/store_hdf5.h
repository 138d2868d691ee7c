/* experiments/store/store_hdf5.h - for the store*.c files only: the one place that includes HDF5, and
 * what those files share. */
#ifndef EXPERIMENTS_STORE_STORE_HDF5_H
#define EXPERIMENTS_STORE_STORE_HDF5_H

#include "experiments/store/store.h"

#include <hdf5.h>
#include <hdf5_hl.h>

struct store {
    char *path;
    bool writable;
    hid_t file;
    struct store_series *series; /* list of the open ones */
};

/** status_fail() with "FILE: 'OBJECT': " before the sentence; object NULL: the whole file. */
__attribute__((format(printf, 4, 5))) enum status store_fail(enum status status, const struct store *s,
                                                             const char *object, const char *format, ...);

/** The same for a call of HDF5 that went wrong: "cannot WHAT (HDF5: its innermost message)". Comes before any
 * other call, which would clear the message. */
enum status store_fail_call(enum status status, const struct store *s, const char *object, const char *what);

/** HDF5's name of a path: "" is "/". */
static inline const char *store_object(const char *path)
{
    return *path ? path : "/";
}

/** Make the groups above `path`. */
STATUS_MUST_CHECK enum status store_parents(struct store *s, const char *path);

/** Put a file's bytes on disk, whole and with their digest. */
STATUS_MUST_CHECK enum status store_publish(const struct store *s, const unsigned char *image, size_t bytes);

/** STATUS_INPUT if the line with its digest is cut: so was the file. */
STATUS_MUST_CHECK enum status store_check_length(const struct store *s);

/** How a file is opened: from disk, or read into memory. To be closed. */
hid_t store_access_properties(bool in_memory);

/** Can HDF5 go through an existing file? STATUS_INPUT if it would crash or never end, or be led to other files. */
STATUS_MUST_CHECK enum status store_guard(const struct store *s);

/** New HDF5 types, to be closed: of values in memory, and in files. width: bytes of a text. */
hid_t store_memory_type(enum store_type type, size_t width);
hid_t store_file_type(enum store_type type, size_t width);

/** Creation properties for a data set: no times, attributes in order. */
hid_t store_data_properties(void);

/** Write what the series hold back; release them. */
STATUS_MUST_CHECK enum status store_series_flush(struct store *s);
void store_series_free(struct store *s);

#endif
