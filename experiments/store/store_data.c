/* experiments/store/store_data.c - whole arrays, texts and their types. */
#include "experiments/store/store_hdf5.h"
#include "quant/try.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- types -------------------------------------------------------------------------------------------- */

size_t store_type_bytes(enum store_type type, size_t width)
{
    switch (type) {
#define X(name, ctype, text)                                                                                 \
    case STORE_##name:                                                                                       \
        return sizeof(ctype);
        STORE_TYPE_LIST(X)
#undef X
    case STORE_F16:
        return 2;
    case STORE_TEXT:
    case STORE_OTHER:
        break;
    }
    return width;
}

static hid_t text_type(size_t width)
{
    const hid_t type = H5Tcopy(H5T_C_S1);

    H5Tset_size(type, width);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

hid_t store_memory_type(enum store_type type, size_t width)
{
    switch (type) {
    case STORE_F32:
        return H5Tcopy(H5T_NATIVE_FLOAT);
    case STORE_F64:
        return H5Tcopy(H5T_NATIVE_DOUBLE);
    case STORE_U8:
        return H5Tcopy(H5T_NATIVE_UINT8);
    case STORE_I32:
        return H5Tcopy(H5T_NATIVE_INT32);
    case STORE_U32:
        return H5Tcopy(H5T_NATIVE_UINT32);
    case STORE_I64:
        return H5Tcopy(H5T_NATIVE_INT64);
    case STORE_U64:
        return H5Tcopy(H5T_NATIVE_UINT64);
    case STORE_TEXT:
        return text_type(width);
    case STORE_F16:
    case STORE_OTHER:
        break;
    }
    assert(!"a type that values in memory have");
    return -1;
}

hid_t store_file_type(enum store_type type, size_t width)
{
    const hid_t made = store_memory_type(type, width);

    if (type != STORE_TEXT) H5Tset_order(made, H5T_ORDER_LE);
    return made;
}

static enum store_type classify_integer(hid_t type, size_t bytes)
{
    const bool is_signed = H5Tget_sign(type) == H5T_SGN_2;

    if (bytes == 1 && !is_signed) return STORE_U8;
    if (bytes <= 4) return is_signed ? STORE_I32 : STORE_U32;
    return is_signed ? STORE_I64 : STORE_U64;
}

/* Type and width of one value of an HDF5 type. */
static enum store_type classify(size_t *width, hid_t type)
{
    const H5T_class_t class = H5Tget_class(type);
    const size_t bytes = H5Tget_size(type);
    enum store_type found = STORE_OTHER;

    if (class == H5T_INTEGER && bytes <= 8) found = classify_integer(type, bytes);
    if (class == H5T_FLOAT) found = bytes == 2 ? STORE_F16 : bytes == 4 ? STORE_F32 : STORE_F64;
    if (class == H5T_STRING) found = STORE_TEXT;
    *width = found == STORE_TEXT && H5Tis_variable_str(type) > 0 ? 0 : store_type_bytes(found, bytes);
    return found;
}

/* --- look --------------------------------------------------------------------------------------------- */

static enum status look_at_data(struct store_info *out, struct store *s, const char *path, hid_t data)
{
    const hid_t space = H5Dget_space(data), type = H5Dget_type(data);
    const int rank = H5Sget_simple_extent_ndims(space);
    hsize_t dim[STORE_RANK_MAX] = {0};

    out->kind = STORE_DATA;
    out->type = classify(&out->width, type);
    out->rank = rank;
    out->count = H5Sget_simple_extent_npoints(space);
    if (rank >= 0 && rank <= STORE_RANK_MAX) H5Sget_simple_extent_dims(space, dim, NULL);
    for (int i = 0; i < STORE_RANK_MAX; i++)
        out->dim[i] = (int64_t)dim[i];
    H5Tclose(type);
    H5Sclose(space);
    if (rank < 0 || rank > STORE_RANK_MAX)
        return store_fail(STATUS_INPUT, s, path, "has %d dimensions, at most %d are read", rank,
                          STORE_RANK_MAX);
    return STATUS_OK;
}

enum status store_look(struct store_info *out, struct store *s, const char *path)
{
    *out = (struct store_info){0};
    if (!store_has(s, path)) return STATUS_OK;
    const hid_t object = H5Oopen(s->file, store_object(path), H5P_DEFAULT);
    if (object < 0) return store_fail_call(STATUS_INPUT, s, path, "open it: is the file damaged?");
    enum status status = STATUS_OK;
    const H5I_type_t kind = H5Iget_type(object);
    if (kind == H5I_GROUP) {
        out->kind = STORE_GROUP;
    } else if (kind == H5I_DATASET) {
        status = look_at_data(out, s, path, object);
    }
    H5Oclose(object);
    return status;
}

/* --- write -------------------------------------------------------------------------------------------- */

hid_t store_data_properties(void)
{
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);

    H5Pset_obj_track_times(properties, false);
    H5Pset_attr_creation_order(properties, H5P_CRT_ORDER_TRACKED);
    return properties;
}

