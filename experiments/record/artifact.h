/* experiments/record/artifact.h - a file that this program wrote, found and recognized, for the commands
 * that look at one. */
#ifndef EXPERIMENTS_RECORD_ARTIFACT_H
#define EXPERIMENTS_RECORD_ARTIFACT_H

#include "experiments/config/config.h"
#include "experiments/store/store.h"

#include <limits.h>

enum artifact_kind { ARTIFACT_RUN, ARTIFACT_CHECKPOINT, ARTIFACT_OTHER };

struct artifact {
    enum artifact_kind kind;
    char path[PATH_MAX]; /* of the file */
    char dir[PATH_MAX];  /* its folder: of a record, the run directory */
    char schema[64];     /* name and version, "" for files of others */
    struct store *store;
};

/**
 * Open a file, or the record of a run directory, read-only. STATUS_INPUT for a damaged record: the
 * sentence says what is left of its run and what can be done.
 */
STATUS_MUST_CHECK enum status artifact_open(struct artifact *a, const char *path);
/** The same, and STATUS_INPUT if it is not the record of a run. To be closed even then. */
STATUS_MUST_CHECK enum status artifact_open_run(struct artifact *a, const char *path);
void artifact_close(struct artifact *a);

enum { ARTIFACT_STATUS = 16 };

/**
 * The state of a record's run: "running" while a process holds its lock, "killed" if none does
 * although it was never ended; else how it ended: "done", "interrupted", "diverged", "failed".
 */
STATUS_MUST_CHECK enum status artifact_status(char out[ARTIFACT_STATUS], const struct artifact *a);

/** The configuration of a run's record. */
STATUS_MUST_CHECK enum status artifact_config(struct config *c, struct store *s);

/** The line of config_roles for a record; "unknown" where its configuration cannot be read. */
void artifact_roles(char out[CONFIG_ROLES], struct store *s);

/** A column of values as they are stored, to be printed. */
struct artifact_column {
    struct store_info info;
    enum store_type type; /* of data: F16 has become F32, all else is as stored */
    void *data;
};

STATUS_MUST_CHECK enum status artifact_load(struct artifact_column *c, struct store *s, const char *path);
void artifact_unload(struct artifact_column *c);

/** Bytes of one value in data. */
size_t artifact_width(const struct artifact_column *c);

enum { ARTIFACT_CELL = 640 };

/** Value i as text; floats in the fewest digits that read back as the same bits. */
void artifact_cell(char out[ARTIFACT_CELL], const struct artifact_column *c, int64_t i);

/** Visit every group and data set below `path`, parents first; stops at the first failure. */
typedef enum status artifact_visitor(void *context, struct store *s, const char *path,
                                     const struct store_info *info);
STATUS_MUST_CHECK enum status artifact_walk(struct store *s, const char *path, artifact_visitor *visit,
                                            void *context);

/** "float32 [100][20]" */
void artifact_describe(char *out, size_t size, const struct store_info *info);

#endif
