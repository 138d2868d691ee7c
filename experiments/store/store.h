/* experiments/store/store.h - HDF5 files: groups, attributes, arrays, series of growing columns; only
 * store*.c know HDF5.
 *
 * A file that is written lives in memory, and store_flush puts it on disk whole: written aside, fsynced,
 * renamed over the old one, folder fsynced. HDF5 itself changes a file in place: of 200 kills of a writer
 * that flushed without pause, 116 left a file that did not open or failed its checksums (HDF5 1.10.8). Here a
 * kill, a full disk or a power cut leaves the last flushed file, complete, and readers may open it at any
 * time without locks. The price is memory and one write of the file's size per flush: megabytes for a run.
 *
 * Every file carries the SHA-256 of its bytes (store_digest.c), because HDF5 has checksums for chunks alone.
 *
 * Objects are named by their path in the file ("train/loss"; "" or "/" is the root). Every failure is one
 * sentence with the file, the object and what was expected: STATUS_IO if the file system refuses,
 * STATUS_INPUT if the file is not what it should be. HDF5's own messages are never printed; its innermost one
 * is quoted.
 */
#ifndef EXPERIMENTS_STORE_STORE_H
#define EXPERIMENTS_STORE_STORE_H

#include "quant/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum store_mode {
    STORE_READ,   /* an existing file; nothing is locked, nothing is changed */
    STORE_UPDATE, /* an existing file, read into memory */
    STORE_CREATE, /* a new file; it is an error if there is one */
    STORE_REPLACE /* a new file; an old one stays until the first flush */
};

/*    name  C type    text */
#define STORE_TYPE_LIST(X)                                                                                   \
    X(F32, float, "float32")                                                                                 \
    X(F64, double, "float64")                                                                                \
    X(U8, uint8_t, "uint8")                                                                                  \
    X(I32, int32_t, "int32")                                                                                 \
    X(U32, uint32_t, "uint32")                                                                               \
    X(I64, int64_t, "int64")                                                                                 \
    X(U64, uint64_t, "uint64")

/** Types of values in memory and in files that are written here: little-endian, IEEE. */
enum store_type {
#define X(name, type, text) STORE_##name,
    STORE_TYPE_LIST(X)
#undef X
        STORE_F16, /* only in files of others: read it as STORE_F32 */
    STORE_TEXT,    /* fixed width, UTF-8, padded with zeros */
    STORE_OTHER    /* compound, reference, ...: cannot be read here */
};

/** The type that a column of C's `ctype` has, a constant. */
#define STORE_TYPE_OF(ctype)                                                                                 \
    _Generic((ctype)0, float                                                                                 \
             : STORE_F32, double                                                                             \
             : STORE_F64, uint8_t                                                                            \
             : STORE_U8, int32_t                                                                             \
             : STORE_I32, uint32_t                                                                           \
             : STORE_U32, int64_t                                                                            \
             : STORE_I64, uint64_t                                                                           \
             : STORE_U64)

/** Bytes of one value in memory; `width` of a text. */
size_t store_type_bytes(enum store_type type, size_t width);

enum { STORE_RANK_MAX = 8, STORE_NAME_MAX = 256, STORE_DEPTH_MOST = 32 /* groups inside each other */ };

enum store_kind { STORE_ABSENT, STORE_GROUP, STORE_DATA };

/** What is found at a path. */
struct store_info {
    enum store_kind kind;
    enum store_type type;        /* as stored; narrower integers of other files are reported as I32 or U32 */
    int rank;                    /* 0: one scalar */
    int64_t dim[STORE_RANK_MAX]; /* [rank] */
    int64_t count;               /* product of the dimensions */
    size_t width; /* STORE_TEXT: bytes of one string, 0: of variable length; else bytes of one value */
};

struct store;

/* --- the file ----------------------------------------------------------------------------------------- */

/**
 * Open or begin a file. A child process goes through an existing one first: what HDF5 would crash on, or never be done
 * with, and what leads to other files, is STATUS_INPUT (store_guard.c). STORE_CREATE and STORE_REPLACE write nothing before the first flush.
 */
STATUS_MUST_CHECK enum status store_open(struct store **out, const char *path, enum store_mode mode);

/** Put everything on disk, series included; no change for STORE_READ. After a failure the file on disk is the
 * last flushed one, nothing in memory is lost, and a later flush may succeed. */
STATUS_MUST_CHECK enum status store_flush(struct store *s);

/**
 * Is an existing file, not changed since store_open, byte for byte what store_flush wrote? STATUS_INPUT if not. *has_one is false, and nothing is
 * known, where a file carries no digest: one of an older version, or one that another program has changed.
 */
STATUS_MUST_CHECK enum status store_check_digest(bool *has_one, const struct store *s);

/** Close without flushing, and free; *s becomes NULL. A NULL *s is fine. */
void store_close(struct store **s);

/** Version of the HDF5 library in use, e.g. "1.10.8". */
const char *store_library_version(void);

/** The path given to store_open. */
const char *store_path(const struct store *s);

/** fsync the folder that holds `path`, so that a rename in it survives a power cut. */
STATUS_MUST_CHECK enum status store_sync_folder(const char *path);

/* --- groups and what is in them ----------------------------------------------------------------------- */

/** Make a group and its parents; fine if it exists. */
STATUS_MUST_CHECK enum status store_group(struct store *s, const char *path);

