/* experiments/read/runs.c - walking through a folder of runs. */
#include "experiments/read/runs.h"
#include "experiments/record/record.h"
#include "quant/try.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FOLDERS_MOST = 20000, DEPTH_MOST = 32, RUNS_MOST = 1024 };

struct walk {
    const char *path;
    runs_visitor *visit;
    void *context;
    int folders, runs;
    struct {
        dev_t device;
        ino_t inode;
    } run[RUNS_MOST]; /* [runs] */
};

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* A link may lead to a run that has been visited. */
static enum status visit_run(struct walk *w, const FTSENT *e)
{
    for (int i = 0; i < w->runs; i++)
        if (w->run[i].inode == e->fts_statp->st_ino && w->run[i].device == e->fts_statp->st_dev)
            return STATUS_OK;
    if (w->runs == RUNS_MOST)
        return status_fail(STATUS_INPUT, "%s: more than %d runs; name a folder with fewer", w->path,
                           RUNS_MOST);
    w->run[w->runs].inode = e->fts_statp->st_ino;
    w->run[w->runs++].device = e->fts_statp->st_dev;
    return w->visit(w->context, e->fts_path, STATUS_OK);
}

/* Of the folder that was named the sentence is the command's; others are told to the visitor. */
static enum status shut(const struct walk *w, const FTSENT *e, int error)
{
    if (e->fts_level == FTS_ROOTLEVEL)
        return status_fail(STATUS_IO, "%s: %s; want a folder of runs, as train writes to runs/NAME", w->path,
                           strerror(error));
    return w->visit(w->context, e->fts_path, status_fail(STATUS_IO, "%s: %s", e->fts_path, strerror(error)));
}

static enum status look_into(struct walk *w, FTS *tree, FTSENT *e)
{
    char record[PATH_MAX];
    struct stat st;

    if (e->fts_level > FTS_ROOTLEVEL && e->fts_name[0] == '.') {
        fts_set(tree, e, FTS_SKIP);
        return STATUS_OK;
    }
    if (++w->folders > FOLDERS_MOST || e->fts_level > DEPTH_MOST)
        return status_fail(STATUS_IO,
                           "%s: more than %d folders, or %d inside each other, at %s; name one nearer to "
                           "the runs",
                           w->path, FOLDERS_MOST, DEPTH_MOST, e->fts_path);
    if (snprintf(record, sizeof record, "%s/" RECORD_FILE, e->fts_path) >= (int)sizeof record)
        return status_fail(STATUS_IO, "%s: the path is too long", e->fts_path);
    const bool found = stat(record, &st) == 0;
    const int error = errno;
    if (!found && error == ENOENT) return STATUS_OK;
    fts_set(tree, e, FTS_SKIP);
    return found ? visit_run(w, e) : shut(w, e, error);
}

static enum status look(struct walk *w, FTS *tree, FTSENT *e)
{
    switch (e->fts_info) {
    case FTS_D:
        return look_into(w, tree, e);
    case FTS_DNR:
    case FTS_ERR:
        return shut(w, e, e->fts_errno);
    case FTS_NS:
    case FTS_SLNONE:
        return e->fts_level == FTS_ROOTLEVEL ? shut(w, e, e->fts_errno != 0 ? e->fts_errno : ENOENT)
                                             : STATUS_OK;
    case FTS_DC: /* a link back to where we are */
    case FTS_DP:
        return STATUS_OK;
    default:
        if (e->fts_level > FTS_ROOTLEVEL) return STATUS_OK;
        return status_fail(STATUS_INPUT, "%s: is a file; want a folder of runs, as train writes to runs/NAME",
                           w->path);
    }
}

enum status runs_visit(const char *path, runs_visitor *visit, void *context)
{
    struct walk w = {.path = path, .visit = visit, .context = context};
    char root[PATH_MAX];
    enum status status = STATUS_OK;

    if (snprintf(root, sizeof root, "%s", path) >= (int)sizeof root)
        return status_fail(STATUS_IO, "%s: the path is too long", path);
    FTS *tree = fts_open((char *[]){root, NULL}, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    if (tree == NULL) return status_fail(STATUS_IO, "'%s': %s; want a folder of runs", path, strerror(errno));
    FTSENT *e;
    while (status == STATUS_OK && (errno = 0, e = fts_read(tree)) != NULL)
        status = look(&w, tree, e);
    if (status == STATUS_OK && errno != 0) status = status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
    fts_close(tree);
    return status;
}
