/* tests/fuzz/hdf5_edit.c - edits of HDF5 files, drawn from bytes. */
#include "tests/fuzz/hdf5_edit.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OBJECTS = 256, NAME = 128, EDITS = 12, RANK = 10, TEXT = 64 };

/* The input, eaten from the front; zeros after its end. */
struct input {
    const uint8_t *at, *end;
};

static uint64_t eat(struct input *in, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes && in->at < in->end; i++)
        value |= (uint64_t)*in->at++ << 8 * i;
    return value;
}

static void eat_text(char text[TEXT], struct input *in)
{
    size_t length = eat(in, 1) % TEXT;
    if (length > (size_t)(in->end - in->at)) length = (size_t)(in->end - in->at);
    memcpy(text, in->at, length);
    text[length] = '\0';
    in->at += length;
}

/* Names of all objects, in the order of HDF5. */
struct objects {
    char name[OBJECTS][NAME];
    int count;
};

static herr_t note(hid_t file, const char *name, const H5O_info_t *info, void *objects)
{
    struct objects *o = objects;
    (void)file, (void)info;
    if (o->count < OBJECTS && strlen(name) < NAME) strcpy(o->name[o->count++], name);
    return 0;
}

static const char *choose(const struct objects *o, struct input *in)
{
    return o->name[eat(in, 1) % (unsigned)o->count];
}

/* --- attributes --------------------------------------------------------------------------------------- */

enum attribute {
    ATTRIBUTE_GONE,
    ATTRIBUTE_TEXT,
    ATTRIBUTE_INTEGER,
    ATTRIBUTE_NUMBER,
    ATTRIBUTE_ARRAY,
    ATTRIBUTES
};

static bool attribute_name(char name[NAME], hid_t object, struct input *in)
{
    H5O_info_t info;
    if (H5Oget_info2(object, &info, H5O_INFO_NUM_ATTRS) < 0 || info.num_attrs == 0) return false;
    const hsize_t which = eat(in, 1) % info.num_attrs;
    return H5Aget_name_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, which, name, NAME, H5P_DEFAULT) > 0;
}

static void edit_attribute(hid_t file, const struct objects *o, struct input *in)
{
    const char *path = choose(o, in);
    char name[NAME], text[TEXT];
    const hid_t object = H5Oopen(file, path, H5P_DEFAULT);

    if (object >= 0 && attribute_name(name, object, in)) {
        H5Adelete(object, name);
        switch (eat(in, 1) % ATTRIBUTES) {
        case ATTRIBUTE_TEXT:
            eat_text(text, in);
            H5LTset_attribute_string(file, path, name, text);
            break;
        case ATTRIBUTE_INTEGER: {
            const long long value = (long long)eat(in, 8);
            H5LTset_attribute_long_long(file, path, name, &value, 1);
            break;
        }
        case ATTRIBUTE_NUMBER: {
            double value;
            const uint64_t bits = eat(in, 8);
            memcpy(&value, &bits, sizeof value);
            H5LTset_attribute_double(file, path, name, &value, 1);
            break;
        }
        case ATTRIBUTE_ARRAY: {
            int values[TEXT] = {1, 2, 3};
            H5LTset_attribute_int(file, path, name, values, eat(in, 1) % TEXT + 1);
            break;
        }
        default:
            break; /* it is gone */
        }
    }
    if (object >= 0) H5Oclose(object);
}

/* --- data sets ---------------------------------------------------------------------------------------- */

static hid_t choose_type(struct input *in)
{
    switch (eat(in, 1) % 10) {
    case 0:
        return H5Tcopy(H5T_IEEE_F32LE);
    case 1:
        return H5Tcopy(H5T_IEEE_F64LE);
    case 2:
        return H5Tcopy(H5T_STD_U8LE);
    case 3:
        return H5Tcopy(H5T_STD_I32LE);
    case 4:
        return H5Tcopy(H5T_STD_I64LE);
    case 5:
        return H5Tcopy(H5T_STD_U64BE);
    case 6: {
        const hid_t text = H5Tcopy(H5T_C_S1);
        H5Tset_size(text, eat(in, 2) + 1);
        return text;
    }
    case 7: {
        const hid_t text = H5Tcopy(H5T_C_S1);
        H5Tset_size(text, H5T_VARIABLE);
        return text;
    }
    case 8:
        return H5Tcreate(H5T_OPAQUE, 5);
    default:
        return H5Tcopy(H5T_STD_REF_OBJ);
    }
}

/* Mostly small; the rest are the sizes that programs multiply past 64 bits. */
static hsize_t choose_extent(struct input *in)
{
    static const hsize_t large[] = {(hsize_t)1 << 61, ((hsize_t)1 << 61) + 1, (hsize_t)1 << 31,
                                    ((hsize_t)1 << 32) + 1, ((hsize_t)1 << 63) - 1};
    const uint64_t byte = eat(in, 1);
    return byte < 250 ? byte % 32 : large[(byte - 250) % 5];
}