/** What is at `path`; absent is not a failure. */
STATUS_MUST_CHECK enum status store_look(struct store_info *out, struct store *s, const char *path);

/** Is there a group or data set at `path`? */
bool store_has(struct store *s, const char *path);

/** Names, in the order in which they were made (files of others: alphabetical). */
struct store_names {
    int count;
    char (*name)[STORE_NAME_MAX]; /* [count] */
};

/** The members of a group. */
STATUS_MUST_CHECK enum status store_members(struct store_names *out, struct store *s, const char *group);

/** The attributes of a group or data set; those that link dimension scales are left out. */
STATUS_MUST_CHECK enum status store_attributes(struct store_names *out, struct store *s, const char *path);

void store_names_free(struct store_names *names);

/* --- attributes --------------------------------------------------------------------------------------- */

/** Write an attribute of the group or data set at `path`, replacing an old one. */
STATUS_MUST_CHECK enum status store_set_text(struct store *s, const char *path, const char *name,
                                             const char *text);
STATUS_MUST_CHECK enum status store_set_integer(struct store *s, const char *path, const char *name,
                                                int64_t value);
STATUS_MUST_CHECK enum status store_set_number(struct store *s, const char *path, const char *name,
                                               double value);

/** Read one; texts of any HDF5 kind, cut to size - 1 bytes. Fails if it is missing or of another kind. */
STATUS_MUST_CHECK enum status store_get_text(char *out, size_t size, struct store *s, const char *path,
                                             const char *name);
STATUS_MUST_CHECK enum status store_get_integer(int64_t *out, struct store *s, const char *path,
                                                const char *name);
STATUS_MUST_CHECK enum status store_get_number(double *out, struct store *s, const char *path,
                                               const char *name);

bool store_has_attribute(struct store *s, const char *path, const char *name);

/** Any attribute as text, numbers in the shortest form that reads back: for `info` and `diff`. To be freed. */
STATUS_MUST_CHECK enum status store_show_attribute(char **out, struct store *s, const char *path,
                                                   const char *name);

/* --- arrays ------------------------------------------------------------------------------------------- */

/** Write a whole new data set; parents are made. STORE_TEXT is not for here: see store_write_text. */
STATUS_MUST_CHECK enum status store_write(struct store *s, const char *path, const void *data,
                                          enum store_type type, int rank, const int64_t *dim);

/** Read a whole data set of exactly `count` values (times width for STORE_TEXT), converted to `as`. */
STATUS_MUST_CHECK enum status store_read(void *out, enum store_type as, int64_t count, struct store *s,
                                         const char *path);

/** The same into new memory, to be given to free(); *info (may be NULL) says how much. */
STATUS_MUST_CHECK enum status store_load(void **out, struct store_info *info, enum store_type as,
                                         struct store *s, const char *path);

/** A text of any length as uint8[N]: attributes end at 64 KiB. store_load_text adds the final zero. */
STATUS_MUST_CHECK enum status store_write_text(struct store *s, const char *path, const char *text);
STATUS_MUST_CHECK enum status store_load_text(char **out, struct store *s, const char *path);

/** count strings, each padded to `width` bytes: texts[count][width]. */
STATUS_MUST_CHECK enum status store_write_strings(struct store *s, const char *path, const char *texts,
                                                  size_t width, int64_t count);

/* --- series: columns of one length that grow by rows -------------------------------------------------- */

enum {
    STORE_SERIES_ROWS = 64
}; /* rows kept back until they are written together: 50 times faster than singly */

enum store_trait {
    STORE_CUMULATIVE = 1, /* a running sum */
    STORE_WALL_CLOCK = 2  /* differs between equal runs: `diff` passes over it */
};

/** One column. A row is a block of memory in which the column's value lies at `offset`. */
struct store_column {
    const char *name;     /* data set within the series' group; may hold one folder: "weight/min" */
    enum store_type type; /* in memory and in the file */
    int width;         /* values per row: the data set is [rows][width]; 0: one value, [rows]; text: bytes */
    size_t offset;     /* bytes */
    const char *units; /* UDUNITS spelling: "1", "s", "bit" */
    const char *title; /* attribute long_name, for axes */
    const char *description;
    unsigned traits; /* of enum store_trait, or-ed */
};

struct store_series;

/**
 * Open a series, making it if it is not there. columns[0] becomes the dimension scale of the others.
 * An existing one must have these columns, all of one length. Belongs to s, which frees it; open it once.
 */
STATUS_MUST_CHECK enum status store_series_open(struct store_series **out, struct store *s, const char *group,
                                                const struct store_column *columns, int count);

/** Append one row. */
STATUS_MUST_CHECK enum status store_series_append(struct store_series *series, const void *row);

/** Read row `index` back into a block like the one that was appended. */
STATUS_MUST_CHECK enum status store_series_row(void *row, const struct store_series *series, int64_t index);

/** Rows so far. */
int64_t store_series_length(const struct store_series *series);

/** Rows whose value in the first column, an int64 that ascends, is below `limit`. */
STATUS_MUST_CHECK enum status store_series_below(int64_t *rows, const struct store_series *series,
                                                 int64_t limit);

/** Keep only the first `rows` rows. */
STATUS_MUST_CHECK enum status store_series_truncate(struct store_series *series, int64_t rows);

#endif
