/* experiments/store/store_attribute.c - attributes: texts, integers and numbers beside a group or data
 * set. */
#include "experiments/store/store_hdf5.h"
#include "quant/try.h"
#include "sim/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- write -------------------------------------------------------------------------------------------- */

/* Takes over `type`, a new HDF5 type of the file; data is of type `memory`. */
static enum status set(struct store *s, const char *path, const char *name, hid_t type, hid_t memory,
                       const void *data)
{
    const char *object = store_object(path);
    const hid_t space = H5Screate(H5S_SCALAR);

    if (H5Aexists_by_name(s->file, object, name, H5P_DEFAULT) > 0)
        H5Adelete_by_name(s->file, object, name, H5P_DEFAULT);
    const hid_t attribute =
        H5Acreate_by_name(s->file, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const bool good = attribute >= 0 && H5Awrite(attribute, memory, data) >= 0;
    enum status status = STATUS_OK;
    if (!good) {
        char what[64];
        snprintf(what, sizeof what, "write its attribute '%.30s'", name);
        status = store_fail_call(STATUS_IO, s, path, what);
    }
    if (attribute >= 0) H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    return status;
}

enum status store_set_text(struct store *s, const char *path, const char *name, const char *text)
{
    const size_t length = strlen(text);
    const hid_t type = store_file_type(STORE_TEXT, length > 0 ? length : 1);

    return set(s, path, name, type, type, text);
}

enum status store_set_integer(struct store *s, const char *path, const char *name, int64_t value)
{
    return set(s, path, name, H5Tcopy(H5T_STD_I64LE), H5T_NATIVE_INT64, &value);
}

enum status store_set_number(struct store *s, const char *path, const char *name, double value)
{
    return set(s, path, name, H5Tcopy(H5T_IEEE_F64LE), H5T_NATIVE_DOUBLE, &value);
}

/* --- read --------------------------------------------------------------------------------------------- */

bool store_has_attribute(struct store *s, const char *path, const char *name)
{
    return store_has(s, path) && H5Aexists_by_name(s->file, store_object(path), name, H5P_DEFAULT) > 0;
}

/* Opens an attribute that holds one value; sets its type, to be closed with it. */
static enum status open_one(hid_t *attribute, hid_t *type, struct store *s, const char *path,
                            const char *name)
{
    if (!store_has_attribute(s, path, name))
        return store_fail(STATUS_INPUT, s, path, "has no attribute '%s'", name);
    *attribute = H5Aopen_by_name(s->file, store_object(path), name, H5P_DEFAULT, H5P_DEFAULT);
    if (*attribute < 0) return store_fail_call(STATUS_INPUT, s, path, "open an attribute");
    const hid_t space = H5Aget_space(*attribute);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    if (count != 1) {
        H5Aclose(*attribute);
        return store_fail(STATUS_INPUT, s, path, "attribute '%s' has %lld values instead of one", name,
                          (long long)count);
    }
    *type = H5Aget_type(*attribute);
    return STATUS_OK;
}

/* Whole texts, to be freed; NULL if they cannot be read. */
static char *read_variable_text(hid_t attribute)
{
    char *text = NULL, *copy = NULL;
    const hid_t memory = H5Tcopy(H5T_C_S1);

    H5Tset_size(memory, H5T_VARIABLE);
    H5Tset_cset(memory, H5T_CSET_UTF8);
    bool good = H5Aread(attribute, memory, &text) >= 0;
    if (!good) { /* a file whose texts are marked ASCII */
        H5Tset_cset(memory, H5T_CSET_ASCII);
        good = H5Aread(attribute, memory, &text) >= 0;
    }
    if (good) copy = strdup(text != NULL ? text : "");
    if (text != NULL) H5free_memory(text);
    H5Tclose(memory);
    return copy;
}

static char *read_fixed_text(hid_t attribute, hid_t type)
{
    char *text = calloc(H5Tget_size(type) + 1, 1);

    if (text != NULL && H5Aread(attribute, type, text) >= 0) return text;
    free(text);
    return NULL;
}

static char *read_text(hid_t attribute, hid_t type)
{
    return H5Tis_variable_str(type) > 0 ? read_variable_text(attribute) : read_fixed_text(attribute, type);
}

enum status store_get_text(char *out, size_t size, struct store *s, const char *path, const char *name)
{
    hid_t attribute = H5I_INVALID_HID, type = H5I_INVALID_HID;

    TRY(open_one(&attribute, &type, s, path, name));
    char *const text = H5Tget_class(type) == H5T_STRING ? read_text(attribute, type) : NULL;
    H5Tclose(type);
    H5Aclose(attribute);
    if (text == NULL) return store_fail(STATUS_INPUT, s, path, "attribute '%s' is not a text", name);
    enum status status = text_copy(out, size, name, text, strlen(text));
    if (status != STATUS_OK) status = store_fail(status, s, path, "attribute %s", status_detail());
    free(text);
    return status;
}

/* One number; HDF5 converts. Only classes that convert without a surprise are taken. */
static enum status get_value(void *out, hid_t memory, bool also_float, struct store *s, const char *path,
                             const char *name)
{
    hid_t attribute = H5I_INVALID_HID, type = H5I_INVALID_HID;

    TRY(open_one(&attribute, &type, s, path, name));
    const H5T_class_t class = H5Tget_class(type);
    const bool good =
        (class == H5T_INTEGER || (also_float && class == H5T_FLOAT)) && H5Aread(attribute, memory, out) >= 0;
    H5Tclose(type);
    H5Aclose(attribute);
    if (good) return STATUS_OK;
    return store_fail(STATUS_INPUT, s, path, "attribute '%s' is not %s", name,
                      also_float ? "a number" : "an integer");
}

enum status store_get_integer(int64_t *out, struct store *s, const char *path, const char *name)
{
    return get_value(out, H5T_NATIVE_INT64, false, s, path, name);
}

enum status store_get_number(double *out, struct store *s, const char *path, const char *name)
{
    return get_value(out, H5T_NATIVE_DOUBLE, true, s, path, name);
}

/* The shortest form that reads back. */
static char *number_text(double number)
{
    char text[32];

    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number) break;
    }
    return strdup(text);
}

