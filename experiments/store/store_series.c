/* experiments/store/store_series.c - columns of one length that grow by rows, written many rows at a time. */
#include "experiments/store/store_hdf5.h"
#include "quant/try.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 4096, CHUNK_ROWS_WIDE = 64, DEFLATE_LEVEL = 4 };

struct column {
    hid_t data, memory;    /* data set; type of its values in memory */
    size_t bytes, offset;  /* of a row's part, in a row */
    int width;             /* 0: the data set has one dimension */
    unsigned char *buffer; /* [STORE_SERIES_ROWS][bytes] */
};

struct store_series {
    struct store *store;
    struct store_series *next;
    char *group;
    int count;
    int64_t rows; /* in the file */
    int pending;  /* in the buffers */
    struct column column[];
};

/* --- make --------------------------------------------------------------------------------------------- */

static enum status describe(struct store *s, const char *path, const struct store_column *c)
{
    TRY(store_set_text(s, path, "units", c->units != NULL ? c->units : "1"));
    if (c->title != NULL) TRY(store_set_text(s, path, "long_name", c->title));
    if (c->description != NULL) TRY(store_set_text(s, path, "description", c->description));
    if (c->traits & STORE_CUMULATIVE) TRY(store_set_integer(s, path, "cumulative", 1));
    if (c->traits & STORE_WALL_CLOCK) TRY(store_set_integer(s, path, "wall_clock", 1));
    return STATUS_OK;
}

/* A text's width is its size, not a dimension. */
static int dimension(const struct store_column *c)
{
    return c->type == STORE_TEXT ? 0 : c->width;
}

static enum status make_data(struct store *s, const char *path, const struct store_column *c)
{
    const int width = dimension(c), rank = width > 0 ? 2 : 1;
    const hsize_t now[2] = {0, (hsize_t)width}, most[2] = {H5S_UNLIMITED, (hsize_t)width};
    const hsize_t chunk[2] = {width > 0 ? CHUNK_ROWS_WIDE : CHUNK_ROWS, (hsize_t)width};

    TRY(store_parents(s, path));
    const hid_t space = H5Screate_simple(rank, now, most), properties = store_data_properties();
    const hid_t type = store_file_type(c->type, (size_t)c->width);
    H5Pset_chunk(properties, rank, chunk);
    H5Pset_shuffle(properties);
    H5Pset_deflate(properties, DEFLATE_LEVEL);
    H5Pset_fletcher32(properties);
    const hid_t data = H5Dcreate2(s->file, path, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    enum status status = data >= 0 ? STATUS_OK : store_fail_call(STATUS_IO, s, path, "make the column");
    H5Tclose(type);
    H5Pclose(properties);
    H5Sclose(space);
    if (data >= 0) H5Dclose(data);
    return status == STATUS_OK ? describe(s, path, c) : status;
}

/* Opens column i of the series; the first one says how many rows there are. */
static enum status open_column(struct store_series *series, const char *path, const struct store_column *c,
                               int i)
{
    struct store *s = series->store;
    struct column *column = &series->column[i];
    struct store_info info;

    TRY(store_look(&info, s, path));
    const int width = dimension(c);
    if (info.kind != STORE_DATA || info.type != c->type || info.rank != (width > 0 ? 2 : 1) ||
        (width > 0 && info.dim[1] != width))
        return store_fail(STATUS_INPUT, s, path, "is not the column that this version of the program writes");
    if (i == 0) series->rows = info.dim[0];
    if (info.dim[0] != series->rows)
        return store_fail(STATUS_INPUT, s, path, "has %" PRId64 " rows, the columns beside it %" PRId64,
                          info.dim[0], series->rows);
    column->width = width;
    column->offset = c->offset;
    column->bytes = store_type_bytes(c->type, (size_t)c->width) * (size_t)(width > 0 ? width : 1);
    column->buffer = malloc(column->bytes * STORE_SERIES_ROWS);
    column->memory = store_memory_type(c->type, (size_t)c->width);
    column->data = H5Dopen2(s->file, path, H5P_DEFAULT);
    if (column->buffer == NULL) return store_fail(STATUS_NOMEM, s, path, "no memory for its rows");
    return column->data < 0 ? store_fail_call(STATUS_INPUT, s, path, "open the column") : STATUS_OK;
}

static enum status attach_scale(struct store_series *series, const char *name)
{
    if (H5DSset_scale(series->column[0].data, name) < 0)
        return store_fail_call(STATUS_IO, series->store, series->group,
                               "make its first column a dimension scale");
    for (int i = 1; i < series->count; i++)
        if (H5DSattach_scale(series->column[i].data, series->column[0].data, 0) < 0)
            return store_fail_call(STATUS_IO, series->store, series->group, "attach its dimension scale");
    return STATUS_OK;
}

static enum status open_columns(struct store_series *series, const struct store_column *columns)
{
    struct store *s = series->store;
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", series->group, columns[0].name);
    const bool fresh = !store_has(s, path);
    for (int i = 0; i < series->count; i++) {
        snprintf(path, sizeof path, "%s/%s", series->group, columns[i].name);
        if (fresh) TRY(make_data(s, path, &columns[i]));
        TRY(open_column(series, path, &columns[i], i));
    }
    return fresh ? attach_scale(series, columns[0].name) : STATUS_OK;
}

enum status store_series_open(struct store_series **out, struct store *s, const char *group,
                              const struct store_column *columns, int count)
{
    struct store_series *series = calloc(1, sizeof *series + (size_t)count * sizeof series->column[0]);

    *out = NULL;
    if (series == NULL || (series->group = strdup(group)) == NULL) {
        free(series);
        return store_fail(STATUS_NOMEM, s, group, "no memory for a series");
    }
    series->store = s;
    series->count = count;
    for (int i = 0; i < count; i++)
        series->column[i].data = series->column[i].memory = -1;
    series->next = s->series; /* from here on the store frees it */
    s->series = series;
    TRY(open_columns(series, columns));
    *out = series;
    return STATUS_OK;
}

/* --- grow --------------------------------------------------------------------------------------------- */

static enum status column_resize(const struct store_series *series, const struct column *c, int64_t rows)
{
    const hsize_t size[2] = {(hsize_t)rows, (hsize_t)c->width};