static enum status write_array(struct store *s, const char *path, const void *data, enum store_type type,
                               size_t width, int rank, const int64_t *dim)
{
    hsize_t size[STORE_RANK_MAX] = {0};
    int64_t count = 1;

    assert(rank >= 0 && rank <= STORE_RANK_MAX);
    for (int i = 0; i < rank; i++) {
        size[i] = (hsize_t)dim[i];
        count *= dim[i];
    }
    TRY(store_parents(s, path));
    const hid_t space = H5Screate_simple(rank, size, NULL), properties = store_data_properties();
    const hid_t in_file = store_file_type(type, width), in_memory = store_memory_type(type, width);
    const hid_t set = H5Dcreate2(s->file, path, in_file, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    const bool good =
        set >= 0 && (count == 0 || H5Dwrite(set, in_memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    const enum status status = good ? STATUS_OK : store_fail_call(STATUS_IO, s, path, "write the data set");
    if (set >= 0) H5Dclose(set);
    H5Tclose(in_memory);
    H5Tclose(in_file);
    H5Pclose(properties);
    H5Sclose(space);
    return status;
}

enum status store_write(struct store *s, const char *path, const void *data, enum store_type type, int rank,
                        const int64_t *dim)
{
    return write_array(s, path, data, type, 0, rank, dim);
}

enum status store_write_text(struct store *s, const char *path, const char *text)
{
    return write_array(s, path, text, STORE_U8, 0, 1, (int64_t[]){(int64_t)strlen(text)});
}

enum status store_write_strings(struct store *s, const char *path, const char *texts, size_t width,
                                int64_t count)
{
    return write_array(s, path, texts, STORE_TEXT, width, 1, &count);
}

/* --- read --------------------------------------------------------------------------------------------- */

/* Can HDF5 convert without inventing anything? Numbers to numbers, texts of a fixed width to themselves. */
static enum status check_readable(struct store_info *info, enum store_type as, struct store *s,
                                  const char *path)
{
    TRY(store_look(info, s, path));
    if (info->kind == STORE_ABSENT) return store_fail(STATUS_INPUT, s, path, "there is no such data set");
    if (info->kind == STORE_GROUP)
        return store_fail(STATUS_INPUT, s, path, "is a group; a data set was expected");
    if (info->type == STORE_OTHER)
        return store_fail(STATUS_INPUT, s, path, "holds neither numbers nor texts");
    if ((info->type == STORE_TEXT) != (as == STORE_TEXT))
        return store_fail(STATUS_INPUT, s, path, "holds %s",
                          info->type == STORE_TEXT ? "texts instead of numbers" : "numbers instead of texts");
    if (info->type == STORE_TEXT && info->width == 0)
        return store_fail(STATUS_INPUT, s, path, "holds texts of variable length; fixed ones are read");
    return STATUS_OK;
}

enum status store_read(void *out, enum store_type as, int64_t count, struct store *s, const char *path)
{
    struct store_info info;

    TRY(check_readable(&info, as, s, path));
    if (info.count != count)
        return store_fail(STATUS_INPUT, s, path, "has %" PRId64 " values instead of %" PRId64, info.count,
                          count);
    if (count == 0) return STATUS_OK;
    const hid_t set = H5Dopen2(s->file, path, H5P_DEFAULT), in_memory = store_memory_type(as, info.width);
    const bool good = set >= 0 && H5Dread(set, in_memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0;
    const enum status status =
        good ? STATUS_OK : store_fail_call(STATUS_INPUT, s, path, "read its values: is the file damaged?");
    H5Tclose(in_memory);
    if (set >= 0) H5Dclose(set);
    return status;
}

/* Does a file that is only read hold as many bytes as its data set announces? Compression makes at most 1,032 of one;
 * of a file that is written some are still in memory. A few bytes could otherwise ask for any amount of memory. */
static enum status check_stored(const struct store_info *info, struct store *s, const char *path)
{
    const double deflate_most = 1032;
    const hid_t set = !s->writable ? H5Dopen2(s->file, path, H5P_DEFAULT) : -1;

    if (set < 0) return STATUS_OK;
    const hsize_t stored = H5Dget_storage_size(set);
    H5Dclose(set);
    if ((double)info->count * (double)info->width <= deflate_most * (double)stored) return STATUS_OK;
    return store_fail(STATUS_INPUT, s, path, "announces %" PRId64 " values, of which the file has %llu bytes",
                      info->count, (unsigned long long)stored);
}

enum status store_load(void **out, struct store_info *info, enum store_type as, struct store *s,
                       const char *path)
{
    struct store_info found;

    *out = NULL;
    TRY(check_readable(&found, as, s, path));
    TRY(check_stored(&found, s, path));
    if (info != NULL) *info = found;
    const size_t bytes = (size_t)found.count * store_type_bytes(as, found.width);
    void *data = malloc(bytes > 0 ? bytes : 1);
    if (data == NULL) return store_fail(STATUS_NOMEM, s, path, "no memory for its %zu bytes", bytes);
    const enum status status = store_read(data, as, found.count, s, path);
    if (status != STATUS_OK) {
        free(data);
        return status;
    }
    *out = data;
    return STATUS_OK;
}

enum status store_load_text(char **out, struct store *s, const char *path)
{
    struct store_info info;

    *out = NULL;
    TRY(check_readable(&info, STORE_U8, s, path));
    TRY(check_stored(&info, s, path));
    char *text = malloc((size_t)info.count + 1);
    if (text == NULL) return store_fail(STATUS_NOMEM, s, path, "no memory for its text");
    const enum status status = store_read(text, STORE_U8, info.count, s, path);
    if (status != STATUS_OK) {
        free(text);
        return status;
    }
    text[info.count] = '\0';
    *out = text;
    return STATUS_OK;
}
