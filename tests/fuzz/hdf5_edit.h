/* tests/fuzz/hdf5_edit.h - HDF5 files as no writer of ours would leave them: a good one, edited as the input says.
 *
 * Bytes drawn blindly rarely make a file that HDF5 opens, and what its library does with damaged headers is not
 * ours. So an input is a list of edits: objects and attributes that are missing, of another type or shape, of
 * absurd size, linked in circles, with other names and values. What HDF5 itself survives is in no target: files of
 * strangers are opened by a child first.
 */
#ifndef TESTS_FUZZ_HDF5_EDIT_H
#define TESTS_FUZZ_HDF5_EDIT_H

#include <stddef.h>
#include <stdint.h>

/** A good file, in memory. */
struct hdf5_base {
    void *bytes;
    size_t size;
};

/** A folder of this process, removed with its files when it ends. */
const char *hdf5_folder(void);

/** Read a whole file. */
void hdf5_base_read(struct hdf5_base *out, const char *path);

/** Write to `path` the base with the edits of an input. */
void hdf5_edit(const char *path, const struct hdf5_base *base, const uint8_t *data, size_t size);

#endif