    if (H5Dset_extent(c->data, size) >= 0) return STATUS_OK;
    return store_fail_call(STATUS_IO, series->store, series->group, "resize a column");
}

/* Rows first .. first + rows - 1 between the file and memory. */
static enum status column_transfer(const struct store_series *series, const struct column *c, int64_t first,
                                   int rows, bool to_file, void *memory)
{
    const int rank = c->width > 0 ? 2 : 1;
    const hsize_t start[2] = {(hsize_t)first, 0}, count[2] = {(hsize_t)rows, (hsize_t)c->width};
    const hid_t in_file = H5Dget_space(c->data), in_memory = H5Screate_simple(rank, count, NULL);
    enum status status = STATUS_OK;

    H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start, NULL, count, NULL);
    if (to_file && H5Dwrite(c->data, c->memory, in_memory, in_file, H5P_DEFAULT, memory) < 0)
        status = store_fail_call(STATUS_IO, series->store, series->group, "append rows");
    if (!to_file && H5Dread(c->data, c->memory, in_memory, in_file, H5P_DEFAULT, memory) < 0)
        status =
            store_fail_call(STATUS_INPUT, series->store, series->group, "read a row: is the file damaged?");
    H5Sclose(in_memory);
    H5Sclose(in_file);
    return status;
}

static enum status write_pending(struct store_series *series)
{
    if (series->pending == 0) return STATUS_OK;
    for (int i = 0; i < series->count; i++) {
        const struct column *c = &series->column[i];
        TRY(column_resize(series, c, series->rows + series->pending));
        TRY(column_transfer(series, c, series->rows, series->pending, true, c->buffer));
    }
    series->rows += series->pending;
    series->pending = 0;
    return STATUS_OK;
}

enum status store_series_append(struct store_series *series, const void *row)
{
    if (series->pending == STORE_SERIES_ROWS) TRY(write_pending(series));
    for (int i = 0; i < series->count; i++) {
        const struct column *c = &series->column[i];
        memcpy(c->buffer + (size_t)series->pending * c->bytes, (const unsigned char *)row + c->offset,
               c->bytes);
    }
    series->pending++;
    return STATUS_OK;
}

/* What row `index` has in a column, wherever it lies. */
static enum status column_read(void *value, const struct store_series *series, const struct column *c,
                               int64_t index)
{
    if (index < series->rows) return column_transfer(series, c, index, 1, false, value);
    memcpy(value, c->buffer + (size_t)(index - series->rows) * c->bytes, c->bytes);
    return STATUS_OK;
}

enum status store_series_row(void *row, const struct store_series *series, int64_t index)
{
    assert(index >= 0 && index < store_series_length(series));
    for (int i = 0; i < series->count; i++) {
        const struct column *c = &series->column[i];
        TRY(column_read((unsigned char *)row + c->offset, series, c, index));
    }
    return STATUS_OK;
}

int64_t store_series_length(const struct store_series *series)
{
    return series->rows + series->pending;
}

enum status store_series_below(int64_t *rows, const struct store_series *series, int64_t limit)
{
    const struct column *c = &series->column[0];
    int64_t low = 0, high = store_series_length(series); /* the answer is low..high */

    assert(c->bytes == sizeof limit && c->width == 0);
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        int64_t value;
        TRY(column_read(&value, series, c, middle));
        if (value < limit) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *rows = low;
    return STATUS_OK;
}

enum status store_series_truncate(struct store_series *series, int64_t rows)
{
    if (rows >= store_series_length(series)) return STATUS_OK;
    if (rows >= series->rows) {
        series->pending = (int)(rows - series->rows);
        return STATUS_OK;
    }
    series->pending = 0;
    for (int i = 0; i < series->count; i++)
        TRY(column_resize(series, &series->column[i], rows));
    series->rows = rows;
    return STATUS_OK;
}

/* --- for the store ------------------------------------------------------------------------------------ */

enum status store_series_flush(struct store *s)
{
    for (struct store_series *series = s->series; series != NULL; series = series->next)
        TRY(write_pending(series));
    return STATUS_OK;
}

void store_series_free(struct store *s)
{
    while (s->series != NULL) {
        struct store_series *series = s->series;
        s->series = series->next;
        for (int i = 0; i < series->count; i++) {
            if (series->column[i].data >= 0) H5Dclose(series->column[i].data);
            if (series->column[i].memory >= 0) H5Tclose(series->column[i].memory);
            free(series->column[i].buffer);
        }
        free(series->group);
        free(series);
    }
}