enum status store_show_attribute(char **out, struct store *s, const char *path, const char *name)
{
    hid_t attribute = H5I_INVALID_HID, type = H5I_INVALID_HID;
    int64_t integer;
    double number;
    char text[64];

    *out = NULL;
    TRY(open_one(&attribute, &type, s, path, name));
    const H5T_class_t class = H5Tget_class(type);
    if (class == H5T_STRING) {
        *out = read_text(attribute, type);
    } else if (class == H5T_INTEGER && H5Aread(attribute, H5T_NATIVE_INT64, &integer) >= 0) {
        snprintf(text, sizeof text, "%" PRId64, integer);
        *out = strdup(text);
    } else if (class == H5T_FLOAT && H5Aread(attribute, H5T_NATIVE_DOUBLE, &number) >= 0) {
        *out = number_text(number);
    } else {
        snprintf(text, sizeof text, "(a value of HDF5 class %d)", (int)class);
        *out = strdup(text);
    }
    H5Tclose(type);
    H5Aclose(attribute);
    return *out != NULL ? STATUS_OK
                        : store_fail(STATUS_INPUT, s, path, "attribute '%s' cannot be read", name);
}

/* --- names -------------------------------------------------------------------------------------------- */

static bool links_scales(const char *name)
{
    static const char *const names[] = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static herr_t collect(hid_t object, const char *name, const H5A_info_t *info, void *data)
{
    struct store_names *out = data;

    (void)object;
    (void)info;
    if (!links_scales(name)) snprintf(out->name[out->count++], STORE_NAME_MAX, "%s", name);
    return 0;
}

enum status store_attributes(struct store_names *out, struct store *s, const char *path)
{
    H5O_info_t info;

    *out = (struct store_names){0};
    if (!store_has(s, path)) return store_fail(STATUS_INPUT, s, path, "there is no such object");
    if (H5Oget_info_by_name2(s->file, store_object(path), &info, H5O_INFO_NUM_ATTRS, H5P_DEFAULT) < 0)
        return store_fail_call(STATUS_INPUT, s, path, "count its attributes");
    out->name = calloc(info.num_attrs + 1, sizeof *out->name);
    if (out->name == NULL)
        return store_fail(STATUS_NOMEM, s, path, "no memory for the names of its attributes");
    hsize_t at = 0;
    if (H5Aiterate_by_name(s->file, store_object(path), H5_INDEX_CRT_ORDER, H5_ITER_INC, &at, collect, out,
                           H5P_DEFAULT) >= 0)
        return STATUS_OK;
    out->count = 0; /* no order of creation in files of others */
    at = 0;
    if (H5Aiterate_by_name(s->file, store_object(path), H5_INDEX_NAME, H5_ITER_INC, &at, collect, out,
                           H5P_DEFAULT) >= 0)
        return STATUS_OK;
    store_names_free(out);
    return store_fail_call(STATUS_INPUT, s, path, "list its attributes");
}