/* Another data set, or one where a group was: what is not written is zero, and takes no room. */
static void edit_shape(hid_t file, const struct objects *o, struct input *in)
{
    const char *path = choose(o, in);
    hsize_t extent[RANK], chunk[RANK];
    const int rank = (int)(eat(in, 1) % (RANK + 1));
    const hid_t type = choose_type(in), layout = H5Pcreate(H5P_DATASET_CREATE);

    for (int i = 0; i < rank; i++) {
        extent[i] = choose_extent(in);
        chunk[i] = 4;
    }
    if (rank > 0 && eat(in, 1) % 2 == 0) H5Pset_chunk(layout, rank, chunk);
    if (strcmp(path, ".") != 0) {
        H5Ldelete(file, path, H5P_DEFAULT);
        const hid_t space = rank > 0 ? H5Screate_simple(rank, extent, NULL)
                                     : H5Screate(eat(in, 1) % 2 ? H5S_NULL : H5S_SCALAR);
        const hid_t set =
            space >= 0 ? H5Dcreate2(file, path, type, space, H5P_DEFAULT, layout, H5P_DEFAULT) : -1;
        if (set >= 0) H5Dclose(set);
        if (space >= 0) H5Sclose(space);
    }
    H5Pclose(layout);
    H5Tclose(type);
}

/* Other values at the beginning of a data set of numbers. */
static void edit_values(hid_t file, const struct objects *o, struct input *in)
{
    enum { MOST = 1 << 16 };
    const hid_t set = H5Dopen2(file, choose(o, in), H5P_DEFAULT);

    if (set < 0) return;
    const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    const H5T_class_t kind = H5Tget_class(type);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    if ((kind == H5T_INTEGER || kind == H5T_FLOAT) && count > 0 && count < MOST) {
        uint64_t *value = calloc((size_t)count, sizeof *value);
        const hid_t memory = kind == H5T_INTEGER ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE;
        if (value == NULL) abort();
        H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
        const uint64_t first = eat(in, 2) % (uint64_t)count, values = eat(in, 1) % 8 + 1;
        for (uint64_t i = 0; i < values && first + i < (uint64_t)count; i++)
            value[first + i] = eat(in, 8);
        H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
        free(value);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(set);
}

/* Text or numbers of a data set of bytes, of another length. */
static void edit_bytes(hid_t file, const struct objects *o, struct input *in)
{
    const char *path = choose(o, in);
    char text[TEXT];

    eat_text(text, in);
    const hsize_t extent = strlen(text);
    if (strcmp(path, ".") == 0 || extent == 0) return;
    H5Ldelete(file, path, H5P_DEFAULT);
    H5LTmake_dataset(file, path, 1, &extent, H5T_STD_U8LE, text);
}

/* --- links -------------------------------------------------------------------------------------------- */

static void edit_link(hid_t file, const struct objects *o, struct input *in)
{
    const char *from = choose(o, in), *to = choose(o, in);
    char name[TEXT], path[NAME + TEXT + 2];

    eat_text(name, in);
    snprintf(path, sizeof path, "%s/%s", from, name);
    switch (eat(in, 1) % 5) {
    case 0:
        if (strcmp(from, ".") != 0) H5Ldelete(file, from, H5P_DEFAULT);
        break;
    case 1: /* a group in itself, if it is below `to` */
        H5Lcreate_hard(file, to, file, path, H5P_DEFAULT, H5P_DEFAULT);
        break;
    case 2:
        H5Lcreate_soft(to, file, path, H5P_DEFAULT, H5P_DEFAULT);
        break;
    case 3:
        H5Lmove(file, from, file, name, H5P_DEFAULT, H5P_DEFAULT);
        break;
    default: {
        const hid_t group = H5Gcreate2(file, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        if (group >= 0) H5Gclose(group);
    }
    }
}

/* --- files -------------------------------------------------------------------------------------------- */

static char folder[64];

static void folder_remove(void)
{
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) perror(folder);
}

const char *hdf5_folder(void)
{
    if (folder[0] != '\0') return folder;
    strcpy(folder, "/dev/shm/cptsim-fuzz-XXXXXX");
    if (mkdtemp(folder) == NULL) abort();
    atexit(folder_remove);
    return folder;
}

void hdf5_base_read(struct hdf5_base *out, const char *path)
{
    FILE *in = fopen(path, "rb");
    long size;

    if (in == NULL || fseek(in, 0, SEEK_END) != 0 || (size = ftell(in)) <= 0) abort();
    rewind(in);
    out->size = (size_t)size;
    out->bytes = malloc(out->size);
    if (out->bytes == NULL || fread(out->bytes, 1, out->size, in) != out->size) abort();
    fclose(in);
}

static void write_image(const char *path, hid_t file)
{
    const ssize_t size = H5Fget_file_image(file, NULL, 0);
    void *image = malloc((size_t)size);
    FILE *out = fopen(path, "wb");

    if (image == NULL || out == NULL || H5Fget_file_image(file, image, (size_t)size) != size ||
        fwrite(image, 1, (size_t)size, out) != (size_t)size || fclose(out) != 0)
        abort();
    free(image);
}

void hdf5_edit(const char *path, const struct hdf5_base *base, const uint8_t *data, size_t size)
{
    static void (*const edits[])(hid_t, const struct objects *, struct input *) = {
        edit_attribute, edit_shape, edit_values, edit_bytes, edit_link};
    static struct objects objects;
    struct input in = {data, data + size};

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    const hid_t file = H5LTopen_file_image(base->bytes, base->size, H5LT_FILE_IMAGE_OPEN_RW);
    if (file < 0) abort();
    if (objects.count == 0) H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, note, &objects);
    for (int i = 0; i < EDITS && in.at < in.end; i++)
        edits[eat(&in, 1) % (sizeof edits / sizeof *edits)](file, &objects, &in);
    H5Fflush(file, H5F_SCOPE_GLOBAL);
    write_image(path, file);
    H5Fclose(file);
}
